// Package cluster says at which of several nodes a team is at home, over one
// PostgreSQL. Everything of a team is done at its home; a team is any text.
//
// # What is guaranteed
//
// At any time at most one node acts for a team: no request to the outside that goes
// through [Node.Transport] or [Node.Dial] begins at a node after another one has
// claimed the team's home. And no write of a node reaches the database after another
// one has claimed the home: [Fence].
//
// # Why
//
// A node has a lease: one row, which it renews each second, and which runs out by the
// database's clock. A home is a row that names a node.
//
//   - A home changes only when its node gave it up, or can never renew its lease again:
//     whoever takes over marks the row of that node as fenced first, which is possible
//     only after the lease has run out. A late renewal and the mark change the same row,
//     so one of them comes second and finds that the other one was there.
//   - A node acts only while it trusts its lease: three quarters of its length, counted
//     from before the renewal was sent. So it stops earlier than the database lets
//     others begin, if its clock is less than a quarter slower than the database's. The
//     clock runs on while the process is stopped or the machine is suspended.
//   - Between the check and the request the process may be stopped. So the check is
//     made twice: before the request, and again before each write to the connection.
//     What remains is the way from there into the system: a process that is stopped in
//     those nanoseconds writes that one request when it goes on.
//   - A write locks the row of the home, and is refused unless that names the node of
//     the connection. A change of the home waits for it. Node ids are used once, so the
//     name is as good as the fencing number.
//   - A node whose lease has run out, and that nobody has fenced, has lost nothing: it
//     goes on with its next renewal. One that was fenced never does: [Node.Done].
//   - When the database was away, or its clock was set, the leases of nodes that are well
//     look as if they had run out. So a node fences others only after it has held its own
//     lease without a gap for as long as others trust theirs, by a clock of the database
//     that went as fast as its own.
//
// # What nodes hear of
//
// [Announce] has the database note each change of a home, each node that is fenced, and
// changes in tables that other nodes or tools write. A notification wakes all nodes, which
// read what is new: they forget where teams were, and tell the program. A notification can
// be lost; that there are changes comes with each renewal of the lease, too, at no further
// statement. With it comes whether another node's lease has run out: it is fenced then,
// whether or not somebody asks for one of its teams.
//
// # What is not covered
//
// Not covered are two things. A virtual machine that is stopped with all its clocks may
// send requests, but write nothing, until its first renewal is refused, about a second. And
// a database that takes over without what the one before had committed (an asynchronous
// standby) may have lost a claim: its node learns of that when it connects.
//
// The lease is after the leader elections of Kubernetes (the ratio of the times that
// bounds the difference of clock rates; its comment says that it does not fence) and
// River (trust counts from before the attempt; the database decides whose term it is).
package cluster

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Migrations are those of the package's tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Times of a lease. They add up so that a team whose node was killed is taken over
// within ten seconds.
const (
	leaseTime      = 8 * time.Second
	renewEvery     = time.Second
	renewLimit     = 2 * time.Second // of one attempt
	claimLimit     = 5 * time.Second // of all statements of a claim
	idleInTx       = 5 * time.Second // less than leaseTime: the transaction of a node that was stopped holds up nobody
	rememberAway   = 2 * time.Second // where homes at other nodes are
	tidyEvery      = time.Minute     // removes nodes that have ended
	forgetNodes    = 24 * time.Hour  // after which time
	trustNumerator = 3               // of four quarters of the lease
	graceDivisor   = 2               // of the lease, before others are fenced
)

// Options are those of a node.
type Options struct {
	ID      string // from NewID; also in the address of the database: see [Address]
	Address string // at which the other nodes reach this one: "10.0.0.7:8081"
	Version string
	Log     *slog.Logger

	// Lease is how long the lease is, and Renew how often it is renewed. Zero values
	// are 8 s and 1 s.
	Lease, Renew time.Duration

	// OnRenewal, unless it is nil, is told of each renewal.
	OnRenewal func(took time.Duration, err error)

	// Leaving, unless it is nil, is called before the home of a team is given up. Nobody
	// gets the home from then on, and until Leaving returns this node may act for the team:
	// what is in progress can end, and what is in memory can be stored. When nothing is in
	// progress any more it is called again.
	Leaving func(ctx context.Context, team string)

	// Quiet reports whether a team may move to another node now, since nobody would
	// notice. Unless it is nil, homes move to nodes with far fewer.
	Quiet func(team string) bool

	// Database is the address of the database, on which the node listens for changes.
	// With "" it learns of them with its renewals.
	Database string

	// Moved, unless it is nil, is told soon after the home of a team has changed, by
	// whatever node, or its node was fenced. The address is that of the node at which
	// the team is now, "" if it is at none.
	Moved func(team, address string)

	// Changed, unless it is nil, is told soon after each change in the tables of
	// [Announce], at least once. After an error it is told that anything may have changed.
	Changed func(context.Context, Change) error

	clock   func() instant // of tests
	balance time.Duration  // of tests
}

// Node is this process as one of several nodes. It is safe for concurrent use. A nil
// Node is alone: every team is at home here, and no database is asked.
type Node struct {
	db    *sql.DB
	o     Options
	lease lease

	draining atomic.Bool // as the database says
	leaving  atomic.Bool // this process said so, see Drain
	closing  atomic.Bool
	counts   counts
	changes  watcher

	mu     sync.Mutex
	homes  map[string]*home  // those here
	away   map[string]away   // those at other nodes
	claims map[string]*claim // that are under way
	err    error             // set before done is closed

	done chan struct{} // closed when the node is replaced or closed
	stop context.CancelFunc
	runs sync.WaitGroup
}

// Alone is the only node: every team is at home here.
var Alone *Node

// NewID returns an id for a node. Every start has a new one.
func NewID() string { return rand.Text()[:16] }

// Address returns the URL of a database with the id of the node that uses it. The
// database refuses writes of all connections with that address for teams whose home is
// not at the node: [Fence].
func Address(database, id string) (string, error) {
	u, err := url.Parse(database)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set(setting, id)
	q.Set("idle_in_transaction_session_timeout", "5000")
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// errUnfenced is returned by [Start] if the database does not know whose connection it is.
var errUnfenced = errors.New("the connection to the database does not have the setting " + setting + ": it must keep the settings that it begins with, also through a pooler")

// Start adds a node to those of the database and renews its lease until it is closed.
// The database has the tables of [Migrations], and the address that [Address] returns.
func Start(ctx context.Context, db *sql.DB, o Options) (*Node, error) {
	o.Lease, o.Renew = cmp.Or(o.Lease, leaseTime), cmp.Or(o.Renew, renewEvery)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.balance = cmp.Or(o.balance, balanceEvery)
	if o.clock == nil {
		o.clock = readClock
	}
	n := &Node{db: db, o: o, homes: map[string]*home{}, away: map[string]away{}, claims: map[string]*claim{}, done: make(chan struct{})}
	n.lease.clock, n.lease.trust = o.clock, o.Lease*trustNumerator/4
	sent := o.clock()
	added, err := n.changed(ctx, `
		insert into cluster_nodes (id, address, version, started, since, expires, lease_ms, draining, fenced)
		select $1, $2, $3, t, t, t + $4::bigint * interval '1 millisecond', $4::bigint, false, false from clock_timestamp() t
		where current_setting('`+setting+`', true) = $1`, o.ID, o.Address, o.Version, o.Lease.Milliseconds())
	if err == nil && !added { // a pooler in between drops settings, or the address is another one
		err = errUnfenced
	}
	if err != nil {
		return nil, err
	}
	n.lease.renewed.Store(&sent)
	n.changes.wake = make(chan struct{}, 1)
	if _, err := n.newChanges(ctx); err != nil { // those of before
		return nil, err
	}
	run, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.runs.Go(func() { n.renewals(run) })
	n.runs.Go(func() { n.tidy(run) })
	n.runs.Go(func() { n.drains(run) })
	n.runs.Go(func() { n.watch(run) })
	if o.Quiet != nil {
		n.runs.Go(func() { n.balances(run) })
	}
	return n, nil
}

// ID returns the id of the node, "" if it is alone.
func (n *Node) ID() string {
	if n == nil {
		return ""
	}
	return n.o.ID
}

// Held reports whether the node has a lease, so that it may act.
func (n *Node) Held() bool { return n == nil || n.lease.held() }

// Ready returns [ErrNoLease] or [ErrReplaced] while the node may not act.
func (n *Node) Ready() error {
	switch {
	case n == nil || n.lease.held():
		return nil
	case n.Err() != nil:
		return n.Err()
	}
	return ErrNoLease
}

// Done returns a channel that is closed when the node has ended. [Node.Err] says why.
func (n *Node) Done() <-chan struct{} {
	if n == nil {
		return nil
	}
	return n.done
}

// Err returns nil before Done is closed, then [ErrReplaced] or the error of a node that was closed.
func (n *Node) Err() error {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err
}
