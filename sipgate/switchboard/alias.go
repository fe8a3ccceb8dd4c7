package switchboard

import (
	"crypto/rand"
	"time"
)

// aliases are the ids of rows that became parts of others, so that pages and
// links that name them keep working. They are kept as long as tombstones are.
type aliases struct {
	into  map[RowID]RowID
	queue []alias // oldest first
}

type alias struct {
	id RowID
	at time.Time
}

// find returns the row of the board that has an id, or had it taken over; nil
// if there is none.
func (b *Board) find(id RowID) *row {
	if r := b.rows[id]; r != nil || len(b.aliases.into) == 0 {
		return r
	}
	b.forgetAliases(time.Now())
	for range len(b.aliases.into) + 1 {
		if r := b.rows[id]; r != nil {
			return r
		}
		into, ok := b.aliases.into[id]
		if !ok {
			return nil
		}
		id = into
	}
	return nil
}

// alias notes that a row became a part of another.
func (b *Board) alias(id, into RowID, now time.Time) {
	a := &b.aliases
	if a.into == nil {
		a.into = map[RowID]RowID{}
	}
	a.into[id] = into
	a.queue = append(a.queue, alias{id, now})
	b.forgetAliases(now)
}

func (b *Board) forgetAliases(now time.Time) {
	a := &b.aliases
	for len(a.queue) > 0 && (len(a.queue) > mostTombstones || now.Sub(a.queue[0].at) >= rememberedFor) {
		delete(a.into, a.queue[0].id)
		a.queue = a.queue[1:]
	}
}

// rowOf returns the row that a leg without relatives belongs to: the one that
// the call had in an earlier life of the board, or a new one.
func (b *Board) rowOf(l *leg) *row {
	id, known := b.lastingID(l)
	if !known {
		return b.newRow(RowID(rand.Text()))
	}
	if r := b.find(id); r != nil {
		return r
	}
	for _, o := range b.legs { // rows that are not on the board, or not yet
		if o.row != nil && o.row.final().id == id {
			return o.row.final()
		}
	}
	delete(b.aliases.into, id)
	return b.newRow(id)
}

// lastingID asks for the id of the row that the leg, or the one that it came
// from, had.
func (b *Board) lastingID(l *leg) (RowID, bool) {
	if b.options.RestoreRowID == nil {
		return "", false
	}
	if id, ok := b.options.RestoreRowID(l.id); ok && id != "" {
		return id, true
	}
	if l.orig == "" {
		return "", false
	}
	id, ok := b.options.RestoreRowID(l.orig)
	return id, ok && id != ""
}
