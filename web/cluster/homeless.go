package cluster

import (
	"context"
	"math/rand/v2"
)

// Homeless returns those of some teams that are at home at no node that has a lease, in
// random order: nodes that look for them at the same time do not take them in the same
// order.
func (n *Node) Homeless(ctx context.Context, teams []string) (homeless []string, err error) {
	if n == nil || len(teams) == 0 {
		return nil, nil
	}
	rows, err := n.db.QueryContext(ctx, `
		select h.team from cluster_homes h join cluster_nodes n on n.id = h.node where not n.fenced and `+live)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	settled := map[string]bool{}
	for rows.Next() {
		var team string
		if err := rows.Scan(&team); err != nil {
			return nil, err
		}
		settled[team] = true
	}
	for _, team := range teams {
		if !settled[team] {
			homeless = append(homeless, team)
		}
	}
	rand.Shuffle(len(homeless), func(i, j int) { homeless[i], homeless[j] = homeless[j], homeless[i] })
	return homeless, rows.Err()
}
