package database

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// versionTables begins the names of goose's tables of versions.
const versionTables = "goose_"

// CheckSchema compares the tables in db with what the owners know, and changes
// nothing. It reports whether [Migrate] has something to do. The error is that of
// Migrate for a database that a newer program has written.
func CheckSchema(ctx context.Context, db *sql.DB, owners map[string]fs.FS) (outdated bool, err error) {
	have, err := versions(ctx, db)
	if err != nil {
		return false, err
	}
	for _, owner := range slices.Sorted(maps.Keys(have)) {
		if _, known := owners[owner]; !known && have[owner] > 0 {
			return false, newer(owner, have[owner], 0)
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
			return false, newer(owner, have[owner], want)
		}
		outdated = outdated || have[owner] < want
	}
	return outdated, nil
}

// newer returns the error of a database that a newer program has written.
func newer(owner string, have, known int64) error {
	return fmt.Errorf("the database was written by a newer version of this program (%s: version %d, known is %d)", owner, have, known)
}

// versions returns the version of the tables of each owner.
func versions(ctx context.Context, db *sql.DB) (map[string]int64, error) {
	rows, err := db.QueryContext(ctx, `select name from sqlite_schema where type = 'table' and name like 'goose\_%' escape '\' order by name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]int64{}
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return nil, err
		}
		have[strings.TrimPrefix(table, versionTables)] = 0
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for owner := range have {
		var v int64
		name := strings.ReplaceAll(versionTables+owner, `"`, `""`)
		if err := db.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from "`+name+`" where is_applied`).Scan(&v); err != nil {
			return nil, err
		}
		have[owner] = v
	}
	return have, nil
}
