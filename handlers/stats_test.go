package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/stats"
	"callboard/sipgate/team"

	"github.com/google/go-cmp/cmp"
)

// TestTheFiguresOfATeam: of the span that was asked for; those of each member
// for leads, in the order of their names; and what is known of right now.
func TestTheFiguresOfATeam(t *testing.T) {
	t.Parallel() // it waits for its share of the requests to sipgate
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas, mira := d.signIn("w0", team.Admin), d.signIn("w1", team.Lead), d.signIn("w2", team.Agent)
	d.loadRoster()
	if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: 60}); err != nil {
		t.Fatal(err)
	}
	week := ""
	for range 300 { // until it is known whose telephones are whose
		if week = anna.get("/figures?span=week").Body.String(); !strings.Contains(week, "still being assigned") {
			break
		}
	}
	shows(t, "an admin's week", week, `href="/figures?span=week" aria-current="page"`, `href="/figures?span=today" aria-current="false"`, "Calls per day", "Members",
		`<th scope="row">Member w0</th>`, `<th scope="row">Member w1</th>`, `href="/walls"`, "!>Now<", "!could not be read", "!Loading sipgate’s history", "!still being assigned", "!neo", "!<dd>–")
	if !(strings.Index(week, ">Member w0</th>") < strings.Index(week, ">Member w1</th>") && strings.Index(week, ">Member w1</th>") < strings.Index(week, ">Member w2</th>")) {
		t.Error("the members are not in the order of their names")
	}
	lead := jonas.get("/figures?span=week").Body.String()
	shows(t, "a lead's week", lead, `<th scope="row">Member w0</th>`, `!class="btn primary" href="/walls"`)
	shows(t, "an agent's week", mira.get("/figures?span=week").Body.String(), "Calls per day", "!Member w0</th>")

	// Calls of right now, and how long callers waited today.
	d.connected(anna, "+4930555001")
	board := d.h.Control.Boards.Board(d.account)
	for _, kind := range []sipgate.EventKind{sipgate.EventNewCall, sipgate.EventAnswer} {
		board.Observe(sipgate.Event{Kind: kind, CallID: "WAITED", Direction: sipgate.Incoming, From: "4930555003", To: "4921170000001", UserIDs: []sipgate.UserID{"w0"}, Users: []string{"Anna"}})
	}
	if _, err := d.sim.AddFault(simulator.Fault{Status: http.StatusServiceUnavailable, Path: "/v2/history"}); err != nil {
		t.Fatal(err)
	}
	page := ""
	for range 300 {
		if page = anna.get("/figures").Body.String(); strings.Contains(page, "Longest wait") {
			break
		}
	}
	shows(t, "today", page, `href="/figures?span=today" aria-current="page"`, "Longest wait", "Now", "0 ringing, ", "!, 0 talking", "sipgate’s history could not be read: sipgate does not answer", "<dd>– </dd>")
	if w := anna.get("/figures?span=month"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a month: %d", w.Code)
	}

	if err := d.h.Control.Capabilities.SetMissing(t.Context(), d.account, team.AbilityCallHistory); err != nil {
		t.Fatal(err)
	}
	shows(t, "on neo", anna.get("/figures?span=week").Body.String(), "This account is on sipgate neo")
	w, _ := anna.wallboard("Office", false)
	v := d.h.newWallboardView(w, httptest.NewRequest("GET", "/", nil))
	m, err := v.model(t.Context())
	if err != nil || m.Today.Known || m.WaitCount != 1 {
		t.Errorf("a wallboard on neo: %+v, %v", m, err)
	}

	if name := d.h.memberName(d.account, "w9"); name != "w9" {
		t.Errorf("a user of no name is called %q", name)
	}
	if n := len(d.h.statsSources(d.account)()); n != 3 {
		t.Errorf("the history can be read through %d members", n)
	}
	if cancelled.Err() == nil {
		t.Error("a reader that must not wait may wait")
	}
}

// TestTheBoardHasALineOfToday: for whoever may see figures, and fetched after the
// board is shown.
func TestTheBoardHasALineOfToday(t *testing.T) {
	t.Parallel()
	d := newDashboard(t, team.ZoneRule{})
	d.signIn("w0", team.Admin)
	tom := d.signIn("w1", team.Viewer)
	if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: 60}); err != nil {
		t.Fatal(err)
	}
	shows(t, "the board", tom.get("/").Body.String(), `href="/figures" data-today="/figures/today"`, "!today-line")
	shows(t, "the line", tom.get("/figures/today").Body.String(), `id="today-line"`, " missed</span>", "!<html")
}

// Members of the same name do not change places from one page to the next.
func TestFiguresOfEqualNamesKeepTheirOrder(t *testing.T) {
	counts := map[sipgate.UserID]stats.MemberCounts{}
	for _, user := range []sipgate.UserID{"w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7"} {
		counts[user] = stats.MemberCounts{Talk: time.Duration(len(counts))}
	}
	name := func(user sipgate.UserID) string {
		if user == "w7" {
			return "Anna Weber"
		}
		return "Jonas Weber"
	}
	first := statsMembers(counts, name)
	if len(first) != len(counts) || first[0].Name != "Anna Weber" {
		t.Fatalf("%+v", first)
	}
	for range 20 {
		if diff := cmp.Diff(first, statsMembers(counts, name)); diff != "" {
			t.Fatalf("another order (-first +now):\n%s", diff)
		}
	}
}
