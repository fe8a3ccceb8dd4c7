//go:build unix

package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Suspend stops the program (SIGSTOP) and waits until it stands still: on a busy machine it
// goes on for a moment after the signal. With SIGCONT it goes on.
func (p *Process) Suspend() error {
	if err := p.Send(syscall.SIGSTOP); err != nil {
		return err
	}
	for ; ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a system without /proc
		} else if err != nil {
			return err
		}
		// The state stands behind the name of the program, which is in brackets.
		if _, state, ok := bytes.Cut(stat, []byte(") ")); ok && state[0] == 'T' {
			return nil
		}
	}
}
