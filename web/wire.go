package web

import (
	"bytes"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	kernelBuffer = 64 << 10 // bytes the kernel may hold for a client that does not read
	maxWaiting   = 64 << 10 // bytes that may wait behind the frame being written
	pieceSize    = 64 << 10 // bytes of a frame that have pieceWithin to be written
	pieceWithin  = 5 * time.Second
	closeWithin  = 5 * time.Second // for a client to answer a close frame
)

// A wire is the connection below a socket. All frames go through it, those of the
// websocket library too: each is sent whole, in the order of the calls, and none
// after a close frame. No method waits for the client.
//
// A frame is written by the caller, with one system call. Only what the kernel
// does not take at once is left to a goroutine, which ends when the client has
// caught up. A client for which too much waits is cut off here, one that takes
// too long for a piece by the watchdog; see late.
type wire struct {
	net.Conn        // closing it does not wait for the client
	early    []byte // was read before the upgrade; used by Read only

	direct  syscall.RawConn       // nil if only the goroutine can write, as with TLS
	attempt func(fd uintptr) bool // writes tried to fd; made once, so that a write allocates nothing

	flusher sync.WaitGroup

	mu       sync.Mutex // guards the fields below
	tried    []byte     // argument of attempt
	wrote    int        // result of attempt
	failed   error      // result of attempt
	queue    [][]byte   // what the goroutine has to write; the first is being written
	waiting  int        // bytes of queue[1:]
	flushing bool       // the goroutine runs
	began    time.Time  // when the current piece began to be written, or zero
	sealed   time.Time  // when the close frame was sent, or zero
	dead     bool       // the connection is closed or about to be
}

// newWire returns a wire over c, whose client has already sent early.
func newWire(c net.Conn, early []byte) *wire {
	w := &wire{Conn: c, early: early}
	if b, ok := c.(interface{ SetWriteBuffer(int) error }); ok {
		b.SetWriteBuffer(kernelBuffer)
	}
	if s, ok := c.(syscall.Conn); ok && canWriteNow {
		if direct, err := s.SyscallConn(); err == nil {
			w.direct, w.attempt = direct, w.try
		}
	}
	return w
}

// send sends b, which must not change afterwards. It returns false if the
// connection takes no more frames.
func (w *wire) send(b []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.sealed.IsZero() {
		return false
	}
	if w.waiting > maxWaiting {
		w.kill()
	}
	return w.put(b)
}

// seal sends the last frame, also to a client for which much waits. It returns
// false if there was one before.
func (w *wire) seal(b []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead || !w.sealed.IsZero() {
		return false
	}
	w.put(b)
	w.sealed = time.Now()
	return true
}

// put is called with mu held, as are the methods after it.
func (w *wire) put(b []byte) bool {
	if !w.flushing && !w.dead && w.direct != nil {
		b = b[w.writeNow(b):]
	}
	switch {
	case w.dead:
		return false
	case len(b) == 0:
		return true
	case len(w.queue) > 0:
		w.waiting += len(b)
	}
	w.queue = append(w.queue, b)
	if !w.flushing {
		w.flushing = true
		w.flusher.Go(w.flush)
	}
	return true
}

// writeNow writes as much of b as the kernel takes at once.
func (w *wire) writeNow(b []byte) int {
	w.tried, w.wrote, w.failed = b, 0, nil
	err := w.direct.Write(w.attempt)
	w.tried = nil
	if err != nil || w.failed != nil {
		w.kill()
	}
	return w.wrote
}

func (w *wire) try(fd uintptr) bool {
	w.wrote, w.failed = writeNow(fd, w.tried)
	return true // do not wait until more can be written
}

// kill closes the connection.
func (w *wire) kill() {
	if w.dead {
		return
	}
	w.dead, w.queue, w.waiting = true, nil, 0
	w.Conn.Close()
}

// flush writes the queue.
func (w *wire) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.queue) > 0 {
		piece := w.queue[0][:min(len(w.queue[0]), pieceSize)]
		w.began = time.Now()
		w.mu.Unlock()
		n, err := w.Conn.Write(piece)
		w.mu.Lock()
		if err != nil {
			w.kill()
		}
		w.advance(n)
	}
	w.flushing, w.began = false, time.Time{}
}

// advance removes the n bytes that were written from the queue.
func (w *wire) advance(n int) {
	if w.dead {
		return
	}
	if w.queue[0] = w.queue[0][n:]; len(w.queue[0]) > 0 {
		return
	}
	w.queue[0] = nil
	w.queue = w.queue[1:]
	if len(w.queue) > 0 {
		w.waiting -= len(w.queue[0])
	} else {
		w.queue = nil
	}
}

// abort cuts the client off.
func (w *wire) abort() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kill()
}

// end closes the connection when everything has been written.
func (w *wire) end() {
	w.Close()
	w.flusher.Wait()
	w.abort()
}

// late reports whether the client has had its time: for the current piece, or to
// answer the close frame.
func (w *wire) late(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.began.IsZero() && now.Sub(w.began) > pieceWithin ||
		!w.sealed.IsZero() && now.Sub(w.sealed) > closeWithin
}

// ping sends a ping, unless frames are waiting.
func (w *wire) ping() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.flushing && w.sealed.IsZero() && w.put(pingFrame)
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.early) == 0 {
		return w.Conn.Read(p)
	}
	n := copy(p, w.early)
	if w.early = w.early[n:]; len(w.early) == 0 {
		w.early = nil
	}
	return n, nil
}

// Write implements net.Conn for the library, which writes control frames only,
// one with each call. After the last frame it does nothing: the library learns
// of the end by reading.
func (w *wire) Write(b []byte) (int, error) {
	frame := bytes.Clone(b)
	if len(b) > 0 && b[0] == firstClose {
		w.seal(frame)
	} else {
		w.send(frame)
	}
	return len(b), nil
}

// Close implements net.Conn for the library. What has been sent before is still
// written; see end.
func (w *wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sealed.IsZero() {
		w.sealed = time.Now()
	}
	if !w.flushing {
		w.kill()
	}
	return nil
}
