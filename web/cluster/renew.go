package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"
)

// live is the SQL for whether the lease of the node n has not run out. One that runs out
// later than it can is of before the database's clock was set back.
const live = `(n.expires > clock_timestamp() and n.expires <= clock_timestamp() + (n.lease_ms + 1000) * interval '1 millisecond')`

// steady is the SQL for whether the database's clock went as fast as the one here since
// the node n renewed its lease. The parameter $2 is how long ago that was by the latter, in ms.
const steady = `abs(extract(epoch from clock_timestamp() - n.expires) * 1000 + n.lease_ms - $2::bigint) <= n.lease_ms / 8`

// renewals renews the lease until ctx is done or the node is replaced. It keeps a
// connection for that, so that a busy pool does not cost the lease.
func (n *Node) renewals(ctx context.Context) {
	var conn *sql.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	tick := time.NewTicker(n.o.Renew)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := n.renew(ctx, &conn)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrReplaced):
			n.o.Log.Error("node replaced", "node", n.o.ID)
			n.end(ErrReplaced)
			return
		}
		n.noteRenewal(err)
	}
}

// noteRenewal logs the first failure of several, and that they are over.
func (n *Node) noteRenewal(err error) {
	if err == nil {
		if n.counts.failing.Swap(0) > 0 {
			n.o.Log.Info("lease renewed again", "node", n.o.ID)
		}
		return
	}
	n.counts.failures.Add(1)
	n.changes.missed.Store(true)
	if n.counts.failing.Add(1) == 1 {
		n.o.Log.Warn("lease not renewed", "node", n.o.ID, "err", err)
	}
}

// renew renews the lease once, by one statement on one row. It says also whether there is
// something to look for.
func (n *Node) renew(ctx context.Context, conn **sql.Conn) (err error) {
	sent := n.o.clock()
	defer func() {
		n.counts.renewals.Add(1)
		if n.o.OnRenewal != nil {
			n.o.OnRenewal(n.o.clock().since(sent), err)
		}
	}()
	limited, cancel := context.WithTimeout(ctx, min(renewLimit, n.lease.trust/2))
	defer cancel()
	if *conn == nil {
		if *conn, err = n.connect(limited); err != nil {
			return err
		}
	}
	var draining, stale bool
	var newest int64
	err = (*conn).QueryRowContext(limited, `
		update cluster_nodes n set since = case when `+live+` and `+steady+` then n.since else clock_timestamp() end,
			expires = clock_timestamp() + n.lease_ms * interval '1 millisecond'
		where n.id = $1 and not n.fenced
		returning n.draining, coalesce(pg_sequence_last_value('cluster_changes_id_seq'), 0),
			exists (select from cluster_nodes n where n.id <> $1 and not n.fenced and not `+live+`)`,
		n.o.ID, n.sinceRenewal()).Scan(&draining, &newest, &stale)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrReplaced
	} else if err != nil {
		(*conn).Close()
		*conn = nil
		return err
	}
	n.lease.renewed.Store(&sent)
	n.draining.Store(draining)
	n.changes.renewed(newest, stale)
	return nil
}

// connect returns a connection for renewals. It may be to a server that took over for
// another one, and does not know what that one did last: homes are given up of which it
// knows nothing.
func (n *Node) connect(ctx context.Context) (*sql.Conn, error) {
	conn, err := n.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := n.verify(ctx, conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// verify gives up the homes here of which the database knows nothing.
func (n *Node) verify(ctx context.Context, conn *sql.Conn) error {
	n.mu.Lock()
	known := maps.Clone(n.homes)
	n.mu.Unlock()
	if len(known) == 0 {
		return nil
	}
	rows, err := conn.QueryContext(ctx, `select team, fence from cluster_homes where node = $1`, n.o.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var team string
		var fence int64
		if err := rows.Scan(&team, &fence); err != nil {
			return err
		}
		if h := known[team]; h != nil && h.Fence == fence {
			delete(known, team)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for team, h := range known {
		if n.homes[team] == h && !h.leaving() {
			n.o.Log.Error("home lost by the database", "team", team)
			delete(n.homes, team)
			h.lose()
		}
	}
	return nil
}

// sinceRenewal returns how long ago the last renewal was sent, in ms.
func (n *Node) sinceRenewal() int64 {
	if renewed := n.lease.renewed.Load(); renewed != nil {
		return n.lease.clock().since(*renewed).Milliseconds()
	}
	return 0
}

// end ends the node: it acts for no team any more, and all homes are lost.
func (n *Node) end(why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err != nil {
		return
	}
	n.err = why
	n.lease.renewed.Store(nil)
	for _, h := range n.homes {
		h.lose()
	}
	clear(n.homes)
	clear(n.away)
	close(n.done)
}

// errClosed is the error of a node that was closed.
var errClosed = errors.New("the node was closed")

// Close waits until what the node does for teams has ended, or ctx is done, and gives up
// the lease, so that other nodes can take the homes at once.
func (n *Node) Close(ctx context.Context) error {
	if n == nil {
		return nil
	}
	n.closing.Store(true)
	n.mu.Lock()
	idle := make([]<-chan struct{}, 0, len(n.homes))
	for _, h := range n.homes {
		idle = append(idle, h.leave())
	}
	n.mu.Unlock()
	for _, c := range idle {
		select {
		case <-c:
		case <-ctx.Done():
		}
	}
	n.stop()
	n.runs.Wait()
	n.end(errClosed)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewLimit)
	defer cancel()
	_, err := n.db.ExecContext(ctx, `update cluster_nodes set fenced = true, expires = clock_timestamp() where id = $1 and not fenced`, n.o.ID)
	return err
}

// tidy removes what is left of old nodes and changes.
func (n *Node) tidy(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.done:
			return
		case <-time.After(tidyEvery + rand.N(tidyEvery)):
		}
		for table, condition := range map[string]string{
			"cluster_nodes":   fmt.Sprintf(`fenced and expires < clock_timestamp() - interval '%d s'`, int(forgetNodes.Seconds())),
			"cluster_changes": fmt.Sprintf(`at < clock_timestamp() - interval '%d s'`, int(keepChanges.Seconds())),
		} {
			if _, err := n.db.ExecContext(ctx, `delete from `+table+` where `+condition); err != nil && ctx.Err() == nil {
				n.o.Log.Warn("old rows not removed", "table", table, "err", err)
			}
		}
	}
}

// fenceExpired fences the nodes whose leases have run out, so that those who have pages of
// their teams need not wait until somebody asks for one. Some may have come back.
func (n *Node) fenceExpired(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, claimLimit)
	defer cancel()
	for _, id := range n.expired(ctx) {
		if err := n.fence(ctx, id); err != nil {
			return
		}
	}
}

// expired returns the nodes whose leases have run out.
func (n *Node) expired(ctx context.Context) (ids []string) {
	rows, err := n.db.QueryContext(ctx, `select n.id from cluster_nodes n where n.id <> $1 and not n.fenced and not `+live, n.o.ID)
	if err != nil {
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if rows.Scan(&id) == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
