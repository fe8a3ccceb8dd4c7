package callcontrol

import (
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// callOf returns a call of these owners that the lists of others show.
func callOf(owners []switchboard.MemberID, visibleTo ...switchboard.MemberID) switchboard.Call {
	return switchboard.Call{ID: "row", Phase: switchboard.Connected, MemberIDs: owners, VisibleTo: visibleTo}
}

// An admin acts on the calls of a colleague who never signed in, by the admin's
// own access, and with the team's default in place of a wish. The reason names
// the colleague and the truth.
func TestColleaguesWhoNeverSignedInHaveRefusedNothing(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	admin, agent := f.signIn("w0", true), f.signIn("w1", false)
	f.Rosters.Of(admin.Account).SetUsers([]sipgate.User{{ID: "w2", Firstname: "Mira", Lastname: "Hoffmann"}})
	mira := team.MemberID{Account: admin.Account, User: "w2"}
	owner := []switchboard.MemberID{"w2"}
	expect := func(a Actor, call switchboard.Call, want team.Decision) {
		t.Helper()
		if got := f.Authorize(a, team.Hold, call); got != want {
			t.Errorf("%v: %+v, want %+v", a, got, want)
		}
	}
	own := team.Decision{OK: true, Via: admin.MemberID}
	expect(admin, callOf(owner, "w0"), own)
	expect(admin, callOf(owner), team.Decision{Reason: team.ReasonNeverSignedIn, Of: mira})
	expect(agent, callOf(owner, "w1"), team.Decision{Reason: team.ReasonNotOwner, Of: mira})
	if !f.Sees(agent, callOf(owner)) {
		t.Error("the team does not see her calls")
	}
	if name := f.MemberName(mira); name != "Mira Hoffmann" {
		t.Errorf("she is called %q", name)
	}
	if err := f.Members.SetDefaultConsent(t.Context(), admin.MemberID, team.Consent{SharesCalls: true}); err != nil {
		t.Fatal(err)
	}
	expect(admin, callOf(owner, "w0"), team.Decision{Reason: team.ReasonTeamDefault, Of: mira})
}

// Voicemails, groups, queues and unknown ids own nothing and refuse nothing.
func TestCallsWithoutAnOwnerAreTheTeams(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	admin, agent := f.signIn("w0", true), f.signIn("w1", false)
	if err := f.Members.SetDefaultConsent(t.Context(), admin.MemberID, team.Consent{}); err != nil {
		t.Fatal(err)
	}
	pending := callOf(nil, "w0")
	pending.OwnersPending = true
	if got := f.Authorize(agent, team.Hold, pending); got != (team.Decision{Reason: team.ReasonOwnerUnknown}) {
		t.Errorf("before it is known whose the telephones are: %+v", got)
	}
	f.loadRoster(admin.Account)
	for _, owners := range [][]switchboard.MemberID{nil, {"voicemail"}, {"v0"}, {"g1"}, {"q0"}, {"p3"}, {"wx"}, {"w"}, {ServiceID}} {
		call := callOf(owners, "w0")
		if got := f.Authorize(admin, team.Hold, call); got != (team.Decision{OK: true, Via: admin.MemberID}) {
			t.Errorf("admin, %v: %+v", owners, got)
		}
		if got := f.Authorize(agent, team.Hold, call); got != (team.Decision{Reason: team.ReasonNobodys}) {
			t.Errorf("agent, %v: %+v", owners, got)
		}
		if got := f.Authorize(admin, team.Hold, callOf(owners)); got != (team.Decision{Reason: team.ReasonNotReached}) {
			t.Errorf("admin without reach, %v: %+v", owners, got)
		}
	}
}

// Without reach, a lead acts through an owner whose access can be used: who is
// on the board, with a grant that sipgate accepts.
func TestOnlyUsableAccessIsUsed(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	admin, owner := f.signIn("w0", true), f.signIn("w1", false)
	call := callOf([]switchboard.MemberID{"w1"}, "w1")
	if got := f.Authorize(admin, team.Hold, call); got != (team.Decision{OK: true, Via: owner.MemberID}) {
		t.Fatalf("signed in: %+v", got)
	}
	gone := team.Decision{Reason: team.ReasonSignedOut, Of: owner.MemberID}
	f.Board(admin).Leave("w1")
	if got := f.Authorize(admin, team.Hold, call); got != gone {
		t.Errorf("off the board: %+v", got)
	}
	owner = f.signIn("w1", false)
	if _, err := f.Grants.Drop(t.Context(), owner.MemberID); err != nil {
		t.Fatal(err)
	}
	if got := f.Authorize(admin, team.Hold, call); got != gone {
		t.Errorf("without a grant: %+v", got)
	}
	if got := f.Authorize(owner, team.Hold, call); got != (team.Decision{Reason: team.ReasonSignInExpired}) {
		t.Errorf("the owner without a grant: %+v", got)
	}
	owner = f.signIn("w1", false)
	if err := f.Members.Remove(t.Context(), admin.MemberID, owner.MemberID); err != nil {
		t.Fatal(err)
	}
	if got := f.Authorize(admin, team.Hold, call); got != gone {
		t.Errorf("removed from the team: %+v", got)
	}
}

// Own calls are those that an actor talks in and may act on, not those of others
// that a lead may act on, too.
func TestOwnCallsAreThoseOneTalksIn(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	admin, agent := f.signIn("w0", true), f.signIn("w1", false)
	call := f.connectedCall(agent)
	if own := f.OwnCalls(agent, team.Transfer); len(own) != 1 || own[0].ID != call.ID {
		t.Errorf("one's own: %+v", own)
	}
	if d := f.Authorize(admin, team.Transfer, call); !d.OK {
		t.Fatalf("an admin: %+v", d)
	}
	if own := f.OwnCalls(admin, team.Transfer); len(own) != 0 {
		t.Errorf("an admin has an agent's call: %+v", own)
	}
	viewer := agent
	viewer.Role = team.Viewer
	if own := f.OwnCalls(viewer, team.Transfer); len(own) != 0 {
		t.Errorf("a viewer may transfer: %+v", own)
	}
	f.Board(agent).Observe(sipgate.Event{Kind: sipgate.EventHangup, CallID: call.CallID, Cause: "normalClearing"})
	if own := f.OwnCalls(agent, team.Transfer); len(own) != 0 {
		t.Errorf("a call that has ended: %+v", own)
	}
}

// A click on a call of which the board does not know yet whose it is waits until that is
// known, also when a part of it is: the users, without their telephones.
func TestAClickWaitsUntilItIsKnownWhoseTheCallIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	agent := f.signIn("w1", false)
	if _, err := f.sim.Ring(simulator.NewCall{From: "+4930555001", To: "+492214710111", Users: []string{"w1"}, State: "established"}); err != nil {
		t.Fatal(err)
	}
	board, roster := f.Board(agent), f.Rosters.Of(agent.Account)
	if err := board.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := roster.Users(t.Context()); err != nil {
		t.Fatal(err)
	}
	calls := board.Snapshot().Calls
	if len(calls) != 1 || len(calls[0].Owners()) > 0 || !calls[0].OwnersPending {
		t.Fatalf("calls %+v", calls)
	}
	call, err := f.Control.Call(t.Context(), agent, calls[0].ID)
	if d := f.Authorize(agent, team.Hold, call); err != nil || !d.OK || call.OwnersPending {
		t.Errorf("%+v, %v: %+v", call, err, d)
	}
}
