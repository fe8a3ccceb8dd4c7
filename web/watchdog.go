package web

import (
	"context"
	"time"
)

// Timing of a socket. A client that answers no ping is cut off after at most
// pingEvery + pongWithin. The watchdog checks once per tick.
const (
	pingEvery   = 25 * time.Second
	pongWithin  = 8 * time.Second
	writeWithin = 5 * time.Second
	tick        = time.Second
)

// enter counts a Stream. It returns false if the server is shutting down.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.streams.Add(1)
	return true
}

// register adds k to the sockets that the watchdog checks, and closes the oldest
// socket of its subject if there are too many.
func (s *Server) register(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		k.cancel(&CloseError{Code: CloseRestart, Reason: "restart"})
		return
	}
	s.live[k] = struct{}{}
	if k.subject != "" {
		same := append(s.bySubject[k.subject], k)
		if limit := s.o.MaxSocketsPerSubject; limit >= 0 && len(same) > limit {
			same[0].cancel(&CloseError{Code: CloseTooManyTabs, Reason: "too many tabs"})
			same = same[1:]
		}
		s.bySubject[k.subject] = same
	}
	if !s.watching {
		s.watching = true
		s.streams.Go(s.watch)
	}
}

// unregister undoes register. Doing it twice is harmless.
func (s *Server) unregister(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, k)
	if len(s.live) == 0 {
		select {
		case s.idle <- struct{}{}:
		default:
		}
	}
	same := s.bySubject[k.subject]
	for i := range same {
		if same[i] == k {
			same = append(same[:i:i], same[i+1:]...)
			break
		}
	}
	if len(same) == 0 {
		delete(s.bySubject, k.subject)
	} else {
		s.bySubject[k.subject] = same
	}
}

// closeSockets refuses new sockets and closes all others with 1012.
func (s *Server) closeSockets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	for k := range s.live {
		k.cancel(&CloseError{Code: CloseRestart, Reason: "restart"})
	}
}

// abortSockets cuts off the sockets that closeSockets has not ended.
func (s *Server) abortSockets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.live {
		k.abort(errStalled)
	}
}

// watch is the watchdog of all sockets, until there are none. One goroutine with
// one timer is much cheaper than a deadline for every write and a timer for every
// ping.
func (s *Server) watch() {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		var now time.Time
		select {
		case now = <-t.C:
		case <-s.idle:
			now = time.Now()
		}
		if !s.inspect(now) {
			return
		}
	}
}

// inspect cuts off stalled sockets, pings the others when it is time, and reports
// whether there are any.
func (s *Server) inspect(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.live {
		switch began := k.writing.Load(); {
		case began != 0 && now.Sub(k.opened)-time.Duration(began) > writeWithin:
			k.abort(errStalled)
		case now.Sub(k.pinged) > pingEvery-tick:
			k.pinged = now
			k.tasks.Go(k.ping)
		}
	}
	s.watching = len(s.live) > 0
	return s.watching
}

// ping cuts the client off if it does not answer in time.
func (k *socket) ping() {
	ctx, cancel := context.WithTimeout(context.Background(), pongWithin)
	defer cancel()
	if err := k.conn.Ping(ctx); err != nil {
		k.abort(errSilent)
	}
}
