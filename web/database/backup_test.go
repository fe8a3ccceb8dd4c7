package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callboard/web/database"
)

// count returns how many rows of table n are in a database file, which it
// does not change.
func count(t *testing.T, file string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&immutable=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(`select count(*) from n`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// next returns the next number that a child prints.
func next(rows <-chan string) (n int) {
	fmt.Sscan(<-rows, &n)
	return n
}

// A backup of a database that another process writes all the time has every row
// that was committed before it was begun, is private, and leaves nothing else
// behind.
func TestBackupWhileAnotherProcessWrites(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	cmd, rows := startChild(t, dir)
	<-rows
	for i := range 3 {
		before := next(rows)
		file := filepath.Join(to, string(rune('a'+i))+".db")
		if err := database.Backup(t.Context(), dir, file); err != nil {
			t.Fatal(err)
		}
		if got := count(t, file); got < before {
			t.Errorf("the backup has %d rows, %d were committed before it", got, before)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	}
	kill(cmd, rows)
	if names, _ := os.ReadDir(to); len(names) != 3 {
		t.Errorf("in the directory: %v", names)
	}
}

// A backup of a stopped program holds what is in the write-ahead log only, and
// changes nothing in the data directory.
func TestBackupAfterAKill(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
	cmd, rows := startChild(t, dir)
	for range 20 {
		<-rows
	}
	last := kill(cmd, rows)
	if err := database.Backup(t.Context(), dir, file); err != nil {
		t.Fatal(err)
	}
	if got := count(t, file); got < last {
		t.Errorf("%d rows of %d", got, last)
	}
	db := open(t, dir)
	defer db.Close()
	var n int
	if err := db.QueryRow(`select count(*) from n`).Scan(&n); err != nil || n < last {
		t.Errorf("afterwards the database has %d rows of %d, %v", n, last, err)
	}
}

// What cannot be backed up is named, and there is no file then.
func TestBackupRefuses(t *testing.T) {
	with := func(prepare func(t *testing.T, dir, file string)) func(t *testing.T) (dir, file string) {
		return func(t *testing.T) (string, string) {
			dir, file := t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
			open(t, dir).Close()
			prepare(t, dir, file)
			return dir, file
		}
	}
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T) (dir, file string)
		want    string
		cause   error
	}{
		{"an existing file", with(func(t *testing.T, _, file string) { os.WriteFile(file, []byte("mine"), 0o644) }), "never replaces", database.ErrExists},
		{"a link that leads nowhere", with(func(t *testing.T, _, file string) { os.Symlink("nowhere", file) }), "never replaces", database.ErrExists},
		{"a directory that is missing", func(t *testing.T) (string, string) {
			dir := t.TempDir()
			open(t, dir).Close()
			return dir, filepath.Join(t.TempDir(), "missing", "copy.db")
		}, "missing", fs.ErrNotExist},
		{"no database", func(t *testing.T) (string, string) {
			return t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
		}, "there is no database in", nil},
		{"a foreign database", func(t *testing.T) (string, string) {
			dir := t.TempDir()
			db, _ := sql.Open("sqlite", filepath.Join(dir, "callboard.db"))
			db.Exec(`create table t (v text)`)
			db.Close()
			return dir, filepath.Join(t.TempDir(), "copy.db")
		}, "was not made by this program", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, file := c.prepare(t)
			content, _ := os.ReadFile(file)
			err := database.Backup(t.Context(), dir, file)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if after, _ := os.ReadFile(file); string(after) != string(content) {
				t.Error("the file was changed")
			}
		})
	}
}

// A backup that is given up, or of a damaged database, leaves no file.
func TestAFailedBackupLeavesNothing(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	db := open(t, dir)
	defer db.Close()
	db.Exec(`create table t (v text)`)
	for range 40 {
		db.Exec(`insert into t values (hex(randomblob(3000)))`)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Backup(ctx, filepath.Join(to, "given-up.db")); err == nil {
		t.Error("a cancelled backup succeeded")
	}
	db.Exec(`pragma wal_checkpoint(truncate)`)
	file := filepath.Join(dir, "callboard.db")
	content, _ := os.ReadFile(file)
	for i := 2 * 4096; i < len(content)/2; i++ {
		content[i] = 0xa5
	}
	os.WriteFile(file, content, 0o600)
	if err := database.Backup(t.Context(), dir, filepath.Join(to, "damaged.db")); err == nil {
		t.Error("a damaged database was backed up")
	}
	if names, _ := os.ReadDir(to); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
}
