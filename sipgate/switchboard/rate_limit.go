package switchboard

import "time"

// A slidingWindow limits how often something happens. It is exact: no window
// of the given length ever contains more than limit events. (A token bucket of
// the same rate allows twice as many around a refill.)
type slidingWindow struct {
	at []time.Time // recent events, oldest first
}

// take counts an event at now, or returns how long to wait for the next.
func (t *slidingWindow) take(now time.Time, limit int, per time.Duration) (wait time.Duration, ok bool) {
	for len(t.at) > 0 && now.Sub(t.at[0]) >= per {
		t.at = t.at[1:]
	}
	if len(t.at) >= limit {
		return per - now.Sub(t.at[0]), false
	}
	t.at = append(t.at, now)
	return 0, true
}

// Rate limits per member: a stolen session must not become expensive, and
// sipgate must not be flooded with tones.
const (
	maxTransfers, transfersPer = 5, time.Minute
	maxTones, tonesPer         = 5, time.Second
)
