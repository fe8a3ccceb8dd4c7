package handlers

import (
	"html"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

var (
	entryIDs = regexp.MustCompile(`data-entry="([^"]+)"`)
	pageLink = regexp.MustCompile(`rel="(prev|next)" href="([^"]+)"`)
	updates  = regexp.MustCompile(`data-updates="([^"]+)"`)
)

// ids returns the entries of a page of the history, and where its links lead.
func ids(page string) (all []string, newer, older string) {
	for _, m := range entryIDs.FindAllStringSubmatch(page, -1) {
		all = append(all, m[1])
	}
	for _, m := range pageLink.FindAllStringSubmatch(page, -1) {
		if to := html.UnescapeString(m[2]); m[1] == "prev" {
			newer = to
		} else {
			older = to
		}
	}
	return all, newer, older
}

// TestTheHistoryInPages: older pages follow each other without a gap, back to
// the newest, where alone new entries appear.
func TestTheHistoryInPages(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Viewer)
	if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: 40}); err != nil {
		t.Fatal(err)
	}
	d.loadRoster()
	first := anna.get("/history?limit=15").Body.String()
	entries, newer, older := ids(first)
	if len(entries) != 15 || newer != "" || older == "" || !strings.Contains(first, "data-updates=") {
		t.Fatalf("the first page has %d entries, newer %q, older %q", len(entries), newer, older)
	}
	shows(t, "the first page", first, `<select name="member">`, `value="w1"`, `name="next" value="/history?limit=15"`, `href="/history.csv?limit=15"`, "38 entries")
	second := anna.get(older).Body.String()
	next, newer, third := ids(second)
	if len(next) != 15 || newer != "/history?limit=15" || third == "" || strings.Contains(second, "data-updates=") {
		t.Errorf("the second page has %d entries, newer %q, older %q", len(next), newer, third)
	}
	last, back, end := ids(anna.get(third).Body.String())
	if got, _, _ := ids(anna.get(back).Body.String()); !reflect.DeepEqual(got, next) {
		t.Errorf("back from the third page: %q, not %q", got, next)
	}
	all := append(append(entries, next...), last...)
	seen := map[string]bool{}
	for _, id := range all {
		seen[id] = true
	}
	if len(all) != 38 || len(seen) != 38 || end != "" { // two of them are archived
		t.Errorf("%d entries, %d different, then %q", len(all), len(seen), end)
	}
	archived := anna.get("/history?archived=true").Body.String()
	if got, _, _ := ids(archived); len(got) != 2 || strings.Contains(archived, "data-updates=") {
		t.Errorf("archived: %q", got)
	}
	shows(t, "a viewer's history", jonas.get("/history").Body.String(), `!<select name="member">`, "!/star", `!href="/calls/new`)
	shows(t, "an admin's history", first, "/star", `href="/calls/new?to=`)
}

// TestNewEntriesReachAnOpenPage: once, and with the address of the next update.
func TestNewEntriesReachAnOpenPage(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	address := func(page string) string {
		m := updates.FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no address of updates: %.300s", page)
		}
		return html.UnescapeString(m[1])
	}
	begun := time.Now().UnixMilli()
	open := address(anna.get("/history?direction=in").Body.String())
	after, err := strconv.ParseInt(open[strings.LastIndex(open, "=")+1:], 10, 64)
	if err != nil || !strings.HasPrefix(open, "/history/news?direction=in&after=") || after < begun || after > time.Now().UnixMilli() {
		t.Errorf("a page drawn at %d asks for %s", begun, open)
	}
	id, err := d.sim.Ring(simulator.NewCall{From: "+4930555001", Users: []string{"w0"}, State: "established"})
	if err == nil {
		err = d.sim.HangUp(id, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	w := anna.get(open)
	if got, _, _ := ids(w.Body.String()); w.Code != http.StatusOK || len(got) != 1 {
		t.Fatalf("%d, entries %q", w.Code, got)
	}
	shows(t, "the update", w.Body.String(), "+49 30 555001", `name="next" value="/history?direction=in"`, "!<html")
	again := anna.get(address(w.Body.String()))
	if again.Code != http.StatusNoContent || again.Body.Len() > 0 {
		t.Errorf("afterwards: %d %s", again.Code, again.Body)
	}
	if w := anna.get(strings.Replace(open, "direction=in", "direction=out", 1)); w.Code != http.StatusNoContent {
		t.Errorf("what the filter leaves out: %d", w.Code)
	}
	for _, after := range []string{"0", "-1", "x", "4503599627370497"} {
		if w := anna.get("/history/news?after=" + after); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("after %s: %d", after, w.Code)
		}
	}
	if w := anna.get("/history/news?after=4503599627370496"); w.Code != http.StatusNoContent {
		t.Errorf("after a distant day: %d", w.Code)
	}
	if w := anna.get("/history/news?after=1&type=x"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a filter that does not exist: %d", w.Code)
	}
}

// TestAnEntryAsItsReaderSeesIt: parties in the spelling and with the names of
// the reader, and what can be done with the number.
func TestAnEntryAsItsReaderSeesIt(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	d.h.Control.Private.Set(anna.in.Member(), map[string]string{"+492115550199": "Grandma"})
	a, viewer := actorOf(anna), actorOf(d.signIn("w1", team.Viewer))
	callable := "/calls/new?to=%2B492115550123"
	for _, test := range []struct {
		what string
		e    sipgate.HistoryEntry
		want views.HistoryEntry // but for what is copied
	}{
		{"a number", sipgate.HistoryEntry{Incoming: true, Source: "+492115550123", Target: "+492115550100"},
			views.HistoryEntry{Direction: sipgate.Incoming, Number: "+49 211 5550123", Local: "+49 211 5550100", CallBack: callable, To: "+492115550123"}},
		{"names", sipgate.HistoryEntry{Incoming: true, Source: "+492115550123", SourceAlias: "Vogt", Target: "+492115550100", TargetAlias: "Office"},
			views.HistoryEntry{Direction: sipgate.Incoming, Number: "+49 211 5550123", Name: "Vogt", Local: "Office", CallBack: callable, To: "+492115550123"}},
		{"outgoing", sipgate.HistoryEntry{Source: "+492115550100", Target: "+492115550123", TargetAlias: "Vogt"},
			views.HistoryEntry{Direction: sipgate.Outgoing, Number: "+49 211 5550123", Name: "Vogt", Local: "+49 211 5550100", CallBack: callable, To: "+492115550123"}},
		{"a private name", sipgate.HistoryEntry{Incoming: true, Source: "+492115550199"},
			views.HistoryEntry{Direction: sipgate.Incoming, Number: "+49 211 5550199", Name: "Grandma", CallBack: "/calls/new?to=%2B492115550199", To: "+492115550199"}},
		{"no number", sipgate.HistoryEntry{Incoming: true, Source: "anonymous"}, views.HistoryEntry{Direction: sipgate.Incoming}},
		{"missed", sipgate.HistoryEntry{Incoming: true, Source: "anonymous", Direction: "MISSED_INCOMING"}, views.HistoryEntry{Direction: sipgate.Incoming, Missed: true}},
		{"a recording", sipgate.HistoryEntry{Incoming: true, Source: "anonymous", Recordings: []sipgate.Recording{{ID: "7", URL: "https://x/7"}}},
			views.HistoryEntry{Direction: sipgate.Incoming, Recordings: []views.Recording{{ID: "7"}}}},
	} {
		test.e.ID, test.e.Type, test.e.Created, test.e.Duration = "17", "CALL", time.Unix(1_700_000_000, 0), 7*time.Second
		test.e.Note, test.e.Transcription, test.e.Read = "n", "t", true
		test.want.ID, test.want.Type, test.want.When, test.want.Length = "17", "CALL", time.Unix(1_700_000_000, 0), 7*time.Second
		test.want.Note, test.want.Transcription, test.want.Read, test.want.Next = "n", "t", true, "/history?x"
		if got := d.h.entryModel(a, test.e, "/history?x"); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.what, got, test.want)
		}
		test.e.Read, test.e.Starred, test.e.Archived = false, true, true
		got := d.h.entryModel(viewer, test.e, "/")
		if got.CallBack != "" || got.MayEdit.Reason != "role_viewer" || got.Read || !got.Starred || !got.Archived {
			t.Errorf("%s for a viewer: %+v", test.what, got)
		}
	}

	limited := a
	limited.SignIn.Scope = "openid"
	e := sipgate.HistoryEntry{Incoming: true, Source: "+492115550123"}
	if got := d.h.entryModel(limited, e, "/"); got.CallBack != "" {
		t.Errorf("without the scope it leads to %s", got.CallBack)
	}
	var calls []switchboard.Call
	for _, from := range []string{"+492115550123", "+4930555001", "+4930555002", "+4930555003"} {
		calls = append(calls, d.connected(anna, from))
	}
	offered := d.h.ownCalls(a, views.German)
	if len(offered) != maxOffered {
		t.Errorf("offered: %+v", offered)
	}
	for _, o := range offered {
		if i := slices.IndexFunc(calls, func(c switchboard.Call) bool { return c.ID == o.ID }); i < 0 || o.Number != calls[i].Remote.Number || !strings.HasPrefix(o.Title, "+49 ") || o.Held {
			t.Errorf("a call that can be transferred: %+v", o)
		}
	}
	expired, watching := a, a
	expired.expired, watching.Role = true, team.Viewer
	for what, who := range map[string]actor{"sipgate did not grant it": limited, "the sign-in has expired": expired, "the role only watches": watching} {
		if got := d.h.entryModel(who, e, "/"); got.CallBack != "" || got.To != "" || len(d.h.ownCalls(who, views.German)) != 0 || got.MayEdit.OK() {
			t.Errorf("%s, and is offered %q, %+v, and to edit: %+v", what, got.CallBack, got.To, got.MayEdit)
		}
	}
}
