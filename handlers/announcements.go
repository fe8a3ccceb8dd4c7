package handlers

import (
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
		return web.BadParam("order")
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
	return web.Show(w, r, http.StatusOK, views.Announcements(h.about(r, v), views.AnnouncementsModel{
		Items: list, Order: order, Usage: usage, MaxSize: uploadLimits.MaxFile, MaxLength: maxDuration,
		Write: v.Person.May(team.ManageAnnouncements).OK,
	}))
}

// maxDuration bounds how long an announcement may play.
const maxDuration = 10 * time.Minute

// uploadLimits are what an upload may be. A browser announces with the checkbox
// "trim" that silence at the ends is to be removed.
var uploadLimits = web.UploadLimits{
	MaxFile: 32 << 20,
	Pace:    web.Pace{Within: time.Minute, Slack: 10 * time.Second, Rate: 8 << 10},
	Option:  "trim",
}

// maxUploads is the number of files that one member may upload at a time.
const maxUploads = 2

// upload adds one audio file. Only the telephone sound made from it is kept.
func (h *handlers) upload(w http.ResponseWriter, r *http.Request, v Visitor) error {
	done, err := h.uploads.Start(v.Subject())
	if err != nil {
		return err
	}
	defer done()
	file, err := web.OpenUpload(w, r, uploadLimits)
	if err != nil {
		return err
	}
	var added announcement.Announcement
	err = h.onLibrary(r, v, "add", file.Filename, func() (err error) {
		added, err = h.Library.Add(r.Context(), v.Account, announcement.Upload{UploadedBy: v.Name, FileName: file.Filename, Trim: file.Option}, file)
		return err
	})
	if err != nil {
		return err
	}
	return web.Respond(w, r, web.Response{Status: http.StatusCreated, JSON: announcementJSON(added),
		Fragment: views.Uploaded(langOf(r, v), added), Next: "/announcements"})
}

// announcementJSON returns an announcement as programs get it.
func announcementJSON(added announcement.Announcement) any {
	return map[string]any{
		"id": added.ID, "label": added.Label, "seconds": added.Length.Seconds(), "bytes": added.Size,
		"loudness": added.Loudness, "source_loudness": added.Source.Loudness, "source_seconds": added.Source.Length.Seconds(),
	}
}

// onLibrary changes the library and audits that.
func (h *handlers) onLibrary(r *http.Request, v Visitor, what, label string, do func() error) error {
	e := h.entry(r, v, team.ManageAnnouncements, what)
	e.Parties = label
	return h.onRecord(r.Context(), e, do)
}

type labelForm struct {
	Label string `form:"label"`
}

func (h *handlers) renameAnnouncement(w http.ResponseWriter, r *http.Request, v Visitor) error {
	form, err := web.Decode[labelForm](w, r)
	if err != nil {
		return err
	}
	return h.changeAnnouncement(w, r, v, "rename to "+form.Label, func(id string) error {
		return h.Library.Rename(r.Context(), v.Account, id, form.Label)
	})
}

func (h *handlers) deleteAnnouncement(w http.ResponseWriter, r *http.Request, v Visitor) error {
	return h.changeAnnouncement(w, r, v, "delete", func(id string) error {
		return h.Library.Remove(r.Context(), v.Account, id)
	})
}

// changeAnnouncement does something to one announcement and leads to the library.
func (h *handlers) changeAnnouncement(w http.ResponseWriter, r *http.Request, v Visitor, what string, do func(id string) error) error {
	a, err := h.Library.Get(r.Context(), v.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.onLibrary(r, v, what, a.Label, func() error { return do(a.ID) }); err != nil {
		return err
	}
	return web.Redirect(w, r, "/announcements")
}

// audio serves an announcement for listening in the page.
func (h *handlers) audio(w http.ResponseWriter, r *http.Request, v Visitor) error {
	wav, err := h.Library.Audio(r.Context(), v.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "audio/wav")
	web.ServeBytes(w, r, wav)
	return nil
}

// published serves an announcement to sipgate, at the only address that needs no
// session and is valid for ten minutes. Whatever is wrong with a request, the
// answer is the same 404.
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
	if web.ServeBytes(w, r, wav) { // to its last byte
		if err := delivered(); err != nil {
			h.Log.Error("count play", "err", err)
		}
	}
	return nil
}
