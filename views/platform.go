package views

import "time"

// PlatformModel is what was detected about the team's sipgate account.
type PlatformModel struct {
	Name         string    // "classic", "neo", or empty if not known
	Evidence     string    // source of the detection: "token", "groups", "account", "call"
	DetectedAt   time.Time // zero: not detected
	Capabilities []Capability
}

// Capability is an operation that not every account supports.
type Capability struct {
	Name      string // a team.Ability
	Supported bool
	Assumed   bool // supported until sipgate refuses it
}

// name returns the name of the platform.
func (m PlatformModel) name(lang Lang) string {
	if key := "platform." + m.Name; lang.Has(key) {
		return lang.T(key)
	}
	return lang.T("platform.unknown")
}

// text returns what is supported, or why it is not.
func (a Capability) text(lang Lang) string {
	if a.Assumed {
		return lang.T("ability.assumed", lang.T("ability."+a.Name))
	}
	if a.Supported {
		return lang.T("ability." + a.Name)
	}
	return lang.T("why.platform_" + a.Name)
}
