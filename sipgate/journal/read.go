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
const maxEntries = 2000

// read returns the record of a row, or of the one that it became a part of.
func (j *Journal) readRecord(ctx context.Context, account string, row switchboard.RowID) (Record, error) {
	row, state, err := j.resolveRow(ctx, account, row)
	if err != nil {
		return Record{}, err
	}
	c, err := decodeCall(state)
	if err != nil {
		return Record{}, err
	}
	r := Record{Account: account, Row: row}
	r.setCall(c)
	if r.CallIDs, err = queryAll(ctx, j.db, scanText[sipgate.CallID], `
		select call_id from journal_calls where account = $1 and row_id = $2 order by seen_at, call_id`,
		account, string(row)); err != nil {
		return Record{}, err
	}
	if r.Members, err = j.readMembers(ctx, account, row, c.MemberIDs); err != nil {
		return Record{}, err
	}
	r.Entries, err = j.readEntries(ctx, account, row)
	return r, err
}

// readMembers returns who was part of a call: those that were kept one by one,
// and those with whom it was stored, which is all that earlier releases wrote.
func (j *Journal) readMembers(ctx context.Context, account string, row switchboard.RowID, stored []switchboard.MemberID) ([]switchboard.MemberID, error) {
	kept, err := queryAll(ctx, j.db, scanText[switchboard.MemberID], `
		select member_id from journal_members where account = $1 and row_id = $2`, account, string(row))
	all := slices.Concat(kept, stored)
	slices.Sort(all)
	return slices.Compact(all), err
}

// tell makes the record that of what is known of a call.
func (r *Record) setCall(c switchboard.Call) {
	r.Direction, r.Remote, r.Local, r.Users = c.Direction, c.Remote, c.Local, c.UserNames
	r.PreviousParties, r.Started, r.Approximate = c.PreviousParties, c.Started.UTC(), c.Approximate
	if c.Phase == switchboard.Ended {
		r.Ended, r.Cause = c.EndedAt.UTC(), c.Cause
	}
}

// find returns a row that is not a part of another one, and what is known of it.
func (j *Journal) resolveRow(ctx context.Context, account string, row switchboard.RowID) (switchboard.RowID, string, error) {
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

func (j *Journal) readEntries(ctx context.Context, account string, row switchboard.RowID) ([]Entry, error) {
	all, err := queryAll(ctx, j.db, func(rows *sql.Rows) (e Entry, err error) {
		var at int64
		var kind string
		err = rows.Scan(&at, &e.Approximate, &kind, &e.Name, &e.Detail)
		e.At, e.Kind = time.UnixMilli(at).UTC(), Kind(kind)
		return e, err
	}, `
		select at, about, kind, who, detail from journal_entries
		where account = $1 and row_id = $2 order by at desc, n desc limit $3`, account, string(row), maxEntries)
	slices.Reverse(all)
	return countTones(all), err
}

// tally makes one entry of tones that somebody sent in a row, with their
// number.
func countTones(entries []Entry) []Entry {
	const row = 30 * time.Second
	out, last, sent := entries[:0], time.Time{}, 0
	for _, e := range entries {
		if e.Kind != Tones {
			out = append(out, e)
			continue
		}
		sent++
		if n := len(out); n > 0 && out[n-1].Kind == Tones && out[n-1].Name == e.Name && e.At.Sub(last) <= row {
			out[n-1].Approximate = out[n-1].Approximate || e.Approximate
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
