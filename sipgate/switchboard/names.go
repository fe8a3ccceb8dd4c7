package switchboard

import (
	"context"
	"time"
)

// Intervals of reading names. Contacts change rarely, but each member has
// private ones, and a member who has just joined wants to see them.
const (
	namesInterval = 15 * time.Minute // between two reads for one member
	namesRetry    = 30 * time.Second // after a failure; doubled after each further one
	namesSpacing  = 4 * time.Second  // between any two reads: 200 members take 15 minutes
)

// pollNames reads the names of all members, one after the other, until ctx is
// done. The names come from the member read last.
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
			b.log.Info("read names", "member", string(m.id), "error", err)
		}
		waitFor(ctx, nil, namesSpacing)
	}
}

// nextNamesReader returns the member to read names for: of those not read
// since they joined, the newest; else the one due first. If none is due, it
// returns the time to wait, negative for until a member joins.
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

// recordNamesResult schedules the next read of m's names. If m joined again
// meanwhile, they are read again immediately.
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
