package cluster

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// Act says that something is done for a team, until done is called. It returns
// ErrNoLease, ErrElsewhere or ErrMoving if the node may not act for it. A home is given
// up only after all that was begun for it has ended.
func (n *Node) Act(team string) (done func(), err error) { return n.begin(team, false) }

// TakeOn is Act for what begins to act for a team. It returns ErrMoving as soon as the
// home is about to be given up.
func (n *Node) TakeOn(team string) (done func(), err error) { return n.begin(team, true) }

func (n *Node) begin(team string, first bool) (done func(), err error) {
	if n == nil {
		return func() {}, nil
	}
	n.mu.Lock()
	h := n.homes[team]
	switch {
	case h == nil:
		err = ErrElsewhere
	case h.idle != nil, first && h.ending:
		err = ErrMoving
	case !n.lease.held():
		err = ErrNoLease
	default:
		h.acting++
	}
	n.mu.Unlock()
	if err != nil {
		n.counts.refused.Add(1)
		return nil, err
	}
	return sync.OnceFunc(func() { n.acted(h) }), nil
}

// acted says that something has ended that was done for a team.
func (n *Node) acted(h *home) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if h.acting--; h.acting == 0 && h.idle != nil {
		close(h.idle)
	}
}

type teamKey struct{}

// WithTeam returns a context of something that is done for a team.
func WithTeam(ctx context.Context, team string) context.Context {
	return context.WithValue(ctx, teamKey{}, team)
}

// Transport returns a transport that sends a request only if the node may act for the
// team, or for that of the request's context if team is "": see [WithTeam]. Of a request
// for no team it is required that the node has a lease. Those that are not sent get the
// errors of [Node.Act].
func (n *Node) Transport(next http.RoundTripper, team string) http.RoundTripper {
	if n == nil {
		return next
	}
	return &transport{n, next, team}
}

type transport struct {
	node *Node
	next http.RoundTripper
	team string
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	team := t.team
	if team == "" {
		team, _ = r.Context().Value(teamKey{}).(string)
	}
	done, err := t.node.act(team)
	if err != nil {
		refuse(r)
		return nil, err
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil || resp.Body == nil {
		done()
		return resp, err
	}
	resp.Body = &body{resp.Body, done}
	return resp, nil
}

// act is Act, also for no team.
func (n *Node) act(team string) (done func(), err error) {
	if team != "" {
		return n.Act(team)
	}
	if !n.lease.held() {
		n.counts.refused.Add(1)
		return nil, ErrNoLease
	}
	return func() {}, nil
}

// refuse ends a request that is not sent. Its trace hears that a connection was wanted,
// and nothing else: who hears nothing has to assume that the request was sent.
func refuse(r *http.Request) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	if r.Body != nil {
		r.Body.Close()
	}
}

// A body is that of an answer. The request has ended when it was read or closed.
type body struct {
	io.ReadCloser
	done func()
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.done()
	}
	return n, err
}

func (b *body) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}

// Dial returns a dial function for a transport whose connections write nothing while
// the node has no lease: a request that waited for a connection, or whose process was
// stopped after the check of [Node.Transport], is not sent.
func (n *Node) Dial(next func(ctx context.Context, network, addr string) (net.Conn, error)) func(ctx context.Context, network, addr string) (net.Conn, error) {
	if n == nil {
		return next
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := next(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &conn{c, n}, nil
	}
}

// Guard has a client with a transport of its own send nothing while the node may not act:
// see [Node.Transport], with the team of each request's context, and [Node.Dial].
func (n *Node) Guard(hc *http.Client) {
	if n == nil {
		return
	}
	if t, ok := hc.Transport.(*http.Transport); ok {
		t.DialContext = n.Dial(t.DialContext)
	}
	hc.Transport = n.Transport(hc.Transport, "")
}

type conn struct {
	net.Conn
	node *Node
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	if !c.node.lease.held() {
		c.node.counts.refused.Add(1)
		return 0, ErrNoLease
	}
	return c.Conn.Write(p)
}
