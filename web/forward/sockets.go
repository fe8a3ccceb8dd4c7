package forward

import "errors"

var errClosed = errors.New("the node is shutting down")

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

// keep remembers a tunnel until drop. One that came too late is closed.
func (f *Forwarder) keep(t *tunnel) {
	f.mu.Lock()
	closed := f.closed
	f.live[t] = struct{}{}
	f.mu.Unlock()
	if closed {
		t.close()
	}
}

func (f *Forwarder) drop(t *tunnel) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.live, t)
}

// Sockets returns how many sockets lead through this node.
func (f *Forwarder) Sockets() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.live)
}

// CloseSockets tells the browsers whose sockets lead through this node to connect
// again, as [web.Server] does with its own when it shuts down. From now on there are
// no new ones.
func (f *Forwarder) CloseSockets() {
	f.mu.Lock()
	f.closed = true
	all := make([]*tunnel, 0, len(f.live))
	for t := range f.live {
		all = append(all, t)
	}
	f.mu.Unlock()
	for _, t := range all {
		go t.close() // a browser may not read
	}
}

// Close closes all connections to other nodes, once nothing is passed on any more.
func (f *Forwarder) Close() {
	f.CloseSockets()
	f.tunnels.Wait()
	f.transport.CloseIdleConnections()
}
