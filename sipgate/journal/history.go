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

// A HistoryLink links a call to an entry of sipgate's history.
type HistoryLink struct {
	EntryID string
	Exact   bool // the entry names the call; otherwise only parties and time agree
}

// LinkHistory links a call of the account to an entry of the history. An entry has
// one link: a later one replaces it, unless only the earlier one is exact. The error
// is ErrNotFound if there is no such call.
func (j *Journal) LinkHistory(ctx context.Context, account string, row switchboard.RowID, link HistoryLink) error {
	row, _, err := j.resolveRow(ctx, account, row)
	if err != nil {
		return err
	}
	return j.commit(ctx, account, linkHistory{row, link})
}

// linkHistory stores a link.
type linkHistory struct {
	row  switchboard.RowID
	link HistoryLink
}

func (w linkHistory) exec(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, `
		insert into journal_past (account, entry_id, row_id, sure) values ($1, $2, $3, $4)
		on conflict (account, entry_id) do update set row_id = excluded.row_id, sure = excluded.sure
		where excluded.sure or not journal_past.sure`,
		account, w.link.EntryID, string(w.row), w.link.Exact)
	return err
}

// HistoryLinks returns the links of a call, in the order of the entries' ids.
func (j *Journal) HistoryLinks(ctx context.Context, account string, row switchboard.RowID) ([]HistoryLink, error) {
	return queryAll(ctx, j.db, func(rows *sql.Rows) (link HistoryLink, err error) {
		return link, rows.Scan(&link.EntryID, &link.Exact)
	}, `select entry_id, sure from journal_past where account = $1 and row_id = $2 order by length(entry_id), entry_id limit $3`,
		account, string(row), maxHistoryLinks)
}

// maxHistoryLinks is the number of a call's links that are returned. A call that was
// transferred has several.
const maxHistoryLinks = 20

// RowByEntry returns the call of an entry of the history, and false if none is known:
// the call that is linked to it, or the one that it names or, if it names none, a
// call with the same parties at that time.
func (j *Journal) RowByEntry(ctx context.Context, account string, e sipgate.HistoryEntry) (switchboard.RowID, bool, error) {
	var row string
	err := j.db.QueryRowContext(ctx, `
		select row_id from journal_past where account = $1 and entry_id = $2`, account, e.ID).Scan(&row)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return switchboard.RowID(row), err == nil, err
	}
	if e.CallID != "" {
		return j.RowByCall(ctx, account, e.CallID)
	}
	return j.rowByParties(ctx, account, e)
}

func (j *Journal) rowByParties(ctx context.Context, account string, e sipgate.HistoryEntry) (switchboard.RowID, bool, error) {
	near, err := queryAll(ctx, j.db, func(rows *sql.Rows) (r Record, err error) {
		var state string
		if err = rows.Scan(&r.Row, &state); err != nil {
			return r, err
		}
		if c, err := decodeCall(state); err == nil { // otherwise it matches no entry
			r.setCall(c)
		}
		return r, nil
	}, `
		select row_id, state from journal_rows
		where account = $1 and ended_at >= $2 and ended_at <= $3 and into_row = '' order by ended_at, row_id limit $4`,
		account, e.Created.Add(-matchTolerance).UnixMilli(), e.Created.Add(e.Duration+maxCallDuration).UnixMilli(), maxOpenRows)
	if err != nil {
		return "", false, err
	}
	i := slices.IndexFunc(near, func(r Record) bool { return r.Matches(e) != NoMatch })
	if i < 0 {
		return "", false, nil
	}
	return near[i].Row, true, nil
}

const (
	matchTolerance  = time.Minute // between the times of a call and of its entry
	maxCallDuration = 12 * time.Hour
)

// Match says how surely an entry of the history is about a call.
type Match int

// The matches, from the weakest to the strongest.
const (
	NoMatch  Match = iota
	Probable       // parties, direction and time agree
	Exact          // sipgate names the call
)

// Matches compares the call with an entry of the history. An entry with a call
// id matches by that id alone. One without matches if the numbers of both sides
// and the direction agree, as far as they are known, and it was made while the
// call lasted.
func (r *Record) Matches(e sipgate.HistoryEntry) Match {
	if e.CallID != "" {
		if slices.Contains(r.CallIDs, e.CallID) {
			return Exact
		}
		return NoMatch
	}
	remote, _ := e.Remote()
	local, _ := e.Local()
	direction := sipgate.Outgoing
	if e.Incoming {
		direction = sipgate.Incoming
	}
	end := r.Ended
	if end.IsZero() {
		end = r.Started.Add(maxCallDuration)
	}
	switch {
	case r.Started.IsZero(),
		comparableNumber(remote) != comparableNumber(r.Remote.Number),
		r.Local.Number != "" && comparableNumber(local) != comparableNumber(r.Local.Number),
		r.Direction != "" && r.Direction != direction,
		!e.Created.After(r.Started.Add(-matchTolerance)),
		!e.Created.Before(end.Add(matchTolerance)):
		return NoMatch
	}
	return Probable
}

// comparableNumber returns a number in the form in which numbers are compared.
// Hidden numbers are equal.
func comparableNumber(s string) string {
	if s == "anonymous" {
		return ""
	}
	return sipgate.NormalizeNumber(s)
}
