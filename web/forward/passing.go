package forward

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"callboard/web"
)

var (
	errElsewhere = errors.New("the team is at home elsewhere")
	errLate      = errors.New("no answer in time")
)

// A passing is a request on its way to another node.
type passing struct {
	f      *Forwarder
	w      http.ResponseWriter
	r      *http.Request
	team   string
	within time.Duration

	sent      atomic.Bool // the node may have got the request, or a part of it
	elsewhere bool        // the node has done nothing, or nothing that may not be done twice
	err       error       // of the last try

	tries     int           // here and at other nodes
	unreached int           // nodes that were tried in vain
	wait      time.Duration // before the team's home is asked for again
	until     time.Time     // when that ends; zero before a node did not have the team

	body *body // nil until the first try, and of a request without a body
}

// to passes the request to the node at addr. An error means that nothing has been
// answered.
func (p *passing) to(addr string) error {
	p.tries++
	p.err, p.elsewhere = nil, false
	p.sent.Store(false)
	if err := p.readBody(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(p.r.Context())
	defer cancel(nil)
	late := time.AfterFunc(p.within, func() { cancel(errLate) })
	defer late.Stop()
	waiting := &lead{team: p.team, addr: addr, changes: !p.onlyReads(), end: func() { cancel(errMoved) }}
	p.f.keep(waiting)
	defer p.f.drop(waiting)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { p.sent.Store(true) }})
	proxy := httputil.ReverseProxy{
		Transport: p.f.transport, FlushInterval: -1, BufferPool: buffers, ErrorLog: quiet,
		Rewrite: func(pr *httputil.ProxyRequest) { p.rewrite(pr.Out, addr) },
		ModifyResponse: func(answer *http.Response) error {
			if err := context.Cause(ctx); err != nil {
				return err // the answer of a handler that was cut off
			}
			late.Stop()
			defer p.f.drop(waiting)
			return p.receive(answer, addr)
		},
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) { p.err = err },
	}
	proxy.ServeHTTP(p.w, p.request().WithContext(ctx))
	switch {
	case errors.Is(p.err, errTunnelled):
		p.err = nil
	case p.err != nil && context.Cause(ctx) == errLate:
		p.err = errLate
	case p.err != nil && context.Cause(ctx) == errMoved:
		p.err = errMoved
		p.elsewhere = p.onlyReads() // nothing is done twice
	}
	if p.err != nil {
		p.err = fmt.Errorf("node %s: %w", addr, p.err)
		if !p.elsewhere {
			p.unreached++
		}
	}
	return p.err
}

// onlyReads reports whether the request changes nothing, so that it may be sent twice.
func (p *passing) onlyReads() bool {
	return p.r.Method == http.MethodGet || p.r.Method == http.MethodHead
}

// refused says that the request came when the team was about to leave this node.
func (p *passing) refused(err error) {
	p.tries++
	p.elsewhere, p.err = true, err
}

// pause waits after a node did not have the team, and reports whether to ask again where
// it is. The first time that is done at once: it may have moved long ago.
func (p *passing) pause() bool {
	now := time.Now()
	if p.until.IsZero() {
		p.until, p.wait = now.Add(p.f.o.Patience), firstWait
		return true
	}
	if now.Add(p.wait).After(p.until) {
		return false
	}
	select {
	case <-time.After(p.wait):
	case <-p.r.Context().Done():
		return false
	}
	p.wait = min(2*p.wait, longestWait)
	return true
}

// rewrite makes out the request that the node at addr gets.
func (p *passing) rewrite(out *http.Request, addr string) {
	out.URL.Scheme, out.URL.Host, out.Host = "https", addr, p.r.Host
	out.URL.RawQuery = p.r.URL.RawQuery // as it came: the home decides what it says
	web.ForwardVisit(out.Header, p.r)
	out.Header.Set(teamHeader, p.team)
	// With one, the transport would repeat requests that may have been carried out.
	out.Header.Del("Idempotency-Key")
	out.Header.Del("X-Idempotency-Key")
	out.Header.Del("Expect")
	if p.body != nil && p.body.rest != nil {
		out.Header.Set("Expect", "100-continue") // a node that is not home does not want it
	}
}

// receive looks at the answer of the node before it is passed on.
func (p *passing) receive(answer *http.Response, addr string) error {
	if answer.Header.Get(elsewhereHeader) != "" {
		p.elsewhere = true
		return errElsewhere
	}
	web.RemoveNodeHeaders(answer.Header)
	for name := range answer.Header {
		if name != "Set-Cookie" {
			p.w.Header().Del(name) // what this node has set already
		}
	}
	if answer.StatusCode == http.StatusSwitchingProtocols {
		return p.tunnel(answer, addr)
	}
	return nil
}

// mayResend reports whether the request may be sent to another node: nothing has been
// done, and what has been read of its body is still there.
func (p *passing) mayResend(err error) bool {
	untouched := p.body == nil || p.body.rest == nil || !p.body.touched.Load()
	return err != nil && p.r.Context().Err() == nil && (p.elsewhere || p.body.failed() == nil && !p.sent.Load()) && untouched
}

// failure returns what err, of a request that is not sent again, means.
func (p *passing) failure(err error) error {
	switch fault := p.body.failed(); {
	case err == nil:
		return nil
	case p.r.Context().Err() != nil:
		return fmt.Errorf("%w: %w", p.r.Context().Err(), err)
	case fault != nil:
		return fault
	case p.elsewhere, !p.sent.Load(), p.onlyReads():
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return fmt.Errorf("%w: %w", ErrUnknown, err)
}

// maxKept is how much of a body is kept, so that it can be sent again. All forms are
// shorter; only files are longer.
const maxKept = 64 << 10

// A body is that of a request: all of it, or its beginning and the rest.
type body struct {
	start   []byte
	rest    io.ReadCloser // nil if start is all of it
	control *http.ResponseController
	touched atomic.Bool // something of rest has been read

	mu  sync.Mutex
	err error // why the visitor's body could not be read
}

// readBody reads the body, or the beginning of a long one, once.
func (p *passing) readBody() error {
	if p.body != nil || p.r.Body == nil || p.r.Body == http.NoBody {
		return nil
	}
	start, err := io.ReadAll(io.LimitReader(p.r.Body, maxKept+1))
	p.body = &body{start: start, control: http.NewResponseController(p.w)}
	if len(start) > maxKept {
		p.body.rest = p.r.Body
	}
	if err != nil {
		p.body.fail(err)
	}
	return err
}

// request returns the request with its whole body.
func (p *passing) request() *http.Request {
	if p.body == nil {
		return p.r
	}
	r := p.r.WithContext(p.r.Context())
	r.Body = io.NopCloser(bytes.NewReader(p.body.start))
	if p.body.rest == nil {
		r.ContentLength, r.TransferEncoding = int64(len(p.body.start)), nil
	} else {
		whole := io.MultiReader(r.Body, p.body)
		if r.ContentLength > 0 {
			// The end is found without a read more, which fails once the answer has begun:
			// the transport would close the connection.
			whole = io.LimitReader(whole, r.ContentLength)
		}
		r.Body = io.NopCloser(whole)
	}
	return r
}

// pieceWithin is how long the next piece of a long body may take. How fast all of it
// has to arrive is decided at home.
const pieceWithin = 20 * time.Second

// Read implements io.Reader with the rest of a long body.
func (b *body) Read(buf []byte) (int, error) {
	b.touched.Store(true)
	b.control.SetReadDeadline(time.Now().Add(pieceWithin))
	n, err := b.rest.Read(buf)
	if err != nil && err != io.EOF {
		b.fail(err)
	}
	return n, err
}

func (b *body) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// failed returns the Fault of a body that the visitor did not send, or nil.
func (b *body) failed() error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.err == nil:
		return nil
	case errors.Is(b.err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", web.Fault{Status: http.StatusRequestTimeout, Code: web.CodeTooSlow}, b.err)
	}
	return fmt.Errorf("%w: %w", web.Fault{Status: http.StatusBadRequest, Code: web.CodeBadRequest}, b.err)
}

// quiet is where a ReverseProxy writes what becomes an error or cuts the connection
// anyway.
var quiet = log.New(io.Discard, "", 0)

// buffers are what answers are copied with.
var buffers = &bufferPool{sync.Pool{New: func() any { return new([32 << 10]byte) }}}

type bufferPool struct{ pool sync.Pool }

// Get implements httputil.BufferPool.
func (p *bufferPool) Get() []byte { return p.pool.Get().(*[32 << 10]byte)[:] }

// Put implements httputil.BufferPool.
func (p *bufferPool) Put(b []byte) { p.pool.Put((*[32 << 10]byte)(b)) }
