package team

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"callboard/sipgate"
)

// maxPage is the greatest number of entries that List returns, and the number
// that All reads at a time.
const maxPage = 1000

// AuditFilter selects entries of an account. Zero fields select all.
type AuditFilter struct {
	By     sipgate.UserID
	Action Permission
	Call   string    // the row on the board
	From   time.Time // begun at this time or later
	To     time.Time // begun before this time
	Before int64     // older than the entry with this id: the next page
	Limit  int       // default 100, at most 1,000
}

// List returns the selected entries of an account, the newest first. If it
// returns as many as Limit, there may be more.
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
	args = append(args, min(limit, maxPage))
	return a.query(ctx, fmt.Sprintf("where %s order by id desc limit $%d",
		strings.Join(where, " and "), len(args)), args...)
}

// All returns the selected entries of an account, the newest first. The limit of
// f is ignored. The sequence ends after its first error.
//
// It reads a page at a time and holds no database connection while an entry is
// being handled: a slow consumer blocks no writer, and memory does not grow
// with the number of entries.
func (a *Audit) All(ctx context.Context, account string, f AuditFilter) iter.Seq2[AuditEntry, error] {
	f.Limit = maxPage
	return func(yield func(AuditEntry, error) bool) {
		for page := f; ; {
			entries, err := a.List(ctx, account, page)
			if err != nil {
				yield(AuditEntry{}, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
				page.Before = e.ID
			}
			if len(entries) < page.Limit {
				return
			}
		}
	}
}

// query returns the entries that a clause selects.
func (a *Audit) query(ctx context.Context, clause string, args ...any) ([]AuditEntry, error) {
	var entries []AuditEntry
	err := eachRow(ctx, a.db, func(row scanner) error {
		var e AuditEntry
		var begun, took int64
		err := row.Scan(&e.ID, &e.Account, &e.By.User, &e.ByName, &e.Via.User, &e.Action, &e.Call, &e.Parties,
			&e.Parameters, &e.Address, &e.Outcome, &e.Status, &begun, &took)
		e.By.Account, e.Via.Account = e.Account, e.Account
		e.At, e.Took = time.UnixMilli(begun).UTC(), time.Duration(took)*time.Millisecond
		entries = append(entries, e)
		return err
	}, `
		select id, account, by_user, by_name, through, deed, call_id, parties, parameters,
			address, outcome, status, begun_at, took_ms
		from audit `+clause, args...)
	if err != nil {
		return nil, err
	}
	return entries, nil
}
