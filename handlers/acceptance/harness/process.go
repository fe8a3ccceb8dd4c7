package harness

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/web/freeport"
)

// A Process is the running program.
type Process struct {
	t    testing.TB
	args []string
	cmd  *exec.Cmd
	log  lockedBuffer // standard output and standard error
	done chan struct{}
	err  error // of Wait; valid once done is closed
}

// environment is all that the program gets: no shell, no settings, and dir for
// temporary files.
func environment(dir string, more ...string) []string {
	env := []string{"HOME=" + dir, "TMPDIR=" + dir, "PATH=/nonexistent", "GOTRACEBACK=all"}
	if raceEnabled {
		// Without it every raced program waits a second before it exits.
		env = append(env, "GORACE=atexit_sleep_ms=0")
	}
	for _, name := range []string{"TZ", "GORACE", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return append(env, more...)
}

// Launch starts the program in dir. The end of the test kills it.
func Launch(t testing.TB, dir string, args ...string) *Process {
	t.Helper()
	return launch(t, programFor(args)(t), dir, args)
}

// programFor returns which program runs a command.
func programFor(args []string) func(testing.TB) string {
	if args[0] == "simulator" || args[0] == "demo" {
		return PlainProgram
	}
	return Program
}

func launch(t testing.TB, program, dir string, args []string) *Process {
	t.Helper()
	p := &Process{t: t, args: args, cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, environment(dir)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
		if strings.Contains(p.log.tail(1<<30), "WARNING: DATA RACE") {
			t.Error("the program has a data race; see its log")
		}
		if t.Failed() {
			t.Logf("log of callboard %s:\n%s", strings.Join(args, " "), p.log.tail(8000))
		}
	})
	return p
}

// End sends a signal, waits until the program has ended, and returns how it
// ended: nil for exit status 0.
func (p *Process) End(signal os.Signal) error {
	p.cmd.Process.Signal(signal)
	select {
	case <-p.done:
		return p.err
	case <-time.After(time.Minute):
		return errors.New("the program did not end within a minute")
	}
}

// Wait waits until the program ends by itself and returns how it ended.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Send sends a signal and waits for nothing.
func (p *Process) Send(signal os.Signal) error { return p.cmd.Process.Signal(signal) }

// Ended returns nil while the program runs, then how it ended.
func (p *Process) Ended() error {
	select {
	case <-p.done:
		return cmp.Or(p.err, errors.New("exit status 0"))
	default:
		return nil
	}
}

// Log returns the last n bytes of what the program wrote.
func (p *Process) Log(n int) string { return p.log.tail(n) }

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Run runs a command of the program, as users have it, that ends by itself, with further
// environment variables, and returns what it wrote and its exit status.
func Run(t testing.TB, env []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	dir, program := t.TempDir(), PlainProgram(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, environment(dir, env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// FreeAddr returns a loopback address on which nothing listens, see [freeport.Addr].
func FreeAddr(t testing.TB) string {
	t.Helper()
	addr, err := freeport.Addr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// lockedBuffer is a log that is written while the test reads it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// tail returns the end of the log, at most n bytes.
func (b *lockedBuffer) tail(n int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.buf.String()
	return s[max(0, len(s)-n):]
}
