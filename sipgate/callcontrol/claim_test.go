package callcontrol

import (
	"errors"
	"slices"
	"testing"
	"time"

	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// current returns the call as the board has it now.
func (f *fixture) current(a Actor, call switchboard.Call) switchboard.Call {
	f.t.Helper()
	now, ok := f.Board(a).Call(call.ID)
	if !ok {
		f.t.Fatal("the call is not on the board")
	}
	return now
}

// claim claims a call with an open dialog.
func (f *fixture) claim(a Actor, call switchboard.Call) {
	f.t.Helper()
	if err := f.Claim(f.t.Context(), a, call.ID, ClaimRequest{Verb: switchboard.VerbTransfer, Input: true}); err != nil {
		f.t.Fatal(err)
	}
}

// An admin's open dialog never keeps an agent from holding or hanging up the
// agent's own call, and is over then.
func TestOwnerHoldsAndHangsUpWhateverOthersDo(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	owner, admin := f.signIn("w1", false), f.signIn("w0", true)
	call := f.connectedCall(owner)
	for _, action := range []switchboard.Action{switchboard.Hold{On: true}, switchboard.HangUp{GracePeriod: 8 * time.Second}} {
		f.claim(admin, call)
		if err := f.Execute(t.Context(), owner, f.current(owner, call), switchboard.Command{Action: action}); err != nil {
			t.Errorf("%s: %v", action.Verb(), err)
		}
		if claim := f.current(owner, call).Claim; claim != nil {
			t.Errorf("after %s: %+v", action.Verb(), claim)
		}
		rows := f.auditRows(owner)
		if want := map[switchboard.Verb]string{switchboard.VerbHold: "on override", switchboard.VerbHangUp: "override"}[action.Verb()]; rows[0].Parameters != want {
			t.Errorf("audit %q, want %q", rows[0].Parameters, want)
		}
		// The dialog is still open. It takes the call back when it is used.
		if err := f.Claim(t.Context(), admin, call.ID, ClaimRequest{Verb: switchboard.VerbTransfer}); err != nil || f.current(owner, call).Claim != nil {
			t.Errorf("the dialog took the call back: %v", err)
		}
	}
}

// For everything else, an owner is warned and may override, and so may leads;
// an agent may not on the call of others.
func TestWhoMayOverrideAClaim(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	owner, admin, lead := f.signIn("w1", false), f.signIn("w0", true), f.signIn("w2", false)
	if err := f.Members.SetRole(t.Context(), admin.MemberID, lead.MemberID, team.Lead); err != nil {
		t.Fatal(err)
	}
	lead.Role = team.Lead
	call := f.connectedCall(owner)
	f.claim(admin, call)
	for _, a := range []Actor{owner, lead} {
		cmd := switchboard.Command{Action: switchboard.Mute{On: true}}
		var claimed *ClaimedError
		if err := f.Execute(t.Context(), a, call, cmd); !errors.As(err, &claimed) || !claimed.MayOverride || claimed.Claim.By != admin.BoardID() {
			t.Errorf("%v: %v", a, err)
		}
		if err := f.Claim(t.Context(), a, call.ID, ClaimRequest{Verb: switchboard.VerbTransfer, Input: true}); !errors.As(err, &claimed) || !claimed.MayOverride {
			t.Errorf("%v opens a dialog: %v", a, err)
		}
		cmd.Override = true
		if err := f.Execute(t.Context(), a, call, cmd); err != nil {
			t.Errorf("%v overrides: %v", a, err)
		}
		if claim := f.current(a, call).Claim; claim != nil {
			t.Errorf("the overridden claim stays: %+v", claim)
		}
		f.claim(admin, call)
	}
	if err := f.Claim(t.Context(), owner, call.ID, ClaimRequest{Verb: switchboard.VerbTones, Input: true, Override: true}); err != nil {
		t.Errorf("the owner overrides with a dialog: %v", err)
	}
	if claim := f.current(owner, call).Claim; claim == nil || claim.By != owner.BoardID() {
		t.Errorf("then the claim is %+v", claim)
	}
	agent := lead
	agent.Role = team.Agent
	if got := f.Authorize(agent, team.OverrideClaim, call); got.OK {
		t.Errorf("another agent: %+v", got)
	}
	denied := switchboard.Command{Action: switchboard.Hold{On: true}, Override: true}
	if err := f.Execute(t.Context(), agent, call, denied); !errors.As(err, new(team.Denied)) {
		t.Errorf("another agent: %v", err)
	}
}

// Overriding a claim is a permission of its own, which the policy is asked for
// besides that of the command.
func TestOverridingIsAskedFor(t *testing.T) {
	for override, want := range map[bool][]team.Permission{false: {team.Mute}, true: {team.Mute, team.OverrideClaim}} {
		cmd := switchboard.Command{Action: switchboard.Mute{On: true}, Override: override}
		if got := permissionsFor(cmd); !slices.Equal(got, want) {
			t.Errorf("override %v: %q, want %q", override, got, want)
		}
	}
}

// A command on a call that has just ended says so, whoever gives it and
// whatever the policy would say; a repeated command gets its first outcome.
func TestCommandsOnEndedCallsSayThatTheCallHasEnded(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	owner, other := f.signIn("w1", false), f.signIn("w2", false)
	call := f.connectedCall(owner)
	cmd := switchboard.Command{ID: "0123456789abcdef", Action: switchboard.HangUp{}}
	if err := f.Execute(t.Context(), owner, call, cmd); err != nil {
		t.Fatal(err)
	}
	awaitThat(t, "end of the call", func() bool {
		f.Board(owner).Poll(t.Context())
		return f.current(owner, call).Phase == switchboard.Ended
	})
	ended := f.current(owner, call)
	if err := f.Execute(t.Context(), owner, ended, cmd); err != nil {
		t.Errorf("the hang-up repeated: %v", err)
	}
	for _, a := range []Actor{owner, other} {
		for _, action := range []switchboard.Action{switchboard.Hold{On: true}, switchboard.HangUp{}, switchboard.Tones{Digits: "1"}} {
			if err := f.Execute(t.Context(), a, ended, switchboard.Command{Action: action}); !errors.Is(err, switchboard.ErrEnded) {
				t.Errorf("%v, %s: %v", a, action.Verb(), err)
			}
		}
		if err := f.Claim(t.Context(), a, ended.ID, ClaimRequest{Verb: switchboard.VerbTransfer}); !errors.Is(err, switchboard.ErrEnded) {
			t.Errorf("%v opens a dialog: %v", a, err)
		}
		if err := f.Undo(t.Context(), a, ended.ID); !errors.Is(err, switchboard.ErrEnded) {
			t.Errorf("%v, undo: %v", a, err)
		}
	}
}

// Whoever could see a call is told that it has ended also when it has left the
// board, for as long as the journal remembers it. For others there is none.
func TestCallsThatLeftTheBoardHaveEndedForWhomeverSawThem(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	admin, owner, other := f.signIn("w0", true), f.signIn("w1", false), f.signIn("w2", false)
	call := f.connectedCall(owner)
	if err := f.Execute(t.Context(), owner, call, switchboard.Command{Action: switchboard.HangUp{}}); err != nil {
		t.Fatal(err)
	}
	awaitThat(t, "end of the call", func() bool {
		f.Board(owner).Poll(t.Context())
		return f.current(owner, call).Phase == switchboard.Ended
	})
	awaitThat(t, "journal of the call", func() bool {
		r, err := f.Journal.Record(t.Context(), owner.Account, call.ID)
		return err == nil && !r.Ended.IsZero()
	})
	running := f.connectedCall(owner)
	f.restartBoards()
	if _, err := f.Call(t.Context(), admin, running.ID); !errors.Is(err, switchboard.ErrNoCall) {
		t.Errorf("a call that runs, before it is listed again: %v", err)
	}
	for _, a := range []Actor{admin, owner} {
		gone, err := f.Call(t.Context(), a, call.ID)
		if err != nil || gone.Phase != switchboard.Ended {
			t.Fatalf("%v: %+v, %v", a, gone, err)
		}
		for _, id := range []string{"", "0123456789abcdef"} {
			if err := f.Execute(t.Context(), a, gone, switchboard.Command{ID: id, Action: switchboard.Hold{On: true}}); !errors.Is(err, switchboard.ErrEnded) {
				t.Errorf("%v holds it: %v", a, err)
			}
		}
		if err := f.Claim(t.Context(), a, call.ID, ClaimRequest{Verb: switchboard.VerbTransfer}); !errors.Is(err, switchboard.ErrEnded) {
			t.Errorf("%v opens a dialog: %v", a, err)
		}
		if err := f.Undo(t.Context(), a, call.ID); !errors.Is(err, switchboard.ErrEnded) {
			t.Errorf("%v, undo: %v", a, err)
		}
		if err := f.HangUpSeveral(t.Context(), a, []switchboard.RowID{call.ID}, switchboard.Command{Action: switchboard.HangUp{}}); !errors.Is(err, switchboard.ErrEnded) {
			t.Errorf("%v, all calls: %v", a, err)
		}
	}
	if _, err := f.Call(t.Context(), other, call.ID); !errors.Is(err, switchboard.ErrNoCall) {
		t.Errorf("another agent: %v", err)
	}
}

// A refused action is one row in the audit, however often it is repeated under
// its action id.
func TestRepeatedRefusalIsAuditedOnce(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	owner, other := f.signIn("w1", false), f.signIn("w2", false)
	call := f.connectedCall(owner)
	cmd := switchboard.Command{ID: "0123456789abcdef", Action: switchboard.Hold{On: true}}
	deny := func(want int) {
		t.Helper()
		if err := f.Execute(t.Context(), other, call, cmd); !errors.As(err, new(team.Denied)) {
			t.Errorf("err = %v", err)
		}
		if n := len(f.auditRows(other)); n != want {
			t.Errorf("%d rows, want %d", n, want)
		}
	}
	for range 3 {
		deny(1)
	}
	cmd.Action = switchboard.Hold{On: false} // another action
	deny(2)
	cmd.ID = "0123456789abcdeg"
	deny(3)
	for i := range 3 {
		f.Deny(t.Context(), other, team.ManageMembers, "w9", "0123456789abcdeh", team.Decision{Reason: "role_agent"})
		f.Deny(t.Context(), other, team.ManageMembers, "w9", "", team.Decision{Reason: "role_agent"})
		if n := len(f.auditRows(other)); n != 5+i {
			t.Errorf("%d rows, want %d", n, 5+i)
		}
	}
	if err := f.Members.SetConsent(t.Context(), owner.MemberID, team.Consent{SharesCalls: true, AllowsLeads: true}); err != nil {
		t.Fatal(err)
	}
	other.Role = team.Lead // what was refused may be allowed later
	if err := f.Execute(t.Context(), other, call, cmd); err != nil || f.auditRows(other)[0].Outcome != team.OutcomeDone {
		t.Errorf("the same click as a lead: %v", err)
	}
}
