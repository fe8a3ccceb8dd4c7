package switchboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// runningBoard runs a board until the test's bubble ends.
func runningBoard(t *testing.T, u *fakeSipgate, members ...MemberID) *Board {
	t.Helper()
	b := newBoard(t, u, members...)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	synctest.Wait()
	return b
}

// memberIDs returns n ids.
func memberIDs(n int) []MemberID {
	var ids []MemberID
	for i := range n {
		ids = append(ids, MemberID(fmt.Sprintf("w%d", i)))
	}
	return ids
}

// eventually waits until ok returns true, at most d.
func eventually(t *testing.T, what string, d time.Duration, ok func() bool) {
	t.Helper()
	start := time.Now()
	for {
		synctest.Wait()
		if ok() {
			return
		}
		if time.Since(start) > d {
			t.Errorf("%s: not within %v", what, d)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func connectedCount(b *Board) int {
	n := 0
	for _, c := range b.Snapshot().Calls {
		if c.Phase == Connected {
			n++
		}
	}
	return n
}

// The request rate depends neither on the number of members nor on that of
// subscribers.
func TestRequestRate(t *testing.T) {
	for _, tt := range []struct {
		members, subscribers, most int
	}{{0, 3, 0}, {1, 1, 51}, {1, 50, 51}, {50, 50, 51}, {200, 1, 51}, {1, 0, 4}, {50, 0, 4}} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := newFakeSipgate()
				u.add("A", jennifer, doc)
				b := runningBoard(t, u, memberIDs(tt.members)...)
				for range tt.subscribers {
					_, sub := b.Subscribe()
					defer sub.Close()
					go func() {
						for range sub.Changes() {
						}
					}()
				}
				time.Sleep(time.Duration(tt.members+1) * minPollInterval) // each new member is polled immediately
				before := u.listCount()
				time.Sleep(100 * time.Second)
				got := u.listCount() - before
				if got > tt.most || tt.members > 0 && got < tt.most-3 {
					t.Errorf("%d requests in 100 s, want %d", got, tt.most)
				}
			})
		})
	}
}

// A call appears within 3 s and disappears within 10 s, however many members
// there are and whatever each of them sees.
func TestPollingDelays(t *testing.T) {
	all := func(n int) []MemberID { return nil }
	own := func(n int) []MemberID { return []MemberID{MemberID(fmt.Sprintf("w%d", n))} }
	admin := func(n int) []MemberID { return []MemberID{"w0", MemberID(fmt.Sprintf("w%d", n))} }
	for name, tt := range map[string]struct {
		members int
		sees    func(int) []MemberID
		come    time.Duration
	}{
		"one":                 {1, all, 3 * time.Second},
		"three see all":       {3, all, 3 * time.Second},
		"fifty see all":       {50, all, 3 * time.Second},
		"two see their own":   {2, own, 5 * time.Second},
		"three see their own": {3, own, 9 * time.Second},
		"w0 of ten sees all":  {10, admin, 5 * time.Second},
		"w0 of fifty too":     {50, admin, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := newFakeSipgate()
				for i := range min(3, tt.members) { // shows the board which member sees what
					u.add(sipgate.CallID(fmt.Sprint("K", i)), jennifer, doc, tt.sees(i)...)
				}
				b := runningBoard(t, u, memberIDs(tt.members)...)
				_, sub := b.Subscribe()
				go func() {
					for range sub.Changes() {
					}
				}()
				defer sub.Close()
				time.Sleep(5 * time.Minute)
				before := connectedCount(b)
				if before != min(3, tt.members) {
					t.Fatalf("%d calls on the board", before)
				}
				for i := range min(tt.members, 5) {
					id := sipgate.CallID(fmt.Sprint("A", i))
					u.add(id, stranger, doc, tt.sees(i)...)
					eventually(t, "I4 "+string(id)+" comes", tt.come, func() bool { return connectedCount(b) == before+1 })
					time.Sleep(7 * time.Second)
					u.remove(id)
					eventually(t, "I5 "+string(id)+" goes", 10*time.Second, func() bool { return connectedCount(b) == before })
				}
			})
		})
	}
}

func TestThrottlingIsObeyed(t *testing.T) {
	for name, tt := range map[string]struct{ after, none, until time.Duration }{
		"1":       {time.Second, time.Second, 3 * time.Second},
		"30":      {30 * time.Second, 30 * time.Second, 33 * time.Second},
		"3600":    {time.Hour, time.Minute, 63 * time.Second},
		"nothing": {0, 2 * time.Second, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := newFakeSipgate()
				u.add("A", jennifer, doc)
				u.setFault(func(string, MemberID) fault {
					return fault{err: &sipgate.Error{Kind: sipgate.Throttled, RetryAfter: tt.after}}
				})
				b := runningBoard(t, u, "w0", "w1")
				_, sub := b.Subscribe()
				defer sub.Close()
				time.Sleep(tt.none - time.Millisecond)
				b.Observe(answer(toDoc, "Doc"))
				synctest.Wait()
				if got := u.listCount(); got != 1 {
					t.Errorf("%d requests in the window, want 1", got)
				}
				u.setFault(nil)
				time.Sleep(tt.until - tt.none)
				if got := u.listCount(); got < 2 {
					t.Error("no request after the window")
				}
				if h := b.Snapshot().Health; h.Failing {
					t.Errorf("health = %+v", h)
				}
			})
		})
	}
}

func TestOutageEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.add("A", jennifer, doc)
		b := runningBoard(t, u, "w0")
		_, sub := b.Subscribe()
		defer sub.Close()
		time.Sleep(3 * time.Second)
		listed := b.Snapshot().Health.ListedAt
		u.setFault(func(string, MemberID) fault { return fault{err: errNotSent} })
		time.Sleep(10 * time.Minute)
		s := b.Snapshot()
		if c := s.Calls[0]; c.Phase != Connected {
			t.Errorf("failed polls ended the call: %+v", c)
		}
		if h := s.Health; !h.Failing || h.Reason != sipgate.Unavailable || h.ListedAt.Sub(listed) > 3*time.Second {
			t.Errorf("health = %+v", h)
		}
		u.mu.Lock()
		for i, at := range u.listTimes[1:] {
			if gap := at.Sub(u.listTimes[i]); gap < 2*time.Second || gap > maxBackoff {
				t.Errorf("%v between requests %d and %d", gap, i, i+1)
			}
		}
		u.mu.Unlock()
		u.setFault(nil)
		eventually(t, "recovers", 10*time.Second, func() bool { return !b.Snapshot().Health.Failing })
	})
}

// A member whose access is rejected is no longer polled; the others are.
func TestUnauthorizedMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.add("A", jennifer, doc, "w0")
		b := runningBoard(t, u, "w0", "w1")
		time.Sleep(time.Second)
		u.setFault(func(_ string, by MemberID) fault {
			if by == "w0" {
				return fault{err: refusedError(sipgate.Unauthorized)}
			}
			return fault{}
		})
		_, sub := b.Subscribe()
		defer sub.Close()
		time.Sleep(30 * time.Second)
		h := b.Snapshot().Health
		if !slices.Equal(h.AuthFailed, []MemberID{"w0"}) || h.Members != 1 || h.Failing {
			t.Errorf("health = %+v", h)
		}
		if c := onlyCall(t, b); c.Phase != Connected {
			t.Errorf("what only w0 saw has not ended: %+v", c)
		}
		u.mu.Lock()
		n := len(u.listedBy)
		if slices.Contains(u.listedBy[n-10:], "w0") {
			t.Error("w0 is still polled")
		}
		u.mu.Unlock()
		u.setFault(nil)
		b.Join(u.member("w0"))
		time.Sleep(time.Second)
		if h := b.Snapshot().Health; len(h.AuthFailed) > 0 || h.Members != 2 {
			t.Errorf("health = %+v", h)
		}
		b.Leave("w0")
		b.Leave("w1")
		before := u.listCount()
		time.Sleep(time.Hour)
		if got := u.listCount() - before; got > 0 {
			t.Errorf("%d requests without members", got)
		}
	})
}

// A member who may not list calls, as others may, is polled once per minute.
func TestForbiddenMemberIsPolledOncePerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.setFault(func(_ string, by MemberID) fault {
			if by == "w0" {
				return fault{err: refusedError(sipgate.Forbidden)}
			}
			return fault{}
		})
		b := runningBoard(t, u, "w0", "w1")
		_, sub := b.Subscribe()
		defer sub.Close()
		time.Sleep(10 * time.Minute)
		u.mu.Lock()
		defer u.mu.Unlock()
		got := 0
		for _, by := range u.listedBy {
			if by == "w0" {
				got++
			}
		}
		if got < 10 || got > 11 { // twice at first
			t.Errorf("%d requests in ten minutes", got)
		}
	})
}

// While a list is slow, no other is requested.
func TestSlowListsDoNotOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.setFault(func(string, MemberID) fault { return fault{after: 5 * time.Second} })
		b := runningBoard(t, u, "w0", "w1")
		_, sub := b.Subscribe()
		defer sub.Close()
		for range 30 {
			time.Sleep(time.Second)
			b.Observe(answer(newCall(sipgate.CallID(fmt.Sprint("A", time.Now().Unix())), sipgate.Incoming, jennifer, doc), "Doc"))
		}
		u.mu.Lock()
		defer u.mu.Unlock()
		for i, at := range u.listTimes[1:] {
			if gap := at.Sub(u.listTimes[i]); gap < 5*time.Second {
				t.Errorf("%v between requests", gap)
			}
		}
	})
}

// Lists are read for who waits for them if they are not there, or too old: those of the
// members that are named, at the same time.
func TestListsAreReadForWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		const takes, anyAge = 2 * AnsweredWithin, time.Hour
		u.fault = func(string, MemberID) fault { return fault{before: takes} }
		b := newBoard(t, u, "w0", "w1", "w2")
		for _, step := range []struct {
			ids      []MemberID
			maxAge   time.Duration
			requests int
		}{
			{[]MemberID{"w0", "w1", "unknown"}, anyAge, 2},
			{[]MemberID{"w0", "w1"}, anyAge, 0},
			{[]MemberID{"w0", "w2"}, AnsweredWithin, 1},
			{[]MemberID{"w0"}, AnsweredWithin, 1},
			{[]MemberID{"w0"}, AnsweredWithin, 0},
		} {
			before, began := u.listCount(), time.Now()
			if err := b.ReadLists(t.Context(), step.ids, step.maxAge); err != nil {
				t.Fatal(err)
			}
			if n := u.listCount() - before; n != step.requests || time.Since(began) > takes {
				t.Errorf("%v: %d requests in %v, want %d", step, n, time.Since(began), step.requests)
			}
		}
		u.fault = func(string, MemberID) fault { return fault{err: context.DeadlineExceeded} }
		time.Sleep(2 * AnsweredWithin)
		if err := b.ReadLists(t.Context(), []MemberID{"w0", "w1"}, AnsweredWithin); !errors.Is(err, ErrNotVisible) {
			t.Errorf("without an answer: %v", err)
		}
	})
}

// After an event or a command a list is requested immediately, but one for
// several of them.
func TestEventsPollAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := runningBoard(t, u, "w0")
		time.Sleep(5 * time.Second) // without active subscribers the next list is due in 25 s
		before := u.listCount()
		for i := range 20 {
			e := newCall(sipgate.CallID(fmt.Sprint("A", i)), sipgate.Incoming, jennifer, doc)
			e.UserIDs = []sipgate.UserID{"w0"}
			b.Observe(e)
			b.Observe(answer(e, "Doc"))
			synctest.Wait()
		}
		if got := u.listCount() - before; got != 1 {
			t.Errorf("%d requests at once", got)
		}
		time.Sleep(minPollInterval)
		synctest.Wait()
		if got := u.listCount() - before; got != 2 {
			t.Errorf("%d requests after 300 ms", got)
		}
		time.Sleep(30 * time.Second)
		before = u.listCount()
		_, sub := b.Subscribe()
		defer sub.Close()
		synctest.Wait()
		if got := u.listCount() - before; got != 1 {
			t.Errorf("%d requests after a new subscription", got)
		}
	})
}

// Whatever asks for a list, it comes no sooner than 300 ms after the one before
// or after another request for the account, and no later than that.
func TestListsKeepTheirDistance(t *testing.T) {
	for name, ask := range map[string]func(b *Board, m *member){
		"an event":                  func(b *Board, m *member) { b.requestPoll(m) },
		"an event of nobody known":  func(b *Board, _ *member) { b.requestPoll() },
		"a call that a list lacked": func(b *Board, m *member) { b.poll.recheckAt[m] = time.Now() },
		"both":                      func(b *Board, m *member) { b.poll.recheckAt[m] = time.Now(); b.requestPoll(m) },
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBoard(t, newFakeSipgate(), "w0")
			m := b.members["w0"]
			pollAll(t, b)
			clear(b.poll.requested)
			b.poll.pollNow = false
			for _, reserved := range []bool{false, true} {
				if time.Sleep(minPollInterval); reserved {
					if err := b.Reserve(t.Context()); err != nil {
						t.Fatal(err)
					}
				} else {
					pollAll(t, b)
				}
				time.Sleep(minPollInterval - time.Millisecond)
				ask(b, m)
				if chosen, wait := b.nextPoll(time.Now()); chosen != nil || wait != time.Millisecond {
					t.Errorf("%s, reserved %v: %v in %v, want none for a millisecond", name, reserved, chosen, wait)
				}
				time.Sleep(time.Millisecond)
				if chosen, _ := b.nextPoll(time.Now()); chosen != m {
					t.Errorf("%s, reserved %v: none after %v", name, reserved, minPollInterval)
				}
				delete(b.poll.recheckAt, m)
			}
		})
	}
}

// Whoever alone sees a call is asked twice as often as the others, while nobody's
// lists contain everything.
func TestWhoAloneSeesACallIsAskedMoreOften(t *testing.T) {
	for name, tt := range map[string]struct {
		seenBy []MemberID
		first  MemberID
	}{
		"w0 alone": {[]MemberID{"w0"}, "w0"}, "w1 alone": {[]MemberID{"w1"}, "w1"}, "both": {[]MemberID{"w0", "w1"}, "w1"},
	} {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0", "w1")
		u.add("A", jennifer, doc, tt.seenBy...)
		pollAll(t, b)
		clear(b.poll.requested)
		now := time.Now()
		b.members["w0"].listTime, b.members["w1"].listTime = now.Add(-6*time.Second), now.Add(-10*time.Second)
		if m := b.chooseMember(b.active(), now); m.id != tt.first {
			t.Errorf("%s: %s is asked first", name, m.id)
		}
	}
}

// Repeated answers are no news: they request no list.
func TestRepeatedAnswersRequestNoList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := runningBoard(t, u, "w0")
		e := newCall("A", sipgate.Incoming, jennifer, doc)
		u.add("A", jennifer, doc)
		b.Observe(e)
		synctest.Wait()
		before := u.listCount()
		for range 5 {
			time.Sleep(minPollInterval)
			b.Observe(answer(e, "Doc"))
			synctest.Wait()
		}
		if got := u.listCount() - before; got != 1 {
			t.Errorf("%d requests after five times the same answer, want 1", got)
		}
		time.Sleep(minPollInterval)
		b.Observe(newCall("B", sipgate.Incoming, jennifer, doc))
		synctest.Wait()
		if got := u.listCount() - before; got != 1 {
			t.Errorf("%d requests after a newCall, want none", got-1)
		}
		u.remove("A")
		for i := range 3 {
			time.Sleep(minPollInterval)
			b.Observe(hangup(e, "busy"))
			synctest.Wait()
			if got := u.listCount() - before; got != 2 {
				t.Errorf("%d requests after hangup %d, want 1 in all", got-1, i+1)
			}
		}
		b.Observe(hangup(newCall("X", sipgate.Incoming, jennifer, doc), "busy"))
		time.Sleep(minPollInterval)
		synctest.Wait()
		if got := u.listCount() - before; got != 2 {
			t.Errorf("%d requests after the hangup of an unknown call, want none", got-2)
		}
	})
}

// A member whose access sipgate rejects, and one to whom it forbids lists, does
// not make the others' lists come faster, even if a call is to be looked for
// again through them.
func TestRefusedMembersDoNotHurryThePoller(t *testing.T) {
	for _, kind := range []sipgate.Kind{sipgate.Unauthorized, sipgate.Forbidden} {
		synctest.Test(t, func(t *testing.T) {
			u := newFakeSipgate()
			b := runningBoard(t, u, "w0", "w1")
			_, sub := b.Subscribe()
			defer sub.Close()
			u.setFault(func(op string, by MemberID) fault {
				if by == "w0" {
					return fault{err: refusedError(kind)}
				}
				return fault{}
			})
			time.Sleep(10 * time.Second)
			b.mu.Lock()
			b.poll.recheckAt[b.members["w0"]] = time.Now() // a call is to be looked for
			b.mu.Unlock()
			before := u.listCount()
			time.Sleep(20 * time.Second)
			if got := u.listCount() - before; got > 12 || got < 8 {
				t.Errorf("%v: %d requests in 20 s", kind, got)
			}
		})
	}
}

// An event makes the health tell that events arrive; before, the board says
// that ringing calls cannot be seen.
func TestHealthTellsWhetherEventsArrive(t *testing.T) {
	b := newBoard(t, newFakeSipgate(), "w0")
	_, sub := b.Subscribe()
	defer sub.Close()
	pollAll(t, b)
	if b.Snapshot().Health.HasEvents {
		t.Error("events without any")
	}
	b.Observe(newCall("A", sipgate.Incoming, jennifer, doc))
	b.Observe(newCall("B", sipgate.Incoming, jennifer, doc))
	told := 0
	for len(sub.Changes()) > 0 {
		if c := <-sub.Changes(); c.Health != nil && c.Health.HasEvents {
			told++
		}
	}
	if told != 1 || !b.Snapshot().Health.HasEvents {
		t.Errorf("told %d times", told)
	}
}

// A page that is opened while nobody looks at the board shows a list that was read
// for it. One that is opened right after it waits for nothing.
func TestAPageWaitsForACurrentList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := runningBoard(t, u, "w0")
		time.Sleep(10 * time.Second) // read once, and again in 20 s
		before := u.listCount()
		for range 3 {
			b.AwaitList(t.Context())
			if age := time.Since(b.Snapshot().Health.ListedAt); age >= watchedInterval {
				t.Errorf("the list is %v old", age)
			}
		}
		if n := u.listCount() - before; n != 1 {
			t.Errorf("three pages cost %d lists", n)
		}
		New(Options{}).AwaitList(t.Context()) // without members there is none
	})
}
