package web

import (
	"io"
	"net/http"
	"time"
)

const (
	answerWithin = time.Minute // for each piece of an answer
	answerPiece  = 128 << 10   // bytes: a page is one piece
	extendEvery  = time.Second // at most
)

// A recorder keeps the status and the size of an answer for the log, and gives
// up an answer that its client does not read.
type recorder struct {
	http.ResponseWriter
	control *http.ResponseController
	conn    *joiningConn // nil if it cannot join
	status  int
	bytes   int64

	extended time.Time // when extend has set the deadline
}

// extend gives the client time to read what is written next. A socket outlives
// its handshake and has its own deadlines.
func (w *recorder) extend() {
	now := time.Now()
	if w.status != http.StatusSwitchingProtocols && now.Sub(w.extended) >= extendEvery {
		w.extended = now
		w.control.SetWriteDeadline(now.Add(answerWithin))
	}
}

// Unwrap lets http.ResponseController reach the methods that a recorder lacks.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(code int) {
	if w.status == 0 && (code >= 200 || code == http.StatusSwitchingProtocols) {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter. Each piece of a long answer has its own
// time, so that a slow client gets all of it.
func (w *recorder) Write(p []byte) (n int, err error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	for {
		piece := p[n:min(len(p), n+answerPiece)]
		w.extend()
		conn := w.conn
		if w.bytes > 0 || len(piece) < joinFrom {
			conn = nil
		}
		m, err := conn.joined(w.ResponseWriter.Write, piece)
		n += m
		w.bytes += int64(m)
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

// ReadFrom implements io.ReaderFrom with Write.
func (w *recorder) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{w}, r)
}

// Flush implements http.Flusher for code that uses no ResponseController.
func (w *recorder) Flush() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.extend()
	w.control.Flush()
}

// sent returns the status that the client sees.
func (w *recorder) sent() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
