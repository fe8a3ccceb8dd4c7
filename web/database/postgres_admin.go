package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// migrationLock is the key of the advisory lock that a program holds while it
// migrates: "callboar".
const migrationLock = 0x63616c6c626f6172

// migrating calls f with a pool without time limits, while no other program does that.
func (c *connector) migrating(ctx context.Context, f func(*sql.DB) error) error {
	db := sql.OpenDB(c.unlimited())
	defer db.Close()
	lock, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("database %s: %w", c.name(), err)
	}
	defer lock.Close() // the lock ends with its connection, which the pool closes
	if _, err := lock.ExecContext(ctx, `select pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("wait for other programs that migrate: %w", err)
	}
	return f(db)
}

// vacuum removes deleted rows from the tables.
func (c *connector) vacuum(ctx context.Context) error {
	db := sql.OpenDB(c.unlimited())
	defer db.Close()
	_, err := db.ExecContext(ctx, `vacuum`)
	return err
}

// probeTimeout is after what time a database counts as gone that does not answer.
const probeTimeout = 5 * time.Second

// probePostgres writes to the table of upgrades what it has. It returns an error that
// [FailureOf] knows.
func probePostgres(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	_, err := db.ExecContext(ctx, `update database_upgrades set program = program where at = (select max(at) from database_upgrades)`)
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	return err
}

// errNoAnswer is what Ready returns if PostgreSQL does not answer in time.
var errNoAnswer = errors.New("the database does not answer")

// sizeOfPostgres returns the bytes of a database with its indexes.
func sizeOfPostgres(ctx context.Context, db *sql.DB) (size int64, err error) {
	err = db.QueryRowContext(ctx, `select pg_database_size(current_database())`).Scan(&size)
	return size, err
}

// postgresFailure returns the failure of an error of PostgreSQL, its driver or the
// network to it. Errors of other connections are not its business.
func postgresFailure(err error) Failure {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return failureOfCode(e.Code)
	}
	if e, ok := errors.AsType[*connectError](err); ok {
		if text := e.Error(); strings.Contains(text, "session is read-only") || strings.Contains(text, "hot standby") {
			return ReadOnly // the driver has no names for them
		}
		return Gone
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Net == lostNetwork {
		return Gone
	}
	if errors.Is(err, errNoAnswer) || errors.Is(err, errNoOutcome) || errors.Is(err, driver.ErrBadConn) {
		return Gone
	}
	return None
}

// failureOfCode returns the failure that a code of PostgreSQL stands for.
func failureOfCode(code pqerror.Code) Failure {
	switch code {
	case pqerror.DiskFull:
		return Full
	case pqerror.ReadOnlySQLTransaction:
		return ReadOnly
	case pqerror.LockNotAvailable, pqerror.QueryCanceled, pqerror.TooManyConnections, pqerror.OutOfMemory,
		pqerror.TRDeadlockDetected, pqerror.TRSerializationFailure:
		return Busy
	case pqerror.IdleInTransactionSessionTimeout:
		return Gone
	}
	switch code[:2] {
	case "08", "57", "58", "28", "3D", "XX": // connection, operator, system, sign-in, no database, internal
		return Gone
	case "53", "55": // resources, state of an object
		return Busy
	}
	return None
}
