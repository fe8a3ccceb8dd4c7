package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
	"callboard/web"
)

// grantTokens makes the login server exchange codes for tokens of a user, or
// refuse them with an error.
func (d *dashboard) grantTokens(user sipgate.UserID, refusal string) {
	d.t.Helper()
	token, err := d.sim.Token(d.account, string(user), "all")
	if err != nil {
		d.t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if refusal != "" {
			w.WriteHeader(http.StatusBadRequest)
			json.NewEncoder(w).Encode(map[string]any{"error": refusal})
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"access_token": token["access_token"], "refresh_token": "R-" + string(user), "token_type": "bearer", "expires_in": 300, "scope": "all"})
	}))
	d.t.Cleanup(srv.Close)
	d.h.Login.TokenURL = srv.URL
}

// depart begins a sign-in and returns its state, and the cookie of the attempt.
func (d *dashboard) depart(next string, headers ...string) (state, cookie string) {
	d.t.Helper()
	w := (&browser{d: d}).send(d.t.Context(), http.MethodPost, "/login", "next="+url.QueryEscape(next), headers...)
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther || !strings.HasSuffix(to.Path, "/auth") || to.Query().Get("redirect_uri") != "https://calls.example/oauth/callback" || to.Query().Get("scope") != strings.Join(sipgate.Scopes, " ") {
		d.t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	cookie, _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return to.Query().Get("state"), cookie
}

// comeBack is the browser's return from the login server.
func (d *dashboard) comeBack(query string, cookies ...string) *httptest.ResponseRecorder {
	return (&browser{d: d}).send(d.t.Context(), http.MethodGet, "/oauth/callback?"+query, "", "Cookie", strings.Join(cookies, "; "), "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
}

// TestASignInLeadsToWhereItBegan: the member has a session with the name that
// sipgate knows, is on the board with a grant, and is back on the page that was
// asked for, of this dashboard only.
func TestASignInLeadsToWhereItBegan(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	d.grantTokens("w0", "")
	for next, want := range map[string]string{"/history?q=a": "/history?q=a", "": "/", "https://evil.example/": "/"} {
		state, cookie := d.depart(next)
		w := d.comeBack("code=x&state="+state, cookie)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Fatalf("from %q: %d to %q", next, w.Code, w.Header().Get("Location"))
		}
		anna := &browser{d: d, lang: "en"}
		for _, c := range w.Result().Cookies() {
			if c.MaxAge >= 0 {
				anna.cookie = c
			}
		}
		page := anna.get("/settings").Body.String()
		if !strings.Contains(page, "Anna Bergmann") || !strings.Contains(page, "192.0.2.1") || !strings.Contains(page, "Firefox") {
			t.Error("the settings lack the member's name, address or browser")
		}
		if w := anna.get("/login?next=%2Fteam"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/team" {
			t.Errorf("signed in and at the sign-in: %d to %q", w.Code, w.Header().Get("Location"))
		}
		if anna.get("/audit").Code != http.StatusOK {
			t.Error("the first admin of the account is none here")
		}
	}
	member := team.MemberID{Account: d.account, User: "w0"}
	if m, ok := d.h.Control.Members.Get(member); !ok || m.Name != "Anna Bergmann" || d.h.Control.Grants.State(member) == team.StateNeedsLogin {
		t.Errorf("member %+v", m)
	}
	if online := d.h.Control.Boards.Board(d.account).Members(); len(online) != 1 || online[0] != "w0" {
		t.Errorf("on the board: %q", online)
	}
	if d.h.Control.Zones.Of(d.account).String() != "Europe/Berlin" {
		t.Errorf("the zone is %s", d.h.Control.Zones.Of(d.account))
	}
	stranger := &browser{d: d}
	if w := stranger.get("/login"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `action="/login"`) {
		t.Errorf("the sign-in page: %d", w.Code)
	}
}

// TestAReturnThatMeansNothing: whoever is signed in is led to the board. Others
// are told what went wrong at the sign-in page, and one that took too long begins
// again, once.
func TestAReturnThatMeansNothing(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	signedIn := anna.cookie.Name + "=" + anna.cookie.Value
	for query, status := range map[string]int{"": 400, "error=access_denied": 400, "state=x&code=y": 400, "error=invalid_client": 400, "error=server_error": 502} {
		w := d.comeBack(query)
		if w.Code != status || !strings.Contains(w.Body.String(), `action="/login"`) || !strings.Contains(w.Body.String(), `role="alert"`) {
			t.Errorf("%q: %d", query, w.Code)
		}
		w = d.comeBack(query, signedIn)
		if ours := query != "error=invalid_client" && query != "error=server_error"; ours != (w.Code == http.StatusSeeOther && w.Header().Get("Location") == "/") {
			t.Errorf("%q of a member who is signed in: %d to %q", query, w.Code, w.Header().Get("Location"))
		}
	}
	d.grantTokens("w0", "invalid_grant")
	state, cookie := d.depart("/history")
	w := d.comeBack("code=x&state="+state, cookie)
	to, _ := url.Parse(w.Header().Get("Location"))
	if w.Code != http.StatusSeeOther || to == nil || !strings.HasSuffix(to.Path, "/auth") {
		t.Fatalf("too late: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if again := d.comeBack("code=x&state="+to.Query().Get("state"), cookie); again.Code == http.StatusSeeOther || !strings.Contains(again.Body.String(), `action="/login"`) {
		t.Errorf("too late twice: %d to %q", again.Code, again.Header().Get("Location"))
	}
	d.grantTokens("w0", "")
	if _, err := d.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: 503, Path: "/v2/authorization/userinfo"}); err != nil {
		t.Fatal(err)
	}
	state, cookie = d.depart("/")
	if w := d.comeBack("code=x&state="+state, cookie); w.Code != http.StatusBadGateway || strings.Contains(w.Header().Get("Set-Cookie"), "__Host-s=") {
		t.Errorf("sipgate does not say whose tokens they are: %d", w.Code)
	}
}

// TestAnIdentityTokenMustNameTheSameUser: an identity token of another user than the
// API's ends the sign-in. Without the list of users, the member is no admin yet.
func TestAnIdentityTokenMustNameTheSameUser(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	token, err := d.sim.Token(d.account, "w0", "all")
	if err != nil {
		t.Fatal(err)
	}
	access := token["access_token"].(string)
	for subject, ok := range map[string]bool{"w0": true, "": true, "w1": false, "0b1f-a-uuid": true} {
		s, err := d.h.identify(t.Context(), web.Tokens{Access: access, Scope: "openid rtcm:read", Subject: subject})
		if (err == nil) != ok || ok && (s.User != "w0" || s.Account != d.account || s.Scope != "openid rtcm:read") {
			t.Errorf("%q: %+v, %v", subject, s, err)
		}
	}
	s, err := d.h.identify(t.Context(), web.Tokens{Access: access})
	if err != nil || s.User != "w0" || s.Scope == "" {
		t.Errorf("%+v, %v", s, err)
	}
	if user := d.h.readUser(t.Context(), s, access); user == nil || user.Lastname != "Bergmann" || !user.Admin {
		t.Errorf("%+v", user)
	}
	if _, err := d.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: 403, Path: "/v2/users"}); err != nil {
		t.Fatal(err)
	}
	if user := d.h.readUser(t.Context(), s, access); user != nil {
		t.Errorf("without the users: %+v", user)
	}
}

// TestAFailedSignOutLosesNoGrant: if the session cannot be ended, the member
// stays signed in, on the board and at sipgate, and can try again.
func TestAFailedSignOutLosesNoGrant(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	for _, path := range []string{"/logout", "/sessions/end"} {
		if _, err := d.db.ExecContext(t.Context(), `create trigger full before delete on web_session begin select raise(fail, 'disk full'); end`); err != nil {
			t.Fatal(err)
		}
		if w := anna.post(path, ""); w.Code < 500 || w.Header().Get("Clear-Site-Data") != "" {
			t.Errorf("%s fails: %d", path, w.Code)
		}
		if d.h.Control.Grants.State(anna.in.Member()) == team.StateNeedsLogin || len(d.h.Control.Boards.Board(d.account).Members()) != 1 {
			t.Errorf("after %s failed the grant is lost", path)
		}
		if _, err := d.db.ExecContext(t.Context(), `drop trigger full`); err != nil {
			t.Fatal(err)
		}
		if w := anna.get("/"); w.Code != http.StatusOK {
			t.Errorf("after %s failed: %d", path, w.Code)
		}
	}
	if _, err := d.db.ExecContext(t.Context(), `create trigger full before delete on grants begin select raise(fail, 'disk full'); end`); err != nil {
		t.Fatal(err)
	}
	if w := anna.post("/logout", ""); w.Code < 500 {
		t.Errorf("the grant cannot be dropped: %d", w.Code)
	}
}

// TestTheLastSignOutIsToldToSipgate: the tokens are given back with the member's
// last session, whether sipgate takes that or not.
func TestTheLastSignOutIsToldToSipgate(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	var told []string
	status := http.StatusNoContent
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told = append(told, r.FormValue("refresh_token"))
		w.WriteHeader(status)
	}))
	defer srv.Close()
	d.h.OAuth.LogoutURL = srv.URL
	anna, phone := d.signIn("w0", team.Admin), d.signIn("w0", team.Admin)
	anna.post("/logout", "")
	if len(told) != 0 || d.h.Control.Grants.State(anna.in.Member()) == team.StateNeedsLogin {
		t.Errorf("with a session left: %q", told)
	}
	phone.post("/logout", "")
	if len(told) != 1 || told[0] != "unused" || d.h.Control.Grants.State(anna.in.Member()) != team.StateNeedsLogin {
		t.Errorf("without a session: %q", told)
	}
	status = http.StatusServiceUnavailable
	if w := d.signIn("w0", team.Admin).post("/logout", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" || len(told) != 2 {
		t.Errorf("sipgate does not take it: %d, %q", w.Code, told)
	}
}

// TestWithoutASessionNothingIsAnswered: a page leads to the sign-in and back, all
// else gets 401, and if sessions cannot be read nobody is taken for signed out. The
// cookie of no session goes with a page only: what a page requests by itself may be
// answered when another tab has just signed in.
func TestWithoutASessionNothingIsAnswered(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	stale := anna.cookie.Name + "=stale"
	for _, test := range []struct {
		method, path string
		headers      []string
		status       int
		to           string
	}{
		{"GET", "/history?q=a&b", nil, 303, "/login?next=%2Fhistory%3Fq%3Da%26b"},
		{"GET", "/history", []string{"HX-Request", "true"}, 401, ""},
		{"GET", "/history", []string{"Accept", "application/json"}, 401, ""},
		{"POST", "/calls", nil, 401, ""},
		{"POST", "/logout", nil, 401, ""},
		{"GET", "/feed/poll", nil, 401, ""},
		{"GET", "/session", nil, 401, ""},
	} {
		w := (&browser{d: d}).send(t.Context(), test.method, test.path, "", append(test.headers, "Cookie", stale)...)
		if w.Code != test.status || w.Header().Get("Location") != test.to || strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") != (test.to != "") {
			t.Errorf("%s %s %v: %d to %q, %q", test.method, test.path, test.headers, w.Code, w.Header().Get("Location"), w.Header().Get("Set-Cookie"))
		}
	}
	if w := anna.send(t.Context(), http.MethodHead, "/history", ""); w.Code != http.StatusOK {
		t.Errorf("HEAD: %d", w.Code)
	}
	d.signIn("w1", team.Agent)
	before := len(d.audit())
	if w := d.signIn("w1", team.Agent).send(t.Context(), http.MethodHead, "/audit", ""); w.Code != http.StatusForbidden || len(d.audit()) != before {
		t.Errorf("HEAD of what a role may not see: %d, %d rows", w.Code, len(d.audit())-before)
	}
	signedIn, err := MemberSessions{d.h.Sessions}.SignedIn(t.Context())
	if err != nil || len(signedIn) != 3 || signedIn[0].MemberID.Account != d.account || signedIn[0].Name == "" {
		t.Errorf("signed in %+v, %v", signedIn, err)
	}
	for user, want := range map[sipgate.UserID]bool{"w0": true, "w2": false} {
		if got, err := (MemberSessions{d.h.Sessions}).IsSignedIn(t.Context(), team.MemberID{Account: d.account, User: user}); err != nil || got != want {
			t.Errorf("%s is signed in: %v, %v", user, got, err)
		}
	}
	unread := d.signIn("w0", team.Admin)
	if _, err := d.db.ExecContext(t.Context(), `alter table web_session rename to gone`); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/history", "/feed/poll", "/session", "/login"} {
		if w := unread.get(path); w.Code < 500 || strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%s while sessions cannot be read: %d %q", path, w.Code, w.Header().Get("Set-Cookie"))
		}
	}
}

// TestAClaimedCallIsOverriddenOnlyIfAskedFor: while another member has a dialog
// about a call open, a command is refused and says whose it is; it is carried out
// if the member insists and may, or when the dialog is closed.
func TestAClaimedCallIsOverriddenOnlyIfAskedFor(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	jonas := d.signIn("w1", team.Lead)
	d.loadRoster()
	if _, err := d.h.Control.Rosters.Of(d.account).Extensions(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	c := d.connected(jonas, "+4930555001")
	at := "/calls/" + string(c.ID)
	claim := func(b *browser, body string, status int) {
		t.Helper()
		if w := b.post(at+"/claim", body); w.Code != status || status == http.StatusNoContent && w.Body.Len() != 0 {
			t.Errorf("%s claims with %q: %d %.200s", b.in.User, body, w.Code, w.Body)
		}
	}
	mute := func(body string, status int) {
		t.Helper()
		w := jonas.send(t.Context(), http.MethodPost, at+"/muted", body, "Accept", "application/json")
		if w.Code != status {
			t.Fatalf("%s: %d %s", body, w.Code, w.Body)
		}
		if status == http.StatusConflict {
			fault, _ := fields(t, w)["error"].(map[string]any)
			if text, _ := fault["message"].(string); fault["code"] != "attended" || fault["override"] != true || !strings.Contains(text, "Member w0") && !strings.Contains(text, "Anna Bergmann") {
				t.Errorf("%s: %s", body, w.Body)
			}
		}
	}
	claim(anna, "verb=transfer&input=true", http.StatusNoContent)
	claim(jonas, "verb=mute&input=true", http.StatusConflict)
	mute("value=true", http.StatusConflict)
	if w := jonas.script(at+"/muted", "value=true"); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `data-error="attended" data-override`) {
		t.Errorf("a script gets %d %.200s", w.Code, w.Body)
	}
	if d.state(c).Muted {
		t.Error("muted although it is claimed")
	}
	mute("value=true&override=true", http.StatusOK)
	if !d.state(c).Muted {
		t.Error("not muted although that was insisted on")
	}
	claim(anna, "verb=transfer&input=true&override=true", http.StatusNoContent)
	claim(anna, "verb=", http.StatusNoContent)
	mute("value=false", http.StatusOK)
	claim(anna, "verb=transfer&input=true&override=true", http.StatusNoContent)
	claim(jonas, "verb=mute&input=true&override=true", http.StatusNoContent)
	mute("value=true", http.StatusOK)
	claim(anna, "verb=dance", http.StatusUnprocessableEntity)
	claim(anna, "verb=hold&input=perhaps", http.StatusUnprocessableEntity)
	if w := anna.post("/calls/none/claim", "verb=hold"); w.Code != http.StatusNotFound {
		t.Errorf("a call that does not exist: %d", w.Code)
	}
}

// TestATabThatLeavesDoesNotEndTheSignIn: tokens that sipgate has issued are kept
// although the browser is gone.
func TestATabThatLeavesDoesNotEndTheSignIn(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	token, err := d.sim.Token(d.account, "w0", "all")
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancelCause(t.Context())
	leave(errors.New("the tab was closed"))
	r := httptest.NewRequestWithContext(gone, http.MethodGet, "/oauth/callback", nil)
	w := httptest.NewRecorder()
	if err := d.h.finishLogin(w, r, web.Tokens{Access: token["access_token"].(string), Refresh: "R", Life: time.Hour}, "/team"); err != nil || w.Header().Get("Location") != "/team" {
		t.Errorf("%v, to %q", err, w.Header().Get("Location"))
	}
	if d.h.Control.Grants.State(team.MemberID{Account: d.account, User: "w0"}) == team.StateNeedsLogin {
		t.Error("the tokens are lost")
	}
}
