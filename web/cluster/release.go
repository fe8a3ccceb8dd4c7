package cluster

import (
	"context"
	"time"
)

// Release gives up the home of a team: the next node that needs it takes it. Release
// waits until all has ended that was begun for the team.
func (n *Node) Release(ctx context.Context, team string) error { return n.HandOver(ctx, team, "") }

// HandOver is Release to the node with the id to, which has the home then.
func (n *Node) HandOver(ctx context.Context, team, to string) error {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	h := n.homes[team]
	if h == nil || h.idle != nil {
		n.mu.Unlock()
		return ErrElsewhere
	}
	idle := h.leave()
	n.mu.Unlock()
	var err error
	select {
	case <-idle:
		if n.o.Leaving != nil {
			n.o.Leaving(ctx, team)
		}
		_, err = n.changed(ctx, `update cluster_homes set node = $3, fence = fence + 1, claimed = clock_timestamp() where team = $1 and node = $2`, team, n.o.ID, to)
	case <-ctx.Done():
		n.mu.Lock()
		defer n.mu.Unlock()
		h.idle = nil // it stays
		return ctx.Err()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.homes[team] == h {
		// With an error, too: the next claim reads whether the home has moved.
		delete(n.homes, team)
		h.lose()
	}
	return err
}

// Drain takes no more homes, and gives up those here one after the other, so that all
// are elsewhere after about the time over. It goes on with the others if one cannot be
// given up, and returns the first error.
func (n *Node) Drain(ctx context.Context, over time.Duration) error {
	if n == nil {
		return nil
	}
	n.draining.Store(true)
	_, first := n.changed(ctx, `update cluster_nodes set draining = true where id = $1`, n.o.ID)
	n.mu.Lock()
	teams := make([]string, 0, len(n.homes))
	for team := range n.homes {
		teams = append(teams, team)
	}
	n.mu.Unlock()
	for i, team := range teams {
		if err := n.Release(ctx, team); err != nil && first == nil {
			first = err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(over / time.Duration(max(1, len(teams)-i))):
		}
		over -= over / time.Duration(max(1, len(teams)-i))
	}
	return first
}
