package switchboard

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// laggingLists makes the fake's lists, for so long, those of the moment of the
// call.
func (u *fakeSipgate) laggingLists(lag time.Duration) {
	old, until := (&fakeAPI{u, "w0"}).list(), time.Now().Add(lag)
	u.setFault(func(op string, _ MemberID) fault {
		if op == "calls" && time.Now().Before(until) {
			return fault{list: old}
		}
		return fault{}
	})
}

// withoutEffect makes sipgate accept all commands and carry out none.
func (u *fakeSipgate) withoutEffect() {
	old := (&fakeAPI{u, "w0"}).list()
	u.setFault(func(op string, _ MemberID) fault {
		if op == "calls" {
			return fault{list: old}
		}
		return fault{}
	})
}

// watch runs the board for so long and returns the distinct values that a
// viewer sees.
func watch[T comparable](t *testing.T, b *Board, d time.Duration, value func(Call) T) (seen []T) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if v := value(onlyCall(t, b)); len(seen) == 0 || seen[len(seen)-1] != v {
			seen = append(seen, v)
		}
	}
	return seen
}

// shownToggle is what a viewer sees of a toggle.
type shownToggle struct {
	On      bool
	Outcome Outcome
}

func shownToggleOf(v Verb) func(Call) shownToggle {
	return func(c Call) shownToggle {
		on := map[Verb]bool{VerbHold: c.Hold.On, VerbMute: c.Mute.On, VerbRecord: c.Recording.On}[v]
		return shownToggle{on, c.LastCommand.Outcome}
	}
}

// runWatched runs the board, with a viewer, until the test ends.
func runWatched(t *testing.T, b *Board) {
	ctx, cancel := context.WithCancel(t.Context())
	_, sub := b.Subscribe()
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	go func() {
		for range sub.Changes() {
		}
	}()
	t.Cleanup(func() { cancel(); <-done; sub.Close() })
}

// A list that is older than a command does not undo it: the commanded value
// stands until the lists agree. If they do not within five seconds, the command
// is not confirmed, and what they say is shown.
func TestCommandedValueStandsAgainstOlderLists(t *testing.T) {
	for _, a := range []Action{Hold{true}, Mute{true}, Record{On: true}} {
		for lag, want := range map[time.Duration][]shownToggle{
			0:               {{true, Confirmed}},
			4 * time.Second: {{true, Accepted}, {true, Confirmed}},
			8 * time.Second: {{true, Accepted}, {false, Unconfirmed}, {true, Confirmed}},
		} {
			synctest.Test(t, func(t *testing.T) {
				u, b, row := establishedCall(t)
				runWatched(t, b)
				synctest.Wait()
				u.laggingLists(lag)
				if err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: a}); err != nil {
					t.Fatal(err)
				}
				if lag == 0 {
					time.Sleep(minPollInterval)
				}
				if got := watch(t, b, 14*time.Second, shownToggleOf(a.Verb())); !slices.Equal(got, want) {
					t.Errorf("%s, lists %v late: seen %v, want %v", a.Verb(), lag, got, want)
				}
			})
		}
	}
}

// A command that sipgate accepts and does not carry out is noticed.
func TestCommandWithoutEffectIsNotConfirmed(t *testing.T) {
	for _, a := range []Action{Hold{true}, Mute{true}, Record{On: true}, HangUp{}} {
		synctest.Test(t, func(t *testing.T) {
			u, b, row := establishedCall(t)
			runWatched(t, b)
			synctest.Wait()
			u.withoutEffect()
			if err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: a}); err != nil {
				t.Fatal(err)
			}
			want := []shownToggle{{true, Accepted}, {false, Unconfirmed}}
			if a.Verb() == VerbHangUp {
				want[0].On = false
			}
			begun := time.Now()
			if got := watch(t, b, commandLag-200*time.Millisecond, shownToggleOf(a.Verb())); !slices.Equal(got, want[:1]) {
				t.Errorf("%s within five seconds: %v", a.Verb(), got)
			}
			if got := watch(t, b, 20*time.Second, shownToggleOf(a.Verb())); !slices.Equal(got, want) {
				t.Errorf("%s: seen %v, want %v", a.Verb(), got, want)
			}
			if c := onlyCall(t, b); c.Phase != Connected || c.LastCommand.At.Sub(begun) != commandLag {
				t.Errorf("%s: %+v, not confirmed after %v", a.Verb(), c, c.LastCommand.At.Sub(begun))
			}
		})
	}
}

// Without any list after the command it is not confirmed, and its value stays
// until one tells.
func TestCommandIsNotConfirmedWithoutLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := establishedCall(t)
		u.setFault(func(op string, _ MemberID) fault {
			if op == "calls" {
				return fault{err: errNotSent}
			}
			return fault{}
		})
		b.Execute(t.Context(), hold(row, true))
		time.Sleep(commandLag)
		if got := shownToggleOf(VerbHold)(onlyCall(t, b)); got != (shownToggle{true, Unconfirmed}) {
			t.Errorf("without lists: %v", got)
		}
		u.setFault(nil)
		pollAll(t, b)
		if got := shownToggleOf(VerbHold)(onlyCall(t, b)); got != (shownToggle{true, Confirmed}) {
			t.Errorf("with a list: %v", got)
		}
	})
}

// A later command replaces what an earlier one requested, and a call that ends
// confirms its hang-up.
func TestNewestCommandCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := establishedCall(t)
		u.laggingLists(2 * time.Second)
		b.Execute(t.Context(), hold(row, true))
		time.Sleep(time.Second)
		b.Execute(t.Context(), hold(row, false))
		pollAll(t, b)
		time.Sleep(time.Second)
		pollAll(t, b)
		if got := shownToggleOf(VerbHold)(onlyCall(t, b)); got != (shownToggle{false, Confirmed}) {
			t.Errorf("resumed: %v", got)
		}
		b.Execute(t.Context(), Command{By: "w0", Call: row, Action: HangUp{}})
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Ended || c.LastCommand.Outcome != Confirmed {
			t.Errorf("hung up: %+v, %+v", c, c.LastCommand)
		}
	})
}

// Until both sides of an internal call are listed again, the older list of one
// does not undo what was commanded through the other.
func TestListOfTheOtherSideDoesNotUndoACommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0", "w1")
		events := internalCall(t, twoOrigins)
		for _, e := range events[:4] {
			b.Observe(e)
		}
		u.add(events[0].CallID, jonas, anna, "w0")
		u.add(events[1].CallID, anna, jonas, "w1")
		for i := range u.calls {
			u.calls[i].Hold = true
		}
		pollAll(t, b)
		row := onlyCall(t, b)
		if err := b.Execute(t.Context(), hold(row.ID, false)); err != nil {
			t.Fatal(err)
		}
		pollAll(t, b)
		if got := shownToggleOf(VerbHold)(onlyCall(t, b)); got != (shownToggle{false, Confirmed}) {
			t.Errorf("with an old list of the other side: %v", got)
		}
		u.calls[1].Hold = false
		pollAll(t, b)
		time.Sleep(commandLag)
		if c := onlyCall(t, b); c.Hold.On {
			t.Errorf("on hold again: %+v", c)
		}
	})
}

// A call that goes on as another leg, as after a transfer by telephone, does
// not show a command on the former leg as if it was still to be carried out.
func TestCommandOnAFormerLegIsDecided(t *testing.T) {
	for _, a := range []Action{Hold{true}, Mute{true}, Record{On: true}} {
		synctest.Test(t, func(t *testing.T) {
			u, b, row := establishedCall(t)
			old := newCall("A", sipgate.Incoming, jennifer, doc, "Doc")
			next := withOrigin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "A", "")
			next.Diversion = doc
			if err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: a}); err != nil {
				t.Fatal(err)
			}
			u.remove("A")
			u.add("B", jennifer, marty)
			for _, e := range []sipgate.Event{next, hangup(old, "normalClearing"), answer(next, "Marty")} {
				b.Observe(e)
			}
			pollAll(t, b)
			time.Sleep(commandLag)
			if c := onlyCall(t, b); c.CallID != "B" || c.Phase != Connected || c.LastCommand.Outcome != Confirmed {
				t.Errorf("%s: %+v of %+v", a.Verb(), c.LastCommand, c)
			}
		})
	}
}
