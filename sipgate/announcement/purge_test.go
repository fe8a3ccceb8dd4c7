package announcement

import (
	"testing"
	"time"
)

// Announcements that nobody plays are removed after the time that is set, and only
// then; addresses that have expired always.
func TestPurge(t *testing.T) {
	const day = 24 * time.Hour
	for _, unplayed := range []time.Duration{0, 30 * day} {
		l, clock := newTestLibrary(t, Options{Unplayed: unplayed})
		played, forgotten := add(t, l, "1", "played.wav", beep(440)), add(t, l, "1", "forgotten.wav", beep(660))
		clock.t = clock.t.Add(20 * day)
		fresh := add(t, l, "2", "fresh.wav", beep(880))
		p, err := l.Publish(t.Context(), "1", played.ID, "w0")
		if err != nil {
			t.Fatal(err)
		}
		_, done, err := l.Fetch(t.Context(), p.Token)
		if err != nil {
			t.Fatal(err)
		}
		if err := done(); err != nil {
			t.Fatal(err)
		}
		clock.t = clock.t.Add(10*day + time.Minute)
		removed, err := l.Purge(t.Context())
		if want := min(1, int(unplayed)); err != nil || removed != want {
			t.Errorf("after %v: removed %d, %v; want %d", unplayed, removed, err, want)
		}
		for a, there := range map[*Announcement]bool{&played: true, &forgotten: unplayed == 0, &fresh: true} {
			account := "1"
			if a == &fresh {
				account = "2"
			}
			if _, err := l.Get(t.Context(), account, a.ID); (err == nil) != there {
				t.Errorf("after %v: %s: %v", unplayed, a.Label, err)
			}
		}
		var links int
		if l.db.QueryRow(`select count(*) from announcement_links`).Scan(&links); links != 0 {
			t.Errorf("%d addresses that have expired", links)
		}
	}
}
