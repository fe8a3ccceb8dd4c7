package team

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// TestRefreshTokenRefused has sipgate refuse refresh tokens and the client.
func TestRefreshTokenRefused(t *testing.T) {
	t.Run("dead", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &scriptedRefresher{replies: []scriptedReply{errorReply(400, "invalid_grant")}}
			db := newGrantsDB(t)
			g := openGrants(t, db, s)
			put(t, g, ada, "AT-0", "RT-0", expired)
			time.Sleep(expired)
			for range 100 { // however often callers ask
				_, err := g.Credentials(ada).Authorization(t.Context())
				wantKind(t, err, sipgate.Unauthorized)
				_, err = g.Credentials(ada).Renew(t.Context(), "Bearer AT-0")
				wantKind(t, err, sipgate.Unauthorized)
				time.Sleep(time.Minute)
			}
			s.wantSent(t, "RT-0")
			if st := g.State(ada); st != StateNeedsLogin {
				t.Errorf("state %v", st)
			}
			if members, _ := g.Members(t.Context(), ada.Account); len(members) != 0 {
				t.Errorf("members %v", members)
			}
			if r := stored(t, db, ada); !r.dead || r.refreshToken != "RT-0" {
				t.Errorf("stored %+v, want a dead RT-0", r)
			}
			// A restart does not change that, and a day later the grant is removed.
			restarted := openGrants(t, db, s)
			_, err := restarted.Credentials(ada).Authorization(t.Context())
			wantKind(t, err, sipgate.Unauthorized)
			time.Sleep(deadRetention)
			openGrants(t, db, s)
			if _, err := g.store.read(t.Context(), ada); !errors.Is(err, errNoGrant) {
				t.Errorf("a day later: %v", err)
			}
			s.wantSent(t, "RT-0")
		})
	})
	t.Run("the member signed in meanwhile", func(t *testing.T) {
		s := &scriptedRefresher{replies: []scriptedReply{errorReply(400, "invalid_grant")}}
		g := openGrants(t, newGrantsDB(t), s)
		s.replies[0].during = func() { put(t, g, ada, "AT-new", "RT-new", time.Hour) }
		put(t, g, ada, "AT-0", "RT-0", expired)
		if h := header(t, g, ada); h != "Bearer AT-new" || g.State(ada) != StateOK {
			t.Errorf("header %q, state %v", h, g.State(ada))
		}
		s.wantSent(t, "RT-0")
	})
	t.Run("another generation is stored", func(t *testing.T) {
		s := &scriptedRefresher{replies: []scriptedReply{errorReply(400, "invalid_grant"), tokensReply("AT-2", "RT-2")}}
		g := openGrants(t, newGrantsDB(t), s)
		s.replies[0].during = func() { // as another process would
			if _, err := g.store.put(t.Context(), ada, "RT-1"); err != nil {
				t.Error(err)
			}
		}
		put(t, g, ada, "AT-0", "RT-0", expired)
		if h := header(t, g, ada); h != "Bearer AT-2" {
			t.Errorf("header %q", h)
		}
		s.wantSent(t, "RT-0", "RT-1")
	})
	for _, refusal := range []scriptedReply{errorReply(401, "invalid_client"), errorReply(400, "unauthorized_client"), errorReply(401, "")} {
		t.Run(refusal.err.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &scriptedRefresher{replies: []scriptedReply{refusal, tokensReply("AT-1", "RT-1")}}
				g := openGrants(t, newGrantsDB(t), s)
				put(t, g, ada, "AT-0", "RT-0", expired)
				time.Sleep(expired)
				_, err := g.Credentials(ada).Authorization(t.Context())
				wantKind(t, err, sipgate.Unavailable)
				if !errors.Is(err, ErrClientRefused) || !g.ClientRefused() || g.State(ada) != StateOK {
					t.Errorf("error %v, client refused %v, state %v", err, g.ClientRefused(), g.State(ada))
				}
				time.Sleep(maxBackoff)
				if h := header(t, g, ada); h != "Bearer AT-1" || g.ClientRefused() {
					t.Errorf("header %q, client refused %v", h, g.ClientRefused())
				}
			})
		})
	}
}

// TestAccessTokenRefused has sipgate refuse access tokens that have not expired.
func TestAccessTokenRefused(t *testing.T) {
	t.Run("one refresh for each token", func(t *testing.T) {
		e := newTokenEndpoint(t)
		g := openGrants(t, newGrantsDB(t), e.oauth())
		put(t, g, ada, "AT-0", "RT-0", time.Hour)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				h, err := g.Credentials(ada).Renew(t.Context(), "Bearer AT-0")
				if h != "Bearer AT-1" || err != nil {
					t.Errorf("header %q, error %v", h, err)
				}
			})
		}
		all.Wait()
		if h := header(t, g, ada); h != "Bearer AT-1" {
			t.Errorf("header %q", h)
		}
		e.wantRequests("RT-0")
	})
	t.Run("the new one too, at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &scriptedRefresher{replies: []scriptedReply{tokensReply("AT-1", "RT-1")}}
			db := newGrantsDB(t)
			g := openGrants(t, db, s)
			put(t, g, ada, "AT-0", "RT-0", time.Hour)
			c := g.Credentials(ada)
			if h, _ := c.Renew(t.Context(), "Bearer AT-0"); h != "Bearer AT-1" {
				t.Errorf("header %q", h)
			}
			time.Sleep(reuseWindow - time.Millisecond)
			_, err := c.Renew(t.Context(), "Bearer AT-1")
			wantKind(t, err, sipgate.Unauthorized)
			s.wantSent(t, "RT-0")
			g.Close()
			if !stored(t, db, ada).dead || g.State(ada) != StateNeedsLogin {
				t.Error("the grant is not dead")
			}
		})
	})
	t.Run("the new one too, later", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &scriptedRefresher{replies: []scriptedReply{tokensReply("AT-1", "RT-1"), tokensReply("AT-2", "RT-2")}}
			g := openGrants(t, newGrantsDB(t), s)
			put(t, g, ada, "AT-0", "RT-0", time.Hour)
			c := g.Credentials(ada)
			c.Renew(t.Context(), "Bearer AT-0")
			time.Sleep(reuseWindow)
			if h, err := c.Renew(t.Context(), "Bearer AT-1"); h != "Bearer AT-2" {
				t.Errorf("header %q, error %v", h, err)
			}
		})
	})
	t.Run("after a sign-in", func(t *testing.T) {
		s := &scriptedRefresher{replies: []scriptedReply{errorReply(503, ""), tokensReply("AT-2", "RT-2")}}
		g := openGrants(t, newGrantsDB(t), s)
		put(t, g, ada, "AT-0", "RT-0", time.Hour)
		c := g.Credentials(ada)
		_, err := c.Renew(t.Context(), "Bearer AT-0")
		wantKind(t, err, sipgate.Unavailable)
		put(t, g, ada, "AT-1", "RT-1", time.Hour)
		if h, err := c.Renew(t.Context(), "Bearer AT-1"); h != "Bearer AT-2" {
			t.Errorf("header %q, error %v: the first token of a sign-in is to be renewed", h, err)
		}
		s.wantSent(t, "RT-0", "RT-1")
	})
	t.Run("while sipgate is unavailable", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &scriptedRefresher{replies: []scriptedReply{errorReply(503, ""), tokensReply("AT-1", "RT-1")}}
			g := openGrants(t, newGrantsDB(t), s)
			put(t, g, ada, "AT-0", "RT-0", time.Hour)
			c := g.Credentials(ada)
			for range 5 { // callers do not get a refused token again
				_, err := c.Renew(t.Context(), "Bearer AT-0")
				wantKind(t, err, sipgate.Unavailable)
				_, err = c.Authorization(t.Context())
				wantKind(t, err, sipgate.Unavailable)
			}
			s.wantSent(t, "RT-0")
			time.Sleep(time.Second)
			if h := header(t, g, ada); h != "Bearer AT-1" {
				t.Errorf("header %q", h)
			}
		})
	})
}
