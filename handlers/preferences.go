package handlers

import (
	"net/http"
	"slices"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// What members prefer on their pages. Each section of the settings is a form of
// its own and changes only what it shows.

// savePreferences saves one section. apply changes the preferences as the form
// says. After a mistake nothing is changed, and a browser gets the section back
// as it was typed.
func savePreferences[T any](h *handlers, section string, apply func(form T, p *team.Preferences)) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, a actor) error {
		typed, err := bindPreferences(h, w, r, a, apply)
		fault := explain(err)
		switch {
		case err == nil:
			return respondSaved(w, r, "/settings?saved="+section+"#"+section)
		case fault.Field == "" || !web.WantsPage(r):
			return err
		}
		return h.respondSettings(w, r, a, http.StatusUnprocessableEntity, views.SettingsModel{Preferences: typed, Section: section, Field: fault.Field})
	}
}

// toggle changes single preferences, from the board and from the menu of the user.
func (h *handlers) toggle(w http.ResponseWriter, r *http.Request, a actor) error {
	if _, err := bindPreferences(h, w, r, a, applyToggle); err != nil {
		return err
	}
	return respondSaved(w, r, "/")
}

// bindPreferences applies a form to the actor's preferences and saves them. It
// returns what was typed even if that cannot be saved.
func bindPreferences[T any](h *handlers, w http.ResponseWriter, r *http.Request, a actor, apply func(form T, p *team.Preferences)) (typed team.Preferences, err error) {
	form, mistake := web.Decode[T](w, r)
	if mistake != nil && explain(mistake).Field == "" {
		return typed, mistake
	}
	err = h.Control.Members.SavePreferences(r.Context(), a.MemberID, func(p *team.Preferences) error {
		apply(form, p)
		typed = *p
		if mistake == nil && !h.speaks(p.Lang) {
			return web.BadParam("lang")
		}
		return mistake
	})
	return typed, err
}

// speaks reports whether pages can be shown in the language of a choice.
func (h *handlers) speaks(lang string) bool {
	l := views.Lang(lang)
	return lang == "" || slices.Contains(views.Langs, l) || h.Demo && l == views.Pseudo
}

// respondSaved answers a form that was saved; browsers are led to next.
func respondSaved(w http.ResponseWriter, r *http.Request, next string) error {
	return web.Respond(w, r, web.Response{JSON: map[string]string{"outcome": "done"}, Next: next})
}

type displayForm struct {
	Lang     string       `form:"lang"`
	Theme    team.Theme   `form:"theme"`
	Density  team.Density `form:"density"`
	Keys     bool         `form:"keys"`
	OnlyMine bool         `form:"only_mine"`
}

func applyDisplay(form displayForm, p *team.Preferences) {
	p.Lang, p.Theme, p.Density, p.Keys, p.OnlyMine = form.Lang, form.Theme, form.Density, form.Keys, form.OnlyMine
}

type ringingForm struct {
	Sound     bool          `form:"sound"`
	Notify    bool          `form:"notify"`
	RingsAll  bool          `form:"rings_all"`
	Volume    int           `form:"volume,required"`
	Quiet     bool          `form:"quiet"`
	QuietFrom web.TimeOfDay `form:"quiet_from,required"`
	QuietTo   web.TimeOfDay `form:"quiet_to,required"`
	weekdayFields
}

// weekdayFields are the checkboxes called as [views.Weekdays] says.
type weekdayFields struct {
	Monday    bool `form:"mon"`
	Tuesday   bool `form:"tue"`
	Wednesday bool `form:"wed"`
	Thursday  bool `form:"thu"`
	Friday    bool `form:"fri"`
	Saturday  bool `form:"sat"`
	Sunday    bool `form:"sun"`
}

func applyRinging(form ringingForm, p *team.Preferences) {
	p.Sound, p.Notify, p.RingsAll, p.Volume = form.Sound, form.Notify, form.RingsAll, form.Volume
	p.Quiet = team.QuietHours{On: form.Quiet, From: int(form.QuietFrom), To: int(form.QuietTo)}
	for i, on := range []bool{form.Monday, form.Tuesday, form.Wednesday, form.Thursday, form.Friday, form.Saturday, form.Sunday} {
		if on {
			p.Quiet.Days |= 1 << i
		}
	}
}

type callsForm struct {
	Grace  int              `form:"grace,required"`
	Device sipgate.DeviceID `form:"device"`
	Number string           `form:"number"`
}

func applyCalls(form callsForm, p *team.Preferences) {
	p.Grace, p.Device, p.Number = form.Grace, form.Device, sipgate.Number(sipgate.NormalizeNumber(form.Number))
}

type toggleForm struct {
	OnlyMine *bool   `form:"only_mine"`
	Notify   *bool   `form:"notify"`
	Theme    *string `form:"theme"`
	Lang     *string `form:"lang"`
	Density  *string `form:"density"`
}

func applyToggle(form toggleForm, p *team.Preferences) {
	if form.OnlyMine != nil {
		p.OnlyMine = *form.OnlyMine
	}
	if form.Notify != nil {
		p.Notify = *form.Notify
	}
	if form.Theme != nil {
		p.Theme = team.Theme(*form.Theme)
	}
	if form.Lang != nil {
		p.Lang = *form.Lang
	}
	if form.Density != nil {
		p.Density = team.Density(*form.Density)
	}
}

// gracePeriod returns that of an actor's hang-ups.
func gracePeriod(a actor) time.Duration { return time.Duration(a.Preferences.Grace) * time.Second }
