package harness

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A Link is a cable between two programs, which a test cuts and mends.
type Link struct {
	to string
	ln net.Listener

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	runs  sync.WaitGroup
}

// NewLink returns a Link whose other end is the address to. The end of the test
// removes it.
func NewLink(t testing.TB, to string) *Link {
	t.Helper()
	ln, err := net.Listen("tcp", FreeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	l := &Link{to: to, ln: ln, conns: map[net.Conn]bool{}}
	l.runs.Go(l.accept)
	t.Cleanup(func() {
		ln.Close()
		l.Cut()
		l.runs.Wait()
	})
	return l
}

// Addr is the address that leads to the other end.
func (l *Link) Addr() string { return l.ln.Addr().String() }

// Cut ends all connections, and refuses new ones.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for c := range l.conns {
		c.Close()
	}
}

// Mend lets new connections pass.
func (l *Link) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
}

func (l *Link) accept() {
	for {
		near, err := l.ln.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.to)
		if err != nil {
			near.Close()
			continue
		}
		if !l.add(near, far) {
			continue
		}
		l.runs.Go(func() { l.copy(near, far) })
		l.runs.Go(func() { l.copy(far, near) })
	}
}

// add notes a connection, or closes both of its ends if the link is cut.
func (l *Link) add(ends ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range ends {
		if l.cut {
			c.Close()
		} else {
			l.conns[c] = true
		}
	}
	return !l.cut
}

// copy passes on what one end sends until it sends no more, and closes both then.
func (l *Link) copy(to, from net.Conn) {
	io.Copy(to, from)
	to.Close()
	from.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, from)
}
