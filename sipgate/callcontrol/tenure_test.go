package callcontrol

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// processes returns two that share a database and the sessions, and take on teams.
func processes(t *testing.T) (first, second *fixture) {
	first = newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	second = &fixture{t: t, db: first.db, log: &lockedLog{}, sim: first.sim, sessions: first.sessions}
	first.start(true)
	second.start(true)
	return first, second
}

// takenOn returns two processes of which the first has taken the team on.
func takenOn(t *testing.T) (first, second *fixture, account string) {
	t.Helper()
	first, second = processes(t)
	account, _, _ = first.sim.AdminToken()
	if err := first.TakeOn(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	return first, second, account
}

// A team moves to another process with all that is known of it, and the process before
// acts for it no longer.
func TestATeamIsTakenOnAndGivenUp(t *testing.T) {
	first, second := processes(t)
	account, _, _ := first.sim.AdminToken()
	if _, _, err := first.Enter(account); !errors.Is(err, ErrElsewhere) || first.ActsFor(account) {
		t.Fatalf("before it takes the team on: %v", err)
	}
	if err := first.TakeOn(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	a := first.signIn("w1", true)
	first.session(a)
	first.private(a)
	if !first.Quiet(account) || !first.Quiet("unknown") {
		t.Error("a team without calls is not quiet")
	}
	call := first.connectedCall(a)
	if first.Quiet(account) {
		t.Error("a team with a call is quiet")
	}
	awaitThat(t, "the call in the journal", func() bool {
		row, known := first.Journal.RowLookup(account)(call.CallID)
		return known && row == call.ID
	})
	if err := first.Execute(t.Context(), a, call, switchboard.Command{Action: switchboard.HangUp{GracePeriod: time.Hour}}); err != nil {
		t.Fatal(err)
	}
	shown, leave, err := first.Enter(account)
	if err != nil {
		t.Fatal(err)
	}
	leave()

	if err := first.GiveUp(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if _, _, err := first.Enter(account); !errors.Is(err, ErrElsewhere) || shown.Err() == nil || len(first.Boards.All()) != 0 {
		t.Errorf("after it gave the team up: %v, pages %v, boards %v", err, shown.Err(), first.Boards.All())
	}
	if _, known := first.Members.Get(a.MemberID); known || first.Grants.State(a.MemberID) != team.StateNeedsLogin || !first.forgotten(a) {
		t.Error("something of the team is still in memory")
	}
	first.service.watch(t.Context())
	if _, err := first.syncMembers(t.Context()); err != nil || len(first.Boards.All()) != 0 {
		t.Errorf("housekeeping opens boards of other processes: %v, %v", first.Boards.All(), err)
	}

	if err := second.TakeOn(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if !second.Board(a).HasMember(a.BoardID()) {
		t.Fatal("those who are signed in are not on the board of the next process")
	}
	second.Board(a).Join(switchboard.Member{ID: a.BoardID(), API: second.service.client}) // here no access can be renewed
	awaitThat(t, "call on the next board", func() bool {
		second.Board(a).Poll(t.Context())
		calls := second.Board(a).Snapshot().Calls
		return len(calls) == 1 && calls[0].ID == call.ID
	})
	if rows := second.auditRows(a); len(rows) != 1 || rows[0].Outcome != team.OutcomeCancelled {
		t.Errorf("the pending hang-up is %+v", rows)
	}
	if told := second.Interrupted.Of(account); len(told) != 1 || told[0].Outcome != team.OutcomeCancelled || told[0].Call != string(call.ID) {
		t.Errorf("of the pending hang-up pages are told %+v", told)
	}
	if n := first.asked("/v2/calls/" + string(call.CallID)); n != 0 {
		t.Errorf("%d commands reached sipgate", n)
	}
	if err := first.TakeOn(t.Context(), account); err != nil {
		t.Errorf("taken on again: %v", err)
	}
}

// A page of before a team moved knows its calls before the next board has read a list.
func TestACallIsKnownBeforeTheFirstList(t *testing.T) {
	first, second, account := takenOn(t)
	a := first.signIn("w1", true)
	call := first.connectedCall(a)
	awaitThat(t, "the call in the journal", func() bool {
		_, known := first.Journal.RowLookup(account)(call.CallID)
		return known
	})
	if err := errors.Join(first.GiveUp(t.Context(), account), second.TakeOn(t.Context(), account)); err != nil {
		t.Fatal(err)
	}
	second.Board(a).Join(switchboard.Member{ID: a.BoardID(), API: second.service.client}) // here no access can be renewed
	if found, err := second.Call(t.Context(), a, call.ID); err != nil || found.Phase != switchboard.Connected {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := second.Call(t.Context(), a, "unknown"); !errors.Is(err, switchboard.ErrNoCall) {
		t.Errorf("an unknown row: %v", err)
	}
}

// A call that rang when the next process read its lists, and whose answer no event
// reports, is found by the first click on its row.
func TestACallIsLookedForInANewerList(t *testing.T) {
	t.Parallel()
	first, second, account := takenOn(t)
	a := first.signIn("w1", true)
	first.loadRoster(account)
	id, err := first.sim.Ring(simulator.NewCall{From: "+4930555001", To: "+492214710111", Users: []string{"w1"}, State: "ringing"})
	if err != nil {
		t.Fatal(err)
	}
	first.Board(a).Observe(sipgate.Event{Kind: sipgate.EventNewCall, CallID: sipgate.CallID(id), Direction: sipgate.Incoming,
		From: "4930555001", To: "492214710111", UserIDs: []sipgate.UserID{"w1"}})
	calls := first.Board(a).Snapshot().Calls
	if len(calls) != 1 {
		t.Fatalf("calls %+v", calls)
	}
	awaitThat(t, "the call in the journal", func() bool {
		_, known := first.Journal.RowLookup(account)(calls[0].CallID)
		return known
	})
	if err := errors.Join(first.GiveUp(t.Context(), account), second.TakeOn(t.Context(), account)); err != nil {
		t.Fatal(err)
	}
	board := second.Board(a)
	board.Join(switchboard.Member{ID: a.BoardID(), API: second.service.client})
	if err := board.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	lists, since := 0, time.Now()
	awaitThat(t, "only old lists", func() bool {
		if n := first.asked("/v2/calls"); n != lists {
			lists, since = n, time.Now()
		}
		return time.Since(since) > 2*switchboard.AnsweredWithin // from the request to its answer it may take some time, too
	})
	if err := first.sim.Answer(id, "w1"); err != nil || len(board.Snapshot().Calls) > 0 {
		t.Fatalf("calls %+v, %v", board.Snapshot().Calls, err)
	}
	if found, err := second.Call(t.Context(), a, calls[0].ID); err != nil || found.Phase != switchboard.Connected {
		t.Errorf("%+v, %v", found, err)
	}
}

// Nothing is done for a team before it has been taken on: what is stored of it is not here.
func TestHousekeepingWaitsUntilATeamIsTakenOn(t *testing.T) {
	first, second, account := takenOn(t)
	first.session(first.signIn("w1", true))
	if err := first.GiveUp(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	begun, isNew, err := second.tenures.begin(t.Context(), second.ctx, account)
	if err != nil || !isNew {
		t.Fatal(isNew, err)
	}
	defer second.tenures.remove(account, begun)
	second.service.watch(t.Context())
	if _, err := second.syncMembers(t.Context()); err != nil || len(second.Boards.All()) != 0 || second.ActsFor(account) || len(second.TakenOn()) != 0 {
		t.Errorf("boards %v, acts for %v, %v", second.Boards.All(), second.TakenOn(), err)
	}
}

// To give a team up waits for its requests in progress, and to take it on again waits
// for that.
func TestATeamIsGivenUpWhenItsRequestsAreAnswered(t *testing.T) {
	first, _, account := takenOn(t)
	_, leave, err := first.Enter(account)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var answered atomic.Bool
	running.Go(func() {
		if err := first.GiveUp(t.Context(), account); err != nil || !answered.Load() {
			t.Errorf("given up with a request in progress: %v", err)
		}
	})
	awaitThat(t, "the end of the tenure", func() bool { return !first.ActsFor(account) })
	running.Go(func() {
		if err := first.TakeOn(t.Context(), account); err != nil || !answered.Load() {
			t.Errorf("taken on before it was given up: %v", err)
		}
	})
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := first.TakeOn(short, account); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who waits for that goes when they like: %v", err)
	}
	answered.Store(true)
	leave()
	leave() // twice is once
	running.Wait()
	if !first.ActsFor(account) {
		t.Error("the process does not act for the team")
	}
	if err := first.GiveUp(short, account); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := first.GiveUp(t.Context(), account); err != nil {
		t.Errorf("given up twice: %v", err)
	}
}

// What cannot be read is not acted for.
func TestATeamThatCannotBeReadIsNotTakenOn(t *testing.T) {
	first, _ := processes(t)
	account, _, _ := first.sim.AdminToken()
	first.sessions.err = errors.New("the disk is gone")
	if err := first.TakeOn(t.Context(), account); !errors.Is(err, first.sessions.err) || first.ActsFor(account) {
		t.Errorf("taken on: %v", err)
	}
	first.sessions.err = nil
	if err := first.TakeOn(t.Context(), account); err != nil || !first.ActsFor(account) {
		t.Errorf("the next time: %v", err)
	}
}

// A process alone acts for everybody.
func TestAProcessAloneActsForAllTeams(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	ctx, leave, err := f.Enter("1234567")
	if err != nil || ctx.Err() != nil || !f.ActsFor("1234567") {
		t.Fatal(err)
	}
	leave()
	if err := errors.Join(f.TakeOn(t.Context(), "1234567"), f.GiveUp(t.Context(), "1234567")); err != nil || ctx.Err() != nil {
		t.Error(err)
	}
	if _, err := f.Members.SignIn(t.Context(), team.MemberID{Account: "1234567", User: "w0"}, "Ada", true); err != nil {
		t.Error(err)
	}
	if _, ok := f.Members.Get(team.MemberID{Account: "1234567", User: sipgate.UserID("w0")}); !ok {
		t.Error("the member is gone")
	}
}
