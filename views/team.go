package views

import (
	"net/url"

	"callboard/sipgate/team"
)

// TeamModel is the model of [Team].
type TeamModel struct {
	Members []TeamMember // in display order, removed members last
	Manage  bool         // the reader may set roles, remove members and sign them out

	EditGreetings bool // the reader may write greetings

	Default    team.Consent // of members who have not chosen
	SetDefault bool         // the reader may change it, and the limits of alarms
	Alarms     AlarmForm
}

// TeamMember is a member of the team.
type TeamMember struct {
	team.Member
	Self      bool // the member is the reader
	Online    bool // has the dashboard open
	OnCall    bool
	Favourite bool // of the reader

	Telephones []Telephone // nil if not known
}

// Telephone is a phone of a member.
type Telephone struct {
	Name   string
	Online bool // registered at sipgate
	DND    bool // do not disturb
}

// stateKey returns the key of the text for what the telephone does.
func (t Telephone) stateKey() string {
	switch {
	case !t.Online:
		return "team.phone.off"
	case t.DND:
		return "team.phone.dnd"
	}
	return "team.phone.on"
}

// path returns the path of an action on a member.
func (m TeamMember) path(action string) string {
	return "/team/" + url.PathEscape(string(m.User)) + "/" + action
}

func (m TeamMember) name() string {
	if m.Name == "" {
		return string(m.User)
	}
	return m.Name
}

// lastSeenText says with a [dateGap] when the member was last active.
func (m TeamMember) lastSeenText(lang Lang) string {
	if m.LastActive.IsZero() {
		return lang.T("team.never")
	}
	return lang.T("team.seen", dateGap)
}

// optOutTexts returns the consents that the member has withdrawn.
func (m TeamMember) optOutTexts(lang Lang) []string {
	var all []string
	if !m.SharesCalls {
		all = append(all, lang.T("team.hidden"))
	}
	if !m.AllowsLeads {
		all = append(all, lang.T("team.unlent"))
	}
	return all
}

// roles are the roles in ascending order.
var roles = []team.Role{team.Viewer, team.Agent, team.Lead, team.Admin}

// mayChangeRole reports whether the reader may give a member another role.
func (t TeamModel) mayChangeRole(m TeamMember) bool {
	return t.Manage && m.Role.Valid() && !m.Removed && !t.lastAdmin(m)
}

// lastAdmin reports whether the member is the only admin of the team.
func (t TeamModel) lastAdmin(m TeamMember) bool {
	if m.Role != team.Admin || m.Removed {
		return false
	}
	for _, o := range t.Members {
		if o.Role == team.Admin && !o.Removed && o.MemberID != m.MemberID {
			return false
		}
	}
	return true
}
