package handlers

import (
	"net/http"
	"slices"

	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// setup leads an admin through what a new installation needs. It finds out
// again each time what is done.
func (h *handlers) setup(w http.ResponseWriter, r *http.Request, v Visitor) error {
	m := views.SetupModel{Account: v.Account, PublicURL: h.PublicURL.String(), Proven: h.reached(v.Account),
		Reach: string(web.CheckPublicURL(r.Context(), h.PublicURL, "/healthz", alive))}
	people := h.People.List(v.Account)
	m.Members, m.Roles = len(people), slices.ContainsFunc(people, func(p team.Member) bool { return p.MemberID != v.member() && p.Role != team.Agent })
	var err error
	if m.Webhooks, err = h.webhooks(r.Context(), v); err != nil {
		return err
	}
	return web.Show(w, r, http.StatusOK, views.Setup(h.about(r, v), m))
}

// reached reports whether sipgate has reached our public address since the
// start.
func (h *handlers) reached(account string) bool {
	return !h.receiver.Health(account).LastEvent.IsZero()
}

// setupCookie says in a browser that its admin needs no more leading. It is
// worth nothing to anybody else.
const setupCookie = "setup"

// unfinished reports whether a visitor is to be led to the set-up: an admin
// who has not put it aside, as long as sipgate has not reported a call. In the
// demo there is nothing to set up.
func (h *handlers) unfinished(r *http.Request, v Visitor) bool {
	_, err := r.Cookie(setupCookie)
	return err != nil && !h.Demo && v.Person.May(team.ManageSettings).OK && !h.reached(v.Account)
}

// setupDone puts it aside.
func (h *handlers) setupDone(w http.ResponseWriter, r *http.Request, _ Visitor) error {
	http.SetCookie(w, &http.Cookie{Name: setupCookie, Value: "done", Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: h.PublicURL.Scheme == "https", SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
