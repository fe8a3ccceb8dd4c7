package relay

import (
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
)

// A pass is an event that is to be passed on to one program.
type pass struct {
	webhook.Delivery
	event   sipgate.Event
	address team.RelayAddress
}

// Limits of one program.
const (
	lanes      = 4  // events of different calls that are under way at once
	maxWaiting = 50 // events in each lane
	logEvery   = time.Minute
)

// A target is a program that gets the events of an account.
type target struct {
	lanes [lanes]lane

	mu        sync.Mutex
	health    Health
	inARow    int       // deliveries that failed since the last one that did not
	loggedAt  time.Time // when a failure was logged last
	unlogged  int       // failures since
	lastFault time.Time
}

// A lane are events that are passed on one after another.
type lane struct {
	mu      sync.Mutex
	waiting []*pass
	running bool
}

var seed = maphash.MakeSeed()

// laneOf returns the lane of a call, whose events stay in their order.
func (t *target) laneOf(call sipgate.CallID) *lane {
	return &t.lanes[maphash.String(seed, string(call))%lanes]
}

// Health is how another program takes events.
type Health struct {
	At        time.Time // when the last delivery ended; zero: there was none since the start
	Status    int       // that it was answered with, 0 if it was not answered
	Fault     string    // why it was not: "slow", "private", "dropped", "unreachable", or ""
	Delivered int
	Failed    int // refused, not answered, or dropped
}

// note counts the end of a delivery. It returns how many failures are to be logged now.
func (t *target) note(now time.Time, outcome string, status int, err error) (log int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.health.At, t.health.Status, t.health.Fault = now, status, faultOf(err)
	if outcome == "delivered" {
		t.health.Delivered++
		t.inARow = 0
		return 0
	}
	t.health.Failed++
	t.inARow++
	t.lastFault = now
	t.unlogged++
	if !t.loggedAt.IsZero() && now.Sub(t.loggedAt) < logEvery {
		return 0
	}
	log, t.unlogged, t.loggedAt = t.unlogged, 0, now
	return log
}

// rests reports whether sipgate should not wait for the program now, as it did in vain.
func (t *target) rests(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.inARow >= restAfter && now.Sub(t.lastFault) < restFor
}

// faultOf names why a program did not answer.
func faultOf(err error) string {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errDropped):
		return "dropped"
	case errors.Is(err, sipgate.ErrPrivateNetwork):
		return "private"
	case ok && timeout.Timeout():
		return "slow"
	}
	return "unreachable"
}

// target finds or makes the state of a program.
func (r *Relay) target(key targetKey) *target {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.targets[key]
	if t == nil {
		t = &target{}
		r.targets[key] = t
	}
	return t
}

// Health returns how the program at an address takes the events of an account.
func (r *Relay) Health(account, address string) Health {
	t := r.target(targetKey{account, address})
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.health
}
