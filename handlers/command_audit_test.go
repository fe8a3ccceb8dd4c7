package handlers

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// state returns the state of a call at sipgate.
func (d *dashboard) state(c switchboard.Call) simulator.CallState {
	d.t.Helper()
	s, err := d.sim.Call(string(c.CallID))
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

// TestCommandsReachSipgate: each form does what it says, once, and the audit has
// it with its actor.
func TestCommandsReachSipgate(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	c := d.connected(anna, "+4930555001")
	path := "/calls/" + string(c.ID)
	for _, test := range []struct {
		path, body string
		action     team.Permission
		done       func(s simulator.CallState) bool
	}{
		{"/hold", "value=true", team.Hold, func(s simulator.CallState) bool { return s.Hold }},
		{"/hold", "value=false", team.Hold, func(s simulator.CallState) bool { return !s.Hold }},
		{"/muted", "value=true", team.Mute, func(s simulator.CallState) bool { return s.Muted }},
		{"/recording", "value=true&announcement=true", team.Record, func(s simulator.CallState) bool { return s.Recording && s.Recordings[0].Announced }},
		{"/recording", "value=false", team.Record, func(s simulator.CallState) bool { return !s.Recording }},
		{"/dtmf", "sequence=12%23", team.SendTones, func(s simulator.CallState) bool { return strings.Join(s.Tones, " ") == "12#" }},
	} {
		w := anna.post(path+test.path, test.body)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
			t.Errorf("%s %s: %d to %q", test.path, test.body, w.Code, w.Header().Get("Location"))
		}
		if s := d.state(c); !test.done(s) {
			t.Errorf("%s %s: %+v", test.path, test.body, s)
		}
		if e := d.audit()[0]; e.Action != test.action || e.Outcome != team.OutcomeDone || e.By.User != "w0" || e.Address == "" {
			t.Errorf("%s %s: audit %+v", test.path, test.body, e)
		}
	}
	for _, bad := range [][2]string{{"/hold", ""}, {"/hold", "value=maybe"}, {"/dtmf", "sequence="}, {"/dtmf", "sequence=12x"}, {"/announcements", ""}, {"/announcements", "url=ftp://x/y"},
		{"/announcements", "announcement=a&url=https://x/y"}, {"/announcements", "url=https://u:p@x/y"}, {"/transfer", "attended=true"}, {"/transfer", "attended=false&phoneNumber=110"}} {
		before := len(d.audit())
		if w := anna.post(path+bad[0], bad[1]); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s %q: %d", bad[0], bad[1], w.Code)
		}
		if len(d.audit()) != before {
			t.Errorf("%s %q is in the audit as done", bad[0], bad[1])
		}
	}
	if w := anna.post("/calls/none/hold", "value=true"); w.Code != http.StatusNotFound {
		t.Errorf("a call that does not exist: %d", w.Code)
	}
}

// TestAClosedTabDoesNotCancelACommand: what was clicked is done, although the
// browser is gone before sipgate answers.
func TestAClosedTabDoesNotCancelACommand(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	c := d.connected(anna, "+4930555001")
	for _, form := range [][2]string{{"/hold", "value=true"}, {"/muted", "value=true"}} {
		ctx, leave := context.WithCancel(t.Context())
		d.setBefore(func(r *http.Request) {
			if r.Method == http.MethodPut {
				leave()
			}
		})
		anna.send(ctx, http.MethodPost, "/calls/"+string(c.ID)+form[0], form[1])
		leave()
		d.setBefore(nil)
		if e := d.audit()[0]; e.Outcome != team.OutcomeDone {
			t.Errorf("%s: the audit says %q", form[0], e.Outcome)
		}
	}
	if s := d.state(c); !s.Hold || !s.Muted {
		t.Errorf("the call is not held and muted: %+v", s)
	}
}

func (d *dashboard) setBefore(f func(*http.Request)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = f
}

// TestADelayedHangUpIsInTheAuditBeforeItIsSent: while its time runs, the audit
// says that it waits, and no longer when sipgate gets it. Undone, it is cancelled
// and never sent.
func TestADelayedHangUpIsInTheAuditBeforeItIsSent(t *testing.T) {
	t.Parallel()
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	c := d.connected(anna, "+4930555001")
	path := "/calls/" + string(c.ID)
	if w := anna.post(path+"/hangup", ""); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	if e := d.audit()[0]; e.Action != team.HangUp || e.Outcome != team.OutcomeWaiting {
		t.Errorf("meanwhile the audit says %q", e.Outcome)
	}
	if w := anna.post(path+"/undo", ""); w.Code != http.StatusSeeOther || d.state(c).Phase != "established" {
		t.Errorf("undo: %d, the call is %s", w.Code, d.state(c).Phase)
	}
	if w := anna.post(path+"/undo", ""); w.Code != http.StatusConflict {
		t.Errorf("undo of nothing: %d", w.Code)
	}
	outcome := make(chan string, 1)
	d.setBefore(func(r *http.Request) {
		if r.Method == http.MethodDelete {
			outcome <- d.audit()[0].Outcome
		}
	})
	if w := anna.post("/settings/calls", "grace=2"); w.Code != http.StatusSeeOther {
		t.Fatalf("the grace period is not saved: %d", w.Code)
	}
	anna.post(path+"/hangup", "")
	if got := <-outcome; got != team.OutcomeBegun {
		t.Errorf("when sipgate gets it, the audit says %q", got)
	}
	d.setBefore(nil)
	second := d.connected(anna, "+4930555002")
	if w := anna.post("/calls/"+string(second.ID)+"/hangup", "at_once=true"); w.Code != http.StatusSeeOther || d.state(second).Phase != "ended" {
		t.Errorf("at once: %d, the call is %s", w.Code, d.state(second).Phase)
	}
}

// TestOthersCallsAreNotOffered: an agent may neither act on a colleague's call nor
// is offered it for a transfer in the history; the colleague is.
func TestOthersCallsAreNotOffered(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	d.signIn("w0", team.Admin)
	jonas, mira := d.signIn("w1", team.Agent), d.signIn("w2", team.Agent)
	if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: 40}); err != nil {
		t.Fatal(err)
	}
	// A call has no owner until users, numbers and lines were read; the board takes
	// them over with the next list.
	roster := d.h.Control.Rosters.Of(d.account)
	if _, err := roster.Users(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := roster.Numbers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := roster.Extensions(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	c := d.connected(jonas, "+4930555001")
	offer := "/calls/" + string(c.ID) + "/transfer?to="
	if page := jonas.get("/history").Body.String(); !strings.Contains(page, offer) {
		t.Error("Jonas is not offered a transfer of his own call")
	}
	if page := mira.get("/history").Body.String(); strings.Contains(page, offer) {
		t.Error("Mira is offered a transfer of Jonas's call")
	}
	for _, path := range []string{"/transfer", "/keypad", "/announce", "/record"} {
		if w := mira.get("/calls/" + string(c.ID) + path); w.Code != http.StatusForbidden {
			t.Errorf("Mira opens %s of Jonas's call: %d", path, w.Code)
		}
		if w := jonas.get("/calls/" + string(c.ID) + path); w.Code != http.StatusOK {
			t.Errorf("Jonas does not open %s of his own call: %d", path, w.Code)
		}
	}
	for path, body := range map[string]string{"/hold": "value=true", "/muted": "value=true", "/recording": "value=true", "/dtmf": "sequence=1", "/hangup": "at_once=true",
		"/transfer": "attended=false&phoneNumber=%2B4930555777", "/undo": "", "/notes": "text=x"} {
		if w := mira.post("/calls/"+string(c.ID)+path, body); w.Code != http.StatusForbidden {
			t.Errorf("Mira's %s of Jonas's call: %d", path, w.Code)
		}
	}
	if s := d.state(c); s.Hold || s.Muted || s.Recording || len(s.Tones) > 0 || s.Phase != "established" {
		t.Errorf("the call was touched: %+v", s)
	}
}

// TestMembersAreManagedInTheirOwnTeam: an admin sets roles, removes, restores
// and signs out members of their own team only, and not the last admin. Each
// action is in the audit.
func TestMembersAreManagedInTheirOwnTeam(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	role := func(user sipgate.UserID) team.Member {
		m, _ := d.h.Control.Members.Get(team.MemberID{Account: d.account, User: user})
		return m
	}
	action := func(path, body string, status int, outcome string) {
		t.Helper()
		before := len(d.audit())
		w := anna.post(path, body)
		if w.Code != status || status == http.StatusSeeOther && w.Header().Get("Location") != "/team" {
			t.Errorf("%s %s: %d to %q", path, body, w.Code, w.Header().Get("Location"))
		}
		entries := d.audit()
		if got := ""; len(entries) > before {
			got = entries[0].Outcome
			if got != outcome || entries[0].Action != team.ManageMembers {
				t.Errorf("%s: audit %+v", path, entries[0])
			}
		} else if outcome != "" {
			t.Errorf("%s is not in the audit", path)
		}
	}
	action("/team/w1/role", "role=lead", 303, team.OutcomeDone)
	if role("w1").Role != team.Lead {
		t.Errorf("Jonas is %s", role("w1").Role)
	}
	action("/team/w1/role", "role=king", 422, "")
	action("/team/w9/role", "role=lead", 404, "")
	action("/team/w0/role", "role=agent", 409, team.OutcomeFailed)
	if role("w0").Role != team.Admin {
		t.Error("the last admin is none any more")
	}
	action("/team/w1/sign-out", "", 303, team.OutcomeDone)
	if w := jonas.get("/"); w.Code != http.StatusSeeOther {
		t.Errorf("Jonas is signed in all the same: %d", w.Code)
	}
	action("/team/w1/remove", "", 303, team.OutcomeDone)
	if len(d.h.Control.Members.List(d.account)) != 2 || !d.h.Control.Members.List(d.account)[1].Removed {
		t.Errorf("members %+v", d.h.Control.Members.List(d.account))
	}
	action("/team/w1/restore", "", 303, team.OutcomeDone)
	if role("w1").Role == team.NoRole {
		t.Error("Jonas is not back")
	}
}

// TestSignOutLeavesNothing: the session and its cookie end, and the browser
// forgets what it kept.
func TestSignOutLeavesNothing(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	if c := anna.cookie; !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || !strings.HasPrefix(c.Name, "__Host-") {
		t.Errorf("cookie %v", c)
	}
	if w := anna.send(t.Context(), http.MethodGet, "/session", ""); w.Code != http.StatusNoContent || w.Header().Get("X-Who") != anna.in.Subject() {
		t.Errorf("whose session it is: %d %q", w.Code, w.Header().Get("X-Who"))
	}
	w := anna.post("/logout", "")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" || w.Header().Get("Clear-Site-Data") != `"cache", "storage"` {
		t.Errorf("%d to %q, %q", w.Code, w.Header().Get("Location"), w.Header().Get("Clear-Site-Data"))
	}
	if cookies := w.Result().Cookies(); len(cookies) == 0 || cookies[0].MaxAge >= 0 {
		t.Errorf("the cookie stays: %v", cookies)
	}
	if w := anna.get("/history"); w.Header().Get("Location") != "/login?next=%2Fhistory" {
		t.Errorf("afterwards: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := anna.send(t.Context(), http.MethodGet, "/session", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("the session is alive: %d", w.Code)
	}
	if online := d.h.Control.Boards.Board(d.account).Members(); len(online) != 0 {
		t.Errorf("on the board: %q", online)
	}
}

// TestAWallboardIsItsLinkOnly: the link is shown once, opens a page that no other
// site learns of, and shows nothing when it was withdrawn; both are in the audit.
func TestAWallboardIsItsLinkOnly(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	if w := anna.post("/walls", "name=Office&lang=fr"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown language: %d", w.Code)
	}
	page := anna.post("/walls", "name=Office&lang=de&names=true").Body.String()
	_, after, _ := strings.Cut(page, "https://calls.example/wall/")
	link, _, ok := strings.Cut(after, "?lang=de")
	if !ok || link == "" {
		t.Fatalf("no link: %.300s", after)
	}
	if e := d.audit()[0]; e.Action != team.ManageWallboards || e.Parameters != "set" || e.Outcome != team.OutcomeDone {
		t.Errorf("audit %+v", e)
	}
	if again := anna.get("/walls").Body.String(); strings.Contains(again, link) || !strings.Contains(again, "Office") {
		t.Error("the link is shown again")
	}
	stranger := &browser{d: d}
	w := stranger.get("/wall/" + link + "?lang=de")
	head := w.Header()
	if w.Code != http.StatusOK || head.Get("Referrer-Policy") != "no-referrer" || head.Get("X-Robots-Tag") != "noindex, nofollow" || !strings.Contains(w.Body.String(), `lang="de"`) {
		t.Errorf("%d %v", w.Code, head)
	}
	if w := stranger.get("/wall/" + link[:len(link)-1] + "x"); w.Code != http.StatusNotFound {
		t.Errorf("another link: %d", w.Code)
	}
	walls, err := d.h.Control.Wallboards.List(t.Context(), d.account)
	if err != nil || len(walls) != 1 || !walls[0].Names {
		t.Fatalf("%+v, %v", walls, err)
	}
	if w := anna.post("/walls/"+walls[0].ID+"/revoke", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/walls" {
		t.Errorf("withdrawn: %d", w.Code)
	}
	if e := d.audit()[0]; e.Action != team.ManageWallboards || e.Parameters != "remove" || e.Parties != "Office" {
		t.Errorf("audit %+v", e)
	}
	if w := stranger.get("/wall/" + link); w.Code != http.StatusNotFound {
		t.Errorf("a withdrawn link: %d", w.Code)
	}
}
