package homes

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"callboard/web/cluster"
	"callboard/web/database"
	"callboard/web/forward"
)

// Options are those of a [Member].
type Options struct {
	ID      string        // from cluster.NewID; also in the address of the database
	Listen  string        // where this node takes what others pass on
	Address string        // at which other nodes reach this one; "" for a process that is alone
	Secret  []byte        // of the installation: all nodes have the same
	Drain   time.Duration // between the word that this node ends, and its end
	Version string
	Log     *slog.Logger

	OnRenewal func(took time.Duration, err error) // gets each renewal of the lease, unless it is nil

	OnPassed func(outcome string, took time.Duration) // gets each request for other nodes, unless it is nil

	// SessionTable is the table of sessions, by their id. SessionEnded gets the id of each
	// that is removed from it, at whatever node or by whatever tool, and "" if any may have
	// been. After an error it gets "" later.
	SessionTable string
	SessionEnded func(ctx context.Context, id string) error

	database string // the address of the node's own connections
}

// NewOptions returns the Options that the settings of a node mean. postgres says that
// the database is one that nodes can share, accounts which may use them: the first one
// that signs in is not known to all. The error joins all mistakes, each as "--flag: what
// is wrong".
func NewOptions(s forward.Settings, postgres bool, accounts string) (o Options, err error) {
	o = Options{Listen: s.NodeAddr, Drain: s.Drain}
	if o.Address, err = s.Address(); err != nil || !o.Several() {
		return o, err
	}
	if !postgres {
		err = errors.New("--node-addr: several nodes need one --database")
	}
	if accounts == "" {
		err = errors.Join(err, errors.New("--accounts: several nodes need it; it may be any"))
	}
	return o, err
}

// Reserve says that this program acts for teams of the database, alone or as one of
// several nodes, until release is called: see [cluster.Use]. A file needs none of it.
func (o Options) Reserve(ctx context.Context, p database.Place, db *sql.DB) (used context.Context, release func(), err error) {
	if !p.Postgres() {
		return ctx, func() {}, nil
	}
	return cluster.Use(ctx, db, !o.Several(), o.Log)
}

// Place gives a node that starts an id, and returns where its database is, which knows
// the node by that. A process that is alone needs neither.
func (o *Options) Place(p database.Place) (own database.Place, err error) {
	if o.Several() {
		o.ID = cluster.NewID()
		p.Database, err = cluster.Address(p.Database, o.ID)
		o.database = p.Database
	}
	return p, err
}

// Several reports whether there may be other nodes.
func (o Options) Several() bool { return o.Address != "" }

// A Member is this process as one of several nodes: its lease, the teams that are at
// home here, and what passes requests on to the others. A nil Member is a process that
// is alone.
type Member struct {
	o       Options
	node    *cluster.Node
	homes   atomic.Pointer[Homes]             // nil until Begin
	forward atomic.Pointer[forward.Forwarder] // likewise
	leaving atomic.Bool
}

// Join makes this process one of the nodes that share a database. From then on the
// database refuses what a node writes for teams that are at home at another one. It
// returns nil for a process that is alone.
func Join(ctx context.Context, db *sql.DB, o Options) (*Member, error) {
	if !o.Several() {
		return nil, nil
	}
	if err := cluster.Fence(ctx, db); err != nil {
		return nil, err
	}
	if err := cluster.Announce(ctx, db, cluster.Announced{Table: o.SessionTable, Key: "id", On: "delete"}); err != nil {
		return nil, err
	}
	m := &Member{o: o}
	leaving := func(ctx context.Context, team string) {
		if h := m.homes.Load(); h != nil {
			h.Leaving(ctx, team)
		}
	}
	quiet := func(team string) bool {
		h := m.homes.Load()
		return h != nil && h.control.Quiet(team)
	}
	var err error
	m.node, err = cluster.Start(ctx, db, cluster.Options{ID: o.ID, Address: o.Address, Version: o.Version, Log: o.Log, Database: o.database,
		Leaving: leaving, Quiet: quiet, Moved: m.moved, Changed: m.changed, OnRenewal: o.OnRenewal})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// moved says where a team is at home from now on.
func (m *Member) moved(team, addr string) {
	if f := m.forward.Load(); f != nil {
		f.Moved(team, addr)
	}
}

// changed says that sessions have ended.
func (m *Member) changed(ctx context.Context, c cluster.Change) error {
	if c.Table != m.o.SessionTable && c != (cluster.Change{}) {
		return nil
	}
	return m.o.SessionEnded(ctx, c.Key)
}

// Node returns the node of the process, which is [cluster.Alone] if there is only one.
func (m *Member) Node() *cluster.Node {
	if m == nil {
		return cluster.Alone
	}
	return m.node
}

// Nodes returns all nodes, none if the process is alone, without the addresses at which
// only they reach each other. Here is this one.
func (m *Member) Nodes(ctx context.Context) (nodes []forward.Node, err error) {
	all, err := m.Node().Nodes(ctx)
	for _, n := range all {
		nodes = append(nodes, forward.Node{ID: n.ID, Version: n.Version, State: n.State(), Started: n.Started, Teams: n.Homes, Here: n.ID == m.node.ID()})
	}
	return nodes, err
}

// ClientFor returns a client that sends requests for a team only while the node may act
// for it; the home is given up when those that were begun have ended. With "" they are
// for no team.
func (m *Member) ClientFor(c *http.Client, team string) *http.Client {
	if m == nil {
		return c
	}
	own := *c
	own.Transport = m.node.Transport(c.Transport, team)
	return &own
}

// Begin has teams come home here, for which control acts from then on. It returns what
// passes requests on, nil if the process is alone.
func (m *Member) Begin(control interface {
	Control
	Enter(team string) (stay context.Context, leave func(), err error)
}) (*forward.Forwarder, error) {
	if m == nil {
		return nil, nil
	}
	h := New(m.node, control, m.o.Log)
	m.homes.Store(h)
	f, err := forward.New(forward.Options{Homes: h, Secret: m.o.Secret, Enter: control.Enter, OnPassed: m.o.OnPassed})
	m.forward.Store(f)
	return f, err
}

// Ready returns ready, which fails also while the node may not act, or is about to end.
func (m *Member) Ready(ready func(context.Context) error) func(context.Context) error {
	if m == nil {
		return ready
	}
	return func(ctx context.Context) error {
		if m.Stopping() {
			return cluster.ErrMoving
		}
		return errors.Join(m.node.Ready(), ready(ctx))
	}
}

// Stopping reports whether the node is about to end: Until has begun to wait.
func (m *Member) Stopping() bool { return m != nil && m.leaving.Load() }

// Times of a node that ends.
const (
	handOverWithin = 20 * time.Second // all teams
	lastRequests   = time.Second      // in which other nodes hear that it has no teams, and pass nothing on to it any more
)

// Until returns a context for what serves requests. It is done some time after ctx: balancers
// have noticed that the node is not ready, other nodes have got the teams that were at home
// here, and the browsers whose sockets lead through here have heard of it. It is done at
// once when the node was replaced.
func (m *Member) Until(ctx context.Context) context.Context {
	if m == nil {
		return ctx
	}
	serve, end := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer end()
		select {
		case <-m.node.Done():
			return
		case <-ctx.Done():
		}
		m.leaving.Store(true)
		select {
		case <-m.node.Done():
			return
		case <-time.After(m.o.Drain):
		}
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOverWithin)
		defer cancel()
		var ending sync.WaitGroup
		defer ending.Wait()
		if f := m.forward.Load(); f != nil {
			ending.Go(func() { f.EndSockets(limited, m.o.Drain) })
		}
		if err := m.node.Drain(limited, m.o.Drain); err != nil {
			m.o.Log.Warn("hand teams over", "err", err)
		}
		select {
		case <-m.node.Done():
		case <-time.After(lastRequests):
		}
	}()
	return serve
}

// GiveUp gives up the teams that are still at home here.
func (m *Member) GiveUp() {
	if m == nil {
		return
	}
	if h := m.homes.Load(); h != nil {
		h.Close()
	}
}

// Leave ends the membership, when nothing is done any more. It returns
// [cluster.ErrReplaced] if the node was replaced: the process has to start again.
func (m *Member) Leave() error {
	if m == nil {
		return nil
	}
	replaced := m.node.Err()
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	return errors.Join(replaced, m.node.Close(ctx))
}
