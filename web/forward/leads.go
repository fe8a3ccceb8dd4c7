package forward

import (
	"context"
	"errors"
	"time"
)

var (
	errClosed = errors.New("the node is shutting down")
	errMoved  = errors.New("the team has moved before its old home answered")
)

// A lead leads to another node: a request that waits for its answer, or a socket.
type lead struct {
	team, addr string
	socket     bool
	changes    bool   // a request that changes something
	end        func() // may be called more than once, and after the lead has ended
}

// keep remembers a lead until drop. A socket of a Forwarder that is closed is told to end.
func (f *Forwarder) keep(l *lead) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leads[l.team] == nil {
		f.leads[l.team] = map[*lead]struct{}{}
	}
	f.leads[l.team][l] = struct{}{}
	if l.socket {
		f.sockets++
		if f.closed {
			go l.end()
		}
	}
}

// drop forgets a lead. It does nothing the second time.
func (f *Forwarder) drop(l *lead) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.leads[l.team]
	if _, ok := all[l]; !ok {
		return
	}
	if delete(all, l); len(all) == 0 {
		delete(f.leads, l.team)
	}
	if l.socket {
		f.sockets--
	}
}

// Sockets returns how many sockets lead through this node.
func (f *Forwarder) Sockets() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sockets
}

// spread is over what time browsers are told that their teams have moved, which may be
// all of a node that is dead: they come back all at once otherwise.
const spread = 2 * time.Second

// nextTurn returns after what time the next browser is told. By the golden ratio, any
// number of them one after the other is spread evenly. It is called with mu held.
func (f *Forwarder) nextTurn() time.Duration {
	f.turn = (f.turn + spread*618/1000) % spread
	return f.turn
}

// Moved says that a team is now at home at the node at addr, or at none with "". Moved ends
// what leads to another node: browsers connect their sockets again, and the Forwarder sends
// requests that only read to the new home. The old home has ended all that it began for the
// team, or is dead. So it has answered or refused a request that changes something, and the
// answer may still be on its way: Moved gives it the time of [Options.Patience]. Without an
// answer, the outcome is unknown.
func (f *Forwarder) Moved(team, addr string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := range f.leads[team] {
		switch {
		case l.addr == addr:
		case l.socket:
			time.AfterFunc(f.nextTurn(), l.end)
		case l.changes:
			time.AfterFunc(f.o.Patience, l.end)
		default:
			l.end()
		}
	}
}

// begin counts a tunnel more, unless the Forwarder is closed.
func (f *Forwarder) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.tunnels.Add(1)
	return true
}

// EndSockets tells the browsers whose sockets lead through this node to connect again,
// one after the other, so that all have heard of it after the time over. It returns
// earlier if ctx is done.
func (f *Forwarder) EndSockets(ctx context.Context, over time.Duration) {
	f.mu.Lock()
	var all []*lead
	for _, leads := range f.leads {
		for l := range leads {
			if l.socket {
				all = append(all, l)
			}
		}
	}
	f.mu.Unlock()
	begun := time.Now()
	for i, l := range all {
		go l.end() // a browser may not read
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(begun.Add(over * time.Duration(i+1) / time.Duration(len(all))))):
		}
	}
}

// CloseSockets tells the browsers whose sockets lead through this node to connect
// again, as [web.Server] does with its own when it shuts down. From now on there are
// no new ones.
func (f *Forwarder) CloseSockets() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for _, all := range f.leads {
		for l := range all {
			if l.socket {
				go l.end() // a browser may not read
			}
		}
	}
}

// Close closes all connections to other nodes, once nothing is passed on any more.
func (f *Forwarder) Close() {
	f.CloseSockets()
	f.tunnels.Wait()
	f.transport.CloseIdleConnections()
}
