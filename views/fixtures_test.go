package views

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

var moment = time.Date(2026, 11, 23, 14, 3, 20, 0, time.UTC)

// html renders a view.
func html(t testing.TB, view templ.Component) string {
	t.Helper()
	var buf bytes.Buffer
	if err := view.Render(context.Background(), &buf); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// testFormat splits numbers into three groups.
var testFormat = Format{Number: func(n string) string {
	if len(n) < 8 {
		return n
	}
	return n[:3] + " " + n[3:6] + " " + n[6:]
}}

// testCall returns a call in the state that its id names.
func testCall(t testing.TB, id switchboard.RowID) switchboard.Call {
	t.Helper()
	c := switchboard.Call{
		ID: id, Phase: switchboard.Connected, PreviousPhase: switchboard.Connected, Direction: "in", VisibleTo: []switchboard.MemberID{"w0"},
		Remote: switchboard.Party{Number: "+4930901820", Name: "Meier & Söhne GmbH"},
		Local:  switchboard.Party{Number: "+4921112345610"}, UserNames: []string{"Mia Brandt"},
		Started: moment.Add(-212 * time.Second), Since: moment.Add(-192 * time.Second), ShownSeq: 7,
	}
	ago := func(d time.Duration) time.Time { return moment.Add(-d) }
	switch id {
	case "talking":
	case "ringing":
		c.Phase, c.PreviousPhase = switchboard.Ringing, switchboard.Ringing
		c.Started, c.Since = ago(7*time.Second), ago(7*time.Second)
	case "recording":
		c.Direction, c.Recording.On, c.Mute.On = "out", true, true
		c.Remote = switchboard.Party{Number: "+442079460018"}
		c.PreviousParties = []switchboard.Party{{Name: "Jonas Vogt"}, {Number: "+4989200300"}}
	case "foreign": // visible to another member, with a guessed start
		c.VisibleTo, c.UserNames, c.Direction, c.Approximate = []switchboard.MemberID{"w1"}, []string{"Tom Weber"}, "", true
		c.Remote = switchboard.Party{}
		c.Started = c.Since
	case "pending":
		c.Hold = switchboard.Toggle{Requested: true, Pending: true}
		c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbHold, By: "w0", Name: "Mia", Outcome: switchboard.Pending, At: moment}
	case "ended":
		c.Phase, c.Since, c.EndedAt, c.Cause = switchboard.Ended, ago(4*time.Second), ago(4*time.Second), "normalClearing"
	case "transferring":
		c.Claim = &switchboard.Claim{By: "w1", Name: "Tom", Verb: switchboard.VerbTransfer, Until: moment.Add(9 * time.Second)}
	case "leaving":
		c.PendingHangup = &switchboard.PendingHangup{By: "w1", Name: "Tom", At: moment.Add(4 * time.Second)}
	default:
		t.Fatalf("no call %q", id)
	}
	return c
}

var testWebhookURLs = WebhookURLs{
	Incoming: "https://calls.example/push/mK3v9Qx2Lr8Tn5Wb7Yc1Zd4Fg6Hj0Ps2",
	Outgoing: "https://calls.example/push/mK3v9Qx2Lr8Tn5Wb7Yc1Zd4Fg6Hj0Ps2",
}

// testTeam is a team with a member of each role and a removed one. The third
// member is the only admin.
func testTeam(manage bool) TeamModel {
	member := func(user, name string, role team.Role) TeamMember {
		return TeamMember{Member: team.Member{
			MemberID: team.MemberID{Account: "2556404", User: sipgate.UserID(user)}, Name: name, Role: role,
			Consent: team.Consent{SharesCalls: true, AllowsLeads: true}, Joined: moment.Add(-900 * time.Hour), LastActive: moment.Add(-20 * time.Minute)}}
	}
	admin, agent := member("w0", "Mia Brandt", team.Admin), member("w1", "Tom Weber", team.Agent)
	removed := member("w4", "Jonas Vogt", team.Agent)
	admin.Self, agent.Self, removed.Removed = manage, !manage, true
	return TeamModel{Manage: manage, Members: []TeamMember{member("w2", "Aylin Kaya", team.Lead), member("w3", "Dr. Anna Lindqvist-Schwarzenberger", team.Viewer), admin, agent, removed}}
}
