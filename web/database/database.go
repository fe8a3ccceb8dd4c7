// Package database opens the program's database, a SQLite file in a directory of
// its own or a PostgreSQL database, and migrates its tables. It knows nothing about
// the tables: the SQL of a table is in the package that owns it, in one text that
// both take.
package database

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Names of the files in the data directory. SQLite adds files with the suffixes
// -wal and -shm to the first.
const (
	fileName = "callboard.db"
	lockName = "callboard.lock"
)

// applicationID is the PRAGMA application_id of our files: "Call".
const applicationID = 0x43616c6c

// DB is an open database. While a file is open, no other process can open the same
// directory.
type DB struct {
	*sql.DB
	server *connector // nil: a SQLite file

	lock *lock
	file string
	info fs.FileInfo // of the file that is open

	pruning *time.Timer // removes old copies

	probed  atomic.Pointer[probe] // what Ready found last; nil at first
	probing atomic.Bool           // a call of Ready renews it
}

// Open opens the database in dir, and creates both if they do not exist. Only the
// user may access the directory (0700) and its files (0600).
//
// A committed transaction survives a killed process and a power failure. Any
// number of goroutines may read at the same time. Transactions that may write
// wait for each other, at most 5 s.
//
// Open refuses a directory that another process has open ("in use by pid N"), a
// damaged file and a file of another program, each with an error of one line,
// and without changing a byte. It never repairs or replaces a file.
func Open(ctx context.Context, dir string) (*DB, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	l, err := acquire(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("data directory %s is %w", dir, err)
	}
	db := &DB{lock: l, file: filepath.Join(dir, fileName)}
	if db.DB, err = open(ctx, db.file); err == nil {
		db.info, err = os.Stat(db.file)
	}
	if err != nil {
		l.release()
		return nil, err
	}
	prune(db.file, time.Now())
	db.pruning = time.AfterFunc(time.Duration(math.MaxInt64), db.prune)
	db.pruning.Reset(pruneEvery) // prune resets db.pruning, which is set now
	return db, nil
}

// OpenBeside opens the database in dir for a command, also while another process has
// the directory: InUse says so. That process must not have in memory what the command
// changes. It returns ErrMissing if there is no database.
func OpenBeside(ctx context.Context, dir string) (*DB, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, fileName)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) && !hasLog(file) {
		return nil, ErrMissing
	}
	if userOf(filepath.Join(dir, lockName)) == "" {
		return Open(ctx, dir)
	}
	db := &DB{file: file}
	if db.DB, err = open(ctx, file); err != nil {
		return nil, err
	}
	return db, nil
}

// Shared reports whether other programs may have the database open as well, which is
// so with PostgreSQL.
func (db *DB) Shared() bool { return db.server != nil }

// InUse reports whether another process has the directory, or may have the PostgreSQL
// database.
func (db *DB) InUse() bool { return db.lock == nil }

// Close closes the database and lets other processes open it.
func (db *DB) Close() error {
	if db.InUse() {
		return db.DB.Close()
	}
	db.pruning.Stop()
	return errors.Join(db.DB.Close(), db.lock.release())
}

// open opens or creates the database file.
func open(ctx context.Context, file string) (*sql.DB, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && hasLog(file):
		return nil, damaged(file, errors.New("the file is missing, its write-ahead log is there"))
	case errors.Is(err, fs.ErrNotExist):
		if err := create(ctx, file); err != nil {
			return nil, fmt.Errorf("create database %s: %w", file, err)
		}
	case err != nil:
		return nil, err
	case info.Size() == 0:
		// SQLite would treat it as a new database and hide the loss.
		return nil, damaged(file, errors.New("the file is empty"))
	default:
		if err := inspect(file, info.Size()); err != nil {
			return nil, err
		}
	}
	db, err := connect(file)
	if err != nil {
		return nil, err
	}
	if err := check(ctx, db, file); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// hasLog reports whether there is a write-ahead log of file with something in it.
func hasLog(file string) bool {
	info, err := os.Stat(file + "-wal")
	return err == nil && info.Size() > 0
}

// inspect refuses a file that is not ours or not whole, by its header alone:
// SQLite would write to it as soon as it opens it, and into the file that which
// stands in a write-ahead log. Our application id is in the file before it gets
// its name, so it never stands in the log only.
//
// A file that is shorter than its header says is cut off. SQLite would read the
// missing part of the last page as zeros. The two may differ while there is a
// write-ahead log.
func inspect(file string, size int64) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	var header [100]byte
	if _, err := f.ReadAt(header[:], 0); err != nil {
		return damaged(file, errors.New("the file is cut off"))
	}
	if string(header[:16]) != "SQLite format 3\x00" {
		return damaged(file, errors.New("the file is not a database"))
	}
	if binary.BigEndian.Uint32(header[68:]) != applicationID {
		return fmt.Errorf("database %s was not made by this program: move it away", file)
	}
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 { // stands for 65536, which does not fit
		page = 65536
	}
	if size < page*int64(binary.BigEndian.Uint32(header[28:])) && !hasLog(file) {
		return damaged(file, errors.New("the file is cut off"))
	}
	return nil
}

// create creates a new database. It renames the file once it is complete, so that
// an incomplete file under the final name is always a damaged one.
func create(ctx context.Context, file string) error {
	temp := file + newSuffix
	if err := removeNew(temp); err != nil {
		return err
	}
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	db, err := connect(temp)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("pragma application_id = %d", applicationID))
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, file); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}

// connect opens a connection pool. Every transaction takes the write lock when it
// begins: one that reads first and writes later would fail instead of waiting.
func connect(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", uri(file, "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	n := max(4, runtime.GOMAXPROCS(0))
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// uri returns the name by which the driver opens a file, whose path is absolute.
func uri(file, options string) string {
	path := filepath.ToSlash(file)
	if path[0] != '/' {
		path = "/" + path // C:/…
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: options}).String()
}

// check refuses a damaged file. A file that only cannot be used at the moment,
// or whose check was cancelled, is not damaged.
func check(ctx context.Context, db *sql.DB, file string) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "pragma quick_check(1)").Scan(&verdict); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("open database %s: %w", file, ctx.Err())
		}
		switch FailureOf(err) {
		case Busy, Full, ReadOnly:
			return fmt.Errorf("database %s cannot be used: %s", file, oneLine(err))
		}
		return damaged(file, err)
	}
	if verdict != "ok" {
		return damaged(file, errors.New(verdict))
	}
	return nil
}

// damaged returns the error of a file that cannot be used, in one line.
func damaged(file string, why error) error {
	return fmt.Errorf("database %s is damaged, restore it from a backup: %s", file, oneLine(why))
}
