package switchboard_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/account"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
)

// knowAccount gives the board the account's roster, as a program that runs for
// some minutes has it.
func (x *simulatedOffice) knowAccount(t *testing.T) {
	rosters := account.NewRosters(func(string, sipgate.UserID) []account.Access { return []account.Access{x.client(t, "w0")} }, nil)
	t.Cleanup(rosters.Close)
	rosters.Of("").Load()
	x.SetRoster(rosters.Of("").Snapshot)
}

// One colleague calls another at the simulated sipgate, with one origin or two,
// with push events and without, each seeing the own calls or all: the board
// shows one row of both until it ends. A telephone call of one's own, started
// by click to dial, is such a call as well.
func TestSimulatedInternalCall(t *testing.T) {
	for _, origins := range []string{simulator.InternalOneOrigin, simulator.InternalTwoOrigins} {
		for _, visibility := range []string{simulator.VisibilityOwn, simulator.VisibilityAccount} {
			for _, push := range []bool{true, false} {
				for _, click := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s origin, see %s, push %v, click to dial %v", origins, visibility, push, click), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							testInternalCall(t, simulator.Options{InternalCalls: origins, Visibility: visibility, Pickup: 2 * time.Second}, push, click)
						})
					})
				}
			}
		}
	}
}

func testInternalCall(t *testing.T, o simulator.Options, push, click bool) {
	x := newBoard(t, o, push, "w0", "w1")
	x.knowAccount(t)
	_, sub := x.Subscribe()
	defer sub.Close()
	check := func(when string, calls []switchboard.Call) {
		t.Helper()
		if len(calls) != 1 || calls[0].Phase != switchboard.Connected || !calls[0].Internal || !slices.Equal(sorted(calls[0].Owners()), []switchboard.MemberID{"w0", "w1"}) ||
			len(calls[0].RingsAt) != 0 {
			t.Fatalf("%s: %+v", when, calls)
		}
	}
	if click {
		if _, err := x.client(t, "w0").StartCall(t.Context(), sipgate.NewCall{Caller: "e0", Callee: "+492214710111"}); err != nil {
			t.Fatal(err)
		}
	} else {
		id, err := x.Ring(simulator.NewCall{Direction: "out", To: "+492214710111", Users: []string{"w0"}})
		if err != nil {
			t.Fatal(err)
		}
		if calls := x.callsAfter(time.Second); push && (len(calls) != 1 || !slices.Equal(calls[0].RingsAt, []switchboard.MemberID{"w1"}) || !slices.Equal(calls[0].Owners(), []switchboard.MemberID{"w0", "w1"})) {
			t.Errorf("ringing: %+v", calls)
		}
		if err := x.Answer(id, "w1"); err != nil {
			t.Fatal(err)
		}
	}
	calls := x.callsAfter(12 * time.Second)
	check("answered", calls)
	for _, by := range []switchboard.MemberID{"w1", "w0"} {
		for _, on := range []bool{true, false} {
			if err := x.Execute(t.Context(), switchboard.Command{By: by, Call: calls[0].ID, Action: switchboard.Hold{On: on}}); err != nil {
				t.Errorf("hold by %s: %v", by, err)
			}
			now := x.callsAfter(5 * time.Second)
			check("on hold", now)
			if now[0].Hold.On != on || now[0].LastCommand.Outcome != switchboard.Confirmed {
				t.Errorf("hold %v by %s: %+v", on, by, now[0])
			}
		}
	}
	if err := x.Execute(t.Context(), switchboard.Command{By: "w1", Call: calls[0].ID, Action: switchboard.HangUp{}}); err != nil {
		t.Errorf("hang up: %v", err)
	}
	if calls := x.callsAfter(5 * time.Second); len(calls) != 1 || calls[0].Phase != switchboard.Ended || calls[0].LastCommand.Outcome != switchboard.Confirmed {
		t.Errorf("hung up: %+v", calls)
	}
}

func sorted(ids []switchboard.MemberID) []switchboard.MemberID {
	return slices.Sorted(slices.Values(ids))
}

// A call that a telephone of nobody answers, or the voicemail, is nobody's; an
// internal one stays the caller's.
func TestSimulatedCallsWithoutOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newBoard(t, simulator.Options{}, true, "w0", "w1")
		x.knowAccount(t)
		time.Sleep(time.Second)
		_, sub := x.Subscribe()
		defer sub.Close()
		id, err := x.Ring(simulator.NewCall{From: "+491713920014", To: "+492214710100"})
		if err != nil {
			t.Fatal(err)
		}
		if calls := x.callsAfter(time.Second); len(calls) != 1 || len(calls[0].Owners()) != 3 {
			t.Errorf("ringing: %+v", calls)
		}
		if err := x.AnswerElsewhere(id, "+491713920099"); err != nil {
			t.Fatal(err)
		}
		if calls := x.callsAfter(500 * time.Millisecond); len(calls) != 1 || calls[0].Phase != switchboard.Connected || len(calls[0].Owners()) != 0 || len(calls[0].UserNames) != 0 {
			t.Errorf("answered elsewhere: %+v", calls)
		}
		if err := x.Simulator.HangUp(id, ""); err != nil {
			t.Fatal(err)
		}
		if calls := x.callsAfter(15 * time.Second); len(calls) != 0 {
			t.Errorf("ended: %+v", calls)
		}
		id, err = x.Ring(simulator.NewCall{Direction: "out", To: "+492214710111", Users: []string{"w0"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Forward(id, "voicemail"); err != nil {
			t.Fatal(err)
		}
		if calls := x.callsAfter(10 * time.Second); len(calls) != 1 || !calls[0].Voicemail || !slices.Equal(calls[0].Owners(), []switchboard.MemberID{"w0"}) || calls[0].Remote.Name != "Jonas Keller" {
			t.Errorf("voicemail: %+v", calls)
		}
	})
}

// Lists that are seconds old, and commands that are accepted without effect, at
// the simulated sipgate.
func TestSimulatedListsAreOlderThanCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newBoard(t, simulator.Options{}, true, "w0")
		_, sub := x.Subscribe()
		defer sub.Close()
		if _, err := x.Ring(simulator.NewCall{From: "+491713920014", Users: []string{"w0"}, State: "established"}); err != nil {
			t.Fatal(err)
		}
		row := x.callsAfter(5 * time.Second)[0].ID
		x.SetListLag(4 * time.Second)
		if err := x.Execute(t.Context(), switchboard.Command{By: "w0", Call: row, Action: switchboard.Hold{On: true}}); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if c := x.callsAfter(500 * time.Millisecond)[0]; !c.Hold.On {
				t.Fatalf("resumed by an old list: %+v", c)
			}
		}
		if c := x.Snapshot().Calls[0]; c.LastCommand.Outcome != switchboard.Confirmed {
			t.Errorf("%+v", c.LastCommand)
		}
		x.SetListLag(0)
		for _, status := range []int{200, 202} {
			if _, err := x.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: status, Path: "/v2/calls/*/hold", Count: 1}); err != nil {
				t.Fatal(err)
			}
			if err := x.Execute(t.Context(), switchboard.Command{By: "w0", Call: row, Action: switchboard.Hold{}}); err != nil {
				t.Fatal(err)
			}
			if c := x.callsAfter(4 * time.Second)[0]; c.Hold.On || c.LastCommand.Outcome != switchboard.Accepted {
				t.Errorf("%d, within five seconds: %+v, %+v", status, c, c.LastCommand)
			}
			if c := x.callsAfter(2 * time.Second)[0]; !c.Hold.On || c.LastCommand.Outcome != switchboard.Unconfirmed {
				t.Errorf("%d: %+v, %+v", status, c, c.LastCommand)
			}
		}
	})
}
