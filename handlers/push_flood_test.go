package handlers

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// A hundred copies of an event at once are answered alike.
func TestPushCopiesAreAnsweredAlike(t *testing.T) {
	k := newHook(t)
	body := rings("A")
	signed(t, body)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { k.replied("a copy", k.post(body), k.subscribe()) })
	}
	all.Wait()
	if calls := k.board().Calls; len(calls) != 1 {
		t.Errorf("%+v", calls)
	}
	if health := k.health(); health.Accepted != 1 || health.Duplicate != 99 || !health.LastEvent.Equal(k.clock) {
		t.Errorf("%+v", health)
	}
}

// Events beyond an account's limit get 429; another account's do not.
func TestPushFloodIsRefused(t *testing.T) {
	k := newHook(t)
	for i := range 100 {
		k.replied("the first hundred", k.post(rings(fmt.Sprint("A", i))), k.subscribe())
	}
	k.refused("one more", k.post(rings("B")), 429)
	theirBody := strings.ReplaceAll(rings("C"), ours, theirs)
	if w := k.post(theirBody, path("/push/"+k.h.Key.PushSecret(theirs))); w.Code != 200 {
		t.Errorf("another account: %d", w.Code)
	}
	k.clock = k.clock.Add(time.Second)
	k.replied("a second later", k.post(rings("D")), k.subscribe())
	if health := k.health(); health.Refused["hook_rate"] != 1 || health.Accepted != 101 {
		t.Errorf("%+v", health)
	}
}

// Whoever knows the address and sends forgeries does not keep sipgate's events
// out, although both come through the same proxy. The log shows a few of the
// forgeries, and their true peer.
func TestForgeriesBlockNoRealEvents(t *testing.T) {
	k := newHook(t)
	proxy := func(r *http.Request) { r.RemoteAddr = "192.0.2.1:4711" }
	forged := signature(signed(t, rings("other")))
	for i := range 1000 {
		k.refused("forged", k.post(rings("A"), forged, proxy, header("X-Forwarded-For", fmt.Sprintf("217.116.118.%d", i%250))), 403)
	}
	for i := range 100 {
		k.replied("sipgate meanwhile", k.post(rings(fmt.Sprint("A", i)), proxy), k.subscribe())
	}
	log := k.log.String()
	if strings.Contains(log, "217.116") || !strings.Contains(log, `"ip":"192.0.2.1"`) {
		t.Error("the log has another address than the peer's")
	}
	if n := strings.Count(log, "\n"); n > 110 {
		t.Errorf("%d lines in the log", n)
	}
}

// Requests at unknown addresses are not passed on: they use up nothing, and
// nothing remembers them.
func TestPushToUnknownAddress(t *testing.T) {
	k := newHook(t)
	receiver := k.h.Receiver
	k.h.Receiver = nil // using it would panic
	for i := range 1000 {
		k.refused("unknown", k.send("x", path(fmt.Sprintf("/push/%s.%d", ours, i))), 404)
	}
	k.h.Receiver = receiver
	if n := k.checks.Load(); n != 0 {
		t.Errorf("%d signatures verified", n)
	}
	k.replied("sipgate meanwhile", k.post(rings("A")), k.subscribe())
}

// A body that trickles in is refused after ten seconds.
func TestSlowPushIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newHook(t)
		defer k.boards.Close()
		client, conn := net.Pipe()
		srv := &http.Server{Handler: k.app}
		done := make(chan struct{})
		go func() { defer close(done); srv.Serve(&oneConn{conn: conn, closed: make(chan struct{})}) }()
		began := time.Now()
		body := rings("A")
		written := make(chan struct{})
		go func() {
			defer close(written)
			fmt.Fprintf(client, "POST /push/%s HTTP/1.1\r\nHost: calls.example\r\nContent-Length: %d\r\n%s: %s\r\n\r\n",
				k.h.Key.PushSecret(ours), len(body), sipgate.SignatureHeader, signed(t, body))
			for _, b := range []byte(body) {
				time.Sleep(time.Second)
				if _, err := client.Write([]byte{b}); err != nil {
					return
				}
			}
		}()
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); resp.StatusCode != 408 || resp.ContentLength != 0 || !resp.Close || took > 10*time.Second {
			t.Errorf("%s after %v, %d bytes, close %v", resp.Status, took, resp.ContentLength, resp.Close)
		}
		client.Close()
		srv.Close()
		<-done
		<-written
		if k.health().Refused["hook_slow"] != 1 || len(k.board().Calls) != 0 {
			t.Errorf("%+v", k.health())
		}
	})
}

// A oneConn is a listener that accepts one connection.
type oneConn struct {
	conn   net.Conn
	closed chan struct{}
	close  sync.Once
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { l.close.Do(func() { close(l.closed) }); return nil }
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }

// BenchmarkPush measures a good event, a forged one, and one at an unknown
// address, of which 2,000 a second may use 0.3 of a core: 150 µs each.
func BenchmarkPush(b *testing.B) {
	b.Run("good", func(b *testing.B) {
		k := newHook(b)
		bodies := make([]string, 1000)
		for i := range bodies {
			bodies[i] = rings(fmt.Sprint("A", i))
			signed(b, bodies[i])
		}
		for i := 0; b.Loop(); i++ {
			k.clock = k.clock.Add(time.Second)
			if k.post(bodies[i%1000]).Code != 200 {
				b.Fatal("refused")
			}
		}
	})
	b.Run("forged", func(b *testing.B) {
		k := newHook(b)
		forged := signature(base64.StdEncoding.EncodeToString(make([]byte, 256)))
		for b.Loop() {
			k.clock = k.clock.Add(time.Second)
			if k.send(rings("A"), forged).Code != 403 {
				b.Fatal("taken")
			}
		}
	})
	b.Run("unknown", func(b *testing.B) {
		k := newHook(b)
		for b.Loop() {
			if k.send("x", path("/push/"+ours+".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).Code != 404 {
				b.Fatal("taken")
			}
		}
	})
}
