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

// Codes with which a socket is closed. A browser comes back after every one
// but 4401, 4403 and 4408.
const (
	CloseInternal    = 1011 // the feed failed
	CloseRestart     = 1012 // the server is shutting down
	CloseTryAgain    = 1013 // the reader was too slow, or the server has too much to do
	CloseSessionGone = 4401 // log in again
	CloseForbidden   = 4403 // not any more a member
	CloseTooManyTabs = 4408 // a newer socket of the same subject took the place
)

// A CloseError ends a [Server.Stream] with its code, one of 1000 to 1014 or
// 3000 to 4999, and a reason of at most 123 bytes.
type CloseError struct {
	Code   int
	Reason string
}

// Error implements error.
func (e *CloseError) Error() string {
	return fmt.Sprintf("web: socket closed: %d %s", e.Code, e.Reason)
}

// What ends a socket without a word to the other side.
var (
	errGone    = errors.New("web: the client is gone")
	errSilent  = errors.New("web: the client does not answer pings")
	errStalled = errors.New("web: the client does not read")
)

// A violation ends the socket of a client that breaks the protocol or the
// rules of Stream.
type violation struct {
	code   websocket.StatusCode
	reason string
}

func (v violation) Error() string { return "web: the client broke the rules: " + v.reason }

const (
	maxMessage  = 4 << 10          // bytes of a message from the client
	floodCount  = 20               // messages and pings from the client …
	floodWindow = 10 * time.Second // … in this time
	sendBuffer  = 64 << 10         // bytes the kernel may hold for a client that does not read
	maxReason   = 123              // bytes that fit into a close frame
	lingering   = 800 * time.Millisecond
)

// Stream upgrades r to a WebSocket and sends every message of next to it as
// text, until next fails, the client leaves or the server shuts down. Messages
// are UTF-8 and go out uncompressed, in order, each in one frame. What the
// client sends is checked for being harmless and then discarded.
//
// The Host and the Origin of r must be the server's public URL exactly. An
// error returned by Stream is a [Fault] and means that nothing has been
// written; once the connection is upgraded Stream returns nil.
//
// next is called from one goroutine, and never before the message before it
// has gone out: a slow client slows only its own next, and is cut off when one
// message takes longer than 5 s. next must return when its context is done. An
// error of next that is a *CloseError closes the socket with its code, any
// other one is logged and closes it with 1011.
func (s *Server) Stream(w http.ResponseWriter, r *http.Request, next func(context.Context) ([]byte, error)) error {
	return s.StreamAs(w, r, "", next)
}

// StreamAs is Stream for a known subject, a person or a session. Of too many
// sockets of one subject the oldest is closed with 4408. The empty subject has
// no limit.
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
	s.unregister(k) // from here on the closing has time limits of its own
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
	net     net.Conn // what is below conn; closing it never blocks
	tasks   sync.WaitGroup

	opened  time.Time
	writing atomic.Int64 // when the write under way began, in time since opened; 0 for none

	pinged time.Time // of the watchdog

	recent [floodCount]int64 // of discard: when the last messages came, a ring
	count  int
}

func (k *socket) accept(w http.ResponseWriter, r *http.Request) error {
	h := &handshake{ResponseWriter: w}
	c, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // checked before, and more strictly
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

// send sends what next gives and returns why that ended.
func (k *socket) send(ctx context.Context, next func(context.Context) ([]byte, error)) error {
	for {
		msg, err := next(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		// No deadline in the context: one costs more than the write itself.
		// The watchdog looks at k.writing instead.
		k.writing.Store(max(1, int64(time.Since(k.opened))))
		err = k.conn.Write(context.Background(), websocket.MessageText, msg)
		k.writing.Store(0)
		if err != nil {
			return k.verdict(ctx)
		}
	}
}

// verdict tells why a write failed. The reading goroutine knows it better, and
// is about to say so if it was the library that closed the connection.
func (k *socket) verdict(ctx context.Context) error {
	t := time.AfterFunc(lingering, func() { k.cancel(errGone) })
	defer t.Stop()
	<-ctx.Done()
	return context.Cause(ctx)
}

// unexpected reports whether cause is an error of next that means a bug.
func unexpected(cause error) bool {
	if _, ok := errors.AsType[*CloseError](cause); ok {
		return false
	}
	_, theirs := cause.(violation)
	return !theirs && !wordless(cause)
}

func wordless(cause error) bool { return cause == errGone || cause == errSilent || cause == errStalled }

// close says why, waits for the other side to agree, at most 5 s, and closes
// the connection.
func (k *socket) close(cause error) {
	if wordless(cause) {
		k.conn.CloseNow()
		return
	}
	if v, ok := cause.(violation); ok {
		// The client gets the chance to read why, but it is not waited for
		// any longer. Closing at once would make the kernel throw the close
		// frame away if there is something unread.
		defer time.AfterFunc(lingering, func() { k.net.Close() }).Stop()
		k.conn.Close(v.code, v.reason)
		return
	}
	e, ok := errors.AsType[*CloseError](cause)
	if !ok {
		e = &CloseError{Code: CloseInternal}
	}
	k.conn.Close(websocket.StatusCode(e.Code), e.Reason[:min(len(e.Reason), maxReason)])
}

// wait releases whatever is left, also after a panic of next.
func (k *socket) wait() {
	k.conn.CloseNow()
	k.tasks.Wait()
}

// abort cuts the connection off. It never blocks.
func (k *socket) abort(cause error) {
	k.cancel(cause)
	k.net.Close()
}

// discard reads what the client sends and returns why it stopped.
func (k *socket) discard() error {
	for {
		typ, rd, err := k.conn.Reader(context.Background())
		if err != nil {
			return readError(err)
		}
		switch {
		case k.flooded():
			return violation{websocket.StatusPolicyViolation, "too many messages"}
		case typ != websocket.MessageText:
			return violation{websocket.StatusUnsupportedData, "text only"}
		}
		msg, err := io.ReadAll(rd)
		if err != nil {
			return readError(err)
		}
		if !utf8.Valid(msg) {
			return violation{websocket.StatusInvalidFramePayloadData, "not UTF-8"}
		}
	}
}

// flooded counts one message and reports whether it is one too many. Only the
// reading goroutine calls it.
func (k *socket) flooded() bool {
	now := int64(time.Since(k.opened))
	slot := &k.recent[k.count%floodCount]
	k.count++
	flooded := k.count > floodCount && now-*slot < int64(floodWindow)
	*slot = now
	return flooded
}

// pingReceived answers pings until there are too many of them.
func (k *socket) pingReceived(context.Context, []byte) bool {
	if k.flooded() {
		k.cancel(violation{websocket.StatusPolicyViolation, "too many pings"})
		return false
	}
	return true
}

// readError tells a client that left from one that does not keep to the
// protocol. The library has sent the close frame for most of the latter.
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

// A handshake lets the library upgrade, keeps hold of the connection, and
// keeps the library from writing refusals of its own.
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
