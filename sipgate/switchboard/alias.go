package switchboard

import (
	"crypto/rand"
	"time"
)

// aliases are the ids of rows that became parts of others, so that pages and
// links that name them keep working. They are kept as long as tombstones are.
type aliases struct {
	target map[RowID]RowID
	queue  []aliasEntry // oldest first
}

type aliasEntry struct {
	id RowID
	at time.Time
}

// find returns the row of the board that has an id, or had it taken over; nil
// if there is none.
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

// alias notes that a row became a part of another.
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

// rowOf returns the row that a leg without relatives belongs to: the one that
// the call had in an earlier life of the board, or a new one.
func (b *Board) newRowFor(l *leg) *row {
	id, known := b.restoreRowID(l)
	if !known {
		return b.newRow(RowID(rand.Text()))
	}
	if r := b.findRow(id); r != nil {
		return r
	}
	for _, o := range b.legs { // rows that are not on the board, or not yet
		if o.row != nil && o.row.canonical().id == id {
			return o.row.canonical()
		}
	}
	delete(b.aliases.target, id)
	return b.newRow(id)
}

// lastingID asks for the id of the row that the leg, or the one that it came
// from, had.
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
