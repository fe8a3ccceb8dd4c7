package team

import (
	"slices"
	"testing"
	"time"
)

// TestAuditFilter compares List, page by page, with a filter written in Go, on
// entries of two accounts. List never returns an entry of another account.
func TestAuditFilter(t *testing.T) {
	a := newTestAudit(t, 0)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a.now = func() time.Time { return now }
	for i := range 60 {
		e := holdEntry([]MemberID{ada, mia, bob}[i%3], []string{"A", "B"}[i/3%2])
		e.Action = []Permission{Hold, Mute}[i/6%2]
		e.ByName = "canary " + e.By.Account
		beginEntry(t, a, e)
		now = now.Add(time.Minute)
	}
	all := listEntries(t, a, "111", AuditFilter{Limit: 1000})
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
			page := listEntries(t, a, "111", f)
			if got = append(got, page...); len(page) < f.Limit {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %d entries, want %d", f, len(got), len(want))
		}
	}
	for _, e := range listEntries(t, a, "222", AuditFilter{}) {
		if e.ByName != "canary 222" || e.By != bob {
			t.Errorf("%+v", e)
		}
	}
	fillAudit(t, newTestAudit(t, 0), 3)
	if n := len(listEntries(t, a, "111", AuditFilter{Limit: 1 << 40})); n != 40 {
		t.Errorf("%d", n)
	}
}

// TestAuditLimits shows how many entries List returns.
func TestAuditLimits(t *testing.T) {
	a := newTestAudit(t, 0)
	fillAudit(t, a, 1100)
	for limit, want := range map[int]int{0: 100, -5: 100, 1: 1, 1000: 1000, 5000: 1000} {
		if got := listEntries(t, a, "111", AuditFilter{Limit: limit}); len(got) != want {
			t.Errorf("limit %d: %d", limit, len(got))
		}
	}
}

// BenchmarkAuditList reads a page of the 100,000 entries, as a call's page
// does.
func BenchmarkAuditList(b *testing.B) {
	a := newTestAudit(b, 0)
	fillAudit(b, a, 100_000)
	beginEntry(b, a, holdEntry(ada, "ANOTHER"))
	for b.Loop() {
		if n := len(listEntries(b, a, "111", AuditFilter{Call: "ANOTHER"})); n != 1 {
			b.Fatal(n)
		}
	}
}

// TestAuditAllReadsPages reads more entries than fit into one batch, with one
// database connection, and stops when the consumer does.
func TestAuditAllReadsPages(t *testing.T) {
	a := newTestAudit(t, 0)
	a.db.SetMaxOpenConns(1)
	fillAudit(t, a, 2500)
	n, last := 0, int64(0)
	for e, err := range a.All(t.Context(), "111", AuditFilter{Action: Hold, Limit: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && e.ID >= last {
			t.Fatalf("entry %d after entry %d: not the newest first", e.ID, last)
		}
		n, last = n+1, e.ID
	}
	if n != 2500 {
		t.Errorf("%d entries", n)
	}
	n = 0
	for range a.All(t.Context(), "111", AuditFilter{}) {
		if n++; n == 1200 {
			break
		}
	}
	if n != 1200 {
		t.Errorf("%d entries before the consumer stopped", n)
	}
}

// TestAuditAllHoldsNoConnection writes to the audit between two entries of All.
func TestAuditAllHoldsNoConnection(t *testing.T) {
	a := newTestAudit(t, 0)
	a.db.SetMaxOpenConns(1)
	fillAudit(t, a, 1500)
	n := 0
	for _, err := range a.All(t.Context(), "111", AuditFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%700 == 1 {
			beginEntry(t, a, holdEntry(ada, "ROW")) // would wait for ever if All held the connection
		}
	}
	if n < 1500 {
		t.Errorf("%d entries", n)
	}
}

// TestAuditAllReportsErrors ends the sequence with the error of the database.
func TestAuditAllReportsErrors(t *testing.T) {
	a := newTestAudit(t, 0)
	a.db.Close()
	n := 0
	for _, err := range a.All(t.Context(), "111", AuditFilter{}) {
		if n++; err == nil {
			t.Error("an entry of a closed database")
		}
	}
	if n != 1 {
		t.Errorf("%d elements, want one error", n)
	}
}
