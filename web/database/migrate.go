package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
)

// migrating is held by the one migration that runs. The lock of [Open] excludes
// other processes, an advisory lock of PostgreSQL excludes other programs.
var migrating sync.Mutex

// Migrate migrates the tables of all owners to their newest version. An owner is
// a word in lower case. It has its own file system of goose migrations, at the
// root or in a folder "migrations", and its own version table, goose_<owner>, so
// owners change their tables independently of each other.
//
// The program is the version that does it; an older one will name it. Before
// Migrate changes a database that has been in use, it writes a copy
// beside it, callboard.db.<time>.backup. The last five of them are kept, for thirty
// days. It refuses a database that a newer program has written, with an error of
// one line that names that program, and does not change it. Migrate may be called
// concurrently.
//
// PostgreSQL databases are not copied. Of several programs that start at once, one
// migrates and the others wait for it. An older program may go on meanwhile: it works
// with the new tables, see the rules for migrations in CONTRIBUTING.md.
func Migrate(ctx context.Context, db *sql.DB, program string, owners map[string]fs.FS) error {
	migrating.Lock()
	defer migrating.Unlock()
	if c := connectorOf(db); c != nil {
		return c.migrating(ctx, func(db *sql.DB) error { return migrate(ctx, db, program, owners) })
	}
	return migrate(ctx, db, program, owners)
}

func migrate(ctx context.Context, db *sql.DB, program string, owners map[string]fs.FS) error {
	if unfinished, err := HasTables(ctx, db, transferTable); err != nil {
		return err
	} else if unfinished {
		return ErrTransfer
	}
	return migrateTables(ctx, db, program, owners)
}

func migrateTables(ctx context.Context, db *sql.DB, program string, owners map[string]fs.FS) error {
	owners = withOwn(owners)
	if _, err := CheckSchema(ctx, db, owners); err != nil {
		return err
	}
	pending := map[string]*goose.Provider{}
	used := false
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		p, err := provider(db, owner, owners[owner])
		if err != nil {
			return fmt.Errorf("migrations of %s: %w", owner, err)
		}
		have, want, err := p.GetVersions(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("migrations of %s: %w", owner, err)
		case have < want:
			pending[owner] = p
		}
		used = used || have > 0
	}
	if used && len(pending) > 0 {
		if err := backup(ctx, db); err != nil {
			return fmt.Errorf("backup before migration: %w", err)
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(pending)) {
		if _, err := pending[owner].Up(ctx); err != nil {
			return fmt.Errorf("migrations of %s: %w", owner, err)
		}
	}
	return recordUpgrade(ctx, db, program, len(pending) > 0)
}

// provider returns the migrations of one owner.
func provider(db *sql.DB, owner string, fsys fs.FS) (*goose.Provider, error) {
	if owner == "" || strings.Trim(owner, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return nil, errors.New("the owner's name must be a word in lower case")
	}
	if info, err := fs.Stat(fsys, "migrations"); err == nil && info.IsDir() {
		if fsys, err = fs.Sub(fsys, "migrations"); err != nil {
			return nil, err
		}
	}
	dialect := goose.DialectSQLite3
	if connectorOf(db) != nil {
		dialect = goose.DialectPostgres
	}
	return goose.NewProvider(dialect, db, fsys,
		goose.WithTableName(versionTables+owner),
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)))
}

// backup copies a database file to a new one.
func backup(ctx context.Context, db *sql.DB) error {
	if connectorOf(db) != nil {
		return nil
	}
	var file string
	err := db.QueryRowContext(ctx, "select file from pragma_database_list where name = 'main'").Scan(&file)
	if err != nil || file == "" {
		return err // in memory
	}
	if err := copyTo(ctx, db, backupName(file, time.Now())); err != nil {
		return err
	}
	return prune(file, time.Now())
}

// oneLine returns the text of an error without line breaks.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
