package views

import (
	"context"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// galleryOfTeam shows what a team that acts together sees: rows by permission,
// who is about to act, hang-ups that can be taken back, and the pages of the
// team.
func galleryOfTeam(lang Lang) []Picture {
	now := time.Date(2026, 11, 23, 14, 3, 20, 0, time.UTC)
	p := Page{Lang: lang, Member: "Mia Brandt", Path: "/", Now: now, Demo: true, ID: "w0", Lead: true,
		May: map[string]bool{"team": true, "audit": true, "status": true, "settings": true}}
	at := func(path string) Page { q := p; q.Path = path; return q }
	agent := Page{Lang: lang, Member: "Tom Weber", Path: "/", Now: now, ID: "w1", May: map[string]bool{"team": true, "settings": true}}
	people := agent
	people.Path = "/team"

	calls := append(galleryShared(now), galleryCalls(now)...)
	board, err := galleryFormat.BoardFor(context.Background(), calls, galleryPermit, lang)
	if err != nil {
		panic(err) // into memory, of constants
	}
	board.Grace, board.CanCall = true, true
	board.Status = StatusModel{ListedAt: now.Add(-time.Second), Now: now, Members: 3}
	mine := board
	mine.Hidden = 1

	pictures := []Picture{
		{"board-team", Board(p, board)},
		{"board-agent", Board(agent, board)},
		{"hangup-several", HangUpSheet(p, galleryHangUp(calls, lang))},
		{"hangup-none", HangUpSheet(p, HangUpModel{ActionID: "gallery-action-0003"})},
		{"team", Team(at("/team"), galleryTeam(now, true))},
		{"team-agent", Team(people, galleryTeam(now, false))},
		{"audit", Audit(at("/audit"), galleryAudit(now))},
		{"audit-empty", Audit(at("/audit"), AuditModel{})},
		{"settings", Settings(at("/settings"), gallerySettings(now))},
		{"settings-mistake", Settings(at("/settings"), galleryMistake(now))},
		{"board-mine", Board(mineOf(p), mine)},
		{"statuspage", StatusPage(at("/status"), galleryStatus(now))},
		{"statuspage-foreign", StatusPage(at("/status"), galleryForeign(now))},
		{"statuspage-set", StatusPage(at("/status"), gallerySet(now))},
		{"call", CallPage(at("/calls/transferring"), galleryCallPage(calls[0], now, lang))},
		{"call-ended", CallPage(at("/calls/ended"), galleryPastCall(calls[len(calls)-1], now, lang))},
	}
	for _, c := range galleryShared(now) {
		row := galleryFormat.RowFor(c, galleryPermit(c), lang)
		pictures = append(pictures, Picture{RowDOMID(c.ID), Row(lang, row)})
	}
	return pictures
}

// mineOf is p for somebody who wants to see their own calls only, in the dark
// and without single keys.
func mineOf(p Page) Page {
	p.Choices = team.Preferences{OnlyMine: true, Theme: team.Dark, Volume: 60}
	return p
}

// galleryPermit lets Mia, a lead, do everything but on two calls.
func galleryPermit(c switchboard.Call) Permit {
	switch c.ID {
	case "watched":
		return Permit{Reason: team.ReasonNoConsent}
	case "foreign", "leaving-foreign":
		return Permit{Reason: team.ReasonNotYours}
	}
	return Permit{}
}

// galleryShared are calls on which somebody else is at work.
func galleryShared(now time.Time) []switchboard.Call {
	base := galleryCalls(now)
	calls := []switchboard.Call{base[2], base[2], base[2], base[0], base[2]}
	tom := &switchboard.Claim{By: "w1", Name: "Tom", Verb: switchboard.VerbTransfer, Until: now.Add(9 * time.Second)}
	calls[0].ID, calls[0].Claim = "transferring", tom
	calls[1].ID, calls[1].PendingHangup = "leaving", &switchboard.PendingHangup{By: "w1", Name: "Tom", At: now.Add(4 * time.Second)}
	calls[2].ID, calls[2].UserNames = "watched", []string{"Aylin Kaya"}
	calls[2].Recording.On = true
	calls[3].ID = "answerable"
	calls[4].ID, calls[4].Hold.On = "leaving-foreign", true
	calls[4].PendingHangup = &switchboard.PendingHangup{By: "w2", Name: "Aylin", At: now.Add(2 * time.Second)}
	for i, who := range []string{"Meier & Söhne GmbH", "Jonas Vogt", "Petra Kolb", "", "Café am Hafen"} {
		calls[i].Remote.Name = who
	}
	return calls
}

func galleryHangUp(calls []switchboard.Call, lang Lang) HangUpModel {
	m := HangUpModel{ActionID: "gallery-action-0003"}
	for _, c := range calls {
		if galleryPermit(c).OK() && c.Phase != switchboard.Ended && len(m.Calls) < 4 {
			m.Calls = append(m.Calls, galleryFormat.Ref(c, lang, ""))
		}
	}
	return m
}

func galleryTeam(now time.Time, manage bool) TeamModel {
	person := func(who team.MemberID, name string, role team.Role) TeamMember {
		who.Account = "2556404"
		return TeamMember{Member: team.Member{
			MemberID: who, Name: name, Role: role,
			SharesCalls: true, AllowsLeads: true, Joined: now.Add(-900 * time.Hour), LastActive: now.Add(-20 * time.Minute)}}
	}
	mia, tom := person(team.MemberID{User: "w0"}, "Mia Brandt", team.Admin), person(team.MemberID{User: "w1"}, "Tom Weber", team.Agent)
	aylin, viewer := person(team.MemberID{User: "w2"}, "Aylin Kaya", team.Lead), person(team.MemberID{User: "w3"}, "Dr. Anna Lindqvist-Schwarzenberger", team.Viewer)
	gone := person(team.MemberID{User: "w4"}, "Jonas Vogt", team.Agent)
	mia.Online, mia.Self, tom.OnCall, tom.Online = true, manage, true, true
	tom.Self = !manage
	tom.Telephones = []Telephone{{"Desk", true}, {"Mobile", false}}
	aylin.AllowsLeads = false
	viewer.SharesCalls, viewer.LastActive = false, time.Time{}
	gone.Removed = true
	return TeamModel{Manage: manage, Members: []TeamMember{aylin, viewer, mia, tom, gone}}
}

func galleryAudit(now time.Time) AuditModel {
	account := "2556404"
	mia, tom := team.MemberID{Account: account, User: "w0"}, team.MemberID{Account: account, User: "w1"}
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const call, parties = "transferring", "Meier & Söhne GmbH – Mia Brandt"
	return AuditModel{
		Names: map[team.MemberID]string{mia: "Mia Brandt", tom: "Tom Weber"}, KeepDays: 180, Older: "/audit?before=1",
		Members: []Choice{{"w0", "Mia Brandt"}, {"w1", "Tom Weber"}}, Filter: AuditFilter{By: "w0", From: "2026-11-01"},
		Entries: []team.AuditEntry{
			{ID: 9, At: ago(0), By: mia, Action: team.HangUp, Call: call, Parties: parties, Address: "192.0.2.14", Outcome: team.OutcomeWaiting},
			{ID: 8, At: ago(41 * time.Second), By: mia, ByName: "Mia Brandt", Via: tom, Action: team.Transfer, Call: call, Parties: parties, Parameters: "to +4989200300 attended", Address: "192.0.2.14", Outcome: team.OutcomeDone, Status: 204, Took: 183 * time.Millisecond},
			{ID: 7, At: ago(2 * time.Minute), By: tom, Action: team.SendTones, Call: call, Parties: parties, Parameters: "7 tones", Address: "2001:db8::17", Outcome: team.OutcomeUnknown, Took: 10 * time.Second},
			{ID: 6, At: ago(3 * time.Minute), By: tom, Action: team.Hold, Call: call, Parties: parties, Parameters: team.ReasonNotYours, Address: "2001:db8::17", Outcome: team.OutcomeRefused},
			{ID: 5, At: ago(4 * time.Hour), By: mia, Action: team.ManageMembers, Parties: "Tom Weber", Parameters: "role agent", Address: "192.0.2.14", Outcome: team.OutcomeDone},
			{ID: 4, At: ago(5 * time.Hour), By: mia, Action: team.PlayAnnouncement, Call: call, Parties: parties, Parameters: "Lunch break", Address: "192.0.2.14", Outcome: team.OutcomeFailed, Status: 403, Took: 61 * time.Millisecond},
			{ID: 3, At: ago(30 * time.Hour), By: mia, Action: team.HangUp, Call: call, Parties: parties, Address: "192.0.2.14", Outcome: team.OutcomeCancelled},
		},
	}
}
