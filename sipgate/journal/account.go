package journal

import (
	"context"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// For how long, and of how many calls of an account at most, it is known
// without asking the database which row they belong to.
const (
	recalled   = 24 * time.Hour
	mostCalls  = 10_000
	freshAgain = time.Hour // calls that last are noted again
)

// An account is what is kept in memory of one account.
type account struct {
	name string

	// writing is full while somebody writes this account's journal, so that
	// everything is written in the order in which it happened.
	writing chan struct{}

	mu        sync.Mutex // never held while anything is waited for
	followed  bool
	calls     map[sipgate.CallID]place
	queue     []sighting // of calls, the oldest first
	unwritten []write
}

// A place is the row that a call belongs to, since a moment.
type place struct {
	row switchboard.RowID
	at  time.Time
}

type sighting struct {
	id sipgate.CallID
	at time.Time
}

// account finds or makes what is kept of an account.
func (j *Journal) account(name string) *account {
	j.mu.Lock()
	defer j.mu.Unlock()
	a, ok := j.accounts[name]
	if !ok {
		a = &account{name: name, writing: make(chan struct{}, 1), calls: map[sipgate.CallID]place{}}
		j.accounts[name] = a
	}
	return a
}

// follow reports whether nobody else follows the account's board.
func (a *account) follow() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.followed {
		return false
	}
	a.followed = true
	return true
}

func (a *account) unfollow() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.followed = false
}

func (a *account) rowOf(id sipgate.CallID) (switchboard.RowID, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.calls[id]
	return p.row, ok
}

// sight notes that a call belongs to a row, and forgets those of long ago.
func (a *account) sight(id sipgate.CallID, row switchboard.RowID, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[id] = place{row, now}
	a.queue = append(a.queue, sighting{id, now})
	for len(a.queue) > mostCalls || now.Sub(a.queue[0].at) >= recalled {
		s := a.queue[0]
		a.queue = a.queue[1:]
		if p := a.calls[s.id]; p.at.Equal(s.at) {
			delete(a.calls, s.id)
		}
	}
}

// merge lets the calls of one row belong to another.
func (a *account) merge(from, into switchboard.RowID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, p := range a.calls {
		if p.row == from {
			a.calls[id] = place{into, p.at}
		}
	}
}

// later lets something be written with the next burst.
func (a *account) later(ws ...write) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unwritten = append(a.unwritten, ws...)
}

func (a *account) waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.unwritten)
}

// hold waits until nobody writes the account's journal; the caller must call
// release.
func (a *account) hold(ctx context.Context) (release func(), err error) {
	select {
	case a.writing <- struct{}{}:
		return func() { <-a.writing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// take empties what is to be written.
func (a *account) take() []write {
	a.mu.Lock()
	defer a.mu.Unlock()
	ws := a.unwritten
	a.unwritten = nil
	return ws
}

// giveBack puts what could not be written before what came meanwhile.
func (a *account) giveBack(ws []write) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unwritten = append(ws, a.unwritten...)
}
