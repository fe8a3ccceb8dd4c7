package switchboard

import (
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// answeredBy shows the board a call that the user answered.
func answeredBy(b *Board, id sipgate.CallID, u sipgate.UserID) sipgate.Event {
	e := newCall(id, sipgate.Incoming, jennifer, marty, "User "+string(u))
	e.UserIDs = []sipgate.UserID{u}
	b.Observe(e)
	b.Observe(answer(e, e.Users[0]))
	return e
}

// The call of a colleague who has not signed in stays on the board until its
// hangup event, whatever lists of others' own calls say.
func TestCallThatNoListShowsStaysUntilItsHangup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		group := newCall("A", sipgate.Incoming, jennifer, group, "Clara", "Doc")
		group.UserIDs = []sipgate.UserID{"w0", "w1"}
		elsewhere := answer(group, "")
		elsewhere.UserIDs, elsewhere.AnsweringNumber = nil, mobile
		internal := internalCall(t, twoOrigins)
		for i := range internal {
			for j, u := range internal[i].UserIDs {
				internal[i].UserIDs[j] = u + "9" // w09 calls w19
			}
			internal[i].FullUserIDs = nil
		}
		own := newCall("A", sipgate.Incoming, jennifer, doc, "Doc")
		own.UserIDs = []sipgate.UserID{"w1"}
		moved := withOrigin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "A", "")
		moved.UserIDs, moved.Diversion = []sipgate.UserID{"w2"}, doc
		colleague := newCall("A", sipgate.Incoming, jennifer, marty, "Marty")
		colleague.UserIDs = []sipgate.UserID{"w2"}
		out := newCall("A", sipgate.Outgoing, marty, jennifer, "Marty")
		out.UserIDs = []sipgate.UserID{"w2"}
		voicemail := newCall("A", sipgate.Incoming, jennifer, marty, "voicemail")
		for name, events := range map[string][]sipgate.Event{
			"answered":             {colleague, answer(colleague, "Marty"), hangup(colleague, "normalClearing")},
			"newCall event lost":   {withUsers(answer(colleague, "Marty"), "w2"), hangup(colleague, "normalClearing")},
			"outgoing":             {out, answer(out, ""), hangup(out, "normalClearing")},
			"answered elsewhere":   {group, elsewhere, hangup(group, "normalClearing")},
			"transferred":          {own, answer(own, "Doc"), moved, answer(moved, "Marty"), hangup(own, "normalClearing"), hangup(moved, "normalClearing")},
			"internal":             {internal[0], internal[1], internal[2], internal[3], internal[4]},
			"internal, one side":   {internal[0], internal[3], internal[5]},
			"internal, other side": {internal[1], internal[2], internal[4]},
			"voicemail":            {voicemail, answer(voicemail, "voicemail"), hangup(voicemail, "normalClearing")},
		} {
			u := newFakeSipgate()
			u.add("K0", jennifer, doc, "w0")
			u.add("K1", jennifer, doc, "w1")
			b := newBoard(t, u, "w0", "w1")
			pollAll(t, b)
			for _, e := range events[:len(events)-1] {
				b.Observe(e)
				synctest.Wait()
			}
			for range 20 {
				pollAll(t, b)
				time.Sleep(time.Minute)
			}
			if n := connectedCount(b); n != 3 {
				t.Errorf("%s: %d calls, want 3:%s", name, n, describe(b.Snapshot().Calls))
			}
			b.Observe(events[len(events)-1])
			if n := connectedCount(b); n != 2 {
				t.Errorf("%s, hung up: %d calls, want 2:%s", name, n, describe(b.Snapshot().Calls))
			}
		}
	})
}

func withUsers(e sipgate.Event, ids ...sipgate.UserID) sipgate.Event {
	e.UserIDs = ids
	return e
}

// If the hangup event is lost too, the call ends hours later, marked as a
// guess. A late event or list counts from then.
func TestCallThatNoListShowsEndsAfterHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, newFakeSipgate(), "w0")
		answeredBy(b, "A", "w2")
		time.Sleep(unlistedTimeout - time.Second)
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Connected || c.Approximate || c.EndApproximate {
			t.Errorf("a second before: %+v", c)
		}
		time.Sleep(time.Second)
		if c := onlyCall(t, b); c.Phase != Ended || !c.Approximate || !c.EndApproximate {
			t.Errorf("not ended, or as if that was known: %+v", c)
		}
	})
}

// A list that could contain the call ends it: of its user, of somebody who saw
// it before, or one that shows calls of others.
func TestListThatCouldContainTheCallEndsIt(t *testing.T) {
	for name, test := range map[string]struct {
		user    sipgate.UserID
		prepare func(*fakeSipgate, *Board)
		ends    bool
	}{
		"of the user":    {"w0", func(*fakeSipgate, *Board) {}, true},
		"of a colleague": {"w2", func(*fakeSipgate, *Board) {}, false},
		"showing calls of others": {"w2", func(u *fakeSipgate, b *Board) {
			u.add("K", jennifer, doc)
			answeredBy(b, "K", "w1")
			pollAll(t, b)
		}, true},
		"that contained it": {"w2", func(u *fakeSipgate, b *Board) {
			u.add("A", jennifer, marty)
			pollAll(t, b)
			b.Leave("w0")
			b.Join(u.member("w0"))
			u.remove("A")
		}, true},
		"of another who did not see it": {"w2", func(u *fakeSipgate, b *Board) {
			u.add("A", jennifer, marty)
			pollAll(t, b)
			b.Join(u.member("w1"))
			b.Leave("w0")
			u.remove("A")
		}, false},
	} {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0")
		answeredBy(b, "A", test.user)
		test.prepare(u, b)
		for i := range 4 {
			pollAll(t, b)
			var call Call
			for _, c := range b.Snapshot().Calls {
				if c.CallID == "A" {
					call = c
				}
			}
			if ended := call.Phase == Ended; ended != (test.ends && i > 0) {
				t.Errorf("a list %s, %d times without it: ended %v", name, i+1, ended)
			}
		}
	}
}

// A call whose only observer's access is rejected, and whose hangup event is
// lost, does not stay for ever.
func TestCallOfRejectedMemberEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, _ := establishedCall(t)
		u.setFault(func(string, MemberID) fault { return fault{err: refusedError(sipgate.Unauthorized)} })
		if b.Poll(t.Context()) == nil {
			t.Fatal("not rejected")
		}
		time.Sleep(unlistedTimeout - time.Minute)
		if c := onlyCall(t, b); c.Phase != Connected {
			t.Errorf("%+v", c)
		}
		time.Sleep(time.Minute)
		if c := onlyCall(t, b); c.Phase != Ended || !c.EndApproximate {
			t.Errorf("%+v", c)
		}
	})
}
