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

// suspiciousPeers are the addresses that sent bad signatures to a secret
// address.
type suspiciousPeers map[netip.Addr]*rate.Limiter

// blocked reports whether the peer sent too many bad signatures a moment ago.
func (s suspiciousPeers) blocked(peer netip.Addr, now time.Time) bool {
	l := s[peer]
	return l != nil && l.TokensAt(now) < 1
}

// blame counts a bad signature against the peer. If the set is full, all others
// are forgotten.
func (s suspiciousPeers) blame(peer netip.Addr, now time.Time) {
	l := s[peer]
	if l == nil {
		if len(s) >= maxSuspiciousPeers {
			clear(s)
		}
		l = rate.NewLimiter(forgeriesPerSecond, forgeriesPerSecond)
		s[peer] = l
	}
	l.AllowN(now, 1)
}
