package views

import (
	"strings"
	"testing"
	"time"

	"callboard/sipgate/team"
)

func TestLastAdminStays(t *testing.T) {
	m := testTeam(true)
	page := html(t, Team(Page{Lang: English}, m))
	for _, member := range m.Members {
		role := strings.Contains(page, `action="`+member.path("role")+`"`)
		remove := strings.Contains(page, `action="`+member.path("remove")+`"`)
		if want := !member.Removed && member.Role != team.Admin; role != want || remove != want {
			t.Errorf("%v: role %v, remove %v, want %v", member.Member, role, remove, want)
		}
	}
	m.Members = append(m.Members, TeamMember{Member: team.Member{MemberID: team.MemberID{Account: "2556404", User: "w9"}, Role: team.Admin}})
	if m.lastAdmin(m.Members[2]) || m.lastAdmin(m.Members[5]) {
		t.Error("one of two admins is the last")
	}
	page = html(t, Team(Page{Lang: English}, testTeam(false)))
	if strings.Contains(page, "/team/") || strings.Count(page, `action="/settings/wishes"`) != 1 {
		t.Error("an agent can manage members, or has no consent form")
	}
}

func TestAuditFilterQuery(t *testing.T) {
	for want, f := range map[string]AuditFilter{
		"": {}, "?by=w0&from=2026-11-01": {Member: "w0", From: "2026-11-01"}, "?call=a%26b&deed=hangup&to=2026-11-02": {Call: "a&b", Action: "hangup", To: "2026-11-02"},
	} {
		if got := f.query(); got != want {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
}

func TestAuditParameters(t *testing.T) {
	for _, test := range []struct {
		entry team.AuditEntry
		want  string
	}{
		{team.AuditEntry{Action: team.Hold, Parameters: "on"}, "an"},
		{team.AuditEntry{Action: team.Transfer, Parameters: "to +4989200300 attended"}, "an +4989200300 (mit Rückfrage)"},
		{team.AuditEntry{Action: team.SendTones, Parameters: "7 tones"}, "7 Töne"},
		{team.AuditEntry{Action: team.PlayAnnouncement, Parameters: "off to lunch"}, "off to lunch"},
		{team.AuditEntry{Action: team.ManageMembers, Parameters: "role lead"}, "neue Rolle: Leitung"},
		{team.AuditEntry{Action: team.Hold, Parameters: "role_viewer", Outcome: team.OutcomeDenied}, "Zuschauer dürfen nur zusehen"},
	} {
		if got := parameterText(German, test.entry); got != test.want {
			t.Errorf("%q: %q, want %q", test.entry.Parameters, got, test.want)
		}
	}
}

func TestWebhookURLsAreRedacted(t *testing.T) {
	for address, want := range map[string]string{
		testWebhookURLs.Incoming:              "https://calls.example/push/mK3v…",
		"https://crm.example/hooks/sipgate":   "https://crm.example/hooks/sipgate",
		"https://u:pw@crm.example/a?key=v#f":  "https://crm.example/a?…",
		"https://crm.example":                 "https://crm.example",
		"no address, but a secret of its own": "no a…",
	} {
		if got := redactedURL(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}

func TestWebhookFormNeedsPermission(t *testing.T) {
	for state, m := range map[string]WebhookModel{
		"unset": {Ours: testWebhookURLs}, "foreign": {Current: WebhookURLs{"https://crm.example/", ""}}, "set": {Set: true, Current: testWebhookURLs}, "unknown": {Problem: "forbidden"},
	} {
		if m.state() != state {
			t.Errorf("%+v is %s, want %s", m, m.state(), state)
		}
		for _, may := range []bool{false, true} {
			m.MayManage = may
			page := html(t, webhooks(Page{Lang: English}, m))
			if got, want := strings.Contains(page, `name="do"`), may && state != "unknown"; got != want {
				t.Errorf("%s, may %v: has a button: %v", state, may, got)
			}
			if cost := strings.Contains(page, "bills webhooks"); may && !m.Set && m.Problem == "" && !cost {
				t.Errorf("%s: the cost is not mentioned", state)
			}
		}
	}
}

func TestUnknownCallEvent(t *testing.T) {
	if e := (CallEvent{At: time.Now(), Kind: "sang", Detail: "busy"}); e.name(English) != "sang" || e.detailText(English) != "Busy" || e.icon() != icon("more") {
		t.Error("an event of an unknown kind cannot be shown")
	}
}
