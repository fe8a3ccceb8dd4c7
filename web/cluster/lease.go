package cluster

import (
	"sync/atomic"
	"time"
)

// An instant is what two clocks of this machine say. Where no clock is known to run on
// while the machine is suspended, the second one is the wall clock: it may be set, but
// both together are never slow.
type instant struct{ steady, wall time.Duration }

// since returns how much time has passed from past to i, by the clock that says more.
func (i instant) since(past instant) time.Duration {
	return max(i.steady-past.steady, i.wall-past.wall)
}

// processStart is where the clocks of readClocks begin.
var processStart = time.Now()

// readClocks reads Go's monotonic clock and the wall clock.
func readClocks() instant {
	now := time.Now()
	return instant{now.Sub(processStart), time.Duration(now.UnixNano())}
}

// A lease is what this node knows of its own lease.
type lease struct {
	clock   func() instant
	trust   time.Duration           // how long a renewal is trusted
	renewed atomic.Pointer[instant] // before the last renewal was sent; nil: there is none
}

// held reports whether the node may act. It is false before the lease runs out in the
// database: trust is shorter than the lease, and counts from before the renewal was sent.
func (l *lease) held() bool {
	renewed := l.renewed.Load()
	return renewed != nil && l.clock().since(*renewed) < l.trust
}
