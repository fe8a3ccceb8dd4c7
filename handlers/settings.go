package handlers

import (
	"cmp"
	"net/http"

	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showSettings shows a member's own settings.
func (h *handlers) showSettings(w http.ResponseWriter, r *http.Request, a actor) error {
	return h.respondSettings(w, r, a, http.StatusOK, views.SettingsModel{Preferences: a.Preferences, Section: r.URL.Query().Get("saved")})
}

// respondSettings shows the preferences of m, which may be typed ones that were not
// saved.
func (h *handlers) respondSettings(w http.ResponseWriter, r *http.Request, a actor, status int, m views.SettingsModel) error {
	list, err := h.Sessions.Of(r, a.SignIn.Subject())
	if err != nil {
		return err
	}
	for _, s := range list {
		m.Sessions = append(m.Sessions, views.Session{ID: s.ID, Current: s.Current, Started: s.Started, LastSeen: s.Seen,
			Address: s.Value.Address, Browser: s.Value.Browser})
	}
	m.Consent, m.Stated = a.Consent, a.Stated
	if a.May(team.StartCall).OK {
		m.MayCall = true
		m.Devices, m.Numbers = h.deviceNames(r, a), h.callerIDs(r, a)
	}
	return web.Show(w, r, status, views.Settings(h.page(r, a), m))
}

// userMenu shows the menu on the actor's name. Without script the settings are in its
// place.
func (h *handlers) userMenu(w http.ResponseWriter, r *http.Request, a actor) error {
	if !web.WantsFragment(r) {
		return web.Redirect(w, r, "/settings")
	}
	return web.Show(w, r, http.StatusOK, views.UserMenu(h.page(r, a)))
}

// shortcuts lists the keyboard shortcuts.
func (h *handlers) shortcuts(w http.ResponseWriter, r *http.Request, a actor) error {
	return web.Show(w, r, http.StatusOK, views.Shortcuts(h.page(r, a)))
}

// deviceNames returns the actor's devices, none if they cannot be read.
func (h *handlers) deviceNames(r *http.Request, a actor) (all []views.Option) {
	devices, err := h.Control.Devices(r.Context(), a.Actor)
	if err != nil {
		h.Log.Info("read devices", "err", err)
	}
	for _, d := range devices {
		all = append(all, views.Option{Value: string(d.ID), Label: cmp.Or(d.Alias, string(d.ID))})
	}
	return all
}

type consentForm struct {
	SharesCalls bool   `form:"shares"`
	AllowsLeads bool   `form:"lendable"`
	Next        string `form:"next"`
}

// setConsent saves what a member lets others see and do.
func (h *handlers) setConsent(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[consentForm](w, r)
	if err != nil {
		return err
	}
	if err := h.Control.Members.SetConsent(r.Context(), a.MemberID, team.Consent{SharesCalls: form.SharesCalls, AllowsLeads: form.AllowsLeads}); err != nil {
		return err
	}
	return respondSaved(w, r, web.LocalPath(form.Next))
}

// endSession signs the actor out in one browser.
func (h *handlers) endSession(w http.ResponseWriter, r *http.Request, a actor) error {
	ok, err := h.Sessions.EndOne(r.Context(), a.SignIn.Subject(), r.PathValue("id"))
	switch {
	case err != nil:
		return err
	case !ok:
		return errNotFound
	}
	return web.Redirect(w, r, "/settings")
}

// endSessions signs the actor out everywhere, including here.
func (h *handlers) endSessions(w http.ResponseWriter, r *http.Request, a actor) error {
	if err := h.Sessions.EndAll(r.Context(), a.SignIn.Subject()); err != nil {
		return err
	}
	return h.signOut(w, r, a)
}
