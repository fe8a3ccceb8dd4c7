package handlers

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/callhistory"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
)

// program sends JSON, as a program does.
func (b *browser) program(path, body string) *httptest.ResponseRecorder {
	return b.send(b.d.t.Context(), http.MethodPost, path, body, "Content-Type", "application/json", "Accept", "application/json")
}

// script sends a form as the page's own script does.
func (b *browser) script(path, body string) *httptest.ResponseRecorder {
	return b.send(b.d.t.Context(), http.MethodPost, path, body, "HX-Request", "true")
}

// fields returns the answer to a program.
func fields(t testing.TB, w *httptest.ResponseRecorder) (of map[string]any) {
	t.Helper()
	if kind := w.Header().Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Errorf("a program gets %q: %.200s", kind, w.Body)
	} else if err := json.Unmarshal(w.Body.Bytes(), &of); err != nil {
		t.Errorf("a program gets %q: %v", w.Body, err)
	}
	return of
}

// past returns the history of the whole account after it was filled.
func (d *dashboard) past(b *browser, entries int) []sipgate.HistoryEntry {
	d.t.Helper()
	if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: entries}); err != nil {
		d.t.Fatal(err)
	}
	d.loadRoster()
	found, err := d.h.Control.History.Search(d.t.Context(), actorOf(b).Member, callhistory.Filter{}, entries)
	if err != nil {
		d.t.Fatal(err)
	}
	return found.Items
}

// own reports whether an entry is a member's own.
func (d *dashboard) own(b *browser, id string) bool {
	d.t.Helper()
	_, own, err := d.h.Control.History.Entry(d.t.Context(), actorOf(b).Member, id)
	return err == nil && own
}

// TestARecordingIsHeardByThoseWhoseCallItWas: the browser gets the sound from
// sipgate, the part that it seeks, under our own name if it saves it, and its
// waveform, which costs sipgate one request only. Nobody else gets any of it.
func TestARecordingIsHeardByThoseWhoseCallItWas(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	mira := d.signIn("w2", team.Agent)
	var entry sipgate.HistoryEntry
	for _, e := range d.past(anna, 60) {
		if len(e.Recordings) == 1 && e.Type == "CALL" && !d.own(mira, e.ID) {
			entry = e
			break
		}
	}
	if entry.ID == "" {
		t.Fatal("no recorded call of others")
	}
	path := "/history/" + entry.ID + "/recordings/" + entry.Recordings[0].ID
	fetched := func() (n int) {
		for _, r := range d.sim.Requests() {
			if strings.HasPrefix(r.Path, "/recordings/") {
				n++
			}
		}
		return n
	}
	whole := anna.get(path)
	head := whole.Header()
	if whole.Code != http.StatusOK || head.Get("Content-Type") != "audio/wav" || head.Get("Accept-Ranges") != "bytes" || head.Get("Content-Range") != "" ||
		head.Get("Content-Disposition") != "" || head.Get("Content-Length") != strconv.Itoa(whole.Body.Len()) || !bytes.HasPrefix(whole.Body.Bytes(), []byte("RIFF")) {
		t.Errorf("%d %v: %.4q, %d bytes", whole.Code, head, whole.Body, whole.Body.Len())
	}
	part := anna.send(t.Context(), http.MethodGet, path, "", "Range", "bytes=100-199")
	if part.Code != http.StatusPartialContent || part.Header().Get("Content-Range") != "bytes 100-199/"+strconv.Itoa(whole.Body.Len()) ||
		part.Header().Get("Content-Length") != "100" || !bytes.Equal(part.Body.Bytes(), whole.Body.Bytes()[100:200]) {
		t.Errorf("a part: %d %v, %d bytes", part.Code, part.Header(), part.Body.Len())
	}
	if head := anna.get(path + "?download=1").Header().Get("Content-Disposition"); !strings.HasPrefix(head, "attachment; ") || !strings.Contains(head, entry.Created.In(d.h.zone(actorOf(anna))).Format("2006-01-02-1504")) || !strings.Contains(head, ".wav") {
		t.Errorf("saved as %q", head)
	}
	before := fetched()
	for range 2 {
		w := anna.get(path + "/outline")
		o := fields(t, w)
		bars, _ := o["bars"].([]any)
		loud := 0
		for _, b := range bars {
			if n, _ := b.(float64); n > 0 {
				loud++
			}
		}
		seconds, _ := o["seconds"].(float64)
		if w.Code != http.StatusOK || len(bars) == 0 || len(bars) > 160 || loud == 0 || seconds <= 0 || int(seconds*16000)+44 != whole.Body.Len() {
			t.Errorf("waveform: %d, %d bars, %d of them heard, %v s of %d bytes", w.Code, len(bars), loud, seconds, whole.Body.Len())
		}
	}
	if n := fetched() - before; n != 1 {
		t.Errorf("two waveforms cost %d requests", n)
	}
	before = fetched()
	for _, of := range []string{path, "/history/" + entry.ID + "/recordings/none"} {
		for _, b := range []*browser{mira, anna} {
			for _, suffix := range []string{"", "/outline"} {
				if of == path && b == anna {
					continue
				}
				if w := b.get(of + suffix); w.Code != http.StatusNotFound || strings.Contains(w.Header().Get("Content-Type"), "audio") {
					t.Errorf("%s for %s: %d", of+suffix, b.in.User, w.Code)
				}
			}
		}
	}
	if fetched() != before {
		t.Error("sipgate was asked for what is not shown")
	}
	if _, err := d.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: 503, Path: "/recordings/*"}); err != nil {
		t.Fatal(err)
	}
	d.h.waveforms = bare(t).waveforms // nothing drawn yet
	for _, suffix := range []string{"", "/outline"} {
		if w := anna.get(path + suffix); w.Code != http.StatusBadGateway || strings.Contains(w.Header().Get("Content-Type"), "audio") || w.Header().Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
			t.Errorf("sipgate has none at the moment: %d %v", w.Code, w.Header())
		}
	}
}

// TestAnEntryIsChangedAsItsFormSays: each form changes its own field at sipgate
// and nothing else, and is in the audit. A browser is led back to where it was on
// these pages, a script gets the entry anew, and a program its fields.
func TestAnEntryIsChangedAsItsFormSays(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	entry := d.past(anna, 10)[0]
	at := "/history/" + entry.ID
	now := func() sipgate.HistoryEntry {
		t.Helper()
		e, _, err := d.h.Control.History.Entry(t.Context(), actorOf(anna).Member, entry.ID)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	want := now()
	for _, test := range []struct {
		path, body, next, params string
		change                   func(e *sipgate.HistoryEntry)
	}{
		{"/star", "value=true&next=%2Fhistory%3Fq%3Da", "/history?q=a", "star on", func(e *sipgate.HistoryEntry) { e.Starred = true }},
		{"/star", "value=false", at, "star off", func(e *sipgate.HistoryEntry) { e.Starred = false }},
		{"/archive", "value=true&next=https%3A%2F%2Fevil.example%2F", at, "archive on", func(e *sipgate.HistoryEntry) { e.Archived = true }},
		{"/archive", "value=false&next=%2F%2Fevil.example", at, "archive off", func(e *sipgate.HistoryEntry) { e.Archived = false }},
		{"/read", "value=false&next=%2F", at, "read off", func(e *sipgate.HistoryEntry) { e.Read = false }},
		{"/read", "value=true&next=%2Fcalls%2F1", "/calls/1", "read on", func(e *sipgate.HistoryEntry) { e.Read = true }},
		{"/note", "text=%20Offer%0D%0Aby%20Friday%20", at, "note", func(e *sipgate.HistoryEntry) { e.Note = "Offer\nby Friday" }},
		{"/note", "text=", at, "note", func(e *sipgate.HistoryEntry) { e.Note = "" }},
	} {
		w := anna.post(at+test.path, test.body)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != test.next {
			t.Errorf("%s %s: %d to %q", test.path, test.body, w.Code, w.Header().Get("Location"))
		}
		test.change(&want)
		if got := now(); got.Note != want.Note || got.Starred != want.Starred || got.Archived != want.Archived || got.Read != want.Read {
			t.Errorf("%s %s: %+v", test.path, test.body, got)
		}
		if e := d.audit()[0]; e.Parameters != test.params || e.Outcome != team.OutcomeDone || e.Call != "history "+entry.ID {
			t.Errorf("%s %s: audit %+v", test.path, test.body, e)
		}
	}
	w := anna.program(at+"/note", `{"action_id":"0123456789abcdef","text":"Call back"}`)
	if of := fields(t, w); w.Code != http.StatusOK || of["id"] != entry.ID || of["note"] != "Call back" || of["read"] != true || of["starred"] != false || of["archived"] != false {
		t.Errorf("a program gets %d %s", w.Code, w.Body)
	}
	w = anna.script(at+"/star", "value=true&next=%2Fhistory%3Fq%3Da")
	if page := w.Body.String(); w.Code != http.StatusOK || strings.Contains(page, "<html") || !strings.Contains(page, "Call back") || !strings.Contains(page, `name="next" value="/history?q=a"`) || !now().Starred {
		t.Errorf("a script gets %d: %.300s", w.Code, page)
	}
	before := len(d.audit())
	for _, bad := range [][2]string{{"/star", ""}, {"/star", "value=maybe"}, {"/note", ""}, {"/note", "text=" + url.QueryEscape("\x00")}} {
		if w := anna.post(at+bad[0], bad[1]); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s %q: %d", bad[0], bad[1], w.Code)
		}
	}
	if w := anna.post("/history/none/star", "value=true"); w.Code != http.StatusNotFound {
		t.Errorf("an entry that does not exist: %d", w.Code)
	}
	if len(d.audit()) != before || now().Note != "Call back" {
		t.Error("a bad form changed something")
	}
}

// TestWhoseEntryMayBeChanged: agents change their own entries, do not learn that
// those of others exist, and admins change all.
func TestWhoseEntryMayBeChanged(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	entries := d.past(anna, 25)
	mira := d.signIn("w2", team.Agent)
	own, others := 0, 0
	for _, e := range entries {
		switch mine := d.own(mira, e.ID); {
		case mine && own == 0:
			own++
			if w := mira.post("/history/"+e.ID+"/star", "value=true"); w.Code != http.StatusSeeOther {
				t.Errorf("her own: %d", w.Code)
			}
			if row := d.audit()[0]; row.Action != team.EditOwnHistory || row.By != mira.in.Member() || row.Outcome != team.OutcomeDone {
				t.Errorf("audit %+v", row)
			}
		case !mine && others == 0:
			others++
			if w := mira.post("/history/"+e.ID+"/star", "value=true"); w.Code != http.StatusNotFound {
				t.Errorf("another's: %d", w.Code)
			}
			if d.own(anna, e.ID) {
				others--
				continue
			}
			if w := anna.post("/history/"+e.ID+"/note", "text=Admin"); w.Code != http.StatusSeeOther {
				t.Errorf("the admin: %d", w.Code)
			}
			if row := d.audit()[0]; row.Action != team.EditAllHistory || row.Outcome != team.OutcomeDone {
				t.Errorf("audit %+v", row)
			}
		}
	}
	if own == 0 || others == 0 {
		t.Fatalf("%d own, %d of others", own, others)
	}
}
