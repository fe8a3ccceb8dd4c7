package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/forward"
)

// TestTheStatusSaysWhatWorks: what sipgate granted, who is signed in and whose
// access fails, what of its lists cannot be read, and whether the address can be
// reached.
func TestTheStatusSaysWhatWorks(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Lead)
	d.connected(anna, "+4930555001")
	page := jonas.get("/status").Body.String()
	shows(t, "a lead's status", page, "Members signed in</dt><dd>2</dd>", `data-polling="0"`, "!data-unreadable", "!Paused:", "https://calls.example", `data-verdict="leads"`, "The address leads here",
		"<code>"+sipgate.Scopes[0]+"</code>", "!data-missing", strings.TrimPrefix(runtime.Version(), "go"), "Callboard</dt>", `data-platform="classic"`, "!rejects the ID or the secret")
	limited := jonas.signInElsewhere(func(in *SignIn) { in.Scope = "openid rtcm:read" })
	missing := strings.Count(limited.get("/status").Body.String(), "data-missing")
	granted := 0
	for _, s := range sipgate.Scopes {
		if s == "openid" || s == "rtcm:read" {
			granted++
		}
	}
	if missing != len(sipgate.Scopes)-granted {
		t.Errorf("%d of %d scopes are missing", missing, len(sipgate.Scopes))
	}

	if err := d.h.Control.Capabilities.SetMissing(t.Context(), d.account, team.AbilityMute); err != nil {
		t.Fatal(err)
	}
	if _, err := d.h.Control.Grants.Drop(t.Context(), jonas.in.Member()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.sim.AddFault(simulator.Fault{Spoil: "null", Path: "/v2/calls"}); err != nil {
		t.Fatal(err)
	}
	board := d.h.Control.Boards.Board(d.account)
	for range 200 {
		board.Poll(t.Context())
		if h := board.Snapshot().Health; h.Unreadable > 0 && len(h.AuthFailed) > 0 {
			break
		}
	}
	d.h.PublicURL = &url.URL{Scheme: "http", Host: "localhost:8080"}
	shows(t, "what does not work", anna.get("/status").Body.String(), "data-unreadable", "Paused: Member w1", "sign in again", `data-verdict="fails"`, "an address of this computer", "data-missing")
}

// Admins read on the status page how the database does, and which errors were in
// the log last; leads do not. All read the time zone.
func TestTheStatusSaysHowTheServerDoes(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Lead)
	shows(t, "a lead's status", jonas.get("/status").Body.String(), "Time zone</dt>", "!data-failure", "!data-problem")
	shows(t, "an admin's status", anna.get("/status").Body.String(), `data-failure=""`, "GB free on the disk", "not set up", "!Certificate</dt>", "none since the start", "!data-problem")
	var problems []web.Problem
	for i := range 30 {
		problems = append(problems, web.Problem{Message: fmt.Sprintf("problem %02d", i), Count: i + 1, At: time.Now().Add(-time.Hour)})
	}
	d.h.Problems = func() []web.Problem { return problems }
	d.h.Certificate = func() time.Time { return time.Now().AddDate(0, 0, 3) }
	d.h.Backup = func() (time.Time, bool, error) { return time.Now().AddDate(0, 0, -3), true, syscall.ENOSPC }
	d.h.Space = func(context.Context) (int64, int64, error) { return 12_400_000, 900_000_000, syscall.ENOSPC }
	page := anna.get("/status").Body.String()
	shows(t, "an admin's status", page, `data-failure="storage_full"`, "disk is full", "12.4 MB, 0.9 GB free", "Little space is left", "failed; the log says why", "Certificate</dt>", "It expires soon", "<code data-problem>problem 00</code>", "10 times", "!problem 10")
	d.h.Space = func(context.Context) (int64, int64, error) { return 12_400_000, -1, errors.New("odd") }
	shows(t, "an admin's status", anna.get("/status").Body.String(), `data-failure="busy"`, "12.4 MB", "!GB free", "!Little space")
}

// Admins read how several nodes do, and at which one their team is at home.
// Leads do not, and nobody does where there is one node only.
func TestTheStatusListsTheNodes(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Lead)
	shows(t, "a node alone", anna.get("/status").Body.String(), "!st-nodes")
	since := time.Now().Add(-time.Hour)
	all := []forward.Node{{ID: "NODE1", Version: "v1.0.0", State: "draining", Started: since, Teams: 1},
		{ID: "NODE2", Version: "v1.1.0", State: "serving", Started: since, Teams: 70, Here: true}, {ID: "NODE3", Version: "v1.0.0", State: "gone", Started: since, Teams: 40}}
	var failure error
	d.h.NodeList = func(context.Context) ([]forward.Node, error) { return all, failure }
	shows(t, "a lead's status", jonas.get("/status").Body.String(), "!st-nodes")
	page := anna.get("/status").Body.String()
	shows(t, "an admin's status", page, "NODE1", `data-node="draining"`, "1 team, v1.0.0", "NODE2", `data-node="serving"`, "70 teams, v1.1.0", "NODE3", `data-node="gone"`)
	if _, second, _ := strings.Cut(page, "NODE2"); strings.Count(page, "Your team is here") != 1 || strings.Index(second, "Your team is here") > strings.Index(second, "NODE3") {
		t.Error("the team is not at home at the second node alone")
	}
	failure = errors.New("odd")
	shows(t, "without an answer", anna.get("/status").Body.String(), `data-failure="busy"`)
}

// Admins change how much is logged while the program runs. That is in the audit.
func TestAdminsSetTheLogLevel(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Lead)
	shows(t, "at first", anna.get("/status").Body.String(), "<option selected>info</option>", `action="/status/log-level"`)
	shows(t, "a lead's status", jonas.get("/status").Body.String(), `!action="/status/log-level"`)
	for _, bad := range []string{"", "level=", "level=loud", "level=INFO"} {
		if w := anna.post("/status/log-level", bad); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", bad, w.Code)
		}
	}
	if w := anna.post("/status/log-level", "level=debug"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/status#st-server" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	if level := d.h.LogLevel.Level(); level != slog.LevelDebug {
		t.Errorf("the level is %v", level)
	}
	if e := d.audit()[0]; e.Action != team.ManageSettings || e.Parameters != "log debug" || e.Outcome != team.OutcomeDone {
		t.Errorf("audit %+v", e)
	}
	shows(t, "afterwards", anna.get("/status").Body.String(), "<option selected>debug</option>", "!<option selected>info</option>")
	shows(t, "the audit", anna.get("/audit").Body.String(), "log level: debug")
}

// Admins read what is wrong with the reverse proxy, and what to change, until that is
// mended.
func TestTheStatusSaysWhatIsWrongWithTheProxy(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Lead)
	status := func() string { return anna.get("/status").Body.String() }
	through := func(b *browser, path, host string, headers ...string) {
		r := httptest.NewRequest("GET", "https://"+host+path, nil)
		r.RemoteAddr = "10.0.0.5:4711"
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		r.AddCookie(b.cookie)
		d.app.ServeHTTP(httptest.NewRecorder(), r)
	}
	shows(t, "at first", status(), "Reverse proxy</dt>", "nothing wrong seen", "Your address here: 192.0.2.1", "!data-proxy")
	for range 3 {
		through(anna, "/", "10.0.0.9:8080", "X-Forwarded-Host", "calls.example")
	}
	shows(t, "the Host is changed", status(), `data-proxy="host"`, "10.0.0.5 changes the header Host", "<code>proxy_set_header Host $http_host;</code>", "ProxyPreserveHost On")
	through(anna, "/feed", "calls.example", "Origin", "https://calls.example", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version", "13")
	shows(t, "the upgrade is dropped", status(), `data-proxy="upgrade"`, "10.0.0.5 does not let WebSockets through", "proxy_set_header Upgrade $http_upgrade;")
	through(anna, "/menu", "calls.example", "X-Forwarded-For", "203.0.113.1")
	shows(t, "mended", status(), `!data-proxy="host"`, `!data-proxy="untrusted"`)
	through(jonas, "/menu", "calls.example", "X-Forwarded-For", "203.0.113.2")
	shows(t, "not trusted", status(), `data-proxy="untrusted"`, "10.0.0.5 is not trusted", "<code>--trusted-proxies=10.0.0.5</code>")
	shows(t, "a lead's status", jonas.get("/status").Body.String(), "!Reverse proxy</dt>")
	anna.lang = "de"
	shows(t, "in German", status(), "10.0.0.5 gilt nicht als vertrauenswürdig")
}

// TestWebhooksAreSetAndRemoved: by admins, from the status page, which shows
// what is set at sipgate and keeps our address from everybody else.
func TestWebhooksAreSetAndRemoved(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Lead)
	shows(t, "at first", anna.get("/status").Body.String(), `data-webhooks="unset"`, "New addresses", "Set up webhooks", "None since start", "https://calls.example/push/")
	shows(t, "a lead's page", jonas.get("/status").Body.String(), `data-webhooks="unset"`, "!New addresses", "!/push/", "Only admins can change this.")
	before := len(d.audit())
	for _, bad := range []string{"", "do=", "do=other"} {
		if w := anna.post("/status/webhooks", bad); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", bad, w.Code)
		}
	}
	if len(d.audit()) != before {
		t.Error("a mistake is in the audit")
	}
	for do, state := range map[string]string{"set": "set", "remove": "unset"} {
		if do == "remove" {
			anna.post("/status/webhooks", "do=set")
		}
		if w := anna.post("/status/webhooks", "do="+do); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/status" {
			t.Errorf("%s: %d to %q", do, w.Code, w.Header().Get("Location"))
		}
		if e := d.audit()[0]; e.Action != team.ManageWebhooks || e.Parameters != do || e.Outcome != team.OutcomeDone {
			t.Errorf("%s: audit %+v", do, e)
		}
		shows(t, do, anna.get("/status").Body.String(), `data-webhooks="`+state+`"`)
	}
	if _, err := d.sim.AddFault(simulator.Fault{Status: http.StatusServiceUnavailable, Path: "/v2/**"}); err != nil {
		t.Fatal(err)
	}
	shows(t, "without sipgate", anna.get("/status").Body.String(), `data-webhooks="unknown"`, "sipgate does not answer")
	if w := anna.post("/status/webhooks", "do=set"); w.Code != http.StatusBadGateway && w.Code != http.StatusServiceUnavailable {
		t.Errorf("without sipgate: %d", w.Code)
	}
	d.sim.ClearFaults()
	if w := jonas.post("/status/platform", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/status#platform" {
		t.Errorf("what the account can do: %d to %q", w.Code, w.Header().Get("Location"))
	}
}
