package journal

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// mostEntries is how many entries of a call are read.
const mostEntries = 2000

// read returns the record of a row, or of the one that it became a part of.
func (j *Journal) read(ctx context.Context, account string, row switchboard.RowID) (Record, error) {
	row, state, err := j.find(ctx, account, row)
	if err != nil {
		return Record{}, err
	}
	c, err := decodeCall(state)
	if err != nil {
		return Record{}, err
	}
	r := Record{Account: account, Row: row}
	r.tell(c)
	if r.CallIDs, err = query(ctx, j.db, scan[sipgate.CallID], `
		select call_id from journal_calls where account = $1 and row_id = $2 order by seen_at, call_id`,
		account, string(row)); err != nil {
		return Record{}, err
	}
	r.Entries, err = j.entries(ctx, account, row)
	return r, err
}

// tell makes the record that of what is known of a call.
func (r *Record) tell(c switchboard.Call) {
	r.Direction, r.Outside, r.Inside, r.Users = c.Direction, c.Outside, c.Inside, c.Users
	r.Earlier, r.Started, r.About = c.Earlier, c.Started.UTC(), c.About
	if c.Phase == switchboard.Ended {
		r.Ended, r.Cause = c.Gone.UTC(), c.Cause
	}
}

// find returns a row that is not a part of another one, and what is known of it.
func (j *Journal) find(ctx context.Context, account string, row switchboard.RowID) (switchboard.RowID, string, error) {
	for range 10 {
		var into, state string
		err := j.db.QueryRowContext(ctx, `
			select into_row, state from journal_rows where account = $1 and row_id = $2`,
			account, string(row)).Scan(&into, &state)
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil || into == "" {
			return row, state, err
		}
		row = switchboard.RowID(into)
	}
	return "", "", ErrNotFound
}

func (j *Journal) entries(ctx context.Context, account string, row switchboard.RowID) ([]Entry, error) {
	all, err := query(ctx, j.db, func(rows *sql.Rows) (e Entry, err error) {
		var at int64
		var kind string
		err = rows.Scan(&at, &e.About, &kind, &e.Who, &e.Detail)
		e.At, e.Kind = time.UnixMilli(at).UTC(), Kind(kind)
		return e, err
	}, `
		select at, about, kind, who, detail from journal_entries
		where account = $1 and row_id = $2 order by at desc, n desc limit $3`, account, string(row), mostEntries)
	slices.Reverse(all)
	return tally(all), err
}

// tally makes one entry of tones that somebody sent in a row, with their
// number.
func tally(entries []Entry) []Entry {
	const row = 30 * time.Second
	out, last, sent := entries[:0], time.Time{}, 0
	for _, e := range entries {
		if e.Kind != Tones {
			out = append(out, e)
			continue
		}
		sent++
		if n := len(out); n > 0 && out[n-1].Kind == Tones && out[n-1].Who == e.Who && e.At.Sub(last) <= row {
			out[n-1].About = out[n-1].About || e.About
		} else {
			sent = 1
			out = append(out, e)
		}
		last = e.At
		out[len(out)-1].Detail = count(sent)
	}
	return out
}

func count(n int) string { return strconv.Itoa(n) }
