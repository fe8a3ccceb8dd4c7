package database

import (
	"errors"
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
)

// backupName returns the name of the copy of file that is made at t.
func backupName(file string, t time.Time) string {
	return file + "." + t.UTC().Format(backupTime) + backupSuffix
}

// prune removes the copies of file that are too old or too many. It leaves files
// alone that only look similar.
func prune(file string, now time.Time) error {
	names, err := filepath.Glob(strings.NewReplacer(`\`, `\\`, "[", `\[`, "*", `\*`, "?", `\?`).Replace(file) + ".*" + backupSuffix)
	if err != nil {
		return err
	}
	slices.Sort(names) // the oldest first
	slices.Reverse(names)
	kept := 0
	var errs []error
	for _, name := range names {
		made, err := time.Parse(backupTime, strings.TrimSuffix(strings.TrimPrefix(name, file+"."), backupSuffix))
		if err != nil {
			continue
		}
		if kept++; kept > keepBackups || now.Sub(made) > keepFor {
			errs = append(errs, os.Remove(name))
		}
	}
	return errors.Join(errs...)
}

// prune removes what is too old now and every day until the database is closed.
func (db *DB) prune() {
	prune(db.file, time.Now()) // what cannot be removed today can be tomorrow
	db.pruning.Reset(pruneEvery)
}
