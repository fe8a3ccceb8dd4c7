package cluster

import (
	"context"
	"database/sql"
	"math/rand/v2"
)

// Homeless returns those of some teams that this node should claim, since they are at home
// at no node that has a lease: as many as are its share, and one at least, so that nodes
// that look for them at the same time get as many. With them come those that another node
// gave to this one, which does not know it before it claims them. They are in random
// order: nodes do not take them in the same order.
func (n *Node) Homeless(ctx context.Context, teams []string) (homeless []string, err error) {
	if n == nil || len(teams) == 0 {
		return nil, nil
	}
	s, err := n.settled(ctx)
	if err != nil {
		return nil, err
	}
	var given []string
	for _, team := range teams {
		switch node, ok := s.homes[team]; {
		case !ok:
			homeless = append(homeless, team)
		case node == n.o.ID && !n.has(team):
			given = append(given, team)
		}
	}
	rand.Shuffle(len(homeless), func(i, j int) { homeless[i], homeless[j] = homeless[j], homeless[i] })
	return append(given, homeless[:min(len(homeless), s.share(n.o.ID, len(homeless)))]...), nil
}

// settled is where teams are at home.
type settled struct {
	homes   map[string]string // node by team
	serving map[string]int    // how many homes nodes have that take more
}

// settled reads where teams are at home at nodes that have a lease.
func (n *Node) settled(ctx context.Context) (s settled, err error) {
	rows, err := n.db.QueryContext(ctx, `
		select n.id, n.draining, h.team from cluster_nodes n left join cluster_homes h on h.node = n.id where not n.fenced and `+live)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	s = settled{map[string]string{}, map[string]int{}}
	for rows.Next() {
		var node string
		var draining bool
		var team sql.NullString
		if err := rows.Scan(&node, &draining, &team); err != nil {
			return s, err
		}
		if !draining {
			s.serving[node] += 0
		}
		if team.Valid {
			s.homes[team.String] = node
			if !draining {
				s.serving[node]++
			}
		}
	}
	return s, rows.Err()
}

// share returns how many of some homeless teams a node should claim. With one at least,
// none is left over if other nodes claim none.
func (s settled) share(id string, homeless int) int {
	total, nodes := homeless, max(len(s.serving), 1)
	for _, homes := range s.serving {
		total += homes
	}
	return max(1, (total+nodes-1)/nodes-s.serving[id])
}

// has reports whether this node knows that a team is at home here.
func (n *Node) has(team string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.homes[team] != nil
}
