package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Names of daily backups: callboard-20261129T030405Z.db.
const (
	dailyPrefix = "callboard-"
	dailyTime   = "20060102T150405Z"
	dailySuffix = ".db"
)

const (
	dailyEvery = 24 * time.Hour
	dailyRetry = time.Hour // after one that failed
)

// DailySettings says where a backup is written every day. Its tags declare
// command-line flags for the kong library.
type DailySettings struct {
	BackupDir  string `placeholder:"DIR" help:"Directory to which a backup is written every day. Default: none is made."`
	BackupKeep int    `default:"14" help:"How many daily backups are kept."`
}

// Daily returns the daily backups that the settings describe, nil if there are
// to be none. An error has the form "--flag: what is wrong".
func (s *DailySettings) Daily(log *slog.Logger) (*Daily, error) {
	if s.BackupKeep < 1 {
		return nil, errors.New("--backup-keep: must be 1 or more")
	}
	if s.BackupDir == "" {
		return nil, nil
	}
	dir, err := filepath.Abs(s.BackupDir)
	if err != nil {
		return nil, fmt.Errorf("--backup-dir: %w", err)
	}
	return &Daily{keep: s.BackupKeep, log: log, state: DailyState{Dir: dir}}, nil
}

// Daily writes a backup of a database every day, and keeps the newest ones. A
// nil Daily does nothing.
type Daily struct {
	keep int
	log  *slog.Logger

	mu    sync.Mutex
	state DailyState
}

// DailyState is how the daily backups are doing.
type DailyState struct {
	Dir  string
	Last time.Time // when the newest one was made; zero: there is none
	Err  error     // why the last attempt failed; nil if it did not
}

// State returns how the daily backups are doing, and false if there are to be
// none.
func (d *Daily) State() (DailyState, bool) {
	if d == nil {
		return DailyState{}, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state, true
}

// Newest returns when the newest backup was made, zero if there is none, and why
// the last attempt failed. on is false if there are to be none.
func (d *Daily) Newest() (made time.Time, on bool, err error) {
	s, on := d.State()
	return s.Last, on, s.Err
}

// Start makes a backup of db whenever the newest one is a day old, until stop is
// called, which waits for it. A backup that fails is tried again every hour, and
// logged each time. Older backups are removed only after a newer one was made, and
// only if they are named as Start names them. A PostgreSQL database is not backed up.
func (d *Daily) Start(db *DB) (stop func()) {
	if d == nil || db.Shared() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.run(ctx, db) })
	return func() {
		cancel()
		running.Wait()
	}
}

func (d *Daily) run(ctx context.Context, db *DB) {
	due := d.start(time.Now())
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(due)):
		}
		at := time.Now()
		err := d.backUp(ctx, db, at)
		if ctx.Err() != nil {
			return
		}
		due = d.note(at, err)
	}
}

// LatestDaily returns when the newest daily backup in dir was made, as its name
// says: the zero time if there is none.
func LatestDaily(dir string) (time.Time, error) {
	if _, err := os.Stat(dir); err != nil {
		return time.Time{}, err
	}
	made, err := datedFiles(filepath.Join(dir, dailyPrefix), dailyTime, dailySuffix)
	if err != nil || len(made) == 0 {
		return time.Time{}, err
	}
	return made[0].at, nil
}

// start returns when the first backup is due: at once if the newest one is older
// than a day, or seems to come from the future.
func (d *Daily) start(now time.Time) time.Time {
	last, err := LatestDaily(d.state.Dir)
	if err != nil || last.IsZero() || last.After(now) {
		return now
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.Last = last
	return last.Add(dailyEvery)
}

// backUp makes the backup of a day and removes those that are too many.
func (d *Daily) backUp(ctx context.Context, db *DB, at time.Time) error {
	dir := d.state.Dir
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	prefix := filepath.Join(dir, dailyPrefix)
	file := prefix + at.UTC().Format(dailyTime) + dailySuffix
	if err := db.Backup(ctx, file); err != nil {
		return err
	}
	made, err := datedFiles(prefix, dailyTime, dailySuffix)
	errs := []error{err, removeParts(prefix)}
	for i, f := range made {
		if i >= d.keep && f.name != file {
			errs = append(errs, os.Remove(f.name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		d.log.Warn("old daily backups not removed", "dir", dir, "err", err)
	}
	return nil
}

// note remembers how a backup went and returns when the next one is due.
func (d *Daily) note(at time.Time, err error) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.Err = err
	if err != nil {
		d.log.Error("daily backup failed", "dir", d.state.Dir, "err", err, "next", at.Add(dailyRetry))
		return at.Add(dailyRetry)
	}
	d.state.Last = at
	return at.Add(dailyEvery)
}
