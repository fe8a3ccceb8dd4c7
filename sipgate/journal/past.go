package journal

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// A Past is an entry of sipgate's history that is about a call.
type Past struct {
	Entry string // its id
	Sure  bool   // sipgate says so; else parties and time agree, and that is all
}

// Attach keeps that an entry of the history is about a call of the account. An
// entry is about one call: the last one attached, unless an earlier one was
// sure and this one is not. ErrNotFound means that there is no such call.
func (j *Journal) Attach(ctx context.Context, account string, row switchboard.RowID, p Past) error {
	row, _, err := j.find(ctx, account, row)
	if err != nil {
		return err
	}
	return j.commit(ctx, account, attach{row, p})
}

type attach struct {
	row  switchboard.RowID
	past Past
}

func (w attach) do(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, `
		insert into journal_past (account, entry_id, row_id, sure) values ($1, $2, $3, $4)
		on conflict (account, entry_id) do update set row_id = excluded.row_id, sure = excluded.sure
		where excluded.sure or not journal_past.sure`,
		account, w.past.Entry, string(w.row), w.past.Sure)
	return err
}

// Past returns the entries that were attached to a call, the first one first.
func (j *Journal) Past(ctx context.Context, account string, row switchboard.RowID) ([]Past, error) {
	return query(ctx, j.db, func(rows *sql.Rows) (p Past, err error) {
		return p, rows.Scan(&p.Entry, &p.Sure)
	}, `select entry_id, sure from journal_past where account = $1 and row_id = $2 order by length(entry_id), entry_id limit $3`,
		account, string(row), mostPast)
}

// mostPast is how many entries of a call are returned: a call that is
// transferred becomes several.
const mostPast = 20

// ByEntry returns the call that an entry of the history is about, and false if
// none is known. It knows those that were attached, and those that sipgate
// names; where it names none, a call with the same parties at that time will
// do.
func (j *Journal) ByEntry(ctx context.Context, account string, e sipgate.HistoryEntry) (switchboard.RowID, bool, error) {
	var row string
	err := j.db.QueryRowContext(ctx, `
		select row_id from journal_past where account = $1 and entry_id = $2`, account, e.ID).Scan(&row)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return switchboard.RowID(row), err == nil, err
	}
	if e.CallID != "" {
		return j.ByCall(ctx, account, e.CallID)
	}
	return j.byParties(ctx, account, e)
}

func (j *Journal) byParties(ctx context.Context, account string, e sipgate.HistoryEntry) (switchboard.RowID, bool, error) {
	near, err := query(ctx, j.db, func(rows *sql.Rows) (r Record, err error) {
		var state string
		if err = rows.Scan(&r.Row, &state); err != nil {
			return r, err
		}
		if c, err := decodeCall(state); err == nil { // else it matches nothing
			r.tell(c)
		}
		return r, nil
	}, `
		select row_id, state from journal_rows
		where account = $1 and ended_at >= $2 and ended_at <= $3 and into_row = '' order by ended_at, row_id limit $4`,
		account, e.Created.Add(-apart).UnixMilli(), e.Created.Add(e.Duration+longest).UnixMilli(), mostOpen)
	if err != nil {
		return "", false, err
	}
	i := slices.IndexFunc(near, func(r Record) bool { ok, _ := r.Is(e); return ok })
	if i < 0 {
		return "", false, nil
	}
	return near[i].Row, true, nil
}

// How far the times of a call and of its entry may be apart, and how long a
// call may be.
const (
	apart   = time.Minute
	longest = 12 * time.Hour
)

// Is reports whether an entry of the history is about the call, and whether
// that is sure: then sipgate names the call. An entry that names another call
// is not about this one; one that names none is if both sides' numbers and the
// direction agree, as far as they are known, and it was made while the call
// lasted.
func (r *Record) Is(e sipgate.HistoryEntry) (ok, sure bool) {
	if e.CallID != "" {
		named := slices.Contains(r.CallIDs, e.CallID)
		return named, named
	}
	outside, _ := e.Outside()
	inside, _ := e.Inside()
	direction := sipgate.Outgoing
	if e.Incoming {
		direction = sipgate.Incoming
	}
	end := r.Ended
	if end.IsZero() {
		end = r.Started.Add(longest)
	}
	return !r.Started.IsZero() && compared(outside) == compared(r.Outside.Number) &&
		(r.Inside.Number == "" || compared(inside) == compared(r.Inside.Number)) &&
		(r.Direction == "" || r.Direction == direction) &&
		e.Created.After(r.Started.Add(-apart)) && e.Created.Before(end.Add(apart)), false
}

// compared is a number as it is compared; those that are not shown are equal.
func compared(s string) string {
	if s == "anonymous" {
		return ""
	}
	return sipgate.NormalNumber(s)
}
