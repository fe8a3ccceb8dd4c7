package journal

import (
	"context"
	"time"

	"callboard/sipgate/switchboard"
)

// removed follows a row that went from the board: it has ended and was shown
// for long enough, or it became a part of another row. If nobody can tell, it
// is an orphan, and a row that goes on with its call adopts it.
func (f *follower) removed(id switchboard.RowID) {
	l, ok := f.lines[id]
	if !ok {
		return
	}
	if l.call == nil || l.call.Phase == switchboard.Ended {
		if into, ok := f.became(id); ok {
			f.merge(l, into)
		}
		delete(f.lines, id)
		return
	}
	if into, ok := f.became(id); ok {
		f.merge(l, into)
		return
	}
	l.orphan = true
	f.lookAfter(settled)
}

// became asks the board which row it became a part of.
func (f *follower) became(id switchboard.RowID) (switchboard.RowID, bool) {
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
func (f *follower) adopt(l *line, c *switchboard.Call) {
	for id, o := range f.lines {
		if o.orphan && id != l.id && o.call.Upstream == c.Upstream {
			f.merge(o, l.id)
		}
	}
}

// merge makes a row a part of another one.
func (f *follower) merge(l *line, into switchboard.RowID) {
	delete(f.lines, l.id)
	f.account.merge(l.id, into)
	f.later(into, mergeRow{from: l.id, into: into})
	f.unwritten[l.id] = true
	f.merged[into] = append(append(f.merged[into], f.merged[l.id]...), l)
	delete(f.merged, l.id)
}

// lookAfter has calls looked for, later, that are over although nothing told.
func (f *follower) lookAfter(d time.Duration) {
	if f.look == nil && !f.blind {
		f.look, f.wanted = time.After(d), time.Now()
	}
}

// listed reports whether the board has had calls listed since it was asked for.
func (f *follower) listed() bool {
	h := &f.health
	return h.Members > 0 && !h.Failing && !h.ListedAt.Before(f.wanted)
}

// lookFor ends the calls that the board does not show, if it knows what calls
// there are.
func (f *follower) lookFor(ctx context.Context) error {
	f.look = nil
	if !f.listed() {
		f.blind = true
		return nil
	}
	if f.first {
		if err := f.loadOpen(ctx); err != nil {
			f.lookAfter(settled)
			return err
		}
		f.first = false
	}
	now := f.journal.now()
	for id, l := range f.lines {
		if l.orphan {
			f.end(l, now)
			delete(f.lines, id)
		}
	}
	return nil
}

// mostOpen is how many calls that an earlier process left behind are looked at.
const mostOpen = 1000

// loadOpen makes orphans of the calls that an earlier process left running and
// that are not on the board.
func (f *follower) loadOpen(ctx context.Context) error {
	if err := f.write(ctx); err != nil {
		return err
	}
	ids, err := f.journal.open(ctx, f.account.name)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if f.lines[id] != nil {
			continue
		}
		l, err := f.load(ctx, id)
		if err != nil {
			return err
		}
		if l.call != nil {
			l.orphan = true
			f.lines[id] = l
		}
	}
	return nil
}

// end writes the end of a call that is over, nobody knows since when.
func (f *follower) end(l *line, now time.Time) {
	known := *l.call
	known.Phase, known.Was, known.Gone, known.Cause = switchboard.Ended, known.Phase, now, ""
	known.Leaving = nil
	f.keep(l, known, []Entry{{At: now, About: true, Kind: Ended}}, now)
}
