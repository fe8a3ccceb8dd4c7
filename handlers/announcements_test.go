package handlers

import (
	"bytes"
	"context"
	"encoding/binary"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
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
