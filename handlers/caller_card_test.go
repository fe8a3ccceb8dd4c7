package handlers

import (
	"net/http"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
)

// TestCardShowsWhatTheTeamHadToDoWithTheCaller: the last five calls with the
// number of the call and no other one, those that the member may see, with the
// notes at sipgate and those written here; and how often it called today.
func TestCardShowsWhatTheTeamHadToDoWithTheCaller(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	mira := d.signIn("w2", team.Agent)
	viewer := d.signIn("w1", team.Viewer)
	numbers := map[string]int{}
	var most sipgate.HistoryEntry
	for _, e := range d.past(anna, 200) {
		number, _ := e.Remote()
		if numbers[number]++; (e.Type == "CALL" || e.Type == "VOICEMAIL") && sipgate.Number(number).Valid() {
			if best, _ := most.Remote(); numbers[number] > numbers[best] {
				most = e
			}
		}
	}
	number, _ := most.Remote()
	if numbers[number] < 7 {
		t.Fatalf("only %d calls with %s", numbers[number], number)
	}
	card := func(b *browser, id string) string {
		t.Helper()
		w := b.send(t.Context(), http.MethodGet, "/calls/"+id+"/card", "", "HX-Request", "true")
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	c := d.connected(anna, number)
	id := string(c.ID)
	got := card(anna, id)
	if n := strings.Count(got, `href="/history/`); n != maxPast {
		t.Errorf("%d earlier calls, want %d:\n%s", n, maxPast, got)
	}
	if !strings.Contains(got, sipgate.DisplayNumber(number)) || !strings.Contains(got, "/history?phonenumber=") || !strings.Contains(got, "/calls/"+id+"/notes") {
		t.Errorf("no number, no way to the history or no note:\n%s", got)
	}
	// A note is on the card, and on the next call's card too.
	if w := anna.program("/calls/"+id+"/notes", `{"text":"Wants an offer","action_id":"0123456789abcdef"}`); w.Code != http.StatusOK {
		t.Fatalf("note: %d %s", w.Code, w.Body)
	}
	if got := card(anna, id); !strings.Contains(got, "Wants an offer") {
		t.Errorf("the note is missing:\n%s", got)
	}
	// Who sees own entries only gets those.
	for _, href := range strings.Split(card(mira, string(d.connected(mira, number).ID)), `href="/history/`)[1:] {
		if entry, _, _ := strings.Cut(href, `"`); !d.own(mira, entry) {
			t.Errorf("a colleague's entry is on the card: %s", entry)
		}
	}
	// Somebody who may not write is offered no note.
	if got := card(viewer, id); strings.Contains(got, "<form") {
		t.Errorf("a viewer may write:\n%s", got)
	}
	// Without script there is the call's page.
	if w := anna.get("/calls/" + id + "/card"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/calls/"+id {
		t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
	}
	// The card says so if the history cannot be read, and shows the rest.
	d.setBefore(func(r *http.Request) {
		if strings.Contains(r.URL.Path, "/history") {
			panic(http.ErrAbortHandler)
		}
	})
	if got := card(anna, id); !strings.Contains(got, "cannot be read") || !strings.Contains(got, "Wants an offer") {
		t.Errorf("without a history:\n%s", got)
	}
}

// A caller who hides the number has no earlier calls; the card says why.
func TestCardOfAHiddenCaller(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	if _, err := d.sim.Ring(simulator.NewCall{From: "anonymous", To: "+4921170000001", Users: []string{"w0"}, State: "established"}); err != nil {
		t.Fatal(err)
	}
	board := d.h.Control.Boards.Board(d.account)
	for len(board.Snapshot().Calls) == 0 {
		board.Poll(t.Context())
	}
	id := string(board.Snapshot().Calls[0].ID)
	w := anna.send(t.Context(), http.MethodGet, "/calls/"+id+"/card", "", "HX-Request", "true")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "No earlier calls without a phone number") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
