package sipgate

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Every status has its Kind, with every observed form of body.
func TestKindOfStatus(t *testing.T) {
	bodies := map[string]string{
		"empty":    "",
		"text":     "This endpoint requires a sipgate Classic PBX Account",
		"errors":   `{"errors":[{"status":404,"title":"Not found","detail":"Call not found"}]}`,
		"name":     `{"name":"PARAMETER_INVALID","message":"no"}`,
		"oauth":    `{"error":"invalid_token","error_description":"expired"}`,
		"string":   `"no"`,
		"null":     `null`,
		"number":   `{"error":42}`,
		"controls": "a\x00\x1b[31m\r\nb",
		"huge":     strings.Repeat("x", 2<<20),
	}
	tests := []struct {
		status  int
		kind    Kind
		arrived bool
	}{
		{400, Invalid, false}, {401, Unauthorized, false}, {402, NoCredit, false}, {403, Forbidden, false},
		{404, NoCall, false}, {405, Unreadable, false}, {408, Unavailable, true}, {409, Invalid, false},
		{410, NoCall, false}, {415, Unreadable, false}, {418, Unreadable, false}, {422, Invalid, false},
		{300, Unreadable, false}, {304, Unreadable, false}, {423, Unreadable, false},
		{429, Throttled, false}, {500, Unavailable, true}, {501, Unsupported, false}, {502, Unavailable, true},
		{503, Unavailable, true}, {504, Unavailable, true}, {599, Unavailable, true},
	}
	for _, tt := range tests {
		t.Run(http.StatusText(tt.status), func(t *testing.T) {
			for name, body := range bodies {
				c, rec := serve(t, answer(tt.status, "", body))
				err := c.Hold(t.Context(), callID, true)
				kind := tt.kind
				if tt.status == 403 && name == "text" {
					kind = Unsupported
				}
				if KindOf(err) != kind || MayHaveArrived(err) != tt.arrived || err.(*Error).Status != tt.status {
					t.Errorf("%s: got %v, kind %v, may have arrived %v", name, err, KindOf(err), MayHaveArrived(err))
				}
				if text := err.Error(); len(text) > 400 || strings.ContainsAny(text, "\x00\x1b\r\n") {
					t.Errorf("%s: text is %q", name, text)
				}
				if n := len(rec.all()); n != 1 {
					t.Errorf("%s: %d requests, want 1", name, n)
				}
			}
		})
	}
	c, _ := serve(t, answer(http.StatusNotFound, "", ""))
	if _, err := c.Users(t.Context()); KindOf(err) != Unreadable {
		t.Errorf("404 outside of a call is %v", KindOf(err))
	}
	if _, err := c.Calls(t.Context()); KindOf(err) != Unreadable {
		t.Errorf("404 of the list is %v", KindOf(err))
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "1": time.Second, " 30 ": 30 * time.Second, "3600": time.Hour,
		"999999": 24 * time.Hour, "99999999999999999999": 0, "-5": 0, "soon": 0, "1.5": 0, "NaN": 0,
		"Mon, 23 Nov 2026 12:00:30 GMT": 30 * time.Second,
		"Mon, 23 Nov 2026 11:00:00 GMT": 0,
	} {
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.Header().Set("Date", "Mon, 23 Nov 2026 12:00:00 GMT")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, err := c.Calls(t.Context())
		if e, ok := err.(*Error); !ok || e.Kind != Throttled || e.RetryAfter != want {
			t.Errorf("%q: got %v, want to wait %v", value, err, want)
		}
	}
	// Without a clock of sipgate's, ours counts.
	in := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, date := range []string{"", "today"} {
		if got := retryAfter(http.Header{"Retry-After": {in}, "Date": {date}}); got < time.Hour-time.Minute || got > time.Hour {
			t.Errorf("at %q in an hour: %v", date, got)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var stolen atomic.Int64
		thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
		c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL, status)
		})
		c.HTTP.CheckRedirect = nil // a client that would follow redirects
		err := c.HangUp(t.Context(), callID)
		if KindOf(err) != Unreadable || MayHaveArrived(err) || len(rec.all()) != 1 || stolen.Load() != 0 {
			t.Errorf("%d: error %v, %d requests, %d at the target", status, err, len(rec.all()), stolen.Load())
		}
		thief.Close()
	}
}

func TestMalformedBodies(t *testing.T) {
	bomb := gzipBomb(100)
	tests := map[string]http.HandlerFunc{
		"reset mid-body": func(w http.ResponseWriter, _ *http.Request) { breakBody(w, http.StatusOK) },
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb)
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) { io.Copy(w, zeros{}) },
		"cut gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb[:20])
		},
	}
	for name, h := range tests {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, h)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			list, err := c.Calls(t.Context())
			runtime.ReadMemStats(&after)
			if KindOf(err) != Unavailable || list != nil {
				t.Errorf("got %d bytes, %v", len(list), err)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 24<<20 {
				t.Errorf("%d bytes were allocated", grown)
			}
		})
	}
}

// gzipBomb returns data that decompresses to size MiB. It repeats one member,
// which gzip allows.
func gzipBomb(size int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.CopyN(z, zeros{}, 1<<20)
	z.Close()
	return bytes.Repeat(b.Bytes(), size)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// An action whose response is lost has an unknown outcome and is sent once.
func TestResetAfterSendMayHaveArrived(t *testing.T) {
	for name, do := range actions {
		c, rec := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		err := do(t.Context(), c)
		if KindOf(err) != Unavailable || !MayHaveArrived(err) || len(rec.all()) != 1 {
			t.Errorf("%s: error %v, may have arrived %v, %d requests", name, err, MayHaveArrived(err), len(rec.all()))
		}
	}
}

var actions = map[string]func(context.Context, *Client) error{
	"put":    func(ctx context.Context, c *Client) error { return c.Hold(ctx, callID, true) },
	"post":   func(ctx context.Context, c *Client) error { return c.SendDTMF(ctx, callID, "1") },
	"delete": func(ctx context.Context, c *Client) error { return c.HangUp(ctx, callID) },
}

func TestConnectFailureHasNotArrived(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := clientOf(t, "http://"+ln.Addr().String())
	ln.Close()
	for name, do := range actions {
		if err := do(t.Context(), c); KindOf(err) != Unavailable || MayHaveArrived(err) {
			t.Errorf("%s: error %v, may have arrived %v", name, err, MayHaveArrived(err))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Hold(ctx, callID, true); KindOf(err) != Unavailable || MayHaveArrived(err) {
		t.Errorf("ended context: error %v, may have arrived %v", err, MayHaveArrived(err))
	}
}

// Requests have no GetBody, so that the transport cannot repeat them.
func TestRequestsAreNotReplayable(t *testing.T) {
	req, err := newRequest(t.Context(), http.MethodPost, "https://api.example/", []byte("{}"))
	if err != nil || req.GetBody != nil || req.ContentLength != 2 {
		t.Errorf("request %+v, %v", req, err)
	}
}

func TestInvalidCertificate(t *testing.T) {
	var requests atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	known := x509.NewCertPool()
	known.AddCert(srv.Certificate())
	for name, pool := range map[string]*x509.CertPool{"unknown issuer": nil, "wrong name": known} {
		c := clientOf(t, "https://wrong.name.example")
		tr := c.HTTP.Transport.(*http.Transport)
		tr.TLSClientConfig.RootCAs = pool
		tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, srv.Listener.Addr().String())
		}
		if err := c.Hold(t.Context(), callID, true); KindOf(err) != Unavailable || MayHaveArrived(err) {
			t.Errorf("%s: error %v, may have arrived %v", name, err, MayHaveArrived(err))
		}
	}
	if requests.Load() != 0 {
		t.Error("a request got through")
	}
}
