package handlers

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"callboard/sipgate/team"
)

// signInElsewhere signs the member in once more, in another browser.
func (b *browser) signInElsewhere(change func(*SignIn)) *browser {
	b.d.t.Helper()
	in := b.in
	change(&in)
	w := httptest.NewRecorder()
	if err := b.d.h.Sessions.Start(w, httptest.NewRequest("GET", "/", nil), in); err != nil {
		b.d.t.Fatal(err)
	}
	return &browser{d: b.d, in: in, cookie: w.Result().Cookies()[0], lang: b.lang}
}

// TestWhatAPageSaysAboutTheSignIn: which scopes its features lack, whether
// sipgate refuses the sign-in, and where to come back to.
func TestWhatAPageSaysAboutTheSignIn(t *testing.T) {
	board := []string{"rtcm:read", "rtcm:write", "sessions:calls:write"}
	for _, test := range []struct {
		method, path, scope string
		missing             []string
		next                string
	}{
		{"GET", "/", "openid", board, "/"},
		{"GET", "/calls/x?a=b", "openid", board[1:], "/calls/x?a=b"},
		{"GET", "/calls/x", "rtcm:write sessions:write", nil, "/calls/x"},
		{"GET", "/history?q=a", "openid", []string{"history:read", "history:write"}, "/history?q=a"},
		{"GET", "/history/17", "history:read", []string{"history:write"}, "/history/17"},
		{"POST", "/history/17/note", "history:read", []string{"history:write"}, "/"},
		{"GET", "/figures", "openid", []string{"history:read"}, "/figures"},
		{"GET", "/announcements", "openid", board[2:], "/announcements"},
		{"GET", "/setup", "openid", []string{"settings:sipgateio:write"}, "/setup"},
		{"GET", "/settings", "openid", nil, "/settings"},
		{"GET", "/", "all", nil, "/"},
		{"GET", "/", "rtcm:read rtcm:write sessions:calls:write", nil, "/"},
	} {
		r := httptest.NewRequest(test.method, test.path, nil)
		for _, expired := range []bool{false, true} {
			got := accessOf(r, actor{SignIn: SignIn{User: "w0", Scope: test.scope}, expired: expired})
			if got.Missing != strings.Join(test.missing, " ") || got.Next != test.next || got.Expired != expired {
				t.Errorf("%s %s with %q: %+v, want %q and back to %q", test.method, test.path, test.scope, got, test.missing, test.next)
			}
		}
		onNeo := accessOf(r, actor{SignIn: SignIn{User: "w0", Scope: test.scope}, neo: true})
		needsChannels := !slices.Contains([]string{"/setup", "/settings"}, test.path) && test.scope != "all"
		if slices.Contains(strings.Fields(onNeo.Missing), "channels:read") != needsChannels {
			t.Errorf("on neo, %s with %q: %q", test.path, test.scope, onNeo.Missing)
		}
		if got := accessOf(r, actor{}); got.Missing != "" || got.Expired || got.Next != "/" {
			t.Errorf("%s without a session: %+v", test.path, got)
		}
	}
}

// TestWhySipgateWouldNotDoIt: a member lacks the scope, or the whole sign-in;
// what sipgate has no part in needs neither.
func TestWhySipgateWouldNotDoIt(t *testing.T) {
	for p, scope := range map[team.Permission]string{
		team.Hold: "rtcm:write", team.Mute: "rtcm:write", team.Record: "rtcm:write", team.Transfer: "rtcm:write", team.SendTones: "rtcm:write",
		team.PlayAnnouncement: "rtcm:write", team.HangUp: "rtcm:write", team.StartCall: "sessions:calls:write",
		team.EditOwnHistory: "history:write", team.ManageWebhooks: "settings:sipgateio:write",
		team.WriteNote: "", team.UndoHangUp: "", team.EditOwnSettings: "", team.ManageMembers: "",
	} {
		for _, test := range []struct {
			a    actor
			want string
		}{
			{actor{SignIn: SignIn{Scope: "openid " + scope}}, ""},
			{actor{SignIn: SignIn{Scope: "openid"}}, "scope_missing"},
			{actor{SignIn: SignIn{Scope: "all"}, expired: true}, "sign_in_again"},
		} {
			if scope == "" {
				test.want = ""
			}
			if got := test.a.accessReason(p); got != test.want {
				t.Errorf("%s with %q, expired %v: %q, want %q", p, test.a.SignIn.Scope, test.a.expired, got, test.want)
			}
		}
	}
	if (actor{SignIn: SignIn{Scope: "sessions:write"}}).accessReason(team.StartCall) != "" {
		t.Error("the older name of a scope does not count")
	}
}

// TestWithoutAScopeNothingReachesSipgate: what sipgate did not allow is refused
// and audited, and its buttons say why; the rest works.
func TestWithoutAScopeNothingReachesSipgate(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	c := d.connected(anna, "+4930555001")
	path := "/calls/" + string(c.ID)
	limited := anna.signInElsewhere(func(in *SignIn) { in.Scope = "openid rtcm:read history:read" })
	shows(t, "the board", limited.get("/").Body.String(), `data-access="scope"`, "rtcm:write", "sessions:calls:write", "!(rtcm:read)", `!href="/calls/new"`,
		"sipgate has not granted call control (rtcm:write)")
	shows(t, "the board with all scopes", anna.get("/").Body.String(), `!data-access="scope"`, `href="/calls/new"`, path+"/transfer")
	if w := limited.send(t.Context(), http.MethodPost, path+"/hold", "value=true", "Accept", "application/json"); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `"scope_missing"`) {
		t.Errorf("hold: %d %s", w.Code, w.Body)
	}
	if e := d.audit()[0]; e.Action != team.Hold || e.Outcome != team.OutcomeDenied || e.Parameters != "scope_missing" || e.Call != string(c.ID) {
		t.Errorf("audit %+v", e)
	}
	if w := limited.post(path+"/notes", "text=Hello"); w.Code != http.StatusSeeOther {
		t.Errorf("a note: %d", w.Code)
	}
	if d.state(c).Hold {
		t.Error("the call is held")
	}

	// Then the sign-in ends as a whole.
	if _, err := d.h.Control.Grants.Drop(t.Context(), anna.in.Member()); err != nil {
		t.Fatal(err)
	}
	shows(t, "an expired sign-in", anna.get("/settings?saved=x").Body.String(), `data-access="expired"`, `name="next" value="/settings?saved=x"`)
	if w := anna.post(path+"/hold", "value=true"); w.Code != http.StatusUnauthorized || w.Header().Get("Callboard-Answer") != "sign_in_again" {
		t.Errorf("hold: %d %q", w.Code, w.Header().Get("Callboard-Answer"))
	}
	if e := d.audit()[0]; e.Outcome != team.OutcomeDenied || e.Parameters != "sign_in_again" {
		t.Errorf("audit %+v", e)
	}
	if w := anna.post(path+"/notes", "text=Still+here"); w.Code != http.StatusSeeOther {
		t.Errorf("a note: %d", w.Code)
	}
}
