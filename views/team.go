package views

import (
	"net/url"
	"unicode/utf8"

	"callboard/sipgate/team"
)

// TeamModel is what [Team] shows.
type TeamModel struct {
	Members []TeamMember // in the order in which they are shown; those removed last
	Manage  bool         // the reader may set roles, remove people and sign them out
}

// TeamMember is one person of the team.
type TeamMember struct {
	team.Member
	Self   bool // the reader
	Online bool // has the dashboard open
	OnCall bool

	Telephones []Telephone // nil if not known
}

// Telephone is a device of a member at sipgate.
type Telephone struct {
	Name   string
	Online bool // registered at sipgate
}

// path is the address of what can be done with a member.
func (m TeamMember) path(deed string) string {
	return "/team/" + url.PathEscape(string(m.User)) + "/" + deed
}

// initial stands for a member where there is no picture.
func (m TeamMember) initial() string {
	r, _ := utf8.DecodeRuneInString(m.name())
	return string(r)
}

func (m TeamMember) name() string {
	if m.Name == "" {
		return string(m.User)
	}
	return m.Name
}

// seen says when a member was here last.
func (m TeamMember) lastSeenText(lang Lang) string {
	switch {
	case m.LastActive.IsZero():
		return lang.T("team.never")
	default:
		return lang.T("team.seen", date(lang, m.LastActive))
	}
}

// wishes says what a member does not want; nothing if all is as at first.
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

// roles are what can be chosen, the least first.
var roles = []team.Role{team.Viewer, team.Agent, team.Lead, team.Admin}

// lastAdmin tells whether the team would have no admin without the member.
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
