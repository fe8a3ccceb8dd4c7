package handlers

import (
	"net/http"
	"slices"

	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showSetup leads an admin through what a new installation needs. It checks each
// time what is done.
func (h *handlers) showSetup(w http.ResponseWriter, r *http.Request, a actor) error {
	m := views.SetupModel{Account: a.Account, Address: h.publicAddress(r, a)}
	if c, err := r.Cookie(rolesCookie); err == nil {
		m.RolesKept = c.Value == a.Account
	}
	members := h.Control.Members.List(a.Account)
	m.Members, m.Roles = len(members), slices.ContainsFunc(members, func(m team.Member) bool { return m.MemberID != a.MemberID && m.Role != team.Agent })
	var err error
	if m.Webhooks, err = h.webhooks(r, a); err != nil {
		return err
	}
	return web.Show(w, r, http.StatusOK, views.Setup(h.page(r, a), m))
}

// publicAddress returns the verdict on the public address. What sipgate has proven
// since the start is not checked from here.
func (h *handlers) publicAddress(r *http.Request, a actor) views.PublicAddress {
	p := views.PublicAddress{URL: h.PublicURL.String(), Reached: !h.Receiver.Health(a.Account).LastEvent.IsZero()}
	if !p.Reached {
		p.Check = string(h.checkAddress(r.Context(), h.PublicURL, "/healthz", alive))
	}
	return p
}

// setupCookie marks a browser whose admin has finished the setup page.
const setupCookie = "setup"

// needsSetup reports whether the actor is to be led to the setup page: an admin
// who has not finished it, as long as sipgate has not sent an event. The demo
// needs no setup.
func (h *handlers) needsSetup(r *http.Request, a actor) bool {
	if h.Demo || !a.May(team.ManageSettings).OK || h.Control.ReceivesEvents(a.Account) {
		return false
	}
	_, err := r.Cookie(setupCookie)
	return err != nil
}

// rolesCookie marks a browser whose admin leaves the roles of an account as they are.
const rolesCookie = "setup_roles"

// finishSetup marks the browser.
func (h *handlers) finishSetup(w http.ResponseWriter, r *http.Request, _ actor) error {
	h.mark(w, setupCookie, "done")
	return web.Redirect(w, r, "/")
}

// keepRoles finishes the step of the roles without a change.
func (h *handlers) keepRoles(w http.ResponseWriter, r *http.Request, a actor) error {
	h.mark(w, rolesCookie, a.Account)
	return web.Redirect(w, r, "/setup#step-roles")
}

// mark sets a cookie for a year.
func (h *handlers) mark(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: h.PublicURL.Scheme == "https", SameSite: http.SameSiteLaxMode})
}
