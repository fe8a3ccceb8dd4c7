package database

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// A lock reserves a directory for one process. The operating system releases it
// when the process ends, in whatever way.
type lock struct{ f *os.File }

// errLocked is returned when another process holds the lock.
var errLocked = errors.New("locked")

// acquire takes the lock at name and writes the process id into the file, for the
// error that the next process gets. The file stays after the release: otherwise
// two processes could lock two files of the same name.
func acquire(name string) (*lock, error) {
	f, err := openLocked(name)
	if errors.Is(err, errLocked) {
		return nil, inUse(name)
	}
	if err != nil {
		return nil, fmt.Errorf("not usable: %w", err)
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		f.Close()
		return nil, fmt.Errorf("not usable: %w", err)
	}
	return &lock{f}, nil
}

func writePID(f *os.File) error {
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// inUse returns the error of a lock that another process holds.
func inUse(name string) error {
	text, _ := os.ReadFile(name)
	if pid, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil {
		return fmt.Errorf("in use by pid %d", pid)
	}
	return errors.New("in use by another process")
}

func (l *lock) release() error { return l.f.Close() }
