package switchboard

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

func TestListResolvesUnknownOutcome(t *testing.T) {
	transfer := TransferTo{sipgate.Transfer{To: "+4915799912345"}}
	for name, tt := range map[string]struct {
		action   Action
		executed bool
		want     Outcome
		lists    int
	}{
		"hold, executed":       {Hold{true}, true, Confirmed, 1},
		"hold, not":            {Hold{true}, false, Failed, 1},
		"mute, executed":       {Mute{true}, true, Confirmed, 1},
		"record, executed":     {Record{true, true}, true, Confirmed, 1},
		"hang up, executed":    {HangUp{}, true, Confirmed, 2},
		"hang up, not":         {HangUp{}, false, Failed, 1},
		"transfer, executed":   {transfer, true, Confirmed, 2},
		"transfer, not":        {transfer, false, Failed, 1},
		"tones, not listed":    {Tones{"1"}, true, Unknown, 3},
		"announce, not listed": {Announce{URL: "https://example.org/a.wav"}, false, Unknown, 3},
	} {
		t.Run(name, func(t *testing.T) {
			u, b, row := establishedCall(t)
			u.setFault(func(op string, _ MemberID) fault {
				if op == "calls" {
					return fault{}
				}
				return fault{err: errTimeout, executed: tt.executed}
			})
			err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: tt.action})
			if !errors.Is(err, ErrOutcomeUnknown) || sipgate.KindOf(err) != sipgate.Unavailable {
				t.Errorf("error = %v", err)
			}
			if c := onlyCall(t, b); c.LastCommand.Outcome != Unknown || c.Hold.Pending {
				t.Errorf("before the list %+v", c.LastCommand)
			}
			for range tt.lists {
				pollAll(t, b)
			}
			if c := onlyCall(t, b); c.LastCommand.Outcome != tt.want {
				t.Errorf("after the list %+v, want %v", c.LastCommand, tt.want)
			}
			if got := u.sent(); len(got) != 1 {
				t.Errorf("sent %v", got)
			}
		})
	}
}

// If a timed-out request is executed late, the outcome changes from failed to
// confirmed.
func TestLateExecutionIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := establishedCall(t)
		u.setFault(func(op string, _ MemberID) fault {
			if op == "hold" {
				return fault{err: errTimeout}
			}
			return fault{}
		})
		b.Execute(t.Context(), hold(row, true))
		pollAll(t, b)
		if c := onlyCall(t, b); c.LastCommand.Outcome != Failed {
			t.Errorf("last command %+v", c.LastCommand)
		}
		time.Sleep(3 * time.Second)
		u.mu.Lock()
		u.calls[0].Hold = true
		u.mu.Unlock()
		pollAll(t, b)
		if c := onlyCall(t, b); c.LastCommand.Outcome != Confirmed || !c.Hold.On {
			t.Errorf("last command %+v", c.LastCommand)
		}
	})
}

func TestDefiniteFailures(t *testing.T) {
	for name, err := range map[string]*sipgate.Error{
		"not sent":  errNotSent,
		"forbidden": refusedError(sipgate.Forbidden),
		"no credit": refusedError(sipgate.NoCredit),
		"throttled": refusedError(sipgate.Throttled),
		"invalid":   refusedError(sipgate.Invalid),
	} {
		t.Run(name, func(t *testing.T) {
			u, b, row := establishedCall(t)
			u.setFault(func(op string, _ MemberID) fault { return fault{err: err} })
			got := b.Execute(t.Context(), hold(row, true))
			if !errors.Is(got, err) || errors.Is(got, ErrOutcomeUnknown) {
				t.Errorf("error = %v", got)
			}
			c := onlyCall(t, b)
			if c.Hold != (Toggle{}) || c.LastCommand.Outcome != Failed || c.LastCommand.Reason != err.Kind {
				t.Errorf("%+v, last command %+v", c.Hold, c.LastCommand)
			}
		})
	}
}

// After status 404, one list without the call ends it.
func TestNoCallEndsAfterOneList(t *testing.T) {
	u, b, row := establishedCall(t)
	u.remove("A")
	err := b.Execute(t.Context(), hold(row, true))
	if sipgate.KindOf(err) != sipgate.NoCall {
		t.Errorf("error = %v", err)
	}
	pollAll(t, b)
	if c := onlyCall(t, b); c.Phase != Ended || c.LastCommand.Outcome != Failed || c.LastCommand.Reason != sipgate.NoCall {
		t.Errorf("%+v, last command %+v", c, c.LastCommand)
	}
	if err := b.Execute(t.Context(), hold(row, true)); !errors.Is(err, ErrEnded) {
		t.Errorf("error = %v", err)
	}
	if got := u.sent(); len(got) != 1 {
		t.Errorf("sent %v", got)
	}
}

// The end of the call decides whether a hang-up of unknown outcome was carried
// out: also long after it, unless a list said meanwhile that it was not.
func TestEndOfTheCallDecidesItsHangUp(t *testing.T) {
	for name, tt := range map[string]struct {
		listed bool // a list contains the call after the command
		wait   time.Duration
		want   Outcome
	}{
		"soon":                     {false, time.Second, Confirmed},
		"late":                     {false, lateWindow + time.Second, Confirmed},
		"soon, seen meanwhile":     {true, time.Second, Confirmed},
		"late, seen going on":      {true, lateWindow + time.Second, Failed},
		"at the end of the window": {true, lateWindow, Confirmed},
	} {
		synctest.Test(t, func(t *testing.T) {
			u, b, row := establishedCall(t)
			u.setFault(func(op string, _ MemberID) fault { return fault{err: errTimeout} })
			b.Execute(t.Context(), Command{By: "w0", Call: row, Action: HangUp{}})
			u.setFault(nil)
			if tt.listed {
				pollAll(t, b)
			}
			time.Sleep(tt.wait)
			b.Observe(hangup(newCall("A", sipgate.Incoming, jennifer, doc), "normalClearing"))
			if c := onlyCall(t, b); c.Phase != Ended || c.LastCommand.Outcome != tt.want {
				t.Errorf("%s: %+v", name, c.LastCommand)
			}
		})
	}
}

// A command that sipgate rejects as not signed in tells so to everybody, not
// only to who gave it.
func TestRejectedCommandShowsWhoHasToSignIn(t *testing.T) {
	u, b, row := establishedCall(t)
	_, sub := b.Subscribe()
	defer sub.Close()
	u.setFault(func(string, MemberID) fault { return fault{err: refusedError(sipgate.Unauthorized)} })
	b.Execute(t.Context(), hold(row, true))
	if h := b.Snapshot().Health; !slices.Equal(h.AuthFailed, []MemberID{"w0"}) || h.Members != 0 {
		t.Errorf("%+v", h)
	}
	told := false
	for len(sub.Changes()) > 0 {
		c := <-sub.Changes()
		told = told || c.Health != nil && len(c.Health.AuthFailed) == 1
	}
	if !told {
		t.Error("no subscriber is told")
	}
}
