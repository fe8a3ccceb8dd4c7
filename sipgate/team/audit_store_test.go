package team

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// TestPurge lets 400 days pass with an entry a day (14.2.4).
func TestPurge(t *testing.T) {
	for _, keep := range []time.Duration{0, 30 * 24 * time.Hour} {
		a := auditOf(t, keep)
		now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		a.now = func() time.Time { return now }
		var removed int64
		const days = 200
		for range days {
			begin(t, a, hold(ada, "ROW"))
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
		left := list(t, a, "111", AuditFilter{Limit: 1000})
		if err != nil || len(left) != int(keep.Hours()/24) || removed+n != int64(days-len(left)) {
			t.Errorf("keep %v: %d left, %d removed, %v", keep, len(left), removed+n, err)
		}
		if oldest := left[len(left)-1]; now.Sub(oldest.At) > keep {
			t.Errorf("keep %v: one of %v is left", keep, oldest.At)
		}
	}
}

// TestPurgeMany removes more than one step's worth.
func TestPurgeMany(t *testing.T) {
	a := auditOf(t, time.Hour)
	fill(t, a, 2*purgeStep+1)
	a.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if n, err := a.Purge(t.Context()); n != 2*purgeStep+1 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
}

// fill writes n entries at once.
func fill(tb testing.TB, a *Audit, n int) {
	tb.Helper()
	begin(tb, a, hold(ada, "ROW"))
	if _, err := a.db.Exec(`
		insert into audit select id + n.i, account, by_user, by_name, through, deed, call_id, parties,
			parameters, address, outcome, status, begun_at, took_ms
		from audit, (with recursive n(i) as (select 1 union all select i + 1 from n where i < $1) select i from n) n`,
		n-1); err != nil {
		tb.Fatal(err)
	}
}

// TestAuditIDs shows that ids grow although the clock jumps (F35) and
// many write at once, and that they do not tell how many there are.
func TestAuditIDs(t *testing.T) {
	a := auditOf(t, 0)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a.now = func() time.Time { return now }
	last := int64(0)
	for _, jump := range []time.Duration{0, 0, time.Hour, -time.Hour, -10 * 365 * 24 * time.Hour, 0, 20 * 365 * 24 * time.Hour, 0} {
		now = now.Add(jump)
		id := begin(t, a, hold(ada, "ROW"))
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
				id, err := a.Begin(t.Context(), hold(ada, "ROW"))
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

// TestAuditFilter compares List with a filter written in Go, on entries of
// two accounts, page by page; no entry of another account is ever in it (I6).
func TestAuditFilter(t *testing.T) {
	a := auditOf(t, 0)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a.now = func() time.Time { return now }
	for i := range 60 {
		e := hold([]MemberID{ada, mia, bob}[i%3], []string{"A", "B"}[i/3%2])
		e.Action = []Permission{Hold, Mute}[i/6%2]
		e.ByName = "canary " + e.By.Account
		begin(t, a, e)
		now = now.Add(time.Minute)
	}
	all := list(t, a, "111", AuditFilter{Limit: 1000})
	if len(all) != 40 {
		t.Fatalf("%d entries", len(all))
	}
	hour := now.Add(-30 * time.Minute)
	for _, f := range []AuditFilter{
		{}, {By: "w0"}, {By: "w1"}, {By: "w9"}, {Action: Mute}, {Call: "A"}, {From: hour}, {To: hour},
		{From: hour.Add(-time.Minute), To: hour.Add(time.Minute)}, {By: "w0", Action: Hold, Call: "B", From: hour},
		{By: "w0' or '1'='1"}, {Call: "A' --"}, {Before: all[10].ID}, {Before: 1}, {Before: -1},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(e AuditEntry) bool {
			return f.By != "" && e.By.User != f.By || f.Action != "" && e.Action != f.Action || f.Call != "" && e.Call != f.Call ||
				e.At.Before(f.From) || !f.To.IsZero() && !e.At.Before(f.To) || f.Before > 0 && e.ID >= f.Before
		})
		var got []AuditEntry
		for f.Limit = 7; ; f.Before = got[len(got)-1].ID {
			page := list(t, a, "111", f)
			if got = append(got, page...); len(page) < f.Limit {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %d entries, want %d", f, len(got), len(want))
		}
	}
	for _, e := range list(t, a, "222", AuditFilter{}) {
		if e.ByName != "canary 222" || e.By != bob {
			t.Errorf("%+v", e)
		}
	}
	fill(t, auditOf(t, 0), 3)
	if n := len(list(t, a, "111", AuditFilter{Limit: 1 << 40})); n != 40 {
		t.Errorf("%d", n)
	}
}

// TestAuditLimits shows how many entries one question brings.
func TestAuditLimits(t *testing.T) {
	a := auditOf(t, 0)
	fill(t, a, 1100)
	for limit, want := range map[int]int{0: 100, -5: 100, 1: 1, 1000: 1000, 5000: 1000} {
		if got := list(t, a, "111", AuditFilter{Limit: limit}); len(got) != want {
			t.Errorf("limit %d: %d", limit, len(got))
		}
	}
}

// BenchmarkAudit measures what the audit adds to an action: two commits, each
// of them synced.
func BenchmarkAudit(b *testing.B) {
	a := auditOf(b, 0)
	fill(b, a, 100_000)
	for b.Loop() {
		id := begin(b, a, hold(ada, "ROW"))
		if err := a.End(b.Context(), id, OutcomeDone, 204, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuditList reads a page of the 100,000 entries, as a call's page
// does.
func BenchmarkAuditList(b *testing.B) {
	a := auditOf(b, 0)
	fill(b, a, 100_000)
	begin(b, a, hold(ada, "ANOTHER"))
	for b.Loop() {
		if n := len(list(b, a, "111", AuditFilter{Call: "ANOTHER"})); n != 1 {
			b.Fatal(n)
		}
	}
}
