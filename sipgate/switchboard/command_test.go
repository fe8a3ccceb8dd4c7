package switchboard

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// ready returns a board with one established call, seen by w0.
func ready(t *testing.T) (*upstream, *Board, RowID) {
	t.Helper()
	u := newUpstream()
	b := open(t, u, "w0")
	u.add("A", jennifer, doc)
	poll(t, b)
	return u, b, only(t, b).ID
}

func hold(row RowID, on bool) Command { return Command{By: "w0", Call: row, Action: Hold{on}} }

// calls drains a subscription and returns the rows that it told of.
func calls(s *Subscription) []Call {
	s.Close()
	var cs []Call
	for c := range s.Changes() {
		if c.Call != nil {
			cs = append(cs, *c.Call)
		}
	}
	return cs
}

func TestCommandIsPublishedAsPending(t *testing.T) {
	u, b, row := ready(t)
	_, sub := b.Subscribe()
	if err := b.Do(t.Context(), hold(row, true)); err != nil {
		t.Fatal(err)
	}
	cs := calls(sub)
	if len(cs) != 2 {
		t.Fatalf("%d changes, want 2", len(cs))
	}
	if c := cs[0]; c.Hold != (Toggle{Want: true, Pending: true}) || c.Last.Outcome != Pending || c.Last.By != "w0" {
		t.Errorf("first %+v %+v", c, c.Last)
	}
	if c := cs[1]; c.Hold != (Toggle{On: true}) || c.Last.Outcome != Confirmed || c.Section() != SectionHeld {
		t.Errorf("second %+v %+v", c, c.Last)
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
		u, b, row := ready(t)
		if err := b.Do(t.Context(), Command{By: "w0", Call: row, Action: a}); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if got := u.sent(); !slices.Equal(got, []string{want}) {
			t.Errorf("sent %q, want %q", got, want)
		}
		last := only(t, b).Last
		if last.Verb != a.Verb() || last.Outcome != Confirmed || strings.Contains(last.Detail, "*12#") {
			t.Errorf("%s: order %+v", want, last)
		}
	}
}

// Two clicks in quick succession: the second wins, nobody ever sees the first
// come back, and sipgate gets them in the order in which they were given.
func TestLastCommandWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := ready(t)
		u.setFault(func(string, MemberID) fault { return fault{before: time.Second} })
		_, sub := b.Subscribe()
		for i := range 3 {
			go b.Do(t.Context(), hold(row, i%2 == 0))
			synctest.Wait()
		}
		time.Sleep(10 * time.Second)
		var wants, on []bool
		for _, c := range calls(sub) {
			wants, on = append(wants, c.Hold.Want), append(on, c.Hold.On)
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

// A list that was asked for before a command was answered does not undo it.
func TestStaleListIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := ready(t)
		u.setFault(func(op string, _ MemberID) fault {
			if op == "calls" {
				return fault{after: 2 * time.Second}
			}
			return fault{}
		})
		go b.Poll(t.Context())
		synctest.Wait()
		time.Sleep(time.Second)
		if err := b.Do(t.Context(), hold(row, true)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if c := only(t, b); !c.Hold.On {
			t.Errorf("the stale list undid the command: %+v", c.Hold)
		}
		u.mu.Lock()
		u.calls[0].Hold = false // somebody resumed by telephone: the same bytes as before
		u.mu.Unlock()
		poll(t, b)
		if c := only(t, b); c.Hold.On {
			t.Error("the newer list was ignored")
		}
	})
}

func TestUnknownIsReconciled(t *testing.T) {
	transfer := TransferTo{sipgate.Transfer{To: "+4915799912345"}}
	for name, tt := range map[string]struct {
		action   Action
		executed bool
		want     Outcome
		lists    int
	}{
		"F11 hold, executed":       {Hold{true}, true, Confirmed, 1},
		"F01 hold, not":            {Hold{true}, false, Failed, 1},
		"F11 mute, executed":       {Mute{true}, true, Confirmed, 1},
		"F11 record, executed":     {Record{true, true}, true, Confirmed, 1},
		"F11 hang up, executed":    {HangUp{}, true, Confirmed, 2},
		"F01 hang up, not":         {HangUp{}, false, Failed, 1},
		"F11 transfer, executed":   {transfer, true, Confirmed, 2},
		"F01 transfer, not":        {transfer, false, Failed, 1},
		"tones, nobody can tell":   {Tones{"1"}, true, Unknown, 3},
		"F01 announce, can't tell": {Announce{URL: "https://example.org/a.wav"}, false, Unknown, 3},
	} {
		t.Run(name, func(t *testing.T) {
			u, b, row := ready(t)
			u.setFault(func(op string, _ MemberID) fault {
				if op == "calls" {
					return fault{}
				}
				return fault{err: timeout, executed: tt.executed}
			})
			err := b.Do(t.Context(), Command{By: "w0", Call: row, Action: tt.action})
			if !errors.Is(err, ErrUnknown) || sipgate.KindOf(err) != sipgate.Unavailable {
				t.Errorf("error = %v", err)
			}
			if c := only(t, b); c.Last.Outcome != Unknown || c.Hold.Pending {
				t.Errorf("I7: before the list %+v", c.Last)
			}
			for range tt.lists {
				poll(t, b)
			}
			if c := only(t, b); c.Last.Outcome != tt.want {
				t.Errorf("after the list %+v, want %v", c.Last, tt.want)
			}
			if got := u.sent(); len(got) != 1 {
				t.Errorf("I1: sent %v", got)
			}
		})
	}
}

// A request that timed out may still be carried out: the board then takes back
// that it failed.
func TestF01CarriedOutLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := ready(t)
		u.setFault(func(op string, _ MemberID) fault {
			if op == "hold" {
				return fault{err: timeout}
			}
			return fault{}
		})
		b.Do(t.Context(), hold(row, true))
		poll(t, b)
		if c := only(t, b); c.Last.Outcome != Failed {
			t.Errorf("order %+v", c.Last)
		}
		time.Sleep(3 * time.Second)
		u.mu.Lock()
		u.calls[0].Hold = true
		u.mu.Unlock()
		poll(t, b)
		if c := only(t, b); c.Last.Outcome != Confirmed || !c.Hold.On {
			t.Errorf("order %+v", c.Last)
		}
	})
}

func TestFailures(t *testing.T) {
	for name, err := range map[string]*sipgate.Error{
		"F12 not sent":  notSent,
		"F05 forbidden": refused(sipgate.Forbidden),
		"F05 no credit": refused(sipgate.NoCredit),
		"F03 throttled": refused(sipgate.Throttled),
		"invalid":       refused(sipgate.Invalid),
	} {
		t.Run(name, func(t *testing.T) {
			u, b, row := ready(t)
			u.setFault(func(op string, _ MemberID) fault { return fault{err: err} })
			got := b.Do(t.Context(), hold(row, true))
			if !errors.Is(got, err) || errors.Is(got, ErrUnknown) {
				t.Errorf("error = %v", got)
			}
			c := only(t, b)
			if c.Hold != (Toggle{}) || c.Last.Outcome != Failed || c.Last.Reason != err.Kind {
				t.Errorf("%+v, order %+v", c.Hold, c.Last)
			}
		})
	}
}

// 404 from sipgate: one list without the call is enough.
func TestF05CallIsGone(t *testing.T) {
	u, b, row := ready(t)
	u.remove("A")
	err := b.Do(t.Context(), hold(row, true))
	if sipgate.KindOf(err) != sipgate.NoCall {
		t.Errorf("error = %v", err)
	}
	poll(t, b)
	if c := only(t, b); c.Phase != Ended || c.Last.Outcome != Failed || c.Last.Reason != sipgate.NoCall {
		t.Errorf("%+v, order %+v", c, c.Last)
	}
	if err := b.Do(t.Context(), hold(row, true)); !errors.Is(err, ErrEnded) { // B125
		t.Errorf("error = %v", err)
	}
	if got := u.sent(); len(got) != 1 {
		t.Errorf("sent %v", got)
	}
}

// Refused commands never reach sipgate.
func TestBadCommand(t *testing.T) {
	u, b, row := ready(t)
	b.Join(u.member("w1"))
	u.seenBy["A"] = []MemberID{"w0"}
	poll(t, b)
	ring := newCall("R", sipgate.Incoming, "4915790000009", doc, "Doc")
	b.Observe(ring)
	ringing := rows(t, b, 2)[1].ID
	to := func(n sipgate.Number) Action { return TransferTo{sipgate.Transfer{To: n}} }
	for name, tt := range map[string]struct {
		by     MemberID
		row    RowID
		action Action
		want   error
	}{
		"T13 unknown row":     {"w0", "x", Hold{true}, ErrNoCall},
		"T13 other's call":    {"w1", row, Hold{true}, ErrNotYours},
		"T13 no member":       {"w9", row, HangUp{}, ErrNotYours},
		"B43 ringing":         {"w0", ringing, Hold{true}, ErrNotEstablished},
		"B101 own number":     {"w0", row, to("+" + doc), ErrSameParty},
		"B101 number in call": {"w0", row, to("+" + jennifer), ErrSameParty},
	} {
		t.Run(name, func(t *testing.T) {
			if err := b.Do(t.Context(), Command{By: tt.by, Call: tt.row, Action: tt.action}); !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
		})
	}
	if got := u.sent(); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
	if err := b.Do(t.Context(), Command{By: "w0", Call: ringing, Action: HangUp{}}); sipgate.KindOf(err) != sipgate.NoCall {
		t.Errorf("hanging up a ringing call: %v", err) // the fake has no ringing calls: it was sent
	}
}

// The poller may be content with one member's lists. Another who wants to act
// is asked for a list first.
func TestActorIsLookedUp(t *testing.T) {
	u, b, row := ready(t)
	b.Join(u.member("w1"))
	if c := only(t, b); !slices.Equal(c.Seen, []MemberID{"w0"}) {
		t.Fatalf("seen through %v", c.Seen)
	}
	if err := b.Do(t.Context(), Command{By: "w1", Call: row, Action: Hold{true}}); err != nil {
		t.Error(err)
	}
	if c := only(t, b); !slices.Equal(c.Seen, []MemberID{"w0", "w1"}) || c.Last.By != "w1" {
		t.Errorf("seen through %v, order %+v", c.Seen, c.Last)
	}
}

func TestT32Once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := ready(t)
		u.setFault(func(op string, _ MemberID) fault { return fault{before: time.Second, err: timeout, executed: true} })
		c := hold(row, true)
		c.ID = "0123456789abcdef"
		errs := make(chan error, 3)
		for range 3 {
			go func() { errs <- b.Do(t.Context(), c) }()
		}
		for range 3 {
			if err := <-errs; !errors.Is(err, ErrUnknown) {
				t.Errorf("error = %v", err)
			}
		}
		time.Sleep(rememberedFor - 2*time.Second)
		if err := b.Do(t.Context(), c); !errors.Is(err, ErrUnknown) {
			t.Errorf("error = %v", err)
		}
		if got := u.sent(); len(got) != 1 {
			t.Errorf("sent %v", got)
		}
		other := c
		other.Action = Hold{false}
		if err := b.Do(t.Context(), other); !errors.Is(err, ErrReused) { // B123
			t.Errorf("error = %v", err)
		}
		u.setFault(nil)
		other.ID = "fedcba9876543210"
		if err := b.Do(t.Context(), other); err != nil { // B121
			t.Errorf("error = %v", err)
		}
	})
}

// A published announcement has another address each time: that does not make
// it another command.
func TestT32Announcement(t *testing.T) {
	u, b, row := ready(t)
	for _, url := range []string{"https://example.org/1", "https://example.org/2"} {
		c := Command{ID: "0123456789abcdef", By: "w0", Call: row, Action: Announce{URL: url, File: "f1"}}
		if err := b.Do(t.Context(), c); err != nil {
			t.Error(err)
		}
	}
	if got := u.sent(); len(got) != 1 {
		t.Errorf("sent %v", got)
	}
}

func TestLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		action func(i int) Action
		most   int
		per    time.Duration
	}{
		"B102": {func(i int) Action {
			return TransferTo{sipgate.Transfer{To: sipgate.Number("+49157999123" + string(rune('0'+i)) + "0"), Attended: true}}
		}, 5, time.Minute},
		"B115": {func(int) Action { return Tones{"1"} }, 5, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, b, row := ready(t)
				u.setFault(func(op string, _ MemberID) fault {
					if op == "transfer" {
						return fault{err: refused(sipgate.Invalid)}
					}
					return fault{}
				})
				do := func(i int) error {
					return b.Do(t.Context(), Command{By: "w0", Call: row, Action: tt.action(i)})
				}
				for i := range tt.most {
					if err := do(i); errors.Is(err, ErrTooMany) {
						t.Errorf("%d: %v", i, err)
					}
					time.Sleep(tt.per / 10)
				}
				err := do(tt.most)
				var many *TooMany
				if !errors.As(err, &many) || !errors.Is(err, ErrTooMany) || many.Wait != tt.per/2 {
					t.Errorf("error = %v, %+v", err, many)
				}
				if got := len(u.sent()); got != tt.most {
					t.Errorf("sent %d", got)
				}
				time.Sleep(many.Wait)
				if err := do(tt.most); errors.Is(err, ErrTooMany) {
					t.Error("still refused after the time told")
				}
			})
		})
	}
}

// Waiting for a call's turn can be given up; then nothing is sent.
func TestWaitingCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := ready(t)
		u.setFault(func(string, MemberID) fault { return fault{before: 10 * time.Second} })
		go b.Do(t.Context(), hold(row, true))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Do(ctx, hold(row, false)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		time.Sleep(10 * time.Second)
		if c := only(t, b); !c.Hold.On || c.Hold.Pending || c.Last.Outcome != Failed {
			t.Errorf("%+v, order %+v", c.Hold, c.Last)
		}
		if got := u.sent(); !slices.Equal(got, []string{"hold A true"}) {
			t.Errorf("sent %v", got)
		}
	})
}

func TestAnnouncement(t *testing.T) {
	type step struct {
		at   time.Duration
		want *Playing
	}
	for name, tt := range map[string]struct {
		fetched time.Duration // 0: never
		length  time.Duration
		steps   []step
	}{
		"fetched": {800 * time.Millisecond, 4 * time.Second, []step{
			{time.Second, &Playing{Watched: true, FetchedAfter: 800 * time.Millisecond}},
			{4700 * time.Millisecond, &Playing{Watched: true, FetchedAfter: 800 * time.Millisecond}},
			{4900 * time.Millisecond, nil},
		}},
		"missed": {0, 4 * time.Second, []step{
			{9 * time.Second, &Playing{Watched: true}},
			{11 * time.Second, &Playing{Watched: true, Missed: true}},
			{31 * time.Second, nil},
		}},
		"late": {15 * time.Second, 4 * time.Second, []step{
			{11 * time.Second, &Playing{Watched: true, Missed: true}},
			{16 * time.Second, &Playing{Watched: true, FetchedAfter: 15 * time.Second}},
			{20 * time.Second, nil},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, b, row := ready(t)
				ctx, stop := context.WithCancel(t.Context())
				go b.Run(ctx)
				fetched := make(chan time.Time, 1)
				start := time.Now()
				a := Announce{URL: "https://example.org/a.wav", File: "f", Title: "Hello", Length: tt.length, Fetched: fetched}
				if err := b.Do(ctx, Command{By: "w0", Call: row, Action: a}); err != nil {
					t.Fatal(err)
				}
				if tt.fetched > 0 {
					time.AfterFunc(tt.fetched, func() { fetched <- time.Now() })
				}
				for _, s := range tt.steps {
					time.Sleep(time.Until(start.Add(s.at)))
					synctest.Wait()
					got := only(t, b).Playing
					if s.want != nil {
						s.want.Title, s.want.Since, s.want.Length = "Hello", start, tt.length
					}
					if !sameValue(got, s.want) {
						t.Errorf("after %v: %+v, want %+v", s.at, got, s.want)
					}
				}
				stop()
			})
		})
	}
}

// Many commands from many members on few calls, and many subscribers who come
// and go: whoever joins, at whatever moment, has the same picture, and there
// are no gaps.
func TestSubscribersAgree(t *testing.T) {
	u := newUpstream()
	b := open(t, u, "w0", "w1", "w2")
	for i := range 8 {
		u.add(sipgate.CallID("C"+string(rune('0'+i))), jennifer, doc)
	}
	poll(t, b)
	ids := rows(t, b, 8)
	stop := make(chan struct{})
	var busy, watching sync.WaitGroup
	for w := range 4 {
		busy.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				b.Do(context.Background(), Command{By: MemberID("w" + string(rune('0'+i%3))), Call: ids[(i*7+w)%8].ID, Action: Hold{i%2 == 0}})
				if i%5 == w {
					b.Poll(context.Background())
				}
			}
		})
	}
	pictures := make(chan map[uint64]string, 64)
	for n := range 32 {
		watching.Go(func() { pictures <- watch(t, b, 30+n) })
	}
	watching.Wait()
	close(stop)
	busy.Wait()
	close(pictures)
	all := map[uint64]string{}
	for p := range pictures {
		for seq, s := range p {
			if other, ok := all[seq]; ok && other != s {
				t.Fatalf("two subscribers at %d disagree:%s\nand%s", seq, s, other)
			}
			all[seq] = s
		}
	}
}

// watch follows n changes and returns its picture of the board at the end.
func watch(t *testing.T, b *Board, n int) map[uint64]string {
	s, sub := b.Subscribe()
	defer sub.Close()
	f := follow(s)
	for range n {
		c, ok := <-sub.Changes()
		if !ok {
			return nil
		}
		if err := f.take(c); err != nil {
			t.Error(err)
		}
	}
	return map[uint64]string{f.seq: f.picture()}
}
