package web

import (
	"io"
	"net/http"
	"time"
)

const (
	answerWithin = 30 * time.Second // for each piece of an answer
	answerPiece  = 64 << 10         // bytes
)

// A recorder keeps the status and the size of an answer for the log, and gives
// up an answer that its client does not read.
type recorder struct {
	http.ResponseWriter
	control *http.ResponseController
	status  int
	bytes   int64
}

// extend gives the client time to read what is written next. A socket outlives
// its handshake and has its own deadlines.
func (w *recorder) extend() {
	if w.status != http.StatusSwitchingProtocols {
		w.control.SetWriteDeadline(time.Now().Add(answerWithin))
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
		m, err := w.ResponseWriter.Write(piece)
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
