package handlers

import (
	"net/http"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
)

// TestAnAdminSetsTheTeamsDefault: what counts for members who have not chosen is
// shown to admins, changed by them only, and in the audit in words.
func TestAnAdminSetsTheTeamsDefault(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	standard := func() team.Consent { return d.h.Control.Members.DefaultConsent(d.account) }
	for _, b := range []*browser{d.signIn("w1", team.Lead), d.signIn("w2", team.Agent)} {
		if strings.Contains(b.get("/team").Body.String(), "/team/default") {
			t.Errorf("%s is shown the form", b.in.User)
		}
		if w := b.post("/team/default", ""); w.Code != http.StatusForbidden || standard() != (team.Consent{SharesCalls: true, AllowsLeads: true}) {
			t.Errorf("%s: %d, the default is %+v", b.in.User, w.Code, standard())
		}
		if e := d.audit()[0]; e.Action != team.ManageSettings || e.Outcome != team.OutcomeDenied || e.By != b.in.Member() {
			t.Errorf("%s: audit %+v", b.in.User, e)
		}
	}
	for _, want := range []team.Consent{{SharesCalls: true}, {AllowsLeads: true}, {}, {SharesCalls: true, AllowsLeads: true}} {
		body, params := "", "default shares off leads off"
		if want.SharesCalls {
			body, params = "shares=true&", strings.Replace(params, "shares off", "shares on", 1)
		}
		if want.AllowsLeads {
			body, params = body+"lendable=true", strings.Replace(params, "leads off", "leads on", 1)
		}
		if w := anna.post("/team/default", body); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/team" || standard() != want {
			t.Errorf("%q: %d to %q, the default is %+v", body, w.Code, w.Header().Get("Location"), standard())
		}
		if e := d.audit()[0]; e.Action != team.ManageSettings || e.Outcome != team.OutcomeDone || e.Parameters != params {
			t.Errorf("%q: audit %+v, want %q", body, e, params)
		}
		page := anna.get("/team").Body.String()
		if strings.Contains(page, `name="shares" value="true" checked`) != want.SharesCalls || strings.Contains(page, `name="lendable" value="true" checked`) != want.AllowsLeads {
			t.Errorf("%q: the page does not show %+v", body, want)
		}
	}
	for lang, words := range map[string][2]string{"en": {"Default for members", "team’s default:"}, "de": {"Voreinstellung für Mitglieder", "Voreinstellung des Teams:"}} {
		anna.lang = lang
		if !strings.Contains(anna.get("/team").Body.String(), words[0]) || !strings.Contains(anna.get("/audit").Body.String(), words[1]) {
			t.Errorf("%s: %q are not on the pages", lang, words)
		}
	}
}

// TestColleaguesHaveNamesEverywhere: who never signed in is shown by name, and
// can be chosen by it, wherever members are.
func TestColleaguesHaveNamesEverywhere(t *testing.T) {
	t.Parallel() // it waits for its share of the requests to sipgate
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: 60}); err != nil {
		t.Fatal(err)
	}
	d.loadRoster()
	e := team.AuditEntry{Account: d.account, By: team.MemberID{Account: d.account, User: "w1"}, Via: team.MemberID{Account: d.account, User: "w2"}, Action: team.Hold}
	if err := d.h.Control.Audit.Refused(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for path, texts := range map[string][]string{
		"/team":              {"Jonas Keller", "Mira Hoffmann"},
		"/history":           {`<option value="w1">Jonas Keller</option>`, `<option value="w2">Mira Hoffmann</option>`},
		"/audit":             {`<option value="w1">Jonas Keller</option>`, `<option value="w2">Mira Hoffmann</option>`, "through Mira Hoffmann’s sipgate access"},
		"/figures?span=week": {"Jonas Keller", "Mira Hoffmann"},
	} {
		page := anna.get(path).Body.String()
		for _, text := range texts {
			if !strings.Contains(page, text) {
				t.Errorf("%s lacks %q", path, text)
			}
		}
		for _, id := range []string{">w0<", ">w1<", ">w2<", "access of w2"} {
			if strings.Contains(strings.Join(strings.Fields(page), " "), id) {
				t.Errorf("%s shows %q", path, id)
			}
		}
	}
	if page := strings.Join(strings.Fields(anna.get("/team").Body.String()), " "); !strings.Contains(page, ": connected") && !strings.Contains(page, ": not connected") {
		t.Error("the page of the team shows no phone")
	}
	for query, status := range map[string]int{"w2": 200, "w9": 422} {
		if w := anna.get("/history?member=" + query); w.Code != status {
			t.Errorf("history of %s: %d", query, w.Code)
		}
	}
}

// TestAFavouriteColleagueIsOneMembers: a member marks colleagues and nobody else, with
// or without script; the page of the team and the pickers show it to that member only.
func TestAFavouriteColleagueIsOneMembers(t *testing.T) {
	t.Parallel() // it waits for its share of the requests to sipgate
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas, mira := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent), d.signIn("w2", team.Viewer)
	d.loadRoster()
	if w := mira.post("/team/w1/favourite", "value=true"); w.Code != http.StatusSeeOther {
		t.Errorf("a viewer marks: %d", w.Code)
	}
	for _, test := range []struct {
		path, body string
		want       int
	}{
		{"/team/w0/favourite", "value=true", http.StatusNotFound},
		{"/team/w9/favourite", "value=true", http.StatusNotFound},
		{"/team/w2/favourite", "value=maybe", http.StatusUnprocessableEntity},
		{"/team/w2/favourite", "", http.StatusUnprocessableEntity},
		{"/team/w2/favourite", "value=true", http.StatusSeeOther},
		{"/team/w2/favourite", "value=true", http.StatusSeeOther},
	} {
		if w := anna.post(test.path, test.body); w.Code != test.want {
			t.Errorf("%s %s: %d, want %d", test.path, test.body, w.Code, test.want)
		}
	}
	const pressed = `value="false" aria-pressed="true"`
	if page := anna.get("/team").Body.String(); strings.Count(page, pressed) != 1 || !strings.Contains(page, "Favourite: ") {
		t.Errorf("the page of the team does not show the favourite: %s", page)
	}
	if page := jonas.get("/team").Body.String(); strings.Contains(page, pressed) {
		t.Error("it is another member's favourite, too")
	}
	jonas.post("/team/w2/favourite", "value=true")
	if found := jonas.get("/search?q=").Body.String(); !strings.Contains(found, "data-favourite") || strings.Index(found, "Mira") > strings.Index(found, "Anna") {
		t.Errorf("the picker does not begin with the favourite: %s", found)
	}
	w := anna.send(t.Context(), "POST", "/team/w2/favourite", "value=false", "HX-Request", "true")
	if page := w.Body.String(); !strings.Contains(page, `action="/team/w2/favourite"`) || !strings.Contains(page, `name="value" value="true" aria-pressed="false"`) {
		t.Errorf("the star is answered with %s", page)
	}
	if page := anna.get("/team").Body.String(); strings.Contains(page, pressed) {
		t.Error("the mark cannot be removed")
	}
}

// readContacts makes a member's contacts known.
func (d *dashboard) readContacts(b *browser) {
	d.t.Helper()
	contacts, err := d.h.Control.ClientOf(b.in.Member()).Contacts(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	d.h.Control.Directory.SetContacts(directory.MemberID(b.in.Member()), contacts)
}

// loadRoster waits until the users of the account, their numbers and telephones
// are known.
func (d *dashboard) loadRoster() {
	d.t.Helper()
	roster := d.h.Control.Rosters.Of(d.account)
	if _, err := roster.Users(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	if _, err := roster.Numbers(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	for _, user := range []sipgate.UserID{"w0", "w1", "w2"} {
		if _, err := roster.Devices(d.t.Context(), user); err != nil {
			d.t.Fatal(err)
		}
	}
}

// TestARefusalRepeatedByTheBrowserIsRecordedOnce: what a role may not do is one
// row in the audit for each action id.
func TestARefusalRepeatedByTheBrowserIsRecordedOnce(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	d.signIn("w0", team.Admin)
	jonas := d.signIn("w1", team.Agent)
	for _, test := range []struct {
		id   string
		rows int
	}{{"&action_id=0123456789abcdef", 1}, {"&action_id=0123456789abcdef", 1}, {"&action_id=0123456789abcdef", 1}, {"&action_id=0123456789abcdeg", 2}, {"", 3}, {"", 4}} {
		if w := jonas.post("/team/w2/role", "role=lead"+test.id); w.Code != http.StatusForbidden {
			t.Errorf("%q: %d", test.id, w.Code)
		}
		if rows := d.audit(); len(rows) != test.rows || rows[0].Outcome != team.OutcomeDenied || rows[0].Parameters != "role_agent" || rows[0].By != jonas.in.Member() {
			t.Errorf("%q: audit %+v", test.id, rows)
		}
	}
}
