package switchboard

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// twoLegs observes two legs of a call as two rows. The returned function
// observes an event that relates them.
func twoLegs(t *testing.T, b *Board) (first, second RowID, one func()) {
	t.Helper()
	e := newCall("B", sipgate.Incoming, jennifer, marty, "Marty")
	b.Observe(toDoc)
	b.Observe(e)
	cs := wantCalls(t, b, 2)
	return cs[0].ID, cs[1].ID, func() { b.Observe(withOrigin(e, "A", "")) }
}

// For a day, the id of a merged row stands for the row that continues it.
func TestMergedRowIDResolvesForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := runningBoard(t, u, "w0")
		first, second, one := twoLegs(t, b)
		_, sub := b.Subscribe()
		one()
		sub.Close()
		var removed []Change
		for c := range sub.Changes() {
			if c.Removed != "" {
				removed = append(removed, c)
			}
		}
		if len(removed) != 1 || removed[0].Removed != second || removed[0].MergedInto != first {
			t.Errorf("removed %+v", removed)
		}
		if c, ok := b.Call(second); !ok || c.ID != first {
			t.Errorf("%+v, %v", c, ok)
		}
		if err := b.Claim("w0", second, VerbTransfer); err != nil {
			t.Error(err)
		}
		checkClaim(t, b, "w0", VerbTransfer)
		b.ReleaseClaim("w0", second)
		checkClaim(t, b, "", "")
		if err := b.Execute(t.Context(), Command{By: "w0", Call: second, Action: HangUp{GracePeriod: grace}}); err != nil {
			t.Error(err)
		}
		if err := b.Undo("w0", second); err != nil {
			t.Error(err)
		}
		// Aliases chain: the row that continued may be merged as well.
		e := newCall("C", sipgate.Incoming, jennifer, group)
		b.lastRowNo = 0 // makes the next row the oldest
		b.Observe(e)
		b.lastRowNo = 10
		b.Observe(withOrigin(e, "B", ""))
		if c := onlyCall(t, b); c.ID == first {
			t.Fatal("the rows were merged the other way round")
		}
		for _, id := range []RowID{first, second} {
			if c, ok := b.Call(id); !ok || c.ID != onlyCall(t, b).ID {
				t.Errorf("%+v, %v", c, ok)
			}
		}
		time.Sleep(retention)
		if _, ok := b.Call(second); ok || len(b.aliases.target) > 0 || len(b.aliases.queue) > 0 {
			t.Errorf("after a day: %+v", b.aliases)
		}
	})
}

// When two rows are merged, their hang-ups, claims and commands continue on
// the remaining one.
func TestMergeKeepsHangupsAndClaims(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		second := newCall("B", sipgate.Incoming, jennifer, marty, "Marty")
		x.Observe(second)
		other := wantCalls(x.t, x.Board, 2)[1].ID
		x.hangUp("late", "w0", x.row, 6*time.Second)
		x.hangUp("early", "w1", other, grace)
		x.Claim("w1", other, VerbTransfer)
		x.Observe(withOrigin(second, "A", ""))
		c := onlyCall(x.t, x.Board)
		if c.ID != x.row || c.PendingHangup == nil || c.PendingHangup.By != "w1" || time.Until(c.PendingHangup.At) != grace {
			x.t.Errorf("pending hang-up %+v", c.PendingHangup)
		}
		checkClaim(x.t, x.Board, "w1", VerbTransfer)
		time.Sleep(time.Minute)
		x.checkSent("hangup A")
		x.checkOutcomes("early", nil)
		x.checkOutcomes("late", nil)
	})(t)
}

// If only the younger row has a pending hang-up, it stays pending.
func TestMergeKeepsPendingHangup(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		second := newCall("B", sipgate.Incoming, jennifer, marty, "Marty")
		x.Observe(second)
		other := wantCalls(x.t, x.Board, 2)[1].ID
		x.hangUp("a", "w1", other, grace)
		x.Observe(withOrigin(second, "A", ""))
		x.checkPending(x.row, true)
		if err := x.Undo("w0", other); err != nil {
			x.t.Error(err)
		}
		x.checkOutcomes("a", ErrUndone)
		time.Sleep(time.Minute)
		x.checkSent()
	})(t)
}

func TestAliasesAreBounded(t *testing.T) {
	b := newBoard(t, newFakeSipgate())
	now := time.Now()
	for i := range maxTombstones + 100 {
		b.addAlias(RowID(fmt.Sprint("r", i)), "x", now)
	}
	if n := len(b.aliases.target); n != maxTombstones || len(b.aliases.queue) != n {
		t.Errorf("%d aliases", n)
	}
}

// Row ids outlive the process: the board calls RestoreRowID once per callId.
func TestRowIDsOutliveProcess(t *testing.T) {
	lasting := map[sipgate.CallID]RowID{"A": "old", "E": ""}
	var asked []sipgate.CallID
	u := newFakeSipgate()
	b := New(Options{RestoreRowID: func(id sipgate.CallID) (RowID, bool) {
		asked = append(asked, id)
		row, ok := lasting[id]
		return row, ok
	}})
	b.Join(u.member("w0"))
	u.add("A", jennifer, doc)
	u.add("E", "4915790000004", doc)
	for range 3 {
		pollAll(t, b)
	}
	if len(asked) != 2 {
		t.Errorf("restored %v", asked)
	}
	cs := wantCalls(t, b, 2)
	if cs[0].ID != "old" || len(cs[1].ID) != rowIDLength {
		t.Errorf("rows %q and %q", cs[0].ID, cs[1].ID)
	}
	// Related calls get the restored row, even though no event relates them: B
	// by its own id, C by its origin.
	lasting["B"] = "old"
	b.Observe(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"))
	lasting["gone"] = "older"
	b.Observe(withOrigin(newCall("C", sipgate.Incoming, "4915790000005", marty), "gone", ""))
	cs = wantCalls(t, b, 3)
	if cs[0].ID != "old" || cs[2].ID != "older" || cs[2].CallID != "C" {
		t.Errorf("rows %q and %q", cs[0].ID, cs[2].ID)
	}
	if l := b.legs["B"]; l.row.id != "old" {
		t.Errorf("B is in row %q", l.row.id)
	}
}

// Two rows never have the same id, not even if one of them is hidden.
func TestRestoredRowIDIsUnique(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{RestoreRowID: func(sipgate.CallID) (RowID, bool) { return "same", true }})
		b.Observe(toDoc)
		b.Observe(hangup(toDoc, "cancel"))
		time.Sleep(endedVisibleFor)
		wantCalls(t, b, 0)
		b.Observe(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"))
		if c := onlyCall(t, b); c.ID != "same" || c.CallID != "B" || b.legs["A"].row != b.legs["B"].row {
			t.Errorf("row = %+v", c)
		}
	})
}

// A restored row id has priority over an alias with that id.
func TestRestoredRowIDBeatsAlias(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lasting := map[sipgate.CallID]RowID{}
		b := New(Options{RestoreRowID: func(id sipgate.CallID) (RowID, bool) { row, ok := lasting[id]; return row, ok }})
		first, second, one := twoLegs(t, b)
		one()
		b.Observe(hangup(toDoc, "cancel"))
		b.Observe(hangup(newCall("B", sipgate.Incoming, jennifer, marty), "cancel"))
		time.Sleep(endedVisibleFor)
		if _, ok := b.Call(second); ok {
			t.Error("the alias outlives the row")
		}
		lasting["C"] = second
		b.Observe(newCall("C", sipgate.Incoming, "4915790000005", marty))
		if c, ok := b.Call(second); !ok || c.ID != second {
			t.Errorf("%+v, %v", c, ok)
		}
		if err := b.Undo("w0", first); !errors.Is(err, ErrNoCall) {
			t.Errorf("error = %v", err)
		}
		// The alias stays void after that row is removed.
		lasting["D"] = first
		b.Observe(newCall("D", sipgate.Incoming, "4915790000006", marty))
		b.Observe(hangup(newCall("C", sipgate.Incoming, "4915790000005", marty), "cancel"))
		time.Sleep(endedVisibleFor)
		if c, ok := b.Call(second); ok {
			t.Errorf("row = %+v", c)
		}
	})
}
