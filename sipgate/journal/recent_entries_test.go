package journal

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// fakeHistory lists entries some time after they were created, and records its
// requests.
type fakeHistory struct {
	items    []sipgate.HistoryEntry // newest first
	from     []time.Time            // when each is listed
	requests []time.Time
	err      error
}

func (a *fakeHistory) add(e sipgate.HistoryEntry, after time.Duration) {
	a.items = append([]sipgate.HistoryEntry{e}, a.items...)
	a.from = append([]time.Time{time.Now().Add(after)}, a.from...)
}

func (a *fakeHistory) read(_ context.Context, q sipgate.HistoryQuery) (sipgate.HistoryPage, error) {
	a.requests = append(a.requests, time.Now())
	var page sipgate.HistoryPage
	for i, e := range a.items {
		if !a.from[i].After(time.Now()) && len(page.Items) < q.Limit {
			page.Items = append(page.Items, e)
		}
	}
	return page, a.err
}

// watch polls from a number of pages, from each every 4 s, for d. It returns the ids
// of the new entries.
func (a *fakeHistory) watch(t *testing.T, n *RecentEntries, pages int, d time.Duration, calls ...switchboard.Call) (found []string) {
	t.Helper()
	after := time.Now().Add(-time.Millisecond) // when the page was rendered
	for end := after.Add(d); time.Now().Before(end); time.Sleep(4 * time.Second / time.Duration(pages)) {
		if err := n.Poll(t.Context(), calls, a.read); err != nil {
			t.Error(err)
		}
		entries, until := n.Since(after)
		for _, e := range entries {
			found = append(found, e.ID)
		}
		after = until
	}
	return found
}

func historyEntry(id string, ago time.Duration) sipgate.HistoryEntry {
	return sipgate.HistoryEntry{ID: id, CallID: sipgate.CallID("A" + id), Created: time.Now().Add(-ago), Duration: time.Minute}
}

func endedCall(e sipgate.HistoryEntry) switchboard.Call {
	return switchboard.Call{CallID: e.CallID, Phase: switchboard.Ended, Started: e.Created, EndedAt: time.Now()}
}

// The entry of a call that ended is polled for until sipgate lists it, for all pages
// together.
func TestEntriesOfEndedCallsAreFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, n := &fakeHistory{}, &RecentEntries{}
		for i := range 60 {
			a.add(historyEntry(fmt.Sprint(i), 5*time.Hour-time.Duration(i)*time.Minute), 0)
		}
		if found := a.watch(t, n, 1, 10*time.Second); len(found) != 0 || len(a.requests) != 1 {
			t.Errorf("without changes: %v, %d requests", found, len(a.requests))
		}
		call := historyEntry("new", time.Minute)
		a.add(call, 20*time.Second)
		a.requests = nil
		if found := a.watch(t, n, 50, 50*time.Second, endedCall(call)); fmt.Sprint(found) != "[new]" {
			t.Errorf("found %v", found)
		}
		if len(a.requests) > 6 {
			t.Errorf("%d requests", len(a.requests))
		}
		for i := 1; i < len(a.requests); i++ {
			if d := a.requests[i].Sub(a.requests[i-1]); d < minPollInterval {
				t.Errorf("next request after %v", d)
			}
		}
		if s := n.settled[call.CallID]; !s {
			t.Error("still polled for")
		}
		// A call that the board missed is found later, and a page that is opened
		// again gets what is new since.
		a.add(historyEntry("unseen", time.Minute), 0)
		if found := a.watch(t, n, 3, 70*time.Second); fmt.Sprint(found) != "[unseen]" {
			t.Errorf("found %v", found)
		}
		time.Sleep(time.Hour)
		before := time.Now()
		a.add(historyEntry("meanwhile", time.Minute), 0)
		if found := a.watch(t, n, 1, 4*time.Second); fmt.Sprint(found) != "[meanwhile]" {
			t.Errorf("found %v after %v", found, time.Since(before))
		}
	})
}

// A call that is never listed is given up, and failures do not add requests.
func TestPollingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, n := &fakeHistory{}, &RecentEntries{}
		call := historyEntry("lost", time.Minute)
		found := a.watch(t, n, 20, 10*time.Minute, endedCall(call))
		// The first request, those of pollDelays, and one a minute.
		if limit := 1 + len(pollDelays) + 10; len(found) != 0 || len(a.requests) > limit || len(n.pending) != 0 {
			t.Errorf("found %v, %d requests, %d pending", found, len(a.requests), len(n.pending))
		}
		a.err, a.requests = errors.New("down"), nil
		for range 300 {
			_ = n.Poll(t.Context(), []switchboard.Call{endedCall(historyEntry("other", 0))}, a.read)
			time.Sleep(200 * time.Millisecond)
		}
		if len(a.requests) > 8 {
			t.Errorf("%d requests in a minute of failures", len(a.requests))
		}
		// An entry without a call id is found by its parties.
		a.err = nil
		e := historyEntry("silent", 10*time.Second)
		c := endedCall(e)
		c.Remote.Number = "+4930901820"
		e.CallID, e.Incoming, e.Source = "", true, "+4930901820"
		a.add(e, 0)
		a.watch(t, n, 1, 10*time.Second, c)
		if n.pending[c.CallID] != nil {
			t.Error("still polled for")
		}
	})
}

// While a request is under way, other pages start none and do not wait for it.
func TestOneRequestAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &RecentEntries{}
		var requests atomic.Int32
		slow := func(context.Context, sipgate.HistoryQuery) (sipgate.HistoryPage, error) {
			requests.Add(1)
			time.Sleep(20 * time.Second)
			return sipgate.HistoryPage{Items: []sipgate.HistoryEntry{historyEntry("1", 0)}}, nil
		}
		before := time.Now().Add(-time.Second)
		go n.Poll(t.Context(), nil, slow)
		time.Sleep(idleAfter + time.Second)
		begun := time.Now()
		if err := n.Poll(t.Context(), nil, slow); err != nil || requests.Load() != 1 || time.Since(begun) != 0 {
			t.Errorf("%d requests, waited %v, %v", requests.Load(), time.Since(begun), err)
		}
		time.Sleep(10 * time.Second)
		if found, _ := n.Since(before); len(found) != 1 {
			t.Errorf("found %v", found)
		}
	})
}

// A page that is opened again after a while asks at once, one that stays open once a
// minute. A call of which the board learns late is not asked for several times at once.
func TestWhenTheHistoryIsAsked(t *testing.T) {
	const poll = 4 * time.Second
	for name, test := range map[string]struct {
		away time.Duration
		call bool // that ended 40 s ago is on the board
		want []time.Duration
	}{
		"stays open":           {poll, false, []time.Duration{56 * time.Second}},
		"is opened again":      {idleAfter + time.Second, false, []time.Duration{0, time.Minute}},
		"a call ended earlier": {poll, true, []time.Duration{0, 12 * time.Second, time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, n := &fakeHistory{}, &RecentEntries{}
				a.add(historyEntry("known", time.Hour), 0)
				a.watch(t, n, 1, poll/2)
				time.Sleep(test.away - poll)
				a.requests = nil
				begun := time.Now()
				var calls []switchboard.Call
				if test.call {
					calls = []switchboard.Call{{CallID: "A", Phase: switchboard.Ended, Started: begun.Add(-time.Minute), EndedAt: begun.Add(-40 * time.Second)}}
				}
				a.watch(t, n, 1, 64*time.Second, calls...)
				var got []time.Duration
				for _, r := range a.requests {
					got = append(got, r.Sub(begun))
				}
				if fmt.Sprint(got) != fmt.Sprint(test.want) {
					t.Errorf("asked after %v, want %v", got, test.want)
				}
			})
		})
	}
}

// The entries of the last half hour are kept, the newest of a call first, each once.
func TestRecentEntriesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &RecentEntries{}
		n.startPoll(time.Now(), nil)
		before := time.Now().Add(-time.Second)
		n.add([]sipgate.HistoryEntry{historyEntry("new", 2*time.Minute), historyEntry("old", time.Hour)}, time.Now())
		found := func() (ids []string) {
			all, _ := n.Since(before)
			for _, e := range all {
				ids = append(ids, e.ID)
			}
			return ids
		}
		if got := fmt.Sprint(found()); got != "[new]" {
			t.Errorf("found %q at first", got)
		}
		time.Sleep(time.Minute)
		n.add(nil, time.Now()) // the entry has left the newest ones
		n.add([]sipgate.HistoryEntry{historyEntry("newer", 0), historyEntry("new", 0), historyEntry("late", time.Hour)}, time.Now())
		if got := fmt.Sprint(found()); got != "[newer new late]" {
			t.Errorf("found %q", got)
		}
		if all, until := n.Since(time.Now()); len(all) != 0 || !until.Equal(time.Now()) {
			t.Errorf("nothing new: %v until %v", all, until)
		}
		time.Sleep(recentEntryAge - 30*time.Second)
		n.add(nil, time.Now())
		if got := fmt.Sprint(found()); got != "[newer late]" {
			t.Errorf("found %q after half an hour", got)
		}
		for i := range 10 {
			var items []sipgate.HistoryEntry
			for k := range pollPageSize {
				items = append(items, historyEntry(fmt.Sprint(i, "-", k), 0))
			}
			n.add(items, time.Now())
		}
		if len(n.entries) != maxRecentEntries || n.entries[maxRecentEntries-1].entry.ID != "9-0" {
			t.Errorf("%d entries, the last is %s", len(n.entries), n.entries[len(n.entries)-1].entry.ID)
		}
	})
}
