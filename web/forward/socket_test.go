package forward_test

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"callboard/web"
)

// feed opens a socket at /feed and hands it out.
func feed(sockets chan *web.Socket) func(*node) {
	return func(n *node) {
		n.mux.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) {
			err := n.server.OpenSocket(w, r, "", func(k *web.Socket) func() {
				sockets <- k
				return func() { close(sockets) }
			})
			if err != nil {
				http.Error(w, err.Error(), http.StatusForbidden)
			}
		})
	}
}

// dial opens a socket through the node.
func (n *node) dial(ctx context.Context, origin string) (*websocket.Conn, *http.Response, error) {
	return n.dialWith(ctx, "red", origin)
}

// dialFor opens a socket of a team through the node.
func (n *node) dialFor(ctx context.Context, team string) (*websocket.Conn, *http.Response, error) {
	return n.dialWith(ctx, team, n.site.public.String())
}

func (n *node) dialWith(ctx context.Context, team, origin string) (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(ctx, "ws"+strings.TrimPrefix(n.url, "http")+"/feed?team="+team, &websocket.DialOptions{Host: n.site.public.Host,
		HTTPHeader: http.Header{"Origin": {origin}}, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
}

// TestSocketIsPassedOn: a socket leads through another node to the home. Frames of
// any length arrive whole, a close arrives with its code, and the home learns when
// the browser leaves.
func TestSocketIsPassedOn(t *testing.T) {
	s, sockets := newSite(t), make(chan *web.Socket, 1)
	a := s.addNode("a", echo)
	s.addNode("b", feed(sockets))
	s.settle("red", "b")
	c, _, err := a.dial(t.Context(), s.public.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	k := <-sockets
	for _, size := range []int{1, 125, 126, 60_000} {
		text := strings.Repeat("x", size)
		k.Send(web.NewFrame([]byte(text)))
		if _, got, err := c.Read(t.Context()); err != nil || string(got) != text {
			t.Fatalf("%d bytes arrive as %d: %v", size, len(got), err)
		}
	}
	k.Close(&web.CloseError{Code: web.CloseSessionGone, Reason: "signed out"})
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != web.CloseSessionGone {
		t.Errorf("closed with %v", err)
	}
	<-sockets // closed: the home knows
}

// TestBrowserThatLeavesIsNoticedAtHome: the home learns that a browser has gone
// without a word.
func TestBrowserThatLeavesIsNoticedAtHome(t *testing.T) {
	s, sockets := newSite(t), make(chan *web.Socket, 1)
	a := s.addNode("a", echo)
	s.addNode("b", feed(sockets))
	s.settle("red", "b")
	c, _, err := a.dial(t.Context(), s.public.String())
	if err != nil {
		t.Fatal(err)
	}
	<-sockets
	c.CloseNow()
	<-sockets
}

// TestSocketOfAnotherOriginIsRefused: the home sees the Origin.
func TestSocketOfAnotherOriginIsRefused(t *testing.T) {
	s, sockets := newSite(t), make(chan *web.Socket, 1)
	a := s.addNode("a", echo)
	s.addNode("b", feed(sockets))
	s.settle("red", "b")
	if _, resp, err := a.dial(t.Context(), "https://evil.example"); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("%v", err)
	}
}

// TestNodeThatEndsClosesItsSockets: the browsers of a node that shuts down are told
// to connect again, and the home learns that they have gone.
func TestNodeThatEndsClosesItsSockets(t *testing.T) {
	for _, ends := range []string{"a", "b"} {
		s, sockets := newSite(t), make(chan *web.Socket, 1)
		nodes := map[string]*node{"a": s.addNode("a", echo), "b": s.addNode("b", feed(sockets))}
		s.settle("red", "b")
		c, _, err := nodes["a"].dial(t.Context(), s.public.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		k := <-sockets
		k.Send(web.NewFrame([]byte("before")))
		if _, _, err := c.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		go nodes[ends].stop()
		if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != web.CloseRestart {
			t.Errorf("%s ends: closed with %v", ends, err)
		}
		<-sockets
		nodes[ends].stop()
	}
}

// An endless body of random bytes, of which how many were read.
type endless struct {
	left int64
	read atomic.Int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, _ := rand.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	e.read.Add(int64(n))
	return n, nil
}

// TestUploadIsStreamed: a node that passes 50 MB on does not keep them, and the
// visitor sends only as fast as the home reads.
func TestUploadIsStreamed(t *testing.T) {
	const size = 50 << 20
	s := newSite(t)
	file := &endless{left: size}
	var atStart int64
	var got int64
	a := s.addNode("a", echo)
	s.addNode("b", func(n *node) {
		n.mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
			io.ReadFull(r.Body, make([]byte, 1<<20))
			atStart = file.read.Load()
			got, _ = io.Copy(io.Discard, r.Body)
		})
	})
	s.settle("red", "b")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	resp, text := a.send("POST", "/?team=red", file)
	runtime.ReadMemStats(&after)
	if resp.StatusCode != 200 || got != size-1<<20 {
		t.Errorf("%d %q, %d bytes", resp.StatusCode, text, got)
	}
	if atStart > size/2 {
		t.Errorf("%d bytes were sent when the home had read one megabyte", atStart)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > size*3/4 {
		t.Errorf("%d bytes were allocated", allocated)
	}
}
