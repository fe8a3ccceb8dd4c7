package database_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callboard/web/database"
)

// newBackup returns a backup of a database with some rows.
func newBackup(t *testing.T) string {
	t.Helper()
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
	db := open(t, dir)
	defer db.Close()
	for _, statement := range []string{
		`create table n (i bigint primary key, pad text)`, `create index n_pad on n (pad)`,
		`create table parent (id text primary key)`, `create table child (of text references parent (id))`,
		`insert into parent values ('a')`, `insert into child values ('a')`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		if _, err := db.Exec(`insert into n values ($1, hex(randomblob(900)))`, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	return file
}

func list(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// A backup becomes the database of a new directory, or of one that holds the key
// only; what was changed in between counts, and the backup stays as it is.
func TestRestore(t *testing.T) {
	backup := newBackup(t)
	before, _ := os.ReadFile(backup)
	dir := filepath.Join(t.TempDir(), "new", "data")
	key := filepath.Join(dir, "key")
	os.MkdirAll(dir, 0o700)
	os.WriteFile(key, []byte("key"), 0o600)
	os.WriteFile(filepath.Join(dir, "callboard.db.new"), []byte("of an interrupted attempt"), 0o600)
	r, err := database.BeginRestore(t.Context(), backup, dir, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := database.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("opened meanwhile: %v", err)
	}
	if _, err := r.Exec(`delete from n where i >= 40`); err != nil {
		t.Fatal(err)
	}
	if err := r.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := list(t, dir); got != "callboard.db callboard.lock key" {
		t.Errorf("in the directory: %s", got)
	}
	if info, _ := os.Stat(filepath.Join(dir, "callboard.db")); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if after, _ := os.ReadFile(backup); string(after) != string(before) || list(t, filepath.Dir(backup)) != "copy.db" {
		t.Error("the backup was changed")
	}
	db := open(t, dir)
	var n int
	if err := db.QueryRow(`select count(*) from n`).Scan(&n); err != nil || n != 40 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A restoration that is given up leaves a directory that can be used.
func TestRestoreGivenUp(t *testing.T) {
	backup, dir := newBackup(t), t.TempDir()
	for range 2 {
		r, err := database.BeginRestore(t.Context(), backup, dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Abort(); err != nil {
			t.Error(err)
		}
	}
	if got := list(t, dir); got != "callboard.lock" {
		t.Errorf("in the directory: %s", got)
	}
}

// What is no whole backup, or would replace something, is refused, and nothing is
// left.
func TestRestoreRefuses(t *testing.T) {
	change := func(f func(content []byte) []byte) func(t *testing.T, backup, dir string) {
		return func(t *testing.T, backup, dir string) {
			content, err := os.ReadFile(backup)
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile(backup, f(content), 0o600)
		}
	}
	exec := func(statements ...string) func(t *testing.T, backup, dir string) {
		return func(t *testing.T, backup, dir string) {
			other := t.TempDir()
			r, err := database.BeginRestore(t.Context(), backup, other)
			if err != nil {
				t.Fatal(err)
			}
			r.SetMaxOpenConns(1)
			for _, s := range statements {
				if _, err := r.Exec(s); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.Commit(); err != nil {
				t.Fatal(err)
			}
			os.Rename(filepath.Join(other, "callboard.db"), backup)
		}
	}
	for name, c := range map[string]struct {
		prepare func(t *testing.T, backup, dir string)
		want    string
	}{
		"a database is there": {func(t *testing.T, _, dir string) { open(t, dir).Close() }, "not empty"},
		"other files are there": {func(t *testing.T, _, dir string) {
			for _, name := range []string{"a", "b", "c", "d"} {
				os.WriteFile(filepath.Join(dir, name), nil, 0o600)
			}
		}, "move these files away: a, b, c, …"},
		"the program runs":   {func(t *testing.T, _, dir string) { open(t, dir) }, "in use by pid"},
		"missing":            {func(t *testing.T, backup, _ string) { os.Remove(backup) }, "no such file"},
		"a directory":        {func(t *testing.T, backup, _ string) { os.Remove(backup); os.Mkdir(backup, 0o700) }, "is not a file"},
		"empty":              {change(func([]byte) []byte { return nil }), "is empty"},
		"cut off":            {change(func(b []byte) []byte { return b[:len(b)-4096] }), "cut off"},
		"not a database":     {change(func(b []byte) []byte { return []byte(strings.Repeat("text ", 99)) }), "not a database"},
		"of another program": {change(func(b []byte) []byte { copy(b[68:], "abcd"); return b }), "was not made by this program"},
		"a damaged page": {change(func(b []byte) []byte {
			for i := len(b) - 3*4096; i < len(b)-2*4096; i++ {
				b[i] = 0xa5
			}
			return b
		}), "is damaged"},
		"a row without its parent":   {exec(`pragma foreign_keys = 0`, `delete from parent`), "1 rows belong to rows that are missing"},
		"an index that does not fit": {exec(`pragma writable_schema = 1`, `update sqlite_schema set sql = 'CREATE INDEX n_pad on n (i)' where name = 'n_pad'`), "is damaged"},
		"a copy of files in use":     {func(t *testing.T, backup, _ string) { os.WriteFile(backup+"-wal", []byte("log"), 0o600) }, "-wal"},
	} {
		t.Run(name, func(t *testing.T) {
			backup, dir := newBackup(t), t.TempDir()
			c.prepare(t, backup, dir)
			before := list(t, dir)
			_, err := database.BeginRestore(t.Context(), backup, dir)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q", err, c.want)
			}
			if after := list(t, dir); after != before && after != "callboard.lock" {
				t.Errorf("left: %s, before: %s", after, before)
			}
			if c.want == "not empty" && !errors.Is(err, database.ErrNotEmpty) {
				t.Errorf("%v", err)
			}
		})
	}
}

// CheckSchema tells what Migrate would do, and changes nothing.
func TestCheckSchema(t *testing.T) {
	db := open(t, t.TempDir())
	check := func(owners int, want bool, text string) {
		t.Helper()
		outdated, err := database.CheckSchema(t.Context(), db.DB, fsOwners(owners))
		if outdated != want || (err == nil) != (text == "") || err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%v, %v; want %v, %q", outdated, err, want, text)
		}
	}
	check(1, true, "")
	var n int
	if db.QueryRow(`select count(*) from sqlite_schema`).Scan(&n); n != 0 {
		t.Error("tables were made")
	}
	if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(1)); err != nil {
		t.Fatal(err)
	}
	check(1, false, "")
	check(2, true, "")
	if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(2)); err != nil {
		t.Fatal(err)
	}
	check(1, false, "newer version")
	if _, err := database.CheckSchema(t.Context(), db.DB, fsMap("other", notes(1))); err == nil || !strings.Contains(err.Error(), "notes: version 2") {
		t.Errorf("tables of a package that this program does not have: %v", err)
	}
}
