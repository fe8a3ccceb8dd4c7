package simulator

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// The fewer calls are live, the sooner the next one begins; with five, none does.
func TestOfficePacesItsCalls(t *testing.T) {
	inOffice(t, Options{Seed: 11}, func(d *officeScript) {
		for live, pace := range [][2]float64{{2, 6}, {2, 6}, {14, 31}, {14, 31}, {20, 46}, {20, 46}, {20, 46}} {
			shortest, longest := time.Hour, time.Duration(0)
			for range 300 {
				p := d.pause(live)
				shortest, longest = min(shortest, p), max(longest, p)
			}
			lasts(t, "shortest pause", shortest, pace[0], pace[0]+1)
			lasts(t, "longest pause", longest, pace[1]-1, pace[1])
		}
	})
	for others, more := range map[int]bool{4: true, 5: false} {
		playing(t, Options{Seed: 11}, func(t *testing.T, s *Simulator) {
			for i := range others { // ring, and keep nobody busy
				if _, err := s.Ring(NewCall{To: "+492214710100", From: fmt.Sprintf("+49302312599%d", i)}); err != nil {
					t.Fatal(err)
				}
			}
			pass(s, 30*time.Minute) // the first three have ended
			began := len(s.Calls())
			pass(s, 30*time.Minute)
			if n := len(s.Calls()) - began; (n > 0) != more {
				t.Errorf("%d calls begin besides %d others", n, others)
			}
		})
	}
}

// The history of a new office has the calls of five hours, one after the other. The
// office sends no push events about them.
func TestOfficeHasAPast(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(6) {
		inOffice(t, Options{Seed: seed}, func(d *officeScript) {
			events, now := 0, time.Now()
			d.s.pbx.publish = func(event) { events++ }
			d.fillPast()
			if events != 0 {
				t.Errorf("%d push events of past calls", events)
			}
			calls := d.s.pbx.order
			for i, c := range calls {
				if c.phase != ended || c.historyEntry == nil {
					t.Errorf("not past: %+v", c.state())
				}
				if i > 0 && c.predecessor == nil {
					lasts(t, "until the next call", c.startedAt.Sub(calls[i-1].endedAt), 8*60, 22*60+1)
				}
				if i == 0 && !c.startedAt.Equal(now.Add(-5*time.Hour)) {
					t.Errorf("begins at %v", c.startedAt)
				}
				if !c.startedAt.Before(now.Add(-11 * time.Minute)) {
					t.Errorf("not so long ago: %+v", c.state())
				}
				switch {
				case c.voicemail:
					kinds["voicemail"]++
					lasts(t, "voicemail", c.endedAt.Sub(c.answeredAt), 6, 21)
				case c.cause == normalClearing:
					kinds["answered "+c.direction]++
					lasts(t, "rings", c.answeredAt.Sub(c.startedAt), 5, 21)
					lasts(t, "talk", c.endedAt.Sub(c.answeredAt), 30, 141)
				default:
					kinds[c.cause+" "+c.direction]++
					lasts(t, "rings in vain", c.endedAt.Sub(c.startedAt), 5, 21)
				}
				kinds["recorded"] += is(len(c.recordingStarts) > 0)
			}
			if len(calls) < 14 || len(calls) > 35 {
				t.Errorf("%d calls", len(calls))
			}
			d.play((*scriptedCall).missed)
			if events == 0 {
				t.Error("no push events of later calls")
			}
		})
	}
	for kind, least := range map[string]int{"answered in": 30, "answered out": 20, "voicemail": 4, "forwarded in": 4, "cancel in": 4, "cancel out": 4, "recorded": 15} {
		if kinds[kind] < least || kind == "forwarded in" && kinds[kind] != kinds["voicemail"] {
			t.Errorf("%s: %v", kind, kinds)
		}
	}
}

// Outside numbers are mostly those of contacts, and none that is in a call.
func TestOfficeTalksToContacts(t *testing.T) {
	inOffice(t, Options{Seed: 12}, func(d *officeScript) {
		const n = 2000
		numbers, contacts := map[string]int{}, 0
		for range n {
			number := d.externalNumber(d.rng)
			numbers[number]++
			contacts += is(d.account.alias(number) != "")
		}
		share(t, "of contacts", contacts, n, 20./28)
		if len(numbers) != 18 {
			t.Errorf("numbers %v", numbers)
		}
		p := d.randomSpec(true)
		for p.from == d.account.contacts[0].numbers[0].Number || p.to == "anonymous" {
			p = d.randomSpec(true)
		}
		d.s.pbx.begin(time.Now(), p)
		inward := d.randomSpec(false)
		d.s.pbx.begin(time.Now(), inward)
		for range 500 {
			if number := d.externalNumber(d.rng); number == p.to || number == inward.from {
				t.Fatalf("%s is in a call already", number)
			}
		}
		outgoing := 0
		for range n {
			p := d.randomSpec(true)
			outgoing += is(p.direction == out)
			if inside, outside := p.to, p.from; p.direction == out {
				inside, outside = p.from, p.to
				if d.account.usersAt(inside) == nil || d.account.usersAt(outside) != nil || outside == "anonymous" {
					t.Fatalf("%+v", p)
				}
			} else if outside != "anonymous" || inside != p.users[0].number() {
				t.Fatalf("%+v", p)
			}
			if d.randomSpec(false).direction != in {
				t.Fatal("an outgoing call")
			}
		}
		if outgoing < n*8/10 {
			t.Errorf("%d of %d outgoing", outgoing, n)
		}
		for number := range numbers {
			d.s.pbx.begin(time.Now(), callSpec{account: d.account, direction: in, from: number, to: "+492214710110", users: d.account.users[:1]})
		}
		if d.externalNumber(d.rng) == "" {
			t.Error("no number when all are in calls")
		}
	})
}

// What visitors begin and leave alone ends after four minutes, as missed if it
// still rings; what a test or the script began is left to them.
func TestOfficeEndsOnlyWhatVisitorsLeft(t *testing.T) {
	inOffice(t, Options{Pickup: -1}, func(d *officeScript) {
		x, began := d.s.pbx, time.Now()
		begin := func(origin string, answered bool) *call {
			p := d.randomSpec(false)
			p.origin = origin
			c := x.begin(began, p)
			c.lastCommand = began
			if answered {
				x.answer(began, c, nil)
			}
			return c
		}
		rings, talks := begin("api", false), begin("api", true)
		kept := []*call{begin("control", true), begin("script", true)}
		foreign := x.begin(began, callSpec{account: d.s.accounts[1], direction: in, from: "anonymous", users: d.s.accounts[1].users, origin: "api"})
		pass(d.s, idleTimeout-time.Nanosecond)
		if n := d.endIdleCalls(); n != 4 || rings.phase == ended || talks.phase == ended {
			t.Errorf("%d live, before the time is over: %s, %s", n, rings.phase, talks.phase)
		}
		pass(d.s, time.Nanosecond)
		d.endIdleCalls()
		if rings.cause != noAnswer || talks.cause != normalClearing {
			t.Errorf("ended with %q and %q", rings.cause, talks.cause)
		}
		for _, c := range append(kept, foreign) {
			if c.phase == ended {
				t.Errorf("ended: %+v", c.state())
			}
		}
		if n := d.endIdleCalls(); n != 2 {
			t.Errorf("%d live", n)
		}
	})
}

// After a visitor's command the script does nothing more with a call. When a
// transfer of the visitor fails, the call goes on, and ends when it was left
// alone long enough; the call that replaced it ends in the same way.
func TestOfficeFollowsVisitedCalls(t *testing.T) {
	inOffice(t, Options{Seed: 13}, func(d *officeScript) {
		x := d.s.pbx
		command := func(c *call, do func(now time.Time)) {
			d.s.mu.Lock()
			defer d.s.mu.Unlock()
			do(time.Now())
			c.lastCommand = time.Now()
		}
		visited := func() *call {
			c := d.playAs((*scriptedCall).incoming, true)
			pass(d.s, 5*time.Second)
			command(c, func(time.Time) {})
			return c
		}
		c := visited()
		changes := len(c.past)
		pass(d.s, idleTimeout-time.Second)
		if c.phase != established || len(c.past) != changes {
			t.Errorf("the script goes on: %+v", c.state())
		}
		pass(d.s, time.Second)
		if c.phase != ended || c.cause != normalClearing {
			t.Errorf("left alone %+v", c.state())
		}

		c = visited()
		var n *call
		command(c, func(now time.Time) { n, _ = x.transferTo(now, c, transfer{To: "+4915799912345"}) })
		command(c, func(now time.Time) { x.end(now, n, busy) })
		pass(d.s, idleTimeout-time.Second)
		if c.phase != established {
			t.Errorf("after a failed transfer %+v", c.state())
		}
		pass(d.s, time.Second)
		if c.phase != ended {
			t.Errorf("after a failed transfer, left alone: %+v", c.state())
		}

		c = visited()
		command(c, func(now time.Time) { n, _ = x.transferTo(now, c, transfer{To: "+4915799912345"}); n.lastCommand = now })
		pass(d.s, time.Second)
		command(n, func(now time.Time) { x.answer(now, n, nil) })
		pass(d.s, idleTimeout-time.Second)
		if c.phase != ended || n.phase != established {
			t.Errorf("transferred: %+v, %+v", c.state(), n.state())
		}
		pass(d.s, idleTimeout)
		if n.phase != ended || n.cause != normalClearing {
			t.Errorf("transferred and left alone: %+v", n.state())
		}

		// A visitor's command on a ringing call leaves it to ring until it ends unanswered.
		c = d.play((*scriptedCall).incoming)
		command(c, func(time.Time) {})
		pass(d.s, idleTimeout+time.Second)
		if c.cause != noAnswer {
			t.Errorf("rings and was left alone: %+v", c.state())
		}
	})
}

// During six hours, no member and no number is in two conversations, and each entry
// of the history agrees with its call.
func TestOfficeDay(t *testing.T) {
	playing(t, Options{Seed: 14}, func(t *testing.T, s *Simulator) {
		for range 6 * 60 * 6 {
			pass(s, 10*time.Second)
			crowded(t, s)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		total, stored := 0, 0
		for _, c := range s.pbx.order {
			if c.phase == ended {
				total++
				toldAsItWas(t, c)
				stored += len(c.historyEntry.recordings)
			}
			if c.direction == out && c.predecessor == nil && (c.near != c.owner.number() || c.far != c.to) {
				t.Errorf("parties of %+v", c.state())
			}
		}
		if total < 400 || len(s.accounts[0].history) != total || stored == 0 {
			t.Errorf("%d calls, %d entries, %d recordings", total, len(s.accounts[0].history), stored)
		}
		for _, c := range s.pbx.live() {
			if c.startedAt.Before(time.Now().Add(-20 * time.Minute)) {
				t.Errorf("never ends: %+v", c.state())
			}
		}
	})
}

// toldAsItWas fails unless the history's entry agrees with its call.
func toldAsItWas(t *testing.T, c *call) {
	t.Helper()
	e := c.historyEntry
	want := map[string]string{in: "INCOMING", out: "OUTGOING"}[c.direction]
	status, callStatus := "PICKUP", "SUCCESS"
	talked := time.Duration(0)
	if c.answeredAt.IsZero() {
		want, status, callStatus = "MISSED_"+want, "NOPICKUP", "MISSED"
		switch c.cause {
		case busy:
			status, callStatus = "BUSY", "BUSY"
		case forwarded:
			status = "FORWARD"
		}
	} else {
		talked = c.endedAt.Sub(c.answeredAt).Truncate(time.Second)
	}
	if e.direction != want || e.status != status || e.callStatus != callStatus || e.duration != talked || e.source != c.from || e.target != c.to ||
		!e.created.Equal(c.startedAt) || !e.modified.Equal(c.endedAt) || e.sourceAlias != c.account.alias(c.from) || e.targetAlias != c.account.alias(c.to) {
		t.Errorf("entry %+v of %+v", e, c.state())
	}
	if e.read != (talked > 0 && !c.voicemail) || (e.kind == "VOICEMAIL") != c.voicemail || (e.callID == c.id) == c.voicemail || (e.transcription != "") != c.voicemail {
		t.Errorf("entry %+v of %+v", e, c.state())
	}
	var ends []historyEndpoint
	switch {
	case c.voicemail:
		ends = []historyEndpoint{{"FORWARDED", "v0", "VOICEMAIL"}}
	case talked > 0:
		ends = []historyEndpoint{{"PICKUP", c.owner.id, "USER"}}
	default:
		for _, u := range c.users {
			ends = append(ends, historyEndpoint{"ROUTED", u.id, "USER"})
		}
	}
	if !slices.Equal(e.endpoints, ends) || len(e.connections) != len(e.users) {
		t.Errorf("endpoints %v, connections %v of %+v", e.endpoints, e.connections, c.state())
	}
	for _, u := range c.account.users {
		took := c.owner == u || slices.Contains(c.users, u)
		for _, p := range c.parties {
			took = took || p.user == u
		}
		if o := c.other; o != nil {
			took = took || slices.Contains(o.users, u)
		}
		if slices.Contains(e.users, u) != took || slices.Contains(e.connections, u.phoneline) != took {
			t.Errorf("users %v of %+v: %s took part: %v", ids(e.users), c.state(), u.id, took)
		}
	}
}
