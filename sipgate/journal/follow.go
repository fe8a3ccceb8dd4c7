package journal

import (
	"context"
	"slices"
	"time"

	"callboard/sipgate/switchboard"
)

// A Listener lets its changes be listened to. A listener that also has the
// method Call of *switchboard.Board is asked what became of a row that went.
type Board interface {
	// SubscribePassive returns the board as it is now and the stream of the changes
	// after it, without gap or overlap. It does not count as watching.
	SubscribePassive() (switchboard.Snapshot, *switchboard.Subscription)
}

const (
	flushDelay       = 100 * time.Millisecond // of changes, written at once
	maxPendingWrites = 1000                   // or when there are so many of them
	retryDelay       = time.Second            // after a failure
	sweepDelay       = time.Minute            // until a call that the board does not show is over
)

// Follow writes what happens on an account's board until ctx is done; then it
// writes the rest and returns nil. It never hinders the board: if the journal
// falls behind, or the database fails, it looks at the board again afterwards
// and compares. One Follow per account; another one gets ErrFollowed.
//
// Calls that were running when the journal was last written, and of which the
// board knows nothing although sipgate has been listing calls for a minute,
// have ended meanwhile; their end is marked About.
func (j *Journal) Follow(ctx context.Context, account string, b Board) error {
	a := j.state(account)
	if !a.startFollowing() {
		return ErrAlreadyFollowed
	}
	defer a.stopFollowing()
	f := &follower{
		journal: j, account: a, board: b, firstSweep: true,
		rows: map[switchboard.RowID]*trackedRow{}, merged: map[switchboard.RowID][]*trackedRow{},
		dirty: map[switchboard.RowID]bool{},
	}
	f.scheduleSweep(sweepDelay)
	failing := false
	for ctx.Err() == nil {
		err := f.followSubscription(ctx)
		if err == nil || ctx.Err() != nil {
			failing = false
			continue
		}
		if !failing {
			j.log.Warn("the journal cannot be written", "error", err)
		}
		failing = true
		sleep(ctx, retryDelay)
	}
	if err := j.flush(context.WithoutCancel(ctx), a); err != nil {
		j.log.Error("the end of the journal is lost", "error", err)
	}
	return nil
}

// pause waits, at most until ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// A follower compares what one board shows with what it showed before. It
// belongs to one goroutine.
type follower struct {
	journal  *Journal
	account  *accountState
	board    Board
	health   switchboard.Health
	rows     map[switchboard.RowID]*trackedRow // on the board, and orphans
	cachedAt time.Time                         // when the calls of all lines were last noted

	// merged are the rows that became parts of others, until those are seen.
	merged map[switchboard.RowID][]*trackedRow

	// unwritten are the rows about which something may be to be written.
	dirty map[switchboard.RowID]bool

	flushTimer   <-chan time.Time // when to write, nil if there is nothing
	sweepTimer   <-chan time.Time // when to look for calls that are over, nil if never
	sweepSince   time.Time        // when that was asked for: the lists must be newer
	awaitingList bool             // it is time, but the board has had no list since
	firstSweep   bool             // the database has not been looked through yet
}

// A line is one row and what is known of it.
type trackedRow struct {
	id          switchboard.RowID
	call        *switchboard.Call // nil as long as nothing is known
	stored      string            // call, as it is or will be in the database
	lastEntryAt time.Time         // of the newest entry
	commandedBy map[switchboard.Verb]string
	members     map[switchboard.MemberID]bool // that are or will be in the database
	orphan      bool                          // it went from the board without having ended
}

// listen follows the board until its subscription ends (nil), something fails
// or ctx is done.
func (f *follower) followSubscription(ctx context.Context) error {
	if err := f.flush(ctx); err != nil {
		return err
	}
	snap, sub := f.board.SubscribePassive()
	defer sub.Close()
	if err := f.compareSnapshot(ctx, snap); err != nil {
		return err
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case c, ok := <-sub.Changes():
			if !ok {
				return f.flush(ctx)
			}
			err = f.apply(ctx, c)
		case <-f.flushTimer:
			err = f.flush(ctx)
		case <-f.sweepTimer:
			err = f.sweep(ctx)
		}
		if err == nil && f.account.pendingWrites() >= maxPendingWrites {
			err = f.flush(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// takeOver compares a whole board with what is known.
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

// heard takes over how well the board knows. When it knows again, everybody's
// lists come within a while.
func (f *follower) setHealth(h switchboard.Health) {
	f.health = h
	if f.awaitingList && f.hasFreshList() {
		f.awaitingList = false
		f.sweepTimer = time.After(sweepDelay)
	}
}

// seen compares a row with what is known of it, and keeps the difference.
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
		f.enqueue(l.id, removeEnd{l.id}) // it was none, or is told better now
	}
	f.save(l, known, entries, now)
	f.addMembers(l)
	f.refreshCache(now)
	return nil
}

// addMembers keeps who was part of a call. Members whose devices only rang are
// part of it if nobody answered.
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

// keep lets what is known of a row, and what happened, be written.
func (f *follower) save(l *trackedRow, known switchboard.Call, entries []Entry, now time.Time) {
	l.call, l.orphan = &known, false
	saved, err := encodeCall(&known)
	if err != nil {
		f.journal.log.Error("a call of the journal cannot be written", "row", string(l.id), "error", err)
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
			e.At = l.lastEntryAt // the order is certain, the clocks are not
		}
		l.lastEntryAt = e.At
		f.enqueue(l.id, addEntry{l.id, e})
	}
}

func containsKind(entries []Entry, k Kind) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool { return e.Kind == k })
}

// line finds what is known of a row: in memory, or in the database.
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

// load reads a row's line, an empty one if the journal does not know it.
func (f *follower) load(ctx context.Context, id switchboard.RowID) (*trackedRow, error) {
	if f.dirty[id] {
		if err := f.flush(ctx); err != nil {
			return nil, err
		}
	}
	l := &trackedRow{id: id, commandedBy: map[switchboard.Verb]string{}, members: map[switchboard.MemberID]bool{}}
	return l, f.journal.loadRow(ctx, f.account.name, l)
}

// sightAll notes the calls that last again now and then, so that they are not
// forgotten as those of yesterday.
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

// later lets something about a row be written when the burst is over.
func (f *follower) enqueue(id switchboard.RowID, w write) {
	f.account.enqueue(w)
	f.dirty[id] = true
	if f.flushTimer == nil {
		f.flushTimer = time.After(flushDelay)
	}
}

func (f *follower) flush(ctx context.Context) error {
	f.flushTimer = nil
	if err := f.journal.flush(ctx, f.account); err != nil {
		return err
	}
	clear(f.dirty)
	return nil
}
