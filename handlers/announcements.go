package handlers

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"callboard/sipgate/announcement"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showAnnouncements shows the team's announcements.
func (h *handlers) showAnnouncements(w http.ResponseWriter, r *http.Request, a actor) error {
	order := cmp.Or(announcement.SortOrder(r.URL.Query().Get("order")), announcement.ByUse)
	if !slices.Contains(announcement.SortOrders, order) {
		return web.BadParam("order")
	}
	list, err := h.Control.Library.List(r.Context(), a.Account, order)
	if err != nil {
		return err
	}
	usage, err := h.Control.Library.Usage(r.Context(), a.Account)
	if err != nil {
		return err
	}
	favourites, err := h.Control.Library.Favourites(r.Context(), a.Account, string(a.User))
	if err != nil {
		return err
	}
	w.Header().Set("Permissions-Policy", web.PermissionsPolicy("microphone"))
	return web.Show(w, r, http.StatusOK, views.Announcements(h.page(r, a), views.AnnouncementsModel{
		Items: list, SortOrder: order, Favourites: favourites, Usage: usage, MaxSize: uploadLimits.MaxFile, MaxLength: maxDuration,
		MayManage: a.May(team.ManageAnnouncements).OK,
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
func (h *handlers) upload(w http.ResponseWriter, r *http.Request, a actor) error {
	done, err := h.uploads.Start(a.SignIn.Subject())
	if err != nil {
		return err
	}
	defer done()
	file, err := web.OpenUpload(w, r, uploadLimits)
	if err != nil {
		return err
	}
	var added announcement.Announcement
	err = h.Control.Audited(r.Context(), a.Actor, team.ManageAnnouncements, "add", file.Filename, func(context.Context) (err error) {
		added, err = h.Control.Library.Add(r.Context(), a.Account, announcement.Upload{UploadedBy: a.Name, FileName: file.Filename, Trim: file.Option}, file)
		return err
	})
	if err != nil {
		return err
	}
	return web.Respond(w, r, web.Response{Status: http.StatusCreated, JSON: announcementJSON(langOf(r, a), added),
		Fragment: views.Uploaded(langOf(r, a), added), Next: "/announcements"})
}

// announcementJSON returns an announcement as programs get it.
func announcementJSON(lang views.Lang, added announcement.Announcement) any {
	return map[string]any{
		"id": added.ID, "label": added.Label, "seconds": added.Length.Seconds(), "bytes": added.Size,
		"loudness": added.Loudness, "source_loudness": added.Source.Loudness, "source_seconds": added.Source.Length.Seconds(),
		"notes": views.NoteTexts(lang, added),
	}
}

type labelForm struct {
	Label string `form:"label"`
}

func (h *handlers) renameAnnouncement(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[labelForm](w, r)
	if err != nil {
		return err
	}
	return h.changeAnnouncement(w, r, a, "rename to "+form.Label, func(ctx context.Context, id string) error {
		return h.Control.Library.Rename(ctx, a.Account, id, form.Label)
	})
}

func (h *handlers) deleteAnnouncement(w http.ResponseWriter, r *http.Request, a actor) error {
	return h.changeAnnouncement(w, r, a, "delete", func(ctx context.Context, id string) error {
		return h.Control.Library.Remove(ctx, a.Account, id)
	})
}

type favouriteForm struct {
	Value bool `form:"value,required"`
}

// setFavourite marks an announcement as one of the actor's favourites, or removes
// the mark. Marks are personal and are not audited.
func (h *handlers) setFavourite(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[favouriteForm](w, r)
	if err != nil {
		return err
	}
	clip, err := h.Control.Library.Get(r.Context(), a.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.Control.Library.SetFavourite(r.Context(), a.Account, string(a.User), clip.ID, form.Value); err != nil {
		return err
	}
	return web.Respond(w, r, web.Response{JSON: map[string]any{"id": clip.ID, "favourite": form.Value},
		Fragment: views.FavouriteSwitch(langOf(r, a), r.URL.Path, clip.Label, form.Value), Next: "/announcements#sound-" + clip.ID})
}

// changeAnnouncement does something to one announcement and leads to the library.
func (h *handlers) changeAnnouncement(w http.ResponseWriter, r *http.Request, a actor, params string, do func(ctx context.Context, id string) error) error {
	clip, err := h.Control.Library.Get(r.Context(), a.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	err = h.Control.Audited(r.Context(), a.Actor, team.ManageAnnouncements, params, clip.Label, func(ctx context.Context) error {
		return do(ctx, clip.ID)
	})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/announcements")
}

// serveAudio serves an announcement for listening in the page.
func (h *handlers) serveAudio(w http.ResponseWriter, r *http.Request, a actor) error {
	wav, err := h.Control.Library.Audio(r.Context(), a.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "audio/wav")
	web.ServeBytes(w, r, wav)
	return nil
}

// publishedToken returns the token of a public address of an announcement, "" if it
// has none.
func publishedToken(r *http.Request) string {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".wav")
	if !ok {
		return ""
	}
	return token
}

// servePublished serves an announcement to sipgate, at the only address that needs no
// session and is valid for ten minutes. Whatever is wrong with a request, the
// answer is the same 404.
func (h *handlers) servePublished(w http.ResponseWriter, r *http.Request) error {
	wav, delivered, err := h.Control.Library.Fetch(r.Context(), publishedToken(r))
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

// AnnouncementURL returns the address from which sipgate fetches a published
// announcement.
func AnnouncementURL(public *url.URL, token string) string {
	return public.JoinPath("a", token+".wav").String()
}
