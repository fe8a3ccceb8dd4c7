//go:build unix

package sipgate

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fileOf is a file of a user.
type fileOf struct {
	fs.FileInfo
	mode fs.FileMode
	uid  uint32
}

func (f fileOf) Mode() fs.FileMode { return f.mode }
func (f fileOf) Sys() any          { return &syscall.Stat_t{Uid: f.uid} }

// A key that somebody else could read is refused, except where it is mounted for
// the program by root.
func TestSecretFileIsPrivate(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, test := range []struct {
		mode    fs.FileMode
		uid     uint32
		private bool
	}{
		{0o600, 1000, true},
		{0o400, 0, true},
		{0o440, 0, true},
		{0o444, 0, true},
		{0o440, 1000, false},
		{0o444, 1000, false},
		{0o604, 1000, false},
		{0o460, 0, false},
		{0o446, 0, false},
		{0o644, 0, os.Geteuid() != 0}, // root could have made it private
	} {
		if got := KeptPrivate(f, fileOf{mode: test.mode, uid: test.uid}); got != test.private {
			t.Errorf("%v of user %d: private is %v", test.mode, test.uid, got)
		}
	}
}

// Whoever runs Callboard is told which secrets others can read.
func TestReadableSecretsAreReported(t *testing.T) {
	dir := t.TempDir()
	files := []string{"", filepath.Join(dir, "missing")}
	for name, mode := range map[string]fs.FileMode{"owner": 0o600, "group": 0o640, "world": 0o604} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, nil, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	var log strings.Builder
	WarnReadable(slog.New(slog.NewTextHandler(&log, nil)), files...)
	for name, reported := range map[string]bool{"group": true, "world": true, "owner": false, "missing": false} {
		if strings.Contains(log.String(), filepath.Join(dir, name)) != reported {
			t.Errorf("%s: reported %v\n%s", name, !reported, &log)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("%d lines:\n%s", n, &log)
	}
}
