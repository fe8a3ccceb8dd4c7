package web_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"callboard/web"
)

// joins adds a route of sockets. joined receives each one, and left each one that
// has ended.
func (p *program) joins(path string) (joined, left chan *web.Socket) {
	joined, left = make(chan *web.Socket, 100), make(chan *web.Socket, 100)
	p.handle("GET "+path, func(w http.ResponseWriter, r *http.Request) error {
		return p.srv.OpenSocket(w, r, r.URL.Query().Get("subject"), func(k *web.Socket) func() {
			joined <- k
			return func() { left <- k }
		})
	})
	return joined, left
}

func frameOf(s string) *web.Frame { return web.NewFrame([]byte(s)) }

// dial opens a socket as a browser on a page of ours does.
func (p *program) dial(path string, headers ...string) (*websocket.Conn, *http.Response, error) {
	h := http.Header{"Origin": {p.url.String()}}
	o := &websocket.DialOptions{HTTPHeader: h, Host: p.url.Host, HTTPClient: p.http}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			o.Host = value
		} else if h.Del(name); value != "-" {
			h.Set(name, value)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return websocket.Dial(ctx, "ws://"+p.addr+path, o)
}

func (p *program) mustDial(path string) *websocket.Conn {
	p.t.Helper()
	c, _, err := p.dial(path)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.CloseNow() })
	return c
}

// read reads one message.
func read(t testing.TB, c *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, m, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(m)
}

// closeCode waits for c to be closed.
func closeCode(c *websocket.Conn) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		if _, _, err := c.Read(ctx); err != nil {
			return int(websocket.CloseStatus(err))
		}
	}
}

func TestSocket(t *testing.T) {
	p := serve(t, https...)
	joined, _ := p.joins("/feed")
	c, resp, err := p.dial("/feed", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	if resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Errorf("%d, %q", resp.StatusCode, resp.Header.Get("Sec-WebSocket-Extensions"))
	}
	k := <-joined
	for _, m := range []string{"a", "", strings.Repeat("ä", 100_000), "z"} {
		k.Send(frameOf(m))
		if got := read(t, c); got != m {
			t.Errorf("%d bytes, want %d", len(got), len(m))
		}
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("the client's close: %v", err)
	}
}

// TestHandshake: every wrong handshake is refused and never upgraded.
func TestHandshake(t *testing.T) {
	p := serve(t, https...)
	p.joins("/feed")
	for _, test := range []struct {
		name, header string
		want         int
		code         string
	}{
		{"evil", "Origin: https://evil.example", 403, "bad_origin"},
		{"null", "Origin: null", 403, "bad_origin"},
		{"none", "Origin: -", 403, "bad_origin"},
		{"http", "Origin: http://app.example", 403, "bad_origin"},
		{"suffix", "Origin: https://app.example.evil", 403, "bad_origin"},
		{"port", "Origin: https://app.example:444", 403, "bad_origin"},
		{"host", "Host: rebind.evil", 421, "bad_host"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, resp, err := p.dial("/feed", test.header)
			if err == nil {
				c.CloseNow()
				t.Fatal("upgraded")
			}
			body, _ := io.ReadAll(resp.Body)
			answer{resp, string(body)}.want(t, test.want, test.code)
		})
	}
	t.Run("rebinding", func(t *testing.T) {
		if c, resp, err := p.dial("/feed", "Host: rebind.evil", "Origin: https://rebind.evil"); err == nil || resp.StatusCode != 421 {
			c.CloseNow()
			t.Error(err)
		}
	})
	head := "GET /feed HTTP/1.1\r\nHost: app.example\r\nOrigin: https://app.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
	for _, test := range []struct {
		name, old, new string
		want           int
	}{
		{"version", "Version: 13", "Version: 8", 400},
		{"no key", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n", "", 400},
		{"two keys", "Sec-WebSocket-Key", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Key", 400},
		{"short key", "MDEyMzQ1Njc4OWFiY2RlZg==", "MDEyMzQ1Njc4OWFiY2Rl", 400},
		{"POST", "GET", "POST", 405},
		{"HTTP/1.0", "HTTP/1.1", "HTTP/1.0", 426},
		{"no upgrade", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "", 426},
		{"empty origin", "Origin: https://app.example", "Origin: ", 403},
		{"two origins", "Origin: https://app.example", "Origin: https://app.example\r\nOrigin: https://evil", 403},
		{"no host", "Host: app.example", "Host: ", 421},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp := p.raw(strings.Replace(head, test.old, test.new, 1) + "\r\n")
			if resp == nil || resp.StatusCode != test.want {
				t.Fatalf("%v, want %d", resp, test.want)
			}
			if resp.StatusCode == 426 && resp.Header.Get("Upgrade") != "websocket" {
				t.Error("426 without Upgrade")
			}
			if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), "data-error") || strings.Contains(string(body), "MDEy") {
				t.Errorf("not rendered: %s", body)
			}
		})
	}
	t.Run("no public URL", func(t *testing.T) {
		p := serve(t, func(o *web.ServerOptions) { o.PublicURL = nil })
		p.joins("/feed")
		if c, _, err := p.dial("/feed"); err == nil {
			c.CloseNow()
			t.Error("upgraded")
		}
	})
}

// A frame as a client that keeps to no rules sends it.
type frame struct {
	first    byte // FIN, RSV and opcode
	payload  string
	unmasked bool
	length   uint64 // if not 0, what the header says
}

func (f frame) bytes() []byte {
	n := uint64(len(f.payload))
	if f.length != 0 {
		n = f.length
	}
	mask := byte(0x80)
	if f.unmasked {
		mask = 0
	}
	b := []byte{f.first}
	switch {
	case n < 126:
		b = append(b, mask|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), n)
	}
	if !f.unmasked {
		b = append(b, 0, 0, 0, 0)
	}
	return append(b, f.payload...)
}

const (
	text, binaryMessage, ping, pong = 0x81, 0x82, 0x89, 0x8a
	closeFrame                      = 0x88
)

// rawSocket does the handshake over a plain connection.
func (p *program) rawSocket(t testing.TB, path string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := p.connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n", path, p.url.Host, p.url)
	br := bufio.NewReader(c)
	resp, err := http.ReadResponse(br, nil)
	if err != nil || resp.StatusCode != 101 {
		t.Fatalf("handshake: %v, %v", resp, err)
	}
	return c, br
}

// readClose reads frames until the connection ends, answers the close frame and
// returns its code, or 0.
func readClose(c net.Conn, br *bufio.Reader) (code int, err error) {
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		var head [2]byte
		if _, err := io.ReadFull(br, head[:]); err != nil {
			if errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*net.OpError)) && err.(*net.OpError).Timeout() {
				return code, err
			}
			return code, nil
		}
		payload := make([]byte, head[1]&0x7f)
		if _, err := io.ReadFull(br, payload); err != nil {
			return code, nil
		}
		if head[0] == closeFrame && len(payload) >= 2 {
			code = int(binary.BigEndian.Uint16(payload))
			c.Write(frame{first: closeFrame, payload: string(payload[:2])}.bytes())
		}
	}
}

func TestWrongFramesCloseTheSocket(t *testing.T) {
	p := serve(t)
	p.joins("/feed")
	code := func(c uint16, rest string) string { return string(binary.BigEndian.AppendUint16(nil, c)) + rest }
	repeat := func(n int, fs ...frame) (all []frame) {
		for range n {
			all = append(all, fs...)
		}
		return all
	}
	for _, test := range []struct {
		name   string
		frames []frame
		want   int // close code; 0: closed without a word
	}{
		{"unmasked", []frame{{first: text, payload: "x", unmasked: true}}, 1002},
		{"RSV1", []frame{{first: text | 0x40, payload: "x"}}, 1002},
		{"RSV2", []frame{{first: text | 0x20, payload: "x"}}, 1002},
		{"opcode 3", []frame{{first: 0x83, payload: "x"}}, 1002},
		{"opcode 7", []frame{{first: 0x87}}, 1002},
		{"opcode 11", []frame{{first: 0x8b}}, 1002},
		{"opcode 15", []frame{{first: 0x8f}}, 1002},
		{"fragmented ping", []frame{{first: 0x09, payload: "x"}}, 1002},
		{"long ping", []frame{{first: ping, payload: strings.Repeat("x", 126)}}, 1002},
		{"continuation", []frame{{first: 0x80, payload: "x"}}, 1002},
		{"text in a fragment", []frame{{first: 0x01, payload: "x"}, {first: text, payload: "y"}}, 1002},
		{"2^63", []frame{{first: text, length: 1 << 63, payload: "x"}}, 1002},
		{"2^32", []frame{{first: text, length: 1 << 32, payload: strings.Repeat("x", 5000)}}, 1009},
		{"4097", []frame{{first: text, payload: strings.Repeat("x", 4097)}}, 1009},
		{"5000 fragments", append([]frame{{first: 0x01, payload: "x"}}, repeat(5000, frame{first: 0, payload: "x"})...), 1009},
		{"bytes", []frame{{first: text, payload: "\xff\xfe\xfa"}}, 1007},
		{"surrogate", []frame{{first: text, payload: "\xed\xa0\x80"}}, 1007},
		{"cut rune", []frame{{first: 0x01, payload: "a\xc3"}, {first: 0x80, payload: "b"}}, 1007},
		{"binary", []frame{{first: binaryMessage, payload: "x"}}, 1003},
		{"any text", []frame{{first: text, payload: "x"}}, 1008},
		{"empty text", []frame{{first: text}}, 1008},
		{"no object", []frame{{first: text, payload: "[]"}}, 1008},
		{"unknown type", []frame{{first: text, payload: `{"type":"x"}`}}, 1008},
		{"prototype", []frame{{first: text, payload: `{"__proto__":{"a":1}}`}}, 1008},
		{"nesting", []frame{{first: text, payload: strings.Repeat("[", 1000)}}, 1008},
		{"huge number", []frame{{first: text, payload: `{"x":1e999}`}}, 1008},
		{"other team", []frame{{first: text, payload: `{"subscribe":"9999999"}`}}, 1008},
		{"resume", []frame{{first: text, payload: `{"epoch":"x","version":-1}`}}, 1008},
		{"binary that is text", []frame{{first: binaryMessage, payload: "{}"}}, 1003},
		{"4096", []frame{{first: text, payload: strings.Repeat("x", 4096)}}, 1008},
		{"text after pings", append(repeat(5, frame{first: ping}), frame{first: text, payload: "x"}), 1008},
		{"pings", repeat(1000, frame{first: ping}), 1008},
		{"999", []frame{{first: closeFrame, payload: code(999, "")}}, 1002},
		{"1005", []frame{{first: closeFrame, payload: code(1005, "")}}, 1002},
		{"5000", []frame{{first: closeFrame, payload: code(5000, "")}}, 1002},
		{"one byte", []frame{{first: closeFrame, payload: "x"}}, 1002},
		{"bad reason", []frame{{first: closeFrame, payload: code(1000, "\xff")}}, 1000},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, br := p.rawSocket(t, "/feed")
			var all []byte
			for _, f := range test.frames {
				all = append(all, f.bytes()...)
			}
			go c.Write(all)
			got, err := readClose(c, br)
			if got != test.want || err != nil {
				t.Errorf("close code %d, %v; want %d and the connection closed", got, err, test.want)
			}
		})
	}
	t.Run("20 pings are allowed", func(t *testing.T) {
		c, br := p.rawSocket(t, "/feed")
		for range 20 {
			c.Write(frame{first: ping, payload: "x"}.bytes())
		}
		c.Write(frame{first: closeFrame, payload: code(1000, "")}.bytes())
		if got, err := readClose(c, br); got != 1000 || err != nil {
			t.Errorf("close code %d, %v", got, err)
		}
	})
}

// TestCloseCodes: why a socket is closed is what the browser gets, behind what was
// sent before. One whose feed panics is cut off.
func TestCloseCodes(t *testing.T) {
	p := serve(t)
	joined, _ := p.joins("/feed")
	for _, e := range []*web.CloseError{
		{Code: web.CloseSessionGone, Reason: "log in"},
		{Code: web.CloseForbidden, Reason: strings.Repeat("ä", 100)},
		{Code: web.CloseInternal},
	} {
		c := p.mustDial("/feed")
		k := <-joined
		k.Send(frameOf("last"))
		k.Close(e)
		k.Send(frameOf("too late"))
		if got := read(t, c); got != "last" {
			t.Errorf("%q", got)
		}
		if got := closeCode(c); got != e.Code {
			t.Errorf("%d, want %d", got, e.Code)
		}
	}
	if strings.Contains(p.log.String(), "log in") {
		t.Error("the log holds what is no fault")
	}
	p.handle("GET /panics", func(w http.ResponseWriter, r *http.Request) error {
		return p.srv.OpenSocket(w, r, "", func(*web.Socket) func() { panic("a bug") })
	})
	if got := closeCode(p.mustDial("/panics")); got != -1 {
		t.Errorf("panic: %d", got)
	}
	// It is logged behind the end of the connection, for which nobody waits.
	for late := time.After(10 * time.Second); !strings.Contains(p.log.String(), "a bug"); runtime.Gosched() {
		select {
		case <-late:
			t.Fatal("the panic is not in the log")
		default:
		}
	}
	p.stop()
	p.done <- <-p.done // everything has ended
}

// TestSocketEndsWithItsSession: signing out closes the sockets of the session.
func TestSocketEndsWithItsSession(t *testing.T) {
	p := serve(t)
	s := people(p, openDB(t, t.TempDir()), web.SessionOptions{})
	p.handle("GET /feed", func(w http.ResponseWriter, r *http.Request) error {
		v, found, err := s.Peek(r)
		if err != nil || !found {
			return web.Fault{Status: 401, Code: "unauthenticated"}
		}
		return p.srv.OpenSocket(w, r, "", func(k *web.Socket) func() {
			k.CloseWhen(v.Context, &web.CloseError{Code: web.CloseSessionGone, Reason: "session gone"})
			return nil
		})
	})
	if _, resp, err := p.dial("/feed"); err == nil || resp.StatusCode != 401 {
		t.Errorf("without a cookie: %v", err)
	}
	cookie := p.login("a", "x")
	c, _, err := p.dial("/feed", "Cookie: "+cookie)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	p.do("POST", "/out", "Cookie: "+cookie).want(t, 200, "")
	if got := closeCode(c); got != web.CloseSessionGone {
		t.Errorf("%d, want 4401", got)
	}
	if _, resp, err := p.dial("/feed", "Cookie: "+cookie); err == nil || resp.StatusCode != 401 {
		t.Errorf("after logging out: %v", err)
	}
}

// TestTooManyTabs: the oldest socket of a subject is closed, and no other.
func TestTooManyTabs(t *testing.T) {
	p := serve(t, func(o *web.ServerOptions) { o.MaxSocketsPerSubject = 2 })
	joined, _ := p.joins("/feed")
	first := p.mustDial("/feed?subject=a")
	<-joined // it is registered before the others
	other, anonymous := p.mustDial("/feed?subject=b"), p.mustDial("/feed")
	second := p.mustDial("/feed?subject=a")
	third := p.mustDial("/feed?subject=a")
	if got := closeCode(first); got != web.CloseTooManyTabs {
		t.Errorf("the oldest: %d, want 4408", got)
	}
	for name, c := range map[string]*websocket.Conn{"second": second, "third": third, "other": other, "anonymous": anonymous} {
		c.CloseRead(t.Context())
		if err := c.Ping(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShutdown(t *testing.T) {
	p := serve(t)
	p.joins("/feed")
	entered := make(chan struct{})
	p.handle("GET /slow", func(w http.ResponseWriter, r *http.Request) error {
		close(entered)
		select {
		case <-time.After(200 * time.Millisecond): // a request in progress
			return ok(w, r)
		case <-r.Context().Done():
			return errors.New("cancelled by the shutdown")
		}
	})
	var sockets []*websocket.Conn
	for range 20 {
		sockets = append(sockets, p.mustDial("/feed"))
	}
	idle, _ := p.rawSocket(t, "/feed") // will not take part in the closing
	var wg sync.WaitGroup
	wg.Go(func() { p.do("GET", "/slow").want(t, 200, "") })
	<-entered
	p.stop()
	for _, c := range sockets {
		wg.Go(func() {
			if got := closeCode(c); got != web.CloseRestart {
				t.Errorf("socket closed with %d, want 1012", got)
			}
		})
	}
	wg.Wait()
	idle.Close()
	if err := <-p.done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	p.done <- nil
	if _, err := net.Dial("tcp", p.addr); err == nil {
		t.Error("still accepting")
	}
}

// TestShutdownGrace: a request that does not end is cancelled, and said to be. What
// it does then ends before Serve returns, because the database is closed next.
func TestShutdownGrace(t *testing.T) {
	p := serve(t, func(o *web.ServerOptions) { o.Grace = 50 * time.Millisecond })
	entered, cancelled, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	p.handle("GET /stuck", func(w http.ResponseWriter, r *http.Request) error {
		close(entered)
		<-r.Context().Done()
		close(cancelled)
		<-release
		ended.Store(true)
		return nil
	})
	go p.http.Get("http://" + p.addr + "/stuck")
	<-entered
	p.stop()
	<-cancelled
	for range 10_000 {
		runtime.Gosched()
	}
	if len(p.done) > 0 {
		t.Error("Serve returned before the request ended")
	}
	close(release)
	if err := <-p.done; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve: %v", err)
	}
	p.done <- nil
	if !ended.Load() {
		t.Error("the request has not ended")
	}
	if strings.Contains(p.log.String(), "do not end") {
		t.Errorf("the log says that it did not: %s", p.log)
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	p := serve(t, func(o *web.ServerOptions) { o.MaxConns = 3 })
	p.handle("GET /x", ok)
	var held []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET /x HTTP/1.1\r\nHost: %s\r\n\r\n", p.addr)
		if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	if resp := p.raw("GET /x HTTP/1.1\r\nHost: " + p.addr + "\r\n\r\n"); resp != nil {
		t.Errorf("the fourth connection: %v", resp)
	}
	held[0].Close()
	for range 1000 { // until the server has noticed
		if resp := p.raw("GET /x HTTP/1.1\r\nHost: " + p.addr + "\r\n\r\n"); resp != nil {
			return
		}
	}
	t.Error("a closed connection is still counted")
}

// TestLeaveIsCalledOnce: however a socket ends, its owner learns of it, once.
func TestLeaveIsCalledOnce(t *testing.T) {
	p := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	for name, test := range map[string]struct {
		end  func(k *web.Socket, c net.Conn)
		want int
	}{
		"the client goes":   {func(k *web.Socket, c net.Conn) { c.Close() }, 0},
		"the client closes": {func(k *web.Socket, c net.Conn) { c.Write(frame{first: closeFrame, payload: "\x03\xe8"}.bytes()) }, 1000},
		"the client talks":  {func(k *web.Socket, c net.Conn) { c.Write(frame{first: text, payload: "x"}.bytes()) }, 1008},
		"the owner closes":  {func(k *web.Socket, c net.Conn) { k.Close(&web.CloseError{Code: 4403}) }, 4403},
		"the owner closes twice": {func(k *web.Socket, c net.Conn) {
			k.Close(&web.CloseError{Code: 4403})
			k.Close(&web.CloseError{Code: 4401})
		}, 4403},
		"what it depended on is over": {func(k *web.Socket, c net.Conn) { cancel() }, 4401},
		"leave panics":                {func(k *web.Socket, c net.Conn) { c.Close() }, 0},
	} {
		var calls atomic.Int32
		opened, left := make(chan *web.Socket, 1), make(chan struct{}, 9)
		path := "/" + strings.ReplaceAll(name, " ", "-")
		p.handle("GET "+path, func(w http.ResponseWriter, r *http.Request) error {
			return p.srv.OpenSocket(w, r, "", func(k *web.Socket) func() {
				if strings.HasPrefix(name, "what") {
					k.CloseWhen(ctx, &web.CloseError{Code: web.CloseSessionGone})
				}
				opened <- k
				return func() {
					calls.Add(1)
					left <- struct{}{}
					if name == "leave panics" {
						panic("a bug")
					}
				}
			})
		})
		c, br := p.rawSocket(t, path)
		k := <-opened
		test.end(k, c)
		if got, _ := readClose(c, br); got != test.want {
			t.Errorf("%s: close code %d, want %d", name, got, test.want)
		}
		<-left
		k.Send(frameOf("x")) // which goes nowhere
		k.Close(&web.CloseError{Code: 4403})
		if n := calls.Load(); n != 1 {
			t.Errorf("%s: leave was called %d times", name, n)
		}
	}
	p.stop()
	p.done <- <-p.done // everything has ended
	if !strings.Contains(p.log.String(), "a bug") {
		t.Error("the panic is not in the log")
	}
}

// TestWhatTheClientSendsEarly arrives, also if it comes with the handshake.
func TestWhatTheClientSendsEarly(t *testing.T) {
	p := serve(t)
	joined, _ := p.joins("/feed")
	c, err := p.connect()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /feed HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n%s", p.url.Host, p.url, frame{first: ping, payload: "early"}.bytes())
	br := bufio.NewReader(c)
	if resp, err := http.ReadResponse(br, nil); err != nil || resp.StatusCode != 101 {
		t.Fatalf("%v, %v", resp, err)
	}
	for _, want := range []message{{pong, "early"}, {text, "hello"}} {
		if m, err := readMessage(br); m != want || err != nil {
			t.Errorf("%v, %v, want %v", m, err, want)
		}
		if want.first == pong {
			(<-joined).Send(frameOf("hello"))
		}
	}
}

// TestShutdownWithConnectionsOpenedInAdvance: a browser's connection over which nothing has
// come holds the shutdown up for no longer than a request could be on its way.
func TestShutdownWithConnectionsOpenedInAdvance(t *testing.T) {
	t.Parallel()
	p := serve(t, func(o *web.ServerOptions) { o.Grace = 3 * time.Second }) // http.Server waits for five
	inAdvance, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer inAdvance.Close()
	p.handle("GET /page", ok)
	p.do("GET", "/page").want(t, 200, "") // accepted later than the other one
	p.stop()
	if err := <-p.done; err != nil {
		t.Error(err)
	}
	p.done <- nil
}

// TestConnectionsOfAServerThatEndsSoon: each ends with the answer that it carries, so that
// no request is on its way over one when the server closes it. Sockets can still be opened.
func TestConnectionsOfAServerThatEndsSoon(t *testing.T) {
	var stopping atomic.Bool
	p := serve(t, func(o *web.ServerOptions) { o.Stopping = stopping.Load })
	p.joins("/feed")
	p.handle("GET /page", ok)
	for _, want := range []bool{false, true} {
		stopping.Store(want)
		resp, err := p.http.Get("http://" + p.addr + "/page")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.Close != want {
			t.Errorf("ends soon %v: connection ends %v", want, resp.Close)
		}
	}
	c := p.mustDial("/feed")
	c.CloseRead(t.Context())
	if err := c.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
