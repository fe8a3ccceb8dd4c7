package journal

import (
	"context"
	"slices"
	"time"

	"callboard/sipgate/switchboard"
)

// A Board is the part of [switchboard.Board] that a Journal follows. If it also has
// the method Call, the journal asks it which row a removed one was merged into.
type Board interface {
	// SubscribePassive returns a snapshot of the board and the changes after it,
	// without gap or overlap. It does not count as watching.
	SubscribePassive() (switchboard.Snapshot, *switchboard.Subscription)
}

const (
	flushDelay       = 100 * time.Millisecond // after a change, before it is written with others
	maxPendingWrites = 1000                   // that are written without delay
	retryDelay       = time.Second            // after a failure
	failureQuiet     = time.Minute            // without a failure, after which the next one is logged again
	sweepDelay       = time.Minute            // until a call that the board does not show has ended
)

// Follow writes what happens on an account's board until ctx is done; then it
// writes what is pending and returns nil. It never blocks the board: if the journal
// falls behind or the database fails, it compares the whole board afterwards. A
// second Follow of an account returns ErrAlreadyFollowed.
//
// Calls that had not ended when the journal was last written, and that the board
// does not show although sipgate has been listing calls for a minute, have ended
// meanwhile; the time of their end is approximate.
func (j *Journal) Follow(ctx context.Context, account string, b Board) error {
	a := j.state(account)
	if !a.startFollowing() {
		return ErrAlreadyFollowed
	}
	defer a.stopFollowing()
	f := newFollower(j, a, b)
	f.scheduleSweep(sweepDelay)
	failing := false
	for ctx.Err() == nil {
		begun := time.Now()
		err := f.followSubscription(ctx)
		if err == nil || ctx.Err() != nil {
			failing = false
			continue
		}
		if !failing || time.Since(begun) > failureQuiet {
			j.log.Warn("write journal", "error", err)
		}
		failing = true
		sleep(ctx, retryDelay)
	}
	if err := j.flush(context.WithoutCancel(ctx), a); err != nil {
		j.log.Error("write end of journal", "error", err)
	}
	return nil
}

// sleep waits for d or until ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// A follower compares what a board shows with what it showed before. Only one
// goroutine uses it.
type follower struct {
	journal  *Journal
	account  *accountState
	board    Board
	health   switchboard.Health
	rows     map[switchboard.RowID]*trackedRow // on the board, and orphans
	cachedAt time.Time                         // when all rows were last added to the cache

	// merged holds the rows that became part of others, until those are updated.
	merged map[switchboard.RowID][]*trackedRow

	// dirty holds the rows that may have pending writes.
	dirty map[switchboard.RowID]bool

	flushTimer   <-chan time.Time // when to flush; nil without pending writes
	sweepTimer   <-chan time.Time // when to look for calls that have ended unseen; nil if not scheduled
	sweepSince   time.Time        // when the sweep was scheduled: it needs a newer list
	awaitingList bool             // the sweep is due, but the board has had no list since
	firstSweep   bool             // calls of an earlier process have not been looked for yet
}

func newFollower(j *Journal, a *accountState, b Board) *follower {
	return &follower{
		journal: j, account: a, board: b, firstSweep: true,
		rows: map[switchboard.RowID]*trackedRow{}, merged: map[switchboard.RowID][]*trackedRow{},
		dirty: map[switchboard.RowID]bool{},
	}
}

// A trackedRow is a row of the board and what is known of it.
type trackedRow struct {
	id          switchboard.RowID
	call        *switchboard.Call             // nil if nothing is known
	stored      string                        // the encoded call that is or will be in the database
	lastEntryAt time.Time                     // of the newest entry
	commandedBy map[switchboard.Verb]string   // names of the members who gave the last commands
	members     map[switchboard.MemberID]bool // those that are or will be in the database
	orphan      bool                          // removed from the board although it had not ended
}

// followSubscription follows the board until its subscription ends or ctx is done,
// which return nil, or writing fails. What was published before ctx was done is
// written.
func (f *follower) followSubscription(ctx context.Context) error {
	work := context.WithoutCancel(ctx) // a change that was taken is written
	if err := f.flush(work); err != nil {
		return err
	}
	snap, sub := f.board.SubscribePassive()
	defer sub.Close()
	if err := f.compareSnapshot(work, snap); err != nil {
		return err
	}
	ended := ctx.Done()
	for {
		var err error
		select {
		case <-ended:
			ended = nil
			sub.Close() // what it has can still be received
		case c, ok := <-sub.Changes():
			if !ok {
				return f.flush(work)
			}
			err = f.apply(work, c)
		case <-f.flushTimer:
			err = f.flush(work)
		case <-f.sweepTimer:
			err = f.sweep(work)
		}
		if err == nil && f.account.pendingWrites() >= maxPendingWrites {
			err = f.flush(work)
		}
		if err != nil {
			return err
		}
	}
}

// compareSnapshot compares a whole board with what is known.
func (f *follower) compareSnapshot(ctx context.Context, snap switchboard.Snapshot) error {
	f.setHealth(snap.Health)
	shown := map[switchboard.RowID]bool{}
	for _, c := range snap.Calls {
		shown[c.ID] = true
	}
	for id, l := range f.rows {
		if !shown[id] && !l.orphan {
			f.removeRow(id)
		}
	}
	for _, c := range snap.Calls {
		if err := f.update(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// apply applies one change of the board.
func (f *follower) apply(ctx context.Context, c switchboard.Change) error {
	if c.Health != nil {
		f.setHealth(*c.Health)
	}
	if c.Removed != "" {
		f.removeRow(c.Removed)
	}
	if c.Call != nil {
		return f.update(ctx, *c.Call)
	}
	return nil
}

// setHealth stores the board's health. If a sweep waits for a list and there is one,
// it is scheduled, so that the lists of all members can arrive before.
func (f *follower) setHealth(h switchboard.Health) {
	f.health = h
	if f.awaitingList && f.hasFreshList() {
		f.awaitingList = false
		f.sweepTimer = time.After(sweepDelay)
	}
}

// update compares a row with what is known of it, and enqueues the difference.
func (f *follower) update(ctx context.Context, c switchboard.Call) error {
	l, err := f.row(ctx, c.ID)
	if err != nil {
		return err
	}
	f.adoptOrphans(l, &c)
	if l.call != nil && stale(l.call, &c) {
		return nil
	}
	now := f.journal.now()
	before := f.mergedBefore(l, &c)
	entries := diff(before, c)
	l.attribute(entries, before)
	if o := c.LastCommand; o != nil && o.Outcome == switchboard.Pending {
		l.commandedBy[o.Verb] = o.Name
	}
	known := mergeCall(before, c)
	if before == nil || before.CallID != c.CallID {
		f.account.cacheRow(c.CallID, l.id, now)
		f.enqueue(l.id, addCall{id: c.CallID, row: l.id, at: now})
	}
	if before != nil && before.Phase == switchboard.Ended && (known.Phase != switchboard.Ended || containsKind(entries, Ended)) {
		f.enqueue(l.id, removeEnd{l.id}) // it had not ended, or its end is better known now
	}
	f.save(l, known, entries, now)
	f.addMembers(l)
	f.refreshCache(now)
	return nil
}

// addMembers enqueues the members who took part in a call. Those whose devices only
// rang took part if the call was not answered.
func (f *follower) addMembers(l *trackedRow) {
	if l.call.Phase == switchboard.Ringing {
		return
	}
	for _, id := range l.call.MemberIDs {
		if !l.members[id] {
			l.members[id] = true
			f.enqueue(l.id, addMember{l.id, id})
		}
	}
}

// save enqueues what is known of a row, and the entries for what happened.
func (f *follower) save(l *trackedRow, known switchboard.Call, entries []Entry, now time.Time) {
	l.call, l.orphan = &known, false
	saved, err := encodeCall(&known)
	if err != nil {
		f.journal.log.Error("encode call for journal", "row", string(l.id), "error", err)
		return
	}
	if saved == l.stored && len(entries) == 0 {
		return
	}
	l.stored = saved
	f.enqueue(l.id, saveRow{id: l.id, ended: known.Phase == switchboard.Ended, endedAt: known.EndedAt, heardAt: now, direction: known.Direction, state: saved})
	for _, e := range entries {
		if e.At.IsZero() {
			e.At = now
		}
		if e.At.Before(l.lastEntryAt) {
			e.At = l.lastEntryAt // the order is certain, the times are not
		}
		l.lastEntryAt = e.At
		f.enqueue(l.id, addEntry{l.id, e})
	}
}

// containsKind reports whether an entry is of kind k.
func containsKind(entries []Entry, k Kind) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool { return e.Kind == k })
}

// row returns what is known of a row, from memory or the database.
func (f *follower) row(ctx context.Context, id switchboard.RowID) (*trackedRow, error) {
	if l, ok := f.rows[id]; ok {
		return l, nil
	}
	l, err := f.load(ctx, id)
	if err != nil {
		return nil, err
	}
	f.rows[id] = l
	return l, nil
}

// load reads a row from the database. It returns an empty one if there is none.
func (f *follower) load(ctx context.Context, id switchboard.RowID) (*trackedRow, error) {
	if f.dirty[id] {
		if err := f.flush(ctx); err != nil {
			return nil, err
		}
	}
	l := &trackedRow{id: id, commandedBy: map[switchboard.Verb]string{}, members: map[switchboard.MemberID]bool{}}
	return l, f.journal.loadRow(ctx, f.account.name, l)
}

// refreshCache adds the calls that last to the cache again, so that they are not
// evicted as those of yesterday.
func (f *follower) refreshCache(now time.Time) {
	if now.Sub(f.cachedAt) < rowCacheRefresh {
		return
	}
	f.cachedAt = now
	for _, l := range f.rows {
		if l.call != nil && l.call.Phase != switchboard.Ended {
			f.account.cacheRow(l.call.CallID, l.id, now)
		}
	}
}

// enqueue adds a write about a row and schedules a flush.
func (f *follower) enqueue(id switchboard.RowID, w write) {
	f.account.enqueue(w)
	f.dirty[id] = true
	if f.flushTimer == nil {
		f.flushTimer = time.After(flushDelay)
	}
}

// flush writes all pending writes.
func (f *follower) flush(ctx context.Context) error {
	f.flushTimer = nil
	if err := f.journal.flush(ctx, f.account); err != nil {
		return err
	}
	clear(f.dirty)
	return nil
}
