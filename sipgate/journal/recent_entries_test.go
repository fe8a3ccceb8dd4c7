package journal

import (
	"context"
	"errors"
	"fmt"
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
