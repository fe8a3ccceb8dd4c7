package handlers

import (
	"bytes"
	"context"
	"encoding/binary"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"callboard/sipgate/announcement"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/team"
	"callboard/web/database/databasetest"
)

// hangsUp is a client that disconnects as soon as it has after bytes.
type hangsUp struct {
	*httptest.ResponseRecorder
	after int
	gone  context.CancelFunc
}

func (w hangsUp) Write(p []byte) (int, error) {
	if left := w.after - w.Body.Len(); len(p) > left {
		w.gone()
		return 0, http.ErrAbortHandler
	}
	n, err := w.ResponseRecorder.Write(p)
	if w.Body.Len() == w.after {
		w.gone()
	}
	return n, err
}

// A file counts as fetched when its last byte is sent, even if the client hangs up
// at once; not if it hangs up before, or sends HEAD.
func TestFileIsFetchedWithItsLastByte(t *testing.T) {
	db := databasetest.Open(t, map[string]fs.FS{"announcement": announcement.Migrations})
	library, log := announcement.NewLibrary(db.DB, announcement.Options{}), slog.New(slog.DiscardHandler)
	control := callcontrol.New(callcontrol.Options{Log: log, Library: library, Stores: &team.Stores{Members: new(team.Members)}})
	defer control.Close()
	h := &handlers{Deps: Deps{Log: log, Control: control}}
	wav := append([]byte("RIFF\xa4\x3e\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"), 0x80, 0x3e, 0, 0)
	for i := range 8000 {
		wav = binary.LittleEndian.AppendUint16(wav, uint16(i%100*50))
	}
	a, err := library.Add(t.Context(), "1", announcement.Upload{FileName: "a.wav"}, bytes.NewReader(wav))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, part string
		after        int
		fetched      bool
	}{
		{"GET", "", int(a.Size), true}, {"GET", "", int(a.Size) - 1, false}, {"HEAD", "", int(a.Size), false},
		{"GET", "bytes=0-99", int(a.Size), false}, {"GET", "bytes=100-", int(a.Size), true},
	} {
		p, err := library.Publish(t.Context(), "1", a.ID, "Tom")
		if err != nil {
			t.Fatal(err)
		}
		ctx, gone := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, c.method, "/a/x", nil)
		r.SetPathValue("file", p.Token+".wav")
		if c.part != "" {
			r.Header.Set("Range", c.part)
		}
		if err := h.servePublished(hangsUp{httptest.NewRecorder(), c.after, gone}, r); err != nil {
			t.Error(err)
		}
		if got := len(p.Fetched) == 1; got != c.fetched {
			t.Errorf("%s %s, %d of %d bytes: fetched %v", c.method, c.part, c.after, a.Size, got)
		}
		gone()
	}
	if got, err := library.Get(t.Context(), "1", a.ID); err != nil || got.Plays != 2 {
		t.Errorf("played %d times, %v", got.Plays, err)
	}
}

// TestAFavouriteIsOneClickAwayInACall: a member marks an announcement, and only that
// member's dialog then begins with it; it is played by the same form, permission
// and audit as any other.
func TestAFavouriteIsOneClickAwayInACall(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, tom, eva := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent), d.signIn("w2", team.Viewer)
	sound := d.addSound(anna, "Closed today")
	path := "/announcements/" + sound.ID + "/favourite"
	d.loadRoster()
	call := d.connected(tom, "+4930555901")
	dialog := func(b *browser) string {
		return b.get("/calls/" + string(call.ID) + "/announce").Body.String()
	}
	const tile = `<button class="btn tile" name="announcement" value="`
	if page := dialog(tom); strings.Contains(page, tile) || !strings.Contains(page, "No favourites yet.") {
		t.Error("without favourites and plays there is a button, or no word")
	}
	for _, test := range []struct {
		b          *browser
		path, body string
		want       int
	}{
		{eva, path, "value=true", http.StatusForbidden},
		{tom, path, "value=maybe", http.StatusUnprocessableEntity},
		{tom, path, "", http.StatusUnprocessableEntity},
		{tom, "/announcements/" + strings.Repeat("A", 43) + "/favourite", "value=true", http.StatusNotFound},
		{tom, path, "value=true", http.StatusSeeOther},
		{tom, path, "value=true", http.StatusSeeOther},
	} {
		if w := test.b.post(test.path, test.body); w.Code != test.want {
			t.Errorf("%s %s of %s: %d, want %d", test.path, test.body, test.b.in.User, w.Code, test.want)
		}
	}
	w := tom.send(t.Context(), "POST", path, "value=true", "HX-Request", "true")
	if page := w.Body.String(); !strings.Contains(page, `name="value" value="false" aria-pressed="true"`) {
		t.Errorf("the star is answered with %s", page)
	}
	if page := tom.get("/announcements").Body.String(); !strings.Contains(page, `aria-pressed="true" title="Favourite"`) {
		t.Error("the library does not show the favourite")
	}
	if page := dialog(tom); !strings.Contains(page, tile+sound.ID+`"`) || strings.Contains(page, "No favourites yet.") {
		t.Error("the favourite is not one click away")
	}
	if page := dialog(anna); strings.Contains(page, tile) {
		t.Error("it is another member's favourite, too")
	}
	if w := tom.post("/calls/"+string(call.ID)+"/announcements", "announcement="+sound.ID+"&action_id=0123456789abcdef0123-f"); w.Code >= 400 {
		t.Fatalf("play: %d %s", w.Code, w.Body)
	}
	if e := d.audit()[0]; e.Action != team.PlayAnnouncement || e.Outcome != team.OutcomeDone {
		t.Errorf("audit %+v", e)
	}
	tom.post(path, "value=false")
	if page := tom.get("/announcements").Body.String(); strings.Contains(page, `aria-pressed="true"`) {
		t.Error("the mark cannot be removed")
	}
}
