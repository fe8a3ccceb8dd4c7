package webhook

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// Limits of peers that send bad signatures.
const (
	forgeriesPerSecond = 10 // of one peer
	maxSuspiciousPeers = 1000
)

// blocked reports whether the peer sent too many bad signatures a moment ago.
// The caller holds r.mu.
func (r *Receiver) blocked(peer netip.Addr, now time.Time) bool {
	l, ok := r.peers.Peek(peer)
	return ok && l.TokensAt(now) < 1
}

// blame counts a bad signature against the peer.
func (r *Receiver) blame(peer netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.peers.Get(peer)
	if !ok {
		l = rate.NewLimiter(forgeriesPerSecond, forgeriesPerSecond)
		r.peers.Add(peer, l)
	}
	l.AllowN(r.opt.Now(), 1)
}
