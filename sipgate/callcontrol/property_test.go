package callcontrol

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// A scenario is one call of a random team, and who acts on it: always the user
// w0, with any role.
type scenario struct {
	role     team.Role
	owner    sipgate.UserID // w0, w1, w2 who never signed in, or "" for a call of nobody
	webhooks bool           // events tell whose call it is
	ringing  bool
	signedIn bool         // w1
	stated   bool         // w1 has chosen
	chosen   team.Consent // what w1 has chosen
	standard team.Consent // the team's default
	sees     bool         // sipgate shows every user all calls
}

func drawScenario(t *rapid.T, sees bool) scenario {
	consent := func(name string) team.Consent {
		return team.Consent{SharesCalls: rapid.Bool().Draw(t, name+" shares"), AllowsLeads: rapid.Bool().Draw(t, name+" allows")}
	}
	s := scenario{role: team.Role(rapid.IntRange(int(team.Viewer), int(team.Admin)).Draw(t, "role")), sees: sees,
		owner:    sipgate.UserID(rapid.SampledFrom([]string{"w0", "w1", "w2", ""}).Draw(t, "owner")),
		webhooks: rapid.Bool().Draw(t, "webhooks"), signedIn: rapid.Bool().Draw(t, "w1 is signed in"),
		stated: rapid.Bool().Draw(t, "w1 has chosen"), chosen: consent("w1"), standard: consent("team")}
	s.ringing = s.webhooks && rapid.Bool().Draw(t, "ringing")
	if s.owner == "" { // of answered calls, lists tell whose they are
		s.webhooks, s.ringing = true, true
	}
	return s
}

// consent returns what counts for the owner.
func (s scenario) consent() team.Consent {
	if s.owner == "w1" && s.stated {
		return s.chosen
	}
	return s.standard
}

// reached reports whether sipgate lets w0's own access act on the call.
func (s scenario) reached() bool { return s.sees || s.owner == "w0" }

// allowed is the rule of who may act on what, in the words of the product:
// agents on own calls, leads on those of all who have not refused, by their own
// access or that of an owner who is signed in and shares calls.
func (s scenario) allowed() bool {
	switch {
	case s.owner == "w0":
		return s.role >= team.Agent
	case s.role < team.Lead:
		return false
	case s.owner == "":
		return s.reached()
	case !s.consent().AllowsLeads:
		return false
	}
	return s.reached() || s.owner == "w1" && s.signedIn && s.consent().SharesCalls
}

// isTrue reports whether a reason is true of the scenario.
func (s scenario) isTrue(reason string) bool {
	switch reason {
	case "role_viewer":
		return s.role == team.Viewer
	case team.ReasonNotOwner:
		return s.role == team.Agent && s.owner != "" && s.owner != "w0"
	case team.ReasonNobodys:
		return s.role == team.Agent && s.owner == ""
	case team.ReasonNotShared:
		return !s.reached() && s.owner != "" && !s.consent().SharesCalls
	case team.ReasonNoConsent:
		return s.owner == "w1" && s.stated && !s.chosen.AllowsLeads
	case team.ReasonTeamDefault:
		return s.owner != "" && !(s.owner == "w1" && s.stated) && !s.standard.AllowsLeads
	case team.ReasonNeverSignedIn:
		return s.owner == "w2" && !s.reached()
	case team.ReasonSignedOut:
		return s.owner == "w1" && !s.signedIn && !s.reached()
	case team.ReasonNotReached:
		return s.owner == "" && !s.reached()
	}
	return false
}

// unstate makes a member one who has not chosen, as a new member is.
func (f *fixture) unstate(m team.MemberID) {
	f.t.Helper()
	if _, err := f.db.Exec(`update people set stated = false where user_id = $1`, string(m.User)); err != nil {
		f.t.Fatal(err)
	}
	members, err := team.NewMembers(f.t.Context(), f.db, team.Accounts{})
	if err != nil {
		f.t.Fatal(err)
	}
	f.Members, f.History.Members = members, members
}

// prepare makes the team that of the scenario.
func (f *fixture) prepare(s scenario, admin, owner Actor) {
	f.t.Helper()
	f.unstate(owner.MemberID)
	err := f.Members.SetDefaultConsent(f.t.Context(), admin.MemberID, s.standard)
	if err == nil && s.stated {
		err = f.Members.SetConsent(f.t.Context(), owner.MemberID, s.chosen)
	}
	if err == nil && !s.signedIn {
		f.Board(owner).Leave(owner.BoardID())
		_, err = f.Grants.Drop(f.t.Context(), owner.MemberID)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	if s.signedIn {
		f.enter("w1")
	}
}

// enter signs a user in whose own access the board uses.
func (f *fixture) enter(user sipgate.UserID) Actor {
	a := f.signIn(user, user == "w0")
	f.Board(a).Leave(a.BoardID())
	f.Boards.Board(a.Account).Join(switchboard.Member{ID: a.BoardID(), Name: a.Name, API: f.ClientOf(a.MemberID)})
	return a
}

// call begins the scenario's call and returns it, or false if the board cannot
// know of it.
func (f *fixture) call(s scenario, a Actor) (sipgate.CallID, switchboard.Call, bool) {
	f.t.Helper()
	n := simulator.NewCall{From: "+4930555001", To: "+49221471011" + strings.TrimPrefix(string(s.owner), "w"), Users: []string{string(s.owner)}, State: "established"}
	event := sipgate.Event{Kind: sipgate.EventNewCall, From: "4930555001", Direction: sipgate.Incoming}
	if s.owner == "" { // at the number of all, and no event names anybody
		n.To, n.Users = "+492214710100", []string{"w2"}
	} else {
		event.UserIDs, event.FullUserIDs, event.Users = []sipgate.UserID{s.owner}, []string{a.Account + string(s.owner)}, []string{"User"}
	}
	if s.ringing {
		n.State = "ringing"
	}
	id, err := f.sim.Ring(n)
	if err != nil {
		f.t.Fatal(err)
	}
	if event.CallID, event.To = sipgate.CallID(id), strings.TrimPrefix(n.To, "+"); s.webhooks {
		f.Board(a).Observe(event)
		if !s.ringing {
			event.Kind = sipgate.EventAnswer
			f.Board(a).Observe(event)
		}
	}
	for range 3 { // lists that lack the call
		f.Board(a).Poll(f.t.Context())
	}
	for _, c := range f.Board(a).Snapshot().Calls {
		if c.CallID == event.CallID && c.Phase != switchboard.Ended {
			return event.CallID, c, true
		}
	}
	return event.CallID, switchboard.Call{}, false
}

// commands returns how many commands on a call sipgate was sent.
func (f *fixture) commands(id sipgate.CallID) int {
	return f.asked("/v2/calls/"+string(id)+"/hold") + f.asked("/v2/calls/"+string(id))
}

// What a button shows is what the server does, and the reason is true: for all
// roles, consents stated or not, team defaults, with webhooks or without,
// whatever sipgate shows to whom, and whoever is signed in.
func TestButtonsShowWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	for _, visibility := range []string{simulator.VisibilityAccount, simulator.VisibilityOwn} {
		t.Run(visibility, func(t *testing.T) {
			f := newFixture(t, simulator.Options{Visibility: visibility})
			admin, owner := f.enter("w0"), f.enter("w1")
			f.loadRoster(admin.Account)
			sees := visibility == simulator.VisibilityAccount
			if _, _, ok := f.call(scenario{owner: "w2", sees: sees}, admin); ok != sees { // by which it is found out what w0 sees
				t.Fatalf("a call of w2 is on the board: %v", ok)
			}
			seen := map[string]int{}
			scenarios := rapid.Custom(func(t *rapid.T) scenario { return drawScenario(t, sees) })
			for i := range 80 {
				s, a := scenarios.Example(i), admin
				f.prepare(s, admin, owner)
				a.Role = s.role
				id, call, ok := f.call(s, a)
				if ok {
					checkButton(t, f, s, a, id, call, seen)
				} else if s.reached() || s.webhooks || s.owner == "w1" && s.signedIn { // else sipgate tells nothing of it
					t.Errorf("%+v: the call is not on the board", s)
				}
				f.sim.HangUp(string(id), "")
			}
			if len(seen) < 6 || seen["own"] < 10 {
				t.Errorf("too little was tried: %v", seen)
			}
		})
	}
}

func checkButton(t *testing.T, f *fixture, s scenario, a Actor, id sipgate.CallID, call switchboard.Call, seen map[string]int) {
	action := switchboard.Action(switchboard.Hold{On: true})
	if s.ringing {
		action = switchboard.HangUp{}
	}
	button := f.Authorize(a, team.Permission(action.Verb()), call)
	before := f.commands(id)
	err := f.Execute(f.t.Context(), a, call, switchboard.Command{Action: action})
	sent := f.commands(id) - before
	if button.OK != s.allowed() {
		t.Errorf("%+v: %+v", s, button)
	}
	var denied team.Denied
	switch {
	case button.OK && (err != nil || sent != 1):
		t.Errorf("%+v: the button works, but the server answers %v after %d requests", s, err, sent)
	case button.OK:
		row := f.auditRows(a)[0]
		seen["own"]++
		if own := button.Via == a.MemberID; own != s.reached() || row.Via != button.Via || row.Outcome != team.OutcomeDone {
			t.Errorf("%+v: by the access of %v, audited as %+v", s, button.Via, row)
		}
		return
	case sent != 0 || !errors.As(err, &denied) || denied.Reason != button.Reason || denied.Of != button.Of:
		t.Errorf("%+v: the button says %v, the server %v after %d requests", s, button, err, sent)
	case !s.isTrue(button.Reason):
		t.Errorf("%+v: not true: %+v", s, button)
	case button.Of.User != "" && (button.Of.User != s.owner || denied.Name == "" || denied.Name == fmt.Sprint(button.Of.User)):
		t.Errorf("%+v: the reason names %v, %q", s, button.Of, denied.Name)
	}
	seen[button.Reason]++
}
