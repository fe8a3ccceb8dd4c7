package switchboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// The board keeps a pending hang-up although the tab closes at once.
func TestHangUpAfterGracePeriod(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		at := time.Now().Add(grace)
		if err := x.hangUp("a", "w0", x.row, grace); err != nil {
			x.t.Fatal(err)
		}
		c, _ := x.Call(x.row)
		if c.PendingHangup == nil || *c.PendingHangup != (PendingHangup{"w0", "w0", at}) || c.LastCommand != nil {
			x.t.Errorf("pending hang-up %+v, last command %+v", c.PendingHangup, c.LastCommand)
		}
		time.Sleep(grace - time.Millisecond)
		x.checkSent()
		x.checkOutcomes("a")
		x.checkPending(x.row, true)
		time.Sleep(time.Millisecond)
		x.checkSent("hangup A")
		x.checkOutcomes("a", nil)
		if c, _ := x.Call(x.row); c.PendingHangup != nil || c.LastCommand == nil || c.LastCommand.Verb != VerbHangUp || c.LastCommand.Outcome != Confirmed {
			x.t.Errorf("pending hang-up %+v, last command %+v", c.PendingHangup, c.LastCommand)
		}
		if err := x.Undo("w1", x.row); !errors.Is(err, ErrNothingToUndo) {
			x.t.Errorf("error = %v", err)
		}
		if err := x.hangUp("a", "w0", x.row, grace); err != nil {
			x.t.Error(err)
		}
		time.Sleep(time.Minute)
		x.checkOutcomes("a", nil) // not again for the repetition
		x.checkSent("hangup A")
	})(t)
}

func TestUndo(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		x.hangUp("a", "w0", x.row, grace)
		time.Sleep(grace - time.Millisecond)
		_, sub := x.Subscribe()
		if err := x.Undo("w1", x.row); err != nil {
			x.t.Error(err)
		}
		if cs := publishedCalls(sub); len(cs) != 1 || cs[0].PendingHangup != nil {
			x.t.Errorf("published %+v", cs)
		}
		x.checkOutcomes("a", ErrUndone)
		var u *UndoneError
		if !errors.As(x.outcomes["a"][0], &u) || *u != (UndoneError{"w1", "w1"}) {
			x.t.Errorf("outcome %+v", u)
		}
		if err := x.Undo("w1", x.row); !errors.Is(err, ErrNothingToUndo) {
			x.t.Errorf("error = %v", err)
		}
		if err := x.Undo("w1", "x"); !errors.Is(err, ErrNoCall) {
			x.t.Errorf("error = %v", err)
		}
		// A late repetition does not start another grace period.
		if err := x.hangUp("a", "w0", x.row, grace); err != nil {
			x.t.Error(err)
		}
		x.checkPending(x.row, false)
		time.Sleep(time.Minute)
		x.checkOutcomes("a", ErrUndone)
		x.checkSent()
		// Another command does.
		x.hangUp("b", "w0", x.row, grace)
		time.Sleep(grace)
		x.checkOutcomes("b", nil)
		x.checkSent("hangup A")
	})(t)
}

// An immediate hang-up by any member replaces the pending one, which gets the
// same outcome.
func TestImmediateHangUpReplacesPending(t *testing.T) {
	for name, tt := range map[string]struct{ err, want error }{
		"done":     {nil, nil},
		"refused":  {refusedError(sipgate.Forbidden), nil},
		"unknown":  {errTimeout, ErrOutcomeUnknown},
		"not sent": {errNotSent, errNotSent},
	} {
		t.Run(name, hangupTest(func(x *hangupFixture) {
			want := tt.want
			if want == nil {
				want = tt.err
			}
			x.u.setFault(func(op string, _ MemberID) fault {
				if op == "hangup" {
					return fault{before: time.Second, err: tt.err}
				}
				return fault{}
			})
			x.hangUp("a", "w0", x.row, grace)
			x.hangUp("b", "w0", x.row, 2*grace) // joins the first
			if c, _ := x.Call(x.row); time.Until(c.PendingHangup.At) != grace {
				x.t.Errorf("the second click moved it to %v", c.PendingHangup)
			}
			time.Sleep(time.Second)
			ctx, closeTab := context.WithTimeout(x.t.Context(), time.Hour)
			go func() {
				x.Execute(ctx, Command{By: "w1", Call: x.row, Action: HangUp{}, OnDone: x.onDone("c")})
			}()
			synctest.Wait()
			closeTab() // does not cancel the hang-up
			x.checkPending(x.row, false)
			time.Sleep(time.Minute)
			for _, id := range []string{"a", "b", "c"} {
				x.checkOutcomes(id, want)
			}
			x.checkSent("hangup A")
		}))
	}
}

// If the immediate hang-up is refused, the other one stays pending.
func TestRefusedImmediateHangUpKeepsPending(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		x.hangUp("a", "w0", x.row, grace)
		x.Claim("w0", x.row, VerbTransfer)
		if err := x.hangUp("b", "w1", x.row, 0); !errors.Is(err, ErrClaimed) {
			x.t.Errorf("error = %v", err)
		}
		if err := x.hangUp("c", "w9", x.row, 0); !errors.Is(err, ErrNotVisible) {
			x.t.Errorf("error = %v", err)
		}
		x.checkOutcomes("b", ErrClaimed)
		x.checkPending(x.row, true)
		time.Sleep(grace)
		x.checkSent("hangup A")
		x.checkOutcomes("a", nil)
	})(t)
}

// Several calls hung up together are independent of each other.
func TestPendingHangUpsAreIndependent(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		ids := map[string]RowID{"A": x.row}
		for i, id := range []string{"B", "C", "D"} {
			x.u.add(sipgate.CallID(id), fmt.Sprintf("491579000009%d", i), marty)
		}
		pollAll(x.t, x.Board)
		for _, c := range wantCalls(x.t, x.Board, 4) {
			ids[string(c.CallID)] = c.ID
		}
		for i, id := range []string{"A", "B", "C", "D"} {
			x.hangUp(id, "w0", ids[id], grace+time.Duration(i)*time.Millisecond)
		}
		x.u.setFault(func(op string, _ MemberID) fault {
			if op == "hangup" {
				return fault{after: 5 * time.Second} // slow responses do not delay each other
			}
			return fault{}
		})
		time.Sleep(time.Second)
		x.Undo("w0", ids["B"])
		x.Observe(hangup(newCall("C", sipgate.Incoming, "4915790000091", marty), "normalClearing"))
		x.checkPending(ids["C"], false)
		time.Sleep(grace)
		x.checkSent("hangup A", "hangup D")
		x.checkOutcomes("A")
		time.Sleep(5 * time.Second)
		for id, want := range map[string]error{"A": nil, "B": ErrUndone, "C": ErrEnded, "D": nil} {
			x.checkOutcomes(id, want)
		}
	})(t)
}

// A hang-up that is pending when the process ends is not sent, and its outcome
// is reported before Run returns.
func TestShutdownCancelsPendingHangUp(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		x.hangUp("a", "w0", x.row, grace)
		time.Sleep(grace - time.Millisecond)
		x.stop()
		x.checkOutcomes("a", ErrBoardClosed)
		x.checkPending(x.row, false)
		if err := x.hangUp("b", "w0", x.row, grace); !errors.Is(err, ErrBoardClosed) {
			x.t.Errorf("error = %v", err)
		}
		x.checkOutcomes("b", ErrBoardClosed)
		time.Sleep(time.Minute)
		x.checkSent()
		if err := x.Undo("w0", x.row); !errors.Is(err, ErrNothingToUndo) {
			x.t.Errorf("error = %v", err)
		}
	})(t)
}

// Run waits for the response to a hang-up that was sent.
func TestShutdownWaitsForSentHangUp(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		x.u.setFault(slowRequests("hold", 15*time.Second))
		go x.Execute(x.t.Context(), hold(x.row, true))
		synctest.Wait()
		x.hangUp("behind", "w0", x.row, grace)
		u := newFakeSipgate()
		u.add("B", "4915790000002", marty)
		x.Join(Member{ID: "w2", Name: "w2", API: &fakeAPI{u, "w2"}})
		eventually(x.t, "second call", 10*time.Second, func() bool { return len(x.Snapshot().Calls) == 2 })
		other := x.Snapshot().Calls[1].ID
		u.setFault(slowRequests("hangup", 9*time.Second))
		x.hangUp("sent", "w2", other, grace)
		time.Sleep(grace)
		synctest.Wait()
		if got := u.sent(); !slices.Equal(got, []string{"hangup B"}) {
			x.t.Fatalf("sent %v", got)
		}
		at := time.Now()
		x.stop()
		if took := time.Since(at); took != 9*time.Second {
			x.t.Errorf("Run ended after %v", took)
		}
		x.checkOutcomes("sent", nil)
		x.checkOutcomes("behind", ErrBoardClosed) // it was queued behind the hold
		time.Sleep(time.Minute)
		x.checkSent("hold A true")
	})(t)
}

// Boards.Close cancels pending hang-ups, and boards opened later refuse them.
func TestBoardsCloseCancelsPendingHangUps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.add("A", jennifer, doc)
		x := NewBoards(func(string) *Board { return newBoard(t, u, "w0") })
		b := x.Board("before")
		synctest.Wait()
		outcomes := make(chan error, 1)
		c := Command{By: "w0", Call: onlyCall(t, b).ID, Action: HangUp{GracePeriod: grace}, OnDone: func(err error) { outcomes <- err }}
		if err := b.Execute(t.Context(), c); err != nil {
			t.Error(err)
		}
		x.Close()
		if err := <-outcomes; !errors.Is(err, ErrBoardClosed) {
			t.Errorf("outcome %v", err)
		}
		b = x.Board("after")
		pollAll(t, b)
		c.Call = onlyCall(t, b).ID
		if err := b.Execute(t.Context(), c); !errors.Is(err, ErrBoardClosed) || !errors.Is(<-outcomes, ErrBoardClosed) {
			t.Errorf("error = %v", err)
		}
	})
}

// When the program begins to end, pending hang-ups are cancelled at once. Other commands go on.
func TestHangUpsAreCancelledBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.add("A", jennifer, doc)
		x := NewBoards(func(string) *Board { return newBoard(t, u, "w0") })
		defer x.Close()
		b := x.Board("1")
		synctest.Wait()
		var outcome error
		row := onlyCall(t, b).ID
		c := Command{By: "w0", Call: row, Action: HangUp{GracePeriod: grace}, OnDone: func(err error) { outcome = err }}
		if err := b.Execute(t.Context(), c); err != nil {
			t.Error(err)
		}
		x.CancelHangUps()
		time.Sleep(2 * grace)
		if err := b.Execute(t.Context(), hold(row, true)); err != nil || !errors.Is(outcome, ErrBoardClosed) {
			t.Errorf("outcome %v; hold: %v", outcome, err)
		}
		if got := u.sent(); !slices.Equal(got, []string{"hold A true"}) {
			t.Errorf("sent %v", got)
		}
	})
}

// The grace period is capped.
func TestGracePeriodIsCapped(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		x.hangUp("a", "w0", x.row, time.Hour)
		time.Sleep(maxGracePeriod)
		x.checkSent("hangup A")
	})(t)
}

// A double click and its repetitions are one hang-up.
func TestRepeatedHangUpIsSentOnce(t *testing.T) {
	hangupTest(func(x *hangupFixture) {
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if err := x.hangUp("a", "w0", x.row, grace); err != nil {
					x.t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := x.hangUp("a", "w0", x.row, 0); !errors.Is(err, ErrIDReused) { // without a grace period it is another command
			x.t.Errorf("error = %v", err)
		}
		time.Sleep(grace)
		x.checkSent("hangup A")
		x.checkOutcomes("a", nil) // once for all repetitions
	})(t)
}

// OnDone receives every outcome before Execute returns.
func TestOnDone(t *testing.T) {
	u, b, row := establishedCall(t)
	var outcomes []error
	c := hold(row, true)
	c.OnDone = func(err error) { outcomes = append(outcomes, err) }
	b.Execute(t.Context(), c)
	c.Call = "x"
	b.Execute(t.Context(), c)
	c.Call, c.Action = row, Mute{true}
	u.setFault(func(string, MemberID) fault { return fault{err: errTimeout} })
	b.Execute(t.Context(), c)
	if !slices.EqualFunc(outcomes, []error{nil, ErrNoCall, ErrOutcomeUnknown}, errors.Is) {
		t.Errorf("outcome %v", outcomes)
	}
}
