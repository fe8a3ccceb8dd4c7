package database_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

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
// A new database, a refused second one and a closed one leave no file open.
func TestNoFileStaysOpen(t *testing.T) {
	open := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(files)
	}
	dir := t.TempDir()
	for _, other := range []string{filepath.Join(t.TempDir(), "warm"), dir} { // the first one opens what stays, such as the poller
		before := open()
		db, err := database.Open(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := database.Open(t.Context(), other); err == nil {
			second.Close()
			t.Error("opened twice")
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if after := open(); other == dir && after != before {
			t.Errorf("%d files are open, before there were %d", after, before)
		}
	}
}

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
			for path, data := range map[string][]byte{path: file, path + "-wal": nil} { // a log with nothing in it excuses nothing
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
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
	t.Run("only the log is left", func(t *testing.T) {
		for log, want := range map[string]bool{"": true, "x": false} {
			dir := t.TempDir()
			os.WriteFile(filepath.Join(dir, "callboard.db-wal"), []byte(log), 0o600)
			db, err := database.Open(t.Context(), dir)
			if (err == nil) != want {
				t.Errorf("Open beside the log %q: %v", log, err)
			}
			if err == nil {
				db.Close()
			}
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

// A file that another program made is refused without a byte of it changed,
// also if that program is still writing to it.
func TestForeignFilesStayAsTheyAre(t *testing.T) {
	for name, prepare := range map[string]string{
		"rollback journal":  `create table t (v text)`,
		"write-ahead log":   `pragma journal_mode = wal; create table t (v text)`,
		"other application": `pragma application_id = 1; create table t (v text)`,
		"no table":          `pragma application_id = 7`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			foreign, err := sql.Open("sqlite", filepath.Join(dir, "callboard.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer foreign.Close()
			foreign.SetMaxOpenConns(1)
			if _, err := foreign.Exec(prepare); err != nil {
				t.Fatal(err)
			}
			before := contents(t, dir)
			if len(before) == 0 {
				t.Fatal("there is no file")
			}
			_, err = database.Open(t.Context(), dir)
			if err == nil || !strings.Contains(err.Error(), "not made by this program") {
				t.Errorf("Open: %v", err)
			}
			after := contents(t, dir)
			delete(after, "callboard.lock")
			if !maps.Equal(before, after) {
				t.Errorf("files before %v, afterwards %v", slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
			}
		})
	}
	t.Run("log without its file", func(t *testing.T) {
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, "callboard.db-wal"), []byte("what was committed last"), 0o600)
		before := contents(t, dir)
		if _, err := database.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "the file is missing") {
			t.Errorf("Open: %v", err)
		}
		after := contents(t, dir)
		if delete(after, "callboard.lock"); !maps.Equal(before, after) {
			t.Error("something was changed")
		}
	})
}

// contents returns the contents of the files in dir by name.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

// Whatever keeps the database from its work is told apart from mistakes in
// statements, also by Ready.
func TestFailures(t *testing.T) {
	ready := func(db *database.DB) error {
		time.Sleep(time.Second) // its answers are given again for that long
		return db.Ready(t.Context())
	}
	run := func(name string, f func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
	}
	check := func(t *testing.T, db *database.DB, want database.Failure, statement string) {
		t.Helper()
		_, err := db.Exec(statement)
		if got := database.FailureOf(fmt.Errorf("wrapped: %w", err)); err == nil || got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
		if got := database.FailureOf(ready(db)); got != want {
			t.Errorf("Ready says %q, want %q", got, want)
		}
		if database.Unavailable(err) != string(want) {
			t.Errorf("Unavailable says %q", database.Unavailable(err))
		}
	}
	prepare := func(t *testing.T) (db *database.DB, dir string) {
		dir = t.TempDir()
		db = open(t, dir)
		db.SetMaxOpenConns(1) // pragmas are those of a connection
		if _, err := db.Exec(`create table t (v text primary key)`); err != nil {
			t.Fatal(err)
		}
		if err := ready(db); err != nil || database.FailureOf(err) != database.None {
			t.Fatalf("a sound database: %v", err)
		}
		return db, dir
	}
	const write = `insert into t values (hex(randomblob(9000)))`
	run("locked", func(t *testing.T) {
		db, dir := prepare(t)
		db.Exec(`pragma busy_timeout = 1`)
		other, _ := sql.Open("sqlite", filepath.Join(dir, "callboard.db"))
		defer other.Close()
		other.SetMaxOpenConns(1)
		if _, err := other.Exec(`begin immediate`); err != nil {
			t.Fatal(err)
		}
		check(t, db, database.Busy, write)
		other.Exec(`rollback`)
		if err := ready(db); err != nil {
			t.Errorf("unlocked: %v", err)
		}
	})
	run("full", func(t *testing.T) {
		db, _ := prepare(t)
		db.Exec(`pragma max_page_count = 1`)
		_, err := db.Exec(write)
		if got := database.FailureOf(err); got != database.Full {
			t.Errorf("%v is %q", err, got)
		}
	})
	run("read-only", func(t *testing.T) {
		db, _ := prepare(t)
		db.Exec(`pragma query_only = 1`)
		check(t, db, database.ReadOnly, write)
	})
	run("removed", func(t *testing.T) {
		db, dir := prepare(t)
		os.Remove(filepath.Join(dir, "callboard.db"))
		if got := database.FailureOf(ready(db)); got != database.Gone {
			t.Errorf("removed: %q", got)
		}
		os.WriteFile(filepath.Join(dir, "callboard.db"), []byte("another one"), 0o600)
		if got := database.FailureOf(ready(db)); got != database.Gone {
			t.Errorf("replaced: %q", got)
		}
	})
	run("directory removed", func(t *testing.T) {
		db, dir := prepare(t)
		db.SetMaxIdleConns(0) // the next statement needs a new connection
		os.RemoveAll(dir)
		check(t, db, database.Gone, write)
	})
	run("closed", func(t *testing.T) {
		db, _ := prepare(t)
		db.DB.Close()
		check(t, db, database.Busy, write)
	})
	run("damaged", func(t *testing.T) {
		db, dir := prepare(t)
		db.Exec(`insert into t values (hex(randomblob(90000))); pragma wal_checkpoint(truncate)`)
		db.SetMaxIdleConns(0)
		file := filepath.Join(dir, "callboard.db")
		b, _ := os.ReadFile(file)
		copy(b, strings.Repeat("\xa5", 4096))
		os.WriteFile(file, b, 0o600)
		_, err := db.Exec(`update t set v = v || 'x'`)
		if got := database.FailureOf(err); got != database.Gone {
			t.Errorf("%v is %q", err, got)
		}
	})
	t.Run("strangers cannot make it write at will", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			db, _ := prepare(t)
			if err := ready(db); err != nil {
				t.Fatal(err)
			}
			db.Exec(`pragma query_only = 1`)
			for range 100 {
				if err := db.Ready(t.Context()); err != nil {
					t.Fatalf("asked again: %v", err)
				}
			}
			if err := ready(db); database.FailureOf(err) != database.ReadOnly {
				t.Errorf("a second later: %v", err)
			}
		})
	})
	run("of the system", func(t *testing.T) {
		for err, want := range map[error]database.Failure{
			&fs.PathError{Err: syscall.ENOSPC}: database.Full, syscall.EDQUOT: database.Full, &fs.PathError{Err: syscall.EROFS}: database.ReadOnly,
			syscall.EIO: database.Gone, sql.ErrConnDone: database.Gone, syscall.ENOENT: database.None, errors.New("other"): database.None,
			sql.ErrNoRows: database.None, context.Canceled: database.None,
		} {
			if got := database.FailureOf(fmt.Errorf("wrapped: %w", err)); got != want {
				t.Errorf("%v is %q, want %q", err, got, want)
			}
		}
	})
	run("mistakes are no failures", func(t *testing.T) {
		db, _ := prepare(t)
		db.Exec(`insert into t values ('x')`)
		for _, statement := range []string{`insert into t values ('x')`, `select nonsense`, `insert into nothing values (1)`} {
			if _, err := db.Exec(statement); err == nil || database.FailureOf(err) != database.None {
				t.Errorf("%s: %v is %q", statement, err, database.FailureOf(err))
			}
		}
		if database.FailureOf(nil) != database.None {
			t.Error("no error is a failure")
		}
	})
}

// Copies from before migrations do not outlive the data that members were
// promised to be removed: the last five, for thirty days.
func TestOldBackupsAreRemoved(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(1)); err != nil {
		t.Fatal(err)
	}
	day, now := 24*time.Hour, time.Now()
	name := func(age time.Duration) string {
		return filepath.Join(dir, "callboard.db."+now.Add(-age).UTC().Format("20060102T150405.000")+".backup")
	}
	for _, age := range []time.Duration{day, 2 * day, 3 * day, 29 * day, 31 * day, 400 * day} {
		os.WriteFile(name(age), nil, 0o600)
	}
	others := []string{"callboard.db.mine.backup", "callboard.db.20200101.backup", "other.db.20200101T000000.000.backup"}
	for _, o := range others {
		os.WriteFile(filepath.Join(dir, o), nil, 0o600)
	}
	db.Close()
	db = open(t, dir)
	if got := backups(t, dir); len(got) != 4+len(others) || slices.Contains(got, name(31*day)) || slices.Contains(got, name(400*day)) {
		t.Errorf("after a start: %v", got)
	}
	os.WriteFile(name(4*day), nil, 0o600)
	os.WriteFile(name(28*day), nil, 0o600)
	if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(2)); err != nil {
		t.Fatal(err)
	}
	got := backups(t, dir)
	if len(got) != 5+len(others) {
		t.Errorf("after a migration: %v", got)
	}
	for _, o := range others {
		if !slices.Contains(got, filepath.Join(dir, o)) {
			t.Errorf("%s was removed", o)
		}
	}
	newest := 0
	for _, b := range got {
		if info, err := os.Stat(b); err == nil && info.Size() > 0 {
			newest++
		}
	}
	if newest != 1 {
		t.Error("the copy that was just made is not kept")
	}
}

func TestMigrate(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`insert into note (id, body) values ('a', $1)`, []byte{0, 1, 2}); err != nil {
		t.Fatal(err)
	}
	if got := backups(t, dir); len(got) != 0 {
		t.Errorf("a new database was backed up: %v", got)
	}
	for range 2 { // the second time there is nothing to do
		if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(2)); err != nil {
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
			if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(2)); err != nil {
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
	if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(2)); err != nil {
		t.Fatal(err)
	}
	err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(1))
	if err == nil || !strings.Contains(err.Error(), "newer version") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Migrate: %v", err)
	}
	if !strings.Contains(err.Error(), "needs v1.2.3 or newer, which changed it on "+time.Now().UTC().Format(time.DateOnly)) {
		t.Errorf("does not name the version: %v", err)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	db := open(t, t.TempDir())
	bad := fstest.MapFS{"00001_bad.sql": {Data: []byte("-- +goose Up\ncreate table half (v text);\ncreate tabel other (v text);\n")}}
	if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsMap("bad", bad)); err == nil {
		t.Error("no error")
	}
	if _, err := db.Exec(`select * from half`); err == nil {
		t.Error("half a migration was applied")
	}
	if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsMap("Bad; drop", notes(1))); err == nil {
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
		if err := database.Migrate(b.Context(), db.DB, "v1.2.3", fsOwners(2)); err != nil {
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
