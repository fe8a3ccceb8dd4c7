package handlers

import (
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/database"
)

// A watchRig is the service account between a simulated sipgate and boards,
// with real people and sessions; the test is the clock.
type watchRig struct {
	*service
	t   *testing.T
	sim *simulator.Simulator
	log *lockedLog
}

type lockedLog struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// says counts the lines that contain a text.
func (l *lockedLog) says(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

func newWatchRig(t *testing.T) *watchRig {
	t.Helper()
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := database.Migrate(t.Context(), db.DB, map[string]fs.FS{"web": web.Migrations, "team": team.Migrations}); err != nil {
		t.Fatal(err)
	}
	people, err := team.NewMembers(t.Context(), db.DB, team.Accounts{})
	if err != nil {
		t.Fatal(err)
	}
	r := &watchRig{t: t, log: &lockedLog{}, sim: simulator.New(simulator.Options{})}
	srv := httptest.NewServer(r.sim)
	hc := sipgate.NewHTTPClient()
	exchange := switchboard.NewBoards(func(string) *switchboard.Board { return switchboard.New(switchboard.Options{}) })
	t.Cleanup(func() { exchange.Close(); hc.CloseIdleConnections(); srv.Close(); r.sim.Close() })
	base, err := url.Parse(srv.URL + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	_, id, token := r.sim.AdminToken()
	log := slog.New(slog.NewTextHandler(r.log, nil))
	public := &url.URL{Scheme: "https", Host: "calls.example"}
	app := New(Deps{Log: log, PublicURL: public, LoginURL: public, OAuth: &sipgate.OAuth{}, Exchange: exchange,
		Sessions: web.NewSessions[Visitor](db.DB, web.SessionOptions{}), Login: &web.Login{}, People: people,
		Key: team.Key{1}, PushKey: &sipgateKey().PublicKey, Service: sipgate.PersonalToken{ID: id, Token: token},
		Client: func(auth sipgate.Credentials) *sipgate.Client {
			return &sipgate.Client{Base: base, HTTP: hc, Auth: auth}
		}})
	r.service = app.h.service
	return r
}

// asked counts the requests at a path.
func (r *watchRig) asked(path string) (n int) {
	for _, q := range r.sim.Requests() {
		if q.Path == path {
			n++
		}
	}
	return n
}

// fails makes sipgate answer with a status at a path, and nothing else wrong.
func (r *watchRig) fails(status int, path string) {
	r.t.Helper()
	r.sim.ClearFaults()
	if _, err := r.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: status, Path: path}); err != nil {
		r.t.Fatal(err)
	}
}

// watchFor is so many half minutes.
func (r *watchRig) watchFor(ticks int) {
	for range ticks {
		r.watch(r.t.Context())
	}
}

const userinfo = "/v2/authorization/userinfo"

// Half a minute after sipgate is reached, the service account watches.
func TestServiceUnavailable(t *testing.T) {
	r := newWatchRig(t)
	r.fails(503, userinfo)
	r.watchFor(10)
	if n := r.asked(userinfo); n != 10 || r.log.says("does not watch") != 1 {
		t.Errorf("%d requests in ten half minutes, %d lines", n, r.log.says("does not watch"))
	}
	r.sim.ClearFaults()
	r.watchFor(1)
	if !r.watches() || r.log.says("the service account watches") != 1 {
		t.Error("it does not watch")
	}
	r.watchFor(120)
	if n := r.asked(userinfo); n != 11 {
		t.Errorf("%d requests: more although it watches", n)
	}
}

// What is refused is tried less and less often, at last each quarter of an hour.
func TestServiceRefused(t *testing.T) {
	r := newWatchRig(t)
	r.fails(401, userinfo)
	r.watchFor(120)
	if n := r.asked(userinfo); n != 7 { // after 0, 1, 3, 7, 15, 30 and 45 minutes
		t.Errorf("%d requests in an hour", n)
	}
	if n := r.log.says("sipgate refuses the service account"); n != 1 {
		t.Errorf("said %d times", n)
	}
	r.sim.ClearFaults()
	r.watchFor(mostIdle + 1)
	if !r.watches() {
		t.Error("it does not watch after a quarter of an hour")
	}
}

// Who is refused later comes back to the board when sipgate thinks better of it.
func TestServiceSetAside(t *testing.T) {
	r := newWatchRig(t)
	r.fails(401, "/v2/calls")
	r.watchFor(1)
	board := r.h.Exchange.Board(r.account)
	awaitThat(t, "set aside", func() bool { return slices.Contains(board.Snapshot().Health.AuthFailed, serviceID) })
	r.sim.ClearFaults()
	r.watchFor(1)
	if n := r.asked(userinfo); n != 1 {
		t.Errorf("%d attempts: it came back at once", n)
	}
	r.watchFor(1)
	awaitThat(t, "listed", func() bool { return !board.Snapshot().Health.ListedAt.IsZero() })
	if !r.watches() {
		t.Error("it does not watch")
	}
}

// Muster leaves the service account alone, who is no person; but if another
// account comes to own the instance, it has to go.
func TestServiceOfAnotherOwner(t *testing.T) {
	r := newWatchRig(t)
	r.watchFor(1)
	account := r.account
	board := r.h.Exchange.Board(account)
	if err := r.h.muster(t.Context()); err != nil || !board.HasMember(serviceID) {
		t.Fatalf("mustered away: %v", err)
	}
	if n := r.h.personsOf(account); n != 0 {
		t.Errorf("%d persons", n)
	}
	call := switchboard.Call{VisibleTo: []switchboard.MemberID{serviceID}}
	for _, o := range r.h.owners(account, call) {
		if o.User == sipgate.UserID(serviceID) || o.AllowsLeads {
			t.Errorf("it owns or lends a call: %v", o)
		}
	}
	if _, err := r.h.People.SignIn(t.Context(), team.MemberID{Account: "2390015", User: "w0"}, "Katrin", true); err != nil {
		t.Fatal(err)
	}
	r.watchFor(1)
	if board.HasMember(serviceID) {
		t.Error("it still watches")
	}
	r.watchFor(10)
	if board.HasMember(serviceID) || r.log.says("-accounts does not allow") != 1 {
		t.Error("it came back, or nothing was said")
	}
}

// awaitThat waits for what another goroutine does.
func awaitThat(t *testing.T, what string, ok func() bool) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for tick := time.NewTicker(time.Millisecond); !ok(); {
		select {
		case <-timeout:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}
