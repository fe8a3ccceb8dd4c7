package journal

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// ErrTeamNumber is returned for a number of a telephone of the team: its calls are
// those of all its callers.
var ErrTeamNumber = errors.New("this is a number of the team, not of a caller")

// ErrOnBoard is returned for a caller who is in a call, or was a moment ago: a program
// that runs has it in memory and would write it again.
var ErrOnBoard = errors.New("a call of the caller goes on, or has just ended: try again in a minute")

// boardTime is for how long after the last change of a call no board shows it any
// more, and everything about it is written.
const boardTime = time.Minute

// Erased says what [Erase] removed of a caller.
type Erased struct {
	Calls map[string]int      // calls by account, with their timelines and notes
	Texts map[string]int      // texts of other calls, and changes of past ones, by account, from which the caller was removed
	Names map[string][]string // by account: under which it stored the caller, and the given ones
}

// Erase removes a caller from the journal: every call with the number, what was
// changed of entries about it, and in the timelines and notes of other calls the number and the names. Names are those that
// the same account stored with the number, if they have three letters, and the given
// ones. replace returns a text without the number and names. Names of members stay.
//
// The journal of the same database may be in use. If one of the calls is on a board
// then, the error is ErrOnBoard.
func Erase(ctx context.Context, tx *sql.Tx, inUse bool, n sipgate.Number, names []string, replace func(text string, names []string) string) (Erased, error) {
	e := eraser{tx: tx, inUse: inUse, number: n, replace: replace,
		Erased: Erased{Calls: map[string]int{}, Texts: map[string]int{}, Names: map[string][]string{}}}
	if err := e.nameInAllAccounts(ctx, names); err != nil {
		return Erased{}, err
	}
	if err := e.removeCalls(ctx); err != nil {
		return Erased{}, err
	}
	return e.Erased, errors.Join(e.cleanEntries(ctx), e.cleanStates(ctx), e.eraseChanges(ctx))
}

type eraser struct {
	tx      *sql.Tx
	inUse   bool
	number  sipgate.Number
	replace func(text string, names []string) string
	Erased
}

// nameInAllAccounts gives all accounts the names that were given.
func (e *eraser) nameInAllAccounts(ctx context.Context, names []string) error {
	rows, err := e.tx.QueryContext(ctx, `select account from journal_rows union select account from journal_changes`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var account string
		if err := rows.Scan(&account); err != nil {
			return err
		}
		e.Names[account] = slices.Clone(names)
	}
	return rows.Err()
}

// minName is the length of a stored name, in letters, that is looked for in texts.
const minName = 3

func (e *eraser) addName(account, name string) {
	if utf8.RuneCountInString(name) >= minName && !slices.Contains(e.Names[account], name) {
		e.Names[account] = append(e.Names[account], name)
	}
}

// clean returns a text of an account without the caller.
func (e *eraser) clean(account, text string) string { return e.replace(text, e.Names[account]) }

// A storedRow is the key of a row, its state, and whether a board may show it.
type storedRow struct {
	account, row, into, state string
	onBoard                   bool
}

// rowsWith returns the rows whose state contains a text.
func (e *eraser) rowsWith(ctx context.Context, text string) (all []storedRow, err error) {
	rows, err := e.tx.QueryContext(ctx, `select account, row_id, into_row, state, ended_at = 0 or heard_at >= $2 from journal_rows
		where replace(state, $1, '') <> state order by account, row_id`, text, time.Now().Add(-boardTime).UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r storedRow
		if err := rows.Scan(&r.account, &r.row, &r.into, &r.state, &r.onBoard); err != nil {
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
		if e.inUse && r.onBoard {
			return ErrOnBoard
		}
		for _, p := range parties {
			if e.matches(p) {
				e.addName(r.account, p.Name)
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
		account, row, detail string
		n                    int64
	}
	rows, err := e.tx.QueryContext(ctx, `select account, row_id, n, detail from journal_entries where detail <> ''`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var changed []entry
	for rows.Next() {
		var x entry
		if err := rows.Scan(&x.account, &x.row, &x.n, &x.detail); err != nil {
			return err
		}
		if detail := e.clean(x.account, x.detail); detail != x.detail {
			x.detail = detail
			changed = append(changed, x)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, x := range changed {
		if _, err := e.tx.ExecContext(ctx, `update journal_entries set detail = $1 where account = $2 and row_id = $3 and n = $4`,
			x.detail, x.account, x.row, x.n); err != nil {
			return err
		}
		e.Texts[x.account]++
	}
	return nil
}

// cleanStates removes number and names from what is known of other calls: a
// transfer to the number, the same name beside another number.
func (e *eraser) cleanStates(ctx context.Context) error {
	texts := []string{strings.TrimPrefix(string(e.number), "+")}
	for _, names := range e.Names {
		texts = append(texts, names...)
	}
	slices.Sort(texts)
	for _, text := range slices.Compact(texts) {
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
	call.Remote.Name = e.clean(r.account, call.Remote.Name)
	for i := range call.PreviousParties {
		call.PreviousParties[i].Name = e.clean(r.account, call.PreviousParties[i].Name)
	}
	if call.LastCommand != nil {
		call.LastCommand.Detail = e.clean(r.account, call.LastCommand.Detail)
	}
	after, err := encodeCall(&call)
	if err != nil || after == before {
		return err
	}
	if e.inUse && r.onBoard {
		return ErrOnBoard
	}
	_, err = e.tx.ExecContext(ctx, `update journal_rows set state = $1 where account = $2 and row_id = $3`, after, r.account, r.row)
	e.Texts[r.account]++
	return err
}
