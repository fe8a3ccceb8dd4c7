package sipgate

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receivedRequest is a request as received by a server.
type receivedRequest struct {
	Method, URI, Body string
	Header            http.Header
}

// recorder records every request before it passes it on.
type recorder struct {
	next http.Handler

	mu   sync.Mutex
	seen []receivedRequest
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.seen = append(r.seen, receivedRequest{req.Method, req.RequestURI, string(body), req.Header.Clone()})
	r.mu.Unlock()
	r.next.ServeHTTP(w, req)
}

func (r *recorder) all() []receivedRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]receivedRequest(nil), r.seen...)
}

// serve starts a server and returns a client of it. The API is mounted below a
// path, to catch absolute paths in the client.
func serve(t testing.TB, h http.HandlerFunc) (*Client, *recorder) {
	t.Helper()
	rec := &recorder{next: h}
	srv := httptest.NewServer(rec)
	t.Cleanup(srv.Close)
	return clientOf(t, srv.URL), rec
}

func clientOf(t testing.TB, origin string) *Client {
	t.Helper()
	base, err := url.Parse(origin + "/below/v2/")
	if err != nil {
		t.Fatal(err)
	}
	hc := NewHTTPClient()
	t.Cleanup(hc.CloseIdleConnections)
	return &Client{Base: base, HTTP: hc, Auth: Bearer("token")}
}

// answer returns a handler with a constant response.
func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// pipeNetwork is a listener and a dialer without a network, for synctest.
type pipeNetwork struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipeNetwork {
	return &pipeNetwork{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (p *pipeNetwork) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipeNetwork) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipeNetwork) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipeNetwork) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// bubbleClient serves h within the synctest bubble and returns a client of it,
// and a function to call before the bubble ends.
func bubbleClient(t *testing.T, h http.HandlerFunc) (*Client, func()) {
	t.Helper()
	p := newPipes()
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // the server notices a closed connection only after reading the body
		h(w, r)
	})}
	go srv.Serve(p)
	c := clientOf(t, "http://api.example")
	tr := c.HTTP.Transport.(*http.Transport)
	tr.DialContext = p.DialContext
	return c, func() {
		tr.CloseIdleConnections()
		srv.Close()
	}
}
