package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
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
	CloseTryAgain    = 1013 // the reader was too slow, or the server is overloaded
	CloseSessionGone = 4401 // sign in again
	CloseForbidden   = 4403 // no longer a member
	CloseTooManyTabs = 4408 // a newer socket of the same subject replaced it
)

// A CloseError ends a [Server.Stream] with its code, one of 1000 to 1014 or
// 3000 to 4999, and a reason of at most 123 bytes.
type CloseError struct {
	Code   int
	Reason string
}

// Error implements error.
func (e *CloseError) Error() string {
	return fmt.Sprintf("socket closed: %d %s", e.Code, e.Reason)
}

// Causes that end a socket without a close frame.
var (
	errGone    = errors.New("client has left")
	errSilent  = errors.New("client does not answer pings")
	errStalled = errors.New("client does not read")
)

// A violation ends the socket of a client that violates the protocol or the rules
// of Stream.
type violation struct {
	code   websocket.StatusCode
	reason string
}

func (v violation) Error() string { return "client violated the protocol: " + v.reason }

const (
	maxMessage    = 4 << 10 // bytes of a message from the client
	maxReceived   = 20      // pings from the client within receiveWindow
	receiveWindow = 10 * time.Second
	sendBuffer    = 64 << 10 // bytes the kernel may hold for a client that does not read
	maxReason     = 123      // bytes that fit into a close frame
	closeLinger   = 800 * time.Millisecond
)

// Stream upgrades r to a WebSocket and sends every message of next as text, until
// next fails, the client leaves or the server shuts down. Messages are UTF-8 and
// are sent uncompressed, in order, each in one frame. The client has nothing to
// say: any message closes the socket, 1007 if it is no text, 1003 if it is binary,
// else 1008.
//
// The Host and the Origin of r must be the server's public URL exactly. If Stream
// returns an error, it is a [Fault] and nothing has been written. Once the
// connection is upgraded, Stream returns nil.
//
// Stream calls next from one goroutine, each time after the previous message has
// been sent. So a slow client delays only its own next, and is cut off when one
// message takes longer than 5 s. next must return when its context is done. A
// *CloseError of next closes the socket with its code; any other error is logged
// and closes it with 1011.
func (s *Server) Stream(w http.ResponseWriter, r *http.Request, next func(context.Context) ([]byte, error)) error {
	return s.StreamAs(w, r, "", next)
}

// StreamAs is Stream for a subject, which is a person or a session. If a subject
// has too many sockets, the oldest is closed with 4408. The empty subject has no
// limit.
func (s *Server) StreamAs(w http.ResponseWriter, r *http.Request, subject string, next func(context.Context) ([]byte, error)) error {
	if err := s.site.checkHost(r); err != nil {
		return err
	}
	if !s.site.sent(r) {
		return errBadOrigin
	}
	if !s.enter() {
		return Fault{Status: http.StatusServiceUnavailable, Code: CodeRestarting, RetryAfter: time.Second}
	}
	defer s.streams.Done()
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	defer cancel(errGone)
	k := &socket{subject: subject, cancel: cancel, opened: time.Now()}
	if err := k.accept(w, r); err != nil {
		return err
	}
	defer k.wait()
	s.register(k)
	defer s.unregister(k)
	k.tasks.Go(func() { cancel(k.discard()) })
	cause := k.send(ctx, next)
	s.unregister(k) // closing has time limits of its own
	if unexpected(cause) {
		s.log.LogAttrs(ctx, slog.LevelError, "feed failed", slog.String("id", RequestID(ctx)), slog.Any("err", cause))
	}
	k.close(cause)
	return nil
}

// A socket is one connection of a Stream.
type socket struct {
	subject string
	cancel  context.CancelCauseFunc // ends the Stream; the first cause counts
	conn    *websocket.Conn
	net     net.Conn // the connection below conn; closing it never blocks
	tasks   sync.WaitGroup

	opened  time.Time
	writing atomic.Int64 // when the current write began, as time since opened; 0 for none

	pinged time.Time // used by the watchdog only

	recent [maxReceived]int64 // a ring of the times of the last pings; used by discard only
	count  int
}

func (k *socket) accept(w http.ResponseWriter, r *http.Request) error {
	h := &handshake{ResponseWriter: w}
	c, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // checked before, more strictly
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     k.pingReceived,
	})
	if err != nil {
		if h.status == http.StatusUpgradeRequired {
			w.Header().Set("Upgrade", "websocket")
			w.Header().Set("Connection", "Upgrade")
		}
		return fmt.Errorf("%w: %w", Fault{Status: h.status, Code: CodeHandshake}, err)
	}
	c.SetReadLimit(maxMessage)
	if b, ok := h.conn.(interface{ SetWriteBuffer(int) error }); ok {
		b.SetWriteBuffer(sendBuffer)
	}
	k.conn, k.net, k.pinged = c, h.conn, k.opened
	return nil
}

// send sends the messages of next and returns why it stopped.
func (k *socket) send(ctx context.Context, next func(context.Context) ([]byte, error)) error {
	for {
		msg, err := next(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		// A deadline in the context would cost more than the write itself. The
		// watchdog checks k.writing instead.
		k.writing.Store(max(1, int64(time.Since(k.opened))))
		err = k.conn.Write(context.Background(), websocket.MessageText, msg)
		k.writing.Store(0)
		if err != nil {
			return k.writeFailure(ctx)
		}
	}
}

// writeFailure returns why a write failed. If the library closed the connection,
// the reading goroutine is about to report the reason.
func (k *socket) writeFailure(ctx context.Context) error {
	t := time.AfterFunc(closeLinger, func() { k.cancel(errGone) })
	defer t.Stop()
	<-ctx.Done()
	return context.Cause(ctx)
}

// unexpected reports whether cause is an error of next that indicates a bug.
func unexpected(cause error) bool {
	if _, ok := errors.AsType[*CloseError](cause); ok {
		return false
	}
	_, theirs := cause.(violation)
	return !theirs && !silentCause(cause)
}

// silentCause reports whether cause ends a socket without a close frame.
func silentCause(cause error) bool {
	return cause == errGone || cause == errSilent || cause == errStalled
}

// close sends a close frame with the cause, waits at most 5 s for that of the
// client, and closes the connection.
func (k *socket) close(cause error) {
	if silentCause(cause) {
		k.conn.CloseNow()
		return
	}
	if v, ok := cause.(violation); ok {
		// The client gets a moment to read the reason. If the connection were
		// closed at once while something is unread, the kernel would discard
		// the close frame.
		defer time.AfterFunc(closeLinger, func() { k.net.Close() }).Stop()
		k.conn.Close(v.code, v.reason)
		return
	}
	e, ok := errors.AsType[*CloseError](cause)
	if !ok {
		e = &CloseError{Code: CloseInternal}
	}
	k.conn.Close(websocket.StatusCode(e.Code), e.Reason[:min(len(e.Reason), maxReason)])
}

// wait releases the connection and the goroutines, also after a panic of next.
func (k *socket) wait() {
	k.conn.CloseNow()
	k.tasks.Wait()
}

// abort closes the connection. It never blocks.
func (k *socket) abort(cause error) {
	k.cancel(cause)
	k.net.Close()
}

// discard reads what the client sends, answers its pings, and returns why it
// stopped: with the first message at the latest.
func (k *socket) discard() error {
	typ, rd, err := k.conn.Reader(context.Background())
	if err != nil {
		return readError(err)
	}
	if typ != websocket.MessageText {
		return violation{websocket.StatusUnsupportedData, "no messages are expected, and none that are not text"}
	}
	msg, err := io.ReadAll(rd)
	switch {
	case err != nil:
		return readError(err)
	case !utf8.Valid(msg):
		return violation{websocket.StatusInvalidFramePayloadData, "not UTF-8"}
	}
	return violation{websocket.StatusPolicyViolation, "no messages are expected"}
}

// tooMany counts one ping and reports whether it is one too many. Only the
// reading goroutine calls it.
func (k *socket) tooMany() bool {
	now := int64(time.Since(k.opened))
	slot := &k.recent[k.count%maxReceived]
	k.count++
	exceeded := k.count > maxReceived && now-*slot < int64(receiveWindow)
	*slot = now
	return exceeded
}

// pingReceived answers pings until there are too many of them.
func (k *socket) pingReceived(context.Context, []byte) bool {
	if k.tooMany() {
		k.cancel(violation{websocket.StatusPolicyViolation, "too many pings"})
		return false
	}
	return true
}

// readError distinguishes a client that has left from one that violates the
// protocol. In most of the latter cases the library has sent the close frame.
func readError(err error) error {
	var op *net.OpError
	switch {
	case websocket.CloseStatus(err) != -1, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe), errors.As(err, &op):
		return errGone
	case errors.Is(err, websocket.ErrMessageTooBig):
		return violation{websocket.StatusMessageTooBig, "message too long"}
	}
	return violation{websocket.StatusProtocolError, "protocol error"}
}

// A handshake lets the library upgrade a connection, keeps the connection, and
// suppresses the library's own error answers.
type handshake struct {
	http.ResponseWriter
	status int
	conn   net.Conn
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

// Hijack implements http.Hijacker.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, brw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = c
	return c, brw, err
}
