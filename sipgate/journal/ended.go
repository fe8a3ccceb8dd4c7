package journal

import (
	"context"
	"time"

	"callboard/sipgate/switchboard"
)

// removeRow handles a row that was removed from the board. If it was merged into
// another row, it becomes part of that one. If it had not ended, it is an orphan
// until a row with the same call adopts it or a sweep ends it.
func (f *follower) removeRow(id switchboard.RowID) {
	l, ok := f.rows[id]
	if !ok {
		return
	}
	if l.call == nil || l.call.Phase == switchboard.Ended {
		if into, ok := f.mergedInto(id); ok {
			f.merge(l, into)
		}
		delete(f.rows, id)
		return
	}
	if into, ok := f.mergedInto(id); ok {
		f.merge(l, into)
		return
	}
	l.orphan = true
	f.scheduleSweep(sweepDelay)
}

// mergedInto asks the board which row a removed one was merged into.
func (f *follower) mergedInto(id switchboard.RowID) (switchboard.RowID, bool) {
	b, ok := f.board.(interface {
		Call(switchboard.RowID) (switchboard.Call, bool)
	})
	if !ok {
		return "", false
	}
	c, ok := b.Call(id)
	return c.ID, ok && c.ID != id
}

// adoptOrphans merges the orphans with the same call id into a row.
func (f *follower) adoptOrphans(l *trackedRow, c *switchboard.Call) {
	for id, o := range f.rows {
		if o.orphan && id != l.id && o.call.CallID == c.CallID {
			f.merge(o, l.id)
		}
	}
}

// merge makes a row part of another one.
func (f *follower) merge(l *trackedRow, into switchboard.RowID) {
	delete(f.rows, l.id)
	f.account.mergeRows(l.id, into)
	f.enqueue(into, mergeRow{from: l.id, into: into})
	f.dirty[l.id] = true
	f.merged[into] = append(append(f.merged[into], f.merged[l.id]...), l)
	delete(f.merged, l.id)
}

// scheduleSweep schedules a search for calls that ended unseen.
func (f *follower) scheduleSweep(d time.Duration) {
	if f.sweepTimer == nil && !f.awaitingList {
		f.sweepTimer, f.sweepSince = time.After(d), time.Now()
	}
}

// hasFreshList reports whether the board has read a list of calls since the sweep
// was scheduled.
func (f *follower) hasFreshList() bool {
	h := &f.health
	return h.Members > 0 && !h.Failing && !h.ListedAt.Before(f.sweepSince)
}

// sweep ends the calls that the board does not show. Without a fresh list it waits
// for one.
func (f *follower) sweep(ctx context.Context) error {
	f.sweepTimer = nil
	if !f.hasFreshList() {
		f.awaitingList = true
		return nil
	}
	if f.firstSweep {
		if err := f.loadOrphans(ctx); err != nil {
			f.scheduleSweep(sweepDelay)
			return err
		}
		f.firstSweep = false
	}
	now := f.journal.now()
	for id, l := range f.rows {
		if l.orphan {
			f.endRow(l, now)
			delete(f.rows, id)
		}
	}
	return nil
}

// maxOpenRows is the number of calls of an earlier process that are checked.
const maxOpenRows = 1000

// loadOrphans loads the calls that had not ended in an earlier process. Those that
// the board does not show are orphans.
func (f *follower) loadOrphans(ctx context.Context) error {
	if err := f.flush(ctx); err != nil {
		return err
	}
	ids, err := f.journal.openRows(ctx, f.account.name)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if f.rows[id] != nil {
			continue
		}
		l, err := f.load(ctx, id)
		if err != nil {
			return err
		}
		if l.call != nil {
			l.orphan = true
			f.rows[id] = l
		}
	}
	return nil
}

// endRow enqueues the end of a call that ended at an unknown time before now.
func (f *follower) endRow(l *trackedRow, now time.Time) {
	known := *l.call
	known.Phase, known.PreviousPhase, known.EndedAt, known.Cause = switchboard.Ended, known.Phase, now, ""
	known.PendingHangup = nil
	f.save(l, known, []Entry{{At: now, Approximate: true, Kind: Ended}}, now)
}
