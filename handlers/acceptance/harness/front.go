package harness

import (
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// A Front is a reverse proxy between browsers and the dashboard, whose faults a
// test decides.
type Front struct {
	// Dropped counts the requests whose upgrade it did not pass on.
	Dropped atomic.Int32

	rule atomic.Pointer[FrontRule]
}

// A FrontRule is what a [Front] does wrong. The zero value is a proxy without
// faults.
type FrontRule struct {
	DropUpgrades bool

	// Respond answers a request itself, and reports whether it did.
	Respond func(w http.ResponseWriter, r *http.Request) bool

	// Change changes the dashboard's answers.
	Change func(*http.Response)
}

// Set replaces the rule.
func (f *Front) Set(rule FrontRule) { f.rule.Store(&rule) }

// ForeignPage answers with a status and an HTML page of a proxy, which has an
// element with the id "foreign".
func ForeignPage(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	io.WriteString(w, `<html><body id="foreign" class="notice"><h1>nginx</h1><div id="dialog">bad gateway</div></body></html>`)
}

// NewBehindFront starts the simulator and a dashboard that browsers reach
// through a Front.
func NewBehindFront(t testing.TB) (*Stack, *Front) {
	t.Helper()
	s, front := NewSimulator(t), &Front{}
	front.Set(FrontRule{})
	s.Data = t.TempDir()
	s.dir = s.Data
	backend := FreeAddr(t)
	listener, err := net.Listen("tcp", s.URL[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: front.handler(&url.URL{Scheme: "http", Host: backend})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	s.Args = s.ServeArgs(s.Simulator)
	for i, arg := range s.Args {
		if arg == "-addr" {
			s.Args[i+1] = backend
		}
	}
	s.Start()
	return s, front
}

func (f *Front) handler(to *url.URL) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(resp *http.Response) error {
			if change := f.rule.Load().Change; change != nil {
				change(resp)
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { ForeignPage(w, http.StatusBadGateway) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rule := f.rule.Load()
		if rule.Respond != nil && rule.Respond(w, r) {
			return
		}
		if rule.DropUpgrades && r.Header.Get("Upgrade") != "" {
			f.Dropped.Add(1)
			r.Header.Del("Upgrade")
			r.Header.Del("Connection")
		}
		proxy.ServeHTTP(w, r)
	})
}
