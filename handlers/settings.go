package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"callboard/views"
	"callboard/web"
)

// settings shows what a member may choose for themselves.
func (h *handlers) settings(w http.ResponseWriter, r *http.Request, v Visitor) error {
	list, err := h.Sessions.Of(r, v.Subject())
	if err != nil {
		return err
	}
	m := views.SettingsModel{Shares: v.Person.Shares, Lendable: v.Person.Lendable, Grace: int(graceOf(r) / time.Second)}
	for _, s := range list {
		m.Sessions = append(m.Sessions, views.SessionRow{ID: s.ID, Current: s.Current, Begun: s.Started.Local(), Seen: s.Seen.Local(),
			Address: s.Value.Address, Browser: s.Value.Browser})
	}
	return show(w, r, http.StatusOK, views.Settings(h.about(r, v), m))
}

// setWishes takes what a member wants others to see and do.
func (h *handlers) setWishes(w http.ResponseWriter, r *http.Request, v Visitor) error {
	shares, lendable := r.PostFormValue("shares") == "true", r.PostFormValue("lendable") == "true"
	if err := h.People.SetWishes(r.Context(), v.member(), shares, lendable); err != nil {
		return err
	}
	http.Redirect(w, r, web.LocalPath(r.PostFormValue("next")), http.StatusSeeOther)
	return nil
}

// graceCookie keeps the seconds that a member wants a hang-up to wait. It is
// no secret and worth nothing to anybody else.
const (
	graceCookie  = "grace"
	defaultGrace = 4 * time.Second
)

// graceOf is how long a hang-up waits for this browser.
func graceOf(r *http.Request) time.Duration {
	c, err := r.Cookie(graceCookie)
	if err != nil {
		return defaultGrace
	}
	n, err := strconv.Atoi(c.Value)
	if err != nil || !slices.Contains(views.Graces, n) {
		return defaultGrace
	}
	return time.Duration(n) * time.Second
}

func (h *handlers) setGrace(w http.ResponseWriter, r *http.Request, _ Visitor) error {
	n, err := strconv.Atoi(r.PostFormValue("grace"))
	if err != nil || !slices.Contains(views.Graces, n) {
		return badParam("grace")
	}
	http.SetCookie(w, &http.Cookie{Name: graceCookie, Value: strconv.Itoa(n), Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: h.PublicURL.Scheme == "https", SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/settings", http.StatusSeeOther)
	return nil
}

// endSession signs one browser of the visitor out.
func (h *handlers) endSession(w http.ResponseWriter, r *http.Request, v Visitor) error {
	ok, err := h.Sessions.EndOne(r.Context(), v.Subject(), r.PathValue("id"))
	switch {
	case err != nil:
		return err
	case !ok:
		return errNotFound
	}
	http.Redirect(w, r, "/settings", http.StatusSeeOther)
	return nil
}

// endSessions signs the visitor out everywhere, here too.
func (h *handlers) endSessions(w http.ResponseWriter, r *http.Request, v Visitor) error {
	if err := h.Sessions.EndAll(r.Context(), v.Subject()); err != nil {
		return err
	}
	return h.signOut(w, r, v)
}

// browserName is what a browser is called by people: "Firefox, Linux".
func browserName(agent string) string {
	var found []string
	for _, kinds := range [][]string{
		{"Edg/:Edge", "OPR/:Opera", "Firefox/:Firefox", "Chrome/:Chrome", "Safari/:Safari"},
		{"iPhone:iPhone", "iPad:iPad", "Android:Android", "Windows:Windows", "Mac OS X:macOS", "Linux:Linux"},
	} {
		for _, k := range kinds {
			if mark, name, _ := strings.Cut(k, ":"); strings.Contains(agent, mark) {
				found = append(found, name)
				break
			}
		}
	}
	return strings.Join(found, ", ")
}
