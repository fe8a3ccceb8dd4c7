package web_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callboard/web"
	"callboard/web/database"
	"callboard/web/database/databasetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(child); dir != "" {
		writeSessions(dir)
		return
	}
	goleak.VerifyTestMain(databasetest.OnBoth(m))
}

// openDB opens the database in dir with the tables of package web.
func openDB(t testing.TB, dir string) *database.DB {
	t.Helper()
	if db := databasetest.PostgresFor(t, dir, map[string]fs.FS{"web": web.Migrations}); db != nil {
		return db
	}
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return db
}

// A journal collects log lines.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(j, nil)) }

// A program is a real HTTP server with a Guard in front of a mux.
type program struct {
	t    testing.TB
	url  *url.URL // public URL
	addr string   // where it listens
	mux  *http.ServeMux
	errs *web.Errors
	srv  *web.Server
	log  *journal
	stop context.CancelFunc
	done chan error // of Serve
	http *http.Client

	connect func() (net.Conn, error) // opens a connection to it
}

// renderCode answers with the code of a fault, in the way of pages and of
// programs.
func renderCode(w http.ResponseWriter, r *http.Request, f web.Fault) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(f.Status)
	fmt.Fprintf(w, `<div role="alert" data-error=%q>%s</div>`, f.Code, web.RequestID(r.Context()))
}

// serve starts a program. tune changes what is not the default.
func serve(t testing.TB, tune ...any) *program {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, addr: ln.Addr().String(), mux: http.NewServeMux(), log: &journal{}, done: make(chan error, 1)}
	p.url = &url.URL{Scheme: "http", Host: p.addr}
	p.connect = func() (net.Conn, error) { return net.Dial("tcp", p.addr) }
	p.errs = &web.Errors{Log: p.log.logger(), Render: renderCode}
	guard := web.GuardOptions{Log: p.log.logger(), AccessLog: p.log.logger(), PublicURL: p.url, Render: renderCode,
		FormAction: []string{"https://login.sipgate.com"}, Exempt: []string{"/push/"}, Secret: []string{"/push/", "/a/"}}
	server := web.ServerOptions{Log: p.log.logger(), PublicURL: p.url}
	for _, f := range tune {
		switch f := f.(type) {
		case func(*web.GuardOptions):
			f(&guard)
		case func(*web.ServerOptions):
			f(&server)
		case func(net.Listener) net.Listener:
			ln = f(ln)
			p.connect = func() (net.Conn, error) {
				return tls.Dial("tcp", p.addr, &tls.Config{InsecureSkipVerify: true})
			}
		}
	}
	p.url = guard.PublicURL
	p.srv = web.NewServer(server)
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	p.http = &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	go func() { p.done <- p.srv.Serve(ctx, ln, web.Guard(guard, p.errs.Mux(p.mux))) }()
	t.Cleanup(func() {
		cancel()
		p.http.CloseIdleConnections()
		select {
		case err := <-p.done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("Serve did not return")
		}
	})
	return p
}

func (p *program) handle(pattern string, h web.Handler) { p.mux.Handle(pattern, p.errs.Handle(h)) }

// ok answers 200 and "ok".
func ok(w http.ResponseWriter, r *http.Request) error {
	_, err := io.WriteString(w, "ok")
	return err
}

// An answer is a response with its body.
type answer struct {
	*http.Response
	body string
}

// do sends a request from a page of ours, with the headers, "Name: value", on
// top. An empty value removes a header.
func (p *program) do(method, path string, headers ...string) answer {
	p.t.Helper()
	return p.send(method, path, nil, headers...)
}

func (p *program) send(method, path string, body io.Reader, headers ...string) answer {
	p.t.Helper()
	r, err := http.NewRequest(method, "http://"+p.addr+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Host = p.url.Host
	r.Header.Set("Origin", p.url.String())
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		} else if value == "" {
			r.Header.Del(name)
		} else {
			r.Header.Add(name, value)
		}
	}
	resp, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{resp, string(text)}
}

// code returns the code of the fault that a shows, or "".
func (a answer) code() string {
	_, rest, _ := strings.Cut(a.body, `data-error="`)
	code, _, _ := strings.Cut(rest, `"`)
	return code
}

func (a answer) want(t testing.TB, status int, code string) {
	t.Helper()
	if a.StatusCode != status || a.code() != code {
		t.Errorf("%d %q, want %d %q", a.StatusCode, a.code(), status, code)
	}
}

// setCookie returns the "name=value" of the cookie that a sets, and the cookie.
func (a answer) setCookie(name string) (string, *http.Cookie) {
	for _, c := range a.Cookies() {
		if c.Name == name {
			return c.Name + "=" + c.Value, c
		}
	}
	return "", nil
}

// raw sends text over a connection of its own and returns the answer, or nil if
// the server closed the connection without one.
func (p *program) raw(text string) *http.Response {
	p.t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, text)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return nil
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp
}

// https makes a program believe that it is reached as https://app.example, as
// behind a proxy that does TLS.
var https = []any{
	func(o *web.GuardOptions) { o.PublicURL = appURL },
	func(o *web.ServerOptions) { o.PublicURL = appURL },
}

var appURL = &url.URL{Scheme: "https", Host: "app.example"}

// contextUntil returns a context that is cancelled when c is closed.
func contextUntil(c <-chan struct{}) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-c
		cancel()
	}()
	return ctx
}
