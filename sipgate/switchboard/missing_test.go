package switchboard

import (
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// Doubt about a call, which a 404 raises, is over with a newer list that
// contains it: after that, one list without it does not end a living call.
func TestNewerListClearsDoubt(t *testing.T) {
	u, b, row := establishedCall(t)
	u.setFault(func(op string, _ MemberID) fault {
		if op == "hold" {
			return fault{err: errNoCall}
		}
		return fault{}
	})
	b.Execute(t.Context(), hold(row, true))
	u.setFault(nil)
	pollAll(t, b) // contains it: the 404 was wrong
	calls := u.calls
	u.calls = nil
	pollAll(t, b)
	if c := onlyCall(t, b); c.Phase != Connected {
		t.Errorf("one list without it ended the call: %+v", c)
	}
	u.calls = calls
	pollAll(t, b)
	if c := onlyCall(t, b); c.Phase != Connected {
		t.Errorf("%+v", c)
	}
}

// A call is not transferred to one of its own parties.
func TestCallIsNotTransferredToItsOwnParty(t *testing.T) {
	for _, to := range []sipgate.Number{"+" + jennifer, "+" + doc} {
		u, b, row := establishedCall(t)
		err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: TransferTo{sipgate.Transfer{To: to}}})
		if err != ErrAlreadyInCall || len(u.sent()) > 0 {
			t.Errorf("to %s: %v, sent %v", to, err, u.sent())
		}
	}
	b := newBoard(t, newFakeSipgate(), "w0")
	b.Observe(newCall("A", sipgate.Incoming, jennifer, doc, "Doc"))
	r := b.rows[0]
	r.published = &Call{Remote: Party{Number: "+" + marty}, Local: Party{Number: "+" + group}} // as the row shows it
	for n, want := range map[string]bool{jennifer: true, doc: true, marty: true, "+" + group: true, mobile: false, "": false} {
		if r.hasNumber(n) != want {
			t.Errorf("%q is a party: %v", n, !want)
		}
	}
}

// Each toggle shows that its command is pending.
func TestEveryToggleShowsItsPendingCommand(t *testing.T) {
	for _, a := range []Action{Hold{true}, Mute{true}, Record{On: true}} {
		synctest.Test(t, func(t *testing.T) {
			u, b, row := establishedCall(t)
			u.setFault(func(string, MemberID) fault { return fault{before: time.Second} })
			done := make(chan error)
			go func() { done <- b.Execute(t.Context(), Command{By: "w0", Call: row, Action: a}) }()
			synctest.Wait()
			c := onlyCall(t, b)
			want := map[Verb]Toggle{a.Verb(): {Requested: true, Pending: true}}
			if c.Hold != want[VerbHold] || c.Mute != want[VerbMute] || c.Recording != want[VerbRecord] {
				t.Errorf("%s: %+v, %+v, %+v", a.Verb(), c.Hold, c.Mute, c.Recording)
			}
			<-done
			want[a.Verb()] = Toggle{On: true}
			if c := onlyCall(t, b); c.Hold != want[VerbHold] || c.Mute != want[VerbMute] || c.Recording != want[VerbRecord] {
				t.Errorf("%s, answered: %+v, %+v, %+v", a.Verb(), c.Hold, c.Mute, c.Recording)
			}
		})
	}
}

// An ended call does not come back by lists that are late: after a hangup event
// neither several within three seconds nor one later bring it back.
func TestEndedCallDoesNotFlicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b, _ := establishedCall(t)
		b.Observe(hangup(newCall("A", sipgate.Incoming, jennifer, doc), "normalClearing"))
		for range 5 {
			pollAll(t, b)
			if c := onlyCall(t, b); c.Phase != Ended {
				t.Fatalf("back within three seconds: %+v", c)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		_, b, _ := establishedCall(t)
		b.Observe(hangup(newCall("A", sipgate.Incoming, jennifer, doc), "normalClearing"))
		time.Sleep(listLag + time.Second)
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Ended {
			t.Errorf("back by one late list: %+v", c)
		}
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Connected {
			t.Errorf("gone though two lists have it: %+v", c)
		}
	})
}

// When one side of an internal call hangs up, the other side's next list is
// requested at once, and one list without it ends the call.
func TestHangupOfOneSideEndsAnInternalCallQuickly(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0", "w1")
	events := internalCall(t, twoOrigins)
	for _, e := range events[:4] {
		b.Observe(e)
	}
	u.add(events[0].CallID, jonas, anna, "w0")
	u.add(events[1].CallID, anna, jonas, "w1")
	pollAll(t, b)
	u.remove(events[0].CallID)
	u.remove(events[1].CallID)
	clear(b.poll.requested)
	b.Observe(events[4])
	if !b.poll.requested[b.members["w0"]] {
		t.Error("the caller's list is not requested")
	}
	if err := b.requestList(t.Context(), b.members["w0"]); err != nil {
		t.Fatal(err)
	}
	if c := onlyCall(t, b); c.Phase != Ended {
		t.Errorf("%+v", c)
	}
}

// If nobody's lists contain everything, a call that many saw has ended when
// three of them miss it, two lists of the first included: not before, and
// without asking all the others.
func TestThreeMissesEndACallThatManySaw(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, memberIDs(6)...)
	u.add("A", jennifer, doc)
	pollAll(t, b)
	u.remove("A")
	for i, id := range []MemberID{"w0", "w0", "w1", "w2"} {
		for _, m := range b.members {
			m.coverageProofs = 0
		}
		if err := b.requestList(t.Context(), b.members[id]); err != nil {
			t.Fatal(err)
		}
		if c := onlyCall(t, b); (c.Phase == Ended) != (i == 3) {
			t.Errorf("after %d lists without it: %+v", i+1, c)
		}
	}
}

// A list that was requested before a call ended, and arrives after it, does not
// bring the call back; the next one that contains it does.
func TestListFromBeforeTheEndRevivesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0", "w1")
		u.add("A", jennifer, doc, "w0")
		pollAll(t, b)
		u.setFault(func(_ string, by MemberID) fault {
			if by == "w0" {
				return fault{}
			}
			return fault{list: encode(u.calls), after: time.Second}
		})
		go b.requestList(t.Context(), b.members["w1"])
		synctest.Wait()
		u.setFault(nil)
		u.remove("A")
		for range 2 {
			if err := b.requestList(t.Context(), b.members["w0"]); err != nil {
				t.Fatal(err)
			}
		}
		for _, when := range []string{"before the list arrives", "after it"} {
			if c := onlyCall(t, b); c.Phase != Ended {
				t.Errorf("%s: %+v", when, c)
			}
			time.Sleep(2 * time.Second)
		}
		u.add("A", jennifer, doc, "w1")
		if err := b.requestList(t.Context(), b.members["w1"]); err != nil {
			t.Fatal(err)
		}
		if c := onlyCall(t, b); c.Phase != Connected {
			t.Errorf("not back: %+v", c)
		}
	})
}
