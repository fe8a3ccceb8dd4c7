package web

import (
	"maps"
	"slices"
	"time"
)

// Timing of a socket. A client that answers no ping is cut off after at most
// pingEvery + pongWithin. The watchdog checks once per tick.
const (
	pingEvery  = 25 * time.Second
	pongWithin = 8 * time.Second
	tick       = time.Second
)

// enter counts a socket. It returns false if the server is shutting down.
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
func (s *Server) register(k *Socket) {
	if e, other := s.add(k); e != nil {
		other.Close(e)
	}
}

// add registers k. If e is not nil, the caller has to close the returned socket.
func (s *Server) add(k *Socket) (e *CloseError, other *Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live[k] = struct{}{}
	if !s.watching {
		s.watching = true
		s.streams.Go(s.watch)
	}
	if s.closing {
		return errRestart, k
	}
	if k.subject == "" {
		return nil, nil
	}
	same := append(s.bySubject[k.subject], k)
	if limit := s.o.MaxSocketsPerSubject; limit >= 0 && len(same) > limit {
		e, other = errTooManyTabs, same[0]
		same = slices.Delete(same, 0, 1)
	}
	s.bySubject[k.subject] = same
	return e, other
}

// unregister undoes register. Doing it twice is harmless.
func (s *Server) unregister(k *Socket) {
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
	if i := slices.Index(same, k); i >= 0 {
		same = slices.Delete(same, i, i+1)
	}
	if len(same) == 0 {
		delete(s.bySubject, k.subject)
	} else {
		s.bySubject[k.subject] = same
	}
}

// sockets returns all sockets.
func (s *Server) sockets() []*Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.live))
}

// closeSockets refuses new sockets and closes all others with 1012.
func (s *Server) closeSockets() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	for _, k := range s.sockets() {
		k.Close(errRestart)
	}
}

// abortSockets cuts off the sockets that closeSockets has not ended.
func (s *Server) abortSockets() {
	for _, k := range s.sockets() {
		k.wire.abort()
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
		for _, k := range s.sockets() {
			k.inspect(now)
		}
		if s.unwatched() {
			return
		}
	}
}

// unwatched reports whether there are no sockets, and ends the watchdog then.
func (s *Server) unwatched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watching = len(s.live) > 0
	return !s.watching
}

// inspect cuts off a client that does not read or does not answer, and pings it
// when it is time.
func (k *Socket) inspect(now time.Time) {
	since := now.Sub(k.pinged)
	switch {
	case k.wire.late(now), k.silent.Load() && since > pongWithin-tick:
		k.wire.abort()
	case !k.silent.Load() && since > pingEvery-tick:
		k.silent.Store(true) // the answer may come before ping returns
		if k.wire.ping() {
			k.pinged = now
		} else {
			k.silent.Store(false)
		}
	}
}
