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

// A hang-up waits on the server: the tab that gave it closes at once, and that
// neither loses nor hastens it.
func TestGrace(t *testing.T) {
	in(func(x *leavingRig) {
		at := time.Now().Add(grace)
		if err := x.hangUp("a", "w0", x.row, grace); err != nil {
			x.t.Fatal(err)
		}
		c, _ := x.Call(x.row)
		if c.PendingHangup == nil || *c.PendingHangup != (PendingHangup{"w0", "w0", at}) || c.LastCommand != nil {
			x.t.Errorf("leaving %+v, order %+v", c.PendingHangup, c.LastCommand)
		}
		time.Sleep(grace - time.Millisecond)
		x.sent()
		x.outcome("a")
		x.leaves(x.row, true)
		time.Sleep(time.Millisecond)
		x.sent("hangup A")
		x.outcome("a", nil)
		if c, _ := x.Call(x.row); c.PendingHangup != nil || c.LastCommand == nil || c.LastCommand.Verb != VerbHangUp || c.LastCommand.Outcome != Confirmed {
			x.t.Errorf("leaving %+v, order %+v", c.PendingHangup, c.LastCommand)
		}
		if err := x.Undo("w1", x.row); !errors.Is(err, ErrNothingToUndo) {
			x.t.Errorf("error = %v", err)
		}
		if err := x.hangUp("a", "w0", x.row, grace); err != nil { // T32
			x.t.Error(err)
		}
		time.Sleep(time.Minute)
		x.outcome("a", nil, nil) // one for each time it was given
		x.sent("hangup A")
	})(t)
}

func TestUndo(t *testing.T) {
	in(func(x *leavingRig) {
		x.hangUp("a", "w0", x.row, grace)
		time.Sleep(grace - time.Millisecond)
		_, sub := x.Subscribe()
		if err := x.Undo("w1", x.row); err != nil {
			x.t.Error(err)
		}
		if cs := calls(sub); len(cs) != 1 || cs[0].PendingHangup != nil {
			x.t.Errorf("published %+v", cs)
		}
		x.outcome("a", ErrUndone)
		var u *UndoneError
		if !errors.As(x.told["a"][0], &u) || *u != (UndoneError{"w1", "w1"}) {
			x.t.Errorf("told %+v", u)
		}
		if err := x.Undo("w1", x.row); !errors.Is(err, ErrNothingToUndo) {
			x.t.Errorf("error = %v", err)
		}
		if err := x.Undo("w1", "x"); !errors.Is(err, ErrNoCall) {
			x.t.Errorf("error = %v", err)
		}
		// T32: a late repetition does not begin another grace.
		if err := x.hangUp("a", "w0", x.row, grace); err != nil {
			x.t.Error(err)
		}
		x.leaves(x.row, false)
		time.Sleep(time.Minute)
		x.outcome("a", ErrUndone, ErrUndone)
		x.sent()
		// But another one does.
		x.hangUp("b", "w0", x.row, grace)
		time.Sleep(grace)
		x.outcome("b", nil)
		x.sent("hangup A")
	})(t)
}

// Shift+click: at once, by whomever; whoever waited gets the same outcome.
func TestAtOnce(t *testing.T) {
	for name, tt := range map[string]struct{ err, want error }{
		"done":     {nil, nil},
		"refused":  {refused(sipgate.Forbidden), nil},
		"unknown":  {timeout, ErrOutcomeUnknown},
		"not sent": {notSent, notSent},
	} {
		t.Run(name, in(func(x *leavingRig) {
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
			x.hangUp("b", "w0", x.row, 2*grace) // joins
			if c, _ := x.Call(x.row); time.Until(c.PendingHangup.At) != grace {
				x.t.Errorf("the second click moved it to %v", c.PendingHangup)
			}
			time.Sleep(time.Second)
			ctx, closeTab := context.WithTimeout(x.t.Context(), time.Hour)
			go func() {
				x.Execute(ctx, Command{By: "w1", Call: x.row, Action: HangUp{}, OnDone: x.done("c")})
			}()
			synctest.Wait()
			closeTab() // does not lose what waited
			x.leaves(x.row, false)
			time.Sleep(time.Minute)
			for _, id := range []string{"a", "b", "c"} {
				x.outcome(id, want)
			}
			x.sent("hangup A")
		}))
	}
}

// At once, but refused: then the other one goes on waiting.
func TestAtOnceRefused(t *testing.T) {
	in(func(x *leavingRig) {
		x.hangUp("a", "w0", x.row, grace)
		x.Claim("w0", x.row, VerbTransfer)
		if err := x.hangUp("b", "w1", x.row, 0); !errors.Is(err, ErrClaimed) {
			x.t.Errorf("error = %v", err)
		}
		if err := x.hangUp("c", "w9", x.row, 0); !errors.Is(err, ErrNotVisible) {
			x.t.Errorf("error = %v", err)
		}
		x.outcome("b", ErrClaimed)
		x.leaves(x.row, true)
		time.Sleep(grace)
		x.sent("hangup A")
		x.outcome("a", nil)
	})(t)
}

// Several calls that are hung up together are independent of each other.
func TestSeveral(t *testing.T) {
	in(func(x *leavingRig) {
		ids := map[string]RowID{"A": x.row}
		for i, id := range []string{"B", "C", "D"} {
			x.u.add(sipgate.CallID(id), fmt.Sprintf("491579000009%d", i), marty)
		}
		poll(x.t, x.Board)
		for _, c := range rows(x.t, x.Board, 4) {
			ids[string(c.CallID)] = c.ID
		}
		for i, id := range []string{"A", "B", "C", "D"} {
			x.hangUp(id, "w0", ids[id], grace+time.Duration(i)*time.Millisecond)
		}
		x.u.setFault(func(op string, _ MemberID) fault {
			if op == "hangup" {
				return fault{after: 5 * time.Second} // slow: they do not wait for each other
			}
			return fault{}
		})
		time.Sleep(time.Second)
		x.Undo("w0", ids["B"])
		x.Observe(hangup(newCall("C", sipgate.Incoming, "4915790000091", marty), "normalClearing"))
		x.leaves(ids["C"], false)
		time.Sleep(grace)
		x.sent("hangup A", "hangup D")
		x.outcome("A")
		time.Sleep(5 * time.Second)
		for id, want := range map[string]error{"A": nil, "B": ErrUndone, "C": ErrEnded, "D": nil} {
			x.outcome(id, want)
		}
	})(t)
}

// F21, F25: a hang-up that waits when the process ends is not sent, and whoever
// waits for its outcome is told before Run returns.
func TestF21Restart(t *testing.T) {
	in(func(x *leavingRig) {
		x.hangUp("a", "w0", x.row, grace)
		time.Sleep(grace - time.Millisecond)
		x.end()
		x.outcome("a", ErrBoardClosed)
		x.leaves(x.row, false)
		if err := x.hangUp("b", "w0", x.row, grace); !errors.Is(err, ErrBoardClosed) {
			x.t.Errorf("error = %v", err)
		}
		x.outcome("b", ErrBoardClosed)
		time.Sleep(time.Minute)
		x.sent()
		if err := x.Undo("w0", x.row); !errors.Is(err, ErrNothingToUndo) {
			x.t.Errorf("error = %v", err)
		}
	})(t)
}

// F21: what was sent when the process ends is waited for.
func TestF21Sent(t *testing.T) {
	in(func(x *leavingRig) {
		x.u.setFault(slow("hold", 15*time.Second))
		go x.Execute(x.t.Context(), hold(x.row, true))
		synctest.Wait()
		x.hangUp("behind", "w0", x.row, grace)
		u := newUpstream()
		u.add("B", "4915790000002", marty)
		x.Join(Member{ID: "w2", Name: "w2", API: &access{u, "w2"}})
		within(x.t, "second call", 10*time.Second, func() bool { return len(x.Snapshot().Calls) == 2 })
		other := x.Snapshot().Calls[1].ID
		u.setFault(slow("hangup", 9*time.Second))
		x.hangUp("sent", "w2", other, grace)
		time.Sleep(grace)
		synctest.Wait()
		if got := u.sent(); !slices.Equal(got, []string{"hangup B"}) {
			x.t.Fatalf("sent %v", got)
		}
		at := time.Now()
		x.end()
		if took := time.Since(at); took != 9*time.Second {
			x.t.Errorf("Run ended after %v", took)
		}
		x.outcome("sent", nil)
		x.outcome("behind", ErrBoardClosed) // its turn had not come
		time.Sleep(time.Minute)
		x.sent("hold A true")
	})(t)
}

// An exchange that is closed does not let hang-ups wait that nobody will send.
func TestExchangeEndsGraces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.add("A", jennifer, doc)
		x := NewBoards(func(string) *Board { return open(t, u, "w0") })
		b := x.Board("before")
		synctest.Wait()
		told := make(chan error, 1)
		c := Command{By: "w0", Call: only(t, b).ID, Action: HangUp{GracePeriod: grace}, OnDone: func(err error) { told <- err }}
		if err := b.Execute(t.Context(), c); err != nil {
			t.Error(err)
		}
		x.Close()
		if err := <-told; !errors.Is(err, ErrBoardClosed) {
			t.Errorf("told %v", err)
		}
		b = x.Board("after")
		poll(t, b)
		c.Call = only(t, b).ID
		if err := b.Execute(t.Context(), c); !errors.Is(err, ErrBoardClosed) || !errors.Is(<-told, ErrBoardClosed) {
			t.Errorf("error = %v", err)
		}
	})
}

// The grace has a limit, whatever is asked for.
func TestLongestGrace(t *testing.T) {
	in(func(x *leavingRig) {
		x.hangUp("a", "w0", x.row, time.Hour)
		time.Sleep(maxGracePeriod)
		x.sent("hangup A")
	})(t)
}

// T32: a double click and its repetitions are one hang-up.
func TestT32Grace(t *testing.T) {
	in(func(x *leavingRig) {
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if err := x.hangUp("a", "w0", x.row, grace); err != nil {
					x.t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := x.hangUp("a", "w0", x.row, 0); !errors.Is(err, ErrIDReused) { // at once is another command
			x.t.Errorf("error = %v", err)
		}
		time.Sleep(grace)
		x.sent("hangup A")
		x.outcome("a", slices.Concat([]error{ErrIDReused}, make([]error, 10))...)
	})(t)
}

// Done tells of every command's outcome, before Do returns.
func TestDone(t *testing.T) {
	u, b, row := ready(t)
	var told []error
	c := hold(row, true)
	c.OnDone = func(err error) { told = append(told, err) }
	b.Execute(t.Context(), c)
	c.Call = "x"
	b.Execute(t.Context(), c)
	c.Call, c.Action = row, Mute{true}
	u.setFault(func(string, MemberID) fault { return fault{err: timeout} })
	b.Execute(t.Context(), c)
	if !slices.EqualFunc(told, []error{nil, ErrNoCall, ErrOutcomeUnknown}, errors.Is) {
		t.Errorf("told %v", told)
	}
}
