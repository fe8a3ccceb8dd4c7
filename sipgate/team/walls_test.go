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

var adaPerson = Member{MemberID: ada, Name: "Ada Lovelace", Role: Admin}

func newWall(t *testing.T, w *Wallboards, name string) (Wallboard, string) {
	t.Helper()
	wall, token, err := w.Create(t.Context(), adaPerson, name, false)
	if err != nil {
		t.Fatal(err)
	}
	return wall, token
}

// A link is found by its secret alone, as long as it is not withdrawn, and only
// its own account sees or withdraws it.
func TestWalls(t *testing.T) {
	w := NewWallboards(tables(t))
	w.now = func() time.Time { return time.Date(2026, 11, 25, 14, 3, 0, 0, time.UTC) }
	kitchen, token := newWall(t, w, "  the\tkitchen ")
	hall, other := newWall(t, w, "Hall")
	if secret, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(secret) != 32 || token == other {
		t.Errorf("the secret %q: %v", token, err)
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
		t.Errorf("another account sees %+v, %v", list, err)
	}
	if _, err := w.Revoke(t.Context(), bob.Account, kitchen.ID); !errors.Is(err, ErrNoWallboard) {
		t.Errorf("another account withdraws it: %v", err)
	}
	if gone, err := w.Revoke(t.Context(), ada.Account, kitchen.ID); err != nil || gone.Name != "the kitchen" {
		t.Errorf("withdrawn: %+v, %v", gone, err)
	}
	if _, err := w.Find(t.Context(), token); !errors.Is(err, ErrNoWallboard) {
		t.Errorf("withdrawn, and found: %v", err)
	}
	if _, err := w.Find(t.Context(), other); err != nil {
		t.Errorf("%s: %v", hall.Name, err)
	}
}

// The store does not have what is in a link.
func TestWallsKeepNoSecret(t *testing.T) {
	db := tables(t)
	w := NewWallboards(db)
	wall, token := newWall(t, w, "Hall")
	var id string
	var stored []byte
	if err := db.QueryRow(`select id, token from team_wall`).Scan(&id, &stored); err != nil {
		t.Fatal(err)
	}
	secret, _ := base64.RawURLEncoding.DecodeString(token)
	if len(stored) != 32 || bytes.Equal(stored, secret) || strings.Contains(token, id) || id != wall.ID {
		t.Errorf("%x and %q are stored of %q", stored, id, token)
	}
}

func TestWallsLimits(t *testing.T) {
	w := NewWallboards(tables(t))
	var invalid *sipgate.ValueError
	if _, _, err := w.Create(t.Context(), adaPerson, " \n", false); !errors.As(err, &invalid) || invalid.Code != "wall_name" {
		t.Errorf("without a name: %v", err)
	}
	for range mostWalls {
		newWall(t, w, strings.Repeat("ä", 500))
	}
	if _, _, err := w.Create(t.Context(), adaPerson, "x", false); !errors.Is(err, ErrTooManyWallboards) {
		t.Errorf("too many: %v", err)
	}
	if _, _, err := w.Create(t.Context(), Member{MemberID: bob, Role: Admin}, "x", true); err != nil {
		t.Errorf("another account: %v", err)
	}
}

// All screens hear that their link is withdrawn, whenever that happens, and
// nothing is left of screens that went.
func TestWallsWithdrawnAtAnyTime(t *testing.T) {
	w := NewWallboards(tables(t))
	wall, token := newWall(t, w, "Hall")
	var screens sync.WaitGroup
	for range 8 {
		screens.Go(func() {
			for {
				_, gone, leave, err := w.Watch(context.Background(), token)
				if errors.Is(err, ErrNoWallboard) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case <-gone:
				case <-time.After(time.Millisecond):
				}
				leave()
				leave()
			}
		})
	}
	_, gone, leave, err := w.Watch(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if list, _ := w.List(t.Context(), ada.Account); list[0].Screens < 1 {
		t.Error("nobody knows that it is shown")
	}
	if _, err := w.Revoke(t.Context(), ada.Account, wall.ID); err != nil {
		t.Fatal(err)
	}
	<-gone
	leave()
	screens.Wait()
	if len(w.open) != 0 {
		t.Errorf("%d screens are left", len(w.open))
	}
}

// Who looks at a wall is a viewer of its team: sees what the team may, and does
// nothing.
func TestWallsViewer(t *testing.T) {
	v := Wallboard{ID: "x", Account: ada.Account}.Viewer()
	shares := Member{MemberID: ada, Role: Agent, SharesCalls: true, AllowsLeads: true}
	private, foreign := shares, shares
	private.SharesCalls, foreign.Account = false, bob.Account
	for owner, want := range map[Member]bool{shares: true, private: false, foreign: false} {
		if got := v.MayOnCall(SeeCall, false, []Member{owner}).OK; got != want {
			t.Errorf("sees a call of %+v: %v", owner, got)
		}
		if v.MayOnCall(Hold, false, []Member{owner}).OK {
			t.Errorf("acts on a call of %+v", owner)
		}
	}
}
