package cluster

import (
	"context"
	"time"
)

// Homes move slowly: each needs a board, a poll and its pages anew.
const (
	balanceEvery = 10 * time.Second
	balanceSlack = 5  // homes more than the mean and a quarter are far more
	balanceParts = 60 // a part of what is too many moves at a time
)

// Surplus returns how many homes the node with the id has too many, and the node with
// the fewest, to which they can move: none unless it has far more than the mean of all
// nodes that have a lease and are not draining.
func Surplus(nodes []NodeInfo, id string) (to string, homes int) {
	var total, count, own int
	var least *NodeInfo
	known := false
	for i, n := range nodes {
		if !n.Live || n.Draining {
			continue
		}
		total, count = total+n.Homes, count+1
		if n.ID == id {
			own, known = n.Homes, true
		} else if least == nil || n.Homes < least.Homes {
			least = &nodes[i]
		}
	}
	if !known || least == nil {
		return "", 0
	}
	mean := total / count
	if own <= mean+mean/4+balanceSlack {
		return "", 0
	}
	return least.ID, min(own-mean, max(1, mean-least.Homes))
}

// balances moves quiet homes to nodes that have fewer, until ctx is done.
func (n *Node) balances(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.done:
			return
		case <-time.After(n.o.balance):
		}
		if n.lease.held() && n.takesHomes() {
			n.balance(ctx)
		}
	}
}

// balance moves a few quiet homes, if there are too many.
func (n *Node) balance(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, claimLimit)
	defer cancel()
	nodes, err := n.Nodes(limited)
	if err != nil {
		return
	}
	to, homes := Surplus(nodes, n.o.ID)
	if homes == 0 {
		return
	}
	for _, team := range n.quiet((homes + balanceParts - 1) / balanceParts) {
		limited, cancel := context.WithTimeout(ctx, moveLimit)
		err := n.HandOver(limited, team, to)
		cancel()
		if err != nil {
			n.o.Log.Warn("home not moved", "to", to, "err", err)
			return
		}
		n.counts.moved.Add(1)
	}
}

// quiet returns at most limit teams here for which nothing is done.
func (n *Node) quiet(limit int) (teams []string) {
	n.mu.Lock()
	var idle []string
	for team, h := range n.homes {
		if h.acting == 0 && !h.leaving() {
			idle = append(idle, team)
		}
	}
	n.mu.Unlock()
	for _, team := range idle {
		if len(teams) == limit {
			break
		}
		if n.o.Quiet(team) {
			teams = append(teams, team)
		}
	}
	return teams
}
