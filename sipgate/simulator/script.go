package simulator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Names of scripts.
const (
	ScriptNone   = "none"   // no calls
	ScriptOffice = "office" // calls all the time, in all accounts of [Options].Size or in the first one
)

// Play starts a script, which runs until Close.
func (s *Simulator) Play(script string) error {
	switch script {
	case ScriptNone, "":
		return nil
	case ScriptOffice:
		for i, a := range s.scriptedAccounts() {
			d := &officeScript{s: s, account: a, rng: rand.New(rand.NewPCG(s.opts.Seed, 0x0ff1ce+uint64(i))), stream: 0xac7 + uint64(i)}
			s.spawn(d.run)
		}
		return nil
	}
	return fmt.Errorf("simulator: no script %q", script)
}

// scriptedAccounts returns the accounts that have calls in scripts.
func (s *Simulator) scriptedAccounts() []*account {
	if s.opts.Size.Accounts == 0 {
		return s.accounts[:1]
	}
	return s.accounts
}

// officeScript begins calls so that most of the time two to five are live. Each
// of them is a scriptedCall. The script uses the same model as the API, so that
// commands of visitors take effect.
type officeScript struct {
	s       *Simulator
	account *account
	rng     *rand.Rand // used by run only
	calls   uint64
	stream  uint64 // of the random numbers of its calls
}

// Numbers of live calls that the script aims at.
const (
	minCalls = 2
	maxCalls = 5
)

// idleTimeout is how long the script leaves a call alone after a command of the
// API before it ends the call.
const idleTimeout = 4 * time.Minute

func (d *officeScript) run(ctx context.Context) {
	d.fillPast()
	for _, established := range []bool{true, true, false} {
		d.start(ctx, (*scriptedCall).incoming, established)
	}
	for ctx.Err() == nil {
		sleep(ctx, d.pause(d.endIdleCalls()))
		if ctx.Err() == nil && d.endIdleCalls() < maxCalls {
			d.start(ctx, d.randomKind(), false)
		}
	}
}

// pause returns how long to wait for the next call while so many are live.
func (d *officeScript) pause(live int) time.Duration {
	pause := d.seconds(14, 30)
	if live < minCalls {
		pause = d.seconds(2, 5)
	} else if live >= maxCalls-1 {
		pause = d.seconds(20, 45)
	}
	return pause
}

func (d *officeScript) seconds(least, most int) time.Duration { return seconds(d.rng, least, most) }

func seconds(rng *rand.Rand, least, most int) time.Duration {
	return time.Duration(least)*time.Second + time.Duration(rng.Int64N(int64(most-least+1)*int64(time.Second)))
}

// randomKind returns what happens in the next call.
func (d *officeScript) randomKind() func(*scriptedCall, bool) {
	switch n := d.rng.IntN(10); {
	case n < 1:
		return (*scriptedCall).internal
	case n < 5:
		return (*scriptedCall).incoming
	case n < 8:
		return (*scriptedCall).outgoing
	default:
		return (*scriptedCall).missed
	}
}

// start starts a scripted call. established skips the ringing. It returns when
// the call has begun, so that the script is reproducible.
func (d *officeScript) start(ctx context.Context, kind func(*scriptedCall, bool), established bool) {
	d.calls++
	a := &scriptedCall{officeScript: d, rng: rand.New(rand.NewPCG(d.s.opts.Seed+d.calls, d.stream))}
	d.s.spawn(func(ctx context.Context) {
		a.ctx = ctx
		kind(a, established)
	})
	sleep(ctx, 20*time.Millisecond)
}

// endIdleCalls ends the calls that visitors began and left alone, and returns
// the number of live calls.
func (d *officeScript) endIdleCalls() int {
	s := d.s
	s.mu.Lock()
	defer s.mu.Unlock()
	now, live := s.now(), d.live()
	for _, c := range live {
		if c.origin == "api" && now.Sub(c.lastCommand) >= idleTimeout {
			s.pbx.endIdle(now, c)
		}
	}
	return len(live)
}

// live returns the live calls of the account. The caller holds Simulator.mu.
func (d *officeScript) live() []*call {
	return slices.DeleteFunc(d.s.pbx.live(), func(c *call) bool { return c.account != d.account })
}

func (x *pbx) endIdle(now time.Time, c *call) {
	if c.phase == ringing {
		x.end(now, c, noAnswer)
	} else {
		x.end(now, c, normalClearing)
	}
}

// freeUsers returns the users who are not busy. The caller holds Simulator.mu.
func (d *officeScript) freeUsers() []*user {
	var list []*user
	live := d.live()
	for _, u := range d.account.users {
		if !isBusy(live, u, nil) {
			list = append(list, u)
		}
	}
	return list
}

// isBusy reports whether u is in one of the live calls other than except, or is
// the only user whom such a call rings.
func isBusy(live []*call, u *user, except *call) bool {
	return slices.ContainsFunc(live, func(c *call) bool {
		if o := c.other; o != nil && c != except && (o.owner == u || c.phase == ringing && len(o.users) == 1 && o.users[0] == u) {
			return true
		}
		return c != except && (c.owner == u || c.phase == ringing && len(c.users) == 1 && c.users[0] == u)
	})
}

// unknownNumbers are callers who are not contacts.
var unknownNumbers = []string{
	"+492214710312", "+493023125418", "+494066969158", "+498999998204",
	"+496990009377", "+491713920071", "+491713920086", "anonymous",
}

// externalNumber returns a number that is not in a call, mostly a contact's. The
// caller holds Simulator.mu.
func (d *officeScript) externalNumber(rng *rand.Rand) string {
	var numbers []string
	for _, c := range d.account.contacts {
		for _, n := range c.numbers {
			numbers = append(numbers, n.Number, n.Number)
		}
	}
	numbers = append(numbers, unknownNumbers...)
	live := d.s.pbx.live()
	for range 50 {
		n := numbers[rng.IntN(len(numbers))]
		if !slices.ContainsFunc(live, func(c *call) bool { return c.from == n || c.to == n }) {
			return n
		}
	}
	return unknownNumbers[0]
}

// fillPast fills the history with calls of the last five hours.
func (d *officeScript) fillPast() {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	x := d.s.pbx
	publish := x.publish
	defer func() { x.publish = publish }()
	x.publish = func(event) {} // past calls have no push events
	now := d.s.now()
	t := now.Add(-5 * time.Hour)
	for i := 0; t.Before(now.Add(-12 * time.Minute)); i++ {
		p := d.randomSpec(i%3 == 1)
		c := x.begin(t, p)
		t = t.Add(d.seconds(5, 20))
		if i%5 != 3 {
			x.answer(t, c, nil)
			x.setRecording(t, c, i%4 == 2, true)
			t = t.Add(d.seconds(30, 140))
		}
		cause := normalClearing
		if c.phase == ringing {
			cause = cancelled
			if p.direction == in && i%2 == 0 {
				c, _ = x.forwardToVoicemail(t, c) // cannot fail while it rings
				t, cause = t.Add(d.seconds(6, 20)), normalClearing
			}
		}
		x.end(t, c, cause)
		t = t.Add(d.seconds(8*60, 22*60))
	}
}

// randomSpec describes a call of a random user and an external number. Calls
// with an anonymous number are incoming, even if outgoing is true.
func (d *officeScript) randomSpec(outgoing bool) callSpec {
	u := d.account.users[d.rng.IntN(len(d.account.users))]
	p := callSpec{account: d.account, direction: in, from: d.externalNumber(d.rng), to: u.number(), users: []*user{u}, origin: "script"}
	if outgoing && p.from != "anonymous" {
		p.direction, p.from, p.to = out, p.to, p.from
	}
	return p
}
