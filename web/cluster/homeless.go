package cluster

import (
	"context"
	"math/rand/v2"
)

// Homeless returns those of some teams that are at home at no node that has a lease, and
// those that another node gave to this one, which does not know it before it claims them.
// They are in random order: nodes that look for them at the same time do not take them in
// the same order.
func (n *Node) Homeless(ctx context.Context, teams []string) (homeless []string, err error) {
	if n == nil || len(teams) == 0 {
		return nil, nil
	}
	rows, err := n.db.QueryContext(ctx, `
		select h.team, h.node from cluster_homes h join cluster_nodes n on n.id = h.node where not n.fenced and `+live)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	settled := map[string]bool{}
	for rows.Next() {
		var team, node string
		if err := rows.Scan(&team, &node); err != nil {
			return nil, err
		}
		settled[team] = node != n.o.ID || n.has(team)
	}
	for _, team := range teams {
		if !settled[team] {
			homeless = append(homeless, team)
		}
	}
	rand.Shuffle(len(homeless), func(i, j int) { homeless[i], homeless[j] = homeless[j], homeless[i] })
	return homeless, rows.Err()
}

// has reports whether this node knows that a team is at home here.
func (n *Node) has(team string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.homes[team] != nil
}
