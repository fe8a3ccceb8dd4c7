package cluster

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// Times of homes that are given up.
const (
	drainOver = 5 * time.Second // all of a node, if a command says so
	moveLimit = 5 * time.Second // each
	drainLook = 10 * time.Millisecond
)

// Release gives up the home of a team: the next node that needs it takes it. Release
// waits until all has ended that was begun for the team.
func (n *Node) Release(ctx context.Context, team string) error { return n.HandOver(ctx, team, "") }

// HandOver is Release to the node with the id to, which has the home then. It calls
// [Options.Leaving] first, and then lets nothing begin for the team.
func (n *Node) HandOver(ctx context.Context, team, to string) error {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	h := n.homes[team]
	if h == nil || h.leaving() {
		n.mu.Unlock()
		return ErrElsewhere
	}
	h.ending = true
	n.mu.Unlock()
	if n.o.Leaving != nil {
		n.o.Leaving(ctx, team)
	}
	n.mu.Lock()
	idle := h.leave()
	n.mu.Unlock()
	var err error
	select {
	case <-idle:
		if n.o.Leaving != nil {
			n.o.Leaving(ctx, team) // for a TakeOn that had begun before the first time
		}
		_, err = n.changed(ctx, `update cluster_homes set node = $3, fence = fence + 1, claimed = clock_timestamp() where team = $1 and node = $2`, team, n.o.ID, to)
	case <-ctx.Done():
		n.mu.Lock()
		defer n.mu.Unlock()
		h.ending, h.idle = false, nil // it stays
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
// given up, and returns the first error. Homes that others gave to this node, which does
// not know them yet, become free.
func (n *Node) Drain(ctx context.Context, over time.Duration) error {
	if n == nil {
		return nil
	}
	n.leaving.Store(true)
	_, err := SetDraining(ctx, n.db, n.o.ID, true)
	err = errors.Join(err, n.giveUp(ctx, over))
	for err == nil && n.Homes() > 0 { // drains has begun with some
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-time.After(drainLook):
		}
	}
	if err == nil {
		_, err = n.db.ExecContext(ctx, `update cluster_homes set node = '', fence = fence + 1, claimed = clock_timestamp() where node = $1`, n.o.ID)
	}
	return err
}

// giveUp gives up all homes, spread over a time.
func (n *Node) giveUp(ctx context.Context, over time.Duration) (first error) {
	n.mu.Lock()
	teams := slices.Collect(maps.Keys(n.homes))
	n.mu.Unlock()
	begun := time.Now()
	for i, team := range teams {
		limited, cancel := context.WithTimeout(ctx, moveLimit)
		err := n.Release(limited, team)
		cancel()
		if err != nil && first == nil && !errors.Is(err, ErrElsewhere) { // somebody else gives it up
			first = err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(begun.Add(over * time.Duration(i+1) / time.Duration(len(teams))))):
		}
	}
	return first
}

// takesHomes reports whether free homes may come here.
func (n *Node) takesHomes() bool {
	return !n.draining.Load() && !n.leaving.Load() && !n.closing.Load()
}

// drains gives up the homes whenever the database says that the node is draining, until
// ctx is done. Of a node that leaves, Drain does that.
func (n *Node) drains(ctx context.Context) {
	tick := time.NewTicker(n.o.Renew)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.done:
			return
		case <-tick.C:
		}
		if !n.draining.Load() || n.leaving.Load() || n.closing.Load() || n.Homes() == 0 {
			continue
		}
		if err := n.giveUp(ctx, drainOver); err != nil && ctx.Err() == nil {
			n.o.Log.Warn("homes not given up yet", "homes", n.Homes(), "err", err)
		}
	}
}
