package homes

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkAdoption measures how two nodes take over ten thousand teams of a third one,
// which was killed: after what time all have a home, and how many got one in the fullest
// second. Nothing else is done for the teams.
func BenchmarkAdoption(b *testing.B) {
	teams := make([]string, 10_000)
	for i := range teams {
		teams[i] = fmt.Sprint("t", i)
	}
	for range b.N {
		p := processesEvery(b, adoptEvery, 2, teams...)
		for _, statement := range []string{
			`insert into cluster_nodes (id, address, version, started, since, expires, lease_ms, draining, fenced)
				select 'killed', 'c', '', t, t, t, 8000, false, false from clock_timestamp() t`,
			`insert into cluster_homes (team, node, fence, claimed) select 't' || i, 'killed', 1, clock_timestamp() from generate_series(0, 9999) i`,
		} {
			if _, err := p[0].db.Exec(statement); err != nil {
				b.Fatal(err)
			}
		}
		begun, most := time.Now(), 0
		for had := 0; had < len(teams); {
			time.Sleep(time.Second)
			now := p[0].control.actors.count()
			most, had = max(most, now-had), now
		}
		b.ReportMetric(time.Since(begun).Seconds(), "s/all")
		b.ReportMetric(float64(most), "most/s")
	}
}
