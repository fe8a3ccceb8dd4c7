// Package forward passes requests to the node at which their team is at home.
//
// Several nodes of one installation may serve the same address. Everything of a team
// happens at one of them, its home. A request that another node gets is passed to it
// with everything that it consists of, sockets and long bodies included, over one
// hop and never more. Nodes prove to each other that they belong together, see
// [NewTLS].
//
// Nothing that may have been done is asked for again: not by this package, and the
// visitor is told that it may have been done, see [ErrUnknown].
package forward

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"callboard/web"
)

// Errors of a request that was not answered by its team's home.
var (
	// ErrAway is returned if nothing has been done: the home is not known or does
	// not answer, or only a page was asked for. The request may be sent again.
	ErrAway = errors.New("the team's home does not answer")

	// ErrUnknown is returned if the home got a request that changes something and
	// did not answer: whether it has been done is not known.
	ErrUnknown = errors.New("the team's home did not answer a request that it may have carried out")

	// ErrMoving is wrapped by the errors of [Homes] for a team that is about to get
	// another home.
	ErrMoving = errors.New("the team is moving to another node")
)

// Homes knows where teams are at home.
type Homes interface {
	// Home returns where a team is at home: here, or at the node whose internal
	// address, host:port, it returns. A team without a home may get one here. An
	// error means that this is not known now.
	Home(ctx context.Context, team string) (addr string, here bool, err error)

	// Moved says that the node at addr was asked for a team and is not its home,
	// or cannot be reached: the next Home has to find out anew.
	Moved(team, addr string)
}

// Node is what may be shown of a node to those who have nothing to do with the others.
type Node struct {
	ID, Version string
	State       string // "serving", "draining" or "gone"
	Started     time.Time
	Teams       int  // that are at home there
	Here        bool // it is this one
}

// Options are the settings of a [Forwarder].
type Options struct {
	Homes  Homes
	Secret []byte // of the installation: all nodes have the same

	// Enter, unless it is nil, begins to serve a request of a team that is at home
	// here, until leave is called. stay is done when the team leaves. With an error,
	// the team is about to leave, and nothing was done.
	Enter func(team string) (stay context.Context, leave func(), err error)

	// OnPassed, unless it is nil, gets the outcome and the duration of each request that
	// was not served here at once. For a socket that is the time to open it.
	OnPassed func(outcome string, took time.Duration)

	// Patience is how long a request waits for a team that is moving, and for an answer
	// of the home that it has left, 3 s by default.
	Patience time.Duration
}

// A Forwarder passes requests on, and takes those that other nodes pass on.
type Forwarder struct {
	o         Options
	sealer    *sealer
	tls       *tls.Config
	transport *http.Transport

	tunnels sync.WaitGroup // nothing is added once closed is true

	mu      sync.Mutex                    // guards the fields below
	leads   map[string]map[*lead]struct{} // by team
	sockets int                           // of them
	turn    time.Duration                 // see nextTurn
	closed  bool
}

const (
	dialWithin   = time.Second
	answerWithin = time.Minute
	idleWithin   = 30 * time.Second // shorter than a server's, which must not close what is about to be used
	maxIdle      = 256              // connections to each node
)

// vanished is after how long a node that went without a word is noticed by a socket
// that leads there, and by a request that waits for its answer.
var vanished = net.KeepAliveConfig{Enable: true, Idle: 3 * time.Second, Interval: 2 * time.Second, Count: 3}

// New returns a Forwarder.
func New(o Options) (*Forwarder, error) {
	secure, err := NewTLS(o.Secret)
	if err != nil {
		return nil, err
	}
	sealer, err := newSealer(o.Secret)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: dialWithin, KeepAliveConfig: vanished}
	transport := &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: secure.Clone(), TLSHandshakeTimeout: dialWithin,
		MaxIdleConnsPerHost: maxIdle, IdleConnTimeout: idleWithin, ExpectContinueTimeout: dialWithin, DisableCompression: true}
	o.Patience = cmp.Or(o.Patience, patience)
	return &Forwarder{o: o, sealer: sealer, tls: secure, transport: transport, leads: map[string]map[*lead]struct{}{}}, nil
}

// Listen listens for other nodes at addr.
func (f *Forwarder) Listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--node-addr: %w", err)
	}
	return tls.NewListener(ln, f.tls), nil
}

// A Route says how the requests of one address are passed on.
type Route struct {
	// Team names the team of a request, "" for one that any node may serve.
	Team func(*http.Request) (string, error)

	// Within is how long the home may take to begin its answer, a minute by
	// default, with the time for the body.
	Within time.Duration
}

// Handler returns a handler that serves requests of teams that are at home here, and
// of none, with h, and passes all others on.
func (f *Forwarder) Handler(route Route, h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		team, err := route.Team(r)
		if err != nil {
			return err
		}
		if team == "" {
			return h(w, r)
		}
		return f.At(w, r, team, route.Within, h)
	}
}

// At serves a request of team with h if the team is at home here, and passes it on
// otherwise. Its errors wrap ErrAway or ErrUnknown, or are h's.
//
// A home that does not have the team, or that cannot be reached, has done nothing.
// Then the Forwarder asks again where the home is: for as long as [Options.Patience] of
// nodes that do not have the team, since it may be moving, and once more of one that
// cannot be reached.
func (f *Forwarder) At(w http.ResponseWriter, r *http.Request, team string, within time.Duration, h web.Handler) error {
	if within == 0 {
		within = answerWithin
	}
	p := &passing{f: f, w: w, r: r, team: team, within: within}
	begun, outcome := time.Now(), Cut // of an answer that breaks off, which panics
	defer func() { p.note(outcome, time.Since(begun)) }()
	err := p.serve(h)
	outcome = p.outcome(err)
	return err
}

// serve serves the request, here or at the node at which the team is at home.
func (p *passing) serve(h web.Handler) error {
	for last := ""; ; {
		addr, here, err := p.f.o.Homes.Home(p.r.Context(), p.team)
		switch {
		case errors.Is(err, ErrMoving):
			p.refused(err)
		case err != nil:
			return fmt.Errorf("%w: %w", ErrAway, err)
		case p.unreached > 0 && (addr == last || p.unreached == maxUnreached):
			return fmt.Errorf("%w: %w", ErrAway, p.err)
		case here:
			entered, leave, err := p.f.enter(p.request(), p.team)
			if err == nil {
				defer leave()
				return h(p.w, entered)
			}
			p.refused(err)
		default:
			if err := p.to(addr); !p.mayResend(err) {
				return p.failure(err)
			}
		}
		if p.elsewhere && !p.pause() {
			return fmt.Errorf("%w: %w", ErrAway, p.err)
		}
		p.f.o.Homes.Moved(p.team, addr)
		last = addr
	}
}

// maxUnreached is how many nodes that cannot be reached are tried: the home that is
// known, and the one that has taken the team over.
const maxUnreached = 2

// Times of a request for a team that is moving.
const (
	patience    = 3 * time.Second
	firstWait   = 20 * time.Millisecond // doubles
	longestWait = 200 * time.Millisecond
)

const (
	teamHeader      = web.NodeHeader + "Team"
	elsewhereHeader = web.NodeHeader + "Elsewhere"
)

// Accept returns the handler of what other nodes pass on: requests of teams that are
// at home here go to h, behind a [web.Guard] that knows that they are passed on. Of
// all others it says that nothing was done. It passes nothing on.
func (f *Forwarder) Accept(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		team := r.Header.Get(teamHeader)
		_, here, err := f.o.Homes.Home(r.Context(), team)
		if team != "" && err == nil && here {
			entered, leave, err := f.enter(r, team)
			if err == nil {
				defer leave()
				h.ServeHTTP(w, entered)
				return
			}
		}
		w.Header().Set(elsewhereHeader, "true")
		w.WriteHeader(http.StatusMisdirectedRequest)
	})
}
