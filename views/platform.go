package views

import "time"

// PlatformModel is what is known of the team's sipgate account.
type PlatformModel struct {
	Name      string    // "classic", "neo", or empty: not known
	By        string    // from what it was concluded: "token", "groups", "account", "call"
	FoundAt   time.Time // zero: not found out
	Abilities []Ability
}

// Ability is something that not every account can do.
type Ability struct {
	Name  string // as team.Ability
	There bool
}

// name is what the platform is called.
func (m PlatformModel) name(lang Lang) string {
	if key := "platform." + m.Name; lang.Has(key) {
		return lang.T(key)
	}
	return lang.T("platform.unknown")
}

// text is what works, or what does not and why.
func (a Ability) text(lang Lang) string {
	if a.There {
		return lang.T("ability." + a.Name)
	}
	return lang.T("why.platform_" + a.Name)
}

// lacks reports whether the account does not have an ability, as team.Ability
// names it.
func (p Page) lacks(ability string) bool { return p.Lacks[ability] }
