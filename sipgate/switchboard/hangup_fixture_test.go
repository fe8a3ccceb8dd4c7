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

// hangupFixture is a running board with one call. It records the outcomes of
// commands by ID.
type hangupFixture struct {
	*Board
	t    *testing.T
	u    *fakeSipgate
	row  RowID
	stop func() // ends Run and waits for it

	mu       sync.Mutex
	outcomes map[string][]error
}

const grace = 4 * time.Second

// newHangupFixture runs a board with a call A that w0 and w1 see. It must be
// called in a bubble.
func newHangupFixture(t *testing.T) *hangupFixture {
	t.Helper()
	u := newFakeSipgate()
	u.add("A", jennifer, doc)
	x := &hangupFixture{Board: newBoard(t, u, "w0", "w1"), t: t, u: u, outcomes: map[string][]error{}}
	pollAll(t, x.Board)
	x.row = onlyCall(t, x.Board).ID
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	x.stop = func() { stop(); <-done }
	t.Cleanup(x.stop)
	synctest.Wait()
	return x
}

// hangUp executes a hang-up with a context that ends immediately after.
func (x *hangupFixture) hangUp(id string, by MemberID, row RowID, after time.Duration) error {
	ctx, closeTab := context.WithCancel(x.t.Context())
	defer closeTab()
	return x.Execute(ctx, Command{ID: id, By: by, Call: row, Action: HangUp{GracePeriod: after}, OnDone: x.onDone(id)})
}

func (x *hangupFixture) onDone(id string) func(error) {
	return func(err error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.outcomes[id] = append(x.outcomes[id], err)
	}
}

// checkOutcomes checks what a command's OnDone received so far.
func (x *hangupFixture) checkOutcomes(id string, want ...error) {
	x.t.Helper()
	synctest.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	if !slices.EqualFunc(x.outcomes[id], want, errors.Is) {
		x.t.Errorf("%s: outcomes %v, want %v", id, x.outcomes[id], want)
	}
}

func (x *hangupFixture) checkSent(want ...string) {
	x.t.Helper()
	synctest.Wait()
	if got := x.u.sent(); !slices.Equal(got, want) {
		x.t.Errorf("sent %v, want %v", got, want)
	}
}

// checkPending checks whether the row has a pending hang-up.
func (x *hangupFixture) checkPending(row RowID, want bool) {
	x.t.Helper()
	if c, ok := x.Call(row); !ok || (c.PendingHangup != nil) != want {
		x.t.Errorf("row = %+v", c)
	}
}

// slowRequests delays requests of one kind.
func slowRequests(kind string, d time.Duration) func(string, MemberID) fault {
	return func(op string, _ MemberID) fault {
		if op == kind {
			return fault{before: d}
		}
		return fault{}
	}
}

// hangupTest runs f in a bubble with a hangupFixture.
func hangupTest(f func(*hangupFixture)) func(*testing.T) {
	return func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { f(newHangupFixture(t)) })
	}
}
