package handlers

import (
	"cmp"
	"context"
	"net/http"

	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// settings shows a member's own settings.
func (h *handlers) settings(w http.ResponseWriter, r *http.Request, v Visitor) error {
	return h.showSettings(w, r, v, http.StatusOK, views.SettingsModel{Choices: v.Choices, Section: r.URL.Query().Get("saved")})
}

// showSettings shows the preferences of m, which may be typed ones that were not
// saved.
func (h *handlers) showSettings(w http.ResponseWriter, r *http.Request, v Visitor, status int, m views.SettingsModel) error {
	list, err := h.Sessions.Of(r, v.Subject())
	if err != nil {
		return err
	}
	for _, s := range list {
		m.Sessions = append(m.Sessions, views.SessionRow{ID: s.ID, Current: s.Current, Begun: s.Started.Local(), Seen: s.Seen.Local(),
			Address: s.Value.Address, Browser: s.Value.Browser})
	}
	m.Shares, m.Lendable = v.Person.SharesCalls, v.Person.AllowsLeads
	if v.Person.May(team.StartCall).OK {
		m.Calls = true
		m.Devices, m.Numbers = h.devices(r.Context(), v), h.callerIDs(r.Context(), v)
	}
	return web.Show(w, r, status, views.Settings(h.about(r, v), m))
}

// devices returns the visitor's telephones, none if they cannot be read.
func (h *handlers) devices(ctx context.Context, v Visitor) (found []views.Choice) {
	devices, err := h.clientOf(v).Devices(ctx, v.User)
	if err != nil {
		h.Log.Info("read devices", "err", err)
	}
	for _, d := range devices {
		found = append(found, views.Choice{Value: string(d.ID), Label: cmp.Or(d.Alias, string(d.ID))})
	}
	return found
}

type consentForm struct {
	Shares   bool   `form:"shares"`
	Lendable bool   `form:"lendable"`
	Next     string `form:"next"`
}

// setConsent saves what a member lets others see and do.
func (h *handlers) setConsent(w http.ResponseWriter, r *http.Request, v Visitor) error {
	form, err := web.Decode[consentForm](w, r)
	if err != nil {
		return err
	}
	if err := h.People.SetConsent(r.Context(), v.member(), form.Shares, form.Lendable); err != nil {
		return err
	}
	return web.Redirect(w, r, web.LocalPath(form.Next))
}

// endSession signs the visitor out in one browser.
func (h *handlers) endSession(w http.ResponseWriter, r *http.Request, v Visitor) error {
	ok, err := h.Sessions.EndOne(r.Context(), v.Subject(), r.PathValue("id"))
	switch {
	case err != nil:
		return err
	case !ok:
		return errNotFound
	}
	return web.Redirect(w, r, "/settings")
}

// endSessions signs the visitor out everywhere, including here.
func (h *handlers) endSessions(w http.ResponseWriter, r *http.Request, v Visitor) error {
	if err := h.Sessions.EndAll(r.Context(), v.Subject()); err != nil {
		return err
	}
	return h.signOut(w, r, v)
}
