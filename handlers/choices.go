package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
)

// What members want of the pages. Each section of the settings is a form of
// its own and changes only what it shows.

// A chooser reads one section's fields into what a member wants.
type chooser func(in *input, c *team.Preferences)

// choose takes one section. A mistake is shown in the section, with what was
// typed, and changes nothing.
func (h *handlers) choose(section string, read chooser, fields ...string) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		in, typed, err := h.chosen(w, r, v, read, fields...)
		fault := explain(err)
		switch {
		case err == nil:
			return saved(w, r, "/settings?saved="+section+"#"+section)
		case in == nil || fault.Field == "" || wantsJSON(r) || isEnhanced(r):
			return err
		}
		return h.showSettings(w, r, v, http.StatusUnprocessableEntity, views.SettingsModel{Choices: typed, Section: section, Field: fault.Field})
	}
}

// toggle changes single wishes from where they matter: the board.
func (h *handlers) toggle(w http.ResponseWriter, r *http.Request, v Visitor) error {
	if _, _, err := h.chosen(w, r, v, decodeToggle, "only_mine", "notify"); err != nil {
		return err
	}
	return saved(w, r, "/")
}

// chosen reads a form, lets what it says be kept, and returns what was asked
// for even if that cannot be.
func (h *handlers) chosen(w http.ResponseWriter, r *http.Request, v Visitor, take chooser, fields ...string) (*input, team.Preferences, error) {
	typed := v.Choices
	in, err := read(w, r, fields...)
	if err != nil {
		return nil, typed, err
	}
	err = h.People.SavePreferences(r.Context(), v.member(), func(c *team.Preferences) error {
		take(in, c)
		if !h.speaks(c.Lang) {
			in.fail("lang")
		}
		typed = *c
		return in.err
	})
	return in, typed, err
}

// speaks reports whether pages can be shown in the language of a choice.
func (h *handlers) speaks(lang string) bool {
	l := views.Lang(lang)
	return lang == "" || slices.Contains(views.Langs, l) || h.Demo && l == views.Pseudo
}

func saved(w http.ResponseWriter, r *http.Request, next string) error {
	switch {
	case wantsJSON(r):
		return answerJSON(w, http.StatusOK, map[string]string{"outcome": "done"})
	case isEnhanced(r):
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
	return nil
}

func decodeDisplay(in *input, c *team.Preferences) {
	c.Lang, c.Theme = in.Text("lang"), team.Theme(in.Text("theme"))
	c.Keys, c.OnlyMine = in.Checked("keys"), in.Checked("only_mine")
}

var ringingFields = append([]string{"sound", "volume", "notify", "rings_all", "quiet", "quiet_from", "quiet_to"}, views.Weekdays...)

func decodeRinging(in *input, c *team.Preferences) {
	c.Sound, c.Notify, c.RingsAll = in.Checked("sound"), in.Checked("notify"), in.Checked("rings_all")
	c.Volume = in.Integer("volume")
	c.Quiet = team.QuietHours{On: in.Checked("quiet"), From: in.Minutes("quiet_from"), To: in.Minutes("quiet_to")}
	for i, day := range views.Weekdays {
		if in.Checked(day) {
			c.Quiet.Days |= 1 << i
		}
	}
}

func decodeCalls(in *input, c *team.Preferences) {
	c.Grace = in.Integer("grace")
	c.Device = sipgate.DeviceID(in.Text("device"))
	c.Number = sipgate.Number(sipgate.NormalizeNumber(in.Text("number")))
}

func decodeToggle(in *input, c *team.Preferences) {
	if in.Has("only_mine") {
		c.OnlyMine = in.Bool("only_mine")
	}
	if in.Has("notify") {
		c.Notify = in.Bool("notify")
	}
}

// Checked is the value of a box that is not sent when it is empty.
func (in *input) Checked(field string) bool { return in.Has(field) && in.Bool(field) }

// Integer is the value of a field that must be sent.
func (in *input) Integer(field string) int {
	n, err := strconv.Atoi(in.Text(field))
	if err != nil {
		in.fail(field)
	}
	return n
}

// Minutes is the value of a field that holds a time of day, "18:30".
func (in *input) Minutes(field string) int {
	t, err := time.Parse("15:04", in.Text(field))
	if err != nil {
		in.fail(field)
	}
	return t.Hour()*60 + t.Minute()
}

// graceOf is how long a hang-up of a visitor waits.
func graceOf(v Visitor) time.Duration { return time.Duration(v.Choices.Grace) * time.Second }
