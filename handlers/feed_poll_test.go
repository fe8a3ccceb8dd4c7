package handlers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"callboard/handlers/feed"
	"callboard/sipgate"
	"callboard/sipgate/team"
)

// poll returns the messages of an answer to a page that polls.
func (b *browser) poll(path string, headers ...string) (messages []feed.Message) {
	b.d.t.Helper()
	w := b.send(b.d.t.Context(), http.MethodGet, path, "", headers...)
	if err := json.Unmarshal(w.Body.Bytes(), &messages); err != nil || w.Code != http.StatusOK || len(messages) == 0 {
		b.d.t.Fatalf("%s: %d, %v: %s", path, w.Code, err, w.Body)
	}
	return messages
}

// TestAPageThatPollsGetsWhatItLacks: the whole board if it has a version of another
// process, and what the restart interrupted; else the rows that have changed, or
// only the age of the list.
func TestAPageThatPollsGetsWhatItLacks(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	d.loadRoster()
	d.h.Control.Interrupted.Add([]team.AuditEntry{
		{Account: d.account, Parties: "Vogt", Outcome: team.OutcomeCancelled}, {Account: d.account, Parties: "Brandt", Outcome: team.OutcomeUnknown}, {Account: "9999999", Parties: "Weber"},
	})
	c, other := d.connected(anna, "+4930555001"), d.connected(anna, "+4930555002")
	whole := func(version string) feed.Message {
		t.Helper()
		got := anna.poll("/feed/poll?have=" + version)
		if len(got) != 2 {
			t.Fatalf("a page with version %q gets %+v", version, got)
		}
		shows(t, "the board", got[0].Board, "row-"+string(c.ID), "+49 30 555001", "row-"+string(other.ID))
		shows(t, "its surroundings", strings.Join(got[1].Parts, ""), `id="status"`, `id="access"`, `id="preferences"`)
		shows(t, "the notices", got[1].Notice, "Vogt", "It was not hung up.", "Brandt", "The board shows whether it was carried out.", "!Weber")
		return got[1]
	}
	whole("other.17")
	first := whole("")
	again := anna.poll("/feed/poll?have=" + first.Have)
	if m := again[0]; len(again) != 1 || m.Have != first.Have || m.Now == 0 || m.Listed == 0 || len(m.Put)+len(m.Drop)+len(m.Parts) > 0 || m.Board+m.Notice != "" {
		t.Errorf("a page that is current gets %+v", again)
	}
	if w := anna.post("/calls/"+string(c.ID)+"/hold", "value=true"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	for range 100 {
		if d.h.Control.Boards.Board(d.account).Poll(t.Context()); d.h.Control.Boards.Board(d.account).Snapshot().Calls[0].Hold.On {
			break
		}
	}
	held := anna.poll("/feed/poll?have=" + first.Have)
	if m := held[0]; len(held) != 1 || len(m.Put) != 1 || len(m.Drop) > 0 || m.Board != "" || m.Have == first.Have {
		t.Fatalf("after a change it gets %+v", held)
	}
	shows(t, "the row that changed", held[0].Put[0], "row-"+string(c.ID), `data-state="held"`, `data-in="onhold"`)
	if n, last := d.h.polling.Count(d.account); n != 1 || last.IsZero() {
		t.Errorf("%d pages poll", n)
	}
	anna.poll("/feed/poll", "User-Agent", "another")
	jonas.poll("/feed/poll")
	if n, _ := d.h.polling.Count(d.account); n != 3 {
		t.Errorf("%d pages poll", n)
	}
	shows(t, "the status", anna.get("/status").Body.String(), `data-polling="3"`)
}

// TestAScreenThatPollsGetsTheWholeWallboard in the language of its link, without
// anybody's contacts.
func TestAScreenThatPollsGetsTheWholeWallboard(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.connected(anna, "+4930555001")
	_, token, err := d.h.Control.Wallboards.Create(t.Context(), actorOf(anna).Member, "Office", false)
	if err != nil {
		t.Fatal(err)
	}
	stranger := &browser{d: d}
	p := stranger.poll("/wall/" + token + "/poll?lang=de")
	if len(p) != 1 || len(p[0].Parts) != 1 || p[0].Have != "" {
		t.Fatalf("%+v", p)
	}
	shows(t, "the wallboard", p[0].Parts[0], `id="wall"`, "Office", sipgate.MaskNumber("+4930555001"), "!555001", "Heute", `data-state="talking"`)
	if n, _ := d.h.polling.Count(d.account); n != 1 {
		t.Errorf("%d screens poll", n)
	}
	if w := stranger.get("/wall/x/poll"); w.Code != http.StatusNotFound {
		t.Errorf("another link: %d", w.Code)
	}
}

// An open page learns that its member has chosen another language, whether a
// socket reaches it or it polls.
func TestAnOpenPageLearnsOfAnotherLanguage(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.connected(anna, "+4930555001")
	whole := anna.poll("/feed/poll")
	have := whole[len(whole)-1].Have
	open := d.h.newBoardView(httptest.NewRequest(http.MethodGet, "/feed", nil), actorOf(anna)) // by a socket
	for _, lang := range []string{"de", "en"} {
		if w := anna.post("/settings/display", "lang="+lang+"&theme=&keys=true"); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		polled := ""
		for range 100 {
			for _, m := range anna.poll("/feed/poll?have=" + have) {
				polled += strings.Join(m.Parts, "")
				have = m.Have
			}
			if polled != "" {
				break
			}
		}
		shows(t, "a page that polls", polled, `data-lang="`+lang+`"`)
		open.Refresh()
		parts, err := open.Parts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		shows(t, "a page with a socket", strings.Join(parts, ""), `data-lang="`+lang+`"`)
	}
}
