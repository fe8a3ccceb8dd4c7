package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// besideGrace is how long an answer that has begun may take at shutdown.
const besideGrace = time.Second

// startBeside serves srv at addr, beside the pages, until stop is called. It sets the
// limits of every request, and takes so many connections at a time, and of one peer.
// at is where it listens.
func startBeside(addr string, srv *http.Server, log *slog.Logger, conns, connsPerPeer int) (at net.Addr, stop func(), err error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	srv.ReadHeaderTimeout, srv.IdleTimeout, srv.MaxHeaderBytes = readHeaderTimeout, idleTimeout, maxHeaderBytes
	srv.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		srv.Serve(limitConns(ln, conns, connsPerPeer, nil))
	}()
	return ln.Addr(), func() {
		ctx, cancel := context.WithTimeout(context.Background(), besideGrace)
		defer cancel()
		srv.Shutdown(ctx)
		srv.Close()
		<-ended
	}, nil
}
