package handlers

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"callboard/sipgate/announcement"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// announcements shows the team's announcements.
func (h *handlers) announcements(w http.ResponseWriter, r *http.Request, v Visitor) error {
	order := cmp.Or(announcement.SortOrder(r.URL.Query().Get("order")), announcement.ByUse)
	if !slices.Contains(announcement.SortOrders, order) {
		return badParam("order")
	}
	list, err := h.Library.List(r.Context(), v.Account, order)
	if err != nil {
		return err
	}
	usage, err := h.Library.Usage(r.Context(), v.Account)
	if err != nil {
		return err
	}
	w.Header().Set("Permissions-Policy", web.PermissionsPolicy("microphone"))
	return show(w, r, http.StatusOK, views.Announcements(h.about(r, v), views.AnnouncementsModel{
		Items: list, Order: order, Usage: usage, MaxSize: maxUpload, MaxLength: maxLength,
		Write: v.Person.May(team.ManageAnnouncements).OK,
	}))
}

// uploadPace is how fast an upload has to arrive.
var uploadPace = pace{within: 60 * time.Second, slowest: 8 << 10, start: 10 * time.Second}

// upload takes one audio file. Nothing of it is kept but the telephone sound
// that it was turned into.
func (h *handlers) upload(w http.ResponseWriter, r *http.Request, v Visitor) error {
	end, ok := h.uploading.begin(v.Subject())
	if !ok {
		return web.Fault{Status: http.StatusTooManyRequests, Code: web.CodeRateLimited, RetryAfter: time.Second}
	}
	defer end()
	file, err := openUpload(w, r, uploadPace)
	if err != nil {
		return err
	}
	var added announcement.Announcement
	err = h.onLibrary(r, v, "add", file.Name, func() (err error) {
		added, err = h.Library.Add(r.Context(), v.Account, announcement.Upload{UploadedBy: v.Name, FileName: file.Name, Trim: file.Trim}, file)
		return err
	})
	switch {
	case err != nil:
		return err
	case isEnhanced(r):
		return show(w, r, http.StatusCreated, views.Uploaded(langOf(r, v), added))
	case wantsJSON(r):
		return answerJSON(w, http.StatusCreated, map[string]any{
			"id": added.ID, "label": added.Label, "seconds": added.Length.Seconds(), "bytes": added.Size,
			"loudness": added.Loudness, "source_loudness": added.Source.Loudness, "source_seconds": added.Source.Length.Seconds(),
		})
	}
	http.Redirect(w, r, "/announcements", http.StatusSeeOther)
	return nil
}

// onLibrary changes the library, on record.
func (h *handlers) onLibrary(r *http.Request, v Visitor, what, label string, do func() error) error {
	e := h.entry(r, v, team.ManageAnnouncements, what)
	e.Parties = label
	return h.onRecord(r.Context(), e, do)
}

func (h *handlers) renameAnnouncement(w http.ResponseWriter, r *http.Request, v Visitor) error {
	in, err := read(w, r, "label")
	if err != nil {
		return err
	}
	label := in.Text("label")
	if in.err != nil {
		return in.err
	}
	return h.changeAnnouncement(w, r, v, "rename to "+label, func(id string) error {
		return h.Library.Rename(r.Context(), v.Account, id, label)
	})
}

func (h *handlers) deleteAnnouncement(w http.ResponseWriter, r *http.Request, v Visitor) error {
	return h.changeAnnouncement(w, r, v, "delete", func(id string) error {
		return h.Library.Remove(r.Context(), v.Account, id)
	})
}

// changeAnnouncement does something to one announcement and shows the library.
func (h *handlers) changeAnnouncement(w http.ResponseWriter, r *http.Request, v Visitor, what string, do func(id string) error) error {
	a, err := h.Library.Get(r.Context(), v.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.onLibrary(r, v, what, a.Label, func() error { return do(a.ID) }); err != nil {
		return err
	}
	http.Redirect(w, r, "/announcements", http.StatusSeeOther)
	return nil
}

// audio is an announcement for listening in the page.
func (h *handlers) audio(w http.ResponseWriter, r *http.Request, v Visitor) error {
	wav, err := h.Library.Audio(r.Context(), v.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "audio/wav")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(wav))
	return nil
}

// published is what sipgate fetches: the only address of an announcement that
// needs no session, good for ten minutes. Whatever is wrong with a request,
// the answer is the same 404.
func (h *handlers) published(w http.ResponseWriter, r *http.Request) error {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".wav")
	if !ok {
		return announcement.ErrNotFound
	}
	wav, delivered, err := h.Library.Fetch(r.Context(), token)
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", "audio/wav")
	head.Set("Content-Disposition", `attachment; filename="announcement.wav"`)
	head.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	head.Set("Cache-Control", "private, no-store")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Robots-Tag", "noindex")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	file, out := bytes.NewReader(wav), &watched{ResponseWriter: w}
	http.ServeContent(out, r, "", time.Time{}, file)
	// Sent to its last byte. Who has it may be gone by now: that is no failure.
	if r.Method == http.MethodGet && file.Len() == 0 && out.err == nil {
		if err := delivered(); err != nil {
			h.Log.Error("a play is not counted", "err", err)
		}
	}
	return nil
}

// watched remembers whether all that was written got away.
type watched struct {
	http.ResponseWriter
	err error
}

func (w *watched) Write(p []byte) (n int, err error) {
	n, err = w.ResponseWriter.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}
