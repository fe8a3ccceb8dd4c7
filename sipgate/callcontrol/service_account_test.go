package callcontrol

import (
	"context"
	"database/sql"
	"flag"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/journal"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web/database/databasetest"
)

// fixture is a Control between a simulated sipgate and boards, with real stores.
type fixture struct {
	*Control
	t        *testing.T
	db       *sql.DB
	sim      *simulator.Simulator
	log      *lockedLog
	sessions *fakeSessions

	closeBoards func()
}

// lockedLog is a log that is read while it is written.
type lockedLog struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// count returns how many times a text was logged.
func (l *lockedLog) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

// fakeSessions are the sessions of the web.
type fakeSessions struct {
	mu       sync.Mutex
	signedIn []SignedIn
	err      error  // what the store says
	after    func() // unless it is nil, happens once when the sessions have been read
}

func (s *fakeSessions) SignedIn(context.Context) ([]SignedIn, error) {
	s.mu.Lock()
	read, after, err := slices.Clone(s.signedIn), s.after, s.err
	s.after = nil
	s.mu.Unlock()
	if after != nil {
		after()
	}
	return read, err
}

func (s *fakeSessions) IsSignedIn(_ context.Context, m team.MemberID) (bool, error) {
	all, err := s.SignedIn(context.Background())
	return slices.ContainsFunc(all, func(in SignedIn) bool { return in.MemberID == m }), err
}

func (s *fakeSessions) SignOut(_ context.Context, m team.MemberID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signedIn = slices.DeleteFunc(s.signedIn, func(in SignedIn) bool { return in.MemberID == m })
	return s.err
}

// TestMain lets tests run beside others that only wait for their share of the requests
// to sipgate, even where the machine has few cores.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(databasetest.OnBoth(m).Run())
}

// newFixture returns a Control whose service account is the admin of the
// simulated sipgate's first account.
func newFixture(t *testing.T, o simulator.Options) *fixture {
	t.Helper()
	db := databasetest.Open(t, map[string]fs.FS{"team": team.Migrations, "announcement": announcement.Migrations, "journal": journal.Migrations})
	f := &fixture{t: t, db: db.DB, log: &lockedLog{}, sim: simulator.New(o), sessions: &fakeSessions{}}
	f.start(false)
	t.Cleanup(f.sim.Close)
	return f
}

// start starts the Control of the fixture.
func (f *fixture) start(onDemand bool) {
	t := f.t
	t.Helper()
	srv := httptest.NewServer(f.sim)
	hc := sipgate.NewHTTPClient()
	log := slog.New(slog.NewTextHandler(f.log, nil))
	stores, err := team.OpenStores(t.Context(), f.db, team.Key{1}, &sipgate.OAuth{TokenURL: srv.URL + "/none", HTTP: hc}, team.Config{AuditRetention: time.Hour, OnDemand: onDemand}, log)
	if err != nil {
		t.Fatal(err)
	}
	timelines, err := journal.New(t.Context(), f.db, journal.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	boards, closeBoards := NewBoards(timelines, log, nil)
	f.closeBoards = closeBoards
	base, err := url.Parse(srv.URL + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	_, id, token := f.sim.AdminToken()
	f.Control = New(Options{Log: log, OnDemand: onDemand, Stores: stores, Boards: boards, Journal: timelines, Library: announcement.NewLibrary(f.db, announcement.Options{Files: 10, Bytes: 1 << 20}),
		Numbers: sipgate.NumberRules{Region: "DE"}, Service: sipgate.PersonalToken{ID: id, Token: token}, Sessions: f.sessions,
		PushURL:         func(account string) string { return "https://calls.example/push/" + account },
		AnnouncementURL: func(token string) string { return srv.URL + "/a/" + token },
		Client: func(_ string, auth sipgate.Credentials) *sipgate.Client {
			return &sipgate.Client{Base: base, HTTP: hc, Auth: auth}
		}})
	control := f.Control
	t.Cleanup(func() {
		control.Close()
		f.closeBoards()
		stores.Close()
		hc.CloseIdleConnections()
		srv.Close()
	})
}

// restartBoards replaces the boards, which forget all calls.
func (f *fixture) restartBoards() {
	f.closeBoards()
	f.Boards, f.closeBoards = NewBoards(f.Journal, f.Log, nil)
	f.Boards.SetRosters(f.Rosters)
	f.History.Boards = f.Boards
}

// asked returns how many requests came at a path.
func (f *fixture) asked(path string) (n int) {
	for _, q := range f.sim.Requests() {
		if q.Path == path {
			n++
		}
	}
	return n
}

// fails makes sipgate answer with a status at a path, and lets all else succeed.
func (f *fixture) fails(status int, path string) {
	f.t.Helper()
	f.sim.ClearFaults()
	if _, err := f.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: status, Path: path}); err != nil {
		f.t.Fatal(err)
	}
}

// watchFor lets that many half minutes pass.
func (f *fixture) watchFor(ticks int) {
	for range ticks {
		f.service.watch(f.t.Context())
	}
}

const userinfo = "/v2/authorization/userinfo"

func TestServiceAccountReturnsHalfAMinuteAfterAnOutage(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	f.fails(503, userinfo)
	f.watchFor(10)
	if n := f.asked(userinfo); n != 10 || f.log.count("service account does not watch") != 1 {
		t.Errorf("%d requests in ten half minutes, %d lines", n, f.log.count("service account does not watch"))
	}
	f.sim.ClearFaults()
	f.watchFor(1)
	if !f.service.watching() || f.log.count("service account watches") != 1 {
		t.Error("it does not watch")
	}
	f.watchFor(120)
	if n := f.asked(userinfo); n != 11 {
		t.Errorf("%d requests: more although it watches", n)
	}

	// An outage after refusals ends their pauses: what sipgate thinks of the
	// credentials is open again.
	g := newFixture(t, simulator.Options{})
	g.fails(401, userinfo)
	g.watchFor(6) // asked twice, with pauses of one and three half minutes
	g.fails(503, userinfo)
	g.watchFor(1)
	g.fails(401, userinfo)
	before := g.asked(userinfo)
	g.watchFor(3)
	if n := g.asked(userinfo) - before; n != 2 {
		t.Errorf("%d requests in three half minutes after the outage", n)
	}
}

// In the end it tries every quarter of an hour.
func TestRefusedServiceAccountTriesLessAndLessOften(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	f.fails(401, userinfo)
	f.watchFor(120)
	if n := f.asked(userinfo); n != 7 { // after 0, 1, 3, 7, 15, 30 and 45 minutes
		t.Errorf("%d requests in an hour", n)
	}
	if n := f.log.count("sipgate refuses the service account"); n != 1 {
		t.Errorf("said %d times", n)
	}
	f.sim.ClearFaults()
	f.watchFor(maxBackoff + 1)
	if !f.service.watching() {
		t.Error("it does not watch after a quarter of an hour")
	}
}

func TestServiceAccountReturnsAfterARefusedList(t *testing.T) {
	t.Parallel()
	f := newFixture(t, simulator.Options{})
	f.fails(401, "/v2/calls")
	f.watchFor(1)
	board := f.Boards.Board(f.service.account)
	awaitThat(t, "set aside", func() bool { return slices.Contains(board.Snapshot().Health.AuthFailed, ServiceID) })
	f.sim.ClearFaults()
	f.watchFor(1)
	if n := f.asked(userinfo); n != 1 {
		t.Errorf("%d attempts: it came back at once", n)
	}
	f.watchFor(1)
	awaitThat(t, "listed", func() bool { return !board.Snapshot().Health.ListedAt.IsZero() })
	if !f.service.watching() {
		t.Error("it does not watch")
	}
}

// Syncing the members does not remove it: it is not a member.
func TestServiceAccountLeavesWhenAnotherAccountOwnsTheInstance(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	f.watchFor(1)
	account := f.service.account
	board := f.Boards.Board(account)
	if _, err := f.syncMembers(t.Context()); err != nil || !board.HasMember(ServiceID) {
		t.Fatalf("removed by the sync: %v", err)
	}
	if n := f.MemberCount(account); n != 0 {
		t.Errorf("%d members", n)
	}
	call := switchboard.Call{VisibleTo: []switchboard.MemberID{ServiceID}}
	for _, o := range f.owners(account, call) {
		if o.User == sipgate.UserID(ServiceID) {
			t.Errorf("it owns a call: %v", o)
		}
	}
	if _, err := f.Members.SignIn(t.Context(), team.MemberID{Account: "2390015", User: "w0"}, "Katrin", true); err != nil {
		t.Fatal(err)
	}
	f.watchFor(1)
	if board.HasMember(ServiceID) {
		t.Error("it still watches")
	}
	f.watchFor(10)
	if board.HasMember(ServiceID) || f.log.count("--accounts does not allow") != 1 {
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
