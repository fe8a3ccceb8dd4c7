package metrics

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"callboard/web/cluster"
	"callboard/web/database"
	"callboard/web/database/databasetest"
	"callboard/web/forward"
)

func TestNode(t *testing.T) {
	id := cluster.NewID()
	address, err := cluster.Address(databasetest.Postgres(t), id)
	if err != nil {
		t.Fatal(err)
	}
	db, err := database.OpenPostgres(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := database.Migrate(t.Context(), db.DB, "test", map[string]fs.FS{"cluster": cluster.Migrations}); err != nil {
		t.Fatal(err)
	}
	m := New(Settings{})
	n, err := cluster.Start(t.Context(), db.DB, cluster.Options{ID: id, OnRenewal: m.Renewal})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close(context.Background())
	if _, err := n.Claim(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Act("another"); err == nil {
		t.Fatal("acts for another team")
	}
	m.WatchNode(n, fakeApp{})
	m.Passed(forward.Resent, time.Millisecond)
	m.Renewal(time.Millisecond, nil)
	m.Renewal(time.Millisecond, errors.New("no connection"))
	got := scrape(t, m)
	for _, line := range []string{
		"callboard_cluster_lease 1", "callboard_cluster_homes 1", `callboard_cluster_homes_claimed_total{how="new"} 1`,
		`callboard_cluster_homes_claimed_total{how="taken_over"} 0`, "callboard_cluster_homes_moved_total 0", "callboard_cluster_nodes_fenced_total 0",
		"callboard_cluster_refused_total 1", `callboard_cluster_renewal_duration_seconds_count{outcome="failed"} 1`,
		`callboard_forwarded_request_duration_seconds_count{outcome="resent"} 1`, "callboard_forwarded_sockets 3",
	} {
		if !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("not in the metrics: %s", line)
		}
	}
}

// The only node has no metrics of nodes.
func TestNodeAlone(t *testing.T) {
	m := New(Settings{})
	m.WatchNode(cluster.Alone, nil)
	if got := scrape(t, m); strings.Contains(got, "callboard_cluster") || strings.Contains(got, "callboard_forwarded") {
		t.Error(got)
	}
}
