package database_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"callboard/web/database"
)

// child is the variable that turns the test binary into a program that has a
// data directory open.
const child = "CALLBOARD_TEST_DATABASE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(child); dir != "" {
		holdOpen(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// holdOpen writes one row after the other, each one's number to stdout when it
// is committed, until it is killed.
func holdOpen(dir string) {
	db, err := database.Open(context.Background(), dir)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if _, err := db.Exec(`create table if not exists n (i bigint primary key, pad text)`); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := 1; ; i++ {
		if _, err := db.Exec(`insert into n (i, pad) values ($1, $2)`, i, strings.Repeat("x", 3000)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(i)
	}
}

func open(t *testing.T, dir string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// notes are two versions of the migrations of one owner.
func notes(versions int) fstest.MapFS {
	all := fstest.MapFS{
		"00001_note.sql": {Data: []byte("-- +goose Up\ncreate table note (id text primary key, body bytea);\n")},
		"00002_read.sql": {Data: []byte("-- +goose Up\nalter table note add column read boolean not null default false;\n")},
	}
	if versions < 2 {
		delete(all, "00002_read.sql")
	}
	return all
}

func fsOwners(versions int) map[string]fs.FS { return fsMap("notes", notes(versions)) }

func fsMap(owner string, fsys fs.FS) map[string]fs.FS { return map[string]fs.FS{owner: fsys} }

func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c%d#e", "data")
	db := open(t, dir)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		if err := db.QueryRow("pragma " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %s", pragma, got, err, want)
		}
	}
	if _, err := db.Exec(`create table t (v text)`); err != nil {
		t.Fatal(err)
	}
	perms := map[string]os.FileMode{"": 0o700, "callboard.db": 0o600, "callboard.db-wal": 0o600, "callboard.db-shm": 0o600, "callboard.lock": 0o600}
	for name, want := range perms {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v, %v; want %v", name, info, err, want)
		}
	}
}

func TestReadersDoNotWaitForAWriter(t *testing.T) {
	db := open(t, t.TempDir())
	db.Exec(`create table t (v bigint)`)
	db.Exec(`insert into t values (1)`)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	tx.Exec(`update t set v = 2`)
	var v int
	if err := db.QueryRow(`select v from t`).Scan(&v); err != nil || v != 1 {
		t.Errorf("read %d, %v beside a writer; want 1", v, err)
	}
}

func TestWritersWaitForEachOther(t *testing.T) {
	db := open(t, t.TempDir())
	db.Exec(`create table t (v bigint)`)
	db.Exec(`insert into t values (0)`)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 5 {
				tx, err := db.BeginTx(t.Context(), nil)
				if err != nil {
					t.Error(err)
					return
				}
				// Read, then write: what fails without the lock at the beginning.
				var v int
				tx.QueryRow(`select v from t`).Scan(&v)
				if _, err := tx.Exec(`update t set v = $1`, v+1); err != nil {
					t.Error(err)
				}
				if err := tx.Commit(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var v int
	if db.QueryRow(`select v from t`).Scan(&v); v != 80 {
		t.Errorf("%d increments counted, want 80", v)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	cmd, rows := startChild(t, dir)
	<-rows
	_, err := database.Open(t.Context(), dir)
	want := fmt.Sprintf("in use by pid %d", cmd.Process.Pid)
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("second process: %v, want one line with %q", err, want)
	}
	kill(cmd, rows)
	open(t, dir) // the lock died with its owner
}

func TestSecondOpenInOneProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	if _, err := database.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "in use by pid") {
		t.Errorf("second Open: %v", err)
	}
	db.Close()
	open(t, dir)
}

// TestKillLosesNothingCommitted kills a process while it writes.
func TestKillLosesNothingCommitted(t *testing.T) {
	dir := t.TempDir()
	last := 0
	for round := range 3 {
		cmd, rows := startChild(t, dir)
		for line := range rows {
			fmt.Sscan(line, &last)
			if last >= 10*(round+1) {
				break
			}
		}
		if rest := kill(cmd, rows); rest > last {
			last = rest
		}
		db := open(t, dir)
		var n, most int
		if err := db.QueryRow(`select count(*), coalesce(max(i), 0) from n`).Scan(&n, &most); err != nil {
			t.Fatal(err)
		}
		if n < last || n != most {
			t.Errorf("round %d: %d rows up to %d after the kill, %d were committed", round, n, most, last)
		}
		t.Logf("%d committed, %d found", last, n)
		db.Exec(`delete from n`)
		db.Close()
		last = 0
	}
}

// startChild starts a process that holds dir open, and returns what it prints.
func startChild(t *testing.T, dir string) (*exec.Cmd, <-chan string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return cmd, lines
}

// kill kills cmd and returns the last number it printed.
func kill(cmd *exec.Cmd, lines <-chan string) (last int) {
	cmd.Process.Kill()
	for line := range lines {
		fmt.Sscan(line, &last)
	}
	cmd.Wait()
	return last
}

func TestDamagedFilesAreRefused(t *testing.T) {
	whole := func(t *testing.T) (dir string, file []byte) {
		dir = t.TempDir()
		db := open(t, dir)
		if _, err := db.Exec(`create table t (v text)`); err != nil {
			t.Fatal(err)
		}
		for range 50 {
			db.Exec(`insert into t values ($1)`, strings.Repeat("x", 4000))
		}
		db.Close()
		file, err := os.ReadFile(filepath.Join(dir, "callboard.db"))
		if err != nil {
			t.Fatal(err)
		}
		return dir, file
	}
	for name, damage := range map[string]func([]byte) []byte{
		"empty":        func(b []byte) []byte { return nil },
		"other format": func(b []byte) []byte { return []byte(strings.Repeat("not a database ", 1000)) },
		"header only":  func(b []byte) []byte { return b[:100] },
		"half":         func(b []byte) []byte { return b[:len(b)/2] },
		"cut page":     func(b []byte) []byte { return b[:len(b)-100] },
		"a page of noise": func(b []byte) []byte {
			copy(b[4096:], strings.Repeat("\xa5", 4096))
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, file := whole(t)
			file = damage(file)
			path := filepath.Join(dir, "callboard.db")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := database.Open(t.Context(), dir)
			if err == nil || !strings.Contains(err.Error(), "is damaged") || strings.Contains(err.Error(), "\n") {
				t.Errorf("Open: %v, want one line", err)
			}
			t.Log(err)
			if after, _ := os.ReadFile(path); string(after) != string(file) {
				t.Error("the damaged file was changed")
			}
		})
	}
	t.Run("another program's", func(t *testing.T) {
		dir := t.TempDir()
		db, _ := sql.Open("sqlite", filepath.Join(dir, "callboard.db"))
		db.Exec(`create table t (v text)`)
		db.Close()
		if _, err := database.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "not made by this program") {
			t.Errorf("Open: %v", err)
		}
	})
	t.Run("directory not writable", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		os.WriteFile(file, nil, 0o600)
		if _, err := database.Open(t.Context(), filepath.Join(file, "data")); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open: %v, want one line", err)
		}
	})
}

func TestMigrate(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	if err := database.Migrate(t.Context(), db.DB, fsOwners(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`insert into note (id, body) values ('a', $1)`, []byte{0, 1, 2}); err != nil {
		t.Fatal(err)
	}
	if got := backups(t, dir); len(got) != 0 {
		t.Errorf("a new database was backed up: %v", got)
	}
	for range 2 { // the second time there is nothing to do
		if err := database.Migrate(t.Context(), db.DB, fsOwners(2)); err != nil {
			t.Fatal(err)
		}
	}
	var read bool
	if err := db.QueryRow(`select read from note where id = $1`, "a").Scan(&read); err != nil {
		t.Error(err)
	}
	if got := backups(t, dir); len(got) != 1 {
		t.Errorf("backups before the second version: %v, want one", got)
	} else if info, _ := os.Stat(got[0]); info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("backup: %v", info)
	}
}

func backups(t *testing.T, dir string) []string {
	got, err := filepath.Glob(filepath.Join(dir, "*.backup"))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMigrateConcurrently(t *testing.T) {
	db := open(t, t.TempDir())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := database.Migrate(t.Context(), db.DB, fsOwners(2)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var n int
	if err := db.QueryRow(`select count(*) from goose_notes where version_id > 0`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d migrations applied, %v; want 2", n, err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	db := open(t, t.TempDir())
	if err := database.Migrate(t.Context(), db.DB, fsOwners(2)); err != nil {
		t.Fatal(err)
	}
	err := database.Migrate(t.Context(), db.DB, fsOwners(1))
	if err == nil || !strings.Contains(err.Error(), "newer version") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Migrate: %v", err)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	db := open(t, t.TempDir())
	bad := fstest.MapFS{"00001_bad.sql": {Data: []byte("-- +goose Up\ncreate table half (v text);\ncreate tabel other (v text);\n")}}
	if err := database.Migrate(t.Context(), db.DB, fsMap("bad", bad)); err == nil {
		t.Error("no error")
	}
	if _, err := db.Exec(`select * from half`); err == nil {
		t.Error("half a migration was applied")
	}
	if err := database.Migrate(t.Context(), db.DB, fsMap("Bad; drop", notes(1))); err == nil {
		t.Error("an odd owner was taken")
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		db, err := database.Open(b.Context(), dir)
		if err != nil {
			b.Fatal(err)
		}
		if err := database.Migrate(b.Context(), db.DB, fsOwners(2)); err != nil {
			b.Fatal(err)
		}
		db.Close()
	}
}

func BenchmarkOpen100MB(b *testing.B) {
	dir := b.TempDir()
	db, err := database.Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	db.Exec(`create table t (v bytea)`)
	for range 100 {
		db.Exec(`insert into t values ($1)`, make([]byte, 1<<20))
	}
	db.Close()
	for b.Loop() {
		db, err := database.Open(b.Context(), dir)
		if err != nil {
			b.Fatal(err)
		}
		db.Close()
	}
}

func BenchmarkCommit(b *testing.B) {
	db, err := database.Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.Exec(`create table t (v text)`)
	for b.Loop() {
		if _, err := db.Exec(`insert into t values ('x')`); err != nil {
			b.Fatal(err)
		}
	}
}
