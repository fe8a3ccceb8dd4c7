package database_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"callboard/web/database"
	"callboard/web/database/databasetest"
)

// things are owners with a table that refers to another one, which follows by name.
var things = map[string]fs.FS{"things": fstest.MapFS{"00001_things.sql": {Data: []byte(`-- +goose Up
create table thing (id text primary key, n bigint not null, yes boolean not null, no boolean, data bytea);
create table part (id text primary key, thing text not null references thing (id));
`)}}}

// withThings returns a directory with a database of 1,300 things, each one with more data
// than the one before it, by twice as many bytes as given.
func withThings(t *testing.T, growth int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := database.Migrate(t.Context(), db.DB, "v1", things); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1300 {
		id := strings.Repeat("ä", i%7) + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
		var no any
		if i%3 > 0 {
			no = i%3 == 1
		}
		if _, err := tx.Exec(`insert into thing (id, n, yes, no, data) values ($1, $2, $3, $4, $5)`, id, int64(i)<<40, i%2 == 0, no, bytes.Repeat([]byte{0, 255}, i*growth)); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(`insert into part (id, thing) values ($1, $2)`, id, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tx.Exec(`insert into thing (id, n, yes) values ($1, 1, true)`, "no \x00 text\xff"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A transfer that is interrupted after any transaction goes on when it is run again, and
// reads the file only.
func TestTransfersGoOn(t *testing.T) {
	t.Parallel()
	dir, address := withThings(t, 20), databasetest.Postgres(t)
	file := filepath.Join(dir, "callboard.db")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	killed := errors.New("killed")
	copied := map[string]int64{}
	transfer := func(interrupt bool) error {
		tr := database.Transfer{Dir: dir, To: address, Program: "v1", Owners: things, Copied: func(table string, rows int64) { copied[table] += rows }}
		if interrupt {
			tr.OnProgress(func(string) error { return killed })
		}
		return tr.Run(t.Context())
	}
	db := openPostgres(t, address)
	for range 3 {
		if err := transfer(true); !errors.Is(err, killed) {
			t.Fatal(err)
		}
		if err := database.Migrate(t.Context(), db.DB, "v1", things); !errors.Is(err, database.ErrTransfer) {
			t.Errorf("a program starts: %v", err)
		}
	}
	if err := transfer(false); err != nil {
		t.Fatal(err)
	}
	if copied["thing"] != 1301 || copied["part"] != 1300 || len(copied) != 2 {
		t.Errorf("copied %v", copied)
	}
	var n, yes, none, size int64
	if err := db.QueryRow(`select count(*), count(*) filter (where yes), count(*) filter (where no is null), sum(length(data)) from thing`).Scan(&n, &yes, &none, &size); err != nil || n != 1301 || yes != 651 || none != 435 || size != 1299*1300*20 {
		t.Errorf("%d things, %d yes, %d none, %d bytes, %v", n, yes, none, size, err)
	}
	if err := database.Migrate(t.Context(), db.DB, "v1", things); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed, or %v", err)
	}
	if err := transfer(false); !errors.Is(err, database.ErrNotNew) {
		t.Errorf("once more: %v", err)
	}
}

// What differs afterwards is noticed, and nothing starts with it.
func TestTransfersAreCompared(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it copies a database for each change")
	}
	for name, change := range map[string]string{
		"a row is missing": `delete from part where id = (select min(id) from part)`,
		"a value differs":  `update thing set yes = not yes where id = (select min(id) from thing)`,
		"two values are swapped": `update thing set n = (select sum(n) from thing t where t.id in (select id from thing order by id limit 2)) - n
			where id in (select id from thing order by id limit 2)`,
	} {
		t.Run(name, func(t *testing.T) {
			address := databasetest.Postgres(t)
			db := openPostgres(t, address)
			changed := false
			tr := database.Transfer{Dir: withThings(t, 1), To: address, Program: "v1", Owners: things}
			tr.OnProgress(func(table string) error {
				if table != "part" || changed {
					return nil
				}
				changed = true
				_, err := db.Exec(change)
				return err
			})
			if err := tr.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "the copy differs") {
				t.Errorf("%v", err)
			}
			if err := database.Migrate(t.Context(), db.DB, "v1", things); !errors.Is(err, database.ErrTransfer) {
				t.Errorf("a program starts: %v", err)
			}
		})
	}
}

func TestTransfersThatAreRefused(t *testing.T) {
	address := databasetest.Postgres(t)
	dir := withThings(t, 1)
	run := func(dir string, owners map[string]fs.FS) error {
		return (&database.Transfer{Dir: dir, To: address, Program: "v1", Owners: owners}).Run(t.Context())
	}
	if err := run(t.TempDir(), things); !errors.Is(err, database.ErrMissing) {
		t.Errorf("no database: %v", err)
	}
	more := fstest.MapFS{"00001_more.sql": {Data: []byte("-- +goose Up\ncreate table more (id text primary key);\n")}}
	if err := run(dir, map[string]fs.FS{"things": things["things"], "more": more}); err == nil || !strings.Contains(err.Error(), "earlier version") {
		t.Errorf("of an earlier version: %v", err)
	}
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := run(dir, things); err == nil || !strings.Contains(err.Error(), "in use by pid") {
		t.Errorf("in use: %v", err)
	}
}
