package team_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
	"callboard/web/database"
)

// A workshop is everything real: a sipgate that ends a grant when a refresh
// token is reused, the client, the database, and the grants between them.
type workshop struct {
	grants  *team.Grants
	member  team.MemberID
	clients []*sipgate.Client // of that member
	refresh func(context.Context, string) (sipgate.Tokens, error)
	tokens  atomic.Int64 // token requests that sipgate has seen
	lives   atomic.Int64 // of the access tokens that a refresh brings; as sipgate says if 0
}

// Refresh implements [team.Refresher].
func (w *workshop) Refresh(ctx context.Context, refresh string) (sipgate.Tokens, error) {
	t, err := w.refresh(ctx, refresh)
	if life := w.lives.Load(); life != 0 {
		t.Lifetime = time.Duration(life)
	}
	return t, err
}

// newWorkshop has 50 clients that share the grant of one member, whose access
// token has just worn out.
func newWorkshop(t *testing.T) *workshop {
	w := &workshop{}
	sim := simulator.New(simulator.Options{ClientID: "id", ClientSecret: "secret"})
	t.Cleanup(sim.Close)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			w.tokens.Add(1)
		}
		sim.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)

	_, tokenURL, logoutURL := sipgate.RealmURLs(server.URL, "third-party")
	oauth := &sipgate.OAuth{TokenURL: tokenURL, LogoutURL: logoutURL,
		ClientID: "id", ClientSecret: "secret", HTTP: server.Client()}
	w.refresh = oauth.Refresh

	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := database.Migrate(t.Context(), db.DB, map[string]fs.FS{"team": team.Migrations}); err != nil {
		t.Fatal(err)
	}
	var secret [32]byte
	rand.Read(secret[:])
	key, err := team.LoadKey("", hex.EncodeToString(secret[:]))
	if err != nil {
		t.Fatal(err)
	}
	w.grants, err = team.NewGrants(db.DB, key, w, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.grants.Close)

	answer, err := sim.Token("", "w0", "rtcm:read rtcm:write")
	if err != nil {
		t.Fatal(err)
	}
	w.member = team.MemberID{Account: "first", User: "w0"}
	err = w.grants.Put(t.Context(), w.member, sipgate.Tokens{
		Access: answer["access_token"].(string), Refresh: answer["refresh_token"].(string), Lifetime: time.Nanosecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(server.URL + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		w.clients = append(w.clients, &sipgate.Client{
			Base: base, HTTP: server.Client(), Auth: w.grants.Credentials(w.member),
		})
	}
	return w
}

// poll lets every client ask for its calls at once, several times over.
func (w *workshop) poll(t *testing.T, times int) {
	var all sync.WaitGroup
	for _, c := range w.clients {
		all.Go(func() {
			for range times {
				if _, err := c.Calls(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// TestF06Simulator has 50 parallel users of one grant at its expiry: sipgate
// sees one token request, and notices no reuse.
func TestF06Simulator(t *testing.T) {
	w := newWorkshop(t)
	w.poll(t, 2)
	if n := w.tokens.Load(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

// TestF06SimulatorStorm lets every access token wear out at once, and so
// refreshes without end under load. Had a refresh token been used twice, the
// grant would be dead and every call answered with 401.
func TestF06SimulatorStorm(t *testing.T) {
	w := newWorkshop(t)
	w.lives.Store(1)
	w.clients = w.clients[:10]
	w.storm(t)
	w.lives.Store(0)
	header, err := w.clients[0].Auth.Authorization(t.Context())
	if err != nil || header == "" || w.grants.State(w.member) != team.StateOK {
		t.Errorf("header %q, error %v, state %v", header, err, w.grants.State(w.member))
	}
	w.poll(t, 1)
	t.Logf("%d token requests", w.tokens.Load())
}

// storm asks for headers only: sipgate's refresh voids the access token that
// another client has just been given, so that a request could come too late.
func (w *workshop) storm(t *testing.T) {
	var all sync.WaitGroup
	for _, c := range w.clients {
		all.Go(func() {
			for range 10 {
				if _, err := c.Auth.Authorization(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
