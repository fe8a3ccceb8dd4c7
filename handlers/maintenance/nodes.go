package maintenance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"callboard/web/cluster"
	"callboard/web/database"
)

// Nodes lists the nodes that share a PostgreSQL database.
type Nodes struct {
	JSON bool `name:"json" help:"Print the nodes as JSON."`
	database.Place
}

// Run prints the nodes.
func (c *Nodes) Run(ctx context.Context, out io.Writer) error {
	db, err := openNodes(ctx, c.Place)
	if err != nil {
		return fmt.Errorf("nodes: %w", err)
	}
	defer db.Close()
	nodes, err := cluster.Nodes(ctx, db.DB)
	if err != nil {
		return fmt.Errorf("nodes: %w", err)
	}
	if c.JSON {
		return printNodesJSON(out, nodes)
	}
	if len(nodes) == 0 {
		_, err := fmt.Fprintln(out, "No node runs.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NODE\tADDRESS\tVERSION\tSTARTED\tTEAMS\tSTATE")
	for _, n := range nodes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", n.ID, n.Address, n.Version, n.Started.UTC().Format("2006-01-02 15:04:05Z"), n.Homes, n.State())
	}
	return w.Flush()
}

func printNodesJSON(out io.Writer, nodes []cluster.NodeInfo) error {
	type node struct {
		ID           string    `json:"id"`
		Address      string    `json:"address"`
		Version      string    `json:"version"`
		Started      time.Time `json:"started"`
		LeaseSeconds float64   `json:"lease_seconds"`
		Teams        int       `json:"teams"`
		State        string    `json:"state"`
	}
	list := make([]node, 0, len(nodes))
	for _, n := range nodes {
		list = append(list, node{n.ID, n.Address, n.Version, n.Started.UTC(), n.Lease.Seconds(), n.Homes, n.State()})
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(list)
}

// Drain has a node hand its teams to the others.
type Drain struct {
	Node string `arg:"" help:"The node: its address, or the beginning of its name in 'callboard nodes'."`
	End  bool   `help:"End it: the node takes teams again."`
	database.Place
}

// drainLook is how often Drain looks how far the node is.
const drainLook = 500 * time.Millisecond

// Run tells the node, and waits until it has no team any more.
func (c *Drain) Run(ctx context.Context, out io.Writer) error {
	db, err := openNodes(ctx, c.Place)
	if err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	defer db.Close()
	if err := c.drain(ctx, db, out); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	return nil
}

func (c *Drain) drain(ctx context.Context, db *database.DB, out io.Writer) error {
	node, others, err := c.find(ctx, db)
	switch {
	case err != nil:
		return err
	case !c.End && others == 0:
		return errors.New("no other node could take its teams")
	}
	if _, err := cluster.SetDraining(ctx, db.DB, node.ID, !c.End); err != nil {
		return err
	}
	if c.End {
		_, err := fmt.Fprintf(out, "Node %s takes teams again.\n", node.ID)
		return err
	}
	for teams := node.Homes; node.Homes > 0 && node.Live; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d teams are still at node %s, which goes on: %w", node.Homes, teams, node.ID, ctx.Err())
		case <-time.After(drainLook):
		}
		if node, err = c.reread(ctx, db, node); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "Node %s has no teams any more, and takes none.\n", node.ID)
	return err
}

// find returns the node that is meant, and how many others could take its teams.
func (c *Drain) find(ctx context.Context, db *database.DB) (found cluster.NodeInfo, others int, err error) {
	nodes, err := cluster.Nodes(ctx, db.DB)
	if err != nil {
		return found, 0, err
	}
	matches := 0
	for _, n := range nodes {
		switch {
		case c.Node != "" && n.Live && (n.Address == c.Node || strings.HasPrefix(n.ID, strings.ToUpper(c.Node))):
			found, matches = n, matches+1
		case n.Live && !n.Draining:
			others++
		}
	}
	switch matches {
	case 0:
		return found, 0, fmt.Errorf("no node that runs is named %q: see callboard nodes", c.Node)
	case 1:
		return found, others, nil
	}
	return found, 0, fmt.Errorf("%d nodes are named %q: see callboard nodes", matches, c.Node)
}

// reread returns what is known of a node now. One that has ended has no homes.
func (c *Drain) reread(ctx context.Context, db *database.DB, node cluster.NodeInfo) (cluster.NodeInfo, error) {
	nodes, err := cluster.Nodes(ctx, db.DB)
	for _, n := range nodes {
		if n.ID == node.ID {
			return n, err
		}
	}
	node.Homes = 0
	return node, err
}

// openNodes opens the database of several nodes.
func openNodes(ctx context.Context, place database.Place) (*database.DB, error) {
	if err := place.Check(); err != nil {
		return nil, err
	}
	if !place.Postgres() {
		return nil, errors.New("without --database there is one node only")
	}
	db, err := place.OpenBeside(ctx)
	if err != nil {
		return nil, err
	}
	outdated, err := database.CheckSchema(ctx, db.DB, Owners())
	if err == nil && outdated {
		err = errors.New("the database is of an earlier version: start Callboard once")
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}
