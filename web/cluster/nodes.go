package cluster

import (
	"context"
	"database/sql"
	"time"
)

// NodeInfo is what the database knows of a node.
type NodeInfo struct {
	ID, Address, Version string
	Started              time.Time
	Lease                time.Duration // until it runs out; negative if it has
	Live                 bool          // it has a lease
	Draining             bool
	Homes                int
}

// State says in a word how a node is doing: "serving", "draining" or "gone".
func (i NodeInfo) State() string {
	switch {
	case !i.Live:
		return "gone"
	case i.Draining:
		return "draining"
	}
	return "serving"
}

// Nodes returns the nodes, those with the oldest start first, without those that have
// ended in order or were replaced.
func Nodes(ctx context.Context, db *sql.DB) (nodes []NodeInfo, err error) {
	rows, err := db.QueryContext(ctx, `
		select n.id, n.address, n.version, n.started, (extract(epoch from n.expires - clock_timestamp()) * 1000)::bigint, `+live+`, n.draining,
			(select count(*) from cluster_homes h where h.node = n.id)
		from cluster_nodes n where not n.fenced order by n.started, n.id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var i NodeInfo
		var left int64
		if err := rows.Scan(&i.ID, &i.Address, &i.Version, &i.Started, &left, &i.Live, &i.Draining, &i.Homes); err != nil {
			return nil, err
		}
		i.Lease = time.Duration(left) * time.Millisecond
		nodes = append(nodes, i)
	}
	return nodes, rows.Err()
}

// Nodes returns all nodes, and none if this node is alone.
func (n *Node) Nodes(ctx context.Context) ([]NodeInfo, error) {
	if n == nil {
		return nil, nil
	}
	return Nodes(ctx, n.db)
}

// SetDraining has a node give up its homes and take no more, or ends that. It takes
// effect with the node's next renewal, and returns false if there is no such node.
func SetDraining(ctx context.Context, db *sql.DB, id string, draining bool) (bool, error) {
	result, err := db.ExecContext(ctx, `update cluster_nodes set draining = $2 where id = $1 and not fenced`, id, draining)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}
