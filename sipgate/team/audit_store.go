package team

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"callboard/sipgate"
)

// insert writes e with the next id, at this moment.
func (a *Audit) insert(ctx context.Context, e AuditEntry) (int64, error) {
	if err := e.check(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrAuditUnavailable, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storing)
	defer cancel()
	now := a.now()
	for range 5 {
		var id int64
		// The id follows the newest one even if the clock was put back.
		err := a.db.QueryRowContext(ctx, `
			insert into audit (id, account, by_user, by_name, through, deed, call_id, parties,
				parameters, address, outcome, status, begun_at, took_ms)
			values ((select max(id) from (select $1 as id union all select max(id) + 1 from audit) ids),
				$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0)
			on conflict (id) do nothing returning id`,
			now.UnixMicro(), e.Account, string(e.By.User), e.ByName, string(e.Via.User),
			string(e.Action), e.Call, e.Parties, e.Parameters, e.Address, e.Outcome, e.Status,
			now.UnixMilli()).Scan(&id)
		if err == nil {
			return id, nil
		}
		if !isNone(err) {
			return 0, fmt.Errorf("%w: %w", ErrAuditUnavailable, err)
		}
	}
	return 0, fmt.Errorf("%w: ids keep being taken", ErrAuditUnavailable)
}

func (a *Audit) end(ctx context.Context, e ending) (int64, error) {
	return a.exec(ctx, `
		update audit set outcome = $1, status = $2, took_ms = $3
		where id = $4 and outcome in ('begun', 'waiting')`,
		e.outcome, e.status, e.took.Milliseconds(), e.id)
}

// owe keeps an ending for later. Of too many the oldest are forgotten: their
// entries are unknown after the next start.
func (a *Audit) owe(e ending) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owed = append(a.owed, e)
	if len(a.owed) > maxOwed {
		a.owed = a.owed[1:]
	}
}

// settle writes what is owed, until the store refuses again.
func (a *Audit) settle(ctx context.Context) {
	a.mu.Lock()
	owed := a.owed
	a.owed = nil
	a.mu.Unlock()
	for i, e := range owed {
		if _, err := a.end(ctx, e); err != nil {
			a.mu.Lock()
			a.owed = append(owed[i:len(owed):len(owed)], a.owed...)
			a.mu.Unlock()
			return
		}
	}
}

// exec executes a statement and returns how many rows it changed. It goes on
// when the caller goes away.
func (a *Audit) exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storing)
	defer cancel()
	result, err := a.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// AuditFilter says which entries of an account are wanted. What is zero does
// not matter.
type AuditFilter struct {
	By     sipgate.UserID
	Action Permission
	Call   string    // the row on the board
	From   time.Time // begun then or later
	To     time.Time // and before then
	Before int64     // entries older than the one with this id: the next page
	Limit  int       // at most so many: 100 if 0, never more than 1,000
}

// List returns the entries of an account, the newest first. There may be more
// if it returns as many as Limit.
func (a *Audit) List(ctx context.Context, account string, f AuditFilter) ([]AuditEntry, error) {
	if account == "" {
		return nil, errors.New("the audit is read by account")
	}
	where, args := []string{"account = $1"}, []any{account}
	add := func(condition string, arg any) {
		args = append(args, arg)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.By != "" {
		add("by_user = $%d", string(f.By))
	}
	if f.Action != "" {
		add("deed = $%d", string(f.Action))
	}
	if f.Call != "" {
		add("call_id = $%d", f.Call)
	}
	if !f.From.IsZero() {
		add("begun_at >= $%d", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		add("begun_at < $%d", f.To.UnixMilli())
	}
	if f.Before > 0 {
		add("id < $%d", f.Before)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	args = append(args, min(limit, 1000))
	return a.query(ctx, fmt.Sprintf("where %s order by id desc limit $%d",
		strings.Join(where, " and "), len(args)), args...)
}

// query returns the entries that a clause selects.
func (a *Audit) query(ctx context.Context, clause string, args ...any) ([]AuditEntry, error) {
	rows, err := a.db.QueryContext(ctx, `
		select id, account, by_user, by_name, through, deed, call_id, parties, parameters,
			address, outcome, status, begun_at, took_ms
		from audit `+clause, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []AuditEntry
	for rows.Next() {
		var (
			e                 AuditEntry
			by, through, deed string
			at, took          int64
		)
		if err := rows.Scan(&e.ID, &e.Account, &by, &e.ByName, &through, &deed, &e.Call, &e.Parties,
			&e.Parameters, &e.Address, &e.Outcome, &e.Status, &at, &took); err != nil {
			return nil, err
		}
		e.By = MemberID{e.Account, sipgate.UserID(by)}
		e.Via = MemberID{e.Account, sipgate.UserID(through)}
		e.Action = Permission(deed)
		e.At, e.Took = time.UnixMilli(at).UTC(), time.Duration(took)*time.Millisecond
		found = append(found, e)
	}
	return found, rows.Err()
}
