package announcement

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFavouritesAreOneMembersAndStayInPlace: each member has their own, in the order
// in which they were marked. Marking one again does not move it, and deleting an
// announcement removes its marks.
func TestFavouritesAreOneMembersAndStayInPlace(t *testing.T) {
	l, clock := newTestLibrary(t, Options{})
	a, b, c := add(t, l, "1", "a.wav", beep(400)), add(t, l, "1", "b.wav", beep(500)), add(t, l, "1", "c.wav", beep(600))
	other := add(t, l, "2", "a.wav", beep(400))
	mark := func(account, member, id string, on bool, want error) {
		t.Helper()
		clock.t = clock.t.Add(time.Second)
		if err := l.SetFavourite(t.Context(), account, member, id, on); !errors.Is(err, want) {
			t.Errorf("mark %s as %v: %v, want %v", id, on, err, want)
		}
	}
	has := func(account, member string, want ...string) {
		t.Helper()
		got, err := l.Favourites(t.Context(), account, member)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("favourites of %s in %s: %s", member, account, diff)
		}
	}
	has("1", "w0")
	mark("1", "w0", c.ID, true, nil)
	mark("1", "w0", a.ID, true, nil)
	mark("1", "w0", b.ID, true, nil)
	mark("1", "w0", c.ID, true, nil)
	mark("1", "w1", a.ID, true, nil)
	mark("2", "w0", other.ID, true, nil)
	has("1", "w0", c.ID, a.ID, b.ID)
	has("1", "w1", a.ID)
	has("2", "w0", other.ID)

	mark("1", "w0", other.ID, true, ErrNotFound)
	mark("1", "w0", "nothing", true, ErrNotFound)
	mark("2", "w0", a.ID, false, ErrNotFound)
	mark("1", "w0", b.ID, false, nil)
	mark("1", "w0", b.ID, false, nil)
	has("1", "w0", c.ID, a.ID)
	has("1", "w1", a.ID)

	if err := l.Remove(t.Context(), "1", a.ID); err != nil {
		t.Fatal(err)
	}
	has("1", "w0", c.ID)
	has("1", "w1")
}
