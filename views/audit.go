package views

import (
	"net/url"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// AuditModel is the model of [Audit]: one page of the audit log.
type AuditModel struct {
	Entries      []team.AuditEntry // newest first, with local times
	Names        map[team.MemberID]string
	Members      []Option                    // for the filter: user id, name
	Telephones   map[sipgate.DeviceID]string // their names
	Filter       AuditFilter
	Newer, Older string // URLs of the neighbouring pages, "" if there is none
	KeepDays     int    // retention of entries
}

// AuditFilter holds the query parameters by, deed, call, from and to. An empty
// field matches everything.
type AuditFilter struct {
	Member   string // a user id
	Action   string
	Call     string // a row id of the board
	From, To string // days, "2026-11-23"
}

// query returns the filter as a query string with its question mark, or "".
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

// auditActions are the actions of audit entries, in the order of the filter.
var auditActions = []team.Permission{
	team.StartCall, team.Hold, team.Mute, team.Record, team.Transfer, team.CancelConsultation, team.SendTones, team.PlayAnnouncement,
	team.HangUp, team.UndoHangUp, team.WriteNote, team.OverrideClaim, team.SeeCall,
	team.ManageMembers, team.ManageWebhooks, team.ManageRelay, team.ManageAnnouncements, team.ManageSettings, team.EditOwnSettings,
	team.ViewBoard, team.ViewOwnHistory, team.ViewAllHistory, team.EditOwnHistory, team.EditAllHistory, team.ViewAnnouncements, team.ViewTeam, team.ViewStatus, team.ViewAudit,
	team.EditGreetings, team.ManageWallboards, team.EraseCaller, team.ViewStats, team.ViewMemberStats,
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

// actorName returns the name of the member who acted.
func (m AuditModel) actorName(e team.AuditEntry) string {
	if e.ByName != "" {
		return e.ByName
	}
	return m.memberName(e.By)
}

// viaName returns the name of the member whose access was used, "" if it was the
// actor's own.
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

// outcomeTone returns the tone of an outcome for the style sheet.
func outcomeTone(outcome string) string {
	switch outcome {
	case team.OutcomeDone:
		return "good"
	case team.OutcomeFailed, team.OutcomeDenied:
		return "bad"
	case team.OutcomeUnknown:
		return "doubt"
	default:
		return ""
	}
}

// parameterText returns the parameters of an action, or why it was denied.
// Words of the audit log are translated, telephones have names and numbers are
// written as everywhere; the title of an announcement is left alone.
func (m AuditModel) parameterText(lang Lang, e team.AuditEntry) string {
	if key := "why." + e.Parameters; e.Outcome == team.OutcomeDenied && lang.Has(key) {
		return lang.T(key)
	}
	if e.Action == team.PlayAnnouncement || e.Action == team.EditGreetings && e.Parameters != "remove" {
		return e.Parameters
	}
	words := strings.Fields(e.Parameters)
	for i, w := range words {
		if name := m.Telephones[sipgate.DeviceID(w)]; name != "" {
			words[i] = name
			continue
		}
		if strings.HasPrefix(w, "+") {
			words[i] = sipgate.DisplayNumber(w)
			continue
		}
		for _, prefix := range []string{"how.", "role."} {
			if lang.Has(prefix + w) {
				words[i] = lang.T(prefix + w)
				break
			}
		}
	}
	return strings.Join(words, " ")
}

// responseText returns the status and the duration of sipgate's response:
// "204 · 83 ms".
func responseText(e team.AuditEntry) string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, decimal(e.Status))
	}
	if e.Took > 0 {
		parts = append(parts, decimal(e.Took.Milliseconds())+" ms")
	}
	return strings.Join(parts, " · ")
}

// callPath returns the path of a call's page.
func callPath(row string) string { return "/calls/" + url.PathEscape(row) }
