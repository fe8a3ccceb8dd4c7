package handlers

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
)

var endSession = regexp.MustCompile(`action="(/sessions/[^"]+/end)"`)

// TestAMemberEndsOwnSessions: the settings list the browsers in which one is
// signed in. One ends any of them, or all; nobody else's.
func TestAMemberEndsOwnSessions(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	other := anna.signInElsewhere(func(in *SignIn) { in.Browser, in.Address = "Firefox, Linux", "192.0.2.99" })
	page := anna.get("/settings").Body.String()
	forms := endSession.FindAllStringSubmatch(page, -1)
	shows(t, "the settings", page, "Firefox, Linux", "192.0.2.99", "192.0.2.7", "this browser")
	if len(forms) != 2 || strings.Count(page, "this browser") != 1 {
		t.Fatalf("%d sessions", len(forms))
	}
	_, firefox, _ := strings.Cut(page, "Firefox, Linux")
	path := endSession.FindStringSubmatch(firefox)[1]
	if w := jonas.post(path, ""); w.Code != http.StatusNotFound {
		t.Errorf("a colleague's session: %d", w.Code)
	}
	if w := anna.post(path, ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/settings" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := other.get("/settings"); w.Code != http.StatusSeeOther {
		t.Errorf("the ended session: %d", w.Code)
	}
	if w := anna.post(path, ""); w.Code != http.StatusNotFound {
		t.Errorf("once more: %d", w.Code)
	}
	third := anna.signInElsewhere(func(*SignIn) {})
	if w := anna.post("/sessions/end", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" || w.Header().Get("Clear-Site-Data") == "" {
		t.Errorf("all: %d to %q", w.Code, w.Header().Get("Location"))
	}
	for who, b := range map[string]*browser{"here": anna, "elsewhere": third} {
		if w := b.get("/settings"); w.Code != http.StatusSeeOther {
			t.Errorf("%s a session goes on: %d", who, w.Code)
		}
	}
	if w := jonas.get("/settings"); w.Code != http.StatusOK {
		t.Errorf("a colleague's session: %d", w.Code)
	}
}

// TestTheSettingsOfferWhatAMemberMayChoose: telephones and numbers of those who
// may call, as far as sipgate tells, and what was just saved.
func TestTheSettingsOfferWhatAMemberMayChoose(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, mira := d.signIn("w0", team.Admin), d.signIn("w2", team.Viewer)
	devices, err := d.h.Control.Devices(t.Context(), actorOf(anna).Actor)
	if err != nil || len(devices) == 0 {
		t.Fatal(devices, err)
	}
	offered := d.h.deviceNames(newRequest(anna, "/settings"), actorOf(anna))
	for i, o := range offered {
		if o.Value != string(devices[i].ID) || o.Label == "" || devices[i].Alias != "" && o.Label != devices[i].Alias {
			t.Errorf("%+v is offered as %+v", devices[i], o)
		}
	}
	option := `<option value="` + string(devices[0].ID) + `"`
	shows(t, "an admin's settings", anna.get("/settings?saved=ringing").Body.String(), option, `name="number"`, `name="grace"`)
	shows(t, "a viewer's settings", mira.get("/settings").Body.String(), "!"+option)

	// What others may see and do is saved, and leads back to a page of ours.
	for _, test := range []struct {
		body, to string
		want     team.Consent
	}{
		{"shares=true&next=/team", "/team", team.Consent{SharesCalls: true}},
		{"lendable=true&shares=true&next=https://other.example", "/", team.Consent{SharesCalls: true, AllowsLeads: true}},
		{"", "/", team.Consent{}},
	} {
		w := mira.post("/settings/wishes", test.body)
		m, _ := d.h.Control.Members.Get(mira.in.Member())
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != test.to || m.Consent != test.want {
			t.Errorf("%q: %d to %q, %+v", test.body, w.Code, w.Header().Get("Location"), m.Consent)
		}
		if page := mira.get("/settings").Body.String(); strings.Contains(page, `name="shares" value="true" checked`) != test.want.SharesCalls || strings.Contains(page, `name="lendable" value="true" checked`) != test.want.AllowsLeads {
			t.Errorf("%q: the settings do not show %+v", test.body, test.want)
		}
	}
	if w := mira.post("/settings/wishes", "shares=maybe"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("neither yes nor no: %d", w.Code)
	}
	if _, err := d.sim.AddFault(simulator.Fault{Status: http.StatusServiceUnavailable, Path: "/v2/**"}); err != nil {
		t.Fatal(err)
	}
	if w := anna.get("/settings"); w.Code != http.StatusOK {
		t.Errorf("without sipgate: %d", w.Code)
	}
}
