package simulator

import (
	"context"
	"math/rand/v2"
	"time"
)

// scriptedCall is one call of the office. Its methods incoming, outgoing and
// missed run it from beginning to end. After a command of the API they change
// nothing more and end the call after idleTimeout.
type scriptedCall struct {
	*officeScript
	ctx  context.Context
	rng  *rand.Rand
	call *call
}

// begin begins the call that newSpec returns. It returns false if newSpec does.
func (a *scriptedCall) begin(newSpec func() (callSpec, bool)) bool {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := newSpec()
	if ok {
		p.account, p.origin = a.account, "script"
		a.call = s.pbx.begin(s.now(), p)
	}
	return ok
}

// afterDelay waits for a random number of seconds and then runs step, unless
// the call has ended or had a command of the API. It reports whether step ran
// without an error.
func (a *scriptedCall) afterDelay(least, most int, step func(x *pbx, now time.Time, c *call) error) bool {
	sleep(a.ctx, seconds(a.rng, least, most))
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.ctx.Err() != nil || a.call.phase == ended || !a.call.lastCommand.IsZero() {
		return false
	}
	return step(s.pbx, s.now(), a.call) == nil
}

// waitForEnd waits until the call, or the call to which it was transferred, has
// ended, and ends it after idleTimeout.
func (a *scriptedCall) waitForEnd() {
	for a.ctx.Err() == nil {
		remaining, over := a.idleRemaining()
		if over {
			return
		}
		sleep(a.ctx, remaining)
	}
}

// idleRemaining returns how long to wait until the call is idle for idleTimeout.
// If it already is, it ends the call. It returns true if the call has ended.
func (a *scriptedCall) idleRemaining() (time.Duration, bool) {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for a.call.phase == ended {
		switch c := a.call; {
		case c.successor != nil:
			a.call = c.successor
		case c.predecessor != nil && c.predecessor.phase != ended:
			a.call = c.predecessor // the transfer failed: the old call goes on
		default:
			return 0, true
		}
	}
	now, c := s.now(), a.call
	last := c.lastCommand
	if last.IsZero() {
		last = c.startedAt
	}
	if remaining := idleTimeout - now.Sub(last); remaining > 0 {
		return remaining, false
	}
	s.pbx.endIdle(now, c)
	return 0, false
}

// oneIn returns true with probability 1/n.
func (a *scriptedCall) oneIn(n int) bool { return a.rng.IntN(n) == 0 }

func answerCall(x *pbx, now time.Time, c *call) error { return x.answer(now, c, nil) }

func hangUp(cause string) func(*pbx, time.Time, *call) error {
	return func(x *pbx, now time.Time, c *call) error {
		x.end(now, c, cause)
		return nil
	}
}

// incoming runs an incoming call to a user or group that a user answers, or a
// missed call if every user is busy.
func (a *scriptedCall) incoming(established bool) {
	var u *user
	if !a.begin(func() (callSpec, bool) {
		free := a.freeUsers()
		if len(free) == 0 {
			return callSpec{}, false
		}
		u = free[a.rng.IntN(len(free))]
		p := callSpec{direction: in, from: a.externalNumber(a.rng), to: u.number(), users: []*user{u}}
		if groups := a.account.groups; len(groups) > 0 && a.oneIn(3) {
			p.to, p.users = a.account.groupNumber(groups[0]), groups[0].members
		}
		return p, true
	}) {
		a.missed(false)
		return
	}
	ring := 5
	if established {
		ring = 0
	}
	if a.afterDelay(ring, ring*2, a.answeredBy(u)) {
		a.talk()
	} else {
		a.afterDelay(6, 12, cancelRinging) // every called user is busy now
	}
	a.waitForEnd()
}

// answeredBy returns a step that answers as first, or as another called user if
// first is busy.
func (a *scriptedCall) answeredBy(first *user) func(*pbx, time.Time, *call) error {
	return func(x *pbx, now time.Time, c *call) error {
		live := a.live()
		for _, u := range append([]*user{first}, c.users...) {
			if !isBusy(live, u, c) {
				return x.answer(now, c, u)
			}
		}
		return errNotEstablished
	}
}

// cancelRinging ends a call that still rings.
func cancelRinging(x *pbx, now time.Time, c *call) error {
	if c.phase == ringing {
		x.end(now, c, cancelled)
	}
	return nil
}

// outgoing runs a call that a user makes.
func (a *scriptedCall) outgoing(bool) {
	if !a.begin(func() (callSpec, bool) {
		free := a.freeUsers()
		to := a.externalNumber(a.rng)
		if len(free) == 0 || to == "anonymous" {
			return callSpec{}, false
		}
		u := free[a.rng.IntN(len(free))]
		return callSpec{direction: out, from: u.number(), to: to, users: []*user{u}}, true
	}) {
		return
	}
	switch {
	case a.oneIn(8):
		a.afterDelay(3, 5, hangUp(busy))
	case a.oneIn(8):
		a.afterDelay(18, 25, hangUp(noAnswer))
	case !a.afterDelay(4, 11, answerCall):
	case a.oneIn(5):
		a.afterDelay(3, 6, func(x *pbx, now time.Time, c *call) error { return x.sendTones(now, c, "1") })
		fallthrough
	default:
		a.talk()
	}
	a.waitForEnd()
}

// internal runs a call from one user to another, who answers or has the
// voicemail answer.
func (a *scriptedCall) internal(bool) {
	if !a.begin(func() (callSpec, bool) {
		free := a.freeUsers()
		if len(free) < 2 {
			return callSpec{}, false
		}
		i := a.rng.IntN(len(free))
		caller, callee := free[i], free[(i+1)%len(free)]
		return callSpec{direction: out, from: caller.number(), to: callee.number(), users: []*user{caller}}, true
	}) {
		return
	}
	switch {
	case a.oneIn(4):
		if a.afterDelay(12, 18, func(x *pbx, now time.Time, c *call) error { _, err := x.forwardToVoicemail(now, c); return err }) {
			a.afterDelay(9, 20, hangUp(normalClearing))
		}
	case a.afterDelay(4, 9, answerCall):
		a.talk()
	}
	a.waitForEnd()
}

// missed runs an incoming call that no user answers: the caller hangs up or
// reaches the voicemail.
func (a *scriptedCall) missed(bool) {
	a.begin(func() (callSpec, bool) {
		u := a.account.users[a.rng.IntN(len(a.account.users))]
		return callSpec{direction: in, from: a.externalNumber(a.rng), to: u.number(), users: []*user{u}}, true
	})
	if a.oneIn(2) {
		a.afterDelay(12, 24, hangUp(cancelled))
	} else if a.afterDelay(18, 22, a.toVoicemail) {
		a.afterDelay(9, 25, hangUp(normalClearing))
	}
	a.waitForEnd()
}

func (a *scriptedCall) toVoicemail(x *pbx, now time.Time, c *call) error {
	n, err := x.forwardToVoicemail(now, c)
	if err == nil {
		a.call = n
	}
	return err
}

// talk runs an established call until a party hangs up.
func (a *scriptedCall) talk() {
	going := true
	for n := 1 + a.rng.IntN(3); n > 0 && going; n-- {
		switch a.rng.IntN(8) {
		case 0, 1:
			going = a.toggle(14, 40, (*pbx).setHold)
		case 2:
			going = a.toggle(6, 15, func(x *pbx, now time.Time, c *call, on bool) error {
				return x.setMuted(now, c, c.owner, on)
			})
		case 3:
			going = a.toggle(25, 60, func(x *pbx, now time.Time, c *call, on bool) error {
				return x.setRecording(now, c, on, true)
			})
		case 4:
			going = a.afterDelay(20, 50, a.transferToColleague) && a.afterDelay(4, 9, answerCall)
		default:
			going = a.afterDelay(20, 60, func(*pbx, time.Time, *call) error { return nil })
		}
	}
	if going {
		a.afterDelay(25, 110, hangUp(normalClearing))
	}
}

// toggle turns something on, and off again after a while.
func (a *scriptedCall) toggle(least, most int, turn func(*pbx, time.Time, *call, bool) error) bool {
	return a.afterDelay(15, 60, func(x *pbx, now time.Time, c *call) error { return turn(x, now, c, true) }) &&
		a.afterDelay(least, most, func(x *pbx, now time.Time, c *call) error { return turn(x, now, c, false) })
}

// transferToColleague transfers the call to a user who is not busy.
func (a *scriptedCall) transferToColleague(x *pbx, now time.Time, c *call) error {
	free := a.freeUsers()
	if len(free) == 0 {
		return errTransferring
	}
	n, err := x.transferTo(now, c, transfer{To: free[a.rng.IntN(len(free))].number(), Attended: a.oneIn(2)})
	if err == nil {
		a.call = n
	}
	return err
}
