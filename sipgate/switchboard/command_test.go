package switchboard

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// establishedCall returns a board with one connected call that w0 sees.
func establishedCall(t *testing.T) (*fakeSipgate, *Board, RowID) {
	t.Helper()
	u := newFakeSipgate()
	b := newBoard(t, u, "w0")
	u.add("A", jennifer, doc)
	pollAll(t, b)
	return u, b, onlyCall(t, b).ID
}

func hold(row RowID, on bool) Command { return Command{By: "w0", Call: row, Action: Hold{on}} }

// publishedCalls closes a subscription and returns the rows that it received.
func publishedCalls(s *Subscription) []Call {
	s.Close()
	var cs []Call
	for c := range s.Changes() {
		if c.Call != nil {
			cs = append(cs, *c.Call)
		}
	}
	return cs
}

// Of two lists that are asked for at the same time, the one that was requested first may
// show a call that began too late for the other: the other is asked for again.
func TestAListThatWasTooEarlyForACallDecidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0", "w1")
		u.setFault(func(op string, by MemberID) (f fault) {
			if by == "w1" {
				f.before = time.Second
			}
			return f
		})
		go b.ReadLists(t.Context(), []MemberID{"w1"}, 0)
		synctest.Wait()
		if err := b.ReadLists(t.Context(), []MemberID{"w0"}, 0); err != nil {
			t.Fatal(err)
		}
		u.add("A", jennifer, doc)
		time.Sleep(2 * time.Second)
		row := onlyCall(t, b)
		if !slices.Equal(row.VisibleTo, []MemberID{"w1"}) {
			t.Fatalf("the call is in the lists of %v", row.VisibleTo)
		}
		if err := b.Execute(t.Context(), hold(row.ID, true)); err != nil {
			t.Error(err)
		}
	})
}

func TestCommandIsPublishedAsPending(t *testing.T) {
	u, b, row := establishedCall(t)
	_, sub := b.Subscribe()
	if err := b.Execute(t.Context(), hold(row, true)); err != nil {
		t.Fatal(err)
	}
	cs := publishedCalls(sub)
	if len(cs) != 2 {
		t.Fatalf("%d changes, want 2", len(cs))
	}
	if c := cs[0]; c.Hold != (Toggle{Requested: true, Pending: true}) || c.LastCommand.Outcome != Pending || c.LastCommand.By != "w0" {
		t.Errorf("first %+v %+v", c, c.LastCommand)
	}
	if c := cs[1]; c.Hold != (Toggle{On: true}) || c.LastCommand.Outcome != Accepted || c.Section() != SectionHeld {
		t.Errorf("second %+v %+v", c, c.LastCommand)
	}
	if got := u.sent(); !slices.Equal(got, []string{"hold A true"}) {
		t.Errorf("sent %v", got)
	}
}

func TestEveryAction(t *testing.T) {
	for want, a := range map[string]Action{
		"hold A true":                          Hold{true},
		"mute A true":                          Mute{true},
		"record A true false":                  Record{true, false},
		"transfer A +4915799912345 true":       TransferTo{sipgate.Transfer{To: "+4915799912345", Attended: true}},
		"tones A *12#":                         Tones{"*12#"},
		"announce A https://example.org/a.wav": Announce{URL: "https://example.org/a.wav", Title: "Hello"},
		"hangup A":                             HangUp{},
	} {
		u, b, row := establishedCall(t)
		if err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: a}); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if got := u.sent(); !slices.Equal(got, []string{want}) {
			t.Errorf("sent %q, want %q", got, want)
		}
		outcome := Confirmed
		switch a.(type) {
		case Hold, Mute, Record, HangUp: // lists will tell
			outcome = Accepted
		}
		last := onlyCall(t, b).LastCommand
		if last.Verb != a.Verb() || last.Outcome != outcome || strings.Contains(last.Detail, "*12#") {
			t.Errorf("%s: last command %+v", want, last)
		}
	}
}

// Of commands in quick succession the last one wins, the board never shows an
// earlier state in between, and sipgate receives them in order.
func TestLastCommandWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := establishedCall(t)
		u.setFault(func(string, MemberID) fault { return fault{before: time.Second} })
		_, sub := b.Subscribe()
		for i := range 3 {
			go b.Execute(t.Context(), hold(row, i%2 == 0))
			synctest.Wait()
		}
		time.Sleep(10 * time.Second)
		var wants, on []bool
		for _, c := range publishedCalls(sub) {
			wants, on = append(wants, c.Hold.Requested), append(on, c.Hold.On)
		}
		if want := []bool{true, false, true, true, true, false}; !slices.Equal(wants, want) {
			t.Errorf("wanted %v, want %v", wants, want)
		}
		if want := []bool{false, false, false, true, false, true}; !slices.Equal(on, want) {
			t.Errorf("on %v, want %v", on, want)
		}
		if got, want := u.sent(), []string{"hold A true", "hold A false", "hold A true"}; !slices.Equal(got, want) {
			t.Errorf("sent %v", got)
		}
	})
}

// A list requested before a command was answered does not undo the command.
func TestStaleListIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := establishedCall(t)
		u.setFault(func(op string, _ MemberID) fault {
			if op == "calls" {
				return fault{after: 2 * time.Second}
			}
			return fault{}
		})
		go b.Poll(t.Context())
		synctest.Wait()
		time.Sleep(time.Second)
		if err := b.Execute(t.Context(), hold(row, true)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if c := onlyCall(t, b); !c.Hold.On {
			t.Errorf("the stale list undid the command: %+v", c.Hold)
		}
		u.mu.Lock()
		u.calls[0].Hold = false // resumed by telephone: the same bytes as before
		u.mu.Unlock()
		pollAll(t, b)
		if c := onlyCall(t, b); c.Hold.On {
			t.Error("the newer list was ignored")
		}
	})
}

// Refused commands are never sent.
func TestRefusedCommandIsNotSent(t *testing.T) {
	u, b, row := establishedCall(t)
	b.Join(u.member("w1"))
	u.seenBy["A"] = []MemberID{"w0"}
	pollAll(t, b)
	ring := newCall("R", sipgate.Incoming, "4915790000009", doc, "Doc")
	b.Observe(ring)
	ringing := wantCalls(t, b, 2)[1].ID
	to := func(n sipgate.Number) Action { return TransferTo{sipgate.Transfer{To: n}} }
	for name, tt := range map[string]struct {
		by     MemberID
		row    RowID
		action Action
		want   error
	}{
		"unknown row":    {"w0", "x", Hold{true}, ErrNoCall},
		"other's call":   {"w1", row, Hold{true}, ErrNotVisible},
		"no member":      {"w9", row, HangUp{}, ErrNotVisible},
		"ringing":        {"w0", ringing, Hold{true}, ErrNotEstablished},
		"own number":     {"w0", row, to("+" + doc), ErrAlreadyInCall},
		"number in call": {"w0", row, to("+" + jennifer), ErrAlreadyInCall},
	} {
		t.Run(name, func(t *testing.T) {
			if err := b.Execute(t.Context(), Command{By: tt.by, Call: tt.row, Action: tt.action}); !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
		})
	}
	if got := u.sent(); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
	if err := b.Execute(t.Context(), Command{By: "w0", Call: ringing, Action: HangUp{}}); sipgate.KindOf(err) != sipgate.NoCall {
		t.Errorf("hanging up a ringing call: %v", err) // the fake has no ringing calls, so the error shows that it was sent
	}
}

// The poller may rely on one member's lists. Before another member acts, that
// member's list is requested.
func TestActorIsListedFirst(t *testing.T) {
	u, b, row := establishedCall(t)
	b.Join(u.member("w1"))
	if c := onlyCall(t, b); !slices.Equal(c.VisibleTo, []MemberID{"w0"}) {
		t.Fatalf("visible to %v", c.VisibleTo)
	}
	if err := b.Execute(t.Context(), Command{By: "w1", Call: row, Action: Hold{true}}); err != nil {
		t.Error(err)
	}
	if c := onlyCall(t, b); !slices.Equal(c.VisibleTo, []MemberID{"w0", "w1"}) || c.LastCommand.By != "w1" {
		t.Errorf("visible to %v, last command %+v", c.VisibleTo, c.LastCommand)
	}
}

// Whether a call that rings was answered is asked before a command is refused for it: the
// event of the answer may be lost. A list is asked for at most once a second.
func TestALostAnswerIsFoundByACommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, _ := establishedCall(t)
		ring := newCall("R", sipgate.Incoming, "4915790000009", doc, "Doc")
		b.Observe(ring)
		ringing := wantCalls(t, b, 2)[1].ID
		time.Sleep(2 * time.Second)
		before := u.listCount()
		for range 3 {
			if err := b.Execute(t.Context(), hold(ringing, true)); !errors.Is(err, ErrNotEstablished) {
				t.Errorf("while it rings: %v", err)
			}
		}
		if n := u.listCount() - before; n != 1 {
			t.Errorf("%d lists for three commands within a second", n)
		}
		u.add("R", "4915790000009", doc)
		time.Sleep(2 * time.Second)
		if err := b.Execute(t.Context(), hold(ringing, true)); err != nil {
			t.Errorf("when it was answered: %v", err)
		}
	})
}

func TestExecuteIsIdempotent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := establishedCall(t)
		u.setFault(func(op string, _ MemberID) fault { return fault{before: time.Second, err: errTimeout, executed: true} })
		c := hold(row, true)
		c.ID = "0123456789abcdef"
		errs := make(chan error, 3)
		for range 3 {
			go func() { errs <- b.Execute(t.Context(), c) }()
		}
		for range 3 {
			if err := <-errs; !errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("error = %v", err)
			}
		}
		time.Sleep(retention - 2*time.Second)
		if err := b.Execute(t.Context(), c); !errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("error = %v", err)
		}
		if got := u.sent(); len(got) != 1 {
			t.Errorf("sent %v", got)
		}
		other := c
		other.Action = Hold{false}
		if err := b.Execute(t.Context(), other); !errors.Is(err, ErrIDReused) {
			t.Errorf("error = %v", err)
		}
		u.setFault(nil)
		other.ID = "fedcba9876543210"
		if err := b.Execute(t.Context(), other); err != nil {
			t.Errorf("error = %v", err)
		}
	})
}

// A published announcement has a new URL each time: it is the same command all
// the same.
func TestAnnouncementURLIsNotPartOfIdentity(t *testing.T) {
	u, b, row := establishedCall(t)
	for _, url := range []string{"https://example.org/1", "https://example.org/2"} {
		c := Command{ID: "0123456789abcdef", By: "w0", Call: row, Action: Announce{URL: url, File: "f1"}}
		if err := b.Execute(t.Context(), c); err != nil {
			t.Error(err)
		}
	}
	if got := u.sent(); len(got) != 1 {
		t.Errorf("sent %v", got)
	}
}

func TestRateLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		action func(i int) Action
		most   int
		per    time.Duration
	}{
		"transfers": {func(i int) Action {
			return TransferTo{sipgate.Transfer{To: sipgate.Number("+49157999123" + string(rune('0'+i)) + "0"), Attended: true}}
		}, 5, time.Minute},
		"requests with tones": {func(int) Action { return Tones{"1"} }, 5, time.Second},
		"tones":               {func(int) Action { return Tones{"1234567890123456"} }, 4, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, b, row := establishedCall(t)
				u.setFault(func(op string, _ MemberID) fault {
					if op == "transfer" {
						return fault{err: refusedError(sipgate.Invalid)}
					}
					return fault{}
				})
				do := func(i int) error {
					return b.Execute(t.Context(), Command{By: "w0", Call: row, Action: tt.action(i)})
				}
				for i := range tt.most {
					if err := do(i); errors.Is(err, ErrRateLimited) {
						t.Errorf("%d: %v", i, err)
					}
					time.Sleep(tt.per / 10)
				}
				err := do(tt.most)
				var many *RateLimitError
				if !errors.As(err, &many) || !errors.Is(err, ErrRateLimited) || many.Wait != tt.per-time.Duration(tt.most)*tt.per/10 {
					t.Errorf("error = %v, %+v", err, many)
				}
				if got := len(u.sent()); got != tt.most {
					t.Errorf("sent %d", got)
				}
				time.Sleep(many.Wait)
				if err := do(tt.most); errors.Is(err, ErrRateLimited) {
					t.Error("still refused after the wait")
				}
			})
		})
	}
}

// Tones count: somebody who dials quickly, or sends a long code, is not refused,
// and a flood of tones is, in however few requests.
func TestTonesAreLimitedByTheirNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := establishedCall(t)
		do := func(digits sipgate.DTMF) error {
			return b.Execute(t.Context(), Command{By: "w0", Call: row, Action: Tones{digits}})
		}
		for range 32 {
			if err := do("1"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(300 * time.Millisecond) // as fast as a keypad sends
		}
		if err := do("12345678901234567890123456789012"); err != nil {
			t.Error(err)
		}
		if err := do("12345678901234567890123456789012"); !errors.Is(err, ErrRateLimited) || len(u.sent()) != 33 {
			t.Errorf("too many: %v, %d sent", err, len(u.sent()))
		}
		time.Sleep(10 * time.Second)
		if err := do("12345678901234567890123456789012"); err != nil {
			t.Error(err)
		}
	})
}

// A queued command can be cancelled; then it is not sent.
func TestQueuedCommandCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := establishedCall(t)
		u.setFault(func(string, MemberID) fault { return fault{before: 10 * time.Second} })
		go b.Execute(t.Context(), hold(row, true))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Execute(ctx, hold(row, false)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		time.Sleep(10 * time.Second)
		if c := onlyCall(t, b); !c.Hold.On || c.Hold.Pending || c.LastCommand.Outcome != Failed {
			t.Errorf("%+v, last command %+v", c.Hold, c.LastCommand)
		}
		if got := u.sent(); !slices.Equal(got, []string{"hold A true"}) {
			t.Errorf("sent %v", got)
		}
	})
}

// Begin is called once per command, not for a repetition. Its error fails the
// command, which may then be given again.
func TestBegin(t *testing.T) {
	u, b, row := establishedCall(t)
	failure := errors.New("audit unavailable")
	begun, done := 0, 0
	c := hold(row, true)
	c.ID = "0123456789abcdef"
	c.OnDone = func(error) { done++ }
	for i, want := range []error{failure, nil, nil} {
		c.Begin = func() error { begun++; return want }
		if err := b.Execute(t.Context(), c); !errors.Is(err, want) {
			t.Errorf("%d: error = %v, want %v", i, err, want)
		}
	}
	if begun != 2 || done != 1 || len(u.sent()) != 1 {
		t.Errorf("begun %d times, done %d times, sent %v", begun, done, u.sent())
	}
}
