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

// A write is one step of a transaction. Steps may be repeated only as a whole.
type write interface {
	exec(ctx context.Context, tx *sql.Tx, account string) error
}

// storing is the time limit of one transaction. It is that of nobody's request:
// who goes away does not stop what was begun.
const transactionTimeout = 10 * time.Second

// sync writes what is to be written, in one transaction. What cannot be written
// is kept for the next time.
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

// commit carries out steps together or not at all.
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

// saveRow keeps what is known of a row.
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

// detail is what is stored of it: of a note the whole, of others a line.
func (e *Entry) storedDetail() string {
	if e.Kind == Noted {
		return e.Detail
	}
	return singleLine(e.Detail)
}

// dropEnd takes back that a call has ended.
type removeEnd struct{ row switchboard.RowID }

func (w removeEnd) exec(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, `
		delete from journal_entries where account = $1 and row_id = $2 and kind = 'ended'`, account, string(w.row))
	return err
}

// addCall keeps which row a call belongs to.
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

// addMember keeps that a member was part of a call.
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

// mergeRow makes a row a part of another one. What people did moves along; what
// the call did of itself the other row's own timeline tells.
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

// load reads what is known of a row; nothing if it is not known.
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
		j.log.Warn("a row of the journal cannot be read", "row", string(l.id), "error", err)
		return nil
	}
	l.call = &c
	return nil
}

// open are the rows that have not ended, the newest first.
func (j *Journal) openRows(ctx context.Context, account string) ([]switchboard.RowID, error) {
	return queryAll(ctx, j.db, scanText[switchboard.RowID], `
		select row_id from journal_rows
		where account = $1 and ended_at = 0 and into_row = '' order by heard_at desc limit $2`, account, maxOpenRows)
}

// recall reads which rows the calls of the last day had.
func (j *Journal) loadRecentRows(ctx context.Context) error {
	type known struct {
		account, id, row string
		heard            int64
	}
	all, err := queryAll(ctx, j.db, func(rows *sql.Rows) (k known, err error) {
		return k, rows.Scan(&k.account, &k.id, &k.row, &k.heard)
	}, `
		select c.account, c.call_id, c.row_id, r.heard_at
		from journal_calls c join journal_rows r on r.account = c.account and r.row_id = c.row_id
		where r.heard_at >= $1 or r.ended_at = 0 order by r.heard_at`, j.now().Add(-rowCacheAge).UnixMilli())
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	now := j.now()
	for _, k := range all {
		at := time.UnixMilli(k.heard)
		if now.Sub(at) >= rowCacheAge {
			at = now.Add(rowCacheRefresh - rowCacheAge) // it may last; until the board tells
		}
		j.state(k.account).cacheRow(sipgate.CallID(k.id), switchboard.RowID(k.row), at)
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

// query returns all rows that a query finds.
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

// scan reads a row of one text.
func scanText[T ~string](rows *sql.Rows) (T, error) {
	var s string
	err := rows.Scan(&s)
	return T(s), err
}

// mostField is how many characters of a name or a detail are kept.
const maxFieldLength = 200

// tidy returns s on one line, cut, without control and invisible characters,
// which could disguise what is written.
func singleLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return truncate(strings.Join(strings.Fields(s), " "), maxFieldLength)
}

// cut returns at most so many characters of s.
func truncate(s string, most int) string {
	for i := range s {
		if most == 0 {
			return strings.TrimSpace(s[:i])
		}
		most--
	}
	return s
}
