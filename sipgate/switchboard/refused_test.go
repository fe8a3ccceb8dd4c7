package switchboard

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// listRefused makes sipgate refuse lists, and nothing else.
func listRefused(u *fakeSipgate, err *sipgate.Error) {
	u.setFault(func(op string, _ MemberID) fault {
		if op == "calls" {
			return fault{err: err}
		}
		return fault{}
	})
}

var (
	errNoList   = &sipgate.Error{Op: "fake", Status: http.StatusNotImplemented, Kind: sipgate.Unsupported}
	errNotFound = &sipgate.Error{Op: "fake", Status: http.StatusNotFound, Kind: sipgate.Unreadable}
)

// boardWithoutList returns a board to which sipgate refuses lists.
func boardWithoutList(t *testing.T, u *fakeSipgate, members ...MemberID) *Board {
	t.Helper()
	b := runningBoard(t, u, members...)
	listRefused(u, errNoList)
	eventually(t, "the refusal is known", time.Minute, b.ListRefused)
	return b
}

// A board learns that there is no list from refusals of the list as such, not from
// failures; a member alone may lack the permission.
func TestRefusalOfTheListIsLearnt(t *testing.T) {
	unreadable := &sipgate.Error{Op: "fake", Status: http.StatusOK, Kind: sipgate.Unreadable}
	for name, tt := range map[string]struct {
		err     *sipgate.Error
		of      MemberID // whom sipgate refuses; "": everybody
		refused bool
	}{
		"501": {errNoList, "", true}, "404": {errNotFound, "", true}, "403": {refusedError(sipgate.Forbidden), "", true},
		"403 to one": {refusedError(sipgate.Forbidden), "w1", false}, "501 to one": {errNoList, "w1", false}, "503": {errNotSent, "", false}, "no answer": {errTimeout, "", false},
		"too many": {refusedError(sipgate.Throttled), "", false}, "HTML": {unreadable, "", false}, "401": {refusedError(sipgate.Unauthorized), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := newFakeSipgate()
				n := 0
				u.setFault(func(op string, by MemberID) fault {
					if tt.of == "" || by == tt.of {
						n++
						return fault{err: tt.err}
					}
					return fault{}
				})
				b := runningBoard(t, u, "w0", "w1")
				synctest.Wait()
				if b.ListRefused() || n != 1 && tt.of == "" {
					t.Errorf("after %d refusals: %v", n, b.ListRefused())
				}
				_, sub := b.Subscribe()
				defer sub.Close()
				time.Sleep(time.Minute)
				h := b.Snapshot().Health
				if h.ListRefused != tt.refused || h.ListRefused && (h.Failing || !h.ListedAt.IsZero() || h.Members != 2) {
					t.Errorf("health %+v", h)
				}
			})
		})
	}
}

// Where sipgate refuses the list, it is asked for every ten minutes, by each new
// member, and when somebody has it tried again; nothing else asks.
func TestRefusedListIsTriedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := boardWithoutList(t, u, "w0", "w1")
		_, sub := b.Subscribe()
		defer sub.Close()
		asked := func(what string, want int, do func()) {
			t.Helper()
			before := u.listCount()
			do()
			synctest.Wait()
			if n := u.listCount() - before; n != want {
				t.Errorf("%s: %d requests, want %d", what, n, want)
			}
		}
		asked("ten minutes less a second", 0, func() { time.Sleep(refusedRetry - time.Second) })
		asked("half an hour", 3, func() { time.Sleep(refusedRetry * 5 / 2) })
		asked("an event", 0, func() { answeredBy(b, "A", "w0"); time.Sleep(time.Minute) })
		asked("a page", 0, func() { b.AwaitList(t.Context()) })
		asked("a command", 0, func() { b.Execute(t.Context(), command(onlyCall(t, b), Hold{On: true})); time.Sleep(time.Minute) })
		asked("a new member", 1, func() { b.Join(u.member("w2")); time.Sleep(time.Minute) })
		asked("on request", 1, func() { b.RetryList(); time.Sleep(time.Second) })
		if !b.ListRefused() {
			t.Error("forgotten although sipgate still refuses")
		}
		u.add("A", jennifer, marty)
		u.setFault(nil)
		time.Sleep(refusedRetry)
		synctest.Wait()
		if h := b.Snapshot().Health; h.ListRefused || time.Since(h.ListedAt) > watchedInterval {
			t.Errorf("when sipgate answers again: %+v", h)
		}
		if c := onlyCall(t, b); c.Phase != Connected || c.Doubtful || len(c.VisibleTo) == 0 {
			t.Errorf("%+v", c)
		}
		asked("lists as before", 5, func() { time.Sleep(5 * watchedInterval) })
	})
}

// Without a list, calls come, change and go by events. A call of which nothing has
// been heard for an hour is doubtful, and is gone after some more.
func TestCallsWithoutAList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := boardWithoutList(t, newFakeSipgate(), "w0")
		e := newCall("A", sipgate.Incoming, jennifer, doc, "Doc")
		b.Observe(e)
		if c := onlyCall(t, b); c.Phase != Ringing || c.Doubtful {
			t.Errorf("rings: %+v", c)
		}
		b.Observe(answer(e, "Doc"))
		if c := onlyCall(t, b); c.Phase != Connected || c.Doubtful || c.Approximate {
			t.Errorf("answered: %+v", c)
		}
		b.Observe(hangup(e, "normalClearing"))
		if c := onlyCall(t, b); c.Phase != Ended || c.EndApproximate {
			t.Errorf("hung up: %+v", c)
		}
		time.Sleep(endedVisibleFor)
		wantCalls(t, b, 0)

		answeredBy(b, "B", "w0")
		time.Sleep(doubtAfter - time.Second)
		if c := onlyCall(t, b); c.Doubtful {
			t.Errorf("before the hour: %+v", c)
		}
		_, sub := b.Subscribe()
		defer sub.Close()
		time.Sleep(time.Second)
		synctest.Wait()
		if c := (<-sub.Changes()).Call; c == nil || !c.Doubtful {
			t.Errorf("after an hour: %+v", c)
		}
		time.Sleep(unlistedTimeout - doubtAfter)
		if c := onlyCall(t, b); c.Phase != Ended || !c.EndApproximate || c.Doubtful {
			t.Errorf("after four hours: %+v", c)
		}
	})
}

// What only lists have shown is doubtful as soon as they are refused, and is gone
// once the list was tried again; what events have announced goes on.
func TestListedCallsWhenTheListIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.add("A", jennifer, doc)
		u.add("B", stranger, marty)
		b := runningBoard(t, u, "w0")
		answeredBy(b, "B", "w0")
		time.Sleep(time.Minute)
		listRefused(u, errNoList)
		eventually(t, "the refusal is known", 2*time.Minute, b.ListRefused)
		state := func() (text string) {
			for _, c := range b.Snapshot().Calls {
				text += fmt.Sprint(c.CallID, " ", c.Phase == Connected, " ", c.Doubtful, " ")
			}
			return text
		}
		if got := state(); got != "A true true B true false " {
			t.Errorf("at first: %s", got)
		}
		time.Sleep(unannouncedTimeout + endedVisibleFor + time.Second)
		if got := state(); got != "B true false " {
			t.Errorf("later: %s", got)
		}
		u.setFault(nil)
		time.Sleep(refusedRetry)
		if got := state(); got != "A true false B true false " {
			t.Errorf("with a list again: %s", got)
		}
	})
}

// Commands on a call are sent without a list, too. What sipgate does not know is
// doubtful; an accepted hang-up ends the call, since no list will.
func TestCommandsWithoutAList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := boardWithoutList(t, u, "w0", "w1")
		answeredBy(b, "A", "w0")
		if err := b.Execute(t.Context(), command(onlyCall(t, b), Hold{On: true})); err == nil || !onlyCall(t, b).Doubtful {
			t.Errorf("a call that sipgate does not know: %v, %+v", err, onlyCall(t, b))
		}
		u.add("A", jennifer, marty)
		if err := b.Execute(t.Context(), command(onlyCall(t, b), Hold{On: true})); err != nil {
			t.Error(err)
		}
		if c := onlyCall(t, b); !c.Hold.On || c.Doubtful || c.LastCommand.Outcome != Accepted {
			t.Errorf("held: %+v", c)
		}
		time.Sleep(commandLag)
		if c := onlyCall(t, b); !c.Hold.On || c.LastCommand.Outcome != Unconfirmed {
			t.Errorf("held for a while: %+v", c)
		}
		time.Sleep(doubtAfter - commandLag - time.Second)
		if c := onlyCall(t, b); c.Doubtful {
			t.Error("doubtful although sipgate has accepted a command")
		}
		other := command(onlyCall(t, b), Hold{})
		other.By = "w1"
		if err := b.Execute(t.Context(), other); err == nil {
			t.Error("a command is sent with an access that has never reached the call")
		}
		if err := b.Execute(t.Context(), command(onlyCall(t, b), HangUp{})); err != nil {
			t.Error(err)
		}
		if c := onlyCall(t, b); c.Phase != Ended || c.LastCommand.Outcome != Confirmed {
			t.Errorf("hung up: %+v", c)
		}
	})
}

func command(c Call, a Action) Command { return Command{By: "w0", Call: c.ID, Action: a} }
