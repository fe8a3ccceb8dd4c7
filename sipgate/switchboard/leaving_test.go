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

// A leavingRig is a board that runs, with one call; told are the outcomes of
// the commands given by name.
type leavingRig struct {
	*Board
	t   *testing.T
	u   *upstream
	row RowID
	end func() // ends Run and waits for it

	mu   sync.Mutex
	told map[string][]error
}

const grace = 4 * time.Second

// leavingOf runs a board with a call A that w0 (and w1) see. It must be called
// in a bubble.
func leavingOf(t *testing.T) *leavingRig {
	t.Helper()
	u := newUpstream()
	u.add("A", jennifer, doc)
	x := &leavingRig{Board: open(t, u, "w0", "w1"), t: t, u: u, told: map[string][]error{}}
	poll(t, x.Board)
	x.row = only(t, x.Board).ID
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	x.end = func() { stop(); <-done }
	t.Cleanup(x.end)
	synctest.Wait()
	return x
}

// hangUp gives the command and returns when it was accepted.
func (x *leavingRig) hangUp(id string, by MemberID, row RowID, after time.Duration) error {
	ctx, closeTab := context.WithCancel(x.t.Context())
	defer closeTab()
	return x.Do(ctx, Command{ID: id, By: by, Call: row, Action: HangUp{After: after}, Done: x.done(id)})
}

func (x *leavingRig) done(id string) func(error) {
	return func(err error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.told[id] = append(x.told[id], err)
	}
}

// outcome checks what a command's Done was told; no want at all: nothing yet.
func (x *leavingRig) outcome(id string, want ...error) {
	x.t.Helper()
	synctest.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	if !slices.EqualFunc(x.told[id], want, errors.Is) {
		x.t.Errorf("%s: told %v, want %v", id, x.told[id], want)
	}
}

func (x *leavingRig) sent(want ...string) {
	x.t.Helper()
	synctest.Wait()
	if got := x.u.sent(); !slices.Equal(got, want) {
		x.t.Errorf("sent %v, want %v", got, want)
	}
}

// leaves checks whether the row is about to be hung up.
func (x *leavingRig) leaves(row RowID, want bool) {
	x.t.Helper()
	if c, ok := x.Call(row); !ok || (c.Leaving != nil) != want {
		x.t.Errorf("row = %+v", c)
	}
}

// slow lets requests of one kind take that long.
func slow(kind string, d time.Duration) func(string, MemberID) fault {
	return func(op string, _ MemberID) fault {
		if op == kind {
			return fault{before: d}
		}
		return fault{}
	}
}

// in runs f in a bubble with a board that runs.
func in(f func(*leavingRig)) func(*testing.T) {
	return func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { f(leavingOf(t)) })
	}
}

// A hang-up waits on the server: the tab that gave it closes at once, and that
// neither loses nor hastens it.
func TestGrace(t *testing.T) {
	in(func(x *leavingRig) {
		at := time.Now().Add(grace)
		if err := x.hangUp("a", "w0", x.row, grace); err != nil {
			x.t.Fatal(err)
		}
		c, _ := x.Call(x.row)
		if c.Leaving == nil || *c.Leaving != (Leaving{"w0", "w0", at}) || c.Last != nil {
			x.t.Errorf("leaving %+v, order %+v", c.Leaving, c.Last)
		}
		time.Sleep(grace - time.Millisecond)
		x.sent()
		x.outcome("a")
		x.leaves(x.row, true)
		time.Sleep(time.Millisecond)
		x.sent("hangup A")
		x.outcome("a", nil)
		if c, _ := x.Call(x.row); c.Leaving != nil || c.Last == nil || c.Last.Verb != VerbHangUp || c.Last.Outcome != Confirmed {
			x.t.Errorf("leaving %+v, order %+v", c.Leaving, c.Last)
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
		if cs := calls(sub); len(cs) != 1 || cs[0].Leaving != nil {
			x.t.Errorf("published %+v", cs)
		}
		x.outcome("a", ErrUndone)
		var u *Undone
		if !errors.As(x.told["a"][0], &u) || *u != (Undone{"w1", "w1"}) {
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
		"unknown":  {timeout, ErrUnknown},
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
			if c, _ := x.Call(x.row); c.Leaving.At.Sub(time.Now()) != grace {
				x.t.Errorf("the second click moved it to %v", c.Leaving)
			}
			time.Sleep(time.Second)
			ctx, closeTab := context.WithTimeout(x.t.Context(), time.Hour)
			go func() {
				x.Do(ctx, Command{By: "w1", Call: x.row, Action: HangUp{}, Done: x.done("c")})
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
		x.Attend("w0", x.row, VerbTransfer)
		if err := x.hangUp("b", "w1", x.row, 0); !errors.Is(err, ErrAttended) {
			x.t.Errorf("error = %v", err)
		}
		if err := x.hangUp("c", "w9", x.row, 0); !errors.Is(err, ErrNotYours) {
			x.t.Errorf("error = %v", err)
		}
		x.outcome("b", ErrAttended)
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
			ids[string(c.Upstream)] = c.ID
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
		x.outcome("a", ErrRestart)
		x.leaves(x.row, false)
		if err := x.hangUp("b", "w0", x.row, grace); !errors.Is(err, ErrRestart) {
			x.t.Errorf("error = %v", err)
		}
		x.outcome("b", ErrRestart)
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
		go x.Do(x.t.Context(), hold(x.row, true))
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
		x.outcome("behind", ErrRestart) // its turn had not come
		time.Sleep(time.Minute)
		x.sent("hold A true")
	})(t)
}

// An exchange that is closed does not let hang-ups wait that nobody will send.
func TestExchangeEndsGraces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.add("A", jennifer, doc)
		x := NewExchange(func(string) *Board { return open(t, u, "w0") })
		b := x.Board("before")
		synctest.Wait()
		told := make(chan error, 1)
		c := Command{By: "w0", Call: only(t, b).ID, Action: HangUp{After: grace}, Done: func(err error) { told <- err }}
		if err := b.Do(t.Context(), c); err != nil {
			t.Error(err)
		}
		x.Close()
		if err := <-told; !errors.Is(err, ErrRestart) {
			t.Errorf("told %v", err)
		}
		b = x.Board("after")
		poll(t, b)
		c.Call = only(t, b).ID
		if err := b.Do(t.Context(), c); !errors.Is(err, ErrRestart) || !errors.Is(<-told, ErrRestart) {
			t.Errorf("error = %v", err)
		}
	})
}

// What may happen to the call while a hang-up of it waits.
func TestGraceMeanwhile(t *testing.T) {
	for name, tt := range map[string]struct {
		before    func(*leavingRig) // makes another row current
		meanwhile func(*leavingRig)
		sent      []string
		want      error
	}{
		"it ends": {
			meanwhile: func(x *leavingRig) { x.u.remove("A"); x.Observe(hangup(toDoc, "normalClearing")) },
			want:      ErrEnded,
		},
		"somebody holds it": {
			meanwhile: func(x *leavingRig) {
				x.Do(x.t.Context(), Command{By: "w1", Call: x.row, Action: Hold{true}})
			},
			sent: []string{"hold A true", "hangup A"},
		},
		"somebody opens a dialog": {
			meanwhile: func(x *leavingRig) {
				if err := x.Attend("w1", x.row, VerbTransfer); err != nil {
					x.t.Error(err)
				}
			},
			sent: []string{"hangup A"},
		},
		"it is transferred": {
			meanwhile: func(x *leavingRig) {
				x.Observe(origin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "A", ""))
				x.Observe(answer(newCall("B", sipgate.Incoming, jennifer, marty), "Marty"))
				x.u.remove("A")
				x.Observe(hangup(toDoc, "normalClearing"))
				x.u.add("B", jennifer, marty)
			},
			sent: []string{"hangup B"},
		},
		"the ringing call is answered": {
			before: func(x *leavingRig) {
				x.Observe(newCall("R", sipgate.Incoming, "4915790000003", marty, "Marty"))
				x.row = x.Snapshot().Calls[1].ID
			},
			meanwhile: func(x *leavingRig) {
				time.Sleep(grace - 2*time.Millisecond)
				x.u.add("R", "4915790000003", marty)
				x.u.setFault(slow("calls", 500*time.Millisecond)) // no list shows it yet
				x.Observe(answer(newCall("R", sipgate.Incoming, "4915790000003", marty), "Marty"))
			},
			sent: []string{"hangup R"},
		},
		"the member signs out": {
			meanwhile: func(x *leavingRig) { x.Leave("w0") },
			want:      ErrNotYours,
		},
		"the member signs in again": {
			meanwhile: func(x *leavingRig) { x.Leave("w0"); x.Join(x.u.member("w0")); synctest.Wait() },
			sent:      []string{"hangup A"},
		},
		"the API panics": {
			meanwhile: func(x *leavingRig) {
				x.u.setFault(func(op string, _ MemberID) fault {
					if op == "hangup" {
						panic(op)
					}
					return fault{}
				})
			},
			sent: []string{"hangup A"},
			want: ErrUnknown,
		},
	} {
		t.Run(name, in(func(x *leavingRig) {
			if tt.before != nil {
				tt.before(x)
			}
			at := time.Now().Add(grace)
			if err := x.hangUp("a", "w0", x.row, grace); err != nil {
				x.t.Fatal(err)
			}
			tt.meanwhile(x)
			if c, _ := x.Call(x.row); (c.Leaving != nil) != (c.Phase != Ended) {
				x.t.Errorf("row = %+v", c)
			}
			time.Sleep(time.Until(at) + 2*time.Second)
			x.outcome("a", tt.want)
			x.sent(tt.sent...)
			if c, ok := x.Call(x.row); ok && tt.want == nil && c.Last.Outcome != Confirmed {
				x.t.Errorf("order %+v", c.Last)
			} else if tt.want == ErrNotYours && c.Last.Outcome != Failed { // I7
				x.t.Errorf("order %+v", c.Last)
			}
		}))
	}
}

// The grace has a limit, whatever is asked for.
func TestLongestGrace(t *testing.T) {
	in(func(x *leavingRig) {
		x.hangUp("a", "w0", x.row, time.Hour)
		time.Sleep(longestGrace)
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
		if err := x.hangUp("a", "w0", x.row, 0); !errors.Is(err, ErrReused) { // at once is another command
			x.t.Errorf("error = %v", err)
		}
		time.Sleep(grace)
		x.sent("hangup A")
		x.outcome("a", slices.Concat([]error{ErrReused}, make([]error, 10))...)
	})(t)
}

// Done tells of every command's outcome, before Do returns.
func TestDone(t *testing.T) {
	u, b, row := ready(t)
	var told []error
	c := hold(row, true)
	c.Done = func(err error) { told = append(told, err) }
	b.Do(t.Context(), c)
	c.Call = "x"
	b.Do(t.Context(), c)
	c.Call, c.Action = row, Mute{true}
	u.setFault(func(string, MemberID) fault { return fault{err: timeout} })
	b.Do(t.Context(), c)
	if !slices.EqualFunc(told, []error{nil, ErrNoCall, ErrUnknown}, errors.Is) {
		t.Errorf("told %v", told)
	}
}
