package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"callboard/sipgate/team"
)

// found returns the titles of what a text finds, each after what Enter does with it.
func (b *browser) found(text string) string {
	b.d.t.Helper()
	w := b.get("/find?q=" + url.QueryEscape(text))
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
		b.d.t.Errorf("%q: %d, %q", text, w.Code, w.Header().Get("Cache-Control"))
	}
	list, _, _ := strings.Cut(w.Body.String(), "<template>")
	var all []string
	for _, m := range regexp.MustCompile(`data-effect="(\w+)".*?<b>(.*?)</b>`).FindAllStringSubmatch(list, -1) {
		all = append(all, m[1]+" "+m[2])
	}
	return strings.Join(all, "; ")
}

// TestTheFieldFindsEverything: who can be called comes first, with a call of one's
// own as its recipient; then what else has the text. The history is searched by the
// page that it leads to, and sipgate is not asked.
func TestTheFieldFindsEverything(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, mira := d.signIn("w0", team.Admin), d.signIn("w2", team.Viewer)
	d.loadRoster()
	d.readContacts(anna)
	d.addSound(anna, "Jonas is away")
	const more = "; open Search the history for “"
	for text, want := range map[string]string{
		"jonas":         "call Jonas Keller; open Jonas is away" + more + "jonas”",
		"sabine v":      "call Sabine Vogt" + more + "sabine v”",
		"0221 555001":   "call &#43;49 221 555001" + more + "0221 555001”",
		"0221 4710111":  "call Jonas Keller" + more + "0221 4710111”",
		"110":           "open Search the history for “110”",
		"zzz":           "open Search the history for “zzz”",
		"!?":            "",
		"<b>jonas</b> ": "open Search the history for “&lt;b&gt;jonas&lt;/b&gt;”",
	} {
		if got := strings.ReplaceAll(anna.found(text), "+", "&#43;"); got != strings.ReplaceAll(want, "+", "&#43;") {
			t.Errorf("%q finds %s, want %s", text, got, want)
		}
	}
	asked := len(d.sim.Requests())
	c := d.connected(anna, "+4930555001")
	if got := anna.found("keller"); !strings.HasPrefix(got, "dialog Jonas Keller; ") {
		t.Errorf("with a call of her own: %s", got)
	}
	if page := anna.get("/find?q=keller").Body.String(); !strings.Contains(page, `data-target="/calls/`+string(c.ID)+`/transfer?to=%2B49`) || !strings.Contains(page, `data-call="`) {
		t.Errorf("the transfer: %s", page)
	}
	if got := anna.found("030 555001"); !strings.HasPrefix(got, "row ") {
		t.Errorf("a live call: %s", got)
	}
	before := len(d.sim.Requests())
	for _, text := range []string{"k", "ke", "kel", "030"} {
		anna.found(text)
	}
	if n := len(d.sim.Requests()) - before; n > 2 { // presence, at most
		t.Errorf("%d requests to sipgate for four letters (%d before)", n, asked)
	}
	if got := mira.found("jonas"); strings.Contains(got, "call") || strings.Contains(got, "dialog") {
		t.Errorf("a viewer is offered %s", got)
	}
	if page := mira.get("/find?q=jonas").Body.String(); strings.Contains(page, `action="/calls"`) {
		t.Error("a viewer gets the form that calls")
	}
	if w := anna.get("/find?q=" + strings.Repeat("a", 201)); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a long text: %d", w.Code)
	}
}

// TestACallStartsAsItsMemberPrefers: without a word on device and caller ID, those
// that the dialog would select.
func TestACallStartsAsItsMemberPrefers(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	anna.post("/settings/calls", "grace=4&device=e0&number=%2B492214710100")
	anna.post("/calls", "usual=true&action_id=0123456789abcdef&callee=0221+555001")
	anna.post("/calls", "usual=true&action_id=0123456789abcdef&callee=0221+555001")
	if sent := d.started(); len(sent) != 1 || !strings.Contains(sent[0], `"deviceId":"e0"`) || !strings.Contains(sent[0], `"callerId":"+492214710100"`) {
		t.Errorf("sipgate got %q", sent)
	}
}

// FuzzFind: whatever is typed is answered or refused, and never with another's
// markup.
func FuzzFind(f *testing.F) {
	for _, text := range []string{"", "jonas", "+49", "\xff\x00", "<script>alert(1)</script>", "%s%d", strings.Repeat("ä", 100), "\u202e1", "110", "/find?q=x&y"} {
		f.Add(text)
	}
	d := newDashboard(f, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	f.Fuzz(func(t *testing.T, text string) {
		w := anna.send(t.Context(), http.MethodGet, "/find?q="+url.QueryEscape(text), "")
		if w.Code != http.StatusOK && w.Code != http.StatusUnprocessableEntity || w.Code == http.StatusOK && len(text) > maxQuery {
			t.Errorf("%q: %d", text, w.Code)
		}
		if strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%q: %s", text, w.Body.String())
		}
	})
}
