package web

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// limitConns returns ln with at most total connections open at a time, and at
// most perPeer from one address other than loopback and those of proxies, whose
// connections are those of many visitors. Further connections are closed at
// once, so that they cost nothing and delay no others. Negative numbers mean no
// limit.
func limitConns(ln net.Listener, total, perPeer int, proxies Proxies) net.Listener {
	return &connLimit{Listener: ln, total: total, perPeer: perPeer, proxies: proxies, peers: map[netip.Addr]int{}}
}

// A connLimit is a listener with limits. mu guards the fields below it.
type connLimit struct {
	net.Listener
	total, perPeer int
	proxies        Proxies

	mu    sync.Mutex
	open  int
	peers map[netip.Addr]int
}

// Accept implements net.Listener.
func (l *connLimit) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		ip, err := remoteAddr(c)
		if err != nil || ip.IsLoopback() || l.proxies.believe(ip) {
			ip = netip.Addr{}
		}
		ip = network(ip)
		if l.take(ip) {
			return &limitedConn{joiningConn: joiningConn{Conn: c}, free: sync.OnceFunc(func() { l.give(ip) })}, nil
		}
		c.Close()
	}
}

// take counts a connection of ip unless there are too many.
func (l *connLimit) take(ip netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= 0 && l.open >= l.total {
		return false
	}
	if l.perPeer >= 0 && ip.IsValid() && l.peers[ip] >= l.perPeer {
		return false
	}
	l.open++
	if ip.IsValid() {
		l.peers[ip]++
	}
	return true
}

// give undoes take.
func (l *connLimit) give(ip netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.peers[ip]--; l.peers[ip] <= 0 {
		delete(l.peers, ip)
	}
}

// A limitedConn is counted until it is closed.
type limitedConn struct {
	joiningConn
	free func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	defer c.free()
	return c.Conn.Close()
}

// SetWriteBuffer sets the write buffer of the TCP connection.
func (c *limitedConn) SetWriteBuffer(n int) error {
	if b, ok := c.Conn.(interface{ SetWriteBuffer(int) error }); ok {
		return b.SetWriteBuffer(n)
	}
	return nil
}

// SyscallConn implements syscall.Conn, if the connection does: one with TLS does
// not.
func (c *limitedConn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// maxLimited bounds the number of addresses in a Limiter, about 250 bytes each.
const maxLimited = 10_000

// A Limiter limits how often each client may do something. It measures with the
// monotonic clock, so a change of the system time has no effect. Above maxLimited
// addresses it forgets the one that was counted least recently.
type Limiter struct {
	every time.Duration
	burst int

	mu      sync.Mutex
	clients *simplelru.LRU[netip.Addr, *rate.Limiter]
}

// NewLimiter returns a Limiter that allows each address (see [ClientNetwork]) n
// requests at once and n requests a minute.
func NewLimiter(n int) *Limiter {
	clients, _ := simplelru.NewLRU[netip.Addr, *rate.Limiter](maxLimited, nil) // fails only for a size below 1
	return &Limiter{every: time.Minute / time.Duration(n), burst: n, clients: clients}
}

// Check counts r. It returns the [Fault] 429 "rate_limited", with the time to
// wait, if r is one too many. The own address of a proxy that [Guard] believes, and
// that does not say who its visitor is, has no limit: it would be that of all
// visitors, and one of them could lock out all others.
func (l *Limiter) Check(r *http.Request) error {
	if v := visitOf(r.Context()); v != nil && v.isProxy {
		return nil
	}
	if l.client(ClientNetwork(r)).Allow() {
		return nil
	}
	return Fault{Status: http.StatusTooManyRequests, Code: CodeRateLimited, RetryAfter: l.every}
}

func (l *Limiter) client(ip netip.Addr) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.clients.Get(ip)
	if !ok {
		c = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.clients.Add(ip, c)
	}
	return c
}
