package web

import (
	"io"
	"sync"
	"time"
)

const (
	lineWithin = 100 * time.Millisecond // a line that may wait is written after it
	maxLines   = 32 << 10               // bytes of them
)

// A lineWriter writes a log. The lines of requests may wait for others, since a system
// call for each is much of what a page costs. They keep their order with those that do
// not wait. A process that is killed, or crashes, loses what waits.
type lineWriter struct {
	to io.Writer

	mu      sync.Mutex
	waiting []byte
	timer   *time.Timer // runs while there is something waiting; nil at first
	closed  bool        // nothing waits any more
}

// Write implements io.Writer. It writes what waits, and p.
func (l *lineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return l.to.Write(p)
	}
	l.waiting = append(l.waiting, p...)
	return len(p), l.flush()
}

// flush writes what waits. mu is held.
func (l *lineWriter) flush() error {
	if len(l.waiting) == 0 {
		return nil
	}
	l.timer.Stop()
	_, err := l.to.Write(l.waiting)
	l.waiting = l.waiting[:0]
	return err
}

// expire writes what has waited.
func (l *lineWriter) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
}

// Close writes what waits. Later lines do not wait.
func (l *lineWriter) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.flush()
}

// A patientWriter is a lineWriter whose lines may wait.
type patientWriter struct{ *lineWriter }

// Write implements io.Writer.
func (l patientWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.to.Write(p)
	}
	switch {
	case l.timer == nil:
		l.timer = time.AfterFunc(lineWithin, l.expire)
	case len(l.waiting) == 0:
		l.timer.Reset(lineWithin)
	}
	l.waiting = append(l.waiting, p...)
	if len(l.waiting) >= maxLines {
		return len(p), l.flush()
	}
	return len(p), nil
}
