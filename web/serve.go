package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// ServerOptions are the settings of a [Server]. Zero durations and numbers
// mean the defaults named here, negative numbers mean no limit.
type ServerOptions struct {
	Log       *slog.Logger
	PublicURL *url.URL // the origin from which sockets are accepted; nil accepts none

	Grace time.Duration // how long requests may take to end at shutdown, 20 s

	MaxConns        int // connections at a time, 4096
	MaxConnsPerPeer int // of one address, loopback excepted, 100

	MaxSocketsPerSubject int // sockets of one subject, see StreamAs, 10
}

// Limits of every HTTP request. The standard library adds 4 KiB to
// MaxHeaderBytes, so that much is taken off what is meant.
const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 32<<10 - 4096
)

// A Server serves a handler and its sockets. The zero value is not usable.
type Server struct {
	o    ServerOptions
	site site
	log  *slog.Logger

	// streams counts the Streams that have not returned. http.Server forgets
	// connections once they are hijacked, so its Shutdown does not wait for
	// them. Nothing is added once closing is true.
	streams sync.WaitGroup

	// mu guards the fields below. It is never held while a socket is written
	// to or waited for.
	mu        sync.Mutex
	closing   bool
	live      map[*socket]struct{}
	bySubject map[string][]*socket // oldest first
	watching  bool                 // the watchdog runs; it ends with the last socket

	alone chan struct{} // tells the watchdog that the last socket has gone; holds one
}

// NewServer returns a Server that is not serving yet. It runs no goroutine
// until it has work to do.
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
		live: map[*socket]struct{}{}, bySubject: map[string][]*socket{},
		alone: make(chan struct{}, 1),
	}
}

// Serve serves h on ln until ctx is done, then shuts down in good order: it
// stops accepting, closes the sockets with 1012, and waits for the requests in
// progress. Their contexts stay alive for the time of grace; then they are
// cancelled, and Serve returns an error that wraps context.DeadlineExceeded.
// A Server serves once.
func (s *Server) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// OPTIONS * goes through h like everything else.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(limitConns(ln, s.o.MaxConns, s.o.MaxConnsPerPeer)) }()
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

func (s *Server) shutdown(srv *http.Server) error {
	wait, cancel := context.WithTimeout(context.Background(), s.o.Grace)
	defer cancel()
	s.closeSockets()
	err := srv.Shutdown(wait)
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
		return errors.Join(errors.New("web: shutdown had to cut requests off"), err)
	}
	return nil
}
