package maintenance

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"callboard/web/cluster"
	"callboard/web/database"
	"callboard/web/database/databasetest"
)

// startNodes starts nodes over one database, for which it returns the place.
func startNodes(t *testing.T, addresses ...string) (database.Place, []*cluster.Node) {
	t.Helper()
	place := database.Place{Database: databasetest.Postgres(t)}
	var nodes []*cluster.Node
	for i, address := range addresses {
		id := cluster.NewID()
		url, err := cluster.Address(place.Database, id)
		if err != nil {
			t.Fatal(err)
		}
		db, err := database.OpenPostgres(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		if i == 0 {
			if err := database.Migrate(t.Context(), db.DB, "test", Owners()); err != nil {
				t.Fatal(err)
			}
		}
		n, err := cluster.Start(t.Context(), db.DB, cluster.Options{ID: id, Address: address, Version: "v1.2.3", Renew: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close(context.Background()) })
		nodes = append(nodes, n)
	}
	return place, nodes
}

// startFencedNodes starts nodes whose writes the database checks. tool is a connection of
// no node.
func startFencedNodes(t *testing.T, addresses ...string) (place database.Place, tool *database.DB, nodes []*cluster.Node) {
	t.Helper()
	place, nodes = startNodes(t, addresses...)
	tool, err := database.OpenPostgres(t.Context(), place.Database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tool.Close() })
	if err := cluster.Fence(t.Context(), tool.DB); err != nil {
		t.Fatal(err)
	}
	return place, tool, nodes
}

func TestNodes(t *testing.T) {
	t.Parallel()
	place, nodes := startNodes(t, "10.0.0.7:8081", "10.0.0.8:8081")
	for _, team := range []string{"1000001", "1000002", "1000003"} {
		if _, err := nodes[0].Claim(t.Context(), team); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	if err := (&Nodes{Place: place}).Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	want := `^NODE +ADDRESS +VERSION +STARTED +TEAMS +STATE
` + nodes[0].ID() + ` +10\.0\.0\.7:8081 +v1\.2\.3 +20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ +3 +serving
` + nodes[1].ID() + ` +10\.0\.0\.8:8081 +v1\.2\.3 +20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ +0 +serving
$`
	if !regexp.MustCompile(want).MatchString(out.String()) {
		t.Errorf("nodes:\n%s", out.String())
	}
	out.Reset()
	if err := (&Nodes{Place: place, JSON: true}).Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"teams": 3,`) || !strings.Contains(out.String(), `"state": "serving"`) {
		t.Errorf("JSON:\n%s", out.String())
	}
}

// A node that is drained by a command has no teams when the command ends.
func TestDrainNode(t *testing.T) {
	t.Parallel()
	place, nodes := startNodes(t, "10.0.0.7:8081", "10.0.0.8:8081")
	if _, err := nodes[0].Claim(t.Context(), "1000001"); err != nil {
		t.Fatal(err)
	}
	drain := func(node string, end bool) (string, error) {
		var out strings.Builder
		err := (&Drain{Node: node, End: end, Place: place}).Run(t.Context(), &out)
		return out.String(), err
	}
	said, err := drain("10.0.0.7:8081", false)
	if err != nil || said != "Node "+nodes[0].ID()+" has no teams any more, and takes none.\n" || nodes[0].Homes() != 0 {
		t.Errorf("drain: %q, %v, %d homes", said, err, nodes[0].Homes())
	}
	if _, err := drain(nodes[1].ID(), false); err == nil || !strings.Contains(err.Error(), "no other node") {
		t.Errorf("drain the last one: %v", err)
	}
	said, err = drain(strings.ToLower(nodes[0].ID()[:6]), true)
	if err != nil || said != "Node "+nodes[0].ID()+" takes teams again.\n" {
		t.Errorf("end: %q, %v", said, err)
	}
	for name, want := range map[string]string{"": "no node", "10.0.0.9:8081": "no node"} {
		if _, err := drain(name, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("drain %q: %v", name, err)
		}
	}
}

func TestOneNode(t *testing.T) {
	place := database.Place{Data: t.TempDir()}
	for _, err := range []error{(&Nodes{Place: place}).Run(t.Context(), nil), (&Drain{Node: "a", Place: place}).Run(t.Context(), nil)} {
		if err == nil || !strings.HasSuffix(err.Error(), ": without --database there is one node only") {
			t.Error(err)
		}
	}
	bad := database.Place{Database: "sqlite:here"}
	if err := (&Nodes{Place: bad}).Run(t.Context(), nil); err == nil || errors.Is(err, database.ErrMissing) {
		t.Error(err)
	}
}
