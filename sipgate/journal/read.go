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

// maxEntries is the number of a call's entries that are read.
const maxEntries = 2000

// readRecord returns the record of a row, or of the one that it is part of.
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

// readMembers returns the members who took part in a call: those in the table, and
// those in the stored call, which is all that earlier releases wrote.
func (j *Journal) readMembers(ctx context.Context, account string, row switchboard.RowID, stored []switchboard.MemberID) ([]switchboard.MemberID, error) {
	kept, err := queryAll(ctx, j.db, scanText[switchboard.MemberID], `
		select member_id from journal_members where account = $1 and row_id = $2`, account, string(row))
	all := slices.Concat(kept, stored)
	slices.Sort(all)
	return slices.Compact(all), err
}

// setCall sets the fields that a call determines.
func (r *Record) setCall(c switchboard.Call) {
	r.Direction, r.Remote, r.Local, r.Users = c.Direction, c.Remote, c.Local, c.UserNames
	r.PreviousParties, r.Started, r.Approximate = c.PreviousParties, c.Started.UTC(), c.Approximate
	if c.Phase == switchboard.Ended {
		r.Ended, r.Cause = c.EndedAt.UTC(), c.Cause
	}
}

// resolveRow returns the row, or the one that it is part of, and its stored call.
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

// countTones replaces the tones that a member sent in a row by one entry with their
// number.
func countTones(entries []Entry) []Entry {
	const maxGap = 30 * time.Second
	out, last, sent := entries[:0], time.Time{}, 0
	for _, e := range entries {
		if e.Kind != Tones {
			out = append(out, e)
			continue
		}
		sent++
		if n := len(out); n > 0 && out[n-1].Kind == Tones && out[n-1].Name == e.Name && e.At.Sub(last) <= maxGap {
			out[n-1].Approximate = out[n-1].Approximate || e.Approximate
		} else {
			sent = 1
			out = append(out, e)
		}
		last = e.At
		out[len(out)-1].Detail = strconv.Itoa(sent)
	}
	return out
}
