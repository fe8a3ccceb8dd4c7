package switchboard

import (
	"context"
	"time"
)

// The times at which names are read. Contacts change rarely, but each member
// has some that others have not, and who just joined wants to see them.
const (
	namesInterval = 15 * time.Minute // from one reading of a member to the next
	namesRetry    = 30 * time.Second // after a failure; after each further one twice as long
	namesSpacing  = 4 * time.Second  // between two readings, whoever's: 200 members take 15 minutes
)

// keepNames reads the names of numbers through all members, one after the
// other, until ctx is done. What the team may see is taken from whoever
// answered last.
func (b *Board) pollNames(ctx context.Context) {
	for ctx.Err() == nil {
		m, read, wait := b.nextNamesReader(time.Now())
		if m == nil {
			waitFor(ctx, b.joinWake, wait)
			continue
		}
		names, err := read(ctx)
		b.recordNamesResult(m, err, time.Now())
		switch {
		case err == nil:
			b.SetNames(names)
		case ctx.Err() == nil:
			b.log.Info("names could not be read", "member", string(m.id), "err", err)
		}
		waitFor(ctx, nil, namesSpacing)
	}
}

// takeReader chooses whose names to read now: of those who joined and were not
// read since, the newest one; else whose turn came first. Without one it tells
// how long there is none; a negative time means until somebody joins.
func (b *Board) nextNamesReader(now time.Time) (next *member, read func(context.Context) (map[string]string, error), wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.active() {
		if m.readNames != nil && (next == nil || m.readBefore(next)) {
			next = m
		}
	}
	switch {
	case next == nil:
		return nil, nil, -1
	case next.namesDue.After(now):
		return nil, nil, next.namesDue.Sub(now)
	}
	next.namesDue = now.Add(namesInterval)
	return next, next.readNames, 0
}

// readBefore reports whether m's names are to be read before o's.
func (m *member) readBefore(o *member) bool {
	if m.namesDue.IsZero() && o.namesDue.IsZero() {
		return m.joinTick > o.joinTick
	}
	return m.namesDue.Before(o.namesDue)
}

// namesRead notes how reading m's names went. If m has joined anew meanwhile,
// they are read again all the same.
func (b *Board) recordNamesResult(m *member, err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		m.namesFailures = 0
	case !m.namesDue.IsZero():
		m.namesDue = now.Add(min(namesRetry<<m.namesFailures, namesInterval))
		m.namesFailures = min(m.namesFailures+1, 10)
	}
}
