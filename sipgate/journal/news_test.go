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

// archive is a history that lists entries some time after they were made, and
// counts how often it is asked.
type fakeHistory struct {
	items []sipgate.HistoryEntry // newest first
	from  []time.Time            // when each is listed
	asked []time.Time
	err   error
}

func (a *fakeHistory) add(e sipgate.HistoryEntry, after time.Duration) {
	a.items = append([]sipgate.HistoryEntry{e}, a.items...)
	a.from = append([]time.Time{time.Now().Add(after)}, a.from...)
}

func (a *fakeHistory) ask(_ context.Context, q sipgate.HistoryQuery) (sipgate.HistoryPage, error) {
	a.asked = append(a.asked, time.Now())
	var page sipgate.HistoryPage
	for i, e := range a.items {
		if !a.from[i].After(time.Now()) && len(page.Items) < q.Limit {
			page.Items = append(page.Items, e)
		}
	}
	return page, a.err
}

// watch looks every 4 s from so many pages, for d, and returns what came new.
func (a *fakeHistory) watch(t *testing.T, n *RecentEntries, pages int, d time.Duration, calls ...switchboard.Call) (found []string) {
	t.Helper()
	after := time.Now().Add(-time.Millisecond) // when the page was drawn
	for end := after.Add(d); time.Now().Before(end); time.Sleep(4 * time.Second / time.Duration(pages)) {
		if err := n.Poll(t.Context(), calls, a.ask); err != nil {
			t.Error(err)
		}
		news, until := n.Since(after)
		for _, e := range news {
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

// A call that ended is looked for until sipgate lists it, by one request for
// all who look, and no longer.
func TestNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, n := &fakeHistory{}, &RecentEntries{}
		for i := range 60 {
			a.add(historyEntry(fmt.Sprint(i), 5*time.Hour-time.Duration(i)*time.Minute), 0)
		}
		if found := a.watch(t, n, 1, 10*time.Second); len(found) != 0 || len(a.asked) != 1 {
			t.Errorf("nothing happened: %v, asked %d times", found, len(a.asked))
		}
		call := historyEntry("new", time.Minute)
		a.add(call, 20*time.Second)
		a.asked = nil
		if found := a.watch(t, n, 50, 50*time.Second, endedCall(call)); fmt.Sprint(found) != "[new]" {
			t.Errorf("found %v", found)
		}
		if len(a.asked) > 6 {
			t.Errorf("asked %d times", len(a.asked))
		}
		for i := 1; i < len(a.asked); i++ {
			if d := a.asked[i].Sub(a.asked[i-1]); d < minPollInterval {
				t.Errorf("asked again after %v", d)
			}
		}
		if s := n.settled[call.CallID]; !s {
			t.Error("it is still looked for")
		}
		// What the board does not know of is found, too, only later; and a page
		// that was away learns of what came meanwhile.
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

// What is never listed is given up, and failures do not make the requests more.
func TestNewsGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, n := &fakeHistory{}, &RecentEntries{}
		call := historyEntry("lost", time.Minute)
		found := a.watch(t, n, 20, 10*time.Minute, endedCall(call))
		// One to begin with, the eight, and one a minute.
		if most := 1 + len(pollDelays) + 10; len(found) != 0 || len(a.asked) > most || len(n.pending) != 0 {
			t.Errorf("found %v, asked %d times, %d wanted", found, len(a.asked), len(n.pending))
		}
		a.err, a.asked = errors.New("down"), nil
		for range 300 {
			_ = n.Poll(t.Context(), []switchboard.Call{endedCall(historyEntry("other", 0))}, a.ask)
			time.Sleep(200 * time.Millisecond)
		}
		if len(a.asked) > 8 {
			t.Errorf("asked %d times in a minute while it fails", len(a.asked))
		}
		// A call of which sipgate tells no id is found by its parties.
		a.err = nil
		e := historyEntry("silent", 10*time.Second)
		c := endedCall(e)
		c.Remote.Number = "+4930901820"
		e.CallID, e.Incoming, e.Source = "", true, "+4930901820"
		a.add(e, 0)
		a.watch(t, n, 1, 10*time.Second, c)
		if n.pending[c.CallID] != nil {
			t.Error("it is still looked for")
		}
	})
}
