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
	"callboard/web/database/databasetest"
)

// A simulatedSipgate joins the real parts: a simulator that ends a grant when a
// refresh token is reused, clients, the database, and the grants between them.
type simulatedSipgate struct {
	grants   *team.Grants
	member   team.MemberID
	clients  []*sipgate.Client // of that member
	refresh  func(context.Context, string) (sipgate.Tokens, error)
	requests atomic.Int64 // token requests so far
	lifetime atomic.Int64 // of refreshed access tokens, in nanoseconds; 0: what sipgate states
}

// Refresh implements [team.Refresher].
func (s *simulatedSipgate) Refresh(ctx context.Context, refreshToken string) (sipgate.Tokens, error) {
	t, err := s.refresh(ctx, refreshToken)
	if lifetime := s.lifetime.Load(); lifetime != 0 {
		t.Lifetime = time.Duration(lifetime)
	}
	return t, err
}

// newSimulatedSipgate has 50 clients that share the grant of one member, whose
// access token has just expired.
func newSimulatedSipgate(t *testing.T) *simulatedSipgate {
	s := &simulatedSipgate{}
	sim := simulator.New(simulator.Options{ClientID: "id", ClientSecret: "secret"})
	t.Cleanup(sim.Close)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			s.requests.Add(1)
		}
		sim.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)

	_, tokenURL, logoutURL := sipgate.RealmURLs(server.URL, "third-party")
	oauth := &sipgate.OAuth{TokenURL: tokenURL, LogoutURL: logoutURL,
		ClientID: "id", ClientSecret: "secret", HTTP: server.Client()}
	s.refresh = oauth.Refresh

	db := databasetest.Open(t, map[string]fs.FS{"team": team.Migrations})
	var secret [32]byte
	rand.Read(secret[:])
	key, err := team.LoadKey("", hex.EncodeToString(secret[:]))
	if err != nil {
		t.Fatal(err)
	}
	s.grants, err = team.NewGrants(db.DB, key, s, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.grants.Close)

	tokens, err := sim.Token("", "w0", "rtcm:read rtcm:write")
	if err != nil {
		t.Fatal(err)
	}
	s.member = team.MemberID{Account: "first", User: "w0"}
	err = s.grants.Put(t.Context(), s.member, sipgate.Tokens{
		Access: tokens["access_token"].(string), Refresh: tokens["refresh_token"].(string), Lifetime: time.Nanosecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(server.URL + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		s.clients = append(s.clients, &sipgate.Client{
			Base: base, HTTP: server.Client(), Auth: s.grants.Credentials(s.member),
		})
	}
	return s
}

// poll lets all clients request their calls at the same time, several times.
func (s *simulatedSipgate) poll(t *testing.T, times int) {
	var all sync.WaitGroup
	for _, c := range s.clients {
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

// TestOneTokenRequestAtExpiry has 50 clients use one grant when its access token
// expires: sipgate gets one token request.
func TestOneTokenRequestAtExpiry(t *testing.T) {
	s := newSimulatedSipgate(t)
	s.poll(t, 2)
	if n := s.requests.Load(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

// TestConstantRefreshesUnderLoad lets each access token expire at once. If a
// refresh token was used twice, the simulator would end the grant and answer
// each call with 401.
func TestConstantRefreshesUnderLoad(t *testing.T) {
	s := newSimulatedSipgate(t)
	s.lifetime.Store(1)
	s.clients = s.clients[:10]
	s.authorize(t)
	s.lifetime.Store(0)
	header, err := s.clients[0].Auth.Authorization(t.Context())
	if err != nil || header == "" || s.grants.State(s.member) != team.StateOK {
		t.Errorf("header %q, error %v, state %v", header, err, s.grants.State(s.member))
	}
	s.poll(t, 1)
	t.Logf("%d token requests", s.requests.Load())
}

// authorize lets all clients ask for headers, but send no requests: a refresh
// invalidates the access token that another client has just got.
func (s *simulatedSipgate) authorize(t *testing.T) {
	var all sync.WaitGroup
	for _, c := range s.clients {
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
