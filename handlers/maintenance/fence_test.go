package maintenance

import (
	"strings"
	"testing"
)

// ofNoTeam are the tables whose writes are not bound to the home of a team, each with the
// reason why a write of a node that is not the home, or is it no longer, harms nothing.
var ofNoTeam = map[string]string{
	"grant_keys":      "one row, of the installation: the first program writes it, nobody changes it",
	"web_session":     "of a browser, not of a team: it is begun after a write for its member that is bound, and ended by whichever node its browser signs in or out at; ids are used once, so it ends only once, and the time of its last use only grows",
	"web_login":       "of a browser whose team is not known yet: whoever removes its row goes on with it, so one does",
	"web_certificate": "of the installation: any node renews it, and any certificate that a node stores is valid",

	"database_upgrades": "of the installation: which programs have changed the tables",
	"cluster_nodes":     "of nodes: each statement says what the row must be like",
	"cluster_homes":     "says where teams are at home: each statement says what the row must be like",
	"cluster_changes":   "rows are added, and removed when they are old",
}

// Every table is bound to the homes of teams, or it is known why it need not be.
func TestWhatIsFenced(t *testing.T) {
	t.Parallel()
	_, db, _ := startFencedNodes(t, "10.0.0.7:8081")
	rows, err := db.QueryContext(t.Context(), `
		select c.relname::text, exists (select from pg_trigger g where g.tgrelid = c.oid and g.tgname = 'cluster_fence')
		from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	fenced := map[string]bool{}
	for rows.Next() {
		var table string
		var is bool
		if err := rows.Scan(&table, &is); err != nil {
			t.Fatal(err)
		}
		fenced[table] = is
		if reason := ofNoTeam[table]; is == (reason != "") && !strings.HasPrefix(table, "goose_") {
			t.Errorf("%s: is fenced %v, and the reason why it need not be is %q", table, is, reason)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for table := range ofNoTeam {
		if _, ok := fenced[table]; !ok {
			t.Errorf("there is no table %s", table)
		}
	}
	for _, table := range []string{"people", "grants", "audit", "announcement_audio", "announcement_links", "announcement_favourites"} {
		if !fenced[table] {
			t.Errorf("%s is not fenced", table)
		}
	}
}
