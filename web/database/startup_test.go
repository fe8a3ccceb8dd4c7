package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"callboard/web/database"
)

// A program that is stopped while it starts does not say that the file is damaged.
func TestAStoppedStartBlamesNoFile(t *testing.T) {
	dir := t.TempDir()
	open(t, dir).Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	db, err := database.Open(ctx, dir)
	if err == nil {
		db.Close()
		t.Fatal("opened")
	}
	if strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), context.Canceled.Error()) || strings.Contains(err.Error(), "\n") {
		t.Errorf("Open: %v", err)
	}
	open(t, dir)
}

// What a process left behind that was killed while it made a new database is
// replaced.
func TestAnInterruptedCreationIsRepeated(t *testing.T) {
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.WriteFile(filepath.Join(dir, "callboard.db.new"+suffix), []byte("half a database"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db := open(t, dir)
	if _, err := db.Exec(`create table t (v text)`); err != nil {
		t.Error(err)
	}
	for name := range contents(t, dir) {
		if strings.Contains(name, ".new") {
			t.Errorf("%s is left", name)
		}
	}
	db.Close()
	open(t, dir)
}

// A refused file can be replaced by the backup and opened, without a restart.
func TestARefusedDirectoryIsFreeAgain(t *testing.T) {
	dir := t.TempDir()
	open(t, dir).Close()
	file := filepath.Join(dir, "callboard.db")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(){
		"its end is missing": func() { os.WriteFile(file, whole[:50], 0o600) },
		"it names itself":    func() { os.Remove(file); os.Symlink(file, file) },
		"it is a directory":  func() { os.Remove(file); os.Mkdir(file, 0o700) },
	} {
		damage()
		if _, err := database.Open(t.Context(), dir); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		os.Remove(file)
		os.WriteFile(file, whole, 0o600)
		open(t, dir).Close()
	}
}

// Files of every page size are read, and refused if they are cut off, except beside a
// log, which has the rest.
func TestPagesOfEverySize(t *testing.T) {
	for _, size := range []int{512, 4096, 65536} {
		dir := t.TempDir()
		db := open(t, t.TempDir())
		db.SetMaxOpenConns(1)
		file := filepath.Join(dir, "callboard.db")
		for _, statement := range []string{`create table t (v text)`, fmt.Sprint(`pragma page_size = `, size), `vacuum into '` + file + `'`} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
		open(t, dir).Close()
		whole, err := os.ReadFile(file)
		if err != nil || len(whole)%size != 0 {
			t.Fatalf("%d bytes with pages of %d, %v", len(whole), size, err)
		}
		os.WriteFile(file, whole[:len(whole)-1], 0o600)
		if _, err := database.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("pages of %d, cut off: %v", size, err)
		}
	}
	dir := t.TempDir()
	db := open(t, dir)
	for _, statement := range []string{`create table t (v text)`, `pragma wal_checkpoint(truncate)`, `insert into t values (hex(randomblob(9000)))`} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	crashed := t.TempDir()
	for name, data := range contents(t, dir) {
		if name != "callboard.lock" && name != "callboard.db-shm" {
			os.WriteFile(filepath.Join(crashed, name), []byte(data), 0o600)
		}
	}
	var n int
	if err := open(t, crashed).QueryRow(`select count(*) from t`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows after a crash, %v", n, err)
	}
}

// The lock file names its owner whatever stood in it, and a lock without a readable
// owner is a lock nonetheless.
func TestTheLockNamesItsOwner(t *testing.T) {
	dir := t.TempDir()
	lock := filepath.Join(dir, "callboard.lock")
	os.WriteFile(lock, []byte("12345678901234567890\n"), 0o600)
	open(t, dir)
	for _, want := range []string{fmt.Sprintf("in use by pid %d", os.Getpid()), "in use by another process"} {
		if _, err := database.Open(t.Context(), dir); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("second Open: %v, want %s", err, want)
		}
		os.WriteFile(lock, []byte("x"), 0o600)
	}
}

// Old copies go while the program runs, too.
func TestOldBackupsAreRemovedEveryDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		db := open(t, dir)
		for day := range 3 {
			name := filepath.Join(dir, "callboard.db."+time.Now().Add(-29*24*time.Hour).UTC().Format("20060102T150405.000")+".backup")
			os.WriteFile(name, nil, 0o600)
			time.Sleep(23 * time.Hour)
			synctest.Wait()
			if got := backups(t, dir); len(got) != 1 {
				t.Errorf("day %d: %v", day, got)
			}
			time.Sleep(25 * time.Hour)
			synctest.Wait()
			if got := backups(t, dir); len(got) != 0 {
				t.Errorf("day %d: not removed: %v", day, got)
			}
		}
		db.Close()
		name := filepath.Join(dir, "callboard.db.19990101T000000.000.backup")
		os.WriteFile(name, nil, 0o600)
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if len(backups(t, dir)) != 1 {
			t.Error("a closed database is still pruned")
		}
	})
}

// Without a copy nothing is migrated, and half a copy is not left.
func TestNoMigrationWithoutABackup(t *testing.T) {
	for name, hinder := range map[string]func(*testing.T, *database.DB, string){
		"the copy cannot be made": func(t *testing.T, db *database.DB, dir string) {
			os.WriteFile(filepath.Join(dir, "callboard.db."+time.Now().UTC().Format("20060102T150405.000")+".backup"), []byte("other"), 0o600)
		},
		"the copy is not completed": func(t *testing.T, db *database.DB, dir string) {
			db.SetMaxOpenConns(1)
			if _, err := db.Exec(`begin`); err != nil { // nothing can be copied within a transaction
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // time stands still
				dir := t.TempDir()
				db := open(t, dir)
				if err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(1)); err != nil {
					t.Fatal(err)
				}
				hinder(t, db, dir)
				before := len(backups(t, dir))
				err := database.Migrate(t.Context(), db.DB, "v1.2.3", fsOwners(2))
				if err == nil || !strings.Contains(err.Error(), "backup before migration") {
					t.Errorf("Migrate: %v", err)
				}
				if _, err := db.Exec(`select read from note`); err == nil {
					t.Error("the tables were migrated")
				}
				if after := backups(t, dir); len(after) != before {
					t.Errorf("copies: %v", after)
				}
			})
		})
	}
}

// Migrations lie at the root of an owner's files or in a folder, and apply to a
// database in memory, which needs no copy.
func TestWhereMigrationsLie(t *testing.T) {
	inMemory := func() *sql.DB {
		db, err := sql.Open("sqlite", ":memory:")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		db.SetMaxOpenConns(1)
		return db
	}
	db := inMemory()
	for versions := 1; versions <= 2; versions++ {
		owners := fsOwners(versions)
		folder := fstest.MapFS{}
		for name, file := range notes(versions) {
			file.Data = []byte(strings.ReplaceAll(string(file.Data), "note", "folder_note"))
			folder["migrations/"+name] = file
		}
		owners["folder"] = folder
		if err := database.Migrate(t.Context(), db, "v1.2.3", owners); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec(`insert into note (read) select read from folder_note`); err != nil {
		t.Error(err)
	}
	for _, owner := range []string{"", "Notes", "notes; drop"} {
		if err := database.Migrate(t.Context(), inMemory(), "v1.2.3", fsMap(owner, notes(1))); err == nil || !strings.Contains(err.Error(), "lower case") {
			t.Errorf("owner %q: %v", owner, err)
		}
	}
	if err := database.Migrate(t.Context(), inMemory(), "v1.2.3", fsMap("empty", fstest.MapFS{})); err == nil || !strings.Contains(err.Error(), "migrations of empty") {
		t.Errorf("without migrations: %v", err)
	}
}

// While one caller of Ready waits for the database, the others get what was found
// last, and the next one what is then.
func TestReadyDoesNotQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, t.TempDir())
		db.SetMaxOpenConns(1)
		if err := db.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error)
		go func() { first <- db.Ready(ctx) }()
		synctest.Wait()
		cancel() // whoever asks may go, the answer is for all
		for range 3 {
			if err := db.Ready(t.Context()); err != nil {
				t.Errorf("meanwhile: %v", err)
			}
		}
		if _, err := conn.ExecContext(t.Context(), `pragma query_only = 1`); err != nil {
			t.Fatal(err)
		}
		conn.Close()
		if err := <-first; database.FailureOf(err) != database.ReadOnly {
			t.Errorf("the one who waited: %v", err)
		}
		time.Sleep(2 * time.Second)
		db.Exec(`pragma query_only = 0`)
		if err := db.Ready(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
