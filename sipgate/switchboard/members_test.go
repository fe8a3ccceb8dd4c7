package switchboard

import (
	"errors"
	"slices"
	"testing"

	"callboard/sipgate"
)

// Events identify the members of a call: those who ring, then the one who
// answered.
func TestMemberIDsFromEvents(t *testing.T) {
	b := New(Options{})
	ring := newCall("A", "in", "4930123456", "4922112345", "Anna", "Tom")
	ring.UserIDs = []sipgate.UserID{"w0", "w1"}
	b.Observe(ring)
	if c := onlyCall(t, b); !slices.Equal(c.MemberIDs, []MemberID{"w0", "w1"}) {
		t.Errorf("ringing: %v", c.MemberIDs)
	}
	picked := answer(ring, "Tom")
	picked.UserIDs = []sipgate.UserID{"w1"}
	b.Observe(picked)
	if c := onlyCall(t, b); !slices.Equal(c.MemberIDs, []MemberID{"w1"}) {
		t.Errorf("answered: %v", c.MemberIDs)
	}
}

// BeforeSend is called before the command is sent, and its error prevents
// that.
func TestBeforeSend(t *testing.T) {
	u, b, row := establishedCall(t)
	var seen []string
	failure := errors.New("no audit")
	for _, fails := range []error{nil, failure} {
		err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: Hold{On: true}, BeforeSend: func() error {
			seen = append(seen, u.sent()...)
			return fails
		}})
		if !errors.Is(err, fails) {
			t.Errorf("error = %v, want %v", err, fails)
		}
	}
	if got := u.sent(); len(got) != 1 || len(seen) != 1 {
		t.Errorf("sent %v; %d were sent before", got, len(seen))
	}
	if c := onlyCall(t, b); c.LastCommand.Outcome != Failed {
		t.Errorf("%+v", c.LastCommand)
	}
}

// A passive subscription receives every change but does not make the board
// poll more often.
func TestPassiveSubscriptionDoesNotWatch(t *testing.T) {
	b := New(Options{})
	_, quiet := b.SubscribePassive()
	defer quiet.Close()
	if b.isWatched() {
		t.Error("a passive subscription counts as active")
	}
	_, s := b.Subscribe()
	if !b.isWatched() {
		t.Error("not watched")
	}
	s.Close()
	if b.isWatched() {
		t.Error("still watched after the end")
	}
	quiet.Watch(true)
	if !b.isWatched() {
		t.Error("not watched by a subscription that became active")
	}
	if quiet.Watch(false); b.isWatched() {
		t.Error("still watched by a subscription that became passive")
	}
	b.Observe(newCall("A", "in", "4930123456", "4922112345", "Anna"))
	if c := <-quiet.Changes(); c.Call == nil {
		t.Errorf("%+v", c)
	}
}

// A member who is renamed acts under the new name; the name of somebody who is
// not on the board changes nothing.
func TestRenamedMemberActsUnderTheNewName(t *testing.T) {
	_, b, row := establishedCall(t)
	b.Rename("w0", "Anna Berger")
	b.Rename("w9", "Nobody")
	if err := b.Claim("w0", row, VerbTransfer); err != nil {
		t.Fatal(err)
	}
	if c := onlyCall(t, b); c.Claim == nil || c.Claim.Name != "Anna Berger" {
		t.Errorf("%+v", c.Claim)
	}
}
