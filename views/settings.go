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
	Shares, Lendable bool // as in team.Person
	Choices          team.Preferences
	Calls            bool     // they may start calls
	Devices, Numbers []Choice // of new calls; what was chosen before is offered in any case
	Sessions         []SessionRow

	// Section is what was saved just now ("display", "ringing", "calls"), or
	// what could not be, if Field names a mistake in it.
	Section, Field string
}

// Weekdays name the fields of the days of the week, Monday first.
var Weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// whose names the members whose call it is.
func whose(c switchboard.Call) string {
	var ids []string
	for _, id := range c.Owners() {
		ids = append(ids, string(id))
	}
	return strings.Join(ids, " ")
}

// saved and wrong tell what became of a section, and wrong of a field.
func (m SettingsModel) saved(section string) bool { return m.Section == section && m.Field == "" }

func (m SettingsModel) wrong(section string) bool { return m.Section == section && m.Field != "" }

func (m SettingsModel) mistake(field string) string { return strconv.FormatBool(m.Field == field) }

// languages are those to choose from: each is called as it calls itself.
func (p Page) languages() []Choice {
	found := []Choice{{"", p.t("settings.lang.browser")}}
	for _, l := range Langs {
		found = append(found, Choice{string(l), l.T("settings.lang.self")})
	}
	if p.Demo {
		found = append(found, Choice{string(Pseudo), Pseudo.T("settings.lang.self")})
	}
	return found
}

func (p Page) themes() (found []Choice) {
	for _, t := range team.Themes {
		found = append(found, Choice{string(t), p.t("settings.theme." + cmp.Or(string(t), "system"))})
	}
	return found
}

func (p Page) graces() (found []Choice) {
	for _, s := range team.GracePeriods {
		found = append(found, Choice{decimal(int64(s)), grace(p.Lang, s)})
	}
	return found
}

// offered is the choices with that of before, if it is none of them any more.
func offered(none string, choices []Choice, chosen string) []Choice {
	found := append([]Choice{{"", none}}, choices...)
	if !slices.ContainsFunc(found, func(c Choice) bool { return c.Value == chosen }) {
		found = append(found, Choice{chosen, chosen})
	}
	return found
}

// minutes writes a time of day as a field for one takes it.
func minutes(n int) string { return fmt.Sprintf("%02d:%02d", n/60, n%60) }

// quietHours writes them for script: "from to days", nothing if there are none.
func quietHours(q team.QuietHours) string {
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
type SessionRow struct {
	ID      string // names it in an address; not what the cookie holds
	Current bool   // the one that asks
	Begun   time.Time
	Seen    time.Time
	Address string // from where it was used last
	Browser string // as it calls itself, for people: "Firefox, Linux"
}

func (s SessionRow) path() string { return "/sessions/" + url.PathEscape(s.ID) + "/end" }

func (s SessionRow) title(lang Lang) string {
	if s.Browser == "" {
		return lang.T("session.unknown")
	}
	return s.Browser
}

// grace says how long a hang-up waits.
func grace(lang Lang, seconds int) string {
	if seconds == 0 {
		return lang.T("settings.grace.none")
	}
	return lang.T("settings.grace.seconds", seconds)
}
