package journal

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// Limits of the calls of an account whose rows are cached.
const (
	rowCacheAge     = 24 * time.Hour
	maxCachedCalls  = 10_000
	rowCacheRefresh = time.Hour // calls that last are added again
)

// An accountState is what a Journal holds in memory for one account.
type accountState struct {
	name string

	// writeLock is full while a transaction writes this account's journal, so
	// that changes are written in the order in which they happened. It is a
	// channel so that waiting for it can be cancelled.
	writeLock chan struct{}

	mu       sync.Mutex // not held while waiting or writing
	followed bool
	rows     *simplelru.LRU[sipgate.CallID, *cachedRow] // in the order of cacheRow
	pending  []write
}

// A cachedRow is the row that a call belongs to, and when it was added.
type cachedRow struct {
	row switchboard.RowID
	at  time.Time
}

// state returns the state of an account, which it adds if there is none.
func (j *Journal) state(account string) *accountState {
	j.mu.Lock()
	defer j.mu.Unlock()
	a, ok := j.accounts[account]
	if !ok {
		rows, _ := simplelru.NewLRU[sipgate.CallID, *cachedRow](maxCachedCalls, nil) // fails only for a size below 1
		a = &accountState{name: account, writeLock: make(chan struct{}, 1), rows: rows}
		j.accounts[account] = a
	}
	return a
}

// startFollowing reports whether the account's board was not followed before.
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

// row returns the cached row of a call. It does not prolong the call's stay.
func (a *accountState) row(id sipgate.CallID) (switchboard.RowID, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	cached, ok := a.rows.Peek(id)
	if !ok {
		return "", false
	}
	return cached.row, true
}

// cacheRow caches the row of a call, and evicts old calls.
func (a *accountState) cacheRow(id sipgate.CallID, row switchboard.RowID, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rows.Add(id, &cachedRow{row, now})
	for {
		if _, oldest, _ := a.rows.GetOldest(); now.Sub(oldest.at) < rowCacheAge {
			return
		}
		a.rows.RemoveOldest()
	}
}

// mergeRows moves the cached calls of one row to another.
func (a *accountState) mergeRows(from, into switchboard.RowID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, cached := range a.rows.Values() {
		if cached.row == from {
			cached.row = into
		}
	}
}

// enqueue adds writes to the next transaction.
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

// lock waits until no transaction writes the account's journal. The caller must
// call release.
func (a *accountState) lock(ctx context.Context) (release func(), err error) {
	select {
	case a.writeLock <- struct{}{}:
		return func() { <-a.writeLock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// takePending returns and removes the pending writes.
func (a *accountState) takePending() []write {
	a.mu.Lock()
	defer a.mu.Unlock()
	ws := a.pending
	a.pending = nil
	return ws
}

// requeue puts writes that failed before those that were added since.
func (a *accountState) requeue(ws []write) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = append(ws, a.pending...)
}
