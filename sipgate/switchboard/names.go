package switchboard

import (
	"context"
	"maps"
	"time"
)

// The times at which names are read. Contacts change rarely, but each member
// has some that others have not, and who just joined wants to see them.
const (
	namesInterval = 15 * time.Minute // from one reading of a member to the next
	namesAgain    = 30 * time.Second // after a failure; after each further one twice as long
	namesSpacing  = 4 * time.Second  // between two readings, whoever's: 200 members take 15 minutes
)

// keepNames reads the names of numbers through all members, one after the
// other, until ctx is done. What the team may see is taken from whoever
// answered last.
func (b *Board) keepNames(ctx context.Context) {
	for ctx.Err() == nil {
		m, read, wait := b.takeReader(time.Now())
		if m == nil {
			pause(ctx, b.joined, wait)
			continue
		}
		names, err := read(ctx)
		b.namesRead(m, err, time.Now())
		switch {
		case err == nil:
			b.rename(names)
		case ctx.Err() == nil:
			b.log.Info("names could not be read", "member", string(m.id), "err", err)
		}
		pause(ctx, nil, namesSpacing)
	}
}

// takeReader chooses whose names to read now: of those who joined and were not
// read since, the newest one; else whose turn came first. Without one it tells
// how long there is none; a negative time means until somebody joins.
func (b *Board) takeReader(now time.Time) (next *member, read func(context.Context) (map[string]string, error), wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.active() {
		if m.names != nil && (next == nil || m.readBefore(next)) {
			next = m
		}
	}
	switch {
	case next == nil:
		return nil, nil, -1
	case next.readAt.After(now):
		return nil, nil, next.readAt.Sub(now)
	}
	next.readAt = now.Add(namesInterval)
	return next, next.names, 0
}

// readBefore reports whether m's names are to be read before o's.
func (m *member) readBefore(o *member) bool {
	if m.readAt.IsZero() && o.readAt.IsZero() {
		return m.joined > o.joined
	}
	return m.readAt.Before(o.readAt)
}

// namesRead notes how reading m's names went. If m has joined anew meanwhile,
// they are read again all the same.
func (b *Board) namesRead(m *member, err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		m.readFailed = 0
	case !m.readAt.IsZero():
		m.readAt = now.Add(min(namesAgain<<m.readFailed, namesInterval))
		m.readFailed = min(m.readFailed+1, 10)
	}
}

// rename is Name unless nothing is different.
func (b *Board) rename(names map[string]string) {
	b.mu.Lock()
	known := b.names
	b.mu.Unlock()
	if !maps.Equal(known, names) {
		b.SetNames(names)
	}
}
