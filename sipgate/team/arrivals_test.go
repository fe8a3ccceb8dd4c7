package team

import (
	"maps"
	"testing"
	"time"
)

// TestArrivals shows that arrivals are stored, each account's separately, once a minute,
// and that they are forgotten.
func TestArrivals(t *testing.T) {
	ctx, db := t.Context(), newTeamDB(t)
	open := func() *Arrivals {
		t.Helper()
		a, err := NewArrivals(ctx, db)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	at := time.UnixMilli(1_780_000_000_123)
	a := open()
	steps := []error{
		a.Save(ctx, "1", map[string]time.Time{"": at, "c1": at}),
		a.Save(ctx, "2", map[string]time.Time{"": at.Add(time.Hour)}),
		a.Save(ctx, "1", map[string]time.Time{"": at.Add(arrivalStep), "c1": at.Add(arrivalStep - 1), "c2": at}),
	}
	for i, err := range steps {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	equal := func(x, y map[string]time.Time) bool { return maps.EqualFunc(x, y, time.Time.Equal) }
	for _, s := range []*Arrivals{a, open()} {
		if got := s.Of("1"); !equal(got, map[string]time.Time{"": at.Add(arrivalStep), "c1": at, "c2": at}) {
			t.Errorf("1: %v", got)
		}
		if got := s.Of("2"); !equal(got, map[string]time.Time{"": at.Add(time.Hour)}) {
			t.Errorf("2: %v", got)
		}
		clear(s.Of("2"))
	}
	if err := a.Forget(ctx, "1"); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Arrivals{a, open()} {
		if len(s.Of("1")) != 0 || len(s.Of("2")) != 1 {
			t.Errorf("after forgetting 1: %v, %v", s.Of("1"), s.Of("2"))
		}
	}
	if _, err := db.Exec(`drop table team_arrivals`); err != nil {
		t.Fatal(err)
	}
	if a.Save(ctx, "3", map[string]time.Time{"": at}) == nil || len(a.Of("3")) != 0 || a.Forget(ctx, "2") == nil || len(a.Of("2")) != 1 {
		t.Error("what is not stored is remembered")
	}
}
