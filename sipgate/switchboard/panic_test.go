package switchboard

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// panics reports whether f panics.
func panics(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

// corrupt makes the board panic when it shows the call, until the function that
// it returns is called.
func corrupt(b *Board, id sipgate.CallID) (repair func()) {
	l := b.legs[id]
	numbers := l.numbers
	l.numbers = append(numbers[:2:2], "one too many")
	return func() { l.numbers = numbers }
}

// A panic over one row leaves the others able to change: all show what happened
// to them as soon as anything else happens.
func TestPanicOverOneRowFreezesNoOther(t *testing.T) {
	for i, broken := range []sipgate.CallID{"A", "B", "C"} {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0")
		for _, id := range []sipgate.CallID{"A", "B", "C"} {
			u.add(id, jennifer, doc)
		}
		pollAll(t, b)
		repair := corrupt(b, broken)
		if !panics(func() { b.SetNames(map[string]string{"+" + jennifer: "Jennifer"}) }) {
			t.Fatal("no panic")
		}
		pollAll(t, b)
		for j, c := range wantCalls(t, b, 3) {
			if (c.Remote.Name == "Jennifer") != (j != i) {
				t.Errorf("%s broken: %s shows %q", broken, c.CallID, c.Remote.Name)
			}
		}
		repair()
		b.SetNames(map[string]string{"+" + jennifer: "Mrs Jennifer"})
		for _, c := range wantCalls(t, b, 3) {
			if c.Remote.Name != "Mrs Jennifer" {
				t.Errorf("%s broken and repaired: %s shows %q", broken, c.CallID, c.Remote.Name)
			}
		}
	}
}

// A panic in the middle of a list loses none of its calls, though sipgate sends
// the same list again.
func TestPanicWhileAListIsAppliedLosesNoCall(t *testing.T) {
	u := newFakeSipgate()
	fail := true
	b := New(Options{RestoreRowID: func(id sipgate.CallID) (RowID, bool) {
		if fail && id == "B" {
			panic("broken store")
		}
		return "", false
	}})
	b.Join(u.member("w0"))
	for _, id := range []sipgate.CallID{"A", "B", "C"} {
		u.add(id, jennifer, doc)
	}
	if !panics(func() { b.Poll(t.Context()) }) {
		t.Fatal("no panic")
	}
	fail = false
	pollAll(t, b)
	wantCalls(t, b, 3)
}

// A panic when time is up for one row leaves the timers of the others.
func TestPanicInATimerStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, newFakeSipgate())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); b.Run(ctx) }()
		defer func() { cancel(); <-done }()
		for _, id := range []sipgate.CallID{"A", "B", "C"} {
			b.Observe(newCall(id, sipgate.Incoming, jennifer, doc, "Doc"))
		}
		b.mu.Lock()
		broken := b.legs["A"]
		broken.participants, broken.numbers, broken.listed = make([]sipgate.Participant, 1), []string{"x", "one too many"}, true
		b.markDirty(broken.row)
		b.mu.Unlock()
		time.Sleep(ringingTimeout + endedVisibleFor + 5*panicPause)
		synctest.Wait()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, r := range b.rows {
			if r != broken.row {
				t.Errorf("still shown: %+v", r.published)
			}
		}
	})
}
