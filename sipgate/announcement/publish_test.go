package announcement

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// fetch fetches an announcement completely, as sipgate does.
func fetch(ctx context.Context, l *Library, token string) ([]byte, error) {
	wav, delivered, err := l.Fetch(ctx, token)
	if err == nil {
		err = delivered()
	}
	return wav, err
}

func TestPublish(t *testing.T) {
	l, clock := newTestLibrary(t, Options{})
	ctx := t.Context()
	a := add(t, l, "1", "a.wav", beep(440))
	p, err := l.Publish(ctx, "1", a.ID, "Tom")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Token) != 43 || !p.Expires.Equal(clock.t.Add(10*time.Minute).Truncate(time.Millisecond)) {
		t.Errorf("%+v", p)
	}
	played := func(plays int, last time.Time) {
		t.Helper()
		if got, _ := l.Get(ctx, "1", a.ID); got.Plays != plays || !got.LastPlayed.Equal(last) || plays > 0 && got.LastPlayedBy != "Tom" {
			t.Errorf("played %d times, last %v by %q; want %d, %v", got.Plays, got.LastPlayed, got.LastPlayedBy, plays, last)
		}
	}
	played(0, time.Time{})
	select {
	case <-p.Fetched:
		t.Error("fetched too early")
	default:
	}
	// Without a call of delivered, as for HEAD, it is not fetched.
	if _, _, err := l.Fetch(ctx, p.Token); err != nil || len(p.Fetched) != 0 {
		t.Errorf("Fetch: %v, %d", err, len(p.Fetched))
	}
	played(0, time.Time{})
	clock.t = clock.t.Add(3 * time.Second)
	for range 2 {
		wav, err := fetch(ctx, l, p.Token)
		if _, bad := TelephoneSamples(wav); err != nil || bad != nil {
			t.Errorf("%v, %v", err, bad)
		}
	}
	if at := <-p.Fetched; !at.Equal(clock.t) || len(p.Fetched) != 0 {
		t.Errorf("fetched at %v, and %d more", at, len(p.Fetched))
	}
	played(1, clock.t.Truncate(time.Millisecond)) // fetched twice, played once
}

// Only valid tokens are found.
func TestTokens(t *testing.T) {
	l, clock := newTestLibrary(t, Options{})
	ctx := t.Context()
	a := add(t, l, "1", "a.wav", beep(440))
	p, err := l.Publish(ctx, "1", a.ID, "Tom")
	if err != nil {
		t.Fatal(err)
	}
	missing := func(what, token string) {
		t.Helper()
		if wav, err := fetch(ctx, l, token); !errors.Is(err, ErrNotFound) || wav != nil {
			t.Errorf("%s: %d bytes, %v", what, len(wav), err)
		}
	}
	missing("none", "")
	missing("42 characters", p.Token[:42])
	missing("44 characters", p.Token+"A")
	missing("wrong alphabet", p.Token[:42]+"+")
	missing("with extension", p.Token+".wav")
	missing("the announcement's id", a.ID)
	missing("its hash", hashToken(p.Token))
	for range 1000 {
		missing("a guess", newToken())
	}
	// The database does not contain the token itself.
	var n int
	if err := l.db.QueryRow(`select count(*) from announcement_links where token = $1`, p.Token).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	clock.t = clock.t.Add(linkLifetime - time.Millisecond)
	if _, err := fetch(ctx, l, p.Token); err != nil {
		t.Errorf("a millisecond before its end: %v", err)
	}
	clock.t = clock.t.Add(time.Millisecond)
	missing("expired", p.Token)

	p, _ = l.Publish(ctx, "1", a.ID, "Tom")
	for i := range maxLinkFetches {
		if _, err := fetch(ctx, l, p.Token); err != nil {
			t.Fatalf("fetch %d: %v", i+1, err)
		}
	}
	missing("used up", p.Token)

	p, _ = l.Publish(ctx, "1", a.ID, "Tom")
	if err := l.Remove(ctx, "1", a.ID); err != nil {
		t.Fatal(err)
	}
	missing("deleted", p.Token)
}

// Expired public addresses are removed from the database and from memory.
func TestExpiredLinksAreRemoved(t *testing.T) {
	l, clock := newTestLibrary(t, Options{})
	a := add(t, l, "1", "a.wav", beep(440))
	for range 30 {
		if _, err := l.Publish(t.Context(), "1", a.ID, "Tom"); err != nil {
			t.Fatal(err)
		}
		clock.t = clock.t.Add(linkLifetime)
	}
	var n int
	if err := l.db.QueryRow(`select count(*) from announcement_links`).Scan(&n); err != nil || n != 1 || len(l.fetchWaiters) != 1 {
		t.Errorf("%d links, %d waiting, %v", n, len(l.fetchWaiters), err)
	}
}

// An unknown order is ByUse.
func TestSortOrder(t *testing.T) {
	l, clock := newTestLibrary(t, Options{})
	ids := map[string]string{}
	for i, name := range []string{"Mid.wav", "zoo.wav", "Ant.wav"} {
		clock.t = clock.t.Add(time.Minute)
		ids[name[:1]] = add(t, l, "1", name, beep(400+float64(i))).ID
	}
	for _, played := range []string{"z", "M", "z", "A"} {
		clock.t = clock.t.Add(time.Minute)
		p, err := l.Publish(t.Context(), "1", ids[played], "Tom")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fetch(t.Context(), l, p.Token); err != nil {
			t.Fatal(err)
		}
	}
	for order, want := range map[SortOrder]string{ByUse: "zAM", ByName: "AMz", ByAge: "AzM", "": "zAM", "; drop table": "zAM"} {
		list, err := l.List(t.Context(), "1", order)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, a := range list {
			got += a.Label[:1]
		}
		if got != want {
			t.Errorf("%q: %s, want %s", order, got, want)
		}
	}
}

// Whoever uses an announcement while it is removed gets ErrNotFound, and no other error.
func TestRemovingWhilePublishing(t *testing.T) {
	l := NewLibrary(openDB(t, filepath.Join(t.TempDir(), "test.db")), Options{})
	for range 20 {
		a := add(t, l, "1", "hold.wav", beep(440))
		var all sync.WaitGroup
		for _, use := range []func() error{
			func() error { return l.Remove(t.Context(), "1", a.ID) },
			func() error { _, err := l.Publish(t.Context(), "1", a.ID, "w0"); return err },
			func() error { return l.SetFavourite(t.Context(), "1", "w0", a.ID, true) },
			func() error { return l.Remove(t.Context(), "1", a.ID) },
		} {
			all.Go(func() {
				if err := use(); err != nil && !errors.Is(err, ErrNotFound) {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}
