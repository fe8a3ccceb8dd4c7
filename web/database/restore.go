package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrNotEmpty is returned for a directory that cannot be restored to.
var ErrNotEmpty = errors.New("the data directory is not empty; restore into a new one, or move these files away")

// A Restoration is a backup on its way into a data directory: a copy of it that
// has been checked, and that is not the database before Commit.
type Restoration struct {
	*sql.DB
	lock *lock
	file string // the name to be
}

// BeginRestore copies a backup into dir, which it creates if necessary, and
// checks the copy. It never writes to the backup. The directory must be empty but
// for the files named by except, which are paths; otherwise the error is
// [ErrNotEmpty]. It refuses what is not a whole database of this program.
//
// The directory is reserved until Commit or Abort.
func BeginRestore(ctx context.Context, backup, dir string, except ...string) (*Restoration, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := inspectBackup(backup); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	lockFile := filepath.Join(dir, lockName)
	if _, err := os.Stat(lockFile); err != nil { // leave no lock in a directory of others
		if err := onlyHas(dir, append(except, filepath.Join(dir, fileName+newSuffix))); err != nil {
			return nil, err
		}
	}
	l, err := acquire(lockFile)
	if err != nil {
		return nil, fmt.Errorf("data directory %s is %w", dir, err)
	}
	r := &Restoration{lock: l, file: filepath.Join(dir, fileName)}
	if err := r.begin(ctx, backup, except); err != nil {
		return nil, errors.Join(err, r.Abort())
	}
	return r, nil
}

// inspectBackup refuses a file that cannot be restored.
func inspectBackup(file string) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", file)
	case info.Size() == 0:
		return fmt.Errorf("%s is empty", file)
	case hasLog(file):
		return fmt.Errorf("%s is a copy of a database in use: a part of it is in %s-wal; make a backup with the command backup", file, file)
	}
	return inspect(file, info.Size())
}

func (r *Restoration) begin(ctx context.Context, backup string, except []string) error {
	if err := removeNew(r.temp()); err != nil { // of an attempt that was interrupted
		return err
	}
	if err := onlyHas(filepath.Dir(r.file), append(except, r.lock.f.Name())); err != nil {
		return err
	}
	if err := copyFile(backup, r.temp()); err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	if err := likeDirectory(r.temp(), r.lock.f.Name()); err != nil {
		return err
	}
	var err error
	if r.DB, err = connect(r.temp()); err != nil {
		return err
	}
	return checkThoroughly(ctx, r.DB, backup)
}

func (r *Restoration) temp() string { return r.file + newSuffix }

// Commit makes the copy, with what was changed in it, the database of the
// directory. It is on the disk then.
func (r *Restoration) Commit() error {
	if err := r.DB.Close(); err != nil { // writes the log into the file
		return errors.Join(err, r.Abort())
	}
	if err := errors.Join(syncFile(r.temp()), os.Rename(r.temp(), r.file)); err != nil {
		return errors.Join(err, r.Abort())
	}
	return errors.Join(syncDir(filepath.Dir(r.file)), r.lock.release())
}

// Abort removes the copy.
func (r *Restoration) Abort() error {
	if r.DB != nil {
		r.DB.Close()
	}
	return errors.Join(removeNew(r.temp()), r.lock.release())
}

// onlyHas returns ErrNotEmpty if a directory has other files than those.
func onlyHas(dir string, files []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var others []string
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if !slices.ContainsFunc(files, func(f string) bool { return sameFile(f, name) }) {
			others = append(others, e.Name())
		}
	}
	if len(others) == 0 {
		return nil
	}
	if len(others) > 3 {
		others = append(others[:3], "…")
	}
	return fmt.Errorf("%s: %w: %s", dir, ErrNotEmpty, strings.Join(others, ", "))
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// copyFile copies a file to a new one (0600).
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// checkThoroughly refuses a database in which anything is damaged, also a single
// index or a reference. name is that of the file as the user knows it.
func checkThoroughly(ctx context.Context, db *sql.DB, name string) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "pragma integrity_check(1)").Scan(&verdict); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s is damaged: %s", name, oneLine(err))
	}
	if verdict != "ok" {
		return fmt.Errorf("%s is damaged: %s", name, oneLine(errors.New(verdict)))
	}
	var broken int
	if err := db.QueryRowContext(ctx, "select count(*) from pragma_foreign_key_check").Scan(&broken); err != nil {
		return err
	}
	if broken > 0 {
		return fmt.Errorf("%s is damaged: %d rows belong to rows that are missing", name, broken)
	}
	return nil
}

// newSuffix ends the name of a database that is not complete yet.
const newSuffix = ".new"

// removeNew removes an incomplete database, if there is one.
func removeNew(temp string) error {
	for _, name := range []string{temp, temp + "-wal", temp + "-shm", temp + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
