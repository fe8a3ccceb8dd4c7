package team

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// TestRefreshResponses has sipgate answer a refresh in many ways, and checks
// which refresh token is stored then and whether the grant is usable.
func TestRefreshResponses(t *testing.T) {
	body := func(format string) func(http.ResponseWriter, string, string) {
		return func(w http.ResponseWriter, access, refresh string) {
			text := strings.NewReplacer("ACCESS", access, "REFRESH", refresh).Replace(format)
			fmt.Fprint(w, text)
		}
	}
	for _, test := range []struct {
		name     string
		respond  func(http.ResponseWriter, string, string)
		header   string // "" if there is none
		stored   string
		requests string
		state    GrantState
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
		{"cut off after the refresh token", body(`{"refresh_token":"REFRESH","access_tok`),
			"Bearer AT-2", "RT-2", "RT-0 RT-1", StateOK},
		{"only a refresh token", body(`{"refresh_token":"REFRESH"}`),
			"Bearer AT-2", "RT-2", "RT-0 RT-1", StateOK},
		{"wrong content type", func(w http.ResponseWriter, a, r string) {
			w.Header().Set("Content-Type", "text/html")
			body(`{"access_token":"ACCESS","refresh_token":"REFRESH"}`)(w, a, r)
		}, "Bearer AT-1", "RT-1", "RT-0", StateOK},
		{"200 with an error", body(`{"error":"temporarily_unavailable"}`),
			"", "RT-0", "RT-0 RT-0", StateNeedsLogin},
		{"empty", body(``), "", "RT-0", "RT-0 RT-0", StateNeedsLogin},
		{"HTML", body(`<html>Maintenance</html>`), "", "RT-0", "RT-0 RT-0", StateNeedsLogin},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &tokenEndpoint{tb: t, newest: "RT-0", used: map[string]bool{}}
				e.respond = func(w http.ResponseWriter, access, refresh string) {
					e.mu.Lock()
					e.respond = nil
					e.mu.Unlock()
					test.respond(w, access, refresh)
				}
				db := newGrantsDB(t)
				g := openGrants(t, db, e.direct())
				put(t, g, ada, "AT-0", "RT-0", expired)
				time.Sleep(expired)
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
				if took, want := time.Since(start), time.Duration(len(tries)-1)*retryPause; took != want {
					t.Errorf("took %v, want %v", took, want)
				}
				if r := stored(t, db, ada); r.refreshToken != test.stored || r.refreshing || r.dead != (test.header == "") {
					t.Errorf("stored %+v, want %s", r, test.stored)
				}
				if s := g.State(ada); s != test.state {
					t.Errorf("state %v, want %v", s, test.state)
				}
			})
		})
	}
}

// A member who signs in while sipgate answers the old grant with what cannot be
// read keeps the new sign-in, also after the second answer of that kind.
func TestASignInOutlivesUnreadableAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scriptedRefresher{replies: []scriptedReply{{}, {}, tokensReply("AT-2", "RT-2")}}
		db := newGrantsDB(t)
		g := openGrants(t, db, s)
		s.replies[1].during = func() { // as another process would
			if _, err := g.store.put(t.Context(), ada, "RT-1"); err != nil {
				t.Error(err)
			}
		}
		put(t, g, ada, "AT-0", "RT-0", expired)
		time.Sleep(expired)
		if h := header(t, g, ada); h != "Bearer AT-2" || stored(t, db, ada).refreshToken != "RT-2" {
			t.Errorf("header %q, stored %+v", h, stored(t, db, ada))
		}
		s.wantSent(t, "RT-0", "RT-0", "RT-1")
	})
}
