package simulator

import (
	"context"
	"math/rand/v2"
	"time"
)

// An act is the life of one call of the office, told from top to bottom. From
// the moment when the API acts on the call, the act only watches, and ends the
// call when it has been left alone for graceTime.
type act struct {
	*workday
	ctx  context.Context
	dice *rand.Rand
	call *call
}

// begin begins the call that plan describes; false if it describes none.
func (a *act) begin(plan func() (plan, bool)) bool {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	p, some := plan()
	if some {
		p.account, p.origin = a.account, "script"
		a.call = s.exchange.begin(s.now(), p)
	}
	return some
}

// after waits, and then lets step happen, unless meanwhile the call ended or
// was acted on. It reports whether the act goes on.
func (a *act) after(least, most int, step func(x *exchange, now time.Time, c *call) error) bool {
	sleep(a.ctx, seconds(a.dice, least, most))
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.ctx.Err() != nil || a.call.phase == ended || !a.call.touched.IsZero() {
		return false
	}
	return step(s.exchange, s.now(), a.call) == nil
}

// watch waits until the call, or what it was transferred to, has ended or was
// left alone for long enough, and then ends it.
func (a *act) watch() {
	for a.ctx.Err() == nil {
		rest, over := a.rest()
		if over {
			return
		}
		sleep(a.ctx, rest)
	}
}

// rest is how long the call must still be left alone, or true if it is over.
func (a *act) rest() (time.Duration, bool) {
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
	last := c.touched
	if last.IsZero() {
		last = c.began
	}
	if rest := graceTime - now.Sub(last); rest > 0 {
		return rest, false
	}
	cause := normalClearing
	if c.phase == ringing {
		cause = noAnswer
	}
	s.exchange.end(now, c, cause)
	return 0, false
}

// chance is true once in n times.
func (a *act) chance(n int) bool { return a.dice.IntN(n) == 0 }

func answerCall(x *exchange, now time.Time, c *call) error { return x.answer(now, c, nil) }

func hangUp(cause string) func(*exchange, time.Time, *call) error {
	return func(x *exchange, now time.Time, c *call) error {
		x.end(now, c, cause)
		return nil
	}
}

// conversation is an incoming call, to a member or to a group, that a member
// answers; if none is free, nobody does.
func (a *act) conversation(established bool) {
	var who *user
	if !a.begin(func() (plan, bool) {
		free := a.free()
		if len(free) == 0 {
			return plan{}, false
		}
		who = free[a.dice.IntN(len(free))]
		p := plan{direction: in, from: a.outside(a.dice), to: who.number(), users: []*user{who}}
		if g := a.account.groups[0]; a.chance(3) {
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
	if a.after(ring, ring*2, a.answeredBy(who)) {
		a.talk()
	} else {
		a.after(6, 12, giveUp) // who wanted to answer got another call
	}
	a.watch()
}

// answeredBy lets who answer, or another whom the call rings, if who is
// engaged meanwhile.
func (a *act) answeredBy(who *user) func(*exchange, time.Time, *call) error {
	return func(x *exchange, now time.Time, c *call) error {
		for _, u := range append([]*user{who}, c.users...) {
			if !a.engaged(u, c) {
				return x.answer(now, c, u)
			}
		}
		return errNotEstablished
	}
}

// giveUp ends a call that still rings.
func giveUp(x *exchange, now time.Time, c *call) error {
	if c.phase == ringing {
		x.end(now, c, cancelled)
	}
	return nil
}

// outgoing is a call that a member makes.
func (a *act) outgoing(bool) {
	if !a.begin(func() (plan, bool) {
		free := a.free()
		to := a.outside(a.dice)
		if len(free) == 0 || to == "anonymous" {
			return plan{}, false
		}
		who := free[a.dice.IntN(len(free))]
		return plan{direction: out, from: who.number(), to: to, users: []*user{who}}, true
	}) {
		return
	}
	switch {
	case a.chance(8):
		a.after(3, 5, hangUp(busy))
	case a.chance(8):
		a.after(18, 25, hangUp(noAnswer))
	case !a.after(4, 11, answerCall):
	case a.chance(5):
		a.after(3, 6, func(x *exchange, now time.Time, c *call) error { return x.sendTones(now, c, "1") })
		fallthrough
	default:
		a.talk()
	}
	a.watch()
}

// missed is an incoming call that nobody answers: the caller gives up, or
// talks to the voicemail.
func (a *act) missed(bool) {
	a.begin(func() (plan, bool) {
		u := a.account.users[a.dice.IntN(len(a.account.users))]
		return plan{direction: in, from: a.outside(a.dice), to: u.number(), users: []*user{u}}, true
	})
	if a.chance(2) {
		a.after(12, 24, hangUp(cancelled))
	} else if a.after(18, 22, a.toVoicemail) {
		a.after(9, 25, hangUp(normalClearing))
	}
	a.watch()
}

func (a *act) toVoicemail(x *exchange, now time.Time, c *call) error {
	n, err := x.forwardToVoicemail(now, c)
	if err == nil {
		a.call = n
	}
	return err
}

// talk is what happens in an established call until somebody hangs up.
func (a *act) talk() {
	going := true
	for n := 1 + a.dice.IntN(3); n > 0 && going; n-- {
		switch a.dice.IntN(8) {
		case 0, 1:
			going = a.aside(14, 40, (*exchange).setHold)
		case 2:
			going = a.aside(6, 15, func(x *exchange, now time.Time, c *call, on bool) error {
				return x.setMuted(now, c, c.owner, on)
			})
		case 3:
			going = a.aside(25, 60, func(x *exchange, now time.Time, c *call, on bool) error {
				return x.setRecording(now, c, on, true)
			})
		case 4:
			going = a.after(20, 50, a.handOver) && a.after(4, 9, answerCall)
		default:
			going = a.after(20, 60, func(*exchange, time.Time, *call) error { return nil })
		}
	}
	if going {
		a.after(25, 110, hangUp(normalClearing))
	}
}

// aside switches something on, and after a while off again.
func (a *act) aside(least, most int, turn func(*exchange, time.Time, *call, bool) error) bool {
	return a.after(15, 60, func(x *exchange, now time.Time, c *call) error { return turn(x, now, c, true) }) &&
		a.after(least, most, func(x *exchange, now time.Time, c *call) error { return turn(x, now, c, false) })
}

// handOver transfers the call to a colleague who is free.
func (a *act) handOver(x *exchange, now time.Time, c *call) error {
	free := a.free()
	if len(free) == 0 {
		return errTransferring
	}
	n, err := x.transferTo(now, c, transfer{To: free[a.dice.IntN(len(free))].number(), Attended: a.chance(2)})
	if err == nil {
		a.call = n
	}
	return err
}
