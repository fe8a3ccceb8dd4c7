package team

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"callboard/sipgate"
)

// TestFavouritesAreOneMembers: each member has their own, which stay over a restart.
// Marking twice and removing a mark that is not there change nothing.
func TestFavouritesAreOneMembers(t *testing.T) {
	db := newTeamDB(t)
	open := func() *Favourites {
		f, err := NewFavourites(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := open()
	anna, jonas, other := MemberID{"1", "w0"}, MemberID{"1", "w1"}, MemberID{"2", "w0"}
	for _, step := range []struct {
		id        MemberID
		colleague sipgate.UserID
		on        bool
		want      string // of anna
	}{
		{anna, "w2", true, "[w2]"},
		{anna, "w1", true, "[w1 w2]"},
		{anna, "w1", true, "[w1 w2]"},
		{jonas, "w3", true, "[w1 w2]"},
		{other, "w2", false, "[w1 w2]"},
		{anna, "w1", false, "[w2]"},
		{anna, "w1", false, "[w2]"},
		{anna, "w2", false, "[]"},
		{anna, "w4", true, "[w4]"},
	} {
		before := f.Of(step.id)
		copied := maps.Clone(before)
		if err := f.Set(t.Context(), step.id, step.colleague, step.on); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(before, copied) {
			t.Error("marks that were handed out have changed")
		}
		for name, f := range map[string]*Favourites{"now": f, "after a restart": open()} {
			if got := fmt.Sprint(slices.Sorted(maps.Keys(f.Of(anna)))); got != step.want {
				t.Errorf("%s: %s, want %s", name, got, step.want)
			}
		}
	}
	if got := slices.Sorted(maps.Keys(open().Of(jonas))); fmt.Sprint(got) != "[w3]" || len(f.Of(other)) != 0 {
		t.Errorf("another member has %v", got)
	}
}

// TestFavouritesMarkedAtOnceAreAllKept: marks from several browsers of a team lose none.
func TestFavouritesMarkedAtOnceAreAllKept(t *testing.T) {
	f, err := NewFavourites(t.Context(), newTeamDB(t))
	if err != nil {
		t.Fatal(err)
	}
	var marking sync.WaitGroup
	for i := range 20 {
		marking.Go(func() {
			id, colleague := MemberID{"1", sipgate.UserID(fmt.Sprint("w", i%2))}, sipgate.UserID(fmt.Sprint("w", 10+i))
			if err := f.Set(t.Context(), id, colleague, true); err != nil {
				t.Error(err)
			}
		})
	}
	marking.Wait()
	if a, b := len(f.Of(MemberID{"1", "w0"})), len(f.Of(MemberID{"1", "w1"})); a != 10 || b != 10 {
		t.Errorf("%d and %d marks", a, b)
	}
}
