package switchboard

import (
	"fmt"
	"strings"
	"testing"

	"callboard/sipgate"
)

func words(parts ...any) string { return strings.TrimSuffix(fmt.Sprintln(parts...), "\n") }

// errTimeout is the error of a request that may have arrived.
var errTimeout = &sipgate.Error{Op: "fake", Kind: sipgate.Unavailable, MayHaveArrived: true}

// errNotSent is the error of a request that certainly did not arrive.
var errNotSent = &sipgate.Error{Op: "fake", Kind: sipgate.Unavailable}

// refusedError returns the error of a definite refusal.
func refusedError(k sipgate.Kind) *sipgate.Error { return &sipgate.Error{Op: "fake", Kind: k} }

// newBoard returns a board with the given members.
func newBoard(t *testing.T, u *fakeSipgate, members ...MemberID) *Board {
	t.Helper()
	b := New(Options{})
	for _, m := range members {
		b.Join(u.member(m))
	}
	return b
}

func pollAll(t *testing.T, b *Board) {
	t.Helper()
	if err := b.Poll(t.Context()); err != nil {
		t.Fatalf("poll: %v", err)
	}
}

// onlyCall returns the board's only row.
func onlyCall(t *testing.T, b *Board) Call {
	t.Helper()
	s := b.Snapshot()
	if len(s.Calls) != 1 {
		t.Fatalf("%d rows, want 1: %s", len(s.Calls), describe(s.Calls))
	}
	return s.Calls[0]
}

func wantCalls(t *testing.T, b *Board, want int) []Call {
	t.Helper()
	s := b.Snapshot()
	if len(s.Calls) != want {
		t.Fatalf("%d rows, want %d: %s", len(s.Calls), want, describe(s.Calls))
	}
	return s.Calls
}

// describe describes rows without what depends on the time of facts.
func describe(calls []Call) string {
	var s strings.Builder
	for _, c := range calls {
		fmt.Fprintf(&s, "\n%s phase=%d dir=%s out=%v in=%v users=%v earlier=%v hold=%v mute=%v rec=%v cause=%s",
			c.CallID, c.Phase, c.Direction, c.Remote, c.Local, c.UserNames, c.PreviousParties, c.Hold, c.Mute, c.Recording, c.Cause)
	}
	return s.String()
}

func newCall(id sipgate.CallID, d sipgate.Direction, from, to string, users ...string) sipgate.Event {
	return sipgate.Event{Kind: sipgate.EventNewCall, CallID: id, OrigCallID: id, Direction: d, From: from, To: to, Users: users}
}

func answer(e sipgate.Event, user string) sipgate.Event {
	e.Kind, e.Users, e.OrigCallID, e.XCID, e.AnsweringNumber = sipgate.EventAnswer, nil, "", "", e.To
	if user != "" {
		e.Users = []string{user}
	}
	return e
}

func hangup(e sipgate.Event, cause string) sipgate.Event {
	e.Kind, e.Users, e.OrigCallID, e.XCID, e.Cause = sipgate.EventHangup, nil, "", "", cause
	return e
}
