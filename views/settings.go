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

// SettingsModel is what [Settings] shows: what somebody may choose for
// themselves.
type SettingsModel struct {
	SharesCalls, AllowsLeads bool // as in team.Person
	Preferences              team.Preferences
	MayCall                  bool     // they may start calls
	Devices, Numbers         []Option // of new calls; what was chosen before is offered in any case
	Sessions                 []Session

	// Section is what was saved just now ("display", "ringing", "calls"), or
	// what could not be, if Field names a mistake in it.
	Section, Field string
}

// Weekdays name the fields of the days of the week, Monday first.
var Weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// whose names the members whose call it is.
func ownerIDs(c switchboard.Call) string {
	var ids []string
	for _, id := range c.Owners() {
		ids = append(ids, string(id))
	}
	return strings.Join(ids, " ")
}

// saved and wrong tell what became of a section, and wrong of a field.
func (m SettingsModel) isSaved(section string) bool { return m.Section == section && m.Field == "" }

func (m SettingsModel) isInvalid(section string) bool { return m.Section == section && m.Field != "" }

func (m SettingsModel) ariaInvalid(field string) string { return strconv.FormatBool(m.Field == field) }

// languages are those to choose from: each is called as it calls itself.
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

func (p Page) gracePeriodOptions() (found []Option) {
	for _, s := range team.GracePeriods {
		found = append(found, Option{decimal(int64(s)), gracePeriodText(p.Lang, s)})
	}
	return found
}

// offered is the choices with that of before, if it is none of them any more.
func withCurrent(none string, choices []Option, chosen string) []Option {
	found := append([]Option{{"", none}}, choices...)
	if !slices.ContainsFunc(found, func(c Option) bool { return c.Value == chosen }) {
		found = append(found, Option{chosen, chosen})
	}
	return found
}

// minutes writes a time of day as a field for one takes it.
func timeOfDay(n int) string { return fmt.Sprintf("%02d:%02d", n/60, n%60) }

// quietHours writes them for script: "from to days", nothing if there are none.
func quietHoursData(q team.QuietHours) string {
	if !q.On {
		return ""
	}
	return fmt.Sprintf("%d %d %d", q.From, q.To, q.Days)
}

func on(is bool) string {
	if is {
		return "on"
	}
	return "off"
}

// volume is how loud a call rings in percent; 0 not at all.
func volume(c team.Preferences) string {
	if !c.Sound {
		return "0"
	}
	return strconv.Itoa(c.Volume)
}

// SessionRow is a browser in which somebody is signed in.
type Session struct {
	ID       string // names it in an address; not what the cookie holds
	Current  bool   // the one that asks
	Started  time.Time
	LastSeen time.Time
	Address  string // from where it was used last
	Browser  string // as it calls itself, for people: "Firefox, Linux"
}

func (s Session) path() string { return "/sessions/" + url.PathEscape(s.ID) + "/end" }

func (s Session) title(lang Lang) string {
	if s.Browser == "" {
		return lang.T("session.unknown")
	}
	return s.Browser
}

// grace says how long a hang-up waits.
func gracePeriodText(lang Lang, seconds int) string {
	if seconds == 0 {
		return lang.T("settings.grace.none")
	}
	return lang.T("settings.grace.seconds", seconds)
}
