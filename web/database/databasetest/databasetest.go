// Package databasetest opens migrated databases for tests of other packages.
// Nothing that ships imports it.
package databasetest

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"callboard/web/database"
)

// file is the name of the database in its directory.
const file = "callboard.db"

// migrated holds the content of a new database, by the names of the owners of
// its tables. To migrate takes many times longer than to copy.
var (
	mu       sync.Mutex
	migrated = map[string][]byte{}
)

// Open opens a new database with the tables of the owners. The end of the test
// closes it. Where TestMain uses [OnBoth], the test runs with either database.
func Open(t testing.TB, owners map[string]fs.FS) *database.DB {
	t.Helper()
	dir := t.TempDir()
	if db := PostgresFor(t, dir, owners); db != nil {
		return db
	}
	return OpenIn(t, dir, owners)
}

// OpenIn opens a new SQLite database in a directory that the test knows.
func OpenIn(t testing.TB, dir string, owners map[string]fs.FS) *database.DB {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), content(t, owners), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// content returns the file of a new database with the tables of the owners.
func content(t testing.TB, owners map[string]fs.FS) []byte {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	key := strings.Join(slices.Sorted(maps.Keys(owners)), " ")
	if migrated[key] == nil {
		dir := t.TempDir()
		db, err := database.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := database.Migrate(t.Context(), db.DB, "test", owners); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil { // the log is in the file then
			t.Fatal(err)
		}
		if migrated[key], err = os.ReadFile(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	return migrated[key]
}
