package handlers

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"callboard/sipgate/announcement"
	"callboard/views"
)

// announcements shows the team's announcements.
func (h *handlers) announcements(w http.ResponseWriter, r *http.Request, v Visitor) error {
	list, err := h.Library.List(r.Context(), v.Account)
	if err != nil {
		return err
	}
	return show(w, r, http.StatusOK, views.Announcements(h.about(r, v), views.AnnouncementsModel{
		Items: list, MaxSize: maxUpload, MaxLength: maxLength,
	}))
}

// uploadTime is how long an upload may take to arrive.
const uploadTime = 60 * time.Second

// upload takes one audio file. Nothing of it is kept but the telephone sound
// that it was turned into.
func (h *handlers) upload(w http.ResponseWriter, r *http.Request, v Visitor) error {
	file, err := openUpload(w, r, uploadTime)
	if err != nil {
		return err
	}
	added, err := h.Library.Add(r.Context(), v.Account, v.Name, file.Name, file)
	if err != nil {
		return err
	}
	if wantsJSON(r) {
		return answerJSON(w, http.StatusCreated, map[string]any{
			"id": added.ID, "label": added.Label, "seconds": added.Length.Seconds(), "bytes": added.Size,
		})
	}
	http.Redirect(w, r, "/announcements", http.StatusSeeOther)
	return nil
}

func (h *handlers) deleteAnnouncement(w http.ResponseWriter, r *http.Request, v Visitor) error {
	if err := h.Library.Remove(r.Context(), v.Account, r.PathValue("id")); err != nil {
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
	wav, delivered, err := h.Library.Open(r.Context(), token)
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
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(wav))
	if r.Method == http.MethodGet && r.Context().Err() == nil {
		delivered()
	}
	return nil
}
