package callcontrol

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// signIn signs a user of the simulated first account in and returns the actor.
func (f *fixture) signIn(user sipgate.UserID, admin bool) Actor {
	f.t.Helper()
	account, _, _ := f.sim.AdminToken()
	m := team.MemberID{Account: account, User: user}
	member, err := f.Members.SignIn(f.t.Context(), m, "Member "+string(user), admin)
	if err != nil {
		f.t.Fatal(err)
	}
	token, err := f.sim.Token(account, string(user), "all")
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.Grants.Put(f.t.Context(), m, sipgate.Tokens{Access: token["access_token"].(string), Refresh: "unused", Lifetime: time.Hour}); err != nil {
		f.t.Fatal(err)
	}
	a := Actor{Member: member, Address: "192.0.2.7"}
	f.Boards.Board(account).Join(switchboard.Member{ID: a.BoardID(), Name: a.Name, API: f.service.client})
	return a
}

// loadRoster waits until it is known whose the account's telephones are.
func (f *fixture) loadRoster(account string) {
	f.t.Helper()
	roster := f.Rosters.Of(account)
	roster.Load()
	awaitThat(f.t, "roster", func() bool { return len(roster.Snapshot().Devices) > 0 && roster.Snapshot().Known() })
}

// connectedCall returns a call of the user, at the user's own number, that is
// established and on the board.
func (f *fixture) connectedCall(a Actor) switchboard.Call {
	f.t.Helper()
	if _, err := f.sim.Ring(simulator.NewCall{From: "+4930555001", To: "+49221471011" + strings.TrimPrefix(string(a.User), "w"), Users: []string{string(a.User)}, State: "established"}); err != nil {
		f.t.Fatal(err)
	}
	f.loadRoster(a.Account)
	var found switchboard.Call
	awaitThat(f.t, "call on the board", func() bool {
		f.Board(a).Poll(f.t.Context())
		for _, c := range f.Board(a).Snapshot().Calls {
			if c.Phase == switchboard.Connected && len(c.Owners()) > 0 {
				found = c
			}
		}
		return found.ID != ""
	})
	return found
}

func (f *fixture) auditRows(a Actor) []team.AuditEntry {
	f.t.Helper()
	rows, err := f.Audit.List(f.t.Context(), a.Account, team.AuditFilter{})
	if err != nil {
		f.t.Fatal(err)
	}
	return rows
}

func TestRepeatedActionIDIsExecutedAndAuditedOnce(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	call := f.connectedCall(a)
	cmd := switchboard.Command{ID: "0123456789abcdef", Action: switchboard.Hold{On: true}}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := f.Execute(t.Context(), a, call, cmd); err != nil {
				t.Errorf("hold: %v", err)
			}
		})
	}
	all.Wait()
	if err := f.Execute(t.Context(), a, call, cmd); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	rows := f.auditRows(a)
	if len(rows) != 1 || rows[0].Outcome != team.OutcomeDone || rows[0].Action != team.Hold || rows[0].Address != "192.0.2.7" || rows[0].Took > time.Minute {
		t.Errorf("audit %+v, want one row", rows)
	}
	cmd.Action = switchboard.Hold{On: false}
	if err := f.Execute(t.Context(), a, call, cmd); !errors.Is(err, switchboard.ErrIDReused) || len(f.auditRows(a)) != 1 {
		t.Errorf("the id with another command: %v, %d rows", err, len(f.auditRows(a)))
	}
}

func TestWithoutAnAuditRowNothingIsDone(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	call := f.connectedCall(a)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Execute(ctx, a, call, switchboard.Command{Action: switchboard.Hold{On: true}}); err != nil {
		t.Errorf("a click whose tab was closed: %v", err)
	}
	if _, err := f.db.Exec(`drop table audit`); err != nil {
		t.Fatal(err)
	}
	before := f.asked("/v2/calls/" + string(call.CallID) + "/hold")
	cmd := switchboard.Command{ID: "0123456789abcdef", Action: switchboard.Hold{On: false}}
	if err := f.Execute(t.Context(), a, call, cmd); !errors.Is(err, team.ErrAuditUnavailable) {
		t.Errorf("err = %v", err)
	}
	if n := f.asked("/v2/calls/" + string(call.CallID) + "/hold"); n != before {
		t.Errorf("%d requests reached sipgate without an audit row", n-before)
	}
}

func TestDeniedCommandsAreAudited(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	owner, other := f.signIn("w0", true), f.signIn("w1", false)
	call := f.connectedCall(owner)
	err := f.Execute(t.Context(), other, call, switchboard.Command{Action: switchboard.HangUp{}})
	var denied team.Denied
	if !errors.As(err, &denied) || denied.Reason != team.ReasonNotOwner {
		t.Errorf("err = %v", err)
	}
	rows := f.auditRows(other)
	if len(rows) != 1 || rows[0].Outcome != team.OutcomeDenied || rows[0].Parameters != team.ReasonNotOwner || rows[0].By != other.MemberID {
		t.Errorf("audit %+v", rows)
	}
	f.exec(`drop table audit`)
	if err := f.Execute(t.Context(), other, call, switchboard.Command{Action: switchboard.HangUp{}}); !errors.As(err, &denied) || f.log.count("write audit refusal") != 1 {
		t.Errorf("without an audit: %v, said %d times", err, f.log.count("write audit refusal"))
	}
}

func TestUndoneHangUpIsAuditedAsCancelled(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	call := f.connectedCall(a)
	if err := f.HangUpSeveral(t.Context(), a, []switchboard.RowID{call.ID}, switchboard.Command{ID: "0123456789abcdef", Action: switchboard.HangUp{GracePeriod: 8 * time.Second}}); err != nil {
		t.Fatal(err)
	}
	if rows := f.auditRows(a); len(rows) != 1 || rows[0].Outcome != team.OutcomeWaiting {
		t.Errorf("in the grace period: %+v", rows)
	}
	// The same click once more is the same hang-up.
	if err := f.HangUpSeveral(t.Context(), a, []switchboard.RowID{"none", call.ID}, switchboard.Command{ID: "0123456789abcdef", Action: switchboard.HangUp{GracePeriod: 8 * time.Second}}); !errors.Is(err, switchboard.ErrNoCall) || len(f.auditRows(a)) != 1 {
		t.Errorf("again: %v, audit %+v", err, f.auditRows(a))
	}
	if err := f.Undo(t.Context(), a, call.ID); err != nil {
		t.Fatal(err)
	}
	awaitThat(t, "audit of the undone hang-up", func() bool {
		rows := f.auditRows(a)
		return len(rows) == 2 && rows[1].Outcome == team.OutcomeCancelled && rows[0].Action == team.UndoHangUp
	})
	if err := f.Undo(t.Context(), a, call.ID); !errors.Is(err, switchboard.ErrNothingToUndo) {
		t.Errorf("undo again: %v", err)
	}
}

// One click hangs up several calls, each of them once.
func TestSeveralCallsAreHungUpAtOnce(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	f.connectedCall(a)
	f.connectedCall(a)
	var rows []switchboard.RowID
	for _, c := range f.Board(a).Snapshot().Calls {
		rows = append(rows, c.ID)
	}
	for range 2 {
		if err := f.HangUpSeveral(t.Context(), a, rows, switchboard.Command{ID: "0123456789abcdef", Action: switchboard.HangUp{}}); err != nil {
			t.Error(err)
		}
	}
	if err := f.HangUpSeveral(t.Context(), a, nil, switchboard.Command{Action: switchboard.HangUp{}}); err != nil {
		t.Errorf("none: %v", err)
	}
	audit := f.auditRows(a)
	if len(rows) != 2 || len(audit) != 2 || audit[0].Call == audit[1].Call || audit[0].Outcome != team.OutcomeDone || audit[1].Outcome != team.OutcomeDone {
		t.Errorf("rows %q, audit %+v", rows, audit)
	}
}

func TestUnknownCallsAndHiddenCallsLookTheSame(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	if _, err := f.Call(t.Context(), a, "none"); !errors.Is(err, switchboard.ErrNoCall) {
		t.Errorf("unknown: %v", err)
	}
	call := f.connectedCall(a)
	stranger := Actor{Member: team.Member{MemberID: team.MemberID{Account: a.Account, User: "w9"}}}
	if _, err := f.Call(t.Context(), stranger, call.ID); !errors.Is(err, switchboard.ErrNoCall) {
		t.Errorf("hidden: %v", err)
	}
}
