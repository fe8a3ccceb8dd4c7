package handlers

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// settings shows what a member may choose for themselves.
func (h *handlers) settings(w http.ResponseWriter, r *http.Request, v Visitor) error {
	return h.showSettings(w, r, v, http.StatusOK, views.SettingsModel{Choices: v.Choices, Section: r.URL.Query().Get("saved")})
}

// showSettings shows the choices that m has, which may be other than v's: what
// was typed.
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
	return show(w, r, status, views.Settings(h.about(r, v), m))
}

// devices are the visitor's telephones; none if they cannot be read.
func (h *handlers) devices(ctx context.Context, v Visitor) (found []views.Choice) {
	devices, err := h.clientOf(v).Devices(ctx, v.User)
	if err != nil {
		h.Log.Info("a member's devices could not be read", "err", err)
	}
	for _, d := range devices {
		found = append(found, views.Choice{Value: string(d.ID), Label: cmp.Or(d.Alias, string(d.ID))})
	}
	return found
}

// setWishes takes what a member wants others to see and do.
func (h *handlers) setWishes(w http.ResponseWriter, r *http.Request, v Visitor) error {
	in, err := read(w, r, "shares", "lendable", "next")
	if err != nil {
		return err
	}
	shares, lendable, next := in.Checked("shares"), in.Checked("lendable"), in.Text("next")
	if in.err != nil {
		return in.err
	}
	if err := h.People.SetConsent(r.Context(), v.member(), shares, lendable); err != nil {
		return err
	}
	http.Redirect(w, r, web.LocalPath(next), http.StatusSeeOther)
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
