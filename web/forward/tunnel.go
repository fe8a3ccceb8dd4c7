package forward

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"callboard/web"
)

// errTunnelled ends the work of the ReverseProxy for a socket, which a tunnel has.
var errTunnelled = errors.New("the socket has a tunnel")

const (
	downBuffer    = 4 << 10         // most frames fit
	upBuffer      = 256             // browsers answer pings and say that they leave
	writeWithin   = 6 * time.Second // for a browser to read what a buffer holds, or
	deadlineEvery = time.Second     // less: setting a deadline costs as much as a small frame
	closeWithin   = time.Second     // for a frame to end, and for a browser to answer the last one
)

// A tunnel is a socket between a browser here and the home of its team. It knows no
// more of what it carries than where frames end, so that this node can close it.
type tunnel struct {
	lead    lead
	f       *Forwarder
	browser net.Conn
	home    io.ReadWriteCloser
	early   []byte // of the browser, read before the upgrade

	mu      sync.Mutex // guards what follows, and writing to browser
	frames  boundary
	closing bool      // the close frame follows the frame that is being written
	closed  bool      // it is written
	began   time.Time // when the deadline of writing was set
}

// tunnel takes the socket of an answer over. It returns when both sides are
// connected.
func (p *passing) tunnel(answer *http.Response, addr string) error {
	home, ok := answer.Body.(io.ReadWriteCloser)
	if !ok {
		return errors.New("the connection to the node cannot be written to")
	}
	if !p.f.begin() {
		return errClosed
	}
	for name, values := range answer.Header {
		p.w.Header()[name] = values
	}
	p.w.WriteHeader(http.StatusSwitchingProtocols)
	browser, rw, err := http.NewResponseController(p.w).Hijack()
	if err != nil {
		p.f.tunnels.Done()
		return err
	}
	answer.Body = http.NoBody // is closed by the ReverseProxy
	t := &tunnel{f: p.f, browser: browser, home: home}
	t.early, _ = rw.Reader.Peek(rw.Reader.Buffered())
	t.lead = lead{team: p.team, addr: addr, socket: true, end: t.close}
	p.f.keep(&t.lead)
	go t.run()
	return errTunnelled
}

// run carries until one side ends.
func (t *tunnel) run() {
	defer t.f.tunnels.Done()
	defer t.f.drop(&t.lead)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t.up()
		t.home.Close()
	}()
	t.down()
	t.home.Close()
	<-ended
	t.browser.Close()
}

// up carries what the browser sends.
func (t *tunnel) up() {
	if _, err := t.home.Write(t.early); err != nil {
		return
	}
	buf := make([]byte, upBuffer)
	for {
		n, err := t.browser.Read(buf)
		if err != nil || t.isClosed() { // the answer to the close frame
			return
		}
		if _, err := t.home.Write(buf[:n]); err != nil {
			return
		}
	}
}

// down carries what the home sends. In the end the browser has a moment to answer a
// close frame: if the connection were closed while something is unread, the kernel
// would discard the frame.
func (t *tunnel) down() {
	buf := make([]byte, downBuffer)
	for {
		n, err := t.home.Read(buf)
		if n > 0 && !t.write(buf[:n]) || err != nil {
			break
		}
	}
	t.browser.SetReadDeadline(time.Now().Add(closeWithin))
}

// write writes to the browser and reports whether more may follow.
func (t *tunnel) write(b []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	end := t.frames.advance(b, t.closing)
	if now := time.Now(); now.Sub(t.began) > deadlineEvery {
		t.began = now
		t.browser.SetWriteDeadline(now.Add(writeWithin))
	}
	if _, err := t.browser.Write(b[:end]); err != nil {
		t.browser.Close()
		return false
	}
	if t.closing && t.frames.between() {
		t.writeClose()
		return false
	}
	return true
}

// close tells the browser to connect again, behind the frame that is being written.
func (t *tunnel) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return
	}
	t.closing = true
	if t.frames.between() && !t.closed {
		t.writeClose()
		t.home.Close()
		return
	}
	time.AfterFunc(closeWithin, func() { t.home.Close() })
}

// writeClose is called with mu held.
func (t *tunnel) writeClose() {
	t.closed = true
	t.browser.SetWriteDeadline(time.Now().Add(closeWithin))
	t.browser.Write(web.RestartFrame())
}

func (t *tunnel) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// A boundary follows where frames end (RFC 6455, section 5.2). The zero value is the
// beginning of a stream.
type boundary struct {
	header    [10]byte // of a frame whose header is not complete
	have      int      // bytes of header
	remaining uint64   // bytes of the frame that are still to come
}

// between reports whether no frame has begun.
func (b *boundary) between() bool { return b.have == 0 && b.remaining == 0 }

// advance follows a piece of the stream. It stops at the end of the first frame if
// first is set, and returns how far it came.
func (b *boundary) advance(piece []byte, first bool) int {
	for i := 0; i < len(piece); {
		if b.remaining > 0 {
			n := min(b.remaining, uint64(len(piece)-i))
			b.remaining -= n
			i += int(n)
		} else {
			b.header[b.have] = piece[i]
			b.have++
			i++
			b.begin()
		}
		if first && b.between() {
			return i
		}
	}
	return len(piece)
}

// begin takes from a header that is complete how long its frame is. Servers do not
// mask.
func (b *boundary) begin() {
	if b.have < 2 {
		return
	}
	switch length := b.header[1] & 0x7f; {
	case length < 126:
		b.remaining, b.have = uint64(length), 0
	case length == 126 && b.have == 4:
		b.remaining, b.have = uint64(binary.BigEndian.Uint16(b.header[2:])), 0
	case length == 127 && b.have == 10:
		b.remaining, b.have = binary.BigEndian.Uint64(b.header[2:]), 0
	}
}
