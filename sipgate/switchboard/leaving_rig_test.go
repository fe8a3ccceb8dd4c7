package switchboard

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
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
	return x.Execute(ctx, Command{ID: id, By: by, Call: row, Action: HangUp{GracePeriod: after}, OnDone: x.done(id)})
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
	if c, ok := x.Call(row); !ok || (c.PendingHangup != nil) != want {
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
