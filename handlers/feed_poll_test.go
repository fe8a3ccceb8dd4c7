package handlers

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// A polled answer, as script reads it.
type polled struct {
	Version string
	Frames  []struct{ Target, Swap, Content string }
}

// targets returns where its frames go.
func (p polled) targets() (all []string) {
	for _, f := range p.Frames {
		all = append(all, f.Target)
	}
	return all
}

func (b *browser) poll(path string, headers ...string) (p polled) {
	b.d.t.Helper()
	w := b.send(b.d.t.Context(), http.MethodGet, path, "", headers...)
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusOK {
		b.d.t.Fatalf("%s: %d, %v: %s", path, w.Code, err, w.Body)
	}
	return p
}

// TestAPageThatPollsGetsWhatItLacks: the whole list if it has another version,
// else the age of the list only; and what a restart interrupted, once, if it was
// open before that.
func TestAPageThatPollsGetsWhatItLacks(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent)
	d.h.Control.Interrupted = []team.AuditEntry{
		{Account: d.account, Parties: "Vogt", Outcome: team.OutcomeCancelled}, {Account: d.account, Parties: "Brandt", Outcome: team.OutcomeUnknown}, {Account: "9999999", Parties: "Weber"},
	}
	c := d.connected(anna, "+4930555001")
	list := []string{"#board", "#status", "#access", "#preferences"}
	first := anna.poll("/feed/poll")
	if !slices.Equal(first.targets(), append(slices.Clone(list), "#notices", "#notices")) {
		t.Fatalf("a page of an earlier process gets %q", first.targets())
	}
	shows(t, "the list", first.Frames[0].Content, "row-"+string(c.ID), "+49 30 555001")
	shows(t, "its age", first.Frames[1].Content, `id="status"`)
	shows(t, "the notices", first.Frames[4].Content+first.Frames[5].Content, "Vogt", "It was not hung up.", "Brandt", "The board shows whether it was carried out.", "!Weber")
	again := anna.poll("/feed/poll?have=" + first.Version)
	if !slices.Equal(again.targets(), list[1:2]) || again.Version != first.Version {
		t.Errorf("a page that is current gets %q of version %s, has %s", again.targets(), again.Version, first.Version)
	}
	if w := anna.post("/calls/"+string(c.ID)+"/hold", "value=true"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	for range 100 {
		if d.h.Control.Boards.Board(d.account).Poll(t.Context()); d.h.Control.Boards.Board(d.account).Snapshot().Calls[0].Hold.On {
			break
		}
	}
	held := anna.poll("/feed/poll?have=" + first.Version)
	if !slices.Equal(held.targets(), list) || held.Version == first.Version {
		t.Errorf("after a change it gets %q of version %s", held.targets(), held.Version)
	}
	shows(t, "the list after a change", held.Frames[0].Content, `data-state="held"`)
	epoch, _, _ := strings.Cut(held.Version, ".")
	if got := anna.poll("/feed/poll?have=" + epoch + ".x").targets(); !slices.Equal(got, list) {
		t.Errorf("a page of this process gets %q", got)
	}
	if got := anna.poll("/feed/poll?have=other.x").targets(); len(got) != len(list)+2 {
		t.Errorf("a page of another process gets %q", got)
	}
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
	if !slices.Equal(p.targets(), []string{"#wall"}) || p.Version != "" {
		t.Fatalf("%+v", p)
	}
	shows(t, "the wallboard", p.Frames[0].Content, "Office", sipgate.MaskNumber("+4930555001"), "!555001", "Heute", `data-state="talking"`)
	if n, _ := d.h.polling.Count(d.account); n != 1 {
		t.Errorf("%d screens poll", n)
	}
	if w := stranger.get("/wall/x/poll"); w.Code != http.StatusNotFound {
		t.Errorf("another link: %d", w.Code)
	}
}
