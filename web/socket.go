package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// Codes with which a socket is closed. Browsers reconnect after all of them but
// 4401, 4403 and 4408.
const (
	CloseInternal    = 1011 // the feed failed
	CloseRestart     = 1012 // the server is shutting down
	CloseSessionGone = 4401 // sign in again
	CloseForbidden   = 4403 // no longer a member
	CloseTooManyTabs = 4408 // a newer socket of the same subject replaced it
)

// A CloseError says why a socket is closed: a code, one of 1000 to 1014 or 3000
// to 4999, and a reason of at most 123 bytes.
type CloseError struct {
	Code   int
	Reason string
}

// Error implements error.
func (e *CloseError) Error() string {
	return fmt.Sprintf("socket closed: %d %s", e.Code, e.Reason)
}

var (
	errRestart     = &CloseError{Code: CloseRestart, Reason: "restart"}
	errTooManyTabs = &CloseError{Code: CloseTooManyTabs, Reason: "too many tabs"}
)

const (
	maxMessage    = 4 << 10 // bytes of a message from the client
	maxReceived   = 20      // pings from the client within receiveWindow
	receiveWindow = 10 * time.Second
	closeLinger   = 800 * time.Millisecond // for a client that violates the protocol to read why it is closed
)

// A Socket is a WebSocket that sends Frames to one browser. All methods may be
// called concurrently, and none waits for the browser.
type Socket struct {
	server  *Server
	subject string
	request string // id of the handshake's request, for the log
	conn    *websocket.Conn
	wire    *wire
	leave   func()
	follows []func() bool // stop what CloseWhen has begun

	pinged time.Time   // used by the watchdog only
	silent atomic.Bool // the last ping is not answered

	pings []time.Time // a ring of the last pings from the client; used by serve only
	count int
}

// OpenSocket upgrades r to a WebSocket and calls join with it. It returns when
// join has returned, and so should the Handler: the socket stays open and needs
// neither w nor r. When the connection has ended, for whatever reason, leave is
// called, exactly once, unless it is nil.
//
// The Host and the Origin of r must be the server's public URL exactly. If
// OpenSocket returns an error, it is a [Fault], nothing has been written, and join
// was not called. If join panics, the connection is cut and the panic goes on.
//
// A subject is a person or a session. If a subject has too many sockets, the
// oldest is closed with 4408. The empty subject has no limit. When the server
// shuts down, all sockets are closed with 1012.
//
// The client has nothing to say: any message closes the socket, 1007 if it is no
// text, 1003 if it is binary, else 1008. A client that answers no ping, or reads
// too slowly, is cut off; see [Socket.Send].
func (s *Server) OpenSocket(w http.ResponseWriter, r *http.Request, subject string, join func(*Socket) (leave func())) error {
	if err := s.site.checkHost(r); err != nil {
		return err
	}
	if !s.site.sent(r) {
		return errBadOrigin
	}
	if !s.enter() {
		return Fault{Status: http.StatusServiceUnavailable, Code: CodeRestarting, RetryAfter: time.Second}
	}
	k := &Socket{server: s, subject: subject, request: RequestID(r.Context()), pinged: time.Now()}
	if err := k.accept(w, r); err != nil {
		s.streams.Done()
		return err
	}
	joined := false
	defer func() {
		if !joined { // it panicked
			k.wire.abort()
			k.end()
		}
	}()
	s.register(k)
	k.leave, joined = join(k), true
	go k.serve() // with a small stack, and without the buffers of the handshake
	return nil
}

func (k *Socket) accept(w http.ResponseWriter, r *http.Request) error {
	h := &handshake{ResponseWriter: w}
	c, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // checked before, more strictly
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     k.pingReceived,
		OnPongReceived:     k.pongReceived,
	})
	if err != nil {
		if h.status == http.StatusUpgradeRequired {
			w.Header().Set("Upgrade", "websocket")
			w.Header().Set("Connection", "Upgrade")
		}
		return fmt.Errorf("%w: %w", Fault{Status: h.status, Code: CodeHandshake}, err)
	}
	c.SetReadLimit(maxMessage)
	k.conn, k.wire = c, h.wire
	return nil
}

// Send sends frames with one write. A socket that is closed takes none.
//
// The frames arrive whole and in the order of the calls. What the kernel does not
// take at once waits, at most 64 KiB and the frames that are being written. The
// browser is cut off if it is more, or if it reads less than 64 KiB within 5 s
// of what waits.
func (k *Socket) Send(frames ...*Frame) {
	if len(frames) == 1 { // is not copied
		k.wire.send(frames[0].wire)
		return
	}
	var all []byte
	for _, f := range frames {
		all = append(all, f.wire...)
	}
	k.wire.send(all)
}

// Close closes the socket behind what has been sent. Only the first call has an
// effect. A browser that does not answer within 5 s is cut off.
func (k *Socket) Close(e *CloseError) { k.wire.seal(closeFrame(e)) }

// CloseWhen closes the socket when ctx is done. It may only be called by join.
func (k *Socket) CloseWhen(ctx context.Context, e *CloseError) {
	k.follows = append(k.follows, context.AfterFunc(ctx, func() { k.Close(e) }))
}

// serve reads until the connection ends.
func (k *Socket) serve() {
	defer k.end()
	if e := k.discard(); e != nil {
		k.refuse(e)
	}
	k.wire.end()
}

// refuse closes the socket of a client that violates the protocol. It gets a
// moment to read the reason: if the connection were closed at once while
// something is unread, the kernel would discard the close frame.
func (k *Socket) refuse(e *CloseError) {
	defer time.AfterFunc(closeLinger, k.wire.abort).Stop()
	k.conn.Close(websocket.StatusCode(e.Code), e.Reason)
}

// end tells everyone that the connection has ended.
func (k *Socket) end() {
	defer k.server.streams.Done()
	k.conn.CloseNow()
	k.server.unregister(k)
	for _, stop := range k.follows {
		stop()
	}
	if k.leave == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			k.server.log.LogAttrs(context.Background(), slog.LevelError, "panic", slog.String("id", k.request),
				slog.String("panic", clip(fmt.Sprint(v), maxLogged)), slog.String("stack", string(debug.Stack())))
		}
	}()
	k.leave()
}

// discard reads what the client sends and answers its pings. It returns nil if the
// client has left, and how it has violated the protocol otherwise: with its first
// message at the latest.
func (k *Socket) discard() *CloseError {
	typ, rd, err := k.conn.Reader(context.Background())
	if err != nil {
		return k.readError(err)
	}
	if typ != websocket.MessageText {
		return &CloseError{int(websocket.StatusUnsupportedData), "no messages are expected, and none that are not text"}
	}
	msg, err := io.ReadAll(rd)
	switch {
	case err != nil:
		return k.readError(err)
	case !utf8.Valid(msg):
		return &CloseError{int(websocket.StatusInvalidFramePayloadData), "not UTF-8"}
	}
	return &CloseError{int(websocket.StatusPolicyViolation), "no messages are expected"}
}

// readError distinguishes a client that has left from one that violates the
// protocol. In most of the latter cases the library has sent the close frame.
func (k *Socket) readError(err error) *CloseError {
	var op *net.OpError
	switch {
	case websocket.CloseStatus(err) != -1: // the answer may still have to be written
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe), errors.As(err, &op):
		k.wire.abort()
		return nil
	case errors.Is(err, websocket.ErrMessageTooBig):
		return &CloseError{int(websocket.StatusMessageTooBig), "message too long"}
	}
	return &CloseError{int(websocket.StatusProtocolError), "protocol error"}
}

// tooMany counts one ping and reports whether it is one too many.
func (k *Socket) tooMany() bool {
	now := time.Now()
	if len(k.pings) < maxReceived {
		k.pings = append(k.pings, now)
		return false
	}
	slot := &k.pings[k.count%maxReceived]
	k.count++
	exceeded := now.Sub(*slot) < receiveWindow
	*slot = now
	return exceeded
}

// pingReceived answers pings until there are too many of them.
func (k *Socket) pingReceived(context.Context, []byte) bool {
	if k.tooMany() {
		k.Close(&CloseError{int(websocket.StatusPolicyViolation), "too many pings"})
		return false
	}
	return true
}

func (k *Socket) pongReceived(context.Context, []byte) { k.silent.Store(false) }
