package maintenance

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"callboard/web/database"
)

// firstMigrations returns the owners as they were when each had at most n
// migrations.
func firstMigrations(t *testing.T, n int) (owners map[string]fs.FS, more bool) {
	t.Helper()
	owners = map[string]fs.FS{}
	for owner, fsys := range Owners() {
		if sub, err := fs.Sub(fsys, "migrations"); err == nil {
			if entries, _ := fs.Glob(sub, "*.sql"); len(entries) > 0 {
				fsys = sub
			}
		}
		names, err := fs.Glob(fsys, "*.sql")
		if err != nil || len(names) == 0 {
			t.Fatalf("migrations of %s: %v, %v", owner, names, err)
		}
		slices.Sort(names)
		more = more || len(names) > n
		some := fstest.MapFS{}
		for _, name := range names[:min(n, len(names))] {
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			some[name] = &fstest.MapFile{Data: text}
		}
		owners[owner] = some
	}
	return owners, more
}

// schema returns the statements that made the tables, sorted.
func schema(t *testing.T, db *database.DB) string {
	t.Helper()
	rows, err := db.Query(`select sql from sqlite_schema where sql is not null order by name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.Join(strings.Fields(s), " "))
	}
	return strings.Join(all, "\n")
}

// From the tables of every earlier version there is a way to today's, with a copy
// of what was before, and it leads to the same tables.
func TestUpgradeFromEveryVersion(t *testing.T) {
	t.Parallel()
	fresh := hold(t, t.TempDir())
	if err := database.Migrate(t.Context(), fresh.DB, "now", Owners()); err != nil {
		t.Fatal(err)
	}
	want := schema(t, fresh)
	for n := 1; ; n++ {
		owners, more := firstMigrations(t, n)
		if !more {
			if n < 14 {
				t.Errorf("only %d versions", n)
			}
			return
		}
		dir := t.TempDir()
		db := hold(t, dir)
		if err := database.Migrate(t.Context(), db.DB, "then", owners); err != nil {
			t.Fatal(err)
		}
		if err := database.Migrate(t.Context(), db.DB, "now", Owners()); err != nil {
			t.Fatalf("from version %d: %v", n, err)
		}
		if got := schema(t, db); got != want {
			t.Errorf("from version %d the tables are\n%s\nnot\n%s", n, got, want)
		}
		if copies, _ := filepath.Glob(filepath.Join(dir, "*.backup")); len(copies) != 1 {
			t.Errorf("from version %d: copies %v", n, copies)
		}
		if program, _, err := database.LastUpgrade(t.Context(), db.DB); err != nil || program != "now" {
			t.Errorf("last upgrade by %q, %v", program, err)
		}
		db.Close()
	}
}

// The way back from an upgrade: the copy that it made is restored, and the older
// program, which refuses the newer database, goes on with it.
func TestDowngrade(t *testing.T) {
	dir := newData(t)
	older := Owners()
	newer := maps.Clone(older)
	newer["callback"] = fstest.MapFS{"00001_list.sql": {Data: []byte("-- +goose Up\ncreate table callback (id text primary key);\n")}}
	db := hold(t, dir)
	if err := database.Migrate(t.Context(), db.DB, "v2.0.0", newer); err != nil {
		t.Fatal(err)
	}
	if err := database.Migrate(t.Context(), db.DB, "v1.0.0", older); err == nil || !strings.Contains(err.Error(), "it needs v2.0.0 or newer") {
		t.Errorf("the older program: %v", err)
	}
	db.Close()
	copies, _ := filepath.Glob(filepath.Join(dir, "*.backup"))
	if len(copies) != 1 {
		t.Fatalf("copies: %v", copies)
	}
	before := t.TempDir()
	copyKey(t, dir, before)
	r := Restore{File: copies[0], DataSettings: DataSettings{Place: database.Place{Data: before}}}
	if err := r.Run(t.Context(), new(strings.Builder)); err != nil {
		t.Fatal(err)
	}
	if !opens(t, before) {
		t.Error("the member has to sign in again")
	}
	if _, err := os.Stat(filepath.Join(dir, "callboard.db")); err != nil {
		t.Error(err)
	}
}
