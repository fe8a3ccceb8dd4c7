package views

import (
	"strings"
	"testing"
	"time"

	"callboard/sipgate/team"
)

func TestLastAdminStays(t *testing.T) {
	m := galleryTeam(moment, true)
	page := html(t, Team(Page{Lang: English}, m))
	for _, who := range m.Members {
		role := strings.Contains(page, `action="`+who.path("role")+`"`)
		remove := strings.Contains(page, `action="`+who.path("remove")+`"`)
		if want := !who.Removed && who.Role != team.Admin; role != want || remove != want {
			t.Errorf("%v: role %v, remove %v, want %v", who.Member, role, remove, want)
		}
	}
	m.Members = append(m.Members, TeamMember{Member: team.Member{MemberID: team.MemberID{Account: "2556404", User: "w9"}, Role: team.Admin}})
	if m.lastAdmin(m.Members[2]) || m.lastAdmin(m.Members[5]) {
		t.Error("one of two admins is the last")
	}
	page = html(t, Team(Page{Lang: English}, galleryTeam(moment, false)))
	if strings.Contains(page, "/team/") || strings.Count(page, `action="/settings/wishes"`) != 1 {
		t.Error("an agent can manage, or has no wishes of their own")
	}
}

func TestAuditFilterInAddresses(t *testing.T) {
	for want, f := range map[string]AuditFilter{
		"": {}, "?by=w0&from=2026-11-01": {By: "w0", From: "2026-11-01"}, "?call=a%26b&deed=hangup&to=2026-11-02": {Call: "a&b", Deed: "hangup", To: "2026-11-02"},
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
		{team.AuditEntry{Action: team.Hold, Parameters: "role_viewer", Outcome: team.OutcomeRefused}, "Zuschauer dürfen nur zusehen"},
	} {
		if got := parameters(German, test.entry); got != test.want {
			t.Errorf("%q: %q, want %q", test.entry.Parameters, got, test.want)
		}
	}
}

// TestStatusKeepsSecrets shows that no address of webhooks is shown whole.
func TestStatusKeepsSecrets(t *testing.T) {
	for address, want := range map[string]string{
		galleryOurs.Incoming:                  "https://calls.example/push/mK3v…",
		"https://crm.example/hooks/sipgate":   "https://crm.example/hooks/sipgate",
		"https://u:pw@crm.example/a?key=v#f":  "https://crm.example/a?…",
		"https://crm.example":                 "https://crm.example",
		"no address, but a secret of its own": "no a…",
	} {
		if got := shortened(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
	for _, m := range []StatusPageModel{galleryStatus(moment), galleryForeign(moment), gallerySet(moment)} {
		page := html(t, StatusPage(Page{Lang: English}, m))
		if strings.Contains(page, "Qx2Lr8Tn5") || strings.Contains(page, "s3cret") {
			t.Errorf("a secret is shown:\n%s", page)
		}
	}
}

func TestWebhooksAreSetOnlyByWhoMay(t *testing.T) {
	for state, m := range map[string]WebhookModel{
		"unset": {Ours: galleryOurs}, "foreign": {Now: Webhooks{"https://crm.example/", ""}}, "set": {Set: true, Now: galleryOurs}, "unknown": {Problem: "forbidden"},
	} {
		if m.state() != state {
			t.Errorf("%+v is %s, want %s", m, m.state(), state)
		}
		for _, may := range []bool{false, true} {
			m.May = may
			page := html(t, webhooks(Page{Lang: English}, m))
			if got, want := strings.Contains(page, `name="do"`), may && state != "unknown"; got != want {
				t.Errorf("%s, may %v: a button is there: %v", state, may, got)
			}
			if cost := strings.Contains(page, "bills webhooks"); may && !m.Set && m.Problem == "" && !cost {
				t.Errorf("%s: nothing is said of the cost", state)
			}
		}
	}
}

func TestCallPage(t *testing.T) {
	m := galleryCallPage(shared(t, "transferring"), moment, English)
	page := html(t, CallPage(Page{Lang: English}, m))
	for _, want := range []string{"Put on hold", "Did not work", "Transfer", `action="/calls/transferring/notes"`, " data-live", "Wants an offer by Friday.\nCall back"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in the page", want)
		}
	}
	if strings.Count(page, "Wants an offer by Friday") != 1 {
		t.Error("a note is told twice")
	}
	if part := html(t, CallPage(Page{Lang: English, Fragment: true}, m)); !strings.HasPrefix(part, `<div id="call"`) || strings.Contains(part, "<textarea") {
		t.Error("the fragment is not the part that changes")
	}
	if e := (CallEvent{At: time.Now(), Kind: "sang", Detail: "busy"}); e.word(English) != "sang" || e.detail(English) != "Busy" || e.icon() != icon("more") {
		t.Error("an event of a new kind cannot be shown")
	}
}
