package handlers

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/journal"
	"callboard/sipgate/simulator"
	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
	"callboard/web"
	"callboard/web/database"
	"callboard/web/database/databasetest"
	"callboard/web/forward"
)

// A dashboard is the whole program but for its network: handlers with a
// database, in front of a simulated sipgate.
type dashboard struct {
	t       testing.TB
	h       *handlers
	app     http.Handler
	sim     *simulator.Simulator
	db      *database.DB
	account string // the simulated sipgate's first

	upstream *httptest.Server // the simulated sipgate

	mu     sync.Mutex
	before func(r *http.Request) // called before the simulated sipgate gets a request
}

func newDashboard(t testing.TB, zones team.ZoneRule) *dashboard {
	t.Helper()
	d := newOffice(t)
	d.h = d.newNode(zones, nil)
	d.app = d.h.guarded()
	return d
}

// newOffice returns a dashboard without handlers.
func newOffice(t testing.TB) *dashboard {
	t.Helper()
	db := databasetest.Open(t, map[string]fs.FS{
		"web": web.Migrations, "team": team.Migrations, "announcement": announcement.Migrations, "journal": journal.Migrations,
	})
	d := &dashboard{t: t, db: db}
	d.sim = simulator.New(simulator.Options{Visibility: simulator.VisibilityAccount, Fetch: &http.Client{Transport: fetches(d.serve)}})
	d.account, _, _ = d.sim.AdminToken()
	d.upstream = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		before := d.before
		d.mu.Unlock()
		if before != nil {
			before(r)
		}
		d.sim.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		d.upstream.Close()
		d.sim.Close()
	})
	return d
}

// newNode returns the handlers of one node, which shares the database and sipgate with
// others unless nodes is nil.
func (d *dashboard) newNode(zones team.ZoneRule, nodes func(*callcontrol.Control) *forward.Forwarder) *handlers {
	t, db, srv := d.t, d.db, d.upstream
	t.Helper()
	log, hc := slog.New(slog.DiscardHandler), sipgate.NewHTTPClient()
	key := team.Key([]byte(strings.Repeat("k", 32)))
	public, _ := url.Parse("https://calls.example")
	base, _ := url.Parse(srv.URL + "/v2/")
	oauth := &sipgate.OAuth{TokenURL: srv.URL + "/none", LogoutURL: srv.URL + "/none", HTTP: hc}
	accounts, err := team.ParseAccounts("any")
	if err != nil {
		t.Fatal(err)
	}
	several := nodes != nil
	stores, err := team.OpenStores(t.Context(), db.DB, key, oauth, team.Config{Accounts: accounts, AuditRetention: time.Hour, Zones: zones, OnDemand: several}, log)
	if err != nil {
		t.Fatal(err)
	}
	timelines, err := journal.New(t.Context(), db.DB, journal.Options{Log: log, OnDemand: several})
	if err != nil {
		t.Fatal(err)
	}
	boards, closeBoards := callcontrol.NewBoards(timelines, log, nil)
	sessions := web.NewSessions[SignIn](db.DB, web.SessionOptions{Secure: true})
	sessions.Subject = SignIn.Subject
	pushURL := func(account string) string { return PushURL(public, key, account) }
	control := callcontrol.New(callcontrol.Options{Log: log, OnDemand: several, Stores: stores, Boards: boards, Journal: timelines,
		Library: announcement.NewLibrary(db.DB, announcement.Options{Files: 10, Bytes: 1 << 20}), Numbers: sipgate.NumberRules{Region: "DE"},
		Sessions: MemberSessions{sessions}, PushURL: pushURL, AnnouncementURL: func(token string) string { return AnnouncementURL(public, token) },
		Client: func(_ string, auth sipgate.Credentials) *sipgate.Client {
			return &sipgate.Client{Base: base, HTTP: hc, Auth: auth, RecordingOrigins: []string{srv.URL}}
		}})
	observe := func(account string, e sipgate.Event) {
		if several {
			boards.Board(account).Observe(e)
		}
	}
	receiver := webhook.New(webhook.Options{Key: &sipgateKey().PublicKey, Log: log, Address: pushURL, Observe: observe})
	control.ChannelEvents = receiver.ChannelEvents
	counts := stats.NewReader(boards.Reserve, log)
	deps := Deps{Log: log, PublicURL: public, LoginURL: public, OAuth: oauth, Key: key, Ready: db.Ready, Space: db.Space, NodeList: func(context.Context) ([]forward.Node, error) { return nil, nil }, Unavailable: database.Unavailable,
		Problems: func() []web.Problem { return nil }, LogLevel: new(slog.LevelVar), Backup: (*database.Daily)(nil).Newest, Certificate: (*web.HTTPS)(nil).Expires,
		Sessions: sessions, AuditDays: 30, Control: control, Stats: counts, Receiver: receiver,
		Login: &web.Login{DB: db.DB, Secure: true, Log: log, HTTP: hc, AuthURL: srv.URL + "/auth", TokenURL: srv.URL + "/token", ClientID: "client"}}
	if several {
		deps.Nodes = nodes(control)
		deps.Server.Proxies, _ = web.ParseProxies([]string{"loopback"})
	}
	h := newHandlers(deps)
	h.checkAddress = func(_ context.Context, public *url.URL, _, _ string) web.URLStatus { // nothing is asked of the network
		if web.Loopback(public.Hostname()) {
			return web.URLLoopback
		}
		return web.URLReachable
	}
	t.Cleanup(func() {
		counts.Close()
		control.Close()
		sessions.Close()
		closeBoards()
		stores.Close()
		hc.CloseIdleConnections()
	})
	return h
}

// serve answers what the simulated sipgate fetches at a public address.
func (d *dashboard) serve(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.app.ServeHTTP(w, httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), nil))
	return w.Result(), nil
}

// fetches is a transport without a network.
type fetches func(r *http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f fetches) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A browser is one member's, signed in.
type browser struct {
	d      *dashboard
	in     SignIn
	cookie *http.Cookie
	lang   string // its Accept-Language
}

// signIn signs a user of the first account in, with a role.
func (d *dashboard) signIn(user sipgate.UserID, role team.Role) *browser {
	return d.signInTo(d.account, user, role)
}

func (d *dashboard) signInTo(account string, user sipgate.UserID, role team.Role) *browser {
	d.t.Helper()
	token, err := d.sim.Token(account, string(user), "all")
	if err != nil {
		d.t.Fatal(err)
	}
	in := SignIn{Account: account, User: user, Name: "Member " + string(user), Scope: "all", Address: "192.0.2.7"}
	tokens := sipgate.Tokens{Access: token["access_token"].(string), Refresh: "unused", Lifetime: time.Hour}
	if _, err := d.h.Control.SignIn(d.t.Context(), in.Member(), &sipgate.User{ID: user, Firstname: "Member", Lastname: string(user), Admin: role == team.Admin}, tokens); err != nil {
		d.t.Fatal(err)
	}
	if role != team.Admin {
		if err := d.h.Control.Members.SetRole(d.t.Context(), team.MemberID{Account: account, User: "w0"}, in.Member(), role); err != nil {
			d.t.Fatal(err)
		}
	}
	w := httptest.NewRecorder()
	if err := d.h.Sessions.Start(w, httptest.NewRequest("GET", "/", nil), in); err != nil {
		d.t.Fatal(err)
	}
	// Without Names, as Control.Join gives them: nothing that is read in the
	// background changes rows or private names while a test looks at them.
	d.h.Control.Boards.Board(account).Join(switchboard.Member{ID: switchboard.MemberID(user), Name: in.Name, API: d.h.Control.ClientOf(in.Member())})
	return &browser{d: d, in: in, cookie: w.Result().Cookies()[0], lang: "en"}
}

// send sends a request. A body makes it a form.
func (b *browser) send(ctx context.Context, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, "https://calls.example"+path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://calls.example")
	}
	r.Header.Set("Accept", "text/html")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
		r.Header.Set("Accept-Language", b.lang)
	}
	w := httptest.NewRecorder()
	b.d.app.ServeHTTP(w, r)
	return w
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	return b.send(b.d.t.Context(), http.MethodGet, path, "")
}

func (b *browser) post(path, body string) *httptest.ResponseRecorder {
	return b.send(b.d.t.Context(), http.MethodPost, path, body)
}

// connected returns a call of a user that is established, on the board, and in
// the journal.
func (d *dashboard) connected(b *browser, from string) switchboard.Call {
	d.t.Helper()
	if _, err := d.sim.Ring(simulator.NewCall{From: from, To: "+4921170000001", Users: []string{string(b.in.User)}, State: "established"}); err != nil {
		d.t.Fatal(err)
	}
	board := d.h.Control.Boards.Board(b.in.Account)
	for range 500 {
		board.Poll(d.t.Context())
		for _, c := range board.Snapshot().Calls {
			if c.Phase != switchboard.Connected || c.Remote.Number != from {
				continue
			}
			if _, err := d.h.Control.Journal.Record(d.t.Context(), b.in.Account, c.ID); err == nil {
				return c
			}
		}
	}
	d.t.Fatal("the call is not on the board")
	return switchboard.Call{}
}

// audit returns the entries of the team, the newest first.
func (d *dashboard) audit() []team.AuditEntry {
	d.t.Helper()
	all, err := d.h.Control.Audit.List(d.t.Context(), d.account, team.AuditFilter{Limit: 1000})
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}
