package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Home is where a team is at home.
type Home struct {
	Team    string
	Here    bool
	Node    string // its id
	Address string // at which this node reaches it; "" here
	Fence   int64  // grows with every change of the home; 0 if this node is alone

	// Lost is closed when the home is here no longer. It is nil for other nodes, and if
	// this node is alone.
	Lost <-chan struct{}
}

// A home is one here. The fields are guarded by Node.mu.
type home struct {
	Home
	lost   chan struct{}
	acting int           // requests that were begun and have not ended
	ending bool          // the home is about to be given up: nobody gets it any more
	idle   chan struct{} // closed when the last request ends; nil as long as some may begin
}

// leaving reports whether the home is being given up.
func (h *home) leaving() bool { return h.ending || h.idle != nil }

// leave lets nobody begin anything for the team, and returns a channel that is closed
// when all has ended that was begun.
func (h *home) leave() <-chan struct{} {
	if h.idle == nil {
		h.idle = make(chan struct{})
		if h.acting == 0 {
			close(h.idle)
		}
	}
	return h.idle
}

// lose says that the home is elsewhere.
func (h *home) lose() { close(h.lost) }

// An away is a home at another node, as it was read last.
type away struct {
	Home
	read instant
}

// A claim is one that is under way, for all who wait for it.
type claim struct {
	done chan struct{} // closed when the result is there
	home Home
	err  error
}

// Claim returns the home of a team. A team without a home, and one whose node's lease
// has run out, gets its home here. Calls at the same time share one claim, and homes are
// remembered: those here as long as they last, others a moment, or while this node has no
// lease.
//
// It returns ErrNoLease, ErrNoHome or ErrMoving if that is not possible at the moment.
func (n *Node) Claim(ctx context.Context, team string) (Home, error) {
	if n == nil {
		return Home{Team: team, Here: true}, nil
	}
	held := n.lease.held() // without a lease the database is away, or about to be asked
	n.mu.Lock()
	if h := n.homes[team]; h != nil {
		found, leaving := h.Home, h.leaving()
		n.mu.Unlock()
		switch {
		case !held:
			return Home{}, ErrNoLease
		case leaving:
			return Home{}, ErrMoving
		}
		return found, nil
	}
	if a, ok := n.away[team]; ok && (!held || n.o.clock().since(a.read) < rememberAway) {
		n.mu.Unlock()
		return a.Home, nil
	}
	if !held || n.err != nil {
		n.mu.Unlock()
		return Home{}, ErrNoLease
	}
	c := n.claims[team]
	if c == nil {
		c = &claim{done: make(chan struct{})}
		n.claims[team] = c
		go n.settle(context.WithoutCancel(ctx), team, c)
	}
	n.mu.Unlock()
	select {
	case <-c.done:
		return c.home, c.err
	case <-ctx.Done():
		return Home{}, ctx.Err()
	}
}

// Forget forgets where a team is, if it is at home at another node: a node that was
// asked said that it is not there.
func (n *Node) Forget(team string) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.away, team)
}

// settle makes a claim and publishes its result.
func (n *Node) settle(ctx context.Context, team string, c *claim) {
	ctx, cancel := context.WithTimeout(ctx, claimLimit)
	defer cancel()
	read := n.o.clock()
	found, err := n.claim(ctx, team)
	n.mu.Lock()
	defer n.mu.Unlock()
	defer close(c.done)
	delete(n.claims, team)
	switch {
	case err != nil:
		c.err = fmt.Errorf("claim a home: %w", err)
	case n.err != nil:
		c.err = ErrNoLease
	case found.Here:
		h := &home{Home: found, lost: make(chan struct{})}
		h.Lost = h.lost
		n.homes[team] = h
		delete(n.away, team)
		if c.home = h.Home; !n.lease.held() {
			c.home, c.err = Home{}, ErrNoLease
		}
	default:
		c.home = found
		n.away[team] = away{found, read}
	}
}

// maxTries bounds how often a claim begins again since another node was faster.
const maxTries = 8

// claim finds or makes the home of a team.
func (n *Node) claim(ctx context.Context, team string) (Home, error) {
	for range maxTries {
		r, err := n.read(ctx, team)
		if err != nil {
			return Home{}, err
		}
		switch {
		case r.node == n.o.ID && !r.standing:
			return Home{}, ErrNoLease // somebody fenced this node
		case r.node == n.o.ID:
			return Home{Team: team, Here: true, Node: r.node, Fence: r.fence}, nil
		case r.standing && r.live:
			return Home{Team: team, Node: r.node, Address: r.address, Fence: r.fence}, nil
		}
		if !n.lease.held() {
			return Home{}, ErrNoLease
		}
		if r.standing {
			if err := n.fence(ctx, r.node); err != nil {
				return Home{}, err
			}
			continue
		}
		if err := n.take(ctx, team, r.fence); err != nil && !errors.Is(err, errRaced) {
			return Home{}, err
		}
	}
	return Home{}, ErrNoHome
}

// homeRow is what the database says of a team's home.
type homeRow struct {
	node     string // "": none
	address  string
	fence    int64 // 0: the team has no row
	standing bool  // the node is not fenced
	live     bool  // its lease has not run out
}

func (n *Node) read(ctx context.Context, team string) (r homeRow, err error) {
	n.counts.reads.Add(1)
	err = n.db.QueryRowContext(ctx, `
		select h.node, h.fence, coalesce(n.address, ''), n.id is not null and not n.fenced, n.id is not null and `+live+`
		from cluster_homes h left join cluster_nodes n on n.id = h.node where h.team = $1`, team).
		Scan(&r.node, &r.fence, &r.address, &r.standing, &r.live)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return r, err
}

// fence marks the row of a node whose lease has run out, so that it can never renew it.
// It returns ErrNoHome if the node may still be there: while this one has not held its own
// lease for as long as others trust theirs, or the database's clock was set.
func (n *Node) fence(ctx context.Context, id string) error {
	done, err := n.changed(ctx, `
		update cluster_nodes n set fenced = true
		where n.id = $1 and not n.fenced and not `+live+` and exists (
			select from cluster_nodes n where n.id = $3 and not n.fenced and `+live+` and `+steady+`
			and n.since <= clock_timestamp() - $4::bigint * interval '1 millisecond')`,
		id, n.sinceRenewal(), n.o.ID, n.lease.trust.Milliseconds())
	if err != nil {
		return err
	}
	if done {
		n.counts.fenced.Add(1)
		n.o.Log.Warn("node fenced, since its lease has run out", "node", id)
		return nil
	}
	var settled bool // another node has fenced it, or it has renewed its lease
	err = n.db.QueryRowContext(ctx, `select n.fenced or `+live+` from cluster_nodes n where n.id = $1`, id).Scan(&settled)
	if err == nil && !settled {
		return ErrNoHome
	} else if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// errRaced is returned by take if another node was faster.
var errRaced = errors.New("another node has claimed the home")

// take makes this node the home of a team whose home is free, or another one if this
// one is draining. The fence is that of the home's row, 0 if there is none.
func (n *Node) take(ctx context.Context, team string, fence int64) error {
	to, err := n.taker(ctx)
	if err != nil {
		return err
	}
	var done bool
	if fence == 0 {
		done, err = n.changed(ctx, `insert into cluster_homes (team, node, fence, claimed) values ($1, $2, 1, clock_timestamp()) on conflict (team) do nothing`, team, to)
	} else {
		done, err = n.changed(ctx, `update cluster_homes set node = $2, fence = fence + 1, claimed = clock_timestamp() where team = $1 and fence = $3`, team, to, fence)
	}
	if err == nil && !done {
		return errRaced
	}
	if err == nil {
		n.counts.claims.Add(1)
		if fence > 0 {
			n.counts.takeovers.Add(1)
		}
	}
	return err
}

// changed executes a statement and reports whether it changed a row.
func (n *Node) changed(ctx context.Context, query string, args ...any) (bool, error) {
	result, err := n.db.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}

// taker returns the node that takes a free home: this one unless it is draining.
func (n *Node) taker(ctx context.Context) (string, error) {
	if n.takesHomes() {
		return n.o.ID, nil
	}
	var id string
	err := n.db.QueryRowContext(ctx, `
		select n.id from cluster_nodes n where not n.fenced and not n.draining and `+live+`
		order by (select count(*) from cluster_homes h where h.node = n.id), n.id limit 1`).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrMoving
	}
	return id, err
}

// Homes returns how many teams are at home here.
func (n *Node) Homes() int {
	if n == nil {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.homes)
}
