package journal

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// ErrTeamNumber is returned for a number of a telephone of the team: its calls are
// those of all its callers.
var ErrTeamNumber = errors.New("this is a number of the team, not of a caller")

// Erased says what [Erase] removed of a caller.
type Erased struct {
	Calls map[string]int // calls by account, with their timelines and notes
	Texts map[string]int // texts of other calls by account, from which the caller was removed
	Names []string       // under which the caller was stored, and the given ones
}

// Erase removes a caller from the journal: every call with the number, and in the
// timelines and notes of other calls the number and the names. Names are those that
// stand beside the number, and the given ones. replace returns a text without the
// number and names.
//
// The journal of the same database must not be in use.
func Erase(ctx context.Context, tx *sql.Tx, n sipgate.Number, names []string, replace func(text string, names []string) string) (Erased, error) {
	e := eraser{tx: tx, number: n, names: map[string]bool{}, Erased: Erased{Calls: map[string]int{}, Texts: map[string]int{}}}
	for _, name := range names {
		e.names[name] = true
	}
	if err := e.removeCalls(ctx); err != nil {
		return Erased{}, err
	}
	e.Names = slices.Sorted(maps.Keys(e.names))
	e.replace = func(text string) string { return replace(text, e.Names) }
	return e.Erased, errors.Join(e.cleanEntries(ctx), e.cleanStates(ctx))
}

type eraser struct {
	tx      *sql.Tx
	number  sipgate.Number
	names   map[string]bool
	replace func(string) string
	Erased
}

// A storedRow is the key of a row, and its state.
type storedRow struct{ account, row, into, state string }

// rowsWith returns the rows whose state contains a text.
func (e *eraser) rowsWith(ctx context.Context, text string) (all []storedRow, err error) {
	rows, err := e.tx.QueryContext(ctx, `select account, row_id, into_row, state from journal_rows
		where state like $1 order by account, row_id`, "%"+text+"%")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r storedRow
		if err := rows.Scan(&r.account, &r.row, &r.into, &r.state); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// removeCalls removes the calls with the number and collects the names.
func (e *eraser) removeCalls(ctx context.Context) error {
	rows, err := e.rowsWith(ctx, strings.TrimPrefix(string(e.number), "+"))
	if err != nil {
		return err
	}
	for _, r := range rows {
		call, err := decodeCall(r.state)
		if err != nil {
			return err
		}
		// After a transfer the local party may be anybody.
		if e.matches(call.Local) && len(call.PreviousParties) == 0 || call.Internal && e.matches(call.Remote) {
			return ErrTeamNumber
		}
		parties := append([]switchboard.Party{call.Remote, call.Local}, call.PreviousParties...)
		if !slices.ContainsFunc(parties, e.matches) {
			continue
		}
		for _, p := range parties {
			if e.matches(p) && p.Name != "" {
				e.names[p.Name] = true
			}
		}
		whole := r.row
		if r.into != "" {
			whole = r.into
		}
		if err := e.removeRow(ctx, r.account, whole); err != nil {
			return err
		}
	}
	return nil
}

func (e *eraser) matches(p switchboard.Party) bool {
	return sipgate.NormalizeNumber(p.Number) == string(e.number)
}

// removeRow removes a row with all that was merged into it.
func (e *eraser) removeRow(ctx context.Context, account, row string) error {
	for _, table := range []string{"journal_entries", "journal_calls", "journal_past", "journal_members", "journal_rows"} {
		result, err := e.tx.ExecContext(ctx, `delete from `+table+` where account = $1 and row_id in (
			select row_id from journal_rows where account = $1 and (row_id = $2 or into_row = $2))`, account, row)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil {
			return err
		} else if table == "journal_rows" && n > 0 {
			e.Calls[account]++
		}
	}
	return nil
}

// cleanEntries removes number and names from the timelines and notes of other
// calls.
func (e *eraser) cleanEntries(ctx context.Context) error {
	type entry struct {
		account, row, who, detail string
		n                         int64
	}
	rows, err := e.tx.QueryContext(ctx, `select account, row_id, n, who, detail from journal_entries where detail <> '' or who <> ''`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var changed []entry
	for rows.Next() {
		var x entry
		if err := rows.Scan(&x.account, &x.row, &x.n, &x.who, &x.detail); err != nil {
			return err
		}
		who, detail := e.replace(x.who), e.replace(x.detail)
		if who != x.who || detail != x.detail {
			x.who, x.detail = who, detail
			changed = append(changed, x)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, x := range changed {
		if _, err := e.tx.ExecContext(ctx, `update journal_entries set who = $1, detail = $2 where account = $3 and row_id = $4 and n = $5`,
			x.who, x.detail, x.account, x.row, x.n); err != nil {
			return err
		}
		e.Texts[x.account]++
	}
	return nil
}

// cleanStates removes number and names from what is known of other calls: a
// transfer to the number, the same name beside another number.
func (e *eraser) cleanStates(ctx context.Context) error {
	for _, text := range append(e.Names, strings.TrimPrefix(string(e.number), "+")) {
		rows, err := e.rowsWith(ctx, text)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := e.cleanState(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *eraser) cleanState(ctx context.Context, r storedRow) error {
	call, err := decodeCall(r.state)
	if err != nil {
		return err
	}
	before, err := encodeCall(&call)
	if err != nil {
		return err
	}
	call.Remote.Name = e.replace(call.Remote.Name)
	for i := range call.PreviousParties {
		call.PreviousParties[i].Name = e.replace(call.PreviousParties[i].Name)
	}
	if call.LastCommand != nil {
		call.LastCommand.Detail = e.replace(call.LastCommand.Detail)
	}
	after, err := encodeCall(&call)
	if err != nil || after == before {
		return err
	}
	_, err = e.tx.ExecContext(ctx, `update journal_rows set state = $1 where account = $2 and row_id = $3`, after, r.account, r.row)
	e.Texts[r.account]++
	return err
}
