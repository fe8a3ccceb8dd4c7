package switchboard

import (
	"crypto/rand"
	"time"
)

// aliases maps the ids of merged rows to the rows they were merged into, so
// that pages and links with an old id keep working. An alias expires with its
// tombstones.
type aliases struct {
	target map[RowID]RowID
	queue  []aliasEntry // oldest first
}

type aliasEntry struct {
	id RowID
	at time.Time
}

// findRow returns the row with the given id, or the row that one was merged
// into. It returns nil if the board shows neither.
func (b *Board) findRow(id RowID) *row {
	if r := b.rowsByID[id]; r != nil || len(b.aliases.target) == 0 {
		return r
	}
	b.expireAliases(time.Now())
	for range len(b.aliases.target) + 1 {
		if r := b.rowsByID[id]; r != nil {
			return r
		}
		into, ok := b.aliases.target[id]
		if !ok {
			return nil
		}
		id = into
	}
	return nil
}

// addAlias records that the row id was merged into the row into.
func (b *Board) addAlias(id, into RowID, now time.Time) {
	a := &b.aliases
	if a.target == nil {
		a.target = map[RowID]RowID{}
	}
	a.target[id] = into
	a.queue = append(a.queue, aliasEntry{id, now})
	b.expireAliases(now)
}

func (b *Board) expireAliases(now time.Time) {
	a := &b.aliases
	for len(a.queue) > 0 && (len(a.queue) > maxTombstones || now.Sub(a.queue[0].at) >= retention) {
		delete(a.target, a.queue[0].id)
		a.queue = a.queue[1:]
	}
}

// rowIDLength is the length of row ids: 80 random bits, and short, since a row
// has its id in each of its addresses.
const rowIDLength = 16

// newRowFor returns a row for a leg without related legs: the one that
// Options.RestoreRowID names, or a new one.
func (b *Board) newRowFor(l *leg) *row {
	id, known := b.restoreRowID(l)
	if !known {
		return b.newRow(RowID(rand.Text()[:rowIDLength]))
	}
	if r := b.findRow(id); r != nil {
		return r
	}
	for _, o := range b.legs { // rows that were removed from the board or not yet inserted
		if o.row != nil && o.row.canonical().id == id {
			return o.row.canonical()
		}
	}
	delete(b.aliases.target, id)
	return b.newRow(id)
}

// restoreRowID returns the id that Options.RestoreRowID has for the leg or,
// failing that, for the leg's origin.
func (b *Board) restoreRowID(l *leg) (RowID, bool) {
	if b.options.RestoreRowID == nil {
		return "", false
	}
	if id, ok := b.options.RestoreRowID(l.id); ok && id != "" {
		return id, true
	}
	if l.origCallID == "" {
		return "", false
	}
	id, ok := b.options.RestoreRowID(l.origCallID)
	return id, ok && id != ""
}
