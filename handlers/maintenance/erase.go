package maintenance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/team"
	"callboard/web/database"
)

// Erase removes a caller from all that is stored, on the caller's request.
type Erase struct {
	Number  string   `arg:"" help:"The caller's number."`
	Name    []string `placeholder:"NAME" help:"Names of the caller that stand in notes, in addition to those that are stored with the number."`
	Country string   `placeholder:"CODE" help:"Country of a number in national spelling (DE, AT, CH …)."`
	DryRun  bool     `help:"Only say what would be removed."`
	database.Place
}

// erasedText stands where a number or a name was.
const erasedText = "[erased]"

// erasedBy is who removed a caller, for the audit: whoever can use the command line
// of the machine.
const erasedBy, erasedByName = "server", "Command line"

// Run removes the caller and records that in the audit of every team concerned,
// without number and name. While Callboard runs, none of the calls may be on the board.
func (c *Erase) Run(ctx context.Context, out io.Writer) error {
	number := sipgate.Number(sipgate.NumberRules{Region: strings.ToUpper(c.Country)}.E164(c.Number))
	if !number.Valid() {
		return fmt.Errorf("erase: %q is not a number such as +49 30 555002; for national spelling give --country", c.Number)
	}
	for _, name := range c.Name {
		if len(strings.TrimSpace(name)) < 3 {
			return errors.New("erase: --name: a name of less than three letters would be found everywhere")
		}
	}
	db, err := c.OpenBeside(ctx)
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	defer db.Close()
	if outdated, err := database.CheckSchema(ctx, db.DB, Owners()); err != nil {
		return fmt.Errorf("erase: %w", err)
	} else if outdated {
		return errors.New("erase: the database is of an earlier version: start Callboard once, and stop it again")
	}
	found, err := c.erase(ctx, db, number, true)
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	if c.DryRun || found.nothing() {
		return found.print(out, "Would remove", "")
	}
	if err := c.audited(ctx, db, found, number); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return found.print(out, "Removed", c.copies())
}

// audited removes what was found, with an entry in the audit of each team before.
func (c *Erase) audited(ctx context.Context, db *database.DB, found erasure, number sipgate.Number) error {
	audit := team.NewAudit(db.DB, 0)
	ids := map[int64]bool{}
	for _, account := range found.accounts() {
		id, err := audit.Begin(ctx, team.AuditEntry{By: team.MemberID{Account: account, User: erasedBy}, ByName: erasedByName,
			Action: team.EraseCaller, Parameters: fmt.Sprintf("%d calls, %d texts", found.Calls[account], found.texts(account))})
		if err != nil {
			return err
		}
		ids[id] = true
	}
	_, err := c.erase(ctx, db, number, false)
	outcome := team.OutcomeDone
	if err != nil {
		outcome = team.OutcomeFailed
	}
	for id := range ids {
		err = errors.Join(err, audit.End(ctx, id, outcome, 0, 0))
	}
	return errors.Join(err, database.Compact(ctx, db.DB))
}

// An erasure is what is removed of a caller.
type erasure struct {
	journal.Erased
	audit map[string]int // entries of the audit by account
}

// erase removes the caller in one transaction, which it takes back if dry.
func (c *Erase) erase(ctx context.Context, db *database.DB, number sipgate.Number, dry bool) (e erasure, err error) {
	replace := func(text string, names []string) string {
		names = slices.SortedFunc(slices.Values(names), func(a, b string) int { return len(b) - len(a) })
		for _, name := range names { // the longest first: names may contain each other
			text = strings.ReplaceAll(text, name, erasedText)
		}
		return sipgate.ReplaceNumber(text, number, erasedText)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return e, err
	}
	defer tx.Rollback()
	if e.Erased, err = journal.Erase(ctx, tx, db.InUse(), number, c.Name, replace); err != nil {
		return e, err
	}
	if e.audit, err = team.EraseFromAudit(ctx, tx, func(account, text string) string {
		return withoutNames(replace(text, e.namesIn(account, c.Name)))
	}); err != nil || dry {
		return e, err
	}
	return e, tx.Commit()
}

// withoutNames removes from the parties of an audit entry the names that stand before
// an erased number, "Ada ([erased]) / Anna (+49 …)": the audit is kept for longer
// than the calls that would tell these names.
func withoutNames(parties string) string {
	all := strings.Split(parties, " / ")
	for i, party := range all {
		if strings.HasSuffix(party, "("+erasedText+")") {
			all[i] = erasedText
		}
	}
	return strings.Join(all, " / ")
}

func (e erasure) accounts() []string {
	all := slices.Concat(slices.Collect(maps.Keys(e.Calls)), slices.Collect(maps.Keys(e.Texts)), slices.Collect(maps.Keys(e.audit)))
	slices.Sort(all)
	return slices.Compact(all)
}

// namesIn returns the names that an account stored, and the given ones.
func (e erasure) namesIn(account string, given []string) []string {
	if names, ok := e.Names[account]; ok {
		return names
	}
	return given
}

func (e erasure) texts(account string) int { return e.Texts[account] + e.audit[account] }

func (e erasure) nothing() bool { return len(e.accounts()) == 0 }

// print says what is removed, and where else the caller may be.
func (e erasure) print(out io.Writer, verb, copies string) error {
	var text strings.Builder
	for _, account := range e.accounts() {
		fmt.Fprintf(&text, "%s in account %s: %d calls with their timelines and notes; number and names in %d other texts and audit entries.\n",
			verb, account, e.Calls[account], e.texts(account))
	}
	if e.nothing() {
		text.WriteString("Nothing is stored about this number.\n")
	}
	for _, account := range e.accounts() {
		if names := e.Names[account]; len(names) > 0 {
			fmt.Fprintf(&text, "Names in account %s: %s.\n", account, strings.Join(names, ", "))
		}
	}
	text.WriteString(copies + "sipgate keeps its own history, recordings and contacts: remove the caller there as well.\n")
	_, err := io.WriteString(out, text.String())
	return err
}

// copies names the copies of the database that still have the caller.
func (c *Erase) copies() string {
	names, _ := filepath.Glob(filepath.Join(c.Data, "callboard.db.*.backup"))
	text := "Backups that were made before still have this caller. Remove them, or let them grow old.\n"
	for _, name := range names {
		text += "  " + name + "\n"
	}
	return text
}
