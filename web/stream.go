package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
)

// Stream is StreamAs without a subject.
func (s *Server) Stream(w http.ResponseWriter, r *http.Request, next func(context.Context) ([]byte, error)) error {
	return s.StreamAs(w, r, "", next)
}

// StreamAs opens a socket, see [Server.OpenSocket], and sends every message of
// next, until next fails or the socket has ended. It calls next from one goroutine,
// each time after the previous message has been written. next must return when
// its context is done. A *CloseError of next closes the socket with its code; any
// other error is logged and closes it with 1011.
func (s *Server) StreamAs(w http.ResponseWriter, r *http.Request, subject string, next func(context.Context) ([]byte, error)) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	var k *Socket
	err := s.OpenSocket(w, r, subject, func(opened *Socket) func() {
		k = opened
		return cancel
	})
	if err != nil {
		return err
	}
	defer func() {
		if ctx.Err() == nil { // next panicked
			k.wire.abort()
			<-ctx.Done()
		}
	}()
	for ctx.Err() == nil {
		msg, err := next(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			e, ok := errors.AsType[*CloseError](err)
			if !ok {
				e = &CloseError{Code: CloseInternal}
				s.log.LogAttrs(ctx, slog.LevelError, "feed failed", slog.String("id", RequestID(ctx)), slog.Any("err", err))
			}
			k.Close(e)
			<-ctx.Done()
			break
		}
		if !k.Send(NewFrame(msg)) {
			<-ctx.Done()
		}
		k.wire.drain(ctx)
	}
	return nil
}

// drain waits until everything has been written.
func (w *wire) drain(ctx context.Context) {
	w.mu.Lock()
	if !w.flushing {
		w.mu.Unlock()
		return
	}
	if w.drained == nil {
		w.drained = make(chan struct{})
	}
	done := w.drained
	w.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// signal ends drain.
func (w *wire) signal() {
	if w.drained != nil {
		close(w.drained)
		w.drained = nil
	}
}
