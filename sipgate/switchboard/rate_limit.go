package switchboard

import "time"

// A slidingWindow limits how often something happens. It is exact: no window
// of the given length ever contains more than limit events. (A token bucket of
// the same rate allows twice as many around a refill.)
type slidingWindow struct {
	at []time.Time // recent events, oldest first
}

// take counts n events at now, or returns how long to wait until they fit. It
// never fits more than limit.
func (t *slidingWindow) take(now time.Time, n, limit int, per time.Duration) (wait time.Duration, ok bool) {
	for len(t.at) > 0 && now.Sub(t.at[0]) >= per {
		t.at = t.at[1:]
	}
	if excess := len(t.at) + n - limit; excess > 0 {
		return per - now.Sub(t.at[min(excess, len(t.at))-1]), false
	}
	for range n {
		t.at = append(t.at, now)
	}
	return 0, true
}

// Rate limits per member: a stolen session must not become expensive, and
// sipgate must not be flooded with tones. Of those, what counts is their number: a
// request may have as many as 32. A keypad, which collects tones for 300 ms, does
// not reach the limit of requests.
const (
	maxTransfers, transfersPer       = 5, time.Minute
	maxTones, tonesPer               = 64, 10 * time.Second
	maxToneRequests, toneRequestsPer = 5, time.Second
)
