package views

import (
	"net/url"
	"time"
)

// SettingsModel is what [Settings] shows: what somebody may choose for
// themselves.
type SettingsModel struct {
	Shares, Lendable bool // as in team.Person
	Grace            int  // seconds before a hang-up is sent: one of Graces
	Sessions         []SessionRow
}

// Graces are the seconds that can be chosen for [SettingsModel].Grace.
var Graces = []int{0, 2, 4, 8}

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
