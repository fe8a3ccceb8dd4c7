package callcontrol

import "sync"

// tasks counts what goes on in the background and for members whose requests may
// have been given up, so that it ends before the database is closed.
type tasks struct {
	mu      sync.Mutex
	running int
	closed  bool
	idle    chan struct{} // closed when, after close, the last task has ended
}

// begin counts a task, which is to call end. It returns false after close, unless
// another task still runs, which the new one may be a part of.
func (t *tasks) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed && t.running == 0 {
		return false
	}
	t.running++
	return true
}

func (t *tasks) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running--; t.closed && t.running == 0 {
		close(t.idle)
	}
}

// Go runs f in the background, unless it is too late for that.
func (t *tasks) Go(f func()) {
	if !t.begin() {
		return
	}
	go func() {
		defer t.end()
		f()
	}()
}

// close waits until all tasks have ended.
func (t *tasks) close() {
	t.mu.Lock()
	if !t.closed {
		t.closed, t.idle = true, make(chan struct{})
		if t.running == 0 {
			close(t.idle)
		}
	}
	t.mu.Unlock()
	<-t.idle
}
