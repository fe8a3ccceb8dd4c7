package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrMissing is returned for a directory without a database.
var ErrMissing = errors.New("there is no database yet")

// An Examination reads the database of a directory without changing it and
// without hindering a program that uses it.
type Examination struct {
	*sql.DB        // can only be read
	InUse   string // "in use by pid 1234", "" if no program has the directory open
	Size    int64  // of the files, in bytes
}

// Examine opens the database in dir for reading. It returns ErrMissing if there
// is none, and the error of [Open] for a file that is not a whole one of ours.
func Examine(ctx context.Context, dir string) (*Examination, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, fileName)
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !hasLog(file):
		return nil, ErrMissing
	case errors.Is(err, fs.ErrNotExist):
		return nil, damaged(file, errors.New("the file is missing, its write-ahead log is there"))
	case err != nil:
		return nil, err
	case info.Size() == 0:
		return nil, damaged(file, errors.New("the file is empty"))
	}
	if err := inspect(file, info.Size()); err != nil {
		return nil, err
	}
	e := &Examination{InUse: userOf(filepath.Join(dir, lockName)), Size: info.Size()}
	if log, err := os.Stat(file + "-wal"); err == nil {
		e.Size += log.Size()
	}
	options := "mode=ro&_pragma=busy_timeout(5000)"
	if e.InUse == "" && !hasLog(file) {
		options += "&immutable=1" // leaves no files beside it
	}
	if e.DB, err = sql.Open("sqlite", uri(file, options)); err != nil {
		return nil, err
	}
	if err := checkThoroughly(ctx, e.DB, file); err != nil {
		e.DB.Close()
		return nil, fmt.Errorf("database %w; restore it from a backup", err)
	}
	return e, nil
}

// userOf returns which process has a directory open, "" for none.
func userOf(lock string) string {
	if _, err := os.Stat(lock); err != nil {
		return ""
	}
	f, err := openLocked(lock)
	if errors.Is(err, errLocked) {
		return inUse(lock).Error()
	}
	if err == nil {
		f.Close()
	}
	return ""
}

// FreeSpace returns how many bytes can still be written to the disk of dir, and
// false if the system does not say.
func FreeSpace(dir string) (int64, bool) {
	n := free(dir)
	return max(n, 0), n >= 0
}
