package forward_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callboard/web"
	"callboard/web/forward"
)

// patience of the nodes: some attempts.
const patience = 200 * time.Millisecond

func TestMain(m *testing.M) {
	if inRole() {
		return
	}
	goleak.VerifyTestMain(m)
}

// A site is what all nodes of an installation know in common: who is where.
type site struct {
	t      testing.TB
	public *url.URL
	secret []byte

	mu    sync.Mutex
	homes map[string]string // team → name of a node
	addrs map[string]string // name of a node → internal address
	asked int               // how often a home was asked for

	patience time.Duration // of all nodes
}

func newSite(t testing.TB) *site {
	return &site{t: t, patience: patience, public: &url.URL{Scheme: "https", Host: "app.example"}, secret: []byte(strings.Repeat("s", 32)), homes: map[string]string{}, addrs: map[string]string{}}
}

func (s *site) settle(team, node string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.homes[team] = node
}

// A view is what one node believes of the site.
type view struct {
	*site
	name string
	own  map[string]string // beliefs of its own, which Moved removes

	moving int // answers to come that say that the team is moving
}

// Home implements [forward.Homes].
func (v *view) Home(_ context.Context, team string) (addr string, here bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	node, ok := v.own[team]
	if !ok {
		node = v.homes[team]
	}
	if node == "" {
		return "", false, errors.New("no home")
	}
	if v.moving--; v.moving >= 0 {
		return "", false, fmt.Errorf("%w: at last", forward.ErrMoving)
	}
	return v.addrs[node], node == v.name, nil
}

// Moved implements [forward.Homes].
func (v *view) Moved(team, _ string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.own, team)
}

// A node is a real server of a site, with a public and an internal listener.
type node struct {
	site    *site
	name    string
	view    *view
	url     string // where its public listener is
	server  *web.Server
	log     *lines
	mux     *http.ServeMux // behind Handler, and behind Accept
	forward *forward.Forwarder
	stop    func() // and waits

	passed   chan string  // what it passed on, with room for some
	refusals atomic.Int32 // requests to come that are told that the team is leaving
	inside   atomic.Int32 // requests that are served
}

// enter is what a Forwarder asks before a request is served.
func (n *node) enter(string) (context.Context, func(), error) {
	if n.refusals.Add(-1) >= 0 {
		return nil, nil, errors.New("leaving")
	}
	n.inside.Add(1)
	return context.Background(), func() { n.inside.Add(-1) }, nil
}

type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// explain says what the errors of forwarding mean, as a program does.
func explain(err error) web.Fault {
	if errors.Is(err, forward.ErrUnknown) {
		return web.Fault{Status: http.StatusBadGateway, Code: "outcome_unknown"}
	}
	return web.Fault{Status: http.StatusServiceUnavailable, Code: "away", RetryAfter: 1}
}

// addNode starts a node. Each of its routes belongs to the team that the query names.
func (s *site) addNode(name string, handle func(n *node)) *node {
	s.t.Helper()
	n := &node{site: s, name: name, log: &lines{}, mux: http.NewServeMux(), passed: make(chan string, 100), view: &view{site: s, name: name, own: map[string]string{}}}
	log := slog.New(slog.NewTextHandler(n.log, nil))
	var err error
	n.forward, err = forward.New(forward.Options{Homes: n.view, Secret: s.secret, Enter: n.enter, Patience: s.patience, OnPassed: func(o string, _ time.Duration) {
		select {
		case n.passed <- o:
		default: // nobody looks
		}
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	render := func(w http.ResponseWriter, _ *http.Request, f web.Fault) { http.Error(w, f.Code, f.Status) }
	errs := &web.Errors{Log: log, Explain: explain, Render: render}
	route := forward.Route{Team: func(r *http.Request) (string, error) { return r.URL.Query().Get("team"), nil }}
	all := n.forward.Handler(route, func(w http.ResponseWriter, r *http.Request) error { n.mux.ServeHTTP(w, r); return nil })
	n.server = web.NewServer(web.ServerOptions{Log: log, PublicURL: s.public})
	handle(n)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	internal, err := n.forward.Listen("127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	n.url = "http://" + ln.Addr().String()
	s.mu.Lock()
	s.addrs[name] = internal.Addr().String()
	s.mu.Unlock()
	guard := web.GuardOptions{Log: log, AccessLog: log, PublicURL: s.public, Render: render}
	inner := guard
	inner.Forwarded = true
	n.server.Also(internal, n.forward.Accept(web.Guard(inner, n.mux)))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.server.Serve(ctx, ln, web.Guard(guard, errs.Handle(all))) }()
	n.stop = sync.OnceFunc(func() {
		cancel()
		n.forward.CloseSockets()
		<-done
		n.forward.Close()
	})
	s.t.Cleanup(n.stop)
	return n
}

// send sends a request of a browser to the node.
func (n *node) send(method, path string, body io.Reader, headers ...string) (*http.Response, string) {
	n.site.t.Helper()
	r, err := http.NewRequest(method, n.url+path, body)
	if err != nil {
		n.site.t.Fatal(err)
	}
	r.Host = n.site.public.Host
	r.Header.Set("Origin", n.site.public.String())
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		n.site.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		n.site.t.Fatal(err)
	}
	return resp, string(text)
}

// echo answers with what arrived of a request, and at which node.
func echo(n *node) {
	n.mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Twice", "once")
		w.Header().Add("Set-Cookie", "a=1")
		fmt.Fprintf(w, "node %s\n%s %s host %s from %s id %s\n%s", n.name, r.Method, r.URL.RequestURI(), r.Host, web.ClientIP(r), web.RequestID(r.Context()), body)
	})
}
