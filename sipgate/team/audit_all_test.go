package team

import (
	"testing"
)

// TestAuditAllReadsPages reads more entries than fit into one batch, with one
// database connection, and stops when the consumer does.
func TestAuditAllReadsPages(t *testing.T) {
	a := auditOf(t, 0)
	a.db.SetMaxOpenConns(1)
	fill(t, a, 2500)
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
	a := auditOf(t, 0)
	a.db.SetMaxOpenConns(1)
	fill(t, a, 1500)
	n := 0
	for _, err := range a.All(t.Context(), "111", AuditFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%700 == 1 {
			begin(t, a, hold(ada, "ROW")) // would wait for ever if All held the connection
		}
	}
	if n < 1500 {
		t.Errorf("%d entries", n)
	}
}

// TestAuditAllReportsErrors ends the sequence with the error of the database.
func TestAuditAllReportsErrors(t *testing.T) {
	a := auditOf(t, 0)
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
