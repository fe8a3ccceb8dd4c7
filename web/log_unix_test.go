//go:build unix

package web_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"callboard/web"
)

// A log file is appended to and belongs to its owner only. At SIGHUP the log goes
// on in a new file, if there can be one; what no file takes goes to stderr.
func TestLogFileIsOpenedAnewAtSIGHUP(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "callboard.log")
	if err := os.WriteFile(name, []byte("earlier\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	l, err := (&web.LogSettings{LogLevel: "info", LogFile: name}).Open(&stderr)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	hangUp := func(file, want string) {
		t.Helper()
		syscall.Kill(os.Getpid(), syscall.SIGHUP)
		for !strings.Contains(read(file), want) { // the signal arrives by itself
			if t.Context().Err() != nil {
				t.Fatalf("%s has no %q", file, want)
			}
			runtime.Gosched()
		}
	}
	l.Info("first")
	os.Rename(name, name+".1")
	l.Info("second") // before the signal
	hangUp(name, "log file opened anew")
	l.Info("third")
	if old := read(name + ".1"); !strings.Contains(old, "earlier") || !strings.Contains(old, "second") || strings.Contains(old, "third") {
		t.Errorf("the old file: %s", old)
	}
	if !strings.Contains(read(name), "third") {
		t.Errorf("the new file: %s", read(name))
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the new file: %v %v", info.Mode(), err)
	}
	os.Rename(dir, dir+".gone")
	hangUp(filepath.Join(dir+".gone", "callboard.log"), "open log file anew")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if l.Error("after the end"); !strings.Contains(stderr.String(), "after the end") {
		t.Errorf("stderr: %s", &stderr)
	}
}
