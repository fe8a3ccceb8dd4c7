package simulator

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// inOffice runs f in a synctest bubble, with an office script that plays only
// what f starts.
func inOffice(t *testing.T, o Options, f func(d *officeScript)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := New(o)
		defer s.Close()
		f(&officeScript{s: s, account: s.accounts[0], rng: rand.New(rand.NewPCG(o.Seed, 1))})
	})
}

type callKind = func(*scriptedCall, bool)

// play starts a call of a kind and returns it, or nil if none begins.
func (d *officeScript) play(kind callKind) *call { return d.playAs(kind, false) }

func (d *officeScript) playAs(kind callKind, established bool) *call {
	n := len(d.s.pbx.order)
	d.start(context.Background(), kind, established)
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	if len(d.s.pbx.order) == n {
		return nil
	}
	return d.s.pbx.order[n]
}

// playAll plays n calls of a kind, each in an office that is quiet otherwise,
// and returns each from its beginning to its last successor.
func (d *officeScript) playAll(n int, kind callKind) (stories [][]*call) {
	for range n {
		c := d.play(kind)
		for count(d.s) > 0 {
			pass(d.s, time.Minute)
		}
		synctest.Wait()
		if c == nil {
			continue
		}
		story := []*call{c}
		for ; c.successor != nil; c = c.successor {
			story = append(story, c.successor)
		}
		stories = append(stories, story)
	}
	return stories
}

// pass waits until d is over and everything that it brings is done. Until the
// next pass, the model may be read without its lock.
func pass(s *Simulator, d time.Duration) {
	count(s) // orders the reads before it and later changes
	time.Sleep(d)
	synctest.Wait()
}

// rings reports whether the call still rings.
func rings(s *Simulator, c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.phase == ringing
}

// lasts fails unless d is from least to less than most seconds.
func lasts(t *testing.T, what string, d time.Duration, least, most float64) {
	t.Helper()
	if d.Seconds() < least || d.Seconds() >= most {
		t.Errorf("%s: %v, want %v to %v s", what, d, least, most)
	}
}

// share fails unless got of n is what chance makes of the probability p.
func share(t *testing.T, what string, got, n int, p float64) {
	t.Helper()
	if mean := p * float64(n); math.Abs(float64(got)-mean) > 3.5*math.Sqrt(mean*(1-p)) {
		t.Errorf("%s: %d of %d, want about %.0f", what, got, n, mean)
	}
}

// Of the calls that a member makes, some meet a busy number, some nobody
// answers, and most are answered and end normally, each in a lifelike time.
func TestOfficeCallsOut(t *testing.T) {
	inOffice(t, Options{Seed: 1}, func(d *officeScript) {
		const n = 400
		stories := d.playAll(n, (*scriptedCall).outgoing)
		causes, tones := map[string]int{}, 0
		for _, story := range stories {
			c := story[0]
			if u := c.users[0]; c.direction != out || c.from != u.number() || c.owner != u || d.account.usersAt(c.to) != nil || c.to == "anonymous" {
				t.Errorf("not a call of a member to somebody outside: %+v", c.state())
			}
			switch c.cause {
			case busy:
				lasts(t, "busy", c.endedAt.Sub(c.startedAt), 3, 6)
			case noAnswer:
				lasts(t, "rings in vain", c.endedAt.Sub(c.startedAt), 18, 26)
			default:
				lasts(t, "rings", c.answeredAt.Sub(c.startedAt), 4, 12)
			}
			causes[c.cause]++
			if len(c.tones) > 0 {
				tones++
			}
		}
		share(t, "anonymous numbers are not called", n-len(stories), n, 1./28)
		share(t, "busy", causes[busy], len(stories), 1./8)
		share(t, "not answered", causes[noAnswer], len(stories), 7./64)
		share(t, "answered", causes[normalClearing], len(stories), 49./64)
		share(t, "with keypad tones", tones, causes[normalClearing], 1./5)
		talks(t, d, stories)
	})
}

// Somebody who is called answers after a while, a group's call as well as a
// member's own.
func TestOfficeIsCalled(t *testing.T) {
	inOffice(t, Options{Seed: 2}, func(d *officeScript) {
		const n = 300
		groups, first := 0, map[string]int{}
		stories := d.playAll(n, (*scriptedCall).incoming)
		for _, story := range stories {
			c := story[0]
			lasts(t, "rings", c.answeredAt.Sub(c.startedAt), 5, 11)
			if c.direction != in || d.account.usersAt(c.from) != nil || !slices.Contains(c.users, c.owner) || !slices.Equal(c.users, d.account.usersAt(c.to)) {
				t.Errorf("not a call to a member: %+v", c.state())
			}
			if len(c.users) > 1 {
				groups++
			}
			first[c.owner.id]++
		}
		share(t, "to the switchboard", groups, len(stories), 1./3)
		for _, u := range d.account.users {
			share(t, "answered by "+u.id, first[u.id], n, 1./3)
		}
		talks(t, d, stories)
		c := d.playAs((*scriptedCall).incoming, true)
		pass(d.s, time.Second)
		if c.phase != established {
			t.Errorf("the script begins in the middle of a call: %+v", c.state())
		}
	})
}

// talks checks what happens in answered calls until a party hangs up: each has
// hold, mute and recordings for a while, or goes on with a colleague.
func talks(t *testing.T, d *officeScript, stories [][]*call) {
	t.Helper()
	held, muted, recorded, transferred, attended, answered := 0, 0, 0, 0, 0, 0
	for _, story := range stories {
		last := story[len(story)-1]
		if story[0].answeredAt.IsZero() {
			continue
		}
		answered++
		if last.cause != normalClearing || last.answeredAt.IsZero() {
			t.Errorf("ends without a talk: %+v", last.state())
		}
		lasts(t, "talk", last.endedAt.Sub(story[0].answeredAt), 45, 3*123+111)
		for i, c := range story {
			for _, s := range spans(c) {
				within := map[string][2]float64{"hold": {14, 41}, "mute": {6, 16}, "recording": {25, 61}}[s.what]
				if s.what == "hold" && c.successor != nil && s.from.Equal(c.transfers[0].At) {
					within = [2]float64{4, 10} // until the colleague answers
				} else {
					lasts(t, s.what+" begins", s.from.Sub(c.answeredAt), 15, 3*123)
				}
				lasts(t, s.what, s.to.Sub(s.from), within[0], within[1])
				held, muted, recorded = held+is(s.what == "hold"), muted+is(s.what == "mute"), recorded+is(s.what == "recording")
			}
			if len(c.recordingStarts) != len(c.historyEntry.recordings) && len(d.s.pbx.recordings) < maxRecordings {
				t.Errorf("recordings %v in the history, started %v", c.historyEntry.recordings, c.recordingStarts)
			}
			if i == 0 {
				continue
			}
			old := story[i-1]
			transferred++
			attended += is(c.attended)
			lasts(t, "transfer begins", c.startedAt.Sub(old.answeredAt), 20, 3*123)
			lasts(t, "transfer rings", c.answeredAt.Sub(c.startedAt), 4, 10)
			if c.owner == nil || old.owner == c.owner || c.from != old.far || c.to != c.owner.number() || !old.endedAt.Equal(c.answeredAt) || old.cause != normalClearing {
				t.Errorf("not a transfer to a colleague: %+v to %+v", old.state(), c.state())
			}
		}
	}
	share(t, "held", held-attended, answered, .48)
	share(t, "muted", muted, answered, .25)
	share(t, "recorded", recorded, answered, .25)
	share(t, "transferred", transferred, answered, .25)
	share(t, "attended", attended, transferred, .5)
}

func is(b bool) int {
	if b {
		return 1
	}
	return 0
}

// spell is a time in which something was on.
type spell struct {
	what     string
	from, to time.Time
}

// spans returns what was on in a call that has ended, and when.
func spans(c *call) (list []spell) {
	for what, on := range map[string]func(listedState) bool{
		"hold":      func(p listedState) bool { return p.hold },
		"mute":      func(p listedState) bool { return len(p.parties) > 0 && p.parties[0].muted },
		"recording": func(p listedState) bool { return p.recording },
	} {
		var since time.Time
		for i, p := range c.past {
			switch {
			case on(p) && since.IsZero():
				since = c.past[i-1].until
			case !on(p) && !since.IsZero():
				list = append(list, spell{what, since, c.past[i-1].until})
				since = time.Time{}
			}
		}
		if !since.IsZero() {
			list = append(list, spell{what, since, c.endedAt})
		}
	}
	return list
}

// Members call one another: nobody calls themselves, and whoever does not answer
// has a voicemail.
func TestOfficeCallsColleagues(t *testing.T) {
	inOffice(t, Options{Seed: 3}, func(d *officeScript) {
		stories, mailed := d.playAll(200, (*scriptedCall).internal), 0
		var answered [][]*call
		for _, story := range stories {
			c := story[0]
			callee := d.account.userByNumber(c.to)
			if c.other == nil || callee == nil || callee == c.users[0] || c.from != c.users[0].number() {
				t.Fatalf("not a call between members: %+v", c.state())
			}
			if c.voicemailCall == nil {
				answered = append(answered, story)
				lasts(t, "rings", c.answeredAt.Sub(c.startedAt), 4, 10)
				continue
			}
			mailed++
			lasts(t, "rings until the voicemail answers", c.answeredAt.Sub(c.startedAt), 12, 19)
			lasts(t, "voicemail", c.endedAt.Sub(c.answeredAt), 9, 21)
		}
		share(t, "voicemails", mailed, len(stories), 1./4)
		talks(t, d, answered)
	})
}

// A missed call ends when the caller gives up or has spoken to the voicemail.
func TestOfficeMissesCalls(t *testing.T) {
	inOffice(t, Options{Seed: 4}, func(d *officeScript) {
		stories, mailed := d.playAll(200, (*scriptedCall).missed), 0
		for _, story := range stories {
			c, last := story[0], story[len(story)-1]
			if c.direction != in || !c.answeredAt.IsZero() || len(c.users) != 1 || c.to != c.users[0].number() {
				t.Errorf("not a missed call: %+v", c.state())
			}
			if !last.voicemail {
				lasts(t, "rings", c.endedAt.Sub(c.startedAt), 12, 25)
				if c.cause != cancelled {
					t.Errorf("ended by %s", c.cause)
				}
				continue
			}
			mailed++
			lasts(t, "rings until the voicemail answers", c.endedAt.Sub(c.startedAt), 18, 23)
			lasts(t, "voicemail", last.endedAt.Sub(last.answeredAt), 9, 26)
		}
		share(t, "voicemails", mailed, len(stories), 1./2)
	})
}

// The next call is of every kind, in proportion.
func TestOfficeChoosesAmongKinds(t *testing.T) {
	inOffice(t, Options{Seed: 5}, func(d *officeScript) {
		const n = 600
		kinds := map[string]int{}
		for range n {
			c := d.play(d.randomKind())
			for count(d.s) > 0 {
				pass(d.s, time.Minute)
			}
			switch {
			case c == nil:
				kinds["none"]++
			case c.other != nil:
				kinds["internal"]++
			case c.direction == out:
				kinds["out"]++
			case c.answeredAt.IsZero():
				kinds["missed"]++
			default:
				kinds["in"]++
			}
		}
		for kind, p := range map[string]float64{"internal": .1, "in": .4, "out": .3 * 27 / 28, "missed": .2} {
			share(t, kind, kinds[kind], n, p)
		}
	})
}

// Nobody who talks is given a call: when all talk, calls that come are missed
// and nobody calls.
func TestBusyOfficeMakesNoCalls(t *testing.T) {
	inOffice(t, Options{Seed: 6}, func(d *officeScript) {
		talk := map[string]string{}
		for _, u := range d.account.users {
			talk[u.id], _ = d.s.Ring(NewCall{Users: []string{u.id}, State: "established", From: "+49302312599" + u.id[1:]})
		}
		for range 20 {
			if c := d.play((*scriptedCall).outgoing); c != nil {
				t.Fatalf("calls: %+v", c.state())
			}
			if c := d.play((*scriptedCall).internal); c != nil {
				t.Fatalf("calls a colleague: %+v", c.state())
			}
			c := d.play((*scriptedCall).incoming)
			pass(d.s, time.Minute)
			if c == nil || c.phase != ended || !c.answeredAt.IsZero() {
				t.Fatalf("not missed: %+v", c)
			}
		}
		d.s.HangUp(talk["w2"], "")
		for range 20 {
			if c := d.play((*scriptedCall).internal); c != nil {
				t.Fatalf("calls a colleague, of whom none is free: %+v", c.state())
			}
			c := d.play((*scriptedCall).incoming)
			if slices.Equal(c.users, []*user{d.account.users[0]}) {
				t.Errorf("rings somebody who talks: %+v", c.state())
			}
			for count(d.s) > 2 {
				pass(d.s, time.Second)
			}
			if c.owner != d.account.users[2] {
				t.Errorf("answered by somebody who talks: %+v", c.state())
			}
		}
		d.s.HangUp(talk["w1"], "")
		internal := 0
		for range 10 {
			internal += is(d.play((*scriptedCall).internal) != nil)
			for count(d.s) > 1 {
				pass(d.s, time.Minute)
			}
		}
		if internal != 10 {
			t.Errorf("two are free, and %d of 10 calls between them", internal)
		}
	})
}

// Whoever began to talk while a call rings does not answer it: another called
// member does, or the caller gives up.
func TestOfficeAnswersOneCallAtATime(t *testing.T) {
	inOffice(t, Options{Seed: 7}, func(d *officeScript) {
		others := map[bool]int{}
		for range 60 {
			c := d.play((*scriptedCall).incoming)
			busyUser := c.users[0]
			id, _ := d.s.Ring(NewCall{Users: []string{busyUser.id}, State: "established", From: "+493023125999"})
			group := len(c.users) > 1
			for rings(d.s, c) {
				pass(d.s, time.Second)
			}
			others[group]++
			if group && (c.owner == nil || c.owner == busyUser) {
				t.Errorf("of the group, nobody who is free answered: %+v", c.state())
			}
			if !group {
				lasts(t, "rings in vain", c.endedAt.Sub(c.startedAt), 11, 24)
				if c.cause != cancelled {
					t.Errorf("ended by %s: %+v", c.cause, c.state())
				}
			}
			d.s.HangUp(id, "")
			for count(d.s) > 0 {
				pass(d.s, time.Minute)
			}
		}
		if others[true] < 10 || others[false] < 10 {
			t.Errorf("groups and single users: %v", others)
		}
	})
}

// A call that no colleague can take stays with its owner and ends after a while.
func TestOfficeTransfersOnlyToFreeColleagues(t *testing.T) {
	inOffice(t, Options{Seed: 8}, func(d *officeScript) {
		var talks []string
		for _, u := range d.account.users[1:] {
			id, _ := d.s.Ring(NewCall{Users: []string{u.id}, State: "established", From: "+49302312599" + u.id[1:]})
			talks = append(talks, id)
		}
		idle := 0
		for range 40 {
			c := d.play((*scriptedCall).incoming)
			for count(d.s) > len(talks) {
				pass(d.s, time.Second)
			}
			if len(c.transfers) > 0 || c.cause != normalClearing {
				t.Errorf("%+v", c.state())
			}
			lasts(t, "call", c.endedAt.Sub(c.startedAt), 50, 3*123+111)
			idle += is(c.endedAt.Sub(c.startedAt) == idleTimeout)
		}
		if idle == 0 {
			t.Error("no call was to be transferred")
		}
	})
}
