package web

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
)

// A handshake lets the library upgrade a connection, puts a wire between the two,
// and suppresses the library's own error answers.
type handshake struct {
	http.ResponseWriter
	status int
	wire   *wire
}

// WriteHeader implements http.ResponseWriter.
func (h *handshake) WriteHeader(code int) {
	if code != http.StatusSwitchingProtocols {
		h.status = code
		return
	}
	h.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (h *handshake) Write(p []byte) (int, error) {
	if h.status != 0 {
		return len(p), nil
	}
	return h.ResponseWriter.Write(p)
}

// controlBuffer holds any control frame, of at most 129 bytes. The HTTP server's
// own buffers, of 8 KiB together, become garbage.
const controlBuffer = 512

// Hijack implements http.Hijacker.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, brw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, _ := brw.Reader.Peek(brw.Reader.Buffered())
	h.wire = newWire(c, bytes.Clone(early))
	return h.wire, bufio.NewReadWriter(bufio.NewReaderSize(h.wire, controlBuffer), bufio.NewWriterSize(h.wire, controlBuffer)), nil
}
