package views

import "time"

// PlatformModel is what is known of the team's sipgate account.
type PlatformModel struct {
	Name         string    // "classic", "neo", or empty: not known
	Evidence     string    // from what it was concluded: "token", "groups", "account", "call"
	DetectedAt   time.Time // zero: not found out
	Capabilities []Capability
}

// Ability is something that not every account can do.
type Capability struct {
	Name      string // as team.Ability
	Supported bool
}

// name is what the platform is called.
func (m PlatformModel) name(lang Lang) string {
	if key := "platform." + m.Name; lang.Has(key) {
		return lang.T(key)
	}
	return lang.T("platform.unknown")
}

// text is what works, or what does not and why.
func (a Capability) text(lang Lang) string {
	if a.Supported {
		return lang.T("ability." + a.Name)
	}
	return lang.T("why.platform_" + a.Name)
}

// lacks reports whether the account does not have an ability, as team.Ability
// names it.
func (p Page) lacks(ability string) bool { return p.Unsupported[ability] }
