package cluster

import (
	"context"
	"database/sql"
	"maps"
	"math/rand/v2"
	"slices"
)

// Homeless returns those of some teams that this node should claim, since they are at home
// at no node that has a lease. They are its share, so that nodes have as many, and other
// ones than those of nodes that look for them at the same time; with them come those that
// another node gave to this one, which does not know it before it claims them. To claim
// them in this order does not change the shares of the others.
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
	slices.Sort(homeless)
	return append(given, s.share(n.o.ID, homeless)...), nil
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

// share returns which of some homeless teams a node should claim: those after the ones of
// the nodes whose ids come before its own. A node that has its share already gets one of
// them, so that none is left over if other nodes claim none.
func (s settled) share(id string, homeless []string) []string {
	total, nodes := len(homeless), max(len(s.serving), 1)
	for _, homes := range s.serving {
		total += homes
	}
	mean, begin := (total+nodes-1)/nodes, 0
	for _, node := range slices.Sorted(maps.Keys(s.serving)) {
		end := min(begin+max(0, mean-s.serving[node]), len(homeless))
		if node == id && end > begin {
			return homeless[begin:end]
		}
		begin = end
	}
	if len(homeless) == 0 {
		return nil
	}
	i := rand.N(len(homeless))
	return homeless[i : i+1]
}

// has reports whether this node knows that a team is at home here.
func (n *Node) has(team string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.homes[team] != nil
}
