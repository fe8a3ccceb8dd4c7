package handlers

import (
	"bytes"
	"encoding/binary"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"callboard/sipgate/announcement"
	"callboard/sipgate/team"
)

// telephoneSound returns a WAV file with a second of a tone after as much silence.
// Tones of other periods are other files.
func telephoneSound(period int) []byte {
	const rate = 8000
	wav := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data")
	wav = binary.LittleEndian.AppendUint32(wav, 4*rate)
	for i := range 2 * rate {
		v := 0
		if i >= rate {
			v = i % period * 100
		}
		wav = binary.LittleEndian.AppendUint16(wav, uint16(v))
	}
	binary.LittleEndian.PutUint32(wav[4:], uint32(len(wav)-8))
	return wav
}

// upload sends a file.
func (b *browser) upload(name string, file []byte, trim bool, headers ...string) *httptest.ResponseRecorder {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if trim {
		form.WriteField("trim", "true")
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		b.d.t.Fatal(err)
	}
	part.Write(file)
	form.Close()
	return b.send(b.d.t.Context(), http.MethodPost, "/announcements", body.String(), append([]string{"Content-Type", form.FormDataContentType()}, headers...)...)
}

// addSound adds an announcement.
func (d *dashboard) addSound(b *browser, label string) announcement.Announcement {
	d.t.Helper()
	if w := b.upload(label+".wav", telephoneSound(100+len(label)), false); w.Code != http.StatusSeeOther {
		d.t.Fatalf("%d %s", w.Code, w.Body)
	}
	all, err := d.h.Control.Library.List(d.t.Context(), d.account, announcement.SortOrders[0])
	if err != nil {
		d.t.Fatal(err)
	}
	for _, a := range all {
		if a.Label == label {
			return a
		}
	}
	d.t.Fatalf("%q is not in the library", label)
	return announcement.Announcement{}
}

// TestAnUploadIsAnnouncedToWhoSentIt: a browser is led to the library, a script
// gets the new row, and a program what became of the file; the audit has its
// name, also of a refused one, and nobody uploads more than two at a time.
func TestAnUploadIsAnnouncedToWhoSentIt(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	if w := anna.upload("Welcome.wav", telephoneSound(100), false); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/announcements" {
		t.Errorf("a browser: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if e := d.audit()[0]; e.Action != team.ManageAnnouncements || e.Parameters != "add" || e.Parties != "Welcome.wav" || e.Outcome != team.OutcomeDone {
		t.Errorf("audit %+v", e)
	}
	w := anna.upload("Trimmed.wav", telephoneSound(80), true, "Accept", "application/json")
	of := fields(t, w)
	if seconds, _ := of["seconds"].(float64); w.Code != http.StatusCreated || of["label"] != "Trimmed" || seconds >= 1.9 || of["source_seconds"] != 2.0 || of["id"] == "" {
		t.Errorf("a program: %d %s", w.Code, w.Body)
	}
	for _, name := range []string{"bytes", "loudness", "source_loudness"} {
		if n, _ := of[name].(float64); n == 0 {
			t.Errorf("a program is not told the %s: %v", name, of)
		}
	}
	if _, ok := of["notes"].([]any); !ok {
		t.Errorf("a program is not told whether anything is odd: %v", of)
	}
	w = anna.upload("Closed.wav", telephoneSound(90), false, "HX-Request", "true")
	if page := w.Body.String(); w.Code != http.StatusCreated || !strings.Contains(page, "Closed") || strings.Contains(page, "<html") {
		t.Errorf("a script: %d %.300s", w.Code, page)
	}
	list := anna.get("/announcements")
	for _, label := range []string{"Welcome", "Trimmed", "Closed", "Member w0"} {
		if !strings.Contains(list.Body.String(), label) {
			t.Errorf("%s is not in the library", label)
		}
	}
	if p := list.Header().Get("Permissions-Policy"); !strings.Contains(p, "microphone=(self)") {
		t.Errorf("nothing can be recorded: %q", p)
	}
	if w := anna.upload("notes.wav", []byte("Dear Anna"), false, "Accept", "application/json"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("no sound: %d %s", w.Code, w.Body)
	}
	if e := d.audit()[0]; e.Parties != "notes.wav" || e.Outcome != team.OutcomeFailed {
		t.Errorf("audit of no sound %+v", e)
	}
	if w := anna.send(t.Context(), http.MethodPost, "/announcements", "file=x", "Accept", "application/json"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("no upload: %d", w.Code)
	}
	var running []func()
	for range 2 {
		done, err := d.h.uploads.Start(anna.in.Subject())
		if err != nil {
			t.Fatal("uploads that are over count: ", err)
		}
		running = append(running, done)
	}
	if w := anna.upload("Third.wav", telephoneSound(100), false); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("a third at a time: %d", w.Code)
	}
	for _, done := range running {
		done()
	}
}

// TestAnAnnouncementIsKeptHeardAndDeleted: it is played to members, renamed and
// deleted by its id, each in the audit under its name; and it is sorted as asked.
func TestAnAnnouncementIsKeptHeardAndDeleted(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	beta, alpha := d.addSound(anna, "Beta"), d.addSound(anna, "Alphabet")
	path := "/announcements/" + beta.ID
	w := anna.get(path + "/audio")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "audio/wav" || w.Body.Len() != int(beta.Size) || !bytes.HasPrefix(w.Body.Bytes(), []byte("RIFF")) {
		t.Errorf("heard: %d %q, %d bytes", w.Code, w.Header().Get("Content-Type"), w.Body.Len())
	}
	if w := anna.send(t.Context(), http.MethodGet, path+"/audio", "", "Range", "bytes=0-9"); w.Code != http.StatusPartialContent || w.Body.Len() != 10 {
		t.Errorf("a part: %d, %d bytes", w.Code, w.Body.Len())
	}
	if page := anna.get("/announcements?order=name").Body.String(); strings.Index(page, "Alphabet") > strings.Index(page, "Beta") {
		t.Error("by name, Beta comes before Alphabet")
	}
	for _, order := range announcement.SortOrders {
		if w := anna.get("/announcements?order=" + string(order)); w.Code != http.StatusOK {
			t.Errorf("by %s: %d", order, w.Code)
		}
	}
	if w := anna.get("/announcements?order=colour"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("by colour: %d", w.Code)
	}
	change := func(path, body string, status int, params, parties, outcome string) {
		t.Helper()
		before := len(d.audit())
		w := anna.post(path, body)
		if w.Code != status || status == http.StatusSeeOther && w.Header().Get("Location") != "/announcements" {
			t.Errorf("%s %s: %d to %q", path, body, w.Code, w.Header().Get("Location"))
		}
		rows := d.audit()
		if params == "" {
			if len(rows) != before {
				t.Errorf("%s %s: audit %+v", path, body, rows[0])
			}
		} else if rows[0].Parameters != params || rows[0].Parties != parties || rows[0].Outcome != outcome {
			t.Errorf("%s %s: audit %+v", path, body, rows[0])
		}
	}
	change(path+"/rename", "label=Gamma", 303, "rename to Gamma", "Beta", team.OutcomeDone)
	change(path+"/rename", "label=", 422, "rename to", "Gamma", team.OutcomeFailed)
	change(path+"/rename", "label=%FF", 422, "", "", "")
	change("/announcements/none/rename", "label=x", 404, "", "", "")
	change("/announcements/none/delete", "", 404, "", "", "")
	if got, err := d.h.Control.Library.Get(t.Context(), d.account, beta.ID); err != nil || got.Label != "Gamma" {
		t.Errorf("renamed %+v, %v", got, err)
	}
	change(path+"/delete", "", 303, "delete", "Gamma", team.OutcomeDone)
	change(path+"/delete", "", 404, "", "", "")
	if w := anna.get(path + "/audio"); w.Code != http.StatusNotFound {
		t.Errorf("a deleted one is heard: %d", w.Code)
	}
	if w := anna.get("/announcements/" + alpha.ID + "/audio"); w.Code != http.StatusOK {
		t.Errorf("the other one: %d", w.Code)
	}
}

// TestSipgateFetchesWhatIsPlayed: the sound that a command names is at an address
// that needs no session, is told to nobody else and kept nowhere; all other
// addresses there are the same 404.
func TestSipgateFetchesWhatIsPlayed(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	clip := d.addSound(anna, "Hello")
	p, err := d.h.Control.Library.Publish(t.Context(), d.account, clip.ID, "Anna")
	if err != nil {
		t.Fatal(err)
	}
	stranger := &browser{d: d}
	w := stranger.get("/a/" + p.Token + ".wav")
	for name, want := range map[string]string{"Content-Type": "audio/wav", "Content-Disposition": `attachment; filename="announcement.wav"`, "Content-Security-Policy": "sandbox; default-src 'none'",
		"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cross-Origin-Resource-Policy": "cross-origin", "Content-Length": strconv.Itoa(int(clip.Size))} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if w.Code != http.StatusOK || w.Body.Len() != int(clip.Size) {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
	for _, path := range []string{"/a/" + p.Token, "/a/" + p.Token + ".mp3", "/a/x" + p.Token + ".wav", "/a/.wav"} {
		if w := stranger.get(path); w.Code != http.StatusNotFound || w.Body.String() != "Not Found\n" {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
	c := d.connected(anna, "+4930555001")
	if w := anna.post("/calls/"+string(c.ID)+"/announcements", "announcement="+clip.ID); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	if e := d.audit()[0]; e.Action != team.PlayAnnouncement || !strings.Contains(e.Parameters, "Hello") || e.Outcome != team.OutcomeDone {
		t.Errorf("audit %+v", e)
	}
	if w := anna.post("/calls/"+string(c.ID)+"/announcements", "url="+url.QueryEscape("https://calls.example/a/"+p.Token+".wav")); w.Code != http.StatusSeeOther {
		t.Errorf("a sound at any address: %d", w.Code)
	}
	played := d.state(c).Announcements
	if len(played) != 2 || !strings.HasPrefix(played[0].URL, "https://calls.example/a/") || !strings.HasSuffix(played[0].URL, ".wav") || played[1].URL != "https://calls.example/a/"+p.Token+".wav" {
		t.Errorf("sipgate is told to play %+v", played)
	}
	if e := d.audit()[0]; !strings.Contains(e.Parameters, "calls.example/a/") {
		t.Errorf("audit %+v", e)
	}
	for _, bad := range []string{"url=https%3A%2F%2Fx.example%2F" + strings.Repeat("a", 2000), "url=%2Fa.wav", "url=https%3A%2F%2F", "url=%3A", "announcement=none&url="} {
		if w := anna.post("/calls/"+string(c.ID)+"/announcements", bad); w.Code != 422 && w.Code != 404 {
			t.Errorf("%.40s: %d", bad, w.Code)
		}
	}
	if n := len(d.state(c).Announcements); n != 2 {
		t.Errorf("%d sounds were played", n)
	}
}
