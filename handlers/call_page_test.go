package handlers

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// hangUp ends a call at sipgate, and returns when the journal knows it.
func (d *dashboard) hangUp(c switchboard.Call) {
	d.t.Helper()
	if err := d.sim.HangUp(string(c.CallID), ""); err != nil {
		d.t.Fatal(err)
	}
	for range 500 {
		d.h.Control.Boards.Board(d.account).Poll(d.t.Context())
		if r, err := d.h.Control.Journal.Record(d.t.Context(), d.account, c.ID); err == nil && !r.Ended.IsZero() {
			return
		}
	}
	d.t.Fatal("the journal does not know that the call is over")
}

// TestThePageOfACall: while it runs and afterwards, with its timeline, its notes
// and its entry in sipgate's history.
func TestThePageOfACall(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, mira := d.signIn("w0", team.Admin), d.signIn("w2", team.Viewer)
	d.loadRoster()
	c := d.connected(anna, "+4930555001")
	path := "/calls/" + string(c.ID)
	live := anna.get(path).Body.String()
	shows(t, "a live call", live, "Call with +49 30 555001", `href="/#`+views.RowDOMID(c.ID)+`"`, `id="call" data-live`, path+"/notes", path+"/transfer", "!data-history", "!data-entry", `name="action_id"`)
	shows(t, "its part for an open page", anna.send(t.Context(), "GET", path, "", "HX-Request", "true").Body.String(), `id="call"`, "!<html", "!/notes")
	shows(t, "a viewer's page of it", mira.get(path).Body.String(), "Viewers can only watch", "!"+path+"/notes", "!"+path+"/transfer")
	if w := anna.post(path+"/notes", "text=Calls+again+on+Monday"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != path {
		t.Errorf("a note: %d to %q", w.Code, w.Header().Get("Location"))
	}
	shows(t, "a note", anna.get(path).Body.String(), "Calls again on Monday", "Member w0")
	for _, bad := range []string{"", "text=", "text=" + strings.Repeat("x", 2001), "text=%00"} {
		if w := anna.post(path+"/notes", bad); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a note %.20q: %d", bad, w.Code)
		}
	}
	for _, b := range []*browser{anna, mira} {
		if w := b.post("/calls/none/notes", "text=x"); b == anna && w.Code != http.StatusNotFound || b == mira && w.Code != http.StatusForbidden {
			t.Errorf("a note on no call: %d", w.Code)
		}
	}

	for _, r := range d.sim.Requests() {
		if r.Path == "/v2/history" && strings.Contains(r.Query, "from=") {
			t.Errorf("sipgate is asked for the entry of a call that runs: %s", r.Query)
		}
	}

	d.hangUp(c)
	over := anna.get(path).Body.String()
	shows(t, "afterwards", over, `href="/history"`, `!inherited="true" data-live`, "In sipgate’s history", "data-entry=", "!data-probable", "Calls again on Monday", `name="next" value="`+path+`"`, "!data-history")
	entry := entryIDs.FindStringSubmatch(over)
	if entry == nil {
		t.Fatal("no entry")
	}
	if w := anna.get("/history/" + entry[1]); w.Code != http.StatusSeeOther || w.Header().Get("Location") != path {
		t.Errorf("the page of its entry: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := anna.get("/history/999999"); w.Code != http.StatusNotFound {
		t.Errorf("an entry that does not exist: %d", w.Code)
	}

	// An entry without a call is a page of its own.
	if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: 5}); err != nil {
		t.Fatal(err)
	}
	for _, id := range entryIDs.FindAllStringSubmatch(anna.get("/history").Body.String(), -1) {
		if id[1] != entry[1] {
			w := anna.get("/history/" + id[1])
			if w.Code != http.StatusOK {
				t.Errorf("entry %s: %d", id[1], w.Code)
			}
			shows(t, "an entry without a call", w.Body.String(), `data-entry="`+id[1]+`"`, `href="/history"`, "!/notes", "!/hold", "!/transfer\"", `name="next" value="/history/`+id[1]+`"`)
			break
		}
	}
	if _, err := d.sim.AddFault(simulator.Fault{Status: http.StatusServiceUnavailable, Path: "/v2/history/**"}); err != nil {
		t.Fatal(err)
	}
	shows(t, "without sipgate's history", anna.get(path).Body.String(), `data-history="failed"`, "The history cannot be read at the moment.", "Calls again on Monday")
	if w := anna.get("/history/" + entry[1]); w.Code != http.StatusBadGateway {
		t.Errorf("an entry without sipgate: %d", w.Code)
	}
}

// TestWhatThePageSaysOfAMissingEntry: that it may still come, or does not.
func TestWhatThePageSaysOfAMissingEntry(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	for want, ago := range map[string]time.Duration{"waiting": time.Minute, "none": time.Hour} {
		var m views.CallPageModel
		record := journal.Record{Account: d.account, Row: "r", Started: time.Now().Add(-ago - time.Minute), Ended: time.Now().Add(-ago)}
		if d.h.addEntries(newRequest(anna, "/calls/r"), actorOf(anna), record, &m); m.HistoryState != want || len(m.History) > 0 {
			t.Errorf("%v after the call: %q", ago, m.HistoryState)
		}
	}
}

// TestAnEntryAsARow: its sides, its times, and whether it was answered.
func TestAnEntryAsARow(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	row := func(d sipgate.Direction, before switchboard.Phase, remote, local switchboard.Party, length time.Duration) switchboard.Call {
		c := switchboard.Call{Phase: switchboard.Ended, PreviousPhase: before, Direction: d, Started: at, Since: at.Add(length), EndedAt: at.Add(length)}
		c.Remote, c.Local = remote, local
		return c
	}
	vogt, office := switchboard.Party{Number: "+4930555001", Name: "Vogt"}, switchboard.Party{Number: "+49211555", Name: "Office"}
	for _, test := range []struct {
		e    sipgate.HistoryEntry
		want switchboard.Call
	}{
		{sipgate.HistoryEntry{Incoming: true, Created: at, Duration: time.Minute, Source: "+4930555001", SourceAlias: "Vogt", Target: "+49211555", TargetAlias: "Office"},
			row(sipgate.Incoming, switchboard.Connected, vogt, office, time.Minute)},
		{sipgate.HistoryEntry{Created: at, Direction: "MISSED_OUTGOING", Target: "+4930555001", TargetAlias: "Vogt", Source: "+49211555", SourceAlias: "Office"},
			row(sipgate.Outgoing, switchboard.Ringing, vogt, office, 0)},
		{sipgate.HistoryEntry{Incoming: true, Created: at, Source: "anonymous", Target: "anonymous"},
			row(sipgate.Incoming, switchboard.Connected, switchboard.Party{}, switchboard.Party{}, 0)},
	} {
		if got := entryCall(test.e); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v\nis %+v\nwant %+v", test.e, got, test.want)
		}
	}
}

// TestSeveralCallsAreHungUpTogether: each with the member's time to undo it; no
// call, or too many, is a mistake.
func TestSeveralCallsAreHungUpTogether(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	one, two, kept := d.connected(anna, "+4930555001"), d.connected(anna, "+4930555002"), d.connected(anna, "+4930555003")
	shows(t, "the dialog", anna.get("/calls/hangup").Body.String(), `value="`+string(one.ID)+`"`, `value="`+string(two.ID)+`"`, `value="`+string(kept.ID)+`"`)
	body := func(n int) string {
		text := ""
		for i := range n {
			text += fmt.Sprintf("&call=x%d", i)
		}
		return text
	}
	for n, status := range map[int]int{0: 422, maxHangUps + 1: 422, maxHangUps: 404} {
		if w := anna.post("/calls/hangup", body(n)); w.Code != status {
			t.Errorf("%d calls: %d, want %d", n, w.Code, status)
		}
	}
	if w := anna.post("/settings/calls", "grace=8"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	if w := anna.post("/calls/hangup", "call="+string(one.ID)+"&call="+string(two.ID)); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	waiting := 0
	for _, e := range d.audit() {
		if e.Action == team.HangUp && e.Outcome == team.OutcomeWaiting && (e.Call == string(one.ID) || e.Call == string(two.ID)) {
			waiting++
		}
	}
	if waiting != 2 || d.state(one).Phase != "established" || d.state(kept).Phase != "established" {
		t.Errorf("%d hang-ups wait; %s, %s", waiting, d.state(one).Phase, d.state(kept).Phase)
	}
	for _, c := range []switchboard.Call{one, two} {
		if w := anna.post("/calls/"+string(c.ID)+"/undo", ""); w.Code != http.StatusSeeOther {
			t.Errorf("undo: %d", w.Code)
		}
	}
	if w := anna.post("/settings/calls", "grace=0"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	if anna.post("/calls/hangup", "call="+string(one.ID)); d.state(one).Phase != "ended" || d.state(two).Phase != "established" {
		t.Errorf("at once: %s, %s", d.state(one).Phase, d.state(two).Phase)
	}
}
