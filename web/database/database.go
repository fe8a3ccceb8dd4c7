// Package database opens the program's database, a SQLite file in a directory
// of its own, and brings its tables up to date. It knows no table's meaning:
// the SQL of a table lives in the package that owns it.
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

// Names of the files in the data directory. SQLite adds -wal and -shm to the
// first.
const (
	fileName = "callboard.db"
	lockName = "callboard.lock"
)

// applicationID marks our files, by PRAGMA application_id: "Call".
const applicationID = 0x43616c6c

// DB is an open database. As long as it is open, no other process can open the
// same directory.
type DB struct {
	*sql.DB
	lock *lock
}

// Open opens the database in dir, and makes both if they do not exist. The
// directory is made for the user alone (0700), and so is every file (0600).
//
// A committed transaction survives the process being killed and the power
// failing. Any number of goroutines may read at the same time; transactions
// that may write wait for each other, at most 5 s.
//
// Open refuses a directory that another process has open ("in use by pid N"),
// a file that is damaged and a file that is not ours, each in one line. It
// never repairs or replaces one.
func Open(ctx context.Context, dir string) (*DB, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
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

func open(ctx context.Context, file string) (*sql.DB, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := create(ctx, file); err != nil {
			return nil, fmt.Errorf("database %s cannot be made: %w", file, err)
		}
	case err != nil:
		return nil, err
	case info.Size() == 0:
		// SQLite would take it for a new one and everything would be gone.
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

// complete compares the length of file with what its header says, since SQLite
// reads what was cut off the last page as zeros. While there is a write-ahead
// log the two may differ.
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

// create makes a new database. It gets its name only when it is complete, so
// that an incomplete one is always a damaged one.
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

// connect opens a pool. Every transaction takes the write lock when it begins:
// one that reads first and writes later would fail instead of waiting.
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

// check refuses a file that is damaged or not ours.
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

func damaged(file string, why error) error {
	return fmt.Errorf("database %s is damaged, restore it from a backup: %s", file, oneLine(why))
}
