package database

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("not usable: %w", err)
	}
	err = lockFile(f)
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err == nil {
		return &lock{f}, nil
	}
	defer f.Close()
	if !errors.Is(err, errLocked) {
		return nil, fmt.Errorf("not usable: %w", err)
	}
	if text, err := io.ReadAll(io.LimitReader(f, 32)); err == nil {
		if pid, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil {
			return nil, fmt.Errorf("in use by pid %d", pid)
		}
	}
	return nil, errors.New("in use by another process")
}

func (l *lock) release() error { return l.f.Close() }
