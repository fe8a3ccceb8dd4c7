// Package database opens the program's database, a SQLite file in a directory of
// its own, and migrates its tables. It knows nothing about the tables: the SQL of
// a table is in the package that owns it.
package database

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

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

// DB is an open database. While it is open, no other process can open the same
// directory.
type DB struct {
	*sql.DB
	lock *lock
}

// Open opens the database in dir, and creates both if they do not exist. Only the
// user may access the directory (0700) and its files (0600).
//
// A committed transaction survives a killed process and a power failure. Any
// number of goroutines may read at the same time. Transactions that may write
// wait for each other, at most 5 s.
//
// Open refuses a directory that another process has open ("in use by pid N"), a
// damaged file and a file of another program, each with an error of one line. It
// never repairs or replaces a file.
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
	db, err := open(ctx, filepath.Join(dir, fileName))
	if err != nil {
		l.release()
		return nil, err
	}
	return &DB{DB: db, lock: l}, nil
}

// Close closes the database and lets other processes open it.
func (db *DB) Close() error {
	return errors.Join(db.DB.Close(), db.lock.release())
}

// open opens or creates the database file.
func open(ctx context.Context, file string) (*sql.DB, error) {
	info, err := os.Stat(file)
	switch {
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
		if err := complete(file); err != nil {
			return nil, damaged(file, err)
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

// complete returns an error if file is shorter than its header says. SQLite would
// read the missing part of the last page as zeros. The two may differ while there
// is a write-ahead log.
func complete(file string) error {
	if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	var header [32]byte
	if _, err := f.ReadAt(header[:], 0); err != nil {
		return errors.New("the file is cut off")
	}
	if string(header[:16]) != "SQLite format 3\x00" {
		return errors.New("the file is not a database")
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 { // stands for 65536, which does not fit
		page = 65536
	}
	if info.Size() < page*int64(binary.BigEndian.Uint32(header[28:])) {
		return errors.New("the file is cut off")
	}
	return nil
}

// create creates a new database. It renames the file once it is complete, so that
// an incomplete file under the final name is always a damaged one.
func create(ctx context.Context, file string) error {
	temp := file + ".new"
	for _, name := range []string{temp, temp + "-wal", temp + "-shm", temp + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
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
	path := filepath.ToSlash(file)
	if path[0] != '/' {
		path = "/" + path // C:/…
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	n := max(4, runtime.GOMAXPROCS(0))
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// check refuses a damaged file and a file of another program.
func check(ctx context.Context, db *sql.DB, file string) error {
	var id int64
	if err := db.QueryRowContext(ctx, "pragma application_id").Scan(&id); err != nil {
		return damaged(file, err)
	}
	if id != applicationID {
		return fmt.Errorf("database %s was not made by this program: move it away", file)
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "pragma quick_check(1)").Scan(&verdict); err != nil {
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
