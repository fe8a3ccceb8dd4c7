package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// FuzzCookieValue: a value is only ever taken if the name occurs once, and
// then the standard library, where it finds the cookie, agrees.
func FuzzCookieValue(f *testing.F) {
	good := "s=" + strings.Repeat("A", secretLen)
	for _, s := range []string{"", good, good + "; s=x", "a=b;" + good, `s="` + good[2:] + `"`, "s", "s;" + good, " s = x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r := &http.Request{Header: http.Header{"Cookie": {line}}}
		v, ok := cookieValue(r, "s")
		if !ok {
			return
		}
		if !isSecret(v) || strings.Count(line, "s="+v) != 1 {
			t.Errorf("%q gives %q", line, v)
		}
		if c, err := r.Cookie("s"); err == nil && c.Value != v {
			t.Errorf("%q gives %q, the standard library says %q", line, v, c.Value)
		}
	})
}

// FuzzClientIP: behind a trusted proxy, what stands left of the client's own
// address never counts.
func FuzzClientIP(f *testing.F) {
	f.Add("1.2.3.4")
	f.Add(",,, ::1%eth0, x")
	trusted := Proxies{netip.MustParsePrefix("192.0.2.0/24")}
	f.Fuzz(func(t *testing.T, forged string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "192.0.2.1:1"
		r.Header["X-Forwarded-For"] = []string{forged, "203.0.113.5"}
		if got, _ := trusted.client(peer(r), r.Header); got.String() != "203.0.113.5" {
			t.Errorf("%q: %s", forged, got)
		}
		r.Header["X-Forwarded-For"] = []string{forged}
		trusted.client(peer(r), r.Header) // whatever it is, no panic
	})
}

// A farConn comes from an address that is not this machine's.
type farConn struct {
	net.Conn
	from net.Addr
}

func (c farConn) RemoteAddr() net.Addr { return c.from }
func (c farConn) Close() error         { return nil }

type farListener struct {
	net.Listener
	from []string
}

func (l *farListener) Accept() (net.Conn, error) {
	if len(l.from) == 0 {
		return nil, net.ErrClosed
	}
	a := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(l.from[0]))
	l.from = l.from[1:]
	return farConn{from: a}, nil
}

// TestConnectionsPerPeerAreLimited: one address cannot take them all.
func TestConnectionsPerPeerAreLimited(t *testing.T) {
	ln := limitConns(&farListener{from: []string{
		"192.0.2.1:1", "192.0.2.1:2", "192.0.2.1:3", "[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "192.0.2.2:1",
		"198.51.100.1:1", "198.51.100.1:2", "198.51.100.1:3",
	}}, -1, 2, Proxies{netip.MustParsePrefix("198.51.100.0/24")})
	var got []string
	var conns []net.Conn
	for {
		c, err := ln.Accept()
		if err != nil {
			break
		}
		conns = append(conns, c)
		got = append(got, c.RemoteAddr().String())
	}
	want := "192.0.2.1:1 192.0.2.1:2 [2001:db8::1]:1 [2001:db8::2]:1 127.0.0.1:1 127.0.0.1:2 127.0.0.1:3 192.0.2.2:1 198.51.100.1:1 198.51.100.1:2 198.51.100.1:3"
	if strings.Join(got, " ") != want {
		t.Errorf("accepted %v", got)
	}
	for _, c := range conns {
		c.Close()
		c.Close() // counts once
	}
	if l := ln.(*connLimit); l.open != 0 || len(l.peers) != 0 {
		t.Errorf("%d open, %v after all are closed", l.open, l.peers)
	}
}

// A key that the issuer has withdrawn is trusted for an hour at most.
func TestIssuersKeysAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := NewIDTokens(Issuer{})
		first := ids.keySet(http.DefaultClient)
		time.Sleep(time.Hour)
		if ids.keySet(http.DefaultClient) != first {
			t.Error("forgotten within the hour")
		}
		time.Sleep(time.Second)
		if ids.keySet(http.DefaultClient) == first {
			t.Error("kept beyond the hour")
		}
	})
}

// A tripper is an issuer that answers every request for its keys in the same way.
type tripper func() (*http.Response, error)

func (f tripper) RoundTrip(*http.Request) (*http.Response, error) { return f() }

// Of the keys of an issuer no more is read than keys need, and not more often than
// they change. That it cannot be reached is an error like any other.
func TestReadsOfKeysAreBounded(t *testing.T) {
	gone := errors.New("connection refused")
	limit := rate.NewLimiter(rate.Every(time.Hour), 2)
	if _, err := (boundedReads{tripper(func() (*http.Response, error) { return nil, gone }), limit}).RoundTrip(nil); err != gone {
		t.Errorf("not reachable: %v", err)
	}
	huge := boundedReads{tripper(func() (*http.Response, error) {
		return &http.Response{Body: io.NopCloser(strings.NewReader(strings.Repeat("x", 2*maxKeySet)))}, nil
	}), limit}
	resp, err := huge.RoundTrip(nil)
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := io.ReadAll(resp.Body); err != nil || len(keys) != maxKeySet {
		t.Errorf("%d bytes were read, %v", len(keys), err)
	}
	if _, err := huge.RoundTrip(nil); err == nil {
		t.Error("a third read within the hour")
	}
}

// A write has five seconds, however often and however late the watchdog looks:
// a machine that is too busy to look makes no client look slow.
func TestWriteHasFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		k := &Socket{wire: newWire(server, nil), pinged: time.Now()}
		k.Send(NewFrame([]byte("x")))
		synctest.Wait()
		began := time.Now()
		for range 10 {
			k.inspect(began.Add(pieceWithin))
		}
		if !k.wire.send(nil) {
			t.Error("a write that is in time was cut off")
		}
		k.inspect(began.Add(pieceWithin + time.Nanosecond))
		if k.wire.send(nil) {
			t.Error("a write that takes too long goes on")
		}
		synctest.Wait()
	})
}

// A request that goes on although it was cancelled holds up the shutdown for ten
// seconds, and the log says so.
func TestShutdownWaitsForCancelledRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ ends, waits time.Duration }{{0, 0}, {2 * time.Second, 2 * time.Second}, {time.Hour, cancelledWithin}} {
			var b bytes.Buffer
			s := NewServer(ServerOptions{Log: slog.New(slog.NewTextHandler(&b, nil))})
			go s.counted(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(c.ends) })).ServeHTTP(nil, nil)
			synctest.Wait()
			began := time.Now()
			s.awaitCancelled()
			if took := time.Since(began); took < c.waits || took > c.waits+20*time.Millisecond {
				t.Errorf("a request of %v: waited %v, want %v", c.ends, took, c.waits)
			}
			if said := strings.Contains(b.String(), `"requests do not end" number=1`); said != (c.ends > c.waits) {
				t.Errorf("a request of %v: the log is %q", c.ends, b.String())
			}
		}
		time.Sleep(time.Hour)
	})
}

// A deadlineWriter notes the read deadlines that are set.
type deadlineWriter struct {
	http.ResponseWriter
	deadlines []time.Time
}

func (w *deadlineWriter) SetReadDeadline(t time.Time) error {
	w.deadlines = append(w.deadlines, t)
	return nil
}

// A body has its time to arrive, and none of it is left when it has arrived: a
// handler that works longer is not cut off.
func TestTheTimeOfABodyEndsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &deadlineWriter{ResponseWriter: httptest.NewRecorder()}
		g := &guard{o: GuardOptions{BodyTimeout: time.Second}}
		r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("half"), strings.NewReader("half")))
		g.limitBody(w, r)
		if len(w.deadlines) != 1 || !w.deadlines[0].Equal(time.Now().Add(time.Second)) {
			t.Fatalf("at the beginning: %v", w.deadlines)
		}
		if _, err := io.ReadFull(r.Body, make([]byte, 6)); err != nil || len(w.deadlines) != 1 {
			t.Errorf("in the middle: %v, %v", w.deadlines, err)
		}
		if _, err := io.ReadAll(r.Body); err != nil || len(w.deadlines) != 2 || !w.deadlines[1].IsZero() {
			t.Errorf("at the end: %v, %v", w.deadlines, err)
		}
		g.limitBody(w, httptest.NewRequest("POST", "/", http.NoBody))
		if len(w.deadlines) != 2 {
			t.Error("a request without a body has a deadline")
		}
	})
}

// Made-up reasons do not make the log or the memory grow: beyond a hundred they
// are counted together, and those that are known still by themselves.
func TestReasonsOfRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		f := &refusals{log: slog.New(slog.NewTextHandler(&b, nil)), pending: map[string]*refusalCount{}}
		for i := range 3 * maxReasons {
			f.add(fmt.Sprint("r", i), nil)
		}
		f.add("r7", nil)
		f.mu.Lock()
		if n := strings.Count(b.String(), "\n"); n != maxReasons+1 || len(f.pending) != maxReasons+1 || f.pending["r7"].n != 1 || f.pending["other"].n != 2*maxReasons-1 {
			t.Errorf("%d lines, %d reasons, %+v", n, len(f.pending), f.pending["other"])
		}
		f.mu.Unlock()
		time.Sleep(3*refusalsEvery + 1)
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.pending) != 0 || !strings.Contains(b.String(), fmt.Sprintf("code=other count=%d", 2*maxReasons-1)) {
			t.Errorf("%d reasons afterwards", len(f.pending))
		}
	})
}

func TestValidCode(t *testing.T) {
	for code, want := range map[string]bool{
		"a": true, " ~": true, "": false, "\x1f": false, "a\x7f": false, "ä": false,
		strings.Repeat("a", maxCode): true, strings.Repeat("a", maxCode+1): false,
	} {
		if got := validCode(code); got != want {
			t.Errorf("%.10q: valid is %v", code, got)
		}
	}
}
