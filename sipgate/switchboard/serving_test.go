package switchboard

import (
	"testing"

	"callboard/sipgate"
)

// Whose lists show calls of others is found out from the lists, and forgotten
// when they lack one.
func TestAccessThatShowsCallsOfOthersIsFoundOut(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0", "w1")
	talks := func(id sipgate.CallID, user sipgate.UserID, seenBy ...MemberID) {
		u.add(id, jennifer, doc, seenBy...)
		e := newCall(id, "in", "49301234"+string(id), "4921170000001")
		e.UserIDs = []sipgate.UserID{user}
		b.Observe(e)
		b.Observe(answer(e, "Doc"))
		pollAll(t, b)
		pollAll(t, b)
	}
	check := func(when string, w0, w1 bool) {
		t.Helper()
		if got0, got1 := b.ShowsOthers("w0"), b.ShowsOthers("w1"); got0 != w0 || got1 != w1 {
			t.Errorf("%s: %v, %v; want %v, %v", when, got0, got1, w0, w1)
		}
	}
	talks("1", "w0", "w0")
	check("its own call", false, false)
	talks("2", "w1", "w0", "w1")
	check("the other's call", true, false)
	if !b.Serves("w0") || b.Serves("w9") || b.ShowsOthers("w9") {
		t.Error("who is on the board is not told apart")
	}
	u.remove("2")
	pollAll(t, b)
	check("a call ended", true, false)
	talks("3", "w1", "w1")
	check("its list lacks one", false, false)
	b.Leave("w0")
	if b.Serves("w0") {
		t.Error("it serves after it left")
	}
}

// Where sipgate shows everybody only the own calls, a side of an internal call
// that no event announced does not make a member's list one that shows calls of
// others: a colleague's call, which no list shows, goes on.
func TestOwnSideOfAnInternalCallIsNoCallOfOthers(t *testing.T) {
	for name, change := range origins {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0")
		events := internalCall(t, change)
		in := events[1]
		in.UserIDs, in.FullUserIDs = []sipgate.UserID{"w1"}, nil
		other := withUsers(newCall("X", sipgate.Incoming, jennifer, marty, "Marty"), "w2")
		for _, e := range []sipgate.Event{in, answer(in, "Jonas Keller"), other, answer(other, "Marty")} {
			b.Observe(e)
		}
		u.add(events[0].CallID, jonas, anna, "w0")
		for range 3 {
			pollAll(t, b)
		}
		if cs := wantCalls(t, b, 2); b.ShowsOthers("w0") || !cs[0].Internal || cs[1].Phase != Connected {
			t.Errorf("%s: shows others %v:%s", name, b.ShowsOthers("w0"), describe(cs))
		}
	}
}
