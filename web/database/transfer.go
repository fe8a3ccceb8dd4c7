package database

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// transferTable is in a PostgreSQL database from the first to the last step of a
// [Transfer] to it: until which row each table was copied.
const transferTable = "database_transfer"

// Limits of one transaction of a transfer.
const (
	maxBatchRows  = 500
	maxBatchBytes = 8 << 20
)

// Errors of transfers.
var (
	// ErrTransfer is returned for a database to which a transfer has begun and not ended.
	ErrTransfer = errors.New("a transfer to this database is not complete: run the command migrate again")

	// ErrNotNew is returned for a database that has tables already.
	ErrNotNew = errors.New("the PostgreSQL database has tables already: name an empty one")
)

// A Transfer copies the database file in a directory to PostgreSQL.
type Transfer struct {
	Dir     string
	To      string // address
	Program string // as for Migrate
	Owners  map[string]fs.FS

	// Copied is called when a table is copied and when all tables are compared. The rows
	// are those of the table.
	Copied func(table string, rows int64)

	from     *sql.DB
	to       *DB
	progress func(table string) error // nil but in tests: called after each transaction
}

// Run makes the transfer. It refuses a file that a program has open or that is of an
// earlier version, and a PostgreSQL database with tables. It only reads the file.
//
// Interrupted at any time, it goes on where it was when it is run again; before that no
// program starts with the PostgreSQL database. At the end all rows of both are compared.
func (t *Transfer) Run(ctx context.Context) error {
	source, err := Examine(ctx, t.Dir)
	if err != nil {
		return err
	}
	defer source.Close()
	lock, err := acquire(filepath.Join(t.Dir, lockName))
	if err != nil {
		return fmt.Errorf("data directory %s is %w: stop that program first", t.Dir, err)
	}
	defer lock.release()
	if outdated, err := CheckSchema(ctx, source.DB, t.Owners); err != nil {
		return err
	} else if outdated {
		return errors.New("the database is of an earlier version: start Callboard once, and stop it again")
	}
	if t.to, err = OpenPostgres(ctx, t.To); err != nil {
		return err
	}
	defer t.to.Close()
	t.from = source.DB
	if err := t.begin(ctx); err != nil {
		return err
	}
	tables, err := t.tables(ctx)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if err := t.copy(ctx, table); err != nil {
			return fmt.Errorf("copy %s: %w", table.name, err)
		}
	}
	for _, table := range tables {
		if err := t.compare(ctx, table); err != nil {
			return fmt.Errorf("compare %s: %w", table.name, err)
		}
	}
	_, err = t.to.ExecContext(ctx, `drop table `+transferTable)
	return err
}

// begin makes the tables in the new database, or finds those of a transfer that was
// interrupted.
func (t *Transfer) begin(ctx context.Context) error {
	tables, err := Tables(ctx, t.to.DB)
	switch {
	case err != nil:
		return err
	case len(tables) > 0 && !slices.Contains(tables, transferTable):
		return ErrNotNew
	}
	if _, err := t.to.ExecContext(ctx, `create table if not exists `+transferTable+` (name text primary key, last bigint not null)`); err != nil {
		return err
	}
	return connectorOf(t.to.DB).migrating(ctx, func(db *sql.DB) error { return migrateTables(ctx, db, t.Program, t.Owners) })
}

// A transferred is a table to be copied.
type transferred struct {
	name    string
	columns []string
	boolean []bool // which columns are
}

func (t transferred) list() string { return strings.Join(t.columns, ", ") }

// tables returns the tables, each after those that it refers to.
func (t *Transfer) tables(ctx context.Context) (ordered []transferred, err error) {
	names, err := Tables(ctx, t.from)
	if err != nil {
		return nil, err
	}
	done := map[string]bool{}
	var add func(name string) error
	add = func(name string) error {
		if done[name] || strings.HasPrefix(name, versionTables) || strings.HasPrefix(name, "sqlite_") || name == "database_upgrades" {
			return nil
		}
		done[name] = true
		parents, err := oneColumn(ctx, t.from, `select distinct "table" from pragma_foreign_key_list($1) order by 1`, name)
		for _, parent := range parents {
			err = errors.Join(err, add(parent))
		}
		if err != nil {
			return err
		}
		table := transferred{name: name}
		if table.columns, err = oneColumn(ctx, t.to.DB, `select column_name::text from information_schema.columns
			where table_schema = current_schema() and table_name = $1 order by ordinal_position`, name); err != nil {
			return err
		}
		booleans, err := oneColumn(ctx, t.to.DB, `select column_name::text from information_schema.columns
			where table_schema = current_schema() and table_name = $1 and data_type = 'boolean'`, name)
		for _, column := range table.columns {
			table.boolean = append(table.boolean, slices.Contains(booleans, column))
		}
		ordered = append(ordered, table)
		return err
	}
	for _, name := range names {
		if err := add(name); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}

// oneColumn returns the only column of a query.
func oneColumn(ctx context.Context, db *sql.DB, query string, args ...any) (all []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// copy copies the rows of a table that were not copied yet.
func (t *Transfer) copy(ctx context.Context, table transferred) error {
	var last int64
	err := t.to.QueryRowContext(ctx, `select last from `+transferTable+` where name = $1`, table.name).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for more := true; more; {
		if last, more, err = t.batch(ctx, table, last); err != nil {
			return err
		}
		if t.progress != nil {
			if err := t.progress(table.name); err != nil {
				return err
			}
		}
	}
	return nil
}

// batch copies some rows after the one with the number last, and that it did, in one
// transaction.
func (t *Transfer) batch(ctx context.Context, table transferred, last int64) (now int64, more bool, err error) {
	rows, err := t.from.QueryContext(ctx, `select rowid, `+table.list()+` from `+table.name+` where rowid > $1 order by rowid limit $2`, last, maxBatchRows)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	tx, err := t.to.BeginTx(ctx, nil)
	if err != nil {
		return 0, false, err
	}
	defer tx.Rollback()
	places := make([]string, len(table.columns))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	insert, err := tx.PrepareContext(ctx, `insert into `+table.name+` (`+table.list()+`) values (`+strings.Join(places, ", ")+`)`)
	if err != nil {
		return 0, false, err
	}
	defer insert.Close()
	for n, size := 0, 0; size < maxBatchBytes && rows.Next(); n++ {
		values, err := table.scan(rows, &last)
		if err != nil {
			return 0, false, err
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return 0, false, err
		}
		for _, v := range values {
			size += sizeOfValue(v)
		}
		more = n == maxBatchRows-1 || size >= maxBatchBytes
	}
	if err := rows.Err(); err != nil {
		return 0, false, err
	}
	if _, err := tx.ExecContext(ctx, `insert into `+transferTable+` (name, last) values ($1, $2) on conflict (name) do update set last = excluded.last`, table.name, last); err != nil {
		return 0, false, err
	}
	return last, more, tx.Commit()
}

// scan returns the values of a row as PostgreSQL holds them, after those for first.
func (table transferred) scan(rows *sql.Rows, first ...any) ([]any, error) {
	values := make([]any, len(table.columns))
	to := slices.Clone(first)
	for i := range values {
		to = append(to, &values[i])
	}
	if err := rows.Scan(to...); err != nil {
		return nil, err
	}
	for i, v := range values {
		switch v := v.(type) {
		case int64:
			if table.boolean[i] {
				values[i] = v != 0
			}
		case string:
			values[i] = storable(v)
		case []byte:
			values[i] = append([]byte{}, v...) // nil is an empty value here, and null elsewhere
		}
	}
	return values, nil
}

func sizeOfValue(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return 8
}

// compare returns an error unless both databases have the same rows in a table.
func (t *Transfer) compare(ctx context.Context, table transferred) error {
	from, err := t.sum(ctx, t.from, table)
	if err != nil {
		return err
	}
	to, err := t.sum(ctx, t.to.DB, table)
	if err != nil {
		return err
	}
	if from != to {
		return fmt.Errorf("the copy differs: %d rows here, %d in PostgreSQL; empty the PostgreSQL database and run the command again", from.rows, to.rows)
	}
	if t.Copied != nil {
		t.Copied(table.name, from.rows)
	}
	return nil
}

// A sum is the same for the same rows in whatever order.
type sum struct {
	rows  int64
	words [sha256.Size / 8]uint64 // of the sums of all rows
}

func (t *Transfer) sum(ctx context.Context, db *sql.DB, table transferred) (s sum, err error) {
	rows, err := db.QueryContext(ctx, `select `+table.list()+` from `+table.name)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := table.scan(rows)
		if err != nil {
			return s, err
		}
		h := sha256.New()
		for _, v := range values {
			if text, ok := v.([]byte); ok {
				v = string(text)
			}
			fmt.Fprintf(h, "%T %d %v;", v, sizeOfValue(v), v)
		}
		digest := h.Sum(nil)
		for i := range s.words {
			s.words[i] += binary.BigEndian.Uint64(digest[8*i:])
		}
		s.rows++
	}
	return s, rows.Err()
}
