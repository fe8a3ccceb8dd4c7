package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
)

// TestEachSectionOfTheSettingsSavesWhatItShows: a form changes its own
// preferences, all of them, and no others; a browser is led back to the section,
// and a program learns that it is done.
func TestEachSectionOfTheSettingsSavesWhatItShows(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	want := team.DefaultPreferences()
	week := func(days int) team.QuietHours {
		return team.QuietHours{On: true, From: 22*60 + 15, To: 6 * 60, Days: days}
	}
	for _, test := range []struct {
		section, body string
		change        func(p *team.Preferences)
	}{
		{"display", "lang=de&theme=dark&only_mine=true", func(p *team.Preferences) { p.Lang, p.Theme, p.Keys, p.OnlyMine = "de", team.Dark, false, true }},
		{"display", "lang=en&theme=&keys=true", func(p *team.Preferences) { p.Lang, p.Theme, p.Keys, p.OnlyMine = "en", team.SystemTheme, true, false }},
		{"ringing", "volume=35&rings_all=true&notify=true&quiet=true&quiet_from=22:15&quiet_to=06:00&mon=true&wed=true&sun=true", func(p *team.Preferences) {
			p.Sound, p.Notify, p.RingsAll, p.Volume, p.Quiet = false, true, true, 35, week(0b1000101)
		}},
		{"ringing", "sound=true&volume=0&quiet=true&quiet_from=22:15&quiet_to=06:00&tue=true&thu=true&fri=true&sat=true", func(p *team.Preferences) {
			p.Sound, p.Notify, p.RingsAll, p.Volume, p.Quiet = true, false, false, 0, week(0b0111010)
		}},
		{"calls", "grace=8&device=e0&number=0221+4710110", func(p *team.Preferences) { p.Grace, p.Device, p.Number = 8, "e0", "+492214710110" }},
		{"calls", "grace=0&device=&number=", func(p *team.Preferences) { p.Grace, p.Device, p.Number = 0, "", "" }},
	} {
		if test.section == "calls" {
			test.body = strings.Replace(test.body, "0221+4710110", "%2B49+221+4710110", 1)
		}
		w := anna.post("/settings/"+test.section, test.body)
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != "/settings?saved="+test.section+"#"+test.section {
			t.Errorf("%s %s: %d to %q", test.section, test.body, w.Code, to)
		}
		test.change(&want)
		if got := d.h.Control.Members.Preferences(anna.in.Member()); got != want {
			t.Errorf("%s %s: saved %+v, want %+v", test.section, test.body, got, want)
		}
	}
	if n := strings.Count(anna.get("/settings?saved=calls").Body.String(), `class="saved"`); n != 1 {
		t.Errorf("%d sections are said to be saved", n)
	}
	if w := anna.program("/settings/display", `{"action_id":"0123456789abcdef","lang":"de","theme":"light"}`); w.Code != http.StatusOK || fields(t, w)["outcome"] != "done" {
		t.Errorf("a program: %d %s", w.Code, w.Body)
	}
	for _, test := range []struct {
		body             string
		onlyMine, notify bool
	}{{"only_mine=true", true, false}, {"notify=true", true, true}, {"only_mine=false", false, true}, {"notify=false", false, false}} {
		if w := anna.post("/settings/toggle", test.body); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
			t.Errorf("%s: %d to %q", test.body, w.Code, w.Header().Get("Location"))
		}
		if p := d.h.Control.Members.Preferences(anna.in.Member()); p.OnlyMine != test.onlyMine || p.Notify != test.notify || p.Theme != team.Light {
			t.Errorf("%s: saved %+v", test.body, p)
		}
	}
	for _, test := range []struct {
		body string
		want func(p *team.Preferences)
	}{
		{"theme=dark", func(p *team.Preferences) { p.Theme = team.Dark }}, {"theme=", func(p *team.Preferences) { p.Theme = team.SystemTheme }},
		{"lang=en", func(p *team.Preferences) { p.Lang = "en" }}, {"density=compact", func(p *team.Preferences) { p.Density = team.Compact }},
		{"density=", func(p *team.Preferences) { p.Density = team.AutomaticDensity }},
	} {
		want := d.h.Control.Members.Preferences(anna.in.Member())
		test.want(&want)
		if w := anna.program("/settings/toggle", `{"action_id":"0123456789abcdef","`+strings.Replace(test.body, "=", `":"`, 1)+`"}`); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", test.body, w.Code, w.Body)
		}
		if got := d.h.Control.Members.Preferences(anna.in.Member()); got != want {
			t.Errorf("%s in the menu: saved %+v, want %+v", test.body, got, want)
		}
	}
	before := d.h.Control.Members.Preferences(anna.in.Member())
	for _, body := range []string{"theme=pink", "lang=fr", "density=tiny"} {
		if w := anna.post("/settings/toggle", body); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	if got := d.h.Control.Members.Preferences(anna.in.Member()); got != before {
		t.Errorf("what is no choice was saved: %+v", got)
	}
	if w := anna.script("/settings/toggle", "only_mine=true"); w.Code != http.StatusNoContent {
		t.Errorf("a script: %d", w.Code)
	}
	if p := d.h.Control.Members.Preferences(jonas.in.Member()); p != team.DefaultPreferences() {
		t.Errorf("another member's: %+v", p)
	}
}

// TestWhatCannotBeSavedIsShownAsTyped: nothing of a form with a mistake is saved.
// A browser gets the section with what was typed, the field marked; a script and
// a program get the name of the field.
func TestWhatCannotBeSavedIsShownAsTyped(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	for _, test := range []struct{ path, body, field, shown string }{
		{"/settings/display", "lang=fr&theme=dark&keys=true", "lang", `value="dark" selected`},
		{"/settings/display", "lang=en-XA&theme=", "lang", `name="lang" aria-invalid="true"`},
		{"/settings/display", "lang=&theme=pink", "theme", `name="theme" aria-invalid="true"`},
		{"/settings/ringing", "volume=101&quiet_from=20:00&quiet_to=07:00&mon=true", "volume", `value="101" aria-invalid="true"`},
		{"/settings/ringing", "volume=60&quiet_from=25:00&quiet_to=07:00", "quiet_from", `role="alert"`},
		{"/settings/calls", "grace=3", "grace", `role="alert"`},
		{"/settings/calls", "grace=4&number=112", "number", `name="number" aria-invalid="true"`},
	} {
		w := anna.post(test.path, test.body)
		if page := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(page, test.shown) || strings.Contains(page, `class="saved"`) || !strings.Contains(page, `action="/settings/calls"`) {
			t.Errorf("%s %s: %d without %s", test.path, test.body, w.Code, test.shown)
		}
		if w := anna.script(test.path, test.body); w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), "<html") || !strings.Contains(w.Body.String(), `data-error="bad_param"`) {
			t.Errorf("%s %s: a script gets %d %.200s", test.path, test.body, w.Code, w.Body)
		}
		w = anna.send(t.Context(), http.MethodPost, test.path, test.body, "Accept", "application/json")
		if fault, _ := fields(t, w)["error"].(map[string]any); fault["field"] != test.field {
			t.Errorf("%s %s: a program gets %s", test.path, test.body, w.Body)
		}
	}
	for _, bad := range [][2]string{{"/settings/toggle", "only_mine=perhaps"}, {"/settings/wishes", "shares=perhaps"}} {
		if w := anna.post(bad[0], bad[1]); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s %s: %d", bad[0], bad[1], w.Code)
		}
	}
	if w := anna.send(t.Context(), http.MethodPost, "/settings/display", "<x/>", "Content-Type", "text/xml"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("no form: %d", w.Code)
	}
	if p := d.h.Control.Members.Preferences(anna.in.Member()); p != team.DefaultPreferences() {
		t.Errorf("saved all the same: %+v", p)
	}
	if d.h.Demo = true; anna.post("/settings/display", "lang=en-XA&theme=").Code != http.StatusSeeOther {
		t.Error("the demo lacks its own language")
	}
}

// TestConsentIsTheMembersOwn: what others may see and do is saved as ticked, for
// the member only, and shown; the form leads back to where it was on these pages.
func TestConsentIsTheMembersOwn(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	consent := func(b *browser) team.Consent {
		m, _ := d.h.Control.Members.Get(b.in.Member())
		return m.Consent
	}
	others := consent(anna)
	for _, test := range []struct {
		body, next string
		want       team.Consent
	}{
		{"shares=true&next=%2Fteam", "/team", team.Consent{SharesCalls: true}},
		{"lendable=true&next=https%3A%2F%2Fevil.example", "/", team.Consent{AllowsLeads: true}},
		{"next=%2Fsettings", "/settings", team.Consent{}},
		{"shares=true&lendable=true", "/", team.Consent{SharesCalls: true, AllowsLeads: true}},
	} {
		w := jonas.post("/settings/wishes", test.body)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != test.next || consent(jonas) != test.want {
			t.Errorf("%s: %d to %q, saved %+v", test.body, w.Code, w.Header().Get("Location"), consent(jonas))
		}
		page := jonas.get("/settings").Body.String()
		if strings.Contains(page, `name="shares" value="true" checked`) != test.want.SharesCalls || strings.Contains(page, `name="lendable" value="true" checked`) != test.want.AllowsLeads {
			t.Errorf("%s: the settings do not show it", test.body)
		}
	}
	if consent(anna) != others {
		t.Errorf("another member's: %+v", consent(anna))
	}
}

// TestSessionsAreEndedByTheirOwner: the settings list the member's own sessions
// with their address; one can be ended, or all, which leads to the sign-in; those
// of others cannot.
func TestSessionsAreEndedByTheirOwner(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	phone, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	ends := regexp.MustCompile(`action="(/sessions/[^"/]+/end)"`)
	list := func(b *browser) (all []string) {
		for _, m := range ends.FindAllStringSubmatch(b.get("/settings").Body.String(), -1) {
			all = append(all, m[1])
		}
		return all
	}
	mine, his := list(anna), list(jonas)
	if len(mine) != 2 || len(his) != 1 || !strings.Contains(anna.get("/settings").Body.String(), "192.0.2.7") {
		t.Fatalf("%d and %d sessions", len(mine), len(his))
	}
	for path, status := range map[string]int{his[0]: 404, "/sessions/none/end": 404} {
		if w := anna.post(path, ""); w.Code != status {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if jonas.get("/settings").Code != http.StatusOK {
		t.Error("another member's session was ended")
	}
	page := phone.get("/settings").Body.String()
	current := strings.Index(page, "<small>") // "this browser"
	other := mine[0]
	if i := strings.Index(page, mine[0]); current >= 0 && i > current && strings.Index(page, mine[1]) > i {
		other = mine[1]
	}
	if w := phone.post(other, ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/settings" {
		t.Errorf("one session: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if a, b := anna.get("/settings").Code == http.StatusOK, phone.get("/settings").Code == http.StatusOK; a == b {
		t.Errorf("one of two was ended: %v, %v", a, b)
	}
	third := d.signIn("w0", team.Admin)
	if w := third.post("/sessions/end", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" || w.Header().Get("Clear-Site-Data") == "" {
		t.Errorf("all sessions: %d to %q", w.Code, w.Header().Get("Location"))
	}
	for _, b := range []*browser{anna, phone, third} {
		if w := b.get("/settings"); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/login") {
			t.Errorf("a session is alive: %d", w.Code)
		}
	}
	if d.h.Control.Grants.State(anna.in.Member()) != team.StateNeedsLogin || jonas.get("/settings").Code != http.StatusOK {
		t.Error("not all of the member's, or more than that, is gone")
	}
}

// TestMembersAreShownAsTheyAre: who is here, talks and was removed, and which one
// oneself is.
func TestMembersAreShownAsTheyAre(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	d.loadRoster()
	d.connected(jonas, "+4930555001")
	cards := func(b *browser) map[string]string {
		all := map[string]string{}
		for _, card := range strings.Split(b.get("/team").Body.String(), `<li class="card person"`)[1:] {
			for _, name := range []string{"Anna", "Member w0", "Jonas", "Member w1", "Mira"} {
				if _, head, _ := strings.Cut(card, "<h2>"); strings.HasPrefix(strings.TrimSpace(head), name) {
					all[name[len(name)-2:]] = card
				}
			}
		}
		return all
	}
	all := cards(anna)
	me, he, she := all["w0"]+all["na"], all["w1"]+all["as"], all["ra"]
	if me == "" || he == "" || she == "" {
		t.Fatalf("the members are %q", all)
	}
	for _, test := range []struct {
		who, card, text string
		want            bool
	}{
		{"Anna", me, "<small>", true}, {"Jonas", he, "<small>you", false},
		{"Anna", me, "data-online", true}, {"Jonas", he, "data-online", true}, {"Mira", she, "data-online", false},
		{"Jonas", he, `data-tone="good"`, true}, {"Anna", me, `data-tone="good"`, false},
		{"Jonas", he, `action="/team/w1/remove"`, true}, {"Mira", she, `action="/team/w2/remove"`, false},
		{"Anna", me, `action="/settings/wishes"`, false}, {"Jonas", he, `action="/settings/wishes"`, false},
	} {
		if strings.Contains(test.card, test.text) != test.want {
			t.Errorf("%s: %s is %v", test.who, test.text, !test.want)
		}
	}
	if page := jonas.get("/team").Body.String(); strings.Contains(page, `action="/team/w0/remove"`) {
		t.Error("an agent manages members")
	}
	for path, status := range map[string]int{"/team/w9/restore": 404, "/team/w9/remove": 404, "/team/w2/sign-out": 404} {
		if w := anna.post(path, ""); w.Code != status {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if e := anna.post("/team/w1/remove", ""); e.Code != http.StatusSeeOther {
		t.Fatal(e.Code)
	}
	if row := d.audit()[0]; row.Parameters != "remove" || row.Parties == "" || row.By != anna.in.Member() {
		t.Errorf("audit %+v", row)
	}
	if !strings.Contains(anna.get("/team").Body.String(), `action="/team/w1/restore"`) {
		t.Error("a removed member cannot be restored")
	}
	if w := jonas.get("/"); w.Code != http.StatusSeeOther {
		t.Errorf("a removed member is here: %d", w.Code)
	}
}

// TestTheSetupIsFollowed: an admin is led through the setup until events come or
// this browser has finished it, and sees what is done; others are not.
func TestTheSetupIsFollowed(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	d.h.PublicURL = &url.URL{Scheme: "http", Host: "localhost:8080"} // nothing is asked of the network
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	led := func(b *browser, headers ...string) bool {
		return strings.Contains(b.send(t.Context(), http.MethodGet, "/", "", headers...).Body.String(), `href="/setup"`)
	}
	if !led(anna) || led(jonas) {
		t.Errorf("led: the admin %v, an agent %v", led(anna), led(jonas))
	}
	if d.h.Demo = true; led(anna) {
		t.Error("the demo needs a setup")
	}
	d.h.Demo = false
	done := func(step string) bool {
		_, rest, ok := strings.Cut(anna.get("/setup").Body.String(), `id="step-`+step+`"`)
		if !ok {
			t.Fatalf("no step %s", step)
		}
		return strings.HasPrefix(rest, " data-done")
	}
	if !done("signin") || done("address") || done("webhooks") || done("roles") {
		t.Error("at first, more or less than the sign-in is done")
	}
	// The pages agree on the address.
	verdict := func(path string) string {
		_, rest, _ := strings.Cut(anna.get(path).Body.String(), "data-verdict=")
		text, _, _ := strings.Cut(rest, "</span>")
		return text
	}
	agree := func(want string) {
		t.Helper()
		if setup, status := verdict("/setup"), verdict("/status"); setup != status || !strings.Contains(setup, want) {
			t.Errorf("the setup says %q, the status %q, want %q", setup, status, want)
		}
	}
	agree("an address of this computer")
	kept := anna.post("/setup/roles", "")
	if kept.Header().Get("Location") != "/setup#step-roles" {
		t.Errorf("the roles are kept: to %q", kept.Header().Get("Location"))
	}
	keeps := func(cookie string) bool {
		return strings.Contains(anna.send(t.Context(), http.MethodGet, "/setup", "", "Cookie", cookie).Body.String(), `id="step-roles" data-done`)
	}
	if cookie, _, _ := strings.Cut(kept.Header().Get("Set-Cookie"), ";"); !keeps(cookie) || keeps(rolesCookie+"=another account") {
		t.Errorf("%q keeps the roles %v, that of another account %v", cookie, keeps(cookie), keeps(rolesCookie+"=another account"))
	}
	if page := anna.get("/setup").Body.String(); !strings.Contains(page, "http://localhost:8080") || !strings.Contains(page, d.account) {
		t.Error("the address or the account is not named")
	}
	if anna.post("/team/w1/role", "role=lead"); !done("roles") {
		t.Error("a role is not seen")
	}
	secure := anna.post("/setup/done", "")
	d.h.PublicURL = &url.URL{Scheme: "https", Host: "calls.example"}
	for _, w := range []struct {
		secure bool
		cookie string
		to     string
	}{{false, secure.Header().Get("Set-Cookie"), secure.Header().Get("Location")}, {true, anna.post("/setup/done", "").Header().Get("Set-Cookie"), "/"}} {
		if !strings.HasPrefix(w.cookie, "setup=done; Path=/; Max-Age=31536000; HttpOnly") || !strings.Contains(w.cookie, "SameSite=Lax") || strings.Contains(w.cookie, "Secure") != w.secure || w.to != "/" {
			t.Errorf("finished: %q to %q", w.cookie, w.to)
		}
	}
	if led(anna, "Cookie", "setup=done") {
		t.Error("a browser that has finished is led")
	}
	if !led(anna) {
		t.Error("another browser is not led")
	}
	body := rings("A")
	body = strings.ReplaceAll(body, ours, d.account)
	r := anna.send(t.Context(), http.MethodPost, "/push/"+d.h.Key.PushSecret(d.account), body, sipgate.SignatureHeader, signed(t, body))
	if r.Code != http.StatusOK {
		t.Fatalf("an event: %d", r.Code)
	}
	if led(anna) {
		t.Error("led although events come")
	}
	d.h.PublicURL = &url.URL{Scheme: "http", Host: "localhost:8080"}
	agree("sipgate has reached this address.")
}

// TestWebhooksAreSetAndPutBack: sipgate's events come here or go where they went
// before, and both are in the audit. The secret in the address is shown to nobody.
func TestWebhooksAreSetAndPutBack(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	jonas := d.signIn("w1", team.Lead)
	if err := d.sim.SetPushURLs(func(string) string { return "https://crm.example/events" }); err != nil {
		t.Fatal(err)
	}
	now := func() (in, out string) {
		s, err := d.h.Control.ClientOf(anna.in.Member()).PushSettings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s.IncomingURL, s.OutgoingURL
	}
	state := func(b *browser) (state string, shown bool) {
		page := b.get("/status").Body.String()
		_, rest, _ := strings.Cut(page, `data-webhooks="`)
		state, _, _ = strings.Cut(rest, `"`)
		if strings.Contains(page, d.h.Key.PushSecret(d.account)) {
			t.Errorf("%s is shown the secret address", b.in.User)
		}
		return state, strings.Contains(page, "New addresses")
	}
	if s, shown := state(anna); s != "foreign" || !shown {
		t.Errorf("at first: %s, our address shown: %v", s, shown)
	}
	own := "https://calls.example/push/" + d.h.Key.PushSecret(d.account)
	for _, test := range []struct{ do, url, state string }{{"set", own, "set"}, {"set", own, "set"}, {"remove", "https://crm.example/events", "foreign"}} {
		w := anna.post("/status/webhooks", "do="+test.do)
		in, out := now()
		if s, _ := state(anna); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/status" || in != test.url || out != test.url || s != test.state {
			t.Errorf("%s: %d to %q; %s, %s, %s", test.do, w.Code, w.Header().Get("Location"), s, in, out)
		}
		if e := d.audit()[0]; e.Action != team.ManageWebhooks || e.Parameters != test.do || e.Outcome != team.OutcomeDone {
			t.Errorf("%s: audit %+v", test.do, e)
		}
	}
	before := len(d.audit())
	for _, bad := range []string{"", "do=delete", "do=set&do=set"} {
		if w := anna.post("/status/webhooks", bad); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", bad, w.Code)
		}
	}
	if in, _ := now(); in != "https://crm.example/events" || len(d.audit()) != before {
		t.Error("a bad form changed the webhooks")
	}
	if s, shown := state(jonas); s != "foreign" || shown {
		t.Errorf("a lead: %s, our address shown: %v", s, shown)
	}
	if _, err := d.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: 503, Path: "/v2/settings/sipgateio"}); err != nil {
		t.Fatal(err)
	}
	if s, _ := state(anna); s != "unknown" {
		t.Errorf("sipgate does not say: %s", s)
	}
	if w := anna.post("/status/webhooks", "do=set"); w.Code != http.StatusBadGateway || d.audit()[0].Outcome != team.OutcomeFailed {
		t.Errorf("sipgate does not take it: %d, audit %+v", w.Code, d.audit()[0])
	}
}
