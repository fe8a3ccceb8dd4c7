package handlers

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/web"
)

// B65, F16, T19: a hundred copies at once, and the same again, are one change.
func TestF16Doubles(t *testing.T) {
	once := newHook(t)
	once.post(rings("A"))
	want := once.board().Seq

	k := newHook(t)
	body := rings("A")
	signed(t, body)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { k.replied("B65", k.post(body), k.asking()) })
	}
	all.Wait()
	if s := k.board(); s.Seq != want || len(s.Calls) != 1 {
		t.Errorf("%d changes, one event alone makes %d: %+v", s.Seq, want, s.Calls)
	}
	if health := k.health(); health.Accepted != 1 || health.Duplicate != 99 || !health.LastEvent.Equal(k.clock) {
		t.Errorf("%+v", health)
	}
}

// T19: what was recorded can be played again for ever: for 24 hours it is
// nothing, and afterwards a call that has ended does not ring again.
func TestT19Replay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newHook(t)
		k.gate.now = time.Now
		events := []string{rings("A"), answers("A"), hangs("A")}
		for _, e := range events {
			k.post(e)
		}
		time.Sleep(time.Minute)
		before := k.board()
		for _, e := range events {
			k.post(e)
		}
		if s := k.board(); s.Seq != before.Seq || k.health().Duplicate != 3 {
			t.Errorf("replayed: %+v, %+v", s.Calls, k.health())
		}
		time.Sleep(pushRemembered - 3*time.Minute)
		k.post(events[0])
		if k.health().Duplicate != 4 {
			t.Errorf("after almost 24 h: %+v", k.health())
		}
		time.Sleep(time.Hour)
		k.replied("after 25 h", k.post(events[0]), k.asking())
		for _, c := range k.board().Calls {
			if c.Phase == switchboard.Talking {
				t.Errorf("after 25 h: %+v", c)
			}
		}
		time.Sleep(200 * time.Second)
		if calls := k.board().Calls; len(calls) != 0 {
			t.Errorf("and 200 s later: %+v", calls)
		}
		k.h.Exchange.Close()
	})
}

// B69: a team has fifty events a second, and a hundred at once; another team
// has its own.
func TestBadInputPushFlood(t *testing.T) {
	k := newHook(t)
	for i := range pushesAtOnce {
		k.replied("the first hundred", k.post(rings(fmt.Sprint("A", i))), k.asking())
	}
	checked := k.checks.Load()
	k.refused("B69", k.post(rings("B")), 429)
	k.refused("B69 forged", k.post(rings("B"), signature(signed(t, rings("A0")))), 429)
	if k.checks.Load() != checked {
		t.Error("T20: signatures were checked beyond the limit")
	}
	theirBody := strings.ReplaceAll(rings("C"), ours, theirs)
	if w := k.post(theirBody, path("/push/"+k.h.Key.PushSecret(theirs))); w.Code != 200 {
		t.Errorf("another team: %d", w.Code)
	}
	k.clock = k.clock.Add(time.Second)
	for i := range pushesPerSecond {
		k.replied("a second later", k.post(rings(fmt.Sprint("D", i))), k.asking())
	}
	k.refused("and one more", k.post(rings("E")), 429)
	if health := k.health(); health.Refused["hook_rate"] != 3 || health.Accepted != 150 {
		t.Errorf("%+v", health)
	}
}

// T20, T21: who sends forgeries to the secret address is not listened to for a
// moment, whatever address they claim to have. Others are.
func TestT20Forgers(t *testing.T) {
	k := newHook(t)
	from := func(address string) func(*http.Request) {
		return func(r *http.Request) { r.RemoteAddr = address + ":4711" }
	}
	forged := signature(signed(t, rings("other")))
	for i := range forgeriesPerPeer {
		w := k.post(rings("A"), forged, from("192.0.2.1"), header("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i)))
		k.refused("forged", w, 403)
	}
	for _, name := range []string{"X-Forwarded-For", "X_Forwarded_For", "X-Real-Ip", "Forwarded"} {
		for _, claim := range []string{"217.116.118.254", "217.116.118.254, 192.0.2.9, 10.0.0.1", "for=217.116.118.254"} {
			k.refused("T21 "+name, k.post(rings("A"), from("192.0.2.1"), header(name, claim)), 429)
		}
	}
	if n := k.checks.Load(); n != forgeriesPerPeer {
		t.Errorf("%d signatures checked", n)
	}
	if strings.Contains(k.log.String(), "217.116") || !strings.Contains(k.log.String(), `"ip":"192.0.2.1"`) {
		t.Error("T21: the log has another address than the peer's")
	}
	k.replied("another peer", k.post(rings("A"), from("192.0.2.2")), k.asking())
	k.clock = k.clock.Add(time.Second)
	k.replied("the same a second later", k.post(rings("B"), from("192.0.2.1")), k.asking())
}

// Who does not know the address cannot use up anything, nor be remembered.
func TestT20UnknownAddress(t *testing.T) {
	k := newHook(t)
	for i := range 1000 {
		k.refused("unknown", k.send("x", path(fmt.Sprintf("/push/%s.%d", ours, i))), 404)
	}
	if k.checks.Load() != 0 || len(k.gate.teams) != 0 || len(k.gate.forgers) != 0 {
		t.Errorf("%d checks, %d teams, %d forgers", k.checks.Load(), len(k.gate.teams), len(k.gate.forgers))
	}
	k.replied("sipgate meanwhile", k.post(rings("A")), k.asking())
}

// The gate's memory is bounded, whoever sends whatever.
func TestT19T20Bounds(t *testing.T) {
	k := newHook(t)
	for i := range 3 * mostForgers {
		r := httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = fmt.Sprintf("10.0.%d.%d:1", i/256, i%256)
		k.gate.authenticate(ours, web.ClientIP(r), nil, "")
		k.clock = k.clock.Add(time.Second)
	}
	if n := len(k.gate.forgers); n > mostForgers {
		t.Errorf("%d forgers remembered", n)
	}
	r := recent[int]{keep: time.Hour, most: 100}
	now := time.Now()
	for i := range 1000 {
		if !r.add(i, now) || r.add(i, now) || !r.has(i, now) {
			t.Fatalf("%d", i)
		}
		if len(r.at) != len(r.order) || len(r.at) > 100 {
			t.Fatalf("%d and %d remembered", len(r.at), len(r.order))
		}
		if i >= 100 && (r.has(i-100, now) || !r.has(i-99, now)) {
			t.Fatalf("%d: not the latest are remembered", i)
		}
		now = now.Add(time.Millisecond)
	}
	if now = now.Add(time.Hour); r.has(999, now) || len(r.at) != 0 || len(r.order) != 0 || !r.add(999, now) {
		t.Error("remembered for too long")
	}
}

// B70: a body that trickles in is waited for ten seconds.
func TestBadInputPushSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newHook(t)
		defer k.h.Exchange.Close()
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
			t.Errorf("B70: %s after %v, %d bytes, close %v", resp.Status, took, resp.ContentLength, resp.Close)
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

// oneConn is a listener that accepts one connection.
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

// What an event costs, good, forged, and at an unknown address. T20 allows
// 0.3 of a core for 2,000 of the last a second: 150 µs each.
func BenchmarkT20Push(b *testing.B) {
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
