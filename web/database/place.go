package database

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A Place says where the database is. Its tags declare command-line flags for the kong
// library.
type Place struct {
	Data     string `default:"data" placeholder:"DIR" help:"Directory of the database and the key."`
	Database string `placeholder:"URL" help:"A PostgreSQL database in place of a file in the directory: postgres://USER:PASSWORD@HOST/NAME. Others can read command lines: set the variable."`
}

// Check returns an error of the form "--database: what is wrong".
func (p Place) Check() error {
	if p.Database == "" {
		return nil
	}
	if err := CheckPostgres(p.Database); err != nil {
		return fmt.Errorf("--database: %w", err)
	}
	return nil
}

// Postgres reports whether the database is not a file.
func (p Place) Postgres() bool { return p.Database != "" }

// Open opens the database as [Open] or [OpenPostgres] does. The directory exists then.
func (p Place) Open(ctx context.Context) (*DB, error) {
	if !p.Postgres() {
		return Open(ctx, p.Data)
	}
	if err := os.MkdirAll(cmp.Or(p.Data, "."), 0o700); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	return OpenPostgres(ctx, p.Database)
}

// OpenBeside opens the database for a command, as [OpenBeside] does.
func (p Place) OpenBeside(ctx context.Context) (*DB, error) {
	if !p.Postgres() {
		return OpenBeside(ctx, p.Data)
	}
	return OpenPostgres(ctx, p.Database)
}

// Backup writes a copy of the database, as [Backup] does, or returns ErrPostgres.
func (p Place) Backup(ctx context.Context, file string) error {
	if p.Postgres() {
		return ErrPostgres
	}
	return Backup(ctx, p.Data, file)
}

// Examine opens the database for reading, as [Examine] does. It returns ErrMissing for a
// PostgreSQL database without tables.
func (p Place) Examine(ctx context.Context) (*Examination, error) {
	if !p.Postgres() {
		return Examine(ctx, p.Data)
	}
	db, err := OpenPostgres(ctx, p.Database)
	if err != nil {
		return nil, err
	}
	e := &Examination{DB: db.DB}
	if e.Size, err = sizeOfPostgres(ctx, db.DB); err == nil {
		err = db.QueryRowContext(ctx, `select case count(*) when 0 then '' else 'in use by ' || count(*) || ' connections of programs' end
			from pg_stat_activity where datname = current_database() and application_name = 'callboard' and pid <> pg_backend_pid()`).Scan(&e.InUse)
	}
	var tables []string
	if err == nil {
		tables, err = Tables(ctx, db.DB)
	}
	if err == nil && len(tables) == 0 {
		err = ErrMissing
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return e, nil
}

// Writable returns an error if the database cannot be written by this program.
func (p Place) Writable(ctx context.Context, e *Examination) error {
	if p.Postgres() {
		return probePostgres(ctx, e.DB)
	}
	f, err := os.OpenFile(filepath.Join(p.Data, fileName), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}
