package team

import (
	"sync"
	"testing"
	"time"
)

// TestPurge writes and purges an entry a day and shows how old the oldest one is.
func TestPurge(t *testing.T) {
	for _, keep := range []time.Duration{0, 30 * 24 * time.Hour} {
		a := newTestAudit(t, keep)
		now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		a.now = func() time.Time { return now }
		var removed int64
		const days = 200
		for range days {
			beginEntry(t, a, holdEntry(ada, "ROW"))
			n, err := a.Purge(t.Context())
			if removed += n; err != nil {
				t.Fatal(err)
			}
			now = now.Add(24 * time.Hour)
		}
		if keep == 0 {
			keep = 180 * 24 * time.Hour
		}
		now = now.Add(-time.Nanosecond)
		n, err := a.Purge(t.Context())
		kept := listEntries(t, a, "111", AuditFilter{Limit: 1000})
		if err != nil || len(kept) != int(keep.Hours()/24) || removed+n != int64(days-len(kept)) {
			t.Errorf("keep %v: %d kept, %d removed, %v", keep, len(kept), removed+n, err)
		}
		if oldest := kept[len(kept)-1]; now.Sub(oldest.At) > keep {
			t.Errorf("keep %v: one of %v is kept", keep, oldest.At)
		}
	}
}

// TestPurgeInSteps removes more entries than one statement does.
func TestPurgeInSteps(t *testing.T) {
	a := newTestAudit(t, time.Hour)
	fillAudit(t, a, 2*purgeStep+1)
	a.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if n, err := a.Purge(t.Context()); n != 2*purgeStep+1 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
}

// fill writes n entries at once.
func fillAudit(tb testing.TB, a *Audit, n int) {
	tb.Helper()
	beginEntry(tb, a, holdEntry(ada, "ROW"))
	if _, err := a.db.Exec(`
		insert into audit select id + n.i, account, by_user, by_name, through, deed, call_id, parties,
			parameters, address, outcome, status, begun_at, took_ms
		from audit, (with recursive n(i) as (select 1 union all select i + 1 from n where i < $1) select i from n) n`,
		n-1); err != nil {
		tb.Fatal(err)
	}
}

// TestAuditIDs shows that ids grow when the clock jumps and with concurrent
// writers, and that they are not a count of the entries.
func TestAuditIDs(t *testing.T) {
	a := newTestAudit(t, 0)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a.now = func() time.Time { return now }
	last := int64(0)
	for _, jump := range []time.Duration{0, 0, time.Hour, -time.Hour, -10 * 365 * 24 * time.Hour, 0, 20 * 365 * 24 * time.Hour, 0} {
		now = now.Add(jump)
		id := beginEntry(t, a, holdEntry(ada, "ROW"))
		if id <= last || id < 1e15 || id >= 1<<53 {
			t.Errorf("%d follows %d", id, last)
		}
		last = id
	}
	var all sync.WaitGroup
	var ids sync.Map
	for range 8 {
		all.Go(func() {
			for range 5 {
				id, err := a.Begin(t.Context(), holdEntry(ada, "ROW"))
				if _, taken := ids.LoadOrStore(id, true); taken || err != nil {
					t.Errorf("%d twice, or %v", id, err)
				}
				if err := a.End(t.Context(), id, OutcomeDone, 204, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkAudit measures what the audit adds to an action: two commits, each
// of them synced.
func BenchmarkAudit(b *testing.B) {
	a := newTestAudit(b, 0)
	fillAudit(b, a, 100_000)
	for b.Loop() {
		id := beginEntry(b, a, holdEntry(ada, "ROW"))
		if err := a.End(b.Context(), id, OutcomeDone, 204, 0); err != nil {
			b.Fatal(err)
		}
	}
}
