package switchboard

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/account"
)

// internalCall returns the events of a call from Anna (w0) to Jonas (w1), as
// sipgate pushes them, each with the given change.
func internalCall(t *testing.T, change func(*sipgate.Event)) []sipgate.Event {
	t.Helper()
	data, err := os.ReadFile("testdata/internal_call.txt")
	if err != nil {
		t.Fatal(err)
	}
	var events []sipgate.Event
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		e, err := sipgate.ParseEvent([]byte(strings.TrimSpace(line)))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		change(&e)
		events = append(events, e)
	}
	if len(events) != 6 {
		t.Fatalf("%d events", len(events))
	}
	return events
}

// twoOrigins makes the two sides of an internal call two calls.
func twoOrigins(e *sipgate.Event) {
	e.OrigCallID, e.XCID = e.CallID, "x"+string(e.CallID)
}

var origins = map[string]func(*sipgate.Event){"one origin": func(*sipgate.Event) {}, "two origins": twoOrigins}

const (
	anna  = "+492214710110"
	jonas = "+492214710111"
)

// One colleague calls another: one row that is both members', by name, from the
// first ring to the end, whatever order sipgate tells it in. It rings at the
// callee alone.
func TestInternalCallIsOneRowOfBothMembers(t *testing.T) {
	both := []MemberID{"w0", "w1"}
	for name, change := range origins {
		events := internalCall(t, change)
		for _, order := range [][]int{{0, 1, 2, 3, 4, 5}, {1, 0, 3, 2, 5, 4}, {0, 1, 3, 2, 4, 5}, {1, 0, 2, 3, 5, 4}} {
			b := newBoard(t, newFakeSipgate(), "w0", "w1")
			name := fmt.Sprintf("%s, order %v", name, order)
			check := func(when string, phase Phase, owners, ringsAt []MemberID) {
				t.Helper()
				c := onlyCall(t, b)
				if c.Phase != phase || !c.Internal || c.Local != (Party{anna, "Anna Bergmann"}) || c.Remote != (Party{jonas, "Jonas Keller"}) ||
					!slices.Equal(c.UserNames, []string{"Anna Bergmann"}) || !slices.Equal(c.Owners(), owners) || !slices.Equal(c.RingsAt, ringsAt) || c.Direction != sipgate.Outgoing {
					t.Errorf("%s, %s: %+v", name, when, c)
				}
			}
			b.Observe(events[order[0]])
			b.Observe(events[order[1]])
			check("ringing", Ringing, both, both[1:])
			b.Observe(events[order[2]])
			check("one side answered", Connected, both, onlyCall(t, b).RingsAt)
			b.Observe(events[order[3]])
			check("answered", Connected, both, nil)
			b.Observe(events[order[4]])
			b.Observe(events[order[5]])
			check("ended", Ended, both, nil)
			if c := onlyCall(t, b); c.Cause != "normalClearing" || len(c.PreviousParties) > 0 {
				t.Errorf("%s: cause %q, previous parties %v", name, c.Cause, c.PreviousParties)
			}
		}
	}
}

// Whichever events are lost, the two sides are one row as soon as the board
// knows of both.
func TestInternalCallIsOneRowThoughEventsAreLost(t *testing.T) {
	for name, change := range origins {
		events := internalCall(t, change)
		for lost := range 4 {
			b := newBoard(t, newFakeSipgate(), "w0", "w1")
			for i, e := range events[:4] {
				if i != lost {
					b.Observe(e)
					b.Observe(e)
				}
			}
			if c := onlyCall(t, b); c.Phase != Connected || !c.Internal || !slices.Equal(c.Owners(), []MemberID{"w0", "w1"}) ||
				c.Local.Number != anna || c.Remote.Number != jonas {
				t.Errorf("%s without event %d: %+v", name, lost, c)
			}
		}
	}
}

// Without events, two listed calls that mirror each other are one row.
func TestListedInternalCallIsOneRow(t *testing.T) {
	u, roster := newFakeSipgate(), newRoster(t)
	u.add("A", marty, doc, "w1")
	u.add("B", doc, marty, "w2")
	b := newBoard(t, u, "w1", "w2")
	b.SetRoster(func() *account.Snapshot { return roster })
	pollAll(t, b)
	c := onlyCall(t, b)
	if !c.Internal || !slices.Equal(c.Owners(), []MemberID{"w1", "w2"}) || !slices.Equal(c.VisibleTo, []MemberID{"w1", "w2"}) ||
		c.Local != (Party{"+" + doc, "Doc"}) || c.Remote != (Party{"+" + marty, "Marty"}) {
		t.Errorf("%+v", c)
	}
	u.remove("A")
	u.remove("B")
	for range 3 {
		pollAll(t, b)
	}
	if c := onlyCall(t, b); c.Phase != Ended {
		t.Errorf("goes on after its end: %+v", c)
	}
}

// Two calls between the same two colleagues, one after the other, are two rows;
// so are two different calls of one number at the same time.
func TestSimilarCallsStayApart(t *testing.T) {
	events := internalCall(t, twoOrigins)
	b := newBoard(t, newFakeSipgate(), "w0", "w1")
	for _, e := range events {
		b.Observe(e)
	}
	for _, e := range internalCall(t, func(e *sipgate.Event) {
		e.CallID += "2"
		twoOrigins(e)
	})[:2] {
		b.Observe(e)
	}
	if cs := wantCalls(t, b, 2); cs[0].Phase != Ended || cs[1].Phase != Ringing || !cs[1].Internal {
		t.Errorf("%s", describe(cs))
	}

	b = newBoard(t, newFakeSipgate(), "w0", "w1")
	out := newCall("A", sipgate.Outgoing, doc, jennifer, "Doc")
	in := newCall("B", sipgate.Incoming, jennifer, marty, "Marty")
	out.UserIDs, in.UserIDs = []sipgate.UserID{"w1"}, []sipgate.UserID{"w2"}
	b.Observe(out)
	b.Observe(in)
	wantCalls(t, b, 2)
}

// The extra call at the caller's own telephone is no callee, in whichever
// spelling sipgate tells it.
func TestOwnTelephoneIsNotACallee(t *testing.T) {
	for name, parties := range map[string][2]string{"swapped": {jennifer, doc}, "the same": {doc, jennifer}} {
		for _, callee := range []string{jennifer, marty} {
			b := newBoard(t, newFakeSipgate(), "w1")
			out := newCall("A", sipgate.Outgoing, doc, callee, "Doc")
			device := withOrigin(newCall("D", sipgate.Incoming, parties[0], parties[1], "Doc"), "A", "")
			out.UserIDs, device.UserIDs = []sipgate.UserID{"w1"}, []sipgate.UserID{"w1"}
			b.Observe(out)
			b.Observe(device)
			c := onlyCall(t, b)
			if c.Internal || len(c.RingsAt) > 0 || c.Remote.Number != "+"+callee || !slices.Equal(c.Owners(), []MemberID{"w1"}) {
				t.Errorf("%s: %+v", name, c)
			}
			if callee != marty {
				continue
			}
			in := withOrigin(newCall("B", sipgate.Incoming, doc, marty, "Marty"), "A", "")
			in.UserIDs = []sipgate.UserID{"w2"}
			b.Observe(in)
			if c := onlyCall(t, b); !c.Internal || !slices.Equal(c.RingsAt, []MemberID{"w2"}) || !slices.Equal(c.Owners(), []MemberID{"w1", "w2"}) {
				t.Errorf("%s, to a colleague: %+v", name, c)
			}
		}
	}
}

// A colleague's call to a group rings at all the others, the caller's own
// telephone in the group included, and is the caller's and the answerer's.
func TestInternalCallToAGroup(t *testing.T) {
	b := newBoard(t, newFakeSipgate(), "w0")
	out := newCall("A", sipgate.Outgoing, doc, group, "Doc")
	in := newCall("B", sipgate.Incoming, doc, group, "Doc", "Marty", "Clara")
	out.UserIDs, in.UserIDs = []sipgate.UserID{"w1"}, []sipgate.UserID{"w1", "w2", "w0"}
	b.Observe(out)
	b.Observe(in)
	if c := onlyCall(t, b); !c.Internal || !slices.Equal(c.Owners(), []MemberID{"w1", "w2", "w0"}) {
		t.Errorf("ringing: %+v", c)
	}
	in = answer(in, "Marty")
	in.UserIDs, in.AnsweringNumber = []sipgate.UserID{"w2"}, marty
	b.Observe(in)
	if c := onlyCall(t, b); c.Phase != Connected || !slices.Equal(c.Owners(), []MemberID{"w1", "w2"}) || c.Remote.Name != "Marty" {
		t.Errorf("answered: %+v", c)
	}
}

// A caller who reaches a colleague's voicemail keeps the call, which is nobody
// else's.
func TestInternalCallToAVoicemail(t *testing.T) {
	for name, change := range origins {
		events := internalCall(t, change)
		b := newBoard(t, newFakeSipgate(), "w0", "w1")
		b.Observe(events[0])
		b.Observe(events[1])
		gone := events[4]
		gone.Cause = "forwarded"
		b.Observe(gone)
		v := withOrigin(newCall("V", sipgate.Incoming, anna, jonas, "voicemail"), events[1].OrigCallID, events[1].XCID)
		v.Diversion = jonas
		b.Observe(v)
		b.Observe(answer(v, "voicemail"))
		b.Observe(events[3])
		c := onlyCall(t, b)
		if c.Phase != Connected || !c.Internal || !c.Voicemail || !slices.Equal(c.Owners(), []MemberID{"w0"}) || len(c.RingsAt) > 0 || c.Local.Number != anna || c.Remote.Number != jonas {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// Each member acts through the own side of an internal call, and whoever hangs
// up ends all of it.
func TestCommandsOnInternalCallsGoToTheOwnSide(t *testing.T) {
	for name, change := range origins {
		for _, by := range []MemberID{"w0", "w1"} {
			u := newFakeSipgate()
			b := newBoard(t, u, "w0", "w1")
			events := internalCall(t, change)
			for _, e := range events[:4] {
				b.Observe(e)
			}
			u.add(events[0].CallID, jonas, anna, "w0")
			u.add(events[1].CallID, anna, jonas, "w1")
			pollAll(t, b)
			c := onlyCall(t, b)
			if !slices.Equal(c.VisibleTo, []MemberID{"w0", "w1"}) {
				t.Errorf("%s: visible to %v", name, c.VisibleTo)
			}
			if err := b.Execute(t.Context(), Command{By: by, Call: c.ID, Action: Hold{On: true}}); err != nil {
				t.Errorf("%s: hold by %s: %v", name, by, err)
			}
			if c := onlyCall(t, b); !c.Hold.On {
				t.Errorf("%s: not on hold: %+v", name, c)
			}
			own := map[MemberID]sipgate.CallID{"w0": events[0].CallID, "w1": events[1].CallID}[by]
			if got := u.sent(); !slices.Equal(got, []string{words("hold", own, true)}) {
				t.Errorf("%s: %s sent %v", name, by, got)
			}
			if err := b.Execute(t.Context(), Command{By: by, Call: c.ID, Action: HangUp{}}); err != nil {
				t.Errorf("%s: hang up by %s: %v", name, by, err)
			}
			u.remove(events[0].CallID)
			u.remove(events[1].CallID)
			pollAll(t, b)
			pollAll(t, b)
			if c := onlyCall(t, b); c.Phase != Ended {
				t.Errorf("%s: after %s hung up: %+v", name, by, c)
			}
		}
	}
}

// The callee who has not signed in keeps the call until it ends: the caller's
// list tells.
func TestOtherSideOfAnInternalCallNeedsNoList(t *testing.T) {
	for name, change := range origins {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0")
		events := internalCall(t, change)
		for _, e := range events[:4] {
			b.Observe(e)
		}
		u.add(events[0].CallID, jonas, anna, "w0")
		for range 5 {
			pollAll(t, b)
		}
		if c := onlyCall(t, b); c.Phase != Connected || !slices.Equal(c.Owners(), []MemberID{"w0", "w1"}) {
			t.Errorf("%s: %+v", name, c)
		}
		u.remove(events[0].CallID)
		pollAll(t, b)
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Ended {
			t.Errorf("%s: goes on: %+v", name, c)
		}
	}
}
