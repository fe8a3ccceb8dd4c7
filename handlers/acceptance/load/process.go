package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// await waits until an address that the process serves answers 200.
func (p *process) await(address string) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		select {
		case <-p.done:
			return fmt.Errorf("%s ended: %s", p.cmd.Path, p.tail())
		default:
		}
		if resp, err := http.Get(address); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("%s does not answer: %s", address, p.tail())
}

// fulfilled matches the lines of requests that were answered as they should be.
var fulfilled = regexp.MustCompile(`(?m)^.* msg=request .* status=[123].*\n`)

// tail returns the end of the log, without the requests that succeeded.
func (p *process) tail() string {
	text, _ := os.ReadFile(p.log.Name())
	text = fulfilled.ReplaceAll(text, nil)
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
func (p *process) cpu() (time.Duration, error) { return cpuOf(strconv.Itoa(p.cmd.Process.Pid)) }

// cpuOf returns the CPU time that a process has used, "self" for this one.
func cpuOf(pid string) (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // from the third on
	var ticks int
	for _, i := range []int{11, 12} { // user and system time
		n, err := strconv.Atoi(string(fields[i]))
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// machineCPU returns the CPU time that all processes have used.
func machineCPU() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	var user, nice, system, idle, wait, irq, softirq int
	_, err = fmt.Sscanf(string(stat), "cpu %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &wait, &irq, &softirq)
	return time.Duration(user+nice+system+irq+softirq) * clockTick, err
}

// memory returns the resident memory in bytes.
func (p *process) memory() (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	n := 0
	_, err = fmt.Sscan(after, &n)
	return n << 10, err
}
