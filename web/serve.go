package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// ServerOptions are the settings of a [Server]. Zero stands for the default named
// here, a negative number for no limit.
type ServerOptions struct {
	Log       *slog.Logger
	PublicURL *url.URL // the origin whose sockets are accepted; nil accepts none

	TLS *tls.Config // serves https; nil serves plain http, behind a reverse proxy

	Grace time.Duration // how long requests may take to end at shutdown, 20 s

	// Stopping, unless it is nil, reports that the Server will shut down soon: connections
	// end with the next answer then, so that a reverse proxy sends no request over one
	// that is about to be closed.
	Stopping func() bool

	MaxConns        int // connections at a time, 4096
	MaxConnsPerPeer int // of one address, loopback and Proxies excepted, 100
	Proxies         Proxies

	MaxSocketsPerSubject int // sockets of one subject, see OpenSocket, 10

	AdminAddr string // for StartAdmin, "" for none; a Server does not use it
}

// Limits of every HTTP request. The standard library adds 4 KiB to
// MaxHeaderBytes, so that much is taken off what is meant.
const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 32<<10 - 4096
)

// A Server serves a handler and its sockets. The zero value is not usable.
type Server struct {
	o    ServerOptions
	site site
	log  *slog.Logger

	running atomic.Int64 // requests that have not been answered to their end
	unused  unused

	// streams counts the sockets that have not ended, because http.Server's
	// Shutdown does not wait for hijacked connections. Nothing is added once
	// closing is true.
	streams sync.WaitGroup

	// mu guards the fields below. It is never held during a write to a socket
	// or a wait for one.
	mu        sync.Mutex
	closing   bool
	live      map[*Socket]struct{}
	bySubject map[string][]*Socket // oldest first
	watching  bool                 // the watchdog runs, as long as there are sockets

	also []alsoServed // see Also

	idle chan struct{} // signals the watchdog that the last socket has closed; buffered
}

// NewServer returns a Server. It starts no goroutine.
func NewServer(o ServerOptions) *Server {
	if o.Grace == 0 {
		o.Grace = 20 * time.Second
	}
	if o.MaxConns == 0 {
		o.MaxConns = 4096
	}
	if o.MaxConnsPerPeer == 0 {
		o.MaxConnsPerPeer = 100
	}
	if o.MaxSocketsPerSubject == 0 {
		o.MaxSocketsPerSubject = 10
	}
	return &Server{
		o: o, site: newSite(o.PublicURL), log: logger(o.Log),
		live: map[*Socket]struct{}{}, bySubject: map[string][]*Socket{},
		idle: make(chan struct{}, 1),
	}
}

// alsoServed is a handler with a listener of its own.
type alsoServed struct {
	ln net.Listener
	h  http.Handler
}

// Also has Serve serve h on ln as well, for programs instead of visitors: one of them
// may have any number of connections. Call it before Serve. The requests at ln are
// the last to end: those on the other listener may need them.
func (s *Server) Also(ln net.Listener, h http.Handler) { s.also = append(s.also, alsoServed{ln, h}) }

// Serve serves h on ln until ctx is done and then shuts down: it stops accepting,
// closes the sockets with 1012, and waits for the requests in progress. After
// the time of Grace it cancels them, waits for them some seconds more, so that
// none uses what its caller closes next, and returns an error that wraps
// context.DeadlineExceeded. A Server serves once.
func (s *Server) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := s.newHTTP(h)
	defer s.serveAlso()()
	failed := make(chan error, 1)
	ln = limitConns(ln, s.o.MaxConns, s.o.MaxConnsPerPeer, s.o.Proxies)
	if s.o.TLS != nil {
		ln = tls.NewListener(ln, s.o.TLS)
	}
	go func() { failed <- srv.Serve(ln) }()
	var err error
	select {
	case err = <-failed:
		s.closeSockets()
		srv.Close()
	case <-ctx.Done():
		err = s.shutdown(srv)
		<-failed
	}
	return err
}

// newHTTP returns the server of one listener.
func (s *Server) newHTTP(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           s.counted(h),
		ConnContext:       withConn,
		ConnState:         s.unused.watch,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// OPTIONS * goes through h like everything else.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// serveAlso serves what Also has named until stop is called.
func (s *Server) serveAlso() (stop func()) {
	var ended sync.WaitGroup
	var all []*http.Server
	for _, a := range s.also {
		srv := s.newHTTP(a.h)
		all = append(all, srv)
		ended.Go(func() { srv.Serve(limitConns(a.ln, s.o.MaxConns, -1, nil)) })
	}
	return func() {
		wait, cancel := context.WithTimeout(context.Background(), s.o.Grace)
		defer cancel()
		for _, srv := range all {
			s.end(wait, srv)
			srv.Close()
		}
		ended.Wait()
	}
}

// Sockets returns how many sockets are open.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live)
}

// Draining reports whether the server shuts down: it takes no new requests.
func (s *Server) Draining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

func (s *Server) shutdown(srv *http.Server) error {
	wait, cancel := context.WithTimeout(context.Background(), s.o.Grace)
	defer cancel()
	s.closeSockets()
	err := s.end(wait, srv)
	ended := make(chan struct{})
	go func() {
		s.streams.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-wait.Done():
		err = errors.Join(err, wait.Err())
		s.abortSockets()
		srv.Close()
		<-ended
	}
	if err != nil {
		srv.Close()
		s.awaitCancelled()
		return errors.Join(errors.New("shut down: requests were cut off"), err)
	}
	return nil
}

// counted counts the requests that h answers now.
func (s *Server) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.running.Add(1)
		defer s.running.Add(-1)
		if s.o.Stopping != nil && s.o.Stopping() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

// usedWithin is how long after the beginning of a shutdown a request may come over a
// connection that was accepted before.
const usedWithin = time.Second

// end shuts one listener down.
func (s *Server) end(ctx context.Context, srv *http.Server) error {
	defer time.AfterFunc(usedWithin, s.unused.close).Stop()
	return srv.Shutdown(ctx)
}

// cancelledWithin is how long a request may take to end that was cancelled.
const cancelledWithin = 10 * time.Second

// awaitCancelled waits until the cancelled requests have ended.
func (s *Server) awaitCancelled() {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for until := time.Now().Add(cancelledWithin); s.running.Load() > 0 && time.Now().Before(until); {
		<-look.C
	}
	if n := s.running.Load(); n > 0 {
		s.log.Error("requests do not end", "number", n)
	}
}
