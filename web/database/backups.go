package database

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What is kept of the copies that Migrate writes. They hold what the database
// held, so they must not outlive the times for which that is kept.
const (
	keepBackups  = 5
	keepFor      = 30 * 24 * time.Hour
	pruneEvery   = 24 * time.Hour
	backupTime   = "20060102T150405.000"
	backupSuffix = ".backup"
	partSuffix   = ".part-" // and random digits: a copy that is not complete
)

// backupName returns the name of the copy of file that is made at t.
func backupName(file string, t time.Time) string {
	return file + "." + t.UTC().Format(backupTime) + backupSuffix
}

// prune removes the copies of file that are too old or too many. It leaves files
// alone that only look similar.
func prune(file string, now time.Time) error {
	made, err := datedFiles(file+".", backupTime, backupSuffix)
	if err != nil {
		return err
	}
	errs := []error{removeParts(file + ".")}
	for i, d := range made {
		if i >= keepBackups || now.Sub(d.at) > keepFor {
			errs = append(errs, os.Remove(d.name))
		}
	}
	return errors.Join(errs...)
}

// prune removes what is too old now and every day until the database is closed.
func (db *DB) prune() {
	prune(db.file, time.Now()) // what cannot be removed today can be tomorrow
	db.pruning.Reset(pruneEvery)
}

// A datedFile is a file whose name says when it was made.
type datedFile struct {
	name string
	at   time.Time
}

// datedFiles returns the files whose names are prefix, a time in the layout, and
// suffix, the newest first.
func datedFiles(prefix, layout, suffix string) ([]datedFile, error) {
	names, err := filepath.Glob(escapeGlob(prefix) + "*" + suffix)
	var all []datedFile
	for _, name := range names {
		at, err := time.Parse(layout, strings.TrimSuffix(strings.TrimPrefix(name, prefix), suffix))
		if err == nil && name == prefix+at.Format(layout)+suffix {
			all = append(all, datedFile{name, at})
		}
	}
	slices.SortFunc(all, func(a, b datedFile) int { return b.at.Compare(a.at) })
	return all, err
}

// removeParts removes the incomplete copies whose names begin with prefix and
// that nobody has written to for a day: those of a process that was killed.
func removeParts(prefix string) error {
	names, err := filepath.Glob(escapeGlob(prefix) + "*" + partSuffix + "*")
	errs := []error{err}
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && time.Since(info.ModTime()) > pruneEvery {
			err = os.Remove(name)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
