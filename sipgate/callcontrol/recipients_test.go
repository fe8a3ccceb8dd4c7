package callcontrol

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
)

func TestUnreadableTeamIsReportedAndReadAgain(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	f.fails(503, "/v2/users")
	f.Rosters.Of(a.Account).Load()
	awaitThat(t, "failed read of the users", func() bool { return f.Rosters.Of(a.Account).Err() != nil })
	if found, _, err := f.Recipients(a, "jonas"); sipgate.KindOf(err) != sipgate.Unavailable || len(found) != 0 {
		t.Errorf("while sipgate fails: %+v, %v", found, err)
	}
	f.sim.ClearFaults()
	awaitThat(t, "team", func() bool {
		found, _, err := f.Recipients(a, "jonas")
		return err == nil && len(found) > 0 && found[0].Name == "Jonas Keller"
	})
}

// A number that cannot be called is refused with the true reason, before anything is
// sent; so is a party of the call that it would be given.
func TestNumbersThatCannotBeCalledAreRefused(t *testing.T) {
	c := &Control{Options: Options{Numbers: sipgate.NumberRules{Region: "DE"}}}
	call := switchboard.Call{Remote: switchboard.Party{Number: "+4930555001"}, Local: switchboard.Party{Number: "+492214710111"}}
	for number, want := range map[string]string{
		"+4930555002": "", "+4930555001": "same_party", "+492214710111": "same_party", "110": "number_blocked", "+49900123456": "number_blocked", "hello": "number_invalid", "": "number_invalid",
	} {
		if got := c.NumberRefusal(number, call); got != want {
			t.Errorf("%q: %q, want %q", number, got, want)
		}
	}
}

// Members are on a call while they talk, not while it rings or after it.
func TestMembersAreOnCallsThatAreConnected(t *testing.T) {
	got := MembersOnCalls([]switchboard.Call{
		{Phase: switchboard.Ringing, MemberIDs: []switchboard.MemberID{"w0"}}, {Phase: switchboard.Connected, MemberIDs: []switchboard.MemberID{"w1", "w2"}},
		{Phase: switchboard.Ended, MemberIDs: []switchboard.MemberID{"w3"}},
	})
	if !maps.Equal(got, map[sipgate.UserID]bool{"w1": true, "w2": true}) {
		t.Errorf("%v", got)
	}
}

// Who has a call finds its number among the recent ones at once, and nobody else
// does. Colleagues who talk are busy.
func TestNumbersOfRunningCallsAreRecent(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a, other := f.signIn("w1", false), f.signIn("w0", true)
	f.loadRoster(a.Account)
	var call switchboard.Call
	for _, from := range []string{"anonymous", "+4930555001"} {
		if _, err := f.sim.Ring(simulator.NewCall{From: from, To: "+492214710111", Users: []string{"w1"}, State: "established"}); err != nil {
			t.Fatal(err)
		}
	}
	awaitThat(t, "calls on the board", func() bool {
		f.Board(a).Poll(t.Context())
		calls := f.Board(a).Snapshot().Calls
		i := slices.IndexFunc(calls, func(c switchboard.Call) bool { return c.Remote.Number == "+4930555001" })
		if i >= 0 {
			call = calls[i]
		}
		return len(calls) == 2 && i >= 0 && len(call.Owners()) == 1
	})
	for _, who := range []Actor{other, a} {
		found, _, err := f.Recipients(who, "555001")
		if err != nil || len(found) != map[sipgate.UserID]int{"w1": 1}[who.User] {
			t.Errorf("%s finds %+v, %v", who.User, found, err)
		}
		if len(found) == 1 && (found[0].Kind != directory.Recent || found[0].LastCallAt.Sub(call.Started).Abs() > time.Second) {
			t.Errorf("%+v", found[0])
		}
	}
	colleagues := f.Colleagues(other)
	i := slices.IndexFunc(colleagues, func(e directory.Entry) bool { return e.User == "w1" })
	if i < 0 || colleagues[i].Number != "+492214710111" || slices.ContainsFunc(colleagues, func(e directory.Entry) bool { return e.User == "w0" }) {
		t.Errorf("colleagues %+v", colleagues)
	}
	if n, err := f.Resolve(other, "Jonas", ""); err != nil || n != "+492214710111" {
		t.Errorf("Jonas: %q, %v", n, err)
	}
	if n, err := f.Resolve(other, "Jonas", "+4930555002"); err != nil || n != "+4930555002" {
		t.Errorf("a choice: %q, %v", n, err)
	}
	if _, err := f.Resolve(other, "nobody of that name", ""); err == nil || errors.Is(err, directory.ErrAmbiguous) {
		t.Errorf("an unknown name: %v", err)
	}
}
