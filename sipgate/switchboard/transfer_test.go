package switchboard

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

const (
	target   = "4915799912345"
	stranger = "4915790000002"
)

// Without events a transferred call is recognized by its parties.
func TestTransferByPollingAlone(t *testing.T) {
	for name, tt := range map[string]struct {
		attended bool
		members  []MemberID
	}{
		"blind":    {false, []MemberID{"w0"}},
		"attended": {true, []MemberID{"w0"}},
		"three":    {false, []MemberID{"w0", "w1", "w2"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := newFakeSipgate()
				b := newBoard(t, u, tt.members...)
				u.add("A", jennifer, doc)
				u.add("B", stranger, marty)
				pollAll(t, b)
				row := wantCalls(t, b, 2)[0].ID
				_, sub := b.Subscribe()
				to := TransferTo{sipgate.Transfer{To: "+" + target, Attended: tt.attended}}
				if err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: to}); err != nil {
					t.Fatal(err)
				}
				pollAll(t, b)
				pollAll(t, b)
				c := wantCalls(t, b, 2)[0]
				if c.ID != row || c.CallID != "AT" || c.Phase != Connected {
					t.Errorf("row = %+v", c)
				}
				if c.Remote.Number != "+"+jennifer || c.Local.Number != "+"+target || !slices.Equal(c.PreviousParties, []Party{{Number: "+" + doc}}) {
					t.Errorf("with %v and %v, previous %v", c.Remote, c.Local, c.PreviousParties)
				}
				if c.LastCommand.Verb != VerbTransfer || c.LastCommand.Outcome != Confirmed || c.LastCommand.Detail != "+"+target {
					t.Errorf("last command %+v", c.LastCommand)
				}
				for _, c := range publishedCalls(sub) {
					if c.Phase == Ended || c.ID != row {
						t.Errorf("shown on the way: %+v", c)
					}
				}
			})
		})
	}
}

// While the target's telephone rings, no list contains the call: the row ends,
// and continues when the target answers within 30 s.
func TestTransferWhileTargetRings(t *testing.T) {
	for wait, same := range map[time.Duration]bool{20 * time.Second: true, 40 * time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			u := newFakeSipgate()
			b := newBoard(t, u, "w0")
			u.add("A", jennifer, doc)
			pollAll(t, b)
			row := onlyCall(t, b).ID
			to := TransferTo{sipgate.Transfer{To: "+" + target}}
			if err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: to}); err != nil {
				t.Fatal(err)
			}
			u.remove("AT")
			pollAll(t, b)
			if c := onlyCall(t, b); c.Phase != Ended {
				t.Errorf("row = %+v", c)
			}
			time.Sleep(wait)
			wantCalls(t, b, 0)
			u.add("C", jennifer, target)
			pollAll(t, b)
			if c := onlyCall(t, b); (c.ID == row) != same || c.Phase != Connected {
				t.Errorf("after %v: same row %v, want %v; %+v", wait, c.ID == row, same, c)
			}
		})
	}
}

// The new leg may appear before the old one ends: the two rows are merged as
// soon as a list or an event tells of the end.
func TestTransferWithBothLegsListed(t *testing.T) {
	for _, event := range []bool{false, true} {
		testTransferWithBothLegsListed(t, event)
	}
}

func testTransferWithBothLegsListed(t *testing.T, event bool) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0")
	u.add("A", jennifer, doc)
	pollAll(t, b)
	row := onlyCall(t, b).ID
	u.setFault(func(op string, _ MemberID) fault {
		if op == "transfer" {
			return fault{err: errTimeout}
		}
		return fault{}
	})
	to := TransferTo{sipgate.Transfer{To: "+" + target, Attended: true}}
	b.Execute(t.Context(), Command{By: "w0", Call: row, Action: to})
	u.add("C", jennifer, target)
	pollAll(t, b)
	wantCalls(t, b, 2)
	u.remove("A")
	if event {
		b.Observe(hangup(newCall("A", sipgate.Incoming, jennifer, doc), "normalClearing"))
	} else {
		pollAll(t, b)
	}
	if c := onlyCall(t, b); c.ID != row || c.CallID != "C" {
		t.Errorf("row = %+v", c)
	}
	pollAll(t, b)
	if c := onlyCall(t, b); c.LastCommand.Outcome != Confirmed {
		t.Errorf("last command %+v", c.LastCommand)
	}
}

// A call of other parties is not taken for the transferred one, and without a
// transfer none is.
func TestUnrelatedCallIsNotTransfer(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0")
	u.add("A", jennifer, doc)
	pollAll(t, b)
	row := onlyCall(t, b).ID
	u.remove("A")
	u.add("C", jennifer, marty)
	pollAll(t, b)
	pollAll(t, b)
	wantCalls(t, b, 2)
	to := TransferTo{sipgate.Transfer{To: "+" + target}}
	if err := b.Execute(t.Context(), Command{By: "w0", Call: wantCalls(t, b, 2)[1].ID, Action: to}); err != nil {
		t.Fatal(err)
	}
	u.mu.Lock()
	u.calls = nil
	u.mu.Unlock()
	u.add("D", stranger, doc)
	pollAll(t, b)
	pollAll(t, b)
	if got := wantCalls(t, b, 3); got[0].ID != row || got[2].CallID != "D" {
		t.Errorf("rows = %s", describe(got))
	}
}

// Lists and events of a transfer lead to the same row, in either order.
func TestTransferListBeforeEvents(t *testing.T) {
	for _, lateEvents := range []bool{false, true} {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0")
		b.Observe(toDoc)
		b.Observe(answer(toDoc, "Doc"))
		u.add("A", jennifer, doc)
		pollAll(t, b)
		row := onlyCall(t, b).ID
		events := []sipgate.Event{
			withOrigin(withDiversion(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), doc), "A", ""),
			answer(newCall("B", sipgate.Incoming, jennifer, marty), "Marty"),
			hangup(toDoc, "normalClearing"),
		}
		u.remove("A")
		u.add("B", jennifer, marty)
		if lateEvents {
			pollAll(t, b)
			wantCalls(t, b, 2)
		}
		for _, e := range events {
			b.Observe(e)
		}
		pollAll(t, b)
		if c := onlyCall(t, b); c.ID != row || c.CallID != "B" || c.Phase != Connected || len(c.PreviousParties) != 1 {
			t.Errorf("late %v: %+v", lateEvents, c)
		}
	}
}

// A command that is queued when its row is merged continues on the other row.
func TestMergeWithCommandUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0")
		u.add("A", jennifer, doc)
		u.add("B", jennifer, marty)
		pollAll(t, b)
		cs := wantCalls(t, b, 2)
		u.setFault(func(op string, _ MemberID) fault { return fault{before: time.Second} })
		errs := make(chan error, 2)
		for _, on := range []bool{true, false} {
			go func() { errs <- b.Execute(t.Context(), hold(cs[1].ID, on)) }()
			synctest.Wait()
		}
		b.Observe(withOrigin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "A", ""))
		if c := onlyCall(t, b); c.ID != cs[0].ID || !c.Hold.Pending || c.LastCommand == nil {
			t.Errorf("row = %+v", c)
		}
		for range 2 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if c := onlyCall(t, b); c.Hold.Pending || c.LastCommand.Outcome != Accepted || c.Hold.On {
			t.Errorf("row = %+v, last command %+v", c, c.LastCommand)
		}
		if got := u.sent(); !slices.Equal(got, []string{"hold B true", "hold B false"}) {
			t.Errorf("sent %v", got)
		}
	})
}
