package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrPostgres is returned where a PostgreSQL database would have to be backed up or
// restored: a file that this program writes would miss what others write meanwhile, and
// PostgreSQL has tools that do it well.
var ErrPostgres = errors.New("the database is in PostgreSQL: use pg_dump to back it up, and pg_restore to restore it")

// ErrExists is returned for a backup under a name that is taken.
var ErrExists = errors.New("there is a file of this name already; a backup never replaces one")

// Backup writes a copy of the database in dir to a new file. It may be called
// while this or another process uses the database, and disturbs neither readers
// nor writers.
//
// The file holds every transaction that was committed before the call, and of
// later ones each wholly or not at all. Only the user may access it (0600). It
// has been checked, and is on the disk, before it gets its name: there is never
// a part of a backup under the name. An existing file is not replaced: the error
// is [ErrExists].
func Backup(ctx context.Context, dir, file string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	source := filepath.Join(dir, fileName)
	info, err := os.Stat(source)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database in %s", dir)
	} else if err != nil {
		return err
	}
	if err := inspect(source, info.Size()); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", uri(source, "mode=rw&_pragma=busy_timeout(5000)"))
	if err != nil {
		return err
	}
	defer db.Close()
	return copyTo(ctx, db, file)
}

// Backup writes a copy of the database, as [Backup] does, or returns ErrPostgres.
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.server != nil {
		return ErrPostgres
	}
	return copyTo(ctx, db.DB, file)
}

// copyTo writes a copy of db under a name of its own, checks it and renames it
// to file.
func copyTo(ctx context.Context, db *sql.DB, file string) (err error) {
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s: %w", file, ErrExists)
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+partSuffix+"*") // has mode 0600
	if err != nil {
		return err
	}
	part := f.Name()
	defer os.Remove(part)
	defer f.Close()
	if _, err := db.ExecContext(ctx, "vacuum into $1", part); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if err := verify(ctx, part); err != nil {
		return fmt.Errorf("the copy is not whole: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return publish(part, file)
}

// Compact writes the database anew, so that nothing of what was deleted is left in
// its files. Whoever else writes to it waits.
//
// In PostgreSQL it removes the deleted rows; their bytes stay on the disk until the
// server needs the space.
func Compact(ctx context.Context, db *sql.DB) error {
	if c := connectorOf(db); c != nil {
		return c.vacuum(ctx)
	}
	if _, err := db.ExecContext(ctx, "vacuum"); err != nil {
		return err
	}
	var busy, pages, copied int
	err := db.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &pages, &copied)
	if err == nil && busy != 0 {
		err = errors.New("the log of the database still has what was deleted, since somebody reads it")
	}
	return err
}

// verify reads a copy, which nobody else knows, and returns an error unless it
// is whole.
func verify(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", uri(file, "mode=ro&immutable=1"))
	if err != nil {
		return err
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(ctx, "pragma integrity_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return errors.New(oneLine(errors.New(verdict)))
	}
	return nil
}

// publish gives a complete file its name, unless that is taken.
func publish(part, file string) error {
	switch err := os.Link(part, file); {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s: %w", file, ErrExists)
	case err != nil: // the file system has no links: reserve the name instead
		reserved, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s: %w", file, ErrExists)
		} else if err != nil {
			return err
		}
		reserved.Close()
		if err := os.Rename(part, file); err != nil {
			os.Remove(file)
			return err
		}
	}
	return syncDir(filepath.Dir(file))
}

// escapeGlob returns a pattern that matches s only.
func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "*", `\*`, "?", `\?`).Replace(s)
}
