package gallery

import (
	"context"
	"time"

	"callboard/sipgate/relay"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// teamExamples shows rows by permission, claims, pending hang-ups, and the pages
// of the team.
func teamExamples(lang views.Lang) []Example {
	now := time.Date(2026, 11, 23, 14, 3, 20, 0, time.UTC)
	p := views.Page{Lang: lang, MemberName: "Mia Brandt", Path: "/", Now: now, Demo: true, MemberID: "w0", MayOverride: true,
		May: views.NamesOf("announcements", "team", "audit", "status", "settings")}
	at := func(path string) views.Page { q := p; q.Path = path; return q }
	agent := views.Page{Lang: lang, MemberName: "Tom Weber", Path: "/", Now: now, MemberID: "w1", May: views.NamesOf("announcements", "team", "settings")}
	people := agent
	people.Path = "/team"

	calls := append(sharedCalls(now), exampleCalls(now)...)
	board, err := exampleFormat.BoardFor(context.Background(), calls, allowedOn, lang)
	if err != nil {
		panic(err) // into memory, of constants
	}
	board.CanCall = true
	board.SetAlarms(lang, team.DefaultAlarmLimits, now)
	board.Status = views.StatusModel{ListedAt: now.Add(-time.Second), Now: now, SignedIn: 3}
	agents := board
	agents.PutOwnOnTop(agent.MemberID)
	board.PutOwnOnTop(p.MemberID)
	missed := board
	missed.CallBacks = exampleCallBacks(now)
	own := board
	own.HiddenCalls = 1

	examples := []Example{
		{"board-team", views.Board(p, board)},
		{"board-agent", views.Board(agent, agents)},
		{"board-missed", views.Board(p, missed)},
		{"hangup-several", views.HangUpDialog(p, exampleHangUp(calls, lang))},
		{"hangup-none", views.HangUpDialog(p, views.HangUpModel{ActionID: "gallery-action-0003"})},
		{"team", views.Team(at("/team"), exampleTeam(now, true))},
		{"greetings", views.Greetings(at("/greetings"), exampleGreetings("greeting_invalid"))},
		{"relay", views.Relay(at("/relay"), exampleRelay(now))},
		{"greetings-unreadable", views.Greetings(at("/greetings"), views.GreetingsModel{Unreadable: true})},
		{"team-alarms-mistake", views.Team(at("/team"), mistypedAlarms(now))},
		{"team-agent", views.Team(people, exampleTeam(now, false))},
		{"audit", views.Audit(at("/audit"), exampleAudit(now))},
		{"audit-empty", views.Audit(at("/audit"), views.AuditModel{})},
		{"settings", views.Settings(at("/settings"), exampleSettings(now))},
		{"user-menu", within(openMenu(), views.UserMenu(at("/")))},
		{"shortcuts", views.Shortcuts(at("/shortcuts"))},
		{"settings-mistake", views.Settings(at("/settings"), invalidSettings(now))},
		{"board-mine", views.Board(ownCallsPage(p), own)},
		{"statuspage", views.StatusPage(at("/status"), exampleStatus(now))},
		{"statuspage-foreign", views.StatusPage(at("/status"), foreignWebhooksStatus(now))},
		{"statuspage-set", views.StatusPage(at("/status"), webhooksSetStatus(now))},
		{"call", views.CallPage(at("/calls/transferring"), exampleCallPage(calls[0], now, lang))},
		{"call-ended", views.CallPage(at("/calls/ended"), endedCallPage(calls[len(calls)-1], now, lang))},
	}
	for _, c := range sharedCalls(now) {
		row := exampleFormat.RowFor(c, allowedOn(c), lang)
		examples = append(examples, Example{views.RowDOMID(c.ID), views.Row(lang, row)})
	}
	return examples
}

// ownCallsPage is p for a member who sees only own calls, in the dark theme and
// without keyboard shortcuts.
func ownCallsPage(p views.Page) views.Page {
	p.Preferences = team.Preferences{OnlyMine: true, Theme: team.Dark, Volume: 60}
	return p
}

func exampleHangUp(calls []switchboard.Call, lang views.Lang) views.HangUpModel {
	m := views.HangUpModel{ActionID: "gallery-action-0003"}
	for _, c := range calls {
		if allowedOn(c).OK() && c.Phase != switchboard.Ended && len(m.Calls) < 4 {
			m.Calls = append(m.Calls, exampleFormat.Ref(c, lang, ""))
		}
	}
	return m
}

func exampleTeam(now time.Time, manage bool) views.TeamModel {
	person := func(who team.MemberID, name string, role team.Role) views.TeamMember {
		who.Account = "2556404"
		return views.TeamMember{Member: team.Member{
			MemberID: who, Name: name, Role: role,
			Consent: team.Consent{SharesCalls: true, AllowsLeads: true}, Joined: now.Add(-900 * time.Hour), LastActive: now.Add(-20 * time.Minute)}}
	}
	mia, tom := person(team.MemberID{User: "w0"}, "Mia Brandt", team.Admin), person(team.MemberID{User: "w1"}, "Tom Weber", team.Agent)
	aylin, viewer := person(team.MemberID{User: "w2"}, "Aylin Kaya", team.Lead), person(team.MemberID{User: "w3"}, "Dr. Anna Lindqvist-Schwarzenberger", team.Viewer)
	gone := person(team.MemberID{User: "w4"}, "Jonas Vogt", team.Agent)
	mia.Online, mia.Self, tom.OnCall, tom.Online = true, manage, true, true
	tom.Self = !manage
	tom.Telephones = []views.Telephone{{Name: "Desk", Online: true}, {Name: "Mobile", Online: false}, {Name: "Softphone", Online: true, DND: true}}
	aylin.AllowsLeads, aylin.Stated, aylin.Favourite = false, true, true
	viewer.SharesCalls, viewer.Stated, viewer.LastActive = false, true, time.Time{}
	gone.Removed = true
	return views.TeamModel{Alarms: views.AlarmForm{Limits: team.DefaultAlarmLimits}, Manage: manage, SetDefault: manage, Default: team.Consent{SharesCalls: true, AllowsLeads: true}, Members: []views.TeamMember{aylin, viewer, mia, tom, gone}}
}

func exampleAudit(now time.Time) views.AuditModel {
	account := "2556404"
	mia, tom := team.MemberID{Account: account, User: "w0"}, team.MemberID{Account: account, User: "w1"}
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const call, parties = "transferring", "Meier & Söhne GmbH – Mia Brandt"
	return views.AuditModel{
		Names: map[team.MemberID]string{mia: "Mia Brandt", tom: "Tom Weber"}, KeepDays: 180, Older: "/audit?before=1",
		Members: []views.Option{{Value: "w0", Label: "Mia Brandt"}, {Value: "w1", Label: "Tom Weber"}}, Filter: views.AuditFilter{Member: "w0", From: "2026-11-01"},
		Entries: []team.AuditEntry{
			{ID: 9, At: ago(0), By: mia, Action: team.HangUp, Call: call, Parties: parties, Address: "192.0.2.14", Outcome: team.OutcomeWaiting},
			{ID: 8, At: ago(41 * time.Second), By: mia, ByName: "Mia Brandt", Via: tom, Action: team.Transfer, Call: call, Parties: parties, Parameters: "to +4989200300 attended", Address: "192.0.2.14", Outcome: team.OutcomeDone, Status: 204, Took: 183 * time.Millisecond},
			{ID: 7, At: ago(2 * time.Minute), By: tom, Action: team.SendTones, Call: call, Parties: parties, Parameters: "7 tones", Address: "2001:db8::17", Outcome: team.OutcomeUnknown, Took: 10 * time.Second},
			{ID: 6, At: ago(3 * time.Minute), By: tom, Action: team.Hold, Call: call, Parties: parties, Parameters: team.ReasonNotOwner, Address: "2001:db8::17", Outcome: team.OutcomeDenied},
			{ID: 5, At: ago(4 * time.Hour), By: mia, Action: team.ManageMembers, Parties: "Tom Weber", Parameters: "role agent", Address: "192.0.2.14", Outcome: team.OutcomeDone},
			{ID: 4, At: ago(5 * time.Hour), By: mia, Action: team.PlayAnnouncement, Call: call, Parties: parties, Parameters: "Lunch break", Address: "192.0.2.14", Outcome: team.OutcomeFailed, Status: 403, Took: 61 * time.Millisecond},
			{ID: 3, At: ago(30 * time.Hour), By: mia, Action: team.HangUp, Call: call, Parties: parties, Address: "192.0.2.14", Outcome: team.OutcomeCancelled},
		},
	}
}

// exampleCallBacks are callers in every state.
func exampleCallBacks(now time.Time) []views.CallBackTask {
	return []views.CallBackTask{
		{ID: "m1", Title: "Stadtwerke, Frau Lenz", Number: "+49 30 23125271", At: now.Add(-12 * time.Minute), Calls: 2, For: "Support", Callee: "+493023125271", ActionID: "gallery-action-0011"},
		{ID: "m2", Title: "+49 40 66969158", Number: "+49 40 66969158", At: now.Add(-38 * time.Minute), Calls: 1, For: "Tom Weber", Voicemail: true, Callee: "+494066969158", ActionID: "gallery-action-0012",
			Tried: views.CallBackNote{At: now.Add(-5 * time.Minute), By: "Mia Brandt"}},
		{ID: "m3", Title: "anonymous", At: now.Add(-time.Hour), Calls: 1, For: "Mia Brandt"},
		{ID: "m4", Title: "Claudia Neumann", Number: "+49 171 3920033", At: now.Add(-2 * time.Hour), Calls: 1, For: "Tom Weber", Done: views.CallBackNote{At: now.Add(-time.Hour), By: "Mia Brandt"}},
	}
}

// exampleGreetings are those of a team, the last of which was not saved.
func exampleGreetings(code string) views.GreetingsModel {
	return views.GreetingsModel{Saved: "+492214710100", Mistaken: "+492214710117", Typed: "Zwei\u2028Zeilen", Code: code, Numbers: []views.NumberGreeting{
		{Number: "+492214710100", Shown: "+49 221 4710100", Name: "Zentrale", Text: "Zentrale der Weber GmbH, guten Tag! Mit wem darf ich Sie verbinden?"},
		{Number: "+492214710110", Shown: "+49 221 4710110", Name: "Support"},
		{Number: "+492214710117", Shown: "+49 221 4710117"},
	}}
}

// exampleRelay are programs that get push events, one of which does not take them.
func exampleRelay(now time.Time) views.RelayModel {
	return views.RelayModel{Typed: "http://kasse.example.com/anrufe", Code: "relay_https", Programs: []views.RelayProgram{
		{ID: "a1", Address: "https://crm.example.com/sipgate/in?key=secret", Replaced: true, Health: relay.Health{At: now.Add(-3 * time.Minute), Status: 200, Delivered: 412, Failed: 1}},
		{ID: "a2", Address: "https://zammad.example.com/api/v1/sipgate/in", Health: relay.Health{At: now.Add(-12 * time.Second), Fault: "slow", Delivered: 17, Failed: 9}},
		{ID: "a3", Address: "https://ha.example.com/hook", Health: relay.Health{At: now.Add(-12 * time.Second), Status: 404, Failed: 2}},
		{ID: "a4", Address: "https://new.example.com/calls"},
	}}
}
