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
	rowCacheAge     = 24 * time.Hour
	maxCachedCalls  = 10_000
	rowCacheRefresh = time.Hour // calls that last are noted again
)

// An account is what is kept in memory of one account.
type accountState struct {
	name string

	// writing is full while somebody writes this account's journal, so that
	// everything is written in the order in which it happened.
	writeLock chan struct{}

	mu       sync.Mutex // never held while anything is waited for
	followed bool
	rows     map[sipgate.CallID]cachedRow
	queue    []cacheUse // of calls, the oldest first
	pending  []write
}

// A place is the row that a call belongs to, since a moment.
type cachedRow struct {
	row switchboard.RowID
	at  time.Time
}

type cacheUse struct {
	id sipgate.CallID
	at time.Time
}

// account finds or makes what is kept of an account.
func (j *Journal) state(name string) *accountState {
	j.mu.Lock()
	defer j.mu.Unlock()
	a, ok := j.accounts[name]
	if !ok {
		a = &accountState{name: name, writeLock: make(chan struct{}, 1), rows: map[sipgate.CallID]cachedRow{}}
		j.accounts[name] = a
	}
	return a
}

// follow reports whether nobody else follows the account's board.
func (a *accountState) startFollowing() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.followed {
		return false
	}
	a.followed = true
	return true
}

func (a *accountState) stopFollowing() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.followed = false
}

func (a *accountState) row(id sipgate.CallID) (switchboard.RowID, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.rows[id]
	return p.row, ok
}

// sight notes that a call belongs to a row, and forgets those of long ago.
func (a *accountState) cacheRow(id sipgate.CallID, row switchboard.RowID, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rows[id] = cachedRow{row, now}
	a.queue = append(a.queue, cacheUse{id, now})
	for len(a.queue) > maxCachedCalls || now.Sub(a.queue[0].at) >= rowCacheAge {
		s := a.queue[0]
		a.queue = a.queue[1:]
		if p := a.rows[s.id]; p.at.Equal(s.at) {
			delete(a.rows, s.id)
		}
	}
}

// merge lets the calls of one row belong to another.
func (a *accountState) mergeRows(from, into switchboard.RowID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, p := range a.rows {
		if p.row == from {
			a.rows[id] = cachedRow{into, p.at}
		}
	}
}

// later lets something be written with the next burst.
func (a *accountState) enqueue(ws ...write) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = append(a.pending, ws...)
}

func (a *accountState) pendingWrites() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.pending)
}

// hold waits until nobody writes the account's journal; the caller must call
// release.
func (a *accountState) lock(ctx context.Context) (release func(), err error) {
	select {
	case a.writeLock <- struct{}{}:
		return func() { <-a.writeLock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// take empties what is to be written.
func (a *accountState) takePending() []write {
	a.mu.Lock()
	defer a.mu.Unlock()
	ws := a.pending
	a.pending = nil
	return ws
}

// giveBack puts what could not be written before what came meanwhile.
func (a *accountState) requeue(ws []write) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = append(ws, a.pending...)
}
