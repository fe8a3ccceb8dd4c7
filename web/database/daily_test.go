package database_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/web/database"
)

// dailyRun is a Daily that runs on fake time.
type dailyRun struct {
	*database.Daily
	t    *testing.T
	dir  string
	db   *database.DB
	log  bytes.Buffer
	stop func()
}

func startDaily(t *testing.T, keep int, prepare func(dir string)) *dailyRun {
	t.Helper()
	r := &dailyRun{t: t, dir: filepath.Join(t.TempDir(), "backups"), db: open(t, t.TempDir())}
	if prepare != nil {
		prepare(r.dir)
	}
	var err error
	if r.Daily, err = (&database.DailySettings{BackupDir: r.dir, BackupKeep: keep}).Daily(slog.New(slog.NewTextHandler(&r.log, nil))); err != nil {
		t.Fatal(err)
	}
	stop := r.Start(r.db)
	r.stop = func() {
		stop()
		r.db.Close()
	}
	return r
}

// files returns the names in the directory of backups, a moment after d.
func (r *dailyRun) files(d time.Duration) string {
	r.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	entries, _ := os.ReadDir(r.dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

const day = 24 * time.Hour

// There is a backup at the start and after each day; the newest ones stay, and
// what is named otherwise is not touched. (The clock of synctest begins in 2000.)
func TestDailyBackups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startDaily(t, 2, func(dir string) {
			os.Mkdir(dir, 0o700)
			for _, name := range []string{"callboard-mine.db", "callboard-19990101.db", "callboard-19990101T000000Z.db.gz"} {
				os.WriteFile(filepath.Join(dir, name), nil, 0o600)
			}
		})
		defer r.stop()
		const others = "callboard-19990101.db callboard-19990101T000000Z.db.gz "
		for _, step := range []struct {
			after time.Duration
			want  string
		}{
			{time.Second, "callboard-20000101T000000Z.db"},
			{day - 2*time.Second, "callboard-20000101T000000Z.db"},
			{2 * time.Second, "callboard-20000101T000000Z.db callboard-20000102T000000Z.db"},
			{day, "callboard-20000102T000000Z.db callboard-20000103T000000Z.db"},
			{day, "callboard-20000103T000000Z.db callboard-20000104T000000Z.db"},
		} {
			if got := r.files(step.after); got != others+step.want+" callboard-mine.db" {
				t.Errorf("after %v: %s", step.after, got)
			}
		}
		if s, ok := r.State(); !ok || s.Err != nil || s.Dir != r.dir || s.Last.Day() != 4 {
			t.Errorf("state %+v", s)
		}
		if made, on, err := r.Newest(); !on || err != nil || made.Day() != 4 {
			t.Errorf("the newest is of %v, %v, %v", made, on, err)
		}
	})
}

// A restart makes no backup before the newest one is a day old.
func TestDailyBackupsAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startDaily(t, 9, func(dir string) {
			os.Mkdir(dir, 0o700)
			os.WriteFile(filepath.Join(dir, "callboard-19991231T200000Z.db"), nil, 0o600)
		})
		defer r.stop()
		if got := r.files(19 * time.Hour); got != "callboard-19991231T200000Z.db" {
			t.Errorf("too early: %s", got)
		}
		if got := r.files(2 * time.Hour); got != "callboard-19991231T200000Z.db callboard-20000101T200000Z.db" {
			t.Errorf("when it is due: %s", got)
		}
	})
}

// A backup that fails is logged, shown, and tried again after an hour. It removes
// no older one.
func TestDailyBackupsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startDaily(t, 1, nil)
		defer r.stop()
		if got := r.files(time.Second); got != "callboard-20000101T000000Z.db" {
			t.Fatalf("at first: %s", got)
		}
		os.WriteFile(filepath.Join(r.dir, "callboard-20000102T000000Z.db"), []byte("taken"), 0o600)
		if got := r.files(day); got != "callboard-20000101T000000Z.db callboard-20000102T000000Z.db" {
			t.Errorf("after a failure: %s", got)
		}
		if s, _ := r.State(); s.Err == nil || s.Last.Day() != 1 {
			t.Errorf("state %+v", s)
		}
		if !strings.Contains(r.log.String(), "level=ERROR msg=\"daily backup failed\"") {
			t.Errorf("log: %s", &r.log)
		}
		if got := r.files(time.Hour); got != "callboard-20000102T010000Z.db" {
			t.Errorf("an hour later: %s", got)
		}
		if s, _ := r.State(); s.Err != nil {
			t.Errorf("state %+v", s)
		}
	})
}

// A backup that seems to come from the future hinders none, and one that was just
// made is not removed for it.
func TestDailyBackupsAndAWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startDaily(t, 1, func(dir string) {
			os.Mkdir(dir, 0o700)
			os.WriteFile(filepath.Join(dir, "callboard-20300101T000000Z.db"), nil, 0o600)
		})
		defer r.stop()
		if got := r.files(time.Second); got != "callboard-20000101T000000Z.db callboard-20300101T000000Z.db" {
			t.Errorf("files: %s", got)
		}
	})
}

// Without a directory there are no daily backups; mistakes name their flag.
func TestDailySettings(t *testing.T) {
	if d, err := (&database.DailySettings{BackupKeep: 14}).Daily(slog.Default()); d != nil || err != nil {
		t.Errorf("%v, %v", d, err)
	} else if _, ok := d.State(); ok {
		t.Error("there is a state of no backups")
	} else if made, on, err := d.Newest(); !made.IsZero() || on || err != nil {
		t.Errorf("the newest of no backups: %v, %v, %v", made, on, err)
	} else {
		d.Start(nil)()
	}
	if _, err := (&database.DailySettings{BackupDir: "x"}).Daily(slog.Default()); err == nil || err.Error() != "--backup-keep: must be 1 or more" {
		t.Errorf("%v", err)
	}
}
