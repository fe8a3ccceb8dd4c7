package journal

import (
	"context"
	"time"

	"callboard/sipgate/switchboard"
)

// removed follows a row that went from the board: it has ended and was shown
// for long enough, or it became a part of another row. If nobody can tell, it
// is an orphan, and a row that goes on with its call adopts it.
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

// became asks the board which row it became a part of.
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

// adopt gives the row the orphans whose call it goes on with.
func (f *follower) adoptOrphans(l *trackedRow, c *switchboard.Call) {
	for id, o := range f.rows {
		if o.orphan && id != l.id && o.call.CallID == c.CallID {
			f.merge(o, l.id)
		}
	}
}

// merge makes a row a part of another one.
func (f *follower) merge(l *trackedRow, into switchboard.RowID) {
	delete(f.rows, l.id)
	f.account.mergeRows(l.id, into)
	f.enqueue(into, mergeRow{from: l.id, into: into})
	f.dirty[l.id] = true
	f.merged[into] = append(append(f.merged[into], f.merged[l.id]...), l)
	delete(f.merged, l.id)
}

// lookAfter has calls looked for, later, that are over although nothing told.
func (f *follower) scheduleSweep(d time.Duration) {
	if f.sweepTimer == nil && !f.awaitingList {
		f.sweepTimer, f.sweepSince = time.After(d), time.Now()
	}
}

// listed reports whether the board has had calls listed since it was asked for.
func (f *follower) hasFreshList() bool {
	h := &f.health
	return h.Members > 0 && !h.Failing && !h.ListedAt.Before(f.sweepSince)
}

// lookFor ends the calls that the board does not show, if it knows what calls
// there are.
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

// mostOpen is how many calls that an earlier process left behind are looked at.
const maxOpenRows = 1000

// loadOpen makes orphans of the calls that an earlier process left running and
// that are not on the board.
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

// end writes the end of a call that is over, nobody knows since when.
func (f *follower) endRow(l *trackedRow, now time.Time) {
	known := *l.call
	known.Phase, known.PreviousPhase, known.EndedAt, known.Cause = switchboard.Ended, known.Phase, now, ""
	known.PendingHangup = nil
	f.save(l, known, []Entry{{At: now, Approximate: true, Kind: Ended}}, now)
}
