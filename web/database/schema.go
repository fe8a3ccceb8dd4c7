package database

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var migrations embed.FS

// withOwn returns the owners and this package, which owns the table of upgrades.
func withOwn(owners map[string]fs.FS) map[string]fs.FS {
	all := maps.Clone(owners)
	all["database"] = migrations
	return all
}

// versionTables begins the names of goose's tables of versions.
const versionTables = "goose_"

// CheckSchema compares the tables in db with what the owners know, and changes
// nothing. It reports whether [Migrate] has something to do. The error is that of
// Migrate for a database that a newer program has written.
func CheckSchema(ctx context.Context, db *sql.DB, owners map[string]fs.FS) (outdated bool, err error) {
	owners = withOwn(owners)
	have, err := versions(ctx, db)
	if err != nil {
		return false, err
	}
	for _, owner := range slices.Sorted(maps.Keys(have)) {
		if _, known := owners[owner]; !known && have[owner] > 0 {
			return false, newer(ctx, db, owner, have[owner], 0)
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		p, err := provider(db, owner, owners[owner])
		if err != nil {
			return false, fmt.Errorf("migrations of %s: %w", owner, err)
		}
		sources := p.ListSources()
		want := sources[len(sources)-1].Version
		if have[owner] > want {
			return false, newer(ctx, db, owner, have[owner], want)
		}
		outdated = outdated || have[owner] < want
	}
	return outdated, nil
}

// newer returns the error of a database that a newer program has written. It names
// the oldest program that can use it, if that is known.
func newer(ctx context.Context, db *sql.DB, owner string, have, known int64) error {
	detail := fmt.Sprintf("%s: version %d, known is %d", owner, have, known)
	program, at, err := LastUpgrade(ctx, db)
	if err != nil || program == "" {
		return fmt.Errorf("the database was written by a newer version of this program (%s)", detail)
	}
	return fmt.Errorf("the database was written by a newer version of this program: it needs %s or newer, which changed it on %s (%s)",
		program, at.Format(time.DateOnly), detail)
}

// LastUpgrade returns which program changed the tables last, and when; "" if that
// is not known.
func LastUpgrade(ctx context.Context, db *sql.DB) (program string, at time.Time, err error) {
	tables, err := Tables(ctx, db)
	if err != nil || !slices.Contains(tables, "database_upgrades") {
		return "", time.Time{}, err
	}
	var ms int64
	err = db.QueryRowContext(ctx, `select program, at from database_upgrades order by at desc limit 1`).Scan(&program, &ms)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, nil
	}
	return program, time.UnixMilli(ms).UTC(), err
}

// recordUpgrade notes which program changed the tables, if it did or if that is
// not known.
func recordUpgrade(ctx context.Context, db *sql.DB, program string, changed bool) error {
	if !changed {
		if known, _, err := LastUpgrade(ctx, db); err != nil || known != "" {
			return err
		}
	}
	_, err := db.ExecContext(ctx, `insert into database_upgrades (at, program) values ($1, $2) on conflict (at) do update set program = excluded.program`,
		time.Now().UnixMilli(), program)
	return err
}

// Tables returns the names of the tables in db, sorted.
func Tables(ctx context.Context, db *sql.DB) (names []string, err error) {
	query := `select name from sqlite_schema where type = 'table' order by name`
	if connectorOf(db) != nil {
		query = `select tablename from pg_catalog.pg_tables where schemaname = current_schema() order by tablename`
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// HasTables reports whether db has all of these tables.
func HasTables(ctx context.Context, db *sql.DB, names ...string) (bool, error) {
	tables, err := Tables(ctx, db)
	for _, name := range names {
		if !slices.Contains(tables, name) {
			return false, err
		}
	}
	return true, err
}

// versions returns the version of the tables of each owner.
func versions(ctx context.Context, db *sql.DB) (map[string]int64, error) {
	tables, err := Tables(ctx, db)
	if err != nil {
		return nil, err
	}
	have := map[string]int64{}
	for _, table := range tables {
		owner, ok := strings.CutPrefix(table, versionTables)
		if !ok {
			continue
		}
		var v int64
		name := strings.ReplaceAll(versionTables+owner, `"`, `""`)
		if err := db.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from "`+name+`" where is_applied`).Scan(&v); err != nil {
			return nil, err
		}
		have[owner] = v
	}
	return have, nil
}
