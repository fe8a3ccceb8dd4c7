package database

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// A lock keeps a directory for one process. The operating system gives it back
// when the process dies, however it does.
type lock struct{ f *os.File }

// errLocked: another process has the lock.
var errLocked = errors.New("locked")

// acquire takes the lock at name and writes the pid into it, for the one who
// comes second to tell. The file stays when the lock is released: removing it
// would let two processes lock two files of the same name.
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

func inUse(name string) error {
	text, _ := os.ReadFile(name)
	if pid, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil {
		return fmt.Errorf("in use by pid %d", pid)
	}
	return errors.New("in use by another process")
}

func (l *lock) release() error { return l.f.Close() }
