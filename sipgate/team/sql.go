package team

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// storeTimeout limits one change in the database.
const storeTimeout = 10 * time.Second

// untilStored returns the context of a change in the database: once begun, a
// change does not stop when its caller goes away, because its outcome has to be
// known. It ends after storeTimeout.
func untilStored(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
}

// execute executes one statement, in a context of [untilStored], and returns how
// many rows it changed.
func execute(ctx context.Context, db *sql.DB, query string, args ...any) (int64, error) {
	ctx, cancel := untilStored(ctx)
	defer cancel()
	result, err := db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// A scanner is a [sql.Row] or the present row of [sql.Rows].
type scanner interface{ Scan(dest ...any) error }

// eachRow calls f for each row that a query returns, until f returns an error.
func eachRow(ctx context.Context, db *sql.DB, f func(scanner) error, query string, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// noRows reports whether a query found no row.
func noRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }
