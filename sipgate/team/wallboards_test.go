package team

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
)

var adaMember = Member{MemberID: ada, Name: "Ada Lovelace", Role: Admin}

func createWallboard(t *testing.T, w *Wallboards, name string) (Wallboard, string) {
	t.Helper()
	wall, token, err := w.Create(t.Context(), adaMember, name, false)
	if err != nil {
		t.Fatal(err)
	}
	return wall, token
}

// TestWallboards shows that a wallboard is found by its token only and until it is
// revoked, and that only its own account can list or revoke it.
func TestWallboards(t *testing.T) {
	w := NewWallboards(newTeamDB(t))
	w.now = func() time.Time { return time.Date(2026, 11, 25, 14, 3, 0, 0, time.UTC) }
	kitchen, token := createWallboard(t, w, "  the\tkitchen ")
	hall, other := createWallboard(t, w, "Hall")
	if secret, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(secret) != 32 || token == other {
		t.Errorf("the token %q: %v", token, err)
	}
	found, err := w.Find(t.Context(), token)
	if err != nil || found.Name != "the kitchen" || found != kitchen || found.ByName != "Ada Lovelace" || found.By != ada {
		t.Errorf("found %+v, %v", found, err)
	}
	for _, wrong := range []string{"", token[:42], token + "A", strings.Repeat("A", 43), strings.ToUpper(token), kitchen.ID} {
		if _, err := w.Find(t.Context(), wrong); !errors.Is(err, ErrNoWallboard) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if list, err := w.List(t.Context(), ada.Account); err != nil || len(list) != 2 || list[0].LastUsed.IsZero() == list[1].LastUsed.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := w.List(t.Context(), bob.Account); err != nil || len(list) != 0 {
		t.Errorf("another account lists %+v, %v", list, err)
	}
	if _, err := w.Revoke(t.Context(), bob.Account, kitchen.ID); !errors.Is(err, ErrNoWallboard) {
		t.Errorf("another account revokes it: %v", err)
	}
	if revoked, err := w.Revoke(t.Context(), ada.Account, kitchen.ID); err != nil || revoked.Name != "the kitchen" {
		t.Errorf("revoked: %+v, %v", revoked, err)
	}
	if _, err := w.Find(t.Context(), token); !errors.Is(err, ErrNoWallboard) {
		t.Errorf("revoked, but found: %v", err)
	}
	if _, err := w.Find(t.Context(), other); err != nil {
		t.Errorf("%s: %v", hall.Name, err)
	}
}

// TestTokensAreNotStored shows that the database has only a hash of a token.
func TestTokensAreNotStored(t *testing.T) {
	db := newTeamDB(t)
	w := NewWallboards(db)
	wall, token := createWallboard(t, w, "Hall")
	var id string
	var stored []byte
	if err := db.QueryRow(`select id, token from team_wall`).Scan(&id, &stored); err != nil {
		t.Fatal(err)
	}
	secret, _ := base64.RawURLEncoding.DecodeString(token)
	if len(stored) != 32 || bytes.Equal(stored, secret) || strings.Contains(token, id) || id != wall.ID {
		t.Errorf("stored %x and %q of the token %q", stored, id, token)
	}
}

func TestWallboardLimits(t *testing.T) {
	w := NewWallboards(newTeamDB(t))
	var invalid *sipgate.ValueError
	if _, _, err := w.Create(t.Context(), adaMember, " \n", false); !errors.As(err, &invalid) || invalid.Code != "wall_name" {
		t.Errorf("without a name: %v", err)
	}
	for range maxWallboards {
		createWallboard(t, w, strings.Repeat("ä", 500))
	}
	if _, _, err := w.Create(t.Context(), adaMember, "x", false); !errors.Is(err, ErrTooManyWallboards) {
		t.Errorf("too many: %v", err)
	}
	if _, _, err := w.Create(t.Context(), Member{MemberID: bob, Role: Admin}, "x", true); err != nil {
		t.Errorf("another account: %v", err)
	}
}

// TestRevokeWhileWatched shows that all screens of a revoked wallboard get to know,
// whenever they began to watch, and that no screen is counted after it left.
func TestRevokeWhileWatched(t *testing.T) {
	w := NewWallboards(newTeamDB(t))
	wall, token := createWallboard(t, w, "Hall")
	var screens sync.WaitGroup
	for range 8 {
		screens.Go(func() {
			for {
				_, revoked, leave, err := w.Watch(context.Background(), token)
				if errors.Is(err, ErrNoWallboard) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case <-revoked.Done():
				case <-time.After(time.Millisecond):
				}
				leave()
				leave()
			}
		})
	}
	_, revoked, leave, err := w.Watch(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if list, _ := w.List(t.Context(), ada.Account); list[0].Screens < 1 {
		t.Error("no screen is counted")
	}
	if _, err := w.Revoke(t.Context(), ada.Account, wall.ID); err != nil {
		t.Fatal(err)
	}
	<-revoked.Done()
	leave()
	screens.Wait()
	if len(w.screens) != 0 {
		t.Errorf("%d wallboards have screens", len(w.screens))
	}
}

// TestWallboardsLastUse shows that the time of the last use is exact to five
// minutes, and costs no more than one write in that time.
func TestWallboardsLastUse(t *testing.T) {
	w := NewWallboards(newTeamDB(t))
	start := time.Date(2026, 11, 25, 14, 3, 0, 0, time.UTC)
	now := start
	w.now = func() time.Time { return now }
	wall, token := createWallboard(t, w, "Hall")
	for _, step := range []struct {
		after time.Duration
		want  time.Time
	}{{0, start}, {5*time.Minute - time.Millisecond, start}, {5 * time.Minute, start.Add(5 * time.Minute)}, {time.Hour, start.Add(time.Hour)}} {
		now = start.Add(step.after)
		if _, err := w.Find(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Get(t.Context(), ada.Account, wall.ID); err != nil || !got.LastUsed.Equal(step.want) {
			t.Errorf("after %v it was used %v, %v", step.after, got.LastUsed, err)
		}
	}
	if got, err := w.Get(t.Context(), bob.Account, wall.ID); !errors.Is(err, ErrNoWallboard) || got != (Wallboard{}) {
		t.Errorf("another account gets %+v, %v", got, err)
	}
	newer, _ := createWallboard(t, w, "Kitchen")
	if list, err := w.List(t.Context(), ada.Account); err != nil || len(list) != 2 || list[0] != newer || list[1].ID != wall.ID {
		t.Errorf("the newest is not first in %+v, %v", list, err)
	}
}

// TestScreensAreCounted shows that a wallboard has as many screens as watch it
// now, of which each leaves once.
func TestScreensAreCounted(t *testing.T) {
	w := NewWallboards(newTeamDB(t))
	_, token := createWallboard(t, w, "Hall")
	count := func() int {
		list, err := w.List(t.Context(), ada.Account)
		if err != nil {
			t.Fatal(err)
		}
		return list[0].Screens
	}
	var leaves []func()
	for i := range 3 {
		if n := count(); n != i {
			t.Errorf("%d screens, want %d", n, i)
		}
		_, revoked, leave, err := w.Watch(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-revoked.Done():
			t.Error("revoked")
		default:
		}
		leaves = append(leaves, leave)
	}
	for i, leave := range leaves {
		leave()
		leave()
		if n := count(); n != 2-i {
			t.Errorf("%d screens, want %d", n, 2-i)
		}
	}
}

// TestWallboardViewer shows that a wallboard shows the shared calls of its team,
// and that its viewer cannot act on them.
func TestWallboardViewer(t *testing.T) {
	v := Wallboard{ID: "x", Account: ada.Account}.Viewer()
	shares := Member{MemberID: ada, Role: Agent, Consent: Consent{true, true}}
	private, foreign := shares, shares
	private.SharesCalls, foreign.Account = false, bob.Account
	for owner, want := range map[Member]bool{shares: true, private: false, foreign: false} {
		if got := v.MayOnCall(SeeCall, CallAccess{Owners: []Owner{{Member: owner}}}).OK; got != want {
			t.Errorf("sees a call of %+v: %v", owner, got)
		}
		if v.MayOnCall(Hold, CallAccess{Owners: []Owner{{Member: owner}}}).OK {
			t.Errorf("acts on a call of %+v", owner)
		}
	}
}
