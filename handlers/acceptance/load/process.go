package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process is a program that was started.
type process struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed when it has ended
}

// build builds Callboard as its users do, and returns the file.
func build(ctx context.Context, dir string) (string, error) {
	file := filepath.Join(dir, "callboard")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", file, "callboard")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
}

// start starts a program whose output goes to a file in dir. It inherits no
// settings.
func start(dir, name string, cmd *exec.Cmd) (*process, error) {
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	cmd.Stderr, cmd.Dir = log, dir
	if cmd.Stdout == nil {
		cmd.Stdout = log
	}
	cmd.Env = append(cmd.Env, "HOME="+dir, "TMPDIR="+dir, "PATH=/nonexistent")
	if err := cmd.Start(); err != nil {
		log.Close()
		return nil, err
	}
	p := &process{cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// await waits until an address answers that the process serves.
func (p *process) await(address string) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		select {
		case <-p.done:
			return fmt.Errorf("%s ended: %s", p.cmd.Path, p.tail())
		default:
		}
		if resp, err := http.Get(address); err == nil {
			resp.Body.Close()
			return nil
		}
	}
	return fmt.Errorf("%s does not answer: %s", address, p.tail())
}

// tail returns the end of the log.
func (p *process) tail() string {
	text, _ := os.ReadFile(p.log.Name())
	return string(text[max(0, len(text)-2000):])
}

// stop ends the process in good order, or after 30 s by force.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
	p.log.Close()
}

// clockTick is the unit of CPU times in /proc.
const clockTick = 10 * time.Millisecond

// cpu returns the CPU time that the process has used.
func (p *process) cpu() (time.Duration, error) {
	stat, err := p.proc("stat")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // from the third on
	var ticks int
	for _, i := range []int{11, 12} { // user and system time
		n, err := strconv.Atoi(fields[i])
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// memory returns the resident memory in bytes.
func (p *process) memory() (int, error) {
	status, err := p.proc("status")
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(status, "VmRSS:")
	n := 0
	_, err = fmt.Sscan(after, &n)
	return n << 10, err
}

// openFiles returns the number of open files, sockets among them.
func (p *process) openFiles() (int, error) {
	dir, err := os.Open(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	return len(names), err
}

func (p *process) proc(name string) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name))
	return string(bytes.TrimSpace(text)), err
}

// freeAddr returns a loopback address on which nothing listens.
func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
