package views

import (
	"net/url"
	"strings"

	"callboard/sipgate/team"
)

// AuditModel is one page of the audit.
type AuditModel struct {
	Entries      []team.AuditEntry // newest first; their times in the zone in which they are shown
	Names        map[team.MemberID]string
	Members      []Option // to filter by: user, name
	Filter       AuditFilter
	Newer, Older string // addresses of the neighbouring pages, or empty
	KeepDays     int    // for how long entries are kept
}

// AuditFilter is what was asked for, as it stands in the address: by, deed,
// call, from and to. Empty fields ask for everything.
type AuditFilter struct {
	Member   string // a user
	Action   string
	Call     string // a row of the board
	From, To string // days, "2026-11-23"
}

// query is the filter as part of an address, "?by=w0", or nothing.
func (f AuditFilter) query() string {
	q := url.Values{}
	for name, value := range map[string]string{"by": f.Member, "deed": f.Action, "call": f.Call, "from": f.From, "to": f.To} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// deeds are what an audit can tell of, in the order of the filter.
var auditActions = []team.Permission{
	team.StartCall, team.Hold, team.Mute, team.Record, team.Transfer, team.CancelConsultation, team.SendTones, team.PlayAnnouncement,
	team.HangUp, team.UndoHangUp, team.WriteNote, team.OverrideClaim, team.SeeCall,
	team.ManageMembers, team.ManageWebhooks, team.ManageAnnouncements, team.ManageSettings, team.EditOwnSettings,
	team.ViewBoard, team.ViewOwnHistory, team.ViewAllHistory, team.EditOwnHistory, team.EditAllHistory, team.ViewAnnouncements, team.ViewTeam, team.ViewStatus, team.ViewAudit,
	team.ManageWallboards, team.ViewStats, team.ViewMemberStats,
}

func actionName(lang Lang, d team.Permission) string {
	if key := "deed." + string(d); lang.Has(key) {
		return lang.T(key)
	}
	return string(d)
}

func actionOptions(lang Lang) []Option {
	var all []Option
	for _, d := range auditActions {
		all = append(all, Option{string(d), actionName(lang, d)})
	}
	return all
}

// chosen is the one value of a filter, as [filter] wants it.
func chosen(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// by is who did it.
func (m AuditModel) actorName(e team.AuditEntry) string {
	if e.ByName != "" {
		return e.ByName
	}
	return m.memberName(e.By)
}

// through is whose access carried it, if that was another's.
func (m AuditModel) viaName(e team.AuditEntry) string {
	if e.Via == (team.MemberID{}) || e.Via == e.By {
		return ""
	}
	return m.memberName(e.Via)
}

func (m AuditModel) memberName(who team.MemberID) string {
	if n := m.Names[who]; n != "" {
		return n
	}
	return string(who.User)
}

func outcomeName(lang Lang, outcome string) string {
	if key := "outcome." + outcome; lang.Has(key) {
		return lang.T(key)
	}
	return outcome
}

// outcomeTone is how an outcome looks.
func outcomeTone(outcome string) string {
	switch outcome {
	case team.OutcomeDone:
		return "good"
	case team.OutcomeFailed, team.OutcomeRefused:
		return "bad"
	case team.OutcomeUnknown:
		return "doubt"
	default:
		return ""
	}
}

// parameters says how it was done, or why it was refused. What the audit has in
// words of its own is put into the reader's; a title stays as it is.
func parameterText(lang Lang, e team.AuditEntry) string {
	if key := "why." + e.Parameters; e.Outcome == team.OutcomeRefused && lang.Has(key) {
		return lang.T(key)
	}
	if e.Action == team.PlayAnnouncement {
		return e.Parameters
	}
	words := strings.Fields(e.Parameters)
	for i, w := range words {
		for _, prefix := range []string{"how.", "role."} {
			if lang.Has(prefix + w) {
				words[i] = lang.T(prefix + w)
				break
			}
		}
	}
	return strings.Join(words, " ")
}

// answer is what sipgate said and how long that took: "204 · 83 ms".
func responseText(e team.AuditEntry) string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, decimal(int64(e.Status)))
	}
	if e.Took > 0 {
		parts = append(parts, decimal(e.Took.Milliseconds())+" ms")
	}
	return strings.Join(parts, " · ")
}

// callPath is the address of a call's page.
func callPath(row string) string { return "/calls/" + url.PathEscape(row) }
