package team

import (
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/web/database/databasetest"
)

// TestRefreshTokenCannotBeStored lets each write fail, by a trigger, in the
// middle of a refresh.
func TestRefreshTokenCannotBeStored(t *testing.T) {
	begin := func(t *testing.T) (*Grants, *scriptedRefresher, func()) {
		s := &scriptedRefresher{replies: []scriptedReply{tokensReply("AT-1", "RT-1"), tokensReply("AT-2", "RT-2")}}
		db := newGrantsDB(t)
		g := openGrants(t, db, s)
		put(t, g, ada, "AT-0", "RT-0", expired)
		time.Sleep(expired)
		allow := databasetest.Refuse(t, db, "disk full", "grants", "update")
		if h := header(t, g, ada); h != "Bearer AT-1" || g.State(ada) != StateUnsaved {
			t.Errorf("header %q, state %v", h, g.State(ada))
		}
		return g, s, allow
	}
	t.Run("the disk works again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, s, allow := begin(t)
			time.Sleep(10 * time.Minute)
			_, err := g.Credentials(ada).Authorization(t.Context())
			wantKind(t, err, sipgate.Unavailable)
			s.wantSent(t, "RT-0") // no further refresh while unsaved
			allow()
			time.Sleep(retryPause)
			synctest.Wait()
			if r := stored(t, g.store.db, ada); r.refreshToken != "RT-1" || r.refreshing || g.State(ada) != StateOK {
				t.Errorf("stored %+v, state %v", r, g.State(ada))
			}
			if h := header(t, g, ada); h != "Bearer AT-2" {
				t.Errorf("header %q", h)
			}
			s.wantSent(t, "RT-0", "RT-1")
		})
	})
	t.Run("the disk works again at shutdown", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, _, allow := begin(t)
			allow()
			g.Close()
			if r := stored(t, g.store.db, ada); r.refreshToken != "RT-1" {
				t.Errorf("stored %+v", r)
			}
		})
	})
	t.Run("the disk stays full", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, _, _ := begin(t)
			g.Close()
			if r := stored(t, g.store.db, ada); r.refreshToken != "RT-0" {
				t.Errorf("stored %+v", r)
			}
		})
	})
	t.Run("superseded by a sign-in", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, _, allow := begin(t)
			allow()
			put(t, g, ada, "AT-new", "RT-new", time.Hour)
			if s := g.State(ada); s != StateOK {
				t.Errorf("state %v", s)
			}
			time.Sleep(time.Minute)
			if r := stored(t, g.store.db, ada); r.refreshToken != "RT-new" {
				t.Errorf("stored %+v", r)
			}
		})
	})
	t.Run("dropped", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, _, _ := begin(t)
			if rt, err := g.Drop(t.Context(), ada); rt != "RT-1" || err != nil {
				t.Errorf("dropped %q, error %v; want the newest token", rt, err)
			}
		})
	})
	t.Run("stored although the database reported an error", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, _, allow := begin(t)
			allow()
			if _, err := g.store.replace(t.Context(), ada, g.grants[ada].unsaved.generation, "RT-1"); err != nil {
				t.Error(err)
			}
			time.Sleep(retryPause)
			synctest.Wait()
			if s := g.State(ada); s != StateOK {
				t.Errorf("state %v", s)
			}
		})
	})
}
