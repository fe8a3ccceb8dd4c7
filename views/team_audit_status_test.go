package views

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
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
	for _, m := range []TeamMember{{Member: team.Member{Role: team.Lead}}, {Member: team.Member{Role: team.Admin, Removed: true}}} {
		if (TeamModel{Members: []TeamMember{m}}).lastAdmin(m) {
			t.Errorf("%+v is the last admin", m.Member)
		}
	}
	page = html(t, Team(Page{Lang: English}, testTeam(false)))
	if strings.Contains(page, "/role") || strings.Contains(page, "/remove") || strings.Contains(page, "/sign-out") || strings.Contains(page, `action="/settings/wishes"`) {
		t.Error("an agent can manage members, or the settings stand here, too")
	}
}

// TestTheTeamShowsWhatPhonesDo: also those of colleagues who never signed in.
func TestTheTeamShowsWhatPhonesDo(t *testing.T) {
	colleague := TeamMember{Member: team.Member{MemberID: team.MemberID{Account: "2556404", User: "w9"}, Name: "Mira Hoffmann"},
		Telephones: []Telephone{{Name: "Desk", Online: true}, {Name: "Mobile", DND: true}, {Name: "Softphone", Online: true, DND: true}}}
	page := strings.Join(strings.Fields(html(t, Team(Page{Lang: English}, TeamModel{Manage: true, Members: []TeamMember{colleague}}))), " ")
	for _, want := range []string{"Never signed in", "Desk: connected", "Mobile: not connected", "Softphone: do not disturb"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Count(page, `action="/team/w9/`) != 1 || !strings.Contains(page, `action="/team/w9/favourite"`) {
		t.Error("who never signed in can be managed, or not marked")
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
	m := AuditModel{Telephones: map[sipgate.DeviceID]string{"e0": "Tischtelefon", "on": ""}}
	for _, test := range []struct {
		entry team.AuditEntry
		want  string
	}{
		{team.AuditEntry{Action: team.Hold, Parameters: "on"}, "an"},
		{team.AuditEntry{Action: team.Transfer, Parameters: "to +4989200300 attended"}, "an +49 89 200300 (mit Rückfrage)"},
		{team.AuditEntry{Action: team.StartCall, Parameters: "+4989200300 from e0"}, "+49 89 200300 von Tischtelefon"},
		{team.AuditEntry{Action: team.StartCall, Parameters: "+4989200300 from e1"}, "+49 89 200300 von e1"},
		{team.AuditEntry{Action: team.SendTones, Parameters: "7 tones"}, "7 Töne"},
		{team.AuditEntry{Action: team.PlayAnnouncement, Parameters: "off to lunch"}, "off to lunch"},
		{team.AuditEntry{Action: team.ManageMembers, Parameters: "role lead"}, "neue Rolle: Leitung"},
		{team.AuditEntry{Action: team.Hold, Parameters: "role_viewer", Outcome: team.OutcomeDenied}, "Zuschauer können nur zusehen"},
	} {
		if got := m.parameterText(German, test.entry); got != test.want {
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
			if cost := strings.Contains(page, "charges for webhooks"); may && !m.Set && m.Problem == "" && !cost {
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

// was another's.
func TestAuditNamesWhoActed(t *testing.T) {
	mia, tom := team.MemberID{Account: "1", User: "w0"}, team.MemberID{Account: "1", User: "w1"}
	m := AuditModel{Names: map[team.MemberID]string{mia: "Mia"}}
	for _, test := range []struct {
		e        team.AuditEntry
		who, via string
	}{
		{team.AuditEntry{By: mia, ByName: "Mia Brandt", Via: mia}, "Mia Brandt", ""},
		{team.AuditEntry{By: mia, Via: tom}, "Mia", "w1"},
		{team.AuditEntry{By: tom, Via: mia}, "w1", "Mia"},
		{team.AuditEntry{By: tom}, "w1", ""},
	} {
		if who, via := m.actorName(test.e), m.viaName(test.e); who != test.who || via != test.via {
			t.Errorf("%+v: %q via %q", test.e, who, via)
		}
	}
	for outcome, tone := range map[string]string{team.OutcomeDone: "good", team.OutcomeFailed: "bad", team.OutcomeDenied: "bad", team.OutcomeUnknown: "doubt", "odd": ""} {
		if outcomeTone(outcome) != tone || (outcomeName(German, outcome) == outcome) != (outcome == "odd") {
			t.Errorf("%s: %q %q", outcome, outcomeTone(outcome), outcomeName(German, outcome))
		}
	}
	for want, e := range map[string]team.AuditEntry{"": {}, "204": {Status: 204}, "83 ms": {Took: 83 * time.Millisecond}, "204 · 83 ms": {Status: 204, Took: 83 * time.Millisecond}} {
		if got := responseText(e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if actionName(English, "odd") != "odd" || actionName(English, team.Hold) == string(team.Hold) {
		t.Error("actions have other names")
	}
}

// sipgate did not grant.
func TestStatusNamesWhatIsWrong(t *testing.T) {
	m := WebhookModel{Refused: map[string]int{"hook_rate": 2, "hook_slow": 2, "odd": 7, "hook_type": 0}}
	var got []string
	for _, r := range m.refusals(English) {
		got = append(got, fmt.Sprint(r.count, " ", r.text))
	}
	if want := "7 Refused, 2 Refused: too many at once, 2 Refused: too slow"; strings.Join(got, ", ") != want {
		t.Errorf("%q", got)
	}
	for want, w := range map[bool]WebhookModel{true: {Current: WebhookURLs{Outgoing: "x"}}, false: {Current: WebhookURLs{Outgoing: "x"}, Set: true}} {
		if w.hasForeign() != want {
			t.Errorf("%+v", w)
		}
	}
	for _, granted := range []bool{true, false} {
		if (StatusPageModel{Scopes: []Scope{{"a", true}, {"b", granted}}}).missingScopes() == granted {
			t.Errorf("granted %v", granted)
		}
	}
	if got := (StatusPageModel{Polling: 1}).liveText(English) + (StatusPageModel{}).liveText(English); got != English.T("health.live.polling", 1)+English.T("health.live.ok") {
		t.Errorf("live updates: %s", got)
	}
	if got := (StatusModel{ListedAt: moment, Now: moment.Add(1600 * time.Millisecond)}).ageText(English); got != English.T("health.list.age", 2) {
		t.Errorf("the list is %q", got)
	}
	if got := (StatusModel{}).ageText(English) + problemText(English, "odd") + webhookText(English, ""); got != English.T("health.list.never")+English.T("reason.other")+English.T("webhooks.none") {
		t.Errorf("%q", got)
	}
	if truncated("123456789012", 12) != "123456789012" || truncated("1234567890123", 12) != "1234…" {
		t.Error("texts are cut elsewhere")
	}
	for _, supported := range []bool{true, false} {
		want := either(supported, English.T("ability.mute"), English.T("why.platform_mute"))
		if got := (Capability{Name: "mute", Supported: supported}).text(English); got != want {
			t.Errorf("supported %v: %q", supported, got)
		}
	}
	if (PlatformModel{Name: "neo"}).name(English) == (PlatformModel{Name: "odd"}).name(English) {
		t.Error("an unknown platform has a name")
	}
}

// Members are shown by name, with what they do not share.
func TestTeamShowsItsMembers(t *testing.T) {
	for _, test := range []struct {
		m                   TeamMember
		name, initial, seen string
		optOuts             int
	}{
		{TeamMember{Member: team.Member{MemberID: team.MemberID{User: "w0"}}}, "w0", "W", "Never signed in", 2},
		{TeamMember{Member: team.Member{Name: "Änne", LastActive: moment, Consent: team.Consent{SharesCalls: true}}}, "Änne", "Ä", "Last active " + dateGap, 1},
		{TeamMember{Member: team.Member{Name: "Mia", Consent: team.Consent{SharesCalls: true, AllowsLeads: true}}}, "Mia", "M", "Never signed in", 0},
	} {
		if m := test.m; m.name() != test.name || initials(m.name()) != test.initial || m.lastSeenText(English) != test.seen || len(m.optOutTexts(English)) != test.optOuts {
			t.Errorf("%+v: %s %s %s %v", m.Member, m.name(), initials(m.name()), m.lastSeenText(English), m.optOutTexts(English))
		}
	}
	if got := (TeamMember{Member: team.Member{Consent: team.Consent{SharesCalls: true}}}).optOutTexts(English); got[0] != English.T("team.unlent") {
		t.Errorf("%q", got)
	}
}
