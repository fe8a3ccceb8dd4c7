package simulator

import (
	"context"
	"math/rand/v2"
	"time"
)

// An act is the life of one call of the office, told from top to bottom. From
// the moment when the API acts on the call, the act only watches, and ends the
// call when it has been left alone for graceTime.
type scriptedCall struct {
	*officeScript
	ctx  context.Context
	rng  *rand.Rand
	call *call
}

// begin begins the call that plan describes; false if it describes none.
func (a *scriptedCall) begin(plan func() (callSpec, bool)) bool {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	p, some := plan()
	if some {
		p.account, p.origin = a.account, "script"
		a.call = s.pbx.begin(s.now(), p)
	}
	return some
}

// after waits, and then lets step happen, unless meanwhile the call ended or
// was acted on. It reports whether the act goes on.
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

// watch waits until the call, or what it was transferred to, has ended or was
// left alone for long enough, and then ends it.
func (a *scriptedCall) waitForEnd() {
	for a.ctx.Err() == nil {
		rest, over := a.idleRemaining()
		if over {
			return
		}
		sleep(a.ctx, rest)
	}
}

// rest is how long the call must still be left alone, or true if it is over.
func (a *scriptedCall) idleRemaining() (time.Duration, bool) {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for a.call.phase == ended {
		switch c := a.call; {
		case c.successor != nil:
			a.call = c.successor
		case c.predecessor != nil && c.predecessor.phase != ended:
			a.call = c.predecessor // not picked up: it goes on
		default:
			return 0, true
		}
	}
	now, c := s.now(), a.call
	last := c.lastCommand
	if last.IsZero() {
		last = c.startedAt
	}
	if rest := idleTimeout - now.Sub(last); rest > 0 {
		return rest, false
	}
	cause := normalClearing
	if c.phase == ringing {
		cause = noAnswer
	}
	s.pbx.end(now, c, cause)
	return 0, false
}

// chance is true once in n times.
func (a *scriptedCall) oneIn(n int) bool { return a.rng.IntN(n) == 0 }

func answerCall(x *pbx, now time.Time, c *call) error { return x.answer(now, c, nil) }

func hangUp(cause string) func(*pbx, time.Time, *call) error {
	return func(x *pbx, now time.Time, c *call) error {
		x.end(now, c, cause)
		return nil
	}
}

// conversation is an incoming call, to a member or to a group, that a member
// answers; if none is free, nobody does.
func (a *scriptedCall) incoming(established bool) {
	var who *user
	if !a.begin(func() (callSpec, bool) {
		free := a.freeUsers()
		if len(free) == 0 {
			return callSpec{}, false
		}
		who = free[a.rng.IntN(len(free))]
		p := callSpec{direction: in, from: a.externalNumber(a.rng), to: who.number(), users: []*user{who}}
		if g := a.account.groups[0]; a.oneIn(3) {
			p.to, p.users = a.account.numbers[len(a.account.users)].e164, g.members
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
	if a.afterDelay(ring, ring*2, a.answeredBy(who)) {
		a.talk()
	} else {
		a.afterDelay(6, 12, cancelRinging) // who wanted to answer got another call
	}
	a.waitForEnd()
}

// answeredBy lets who answer, or another whom the call rings, if who is
// engaged meanwhile.
func (a *scriptedCall) answeredBy(who *user) func(*pbx, time.Time, *call) error {
	return func(x *pbx, now time.Time, c *call) error {
		for _, u := range append([]*user{who}, c.users...) {
			if !a.isBusy(u, c) {
				return x.answer(now, c, u)
			}
		}
		return errNotEstablished
	}
}

// giveUp ends a call that still rings.
func cancelRinging(x *pbx, now time.Time, c *call) error {
	if c.phase == ringing {
		x.end(now, c, cancelled)
	}
	return nil
}

// outgoing is a call that a member makes.
func (a *scriptedCall) outgoing(bool) {
	if !a.begin(func() (callSpec, bool) {
		free := a.freeUsers()
		to := a.externalNumber(a.rng)
		if len(free) == 0 || to == "anonymous" {
			return callSpec{}, false
		}
		who := free[a.rng.IntN(len(free))]
		return callSpec{direction: out, from: who.number(), to: to, users: []*user{who}}, true
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

// missed is an incoming call that nobody answers: the caller gives up, or
// talks to the voicemail.
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

// talk is what happens in an established call until somebody hangs up.
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

// aside switches something on, and after a while off again.
func (a *scriptedCall) toggle(least, most int, turn func(*pbx, time.Time, *call, bool) error) bool {
	return a.afterDelay(15, 60, func(x *pbx, now time.Time, c *call) error { return turn(x, now, c, true) }) &&
		a.afterDelay(least, most, func(x *pbx, now time.Time, c *call) error { return turn(x, now, c, false) })
}

// handOver transfers the call to a colleague who is free.
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
