package switchboard

import "time"

// A tally counts what a member did within the last while. It is exact: no
// window of length per ever holds more than most. (A token bucket of the same
// rate would let through twice as many around a refill.)
type slidingWindow struct {
	at []time.Time // the last few, oldest first
}

// take notes one more at now, or tells how long to wait for the next.
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

// The most that a member may do: a stolen session must not become expensive,
// and sipgate must not be flooded with tones.
const (
	maxTransfers, transfersPer = 5, time.Minute
	maxTones, tonesPer         = 5, time.Second
)
