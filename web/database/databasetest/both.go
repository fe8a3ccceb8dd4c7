package databasetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"callboard/web/database"
)

// onPostgres says that [Open] opens PostgreSQL databases now.
var onPostgres bool

// opened are the tests that have called Open, by name.
var opened sync.Map

// OnBoth returns the tests of a package for its TestMain. They run with SQLite first.
// Then those that called [Open] run again, with PostgreSQL, unless it is not installed or
// the tests are to be short. The race detector would find nothing new in that and takes
// long, so with it they run once.
func OnBoth(m interface{ Run() int }) interface{ Run() int } { return both{m} }

type both struct{ m interface{ Run() int } }

// Run implements the interface of testing.M.
func (b both) Run() int {
	code := b.m.Run()
	var names []string
	for name := range opened.Range {
		names = append(names, regexp.QuoteMeta(name.(string)))
	}
	if len(names) == 0 || testing.Short() || raceEnabled {
		return code
	}
	if _, err := server(); errors.Is(err, errNoPostgres) && os.Getenv(requiredVariable) != "required" {
		fmt.Println("tests of stores ran with SQLite only:", err)
		return code
	} else if err != nil {
		fmt.Println(err)
		return 1
	}
	slices.Sort(names)
	run := flag.Lookup("test.run").Value
	_, subtests, _ := strings.Cut(run.String(), "/")
	fmt.Println("with PostgreSQL:")
	onPostgres = true
	if err := errors.Join(run.Set(strings.TrimSuffix("^("+strings.Join(names, "|")+")$/"+subtests, "/")), flag.Set("test.bench", "")); err != nil {
		fmt.Println(err)
		return 1
	}
	code = max(code, b.m.Run())
	if err := dropUsed(context.Background()); err != nil {
		fmt.Println(err)
		return 1
	}
	return code
}

// PostgresFor opens, in the run with PostgreSQL, the database that stands for a SQLite
// file of the test, with the tables of the owners: a new one for a new file. In the run
// with SQLite it returns nil. The end of the test closes and removes it.
func PostgresFor(t testing.TB, file string, owners map[string]fs.FS) *database.DB {
	t.Helper()
	note(t)
	if !onPostgres {
		return nil
	}
	address, known := files.Load(file)
	if !known {
		s, err := server()
		skipWithout(t, err)
		template, err := s.template(t.Context(), owners)
		if err != nil {
			t.Fatal(err)
		}
		address = s.take(t, template)
		files.Store(file, address)
	}
	db, err := database.OpenPostgres(t.Context(), address.(string))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// files are the addresses of the databases that stand for files.
var files sync.Map

// note remembers that a test opens databases.
func note(t testing.TB) {
	name, _, _ := strings.Cut(t.Name(), "/")
	opened.Store(name, true)
}

// WithPostgres reports whether this is the run with PostgreSQL.
func WithPostgres() bool { return onPostgres }

// NeedsSQLite skips a test with PostgreSQL: it is about files, or has SQL of its own that
// PostgreSQL does not take.
func NeedsSQLite(t testing.TB) {
	t.Helper()
	if onPostgres {
		t.Skip("this test is about SQLite")
	}
}

// template returns the name of a database with the tables of the owners and no
// connection, of which databases are copies. To migrate takes many times longer than to
// copy. It is made once for all test programs that share a server.
func (s *Server) template(ctx context.Context, owners map[string]fs.FS) (string, error) {
	name, err := nameOf(owners)
	if err != nil {
		return "", err
	}
	mu.Lock()
	defer mu.Unlock()
	if migrated[name] != nil {
		return name, nil
	}
	admin, err := sql.Open("postgres", s.URL.String())
	if err != nil {
		return "", err
	}
	defer admin.Close()
	admin.SetMaxOpenConns(1) // which has the lock
	if _, err := admin.ExecContext(ctx, `select pg_advisory_lock(1)`); err != nil {
		return "", err
	}
	var made bool
	if err := admin.QueryRowContext(ctx, `select count(*) > 0 from pg_database where datname = $1`, name).Scan(&made); err != nil {
		return "", err
	}
	if !made {
		err = s.makeTemplate(ctx, admin, name, owners)
	}
	migrated[name] = []byte{}
	return name, err
}

// makeTemplate makes a template under a name of its own first, so that it is whole.
func (s *Server) makeTemplate(ctx context.Context, admin *sql.DB, name string, owners map[string]fs.FS) error {
	for _, statement := range []string{"drop database if exists making_" + name + " with (force)", "create database making_" + name} {
		if _, err := admin.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	at := *s.URL
	at.Path = "/making_" + name
	db, err := database.OpenPostgres(ctx, at.String())
	if err != nil {
		return err
	}
	if err := errors.Join(database.Migrate(ctx, db.DB, "test", owners), db.Close()); err != nil {
		return err
	}
	_, err = admin.ExecContext(ctx, "alter database making_"+name+" rename to "+name)
	return err
}

// nameOf returns the name of the template for the owners: another one for each content
// of their migrations.
func nameOf(owners map[string]fs.FS) (string, error) {
	h := sha256.New()
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		err := fs.WalkDir(owners[owner], ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(owners[owner], path)
			fmt.Fprintf(h, "%s/%s %d ", owner, path, len(text))
			_, _ = h.Write(text)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	_, err := io.WriteString(h, "1") // grows when database's own migrations do
	return "template_" + hex.EncodeToString(h.Sum(nil)[:12]), err
}
