package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A Failure is why the database cannot do its work, as a stable code. It says
// nothing against the statement: the same one succeeds once the cause is gone.
type Failure string

// The failures.
const (
	None     Failure = ""
	Busy     Failure = "busy"              // others hold its locks or have all its connections
	Full     Failure = "storage_full"      // the disk is full
	ReadOnly Failure = "database_readonly" // the disk or the file is read-only
	Gone     Failure = "database_gone"     // the file was removed, replaced or damaged, or the disk fails; PostgreSQL does not answer
)

// errGone is what Ready returns if the file is not the one that is open.
var errGone = errors.New("the database file was moved or removed")

// FailureOf returns the failure that err wraps, or None for every other error,
// such as a violated constraint.
func FailureOf(err error) Failure {
	if err == nil {
		return None
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	switch {
	case !ok:
		return cmp.Or(postgresFailure(err), failureBelow(err))
	case e.Code() == sqlite3.SQLITE_READONLY_DBMOVED, e.Code() == sqlite3.SQLITE_READONLY_CANTINIT:
		return Gone
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM:
		return Busy
	case sqlite3.SQLITE_FULL:
		return Full
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return ReadOnly
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return Gone
	}
	return None
}

// Unavailable returns the code of the failure that err wraps, or "".
func Unavailable(err error) string { return string(FailureOf(err)) }

// failureBelow returns the failure of an error that does not come from SQLite
// itself.
func failureBelow(err error) Failure {
	switch {
	case errors.Is(err, errGone), errors.Is(err, sql.ErrConnDone), errors.Is(err, syscall.EIO):
		return Gone
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Full
	case errors.Is(err, syscall.EROFS):
		return ReadOnly
	case strings.Contains(err.Error(), "sql: database is closed"): // has no name
		return Busy
	}
	return None
}

// readyFor is for how long an answer of Ready is given again. Strangers may ask,
// and each answer costs a write.
const readyFor = time.Second

// A probe is what Ready found.
type probe struct {
	at   time.Time
	took time.Duration
	err  error
}

// Ready writes to the database, at most once a second, and returns an error of
// which [FailureOf] knows why it cannot be written. It changes nothing that
// anybody reads.
func (db *DB) Ready(ctx context.Context) error {
	last := db.probed.Load()
	if last != nil && (time.Since(last.at) < readyFor || !db.probing.CompareAndSwap(false, true)) {
		return last.err
	}
	begun := time.Now()
	err := db.probe(context.WithoutCancel(ctx))
	db.probed.Store(&probe{time.Now(), time.Since(begun), err})
	db.probing.Store(false)
	return err
}

func (db *DB) probe(ctx context.Context) error {
	if db.server != nil {
		return probePostgres(ctx, db.DB)
	}
	now, err := os.Stat(db.file)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !os.SameFile(now, db.info):
		return errGone
	case err != nil:
		return fmt.Errorf("%w: %w", errGone, err)
	}
	_, err = db.ExecContext(ctx, "pragma user_version = 0")
	return err
}
