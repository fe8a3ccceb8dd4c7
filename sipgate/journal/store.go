package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// A write is one step of a transaction. After a failure all steps are repeated
// together.
type write interface {
	exec(ctx context.Context, tx *sql.Tx, account string) error
}

// transactionTimeout limits a transaction. A transaction is not cancelled with the
// request that caused it.
const transactionTimeout = 10 * time.Second

// flush writes the pending writes in one transaction. After an error they stay
// pending.
func (j *Journal) flush(ctx context.Context, a *accountState) error {
	release, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer release()
	ws := a.takePending()
	if len(ws) == 0 {
		return nil
	}
	if err := j.commit(ctx, a.name, ws...); err != nil {
		a.requeue(ws)
		return err
	}
	return nil
}

// commit executes writes in one transaction.
func (j *Journal) commit(ctx context.Context, account string, ws ...write) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), transactionTimeout)
	defer cancel()
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, w := range ws {
		if err := w.exec(ctx, tx, account); err != nil {
			return fmt.Errorf("%T: %w", w, err)
		}
	}
	return tx.Commit()
}

// saveRow stores a row.
type saveRow struct {
	id        switchboard.RowID
	ended     bool
	endedAt   time.Time
	heardAt   time.Time
	direction sipgate.Direction
	state     string
}

func (w saveRow) exec(ctx context.Context, tx *sql.Tx, account string) error {
	var ended int64
	if w.ended {
		ended = w.endedAt.UnixMilli()
	}
	_, err := tx.ExecContext(ctx, `
		insert into journal_rows (account, row_id, into_row, ended_at, heard_at, direction, state)
		values ($1, $2, '', $3, $4, $5, $6)
		on conflict (account, row_id) do update
		set into_row = '', ended_at = excluded.ended_at, heard_at = excluded.heard_at,
			direction = excluded.direction, state = excluded.state`,
		account, string(w.id), ended, w.heardAt.UnixMilli(), string(w.direction), w.state)
	return err
}

// addEntry appends to a row's timeline.
type addEntry struct {
	row   switchboard.RowID
	entry Entry
}

func (w addEntry) exec(ctx context.Context, tx *sql.Tx, account string) error {
	e := &w.entry
	_, err := tx.ExecContext(ctx, `
		insert into journal_entries (account, row_id, n, at, about, kind, who, detail)
		values ($1, $2, (select coalesce(max(n), 0) + 1 from journal_entries where account = $1 and row_id = $2),
			$3, $4, $5, $6, $7)`,
		account, string(w.row), e.At.UnixMilli(), e.Approximate, string(e.Kind), singleLine(e.Name), e.storedDetail())
	return err
}

// storedDetail returns the detail that is stored: all of a note, one line of others.
func (e *Entry) storedDetail() string {
	if e.Kind == Noted {
		return e.Detail
	}
	return singleLine(e.Detail)
}

// removeEnd removes the entry that a call ended.
type removeEnd struct{ row switchboard.RowID }

func (w removeEnd) exec(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, `
		delete from journal_entries where account = $1 and row_id = $2 and kind = 'ended'`, account, string(w.row))
	return err
}

// addCall stores the row of a call.
type addCall struct {
	id  sipgate.CallID
	row switchboard.RowID
	at  time.Time
}

func (w addCall) exec(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, `
		insert into journal_calls (account, call_id, row_id, seen_at) values ($1, $2, $3, $4)
		on conflict (account, call_id) do update set row_id = excluded.row_id`,
		account, string(w.id), string(w.row), w.at.UnixMilli())
	return err
}

// addMember stores that a member took part in a call.
type addMember struct {
	row    switchboard.RowID
	member switchboard.MemberID
}

func (w addMember) exec(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, `
		insert into journal_members (account, row_id, member_id) values ($1, $2, $3) on conflict do nothing`,
		account, string(w.row), string(w.member))
	return err
}

// mergeRow makes a row part of another one. It moves the entries for actions of
// members; those for the course of the call are in the other row's timeline.
type mergeRow struct{ from, into switchboard.RowID }

func (w mergeRow) exec(ctx context.Context, tx *sql.Tx, account string) error {
	if w.from == w.into {
		return nil
	}
	for _, query := range []string{`
		delete from journal_entries
		where row_id <> $1 and account = $2 and row_id = $3 and kind in ('rang', 'answered', 'moved', 'ended')`, `
		update journal_entries
		set row_id = $1, n = n + (select coalesce(max(n), 0) from journal_entries where row_id = $1 and account = $2)
		where account = $2 and row_id = $3`, `
		update journal_calls set row_id = $1 where account = $2 and row_id = $3`, `
		update journal_past set row_id = $1 where account = $2 and row_id = $3`, `
		insert into journal_members (row_id, account, member_id)
		select $1, account, member_id from journal_members where account = $2 and row_id = $3 on conflict do nothing`, `
		update journal_rows set into_row = $1 where account = $2 and (row_id = $3 or into_row = $3)`,
	} {
		if _, err := tx.ExecContext(ctx, query, string(w.into), account, string(w.from)); err != nil {
			return err
		}
	}
	return nil
}

// loadRow reads a row into l. It changes nothing if there is no such row.
func (j *Journal) loadRow(ctx context.Context, account string, l *trackedRow) error {
	var last int64
	err := j.db.QueryRowContext(ctx, `
		select state, (select coalesce(max(at), 0) from journal_entries where account = $1 and row_id = $2)
		from journal_rows where account = $1 and row_id = $2`,
		account, string(l.id)).Scan(&l.stored, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	l.lastEntryAt = time.UnixMilli(last)
	c, err := decodeCall(l.stored)
	if err != nil {
		j.log.Warn("decode stored call", "row", string(l.id), "error", err)
		return nil
	}
	l.call = &c
	return nil
}

// openRows returns the rows of calls that have not ended, the newest first.
func (j *Journal) openRows(ctx context.Context, account string) ([]switchboard.RowID, error) {
	return queryAll(ctx, j.db, scanText[switchboard.RowID], `
		select row_id from journal_rows
		where account = $1 and ended_at = 0 and into_row = '' order by heard_at desc limit $2`, account, maxOpenRows)
}

// loadRecentRows caches the rows of the last day's calls of an account, of all for "".
func (j *Journal) loadRecentRows(ctx context.Context, account string) error {
	type recentCall struct {
		account, id, row string
		heard            int64
	}
	all, err := queryAll(ctx, j.db, func(rows *sql.Rows) (c recentCall, err error) {
		return c, rows.Scan(&c.account, &c.id, &c.row, &c.heard)
	}, `
		select c.account, c.call_id, c.row_id, r.heard_at
		from journal_calls c join journal_rows r on r.account = c.account and r.row_id = c.row_id
		where (r.heard_at >= $1 or r.ended_at = 0) and $2 in ('', c.account) order by r.heard_at`, j.now().Add(-rowCacheAge).UnixMilli(), account)
	if err != nil {
		return fmt.Errorf("read rows of recent calls: %w", err)
	}
	now := j.now()
	for _, c := range all {
		at := time.UnixMilli(c.heard)
		if now.Sub(at) >= rowCacheAge {
			at = now.Add(rowCacheRefresh - rowCacheAge) // it has not ended; kept until the board shows it
		}
		j.state(c.account).cacheRow(sipgate.CallID(c.id), switchboard.RowID(c.row), at)
	}
	return nil
}

func (j *Journal) readRowByCall(ctx context.Context, account string, id sipgate.CallID) (switchboard.RowID, error) {
	var row string
	err := j.db.QueryRowContext(ctx, `
		select row_id from journal_calls where account = $1 and call_id = $2`, account, string(id)).Scan(&row)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return switchboard.RowID(row), err
}

// queryAll returns all results of a query.
func queryAll[T any](ctx context.Context, db *sql.DB, read func(*sql.Rows) (T, error), text string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// scanText reads a result of one text column.
func scanText[T ~string](rows *sql.Rows) (T, error) {
	var s string
	err := rows.Scan(&s)
	return T(s), err
}

// maxFieldLength is the number of characters of a name or a detail that are stored.
const maxFieldLength = 200

// singleLine returns s on one line of at most maxFieldLength characters, without
// control and invisible characters, which could disguise the text.
func singleLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return truncate(strings.Join(strings.Fields(s), " "), maxFieldLength)
}

// truncate returns the first limit characters of s.
func truncate(s string, limit int) string {
	for i := range s {
		if limit == 0 {
			return strings.TrimSpace(s[:i])
		}
		limit--
	}
	return s
}
