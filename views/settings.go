package views

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// SettingsModel is the model of [Settings]: the member's own preferences.
type SettingsModel struct {
	team.Consent          // what counts for the member now
	Stated           bool // the member has chosen it
	Preferences      team.Preferences
	MayCall          bool     // the member may start calls
	Devices, Numbers []Option // of new calls; the current choice is always offered
	Sessions         []Session

	// Section is the section that was just saved ("display", "ringing", "calls"). If
	// Field is not empty, the section was not saved because Field is invalid.
	Section, Field string
}

// Weekdays are the names of the form fields of weekdays, Monday first.
var Weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// joinIDs returns the ids of members separated by spaces.
func joinIDs(members []switchboard.MemberID) string {
	var ids []string
	for _, id := range members {
		ids = append(ids, string(id))
	}
	return strings.Join(ids, " ")
}

// isSaved reports whether a section was just saved.
func (m SettingsModel) isSaved(section string) bool { return m.Section == section && m.Field == "" }

// isInvalid reports whether a section has an invalid field.
func (m SettingsModel) isInvalid(section string) bool { return m.Section == section && m.Field != "" }

// ariaInvalid returns the aria-invalid of a field.
func (m SettingsModel) ariaInvalid(field string) string { return strconv.FormatBool(m.Field == field) }

// languageOptions returns the languages, each named in itself.
func (p Page) languageOptions() []Option {
	found := []Option{{"", p.t("settings.lang.browser")}}
	for _, l := range Langs {
		found = append(found, Option{string(l), l.T("settings.lang.self")})
	}
	if p.Demo {
		found = append(found, Option{string(Pseudo), Pseudo.T("settings.lang.self")})
	}
	return found
}

func (p Page) themeOptions() (found []Option) {
	for _, t := range team.Themes {
		found = append(found, Option{string(t), p.t("settings.theme." + cmp.Or(string(t), "system"))})
	}
	return found
}

func (p Page) densityOptions() (found []Option) {
	for _, d := range team.Densities {
		found = append(found, Option{string(d), p.t("settings.density." + cmp.Or(string(d), "automatic"))})
	}
	return found
}

func (p Page) gracePeriodOptions() (found []Option) {
	for _, s := range team.GracePeriods {
		found = append(found, Option{decimal(s), gracePeriodText(p.Lang, s)})
	}
	return found
}

// withCurrent returns the options with none first, and with the current value
// last if it is not among them.
func withCurrent(none string, options []Option, current string) []Option {
	found := append([]Option{{"", none}}, options...)
	if !slices.ContainsFunc(found, func(o Option) bool { return o.Value == current }) {
		found = append(found, Option{current, current})
	}
	return found
}

// timeOfDay formats minutes since midnight for an input element.
func timeOfDay(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// quietHoursData returns "from to days" for script, or "" if there are none.
func quietHoursData(q team.QuietHours) string {
	if !q.On {
		return ""
	}
	return fmt.Sprintf("%d %d %d", q.From, q.To, q.Days)
}

// onOff returns "on" or "off".
func onOff(on bool) string { return either(on, "on", "off") }

// volume returns the ring volume in percent, 0 without sound.
func volume(c team.Preferences) string {
	if !c.Sound {
		return "0"
	}
	return strconv.Itoa(c.Volume)
}

// Session is a browser in which the member is signed in.
type Session struct {
	ID       string // identifies the session in URLs; not the cookie
	Current  bool   // the session of this request
	Started  time.Time
	LastSeen time.Time
	Address  string // last IP address
	Browser  string // for display: "Firefox, Linux"
}

func (s Session) path() string { return "/sessions/" + url.PathEscape(s.ID) + "/end" }

func (s Session) title(lang Lang) string {
	if s.Browser == "" {
		return lang.T("session.unknown")
	}
	return s.Browser
}

// gracePeriodText formats the grace period of hang-ups.
func gracePeriodText(lang Lang, seconds int) string {
	if seconds == 0 {
		return lang.T("settings.grace.none")
	}
	return lang.T("settings.grace.seconds", seconds)
}
