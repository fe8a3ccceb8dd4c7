package team

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// TestF07 answers a refresh in every odd way. What counts is which refresh
// token is stored afterwards, and whether the member may go on.
func TestF07(t *testing.T) {
	body := func(format string) func(http.ResponseWriter, string, string) {
		return func(w http.ResponseWriter, access, refresh string) {
			text := strings.NewReplacer("ACCESS", access, "REFRESH", refresh).Replace(format)
			fmt.Fprint(w, text)
		}
	}
	for _, test := range []struct {
		name     string
		answer   func(http.ResponseWriter, string, string)
		header   string // "" if there is none
		stored   string
		requests string
		state    State
	}{
		{"no expires_in", body(`{"access_token":"ACCESS","refresh_token":"REFRESH"}`),
			"Bearer AT-1", "RT-1", "RT-0", StateOK},
		{"expires_in is text", body(`{"access_token":"ACCESS","refresh_token":"REFRESH","expires_in":"300"}`),
			"Bearer AT-1", "RT-1", "RT-0", StateOK},
		{"expires_in is negative", body(`{"access_token":"ACCESS","refresh_token":"REFRESH","expires_in":-5}`),
			"Bearer AT-1", "RT-1", "RT-0", StateOK},
		{"extra fields", body(`{"x":{"y":[1]},"access_token":"ACCESS","refresh_token":"REFRESH","z":null}`),
			"Bearer AT-1", "RT-1", "RT-0", StateOK},
		{"no new refresh token", body(`{"access_token":"ACCESS","expires_in":300}`),
			"Bearer AT-1", "RT-0", "RT-0", StateOK},
		{"broken off behind the refresh token", body(`{"refresh_token":"REFRESH","access_tok`),
			"Bearer AT-2", "RT-2", "RT-0 RT-1", StateOK},
		{"only a refresh token", body(`{"refresh_token":"REFRESH"}`),
			"Bearer AT-2", "RT-2", "RT-0 RT-1", StateOK},
		{"wrong type", func(w http.ResponseWriter, a, r string) {
			w.Header().Set("Content-Type", "text/html")
			body(`{"access_token":"ACCESS","refresh_token":"REFRESH"}`)(w, a, r)
		}, "Bearer AT-1", "RT-1", "RT-0", StateOK},
		{"200 with an error", body(`{"error":"temporarily_unavailable"}`),
			"", "RT-0", "RT-0 RT-0", StateNeedsLogin},
		{"nothing", body(``), "", "RT-0", "RT-0 RT-0", StateNeedsLogin},
		{"a page", body(`<html>Maintenance</html>`), "", "RT-0", "RT-0 RT-0", StateNeedsLogin},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &endpoint{tb: t, newest: "RT-0", used: map[string]bool{}}
				e.answer = func(w http.ResponseWriter, access, refresh string) {
					e.mu.Lock()
					e.answer = nil
					e.mu.Unlock()
					test.answer(w, access, refresh)
				}
				db := memory(t)
				g := grantsOf(t, db, e.direct())
				put(t, g, ada, "AT-0", "RT-0", worn)
				time.Sleep(worn)
				start := time.Now()
				h, err := g.Credentials(ada).Authorization(t.Context())
				if h != test.header {
					t.Errorf("header %q, error %v; want %q", h, err, test.header)
				}
				if test.header == "" {
					wantKind(t, err, sipgate.Unauthorized)
				}
				tries := strings.Fields(test.requests)
				e.wantRequests(tries...)
				if took, want := time.Since(start), time.Duration(len(tries)-1)*pause; took != want {
					t.Errorf("took %v, want %v", took, want)
				}
				if r := stored(t, db, ada); r.refresh != test.stored || r.intent || r.dead != (test.header == "") {
					t.Errorf("stored %+v, want %s", r, test.stored)
				}
				if s := g.State(ada); s != test.state {
					t.Errorf("state %v, want %v", s, test.state)
				}
			})
		})
	}
}

// A script is a Refresher that gives its answers one after another.
type script struct {
	mu      sync.Mutex
	answers []answer
	sent    []string
}

type answer struct {
	tokens sipgate.Tokens
	err    error
	during func() // called before the answer is given
}

func (s *script) Refresh(_ context.Context, refresh string) (sipgate.Tokens, error) {
	s.mu.Lock()
	s.sent = append(s.sent, refresh)
	n := len(s.sent)
	if n > len(s.answers) {
		s.mu.Unlock()
		return sipgate.Tokens{}, &sipgate.OAuthError{Status: 500, Err: errors.New("the script is over")}
	}
	a := s.answers[n-1]
	s.mu.Unlock()
	if a.during != nil {
		a.during()
	}
	return a.tokens, a.err
}

func (s *script) wantSent(tb testing.TB, want ...string) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.Join(s.sent, " ") != strings.Join(want, " ") {
		tb.Errorf("token requests with %v, want %v", s.sent, want)
	}
}

func oauthError(status int, code string) answer {
	return answer{err: &sipgate.OAuthError{Op: "refresh", Status: status, Code: code, Err: errors.New("refused")}}
}

func tokens(access, refresh string) answer {
	return answer{tokens: sipgate.Tokens{Access: access, Refresh: refresh, Life: 300 * time.Second}}
}

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

// TestF31 takes the disk away, by a trigger that lets every write fail, and
// gives it back.
func TestF31(t *testing.T) {
	const full = `create trigger full before update on grants begin select raise(abort, 'disk full'); end`
	begin := func(t *testing.T) (*Grants, *script, func(query string)) {
		s := &script{answers: []answer{tokens("AT-1", "RT-1"), tokens("AT-2", "RT-2")}}
		db := memory(t)
		exec := func(query string) {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Error(err)
			}
		}
		g := grantsOf(t, db, s)
		put(t, g, ada, "AT-0", "RT-0", worn)
		time.Sleep(worn)
		exec(full)
		if h := header(t, g, ada); h != "Bearer AT-1" || g.State(ada) != StateUnsaved {
			t.Errorf("header %q, state %v", h, g.State(ada))
		}
		return g, s, exec
	}
	t.Run("comes back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, s, exec := begin(t)
			time.Sleep(10 * time.Minute)
			_, err := g.Credentials(ada).Authorization(t.Context())
			wantKind(t, err, sipgate.Unavailable)
			s.wantSent(t, "RT-0") // no further refresh while unsaved
			exec(`drop trigger full`)
			time.Sleep(pause)
			synctest.Wait()
			if r := stored(t, g.store.db, ada); r.refresh != "RT-1" || r.intent || g.State(ada) != StateOK {
				t.Errorf("stored %+v, state %v", r, g.State(ada))
			}
			if h := header(t, g, ada); h != "Bearer AT-2" {
				t.Errorf("header %q", h)
			}
			s.wantSent(t, "RT-0", "RT-1")
		})
	})
	t.Run("comes back at shutdown", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, _, exec := begin(t)
			exec(`drop trigger full`)
			g.Close()
			if r := stored(t, g.store.db, ada); r.refresh != "RT-1" {
				t.Errorf("stored %+v", r)
			}
		})
	})
	t.Run("stays away", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, _, _ := begin(t)
			g.Close()
			if r := stored(t, g.store.db, ada); r.refresh != "RT-0" {
				t.Errorf("stored %+v", r)
			}
		})
	})
	t.Run("overtaken by a sign-in", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, _, exec := begin(t)
			exec(`drop trigger full`)
			put(t, g, ada, "AT-new", "RT-new", time.Hour)
			if s := g.State(ada); s != StateOK {
				t.Errorf("state %v", s)
			}
			time.Sleep(time.Minute)
			if r := stored(t, g.store.db, ada); r.refresh != "RT-new" {
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
	t.Run("stored although it said no", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, _, exec := begin(t)
			exec(`drop trigger full`)
			if _, err := g.store.replace(t.Context(), ada, g.grants[ada].unsaved.generation, "RT-1"); err != nil {
				t.Error(err)
			}
			time.Sleep(pause)
			synctest.Wait()
			if s := g.State(ada); s != StateOK {
				t.Errorf("state %v", s)
			}
		})
	})
}

// TestT30 tampers with what is stored.
func TestT30(t *testing.T) {
	t.Run("swapped", func(t *testing.T) {
		s := &script{}
		db := memory(t)
		g := grantsOf(t, db, s)
		put(t, g, ada, "AT-a", "RT-a", worn)
		put(t, g, bob, "AT-b", "RT-b", worn)
		_, err := db.Exec(`update grants set generation = 7, sealed =
			(select g.sealed from grants g where g.account <> grants.account)`)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []Member{ada, bob} {
			_, err := g.Credentials(m).Authorization(t.Context())
			wantKind(t, err, sipgate.Unauthorized)
		}
		s.wantSent(t)
		put(t, g, ada, "AT-c", "RT-c", time.Hour)
		if h := header(t, g, ada); h != "Bearer AT-c" {
			t.Errorf("header %q after signing in", h)
		}
	})
	t.Run("older generation", func(t *testing.T) {
		db := memory(t)
		g := grantsOf(t, db, &script{})
		put(t, g, ada, "AT-a", "RT-a", worn)
		var old []byte
		if err := db.QueryRow(`select sealed from grants`).Scan(&old); err != nil {
			t.Fatal(err)
		}
		put(t, g, ada, "AT-b", "RT-b", worn)
		if _, err := db.Exec(`update grants set sealed = $1`, old); err != nil {
			t.Fatal(err)
		}
		_, err := g.Credentials(ada).Authorization(t.Context())
		wantKind(t, err, sipgate.Unauthorized)
	})
	t.Run("wrong key", func(t *testing.T) {
		db := memory(t)
		put(t, grantsOf(t, db, &script{}), ada, "AT-a", "RT-a", time.Hour)
		_, err := NewGrants(db, testKey2, &script{}, logTo(t))
		if !errors.Is(err, ErrWrongKey) || strings.Contains(err.Error(), "another key of") {
			t.Errorf("error %v", err)
		}
		if stored(t, db, ada).refresh != "RT-a" {
			t.Error("a start with the wrong key has changed the store")
		}
	})
	t.Run("other bytes", func(t *testing.T) {
		sealer, err := newSealer(testKey)
		if err != nil {
			t.Fatal(err)
		}
		sealed := sealer.seal("RT", "here")
		for i := range sealed {
			sealed[i] ^= 1
			if _, err := sealer.open(sealed, "here"); !errors.Is(err, errUnsealed) {
				t.Errorf("byte %d changed: %v", i, err)
			}
			sealed[i] ^= 1
			if _, err := sealer.open(sealed[:i], "here"); !errors.Is(err, errUnsealed) {
				t.Errorf("%d bytes: %v", i, err)
			}
		}
		if plain, err := sealer.open(sealed, "here"); plain != "RT" || err != nil {
			t.Errorf("%q, %v", plain, err)
		}
	})
	t.Run("places", func(t *testing.T) {
		seen := map[string]Member{}
		for _, m := range []Member{{"1", "2"}, {"12", ""}, {"", "12"}, {`1" "2`, ""}, {`1`, `" "2`}, {"1", "2 3"}} {
			if other, ok := seen[place(m, 3)]; ok {
				t.Errorf("%q and %q have one place", m, other)
			}
			seen[place(m, 3)] = m
		}
	})
}
