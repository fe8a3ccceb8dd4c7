package team

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// TestF08 has sipgate refuse the refresh token.
func TestF08(t *testing.T) {
	t.Run("dead", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []answer{oauthError(400, "invalid_grant")}}
			db := memory(t)
			g := grantsOf(t, db, s)
			put(t, g, ada, "AT-0", "RT-0", worn)
			time.Sleep(worn)
			for range 100 { // no matter how often somebody asks
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
			if members, _ := g.Members(t.Context()); len(members) != 0 {
				t.Errorf("members %v", members)
			}
			if r := stored(t, db, ada); !r.dead || r.refresh != "RT-0" {
				t.Errorf("stored %+v, want RT-0 marked as dead", r)
			}
			// A start changes nothing of it, and a day later it is gone.
			again := grantsOf(t, db, s)
			_, err := again.Credentials(ada).Authorization(t.Context())
			wantKind(t, err, sipgate.Unauthorized)
			time.Sleep(buried)
			grantsOf(t, db, s)
			if _, err := g.store.read(t.Context(), ada); !errors.Is(err, errNoGrant) {
				t.Errorf("a day later: %v", err)
			}
			s.wantSent(t, "RT-0")
		})
	})
	t.Run("signed in meanwhile", func(t *testing.T) {
		s := &script{answers: []answer{oauthError(400, "invalid_grant")}}
		g := grantsOf(t, memory(t), s)
		s.answers[0].during = func() { put(t, g, ada, "AT-new", "RT-new", time.Hour) }
		put(t, g, ada, "AT-0", "RT-0", worn)
		if h := header(t, g, ada); h != "Bearer AT-new" || g.State(ada) != StateOK {
			t.Errorf("header %q, state %v", h, g.State(ada))
		}
		s.wantSent(t, "RT-0")
	})
	t.Run("another generation is stored", func(t *testing.T) {
		s := &script{answers: []answer{oauthError(400, "invalid_grant"), tokens("AT-2", "RT-2")}}
		g := grantsOf(t, memory(t), s)
		s.answers[0].during = func() { // as another process would
			if _, err := g.store.put(t.Context(), ada, "RT-1"); err != nil {
				t.Error(err)
			}
		}
		put(t, g, ada, "AT-0", "RT-0", worn)
		if h := header(t, g, ada); h != "Bearer AT-2" {
			t.Errorf("header %q", h)
		}
		s.wantSent(t, "RT-0", "RT-1")
	})
	for _, refusal := range []answer{oauthError(401, "invalid_client"), oauthError(400, "unauthorized_client"), oauthError(401, "")} {
		t.Run(refusal.err.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []answer{refusal, tokens("AT-1", "RT-1")}}
				g := grantsOf(t, memory(t), s)
				put(t, g, ada, "AT-0", "RT-0", worn)
				time.Sleep(worn)
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

// TestF04 has sipgate refuse access tokens that look good.
func TestF04(t *testing.T) {
	t.Run("once per token", func(t *testing.T) {
		e := newEndpoint(t)
		g := grantsOf(t, memory(t), e.oauth())
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
	t.Run("again at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []answer{tokens("AT-1", "RT-1")}}
			db := memory(t)
			g := grantsOf(t, db, s)
			put(t, g, ada, "AT-0", "RT-0", time.Hour)
			c := g.Credentials(ada)
			if h, _ := c.Renew(t.Context(), "Bearer AT-0"); h != "Bearer AT-1" {
				t.Errorf("header %q", h)
			}
			time.Sleep(30 * time.Second) // the next poll of an unwatched board
			_, err := c.Renew(t.Context(), "Bearer AT-1")
			wantKind(t, err, sipgate.Unauthorized)
			s.wantSent(t, "RT-0")
			g.Close()
			if !stored(t, db, ada).dead || g.State(ada) != StateNeedsLogin {
				t.Error("the member need not sign in")
			}
		})
	})
	t.Run("again much later", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []answer{tokens("AT-1", "RT-1"), tokens("AT-2", "RT-2")}}
			g := grantsOf(t, memory(t), s)
			put(t, g, ada, "AT-0", "RT-0", time.Hour)
			c := g.Credentials(ada)
			c.Renew(t.Context(), "Bearer AT-0")
			time.Sleep(2 * time.Minute)
			if h, err := c.Renew(t.Context(), "Bearer AT-1"); h != "Bearer AT-2" {
				t.Errorf("header %q, error %v", h, err)
			}
		})
	})
	t.Run("after signing in", func(t *testing.T) {
		s := &script{answers: []answer{oauthError(503, ""), tokens("AT-2", "RT-2")}}
		g := grantsOf(t, memory(t), s)
		put(t, g, ada, "AT-0", "RT-0", time.Hour)
		c := g.Credentials(ada)
		_, err := c.Renew(t.Context(), "Bearer AT-0")
		wantKind(t, err, sipgate.Unavailable)
		put(t, g, ada, "AT-1", "RT-1", time.Hour)
		if h, err := c.Renew(t.Context(), "Bearer AT-1"); h != "Bearer AT-2" {
			t.Errorf("header %q, error %v: the first token of a sign-in deserves a second one", h, err)
		}
		s.wantSent(t, "RT-0", "RT-1")
	})
	t.Run("while sipgate is away", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []answer{oauthError(503, ""), tokens("AT-1", "RT-1")}}
			g := grantsOf(t, memory(t), s)
			put(t, g, ada, "AT-0", "RT-0", time.Hour)
			c := g.Credentials(ada)
			for range 5 { // a refused token is not handed out again
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
