package switchboard

import (
	"slices"
	"testing"

	"callboard/sipgate"
)

// Two calls whose numbers fit are the two sides of one only if nothing speaks
// against it.
func TestWhatSpeaksAgainstTwoSidesOfOneCall(t *testing.T) {
	out := withUsers(newCall("A", sipgate.Outgoing, anna, jonas, "Anna"), "w0")
	in := withUsers(newCall("B", sipgate.Incoming, anna, jonas, "Jonas"), "w1")
	changed := func(e sipgate.Event, change func(*sipgate.Event)) sipgate.Event {
		change(&e)
		return e
	}
	diverted := changed(in, func(e *sipgate.Event) { e.Diversion = marty })
	divertedOut := changed(out, func(e *sipgate.Event) { e.Diversion = marty })
	voicemail := withUsers(newCall("B", sipgate.Incoming, anna, jonas, "voicemail"), "v0")
	back := withUsers(newCall("B", sipgate.Outgoing, jonas, anna, "Jonas"), "w1")
	backIn := withUsers(newCall("A", sipgate.Incoming, jonas, anna, "Anna"), "w0")
	second := changed(in, func(e *sipgate.Event) { e.CallID, e.OrigCallID, e.UserIDs = "C", "C", []sipgate.UserID{"w2"} })
	secondOut := changed(out, func(e *sipgate.Event) { e.CallID, e.OrigCallID, e.UserIDs = "C", "C", []sipgate.UserID{"w2"} })
	ended := func(e sipgate.Event) sipgate.Event { return hangup(e, "normalClearing") }
	for name, tt := range map[string]struct {
		events []sipgate.Event
		rows   int
	}{
		"nothing":                        {[]sipgate.Event{out, in}, 1},
		"nothing, told the other way":    {[]sipgate.Event{in, out}, 1},
		"the callee's is diverted":       {[]sipgate.Event{out, diverted}, 2},
		"told the other way":             {[]sipgate.Event{diverted, out}, 2},
		"the caller's is diverted":       {[]sipgate.Event{divertedOut, in}, 2},
		"a voicemail's":                  {[]sipgate.Event{out, voicemail}, 2},
		"a voicemail's came first":       {[]sipgate.Event{voicemail, out}, 2},
		"both call":                      {[]sipgate.Event{out, back}, 2},
		"both are called":                {[]sipgate.Event{in, backIn}, 2},
		"it rings at the caller":         {[]sipgate.Event{out, withUsers(in, "w0")}, 2},
		"a second callee":                {[]sipgate.Event{out, in, second}, 2},
		"a second caller":                {[]sipgate.Event{out, in, secondOut}, 2},
		"one ended before":               {[]sipgate.Event{out, ended(out), in}, 2},
		"the callee's ended before":      {[]sipgate.Event{in, ended(in), out}, 2},
		"ended before, told again":       {[]sipgate.Event{out, ended(out), in, answer(out, "Anna")}, 2},
		"ended before, told again twice": {[]sipgate.Event{in, ended(in), out, answer(in, "Jonas")}, 2},
	} {
		b := newBoard(t, newFakeSipgate(), "w0", "w1")
		for _, e := range tt.events {
			b.Observe(e)
		}
		s := b.Snapshot()
		if len(s.Calls) != tt.rows || s.Calls[0].Internal != (tt.rows == 1 || len(tt.events) == 3 && tt.events[2].CallID == "C") {
			t.Errorf("%s: %d rows, want %d, internal %v:%s", name, len(s.Calls), tt.rows, s.Calls[0].Internal, describe(s.Calls))
		}
	}
}

// Where several calls fit, the one that began at the same time is the other
// side.
func TestNearestCallIsTheOtherSide(t *testing.T) {
	events := internalCall(t, twoOrigins)
	earlier := events[1]
	earlier.CallID, earlier.OrigCallID, earlier.XCID = "E", "E", "xE"
	for _, order := range [][]sipgate.Event{{earlier, events[1], events[0]}, {events[1], earlier, events[0]}} {
		b := newBoard(t, newFakeSipgate(), "w0", "w1")
		b.Observe(order[0])
		b.legs[order[0].CallID].firstSeen = b.legs[order[0].CallID].firstSeen.Add(-commandLag)
		b.Observe(order[1])
		b.Observe(order[2])
		cs := wantCalls(t, b, 2)
		if cs[0].Internal || !cs[1].Internal {
			t.Errorf("with the earlier one: %s", describe(cs))
		}
	}
}

// If the hangup event of one side is the only one that arrives about it, it ends
// the call of two who never signed in all the same.
func TestHangupOfAnUnknownSideEndsTheCall(t *testing.T) {
	for name, change := range origins {
		events := internalCall(t, change)
		for _, arrived := range [][]int{{0, 3, 4}, {1, 2, 5}, {3, 4}, {2, 5}} {
			b := newBoard(t, newFakeSipgate(), "w2")
			for _, i := range arrived {
				if c := b.Snapshot().Calls; len(c) > 0 && c[0].Phase == Ended {
					t.Errorf("%s, events %v: ended too soon", name, arrived)
				}
				b.Observe(events[i])
			}
			if c := onlyCall(t, b); c.Phase != Ended {
				t.Errorf("%s, events %v: goes on: %+v", name, arrived, c)
			}
		}
	}
}

// If the hangup event of one side arrives before the answer event of the other,
// and the other's own hangup event never, the call of two who never signed in
// ends all the same: unless it may have gone on to somebody else, as the caller's
// does when the called telephone stops ringing.
func TestAnswerAfterTheOtherSidesHangupEndsTheCall(t *testing.T) {
	for name, change := range origins {
		events := internalCall(t, change)
		for _, tt := range []struct {
			arrived []int
			want    Phase
		}{
			{[]int{0, 1, 5, 2}, Ended},
			{[]int{1, 0, 5, 2}, Ended},
			{[]int{0, 1, 2, 4, 3}, Ended},
			{[]int{0, 1, 3, 5, 2}, Ended},
			{[]int{0, 1, 4, 3}, Connected},
		} {
			b := newBoard(t, newFakeSipgate(), "w2")
			for _, i := range tt.arrived {
				b.Observe(events[i])
			}
			if c := onlyCall(t, b); c.Phase != tt.want {
				t.Errorf("%s, events %v: phase %d, want %d", name, tt.arrived, c.Phase, tt.want)
			}
		}
	}
}

// A side of an internal call that lists missed for a while, and that comes back
// when the other side is known already, is one call with it.
func TestSideThatComesBackIsOneCallWithTheOther(t *testing.T) {
	events := internalCall(t, twoOrigins)
	in, out := events[1].CallID, events[0].CallID
	u := newFakeSipgate()
	b := newBoard(t, u, "w0", "w1")
	b.Observe(events[2])
	for range 2 {
		pollAll(t, b)
	}
	if c := onlyCall(t, b); c.Phase != Ended {
		t.Fatalf("goes on: %+v", c)
	}
	b.Observe(events[3])
	wantCalls(t, b, 2)
	u.add(out, jonas, anna)
	u.add(in, anna, jonas)
	pollAll(t, b)
	if c := onlyCall(t, b); !c.Internal || c.Phase != Connected || !slices.Equal(c.Owners(), []MemberID{"w0", "w1"}) {
		t.Errorf("%+v", c)
	}
}

// An internal call that went on to another colleague names the one it reached
// before.
func TestForwardedInternalCallNamesThePartyBefore(t *testing.T) {
	for name, change := range origins {
		b := newBoard(t, newFakeSipgate(), "w0", "w1")
		events := internalCall(t, change)
		for _, e := range events[:2] {
			b.Observe(e)
		}
		gone := events[4]
		gone.Cause = "forwarded"
		b.Observe(gone)
		next := withOrigin(newCall("M", sipgate.Incoming, anna, marty, "Marty"), events[1].OrigCallID, events[1].XCID)
		next.Diversion, next.UserIDs = jonas, []sipgate.UserID{"w2"}
		b.Observe(next)
		c := onlyCall(t, b)
		if c.Phase != Ringing || !c.Internal || c.Remote != (Party{"+" + marty, "Marty"}) || !slices.Equal(c.PreviousParties, []Party{{jonas, "Jonas Keller"}}) ||
			!slices.Equal(c.RingsAt, []MemberID{"w2"}) || !slices.Equal(c.Owners(), []MemberID{"w0", "w2"}) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
