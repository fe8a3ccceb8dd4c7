package maintenance

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"callboard/sipgate/journal"
	"callboard/sipgate/team"
	"callboard/web/database"
)

// newOffice returns a data directory with calls, notes and an audit, which a
// program wrote, brought up to date.
func newOffice(t *testing.T) string {
	t.Helper()
	packed, err := os.Open("../acceptance/testdata/earlier-2026-11-29/callboard.sql.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	raw, err := sql.Open("sqlite", filepath.Join(dir, "callboard.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec(string(text)); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	db := hold(t, dir)
	defer db.Close()
	if err := database.Migrate(t.Context(), db.DB, "test", Owners()); err != nil {
		t.Fatal(err)
	}
	copies, _ := filepath.Glob(filepath.Join(dir, "*.backup"))
	for _, c := range copies {
		os.Remove(c)
	}
	return dir
}

// traces returns which files of a directory contain a text.
func traces(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			files = append(files, e.Name())
		}
	}
	return files
}

func count(t *testing.T, db *database.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// No byte of an erased caller is left in the database; the calls of
// others stay, and the audit says that it happened.
func TestErase(t *testing.T) {
	t.Parallel()
	dir := newOffice(t)
	db := hold(t, dir)
	rows, audit := count(t, db, `select count(*) from journal_rows`), count(t, db, `select count(*) from audit`)
	// Another call, whose note and audit name the caller.
	for _, statement := range []string{
		`insert into journal_entries (account, row_id, n, at, about, kind, who, detail)
			select account, row_id, 900, 1, false, 'noted', 'Anna Bergmann', 'Ask Quentin Zwölfer under 030/555-002 again' from journal_rows where state like '%30555003%'`,
		`insert into journal_changes (account, entry_id, number, note, starred, changed_at)
			select account, 'event_1', '+4930555002', 'Zwölfer again', true, 1 from journal_rows limit 1`,
		`insert into journal_changes (account, entry_id, number, note, archived, changed_at)
			select account, 'event_2', '+4930555003', 'Ask Quentin Zwölfer', true, 1 from journal_rows limit 1`,
		`update audit set parties = 'Zacharias Unbekannt (+4930555002) / +4921112345610' where parties like '%30555002%'`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	if len(traces(t, dir, "30555002")) == 0 || len(traces(t, dir, "Zwölfer")) == 0 {
		t.Fatal("the caller is not in the data")
	}
	run := func(dry bool) string {
		t.Helper()
		var out bytes.Buffer
		c := Erase{Number: "030 555 002", Country: "de", Name: []string{"Quentin Zwölfer"}, DryRun: dry, Place: database.Place{Data: dir}}
		if err := c.Run(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if said := run(true); !strings.Contains(said, "Would remove") || !strings.Contains(said, "1 calls") || len(traces(t, dir, "30555002")) == 0 {
		t.Errorf("a dry run: %s", said)
	}
	if said := run(false); !strings.Contains(said, "Removed") || !strings.Contains(said, "Backups that were made before") || strings.Contains(said, "30555002") {
		t.Errorf("says %s", said)
	}
	for _, text := range []string{"30555002", "555-002", "Zwölfer", "Unbekannt"} {
		if files := traces(t, dir, text); len(files) > 0 {
			t.Errorf("%q is still in %v", text, files)
		}
	}
	db = hold(t, dir)
	if n := count(t, db, `select count(*) from journal_rows`); n != rows-1 {
		t.Errorf("%d calls, %d before", n, rows)
	}
	if n := count(t, db, `select count(*) from journal_entries where detail = 'Ask [erased] under [erased] again'`); n != 1 {
		t.Error("the note on another call is not clean, or gone")
	}
	if n := count(t, db, `select count(*) from journal_changes where entry_id = 'event_2' and archived and note = 'Ask [erased]'`); n != 1 || count(t, db, `select count(*) from journal_changes`) != 1 {
		t.Error("what was changed of the history's entries is not clean, or gone")
	}
	if n := count(t, db, `select count(*) from audit`); n != audit+1 {
		t.Errorf("%d entries in the audit, %d before", n, audit)
	}
	if n := count(t, db, `select count(*) from audit where deed = 'erase' and outcome = 'done' and by_name = 'Command line' and parameters like '1 calls, % texts'`); n != 1 {
		t.Error("the audit does not say that a caller was erased")
	}
	if n := count(t, db, `select count(*) from audit where parties = '[erased] / +4921112345610'`); n == 0 {
		t.Error("the other party is gone from the audit, or the caller is still in it")
	}
	db.Close()
	if said := run(false); !strings.Contains(said, "Nothing is stored") {
		t.Errorf("the second time: %s", said)
	}
	if !journalOpens(t, dir) {
		t.Error("the journal cannot be read any more")
	}
}

// A caller of whom nothing is kept but a change of a past call is erased, too.
func TestEraseOnlyAChange(t *testing.T) {
	dir := newOffice(t)
	db := hold(t, dir)
	if _, err := db.Exec(`insert into journal_changes (account, entry_id, number, note, changed_at)
		select account, 'event_1', '+4930555999', 'Quite another caller', 1 from journal_rows limit 1`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	var out bytes.Buffer
	if err := (&Erase{Number: "+49 30 555999", Place: database.Place{Data: dir}}).Run(t.Context(), &out); err != nil || !strings.Contains(out.String(), "Removed") {
		t.Errorf("says %s, %v", &out, err)
	}
	if n := count(t, hold(t, dir), `select count(*) from journal_changes`); n != 0 {
		t.Errorf("%d changes are left", n)
	}
}

// A number to which a call was transferred is erased where it is named.
func TestEraseRecipientOfATransfer(t *testing.T) {
	dir := newOffice(t)
	if len(traces(t, dir, "30666004")) == 0 {
		t.Fatal("the recipient is not in the data")
	}
	if err := (&Erase{Number: "+49 30 666004", Place: database.Place{Data: dir}}).Run(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	if files := traces(t, dir, "30666004"); len(files) > 0 {
		t.Errorf("still in %v", files)
	}
}

// The name that one team stored with the number is erased from its texts, not from
// those of another team, and never from the names of members.
func TestEraseNamesWithinATeam(t *testing.T) {
	dir := newOffice(t)
	db := hold(t, dir)
	const text = `Anna Bergmann spoke with Quentin Zwölfer`
	for _, statement := range []string{
		`update journal_rows set state = replace(state, '"remote":{"number":"+4930555002"}', '"remote":{"number":"+4930555002","name":"Quentin Zwölfer"}')`,
		`insert into journal_rows (account, row_id, into_row, ended_at, heard_at, state)
			select '7654321', 'OTHER', '', ended_at, heard_at, state from journal_rows where state like '%30555003%'`,
		`insert into journal_entries (account, row_id, n, at, about, kind, who, detail)
			select account, row_id, 900, 1, false, 'noted', 'Quentin Zwölfer', '` + text + `' from journal_rows where state like '%30555003%'`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	if err := (&Erase{Number: "+4930555002", Place: database.Place{Data: dir}}).Run(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	db = hold(t, dir)
	if n := count(t, db, `select count(*) from journal_entries where account <> '7654321' and detail = 'Anna Bergmann spoke with [erased]' and who = 'Quentin Zwölfer'`); n != 1 {
		t.Error("the name is still in the team's note, or the member's name is not")
	}
	if n := count(t, db, `select count(*) from journal_entries where account = '7654321' and detail = '`+text+`'`); n != 1 {
		t.Error("the note of another team was changed")
	}
	if n := count(t, db, `select count(*) from audit where account = '7654321'`); n != 0 {
		t.Error("the audit of another team has an entry")
	}
}

func journalOpens(t *testing.T, dir string) bool {
	t.Helper()
	db := hold(t, dir)
	defer db.Close()
	_, err := journal.New(t.Context(), db.DB, journal.Options{Log: slog.New(slog.DiscardHandler)})
	return err == nil
}

// What cannot be erased is named, and nothing is changed.
func TestEraseRefuses(t *testing.T) {
	dir := newOffice(t)
	db := hold(t, dir)
	var own string
	if err := db.QueryRow(`select state from journal_rows where state like '%30555003%'`).Scan(&own); err != nil {
		t.Fatal(err)
	}
	db.Close()
	ownNumber := regexp.MustCompile(`"local":\{"number":"([^"]+)"`).FindStringSubmatch(own)[1]
	for name, c := range map[string]struct {
		e    Erase
		want string
	}{
		"no number":            {Erase{Number: "Ada"}, "is not a number"},
		"without a country":    {Erase{Number: "030 555002"}, "give --country"},
		"a number of the team": {Erase{Number: ownNumber}, "a number of the team"},
		"a short name":         {Erase{Number: "+4930555002", Name: []string{"a"}}, "less than three letters"},
		"another directory":    {Erase{Number: "+4930555002", Place: database.Place{Data: t.TempDir()}}, "there is no database"},
	} {
		if c.e.Data == "" {
			c.e.Data = dir
		}
		if err := c.e.Run(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&Erase{Number: ownNumber, Place: database.Place{Data: dir}}).Run(t.Context(), io.Discard); !errors.Is(err, journal.ErrTeamNumber) {
		t.Errorf("%v", err)
	}
	db = hold(t, dir)
	if n := count(t, db, `select count(*) from audit where deed = '`+string(team.EraseCaller)+`'`); n != 0 {
		t.Error("the audit says that somebody was erased")
	}
}

// While a program has the database open and writes to it, a caller is erased as well,
// unless one of their calls is on its board: it would be written again.
func TestEraseWhileCallboardRuns(t *testing.T) {
	t.Parallel()
	dir := newOffice(t)
	db := hold(t, dir)
	change := func(set string) {
		t.Helper()
		if _, err := db.Exec(`update journal_rows set ` + set + ` where state like '%30555002%'`); err != nil {
			t.Fatal(err)
		}
	}
	erase := func() error {
		return (&Erase{Number: "+4930555002", Place: database.Place{Data: dir}}).Run(t.Context(), io.Discard)
	}
	rows := count(t, db, `select count(*) from journal_rows`)
	for name, set := range map[string]string{
		"goes on":        `ended_at = 0`,
		"has just ended": fmt.Sprint(`heard_at = `, time.Now().Add(-30*time.Second).UnixMilli()),
	} {
		change(set)
		if err := erase(); !errors.Is(err, journal.ErrOnBoard) || count(t, db, `select count(*) from journal_rows`) != rows {
			t.Errorf("a call that %s: %v", name, err)
		}
		change(`ended_at = 1700000000000, heard_at = 1700000000000`)
	}

	audit, stop := team.NewAudit(db.DB, 0), make(chan struct{})
	written := make(chan int)
	go func() {
		defer close(written)
		for n := 0; ; n++ {
			if _, err := audit.Begin(t.Context(), team.AuditEntry{By: team.MemberID{Account: "1", User: "w0"}, Action: team.Hold}); err != nil {
				t.Errorf("entry %d of the audit: %v", n, err)
			}
			select {
			case <-stop:
				written <- n + 1
				return
			default:
			}
		}
	}()
	if err := erase(); err != nil {
		t.Fatal(err)
	}
	close(stop)
	n := <-written
	if got := count(t, db, `select count(*) from audit where account = '1'`); got != n {
		t.Errorf("%d entries in the audit, %d were written", got, n)
	}
	if files := traces(t, dir, "30555002"); len(files) > 0 {
		t.Errorf("still in %v", files)
	}
	if got := count(t, db, `select count(*) from journal_rows`); got != rows-1 {
		t.Errorf("%d calls, %d before", got, rows)
	}
	if n := count(t, db, `select count(*) from audit where deed = 'erase' and outcome = 'done'`); n != 1 {
		t.Error("the audit does not say that a caller was erased")
	}
}
