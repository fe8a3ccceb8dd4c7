package journal

import (
	"context"
	"slices"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// When the history is asked for calls that ended, counted from their end; the
// last time is when it is given up. Besides that it is asked now and then while
// somebody looks, for what the board does not know of.
var pollDelays = []time.Duration{
	time.Second, 3 * time.Second, 6 * time.Second, 12 * time.Second, 25 * time.Second,
	50 * time.Second, 100 * time.Second, 200 * time.Second,
}

const (
	minPollInterval  = 2 * time.Second  // at least, between two requests
	maxPollInterval  = time.Minute      // at most, while somebody looks
	idleAfter        = 15 * time.Second // after which it is asked at once
	recentEntryAge   = 30 * time.Minute // entries, after they came
	maxInitialAge    = 10 * time.Minute // how long before the first request an entry may have ended and still be news
	pollPageSize     = 50               // entries that are asked for
	maxRecentEntries = 200              // entries that are kept
)

// News are the entries of one account's history that sipgate listed lately. It
// learns them on demand: as long as nobody looks, nobody asks; and however many
// look, sipgate is asked once for all of them, at most every two seconds. The
// zero value is ready; it is safe for concurrent use.
type RecentEntries struct {
	mu                 sync.Mutex
	polling            bool
	polledAt, viewedAt time.Time
	pending            map[sipgate.CallID]*pendingCall // calls that are not listed yet
	settled            map[sipgate.CallID]bool         // calls on the board that are, or that were given up
	knownIDs           map[string]bool                 // entries that were listed last time, and those of kept
	entries            []recentEntry                   // the last ones last
}

// A sought call has ended and is looked for in the history.
type pendingCall struct {
	call     switchboard.Call
	attempts int
}

type recentEntry struct {
	entry     sipgate.HistoryEntry
	learnedAt time.Time // when we learned of it
}

// Look is called every few seconds while somebody looks, with the calls on the
// board. It asks for the newest entries if it is time to, and waits for the
// answer. An error of ask is returned; the next time is not sooner for it.
func (n *RecentEntries) Poll(ctx context.Context, calls []switchboard.Call, ask func(context.Context, sipgate.HistoryQuery) (sipgate.HistoryPage, error)) error {
	now := time.Now()
	if !n.startPoll(now, calls) {
		return nil
	}
	page, err := ask(ctx, sipgate.HistoryQuery{Limit: pollPageSize})
	n.mu.Lock()
	defer n.mu.Unlock()
	n.polling = false
	if err != nil {
		return err
	}
	n.add(page.Items, time.Now())
	return nil
}

// due notes which calls have ended, and decides whether to ask. If so nobody
// else is told the same before Look is done.
func (n *RecentEntries) startPoll(now time.Time, calls []switchboard.Call) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pending == nil {
		n.pending, n.settled, n.knownIDs = map[sipgate.CallID]*pendingCall{}, map[sipgate.CallID]bool{}, map[string]bool{}
	}
	n.trackEnded(calls)
	away := now.Sub(n.viewedAt) > idleAfter
	n.viewedAt = now
	if n.polling || now.Sub(n.polledAt) < minPollInterval {
		return false
	}
	due := away || now.Sub(n.polledAt) >= maxPollInterval
	for id, w := range n.pending {
		if now.Sub(w.call.EndedAt) < pollDelays[w.attempts] {
			continue
		}
		due = true
		for w.attempts < len(pollDelays) && now.Sub(w.call.EndedAt) >= pollDelays[w.attempts] {
			w.attempts++
		}
		if w.attempts == len(pollDelays) { // this is the last time
			delete(n.pending, id)
			n.settled[id] = true
		}
	}
	if due {
		n.polling, n.polledAt = true, now
	}
	return due
}

// note takes over which calls have ended.
func (n *RecentEntries) trackEnded(calls []switchboard.Call) {
	here := map[sipgate.CallID]bool{}
	for _, c := range calls {
		here[c.CallID] = true
		if c.Phase == switchboard.Ended && n.pending[c.CallID] == nil && !n.settled[c.CallID] {
			n.pending[c.CallID] = &pendingCall{call: c}
		}
	}
	for id := range n.settled {
		if !here[id] {
			delete(n.settled, id)
		}
	}
}

// take takes over the newest entries.
func (n *RecentEntries) add(items []sipgate.HistoryEntry, now time.Time) {
	now = now.Truncate(time.Millisecond) // as browsers know it
	first := len(n.knownIDs) == 0
	for _, e := range slices.Backward(items) {
		for id, w := range n.pending {
			r := Record{CallIDs: []sipgate.CallID{id}}
			r.setCall(w.call)
			if r.Matches(e) != NoMatch {
				delete(n.pending, id)
				n.settled[id] = true
			}
		}
		if n.knownIDs[e.ID] || first && now.Sub(e.Created.Add(e.Duration)) > maxInitialAge {
			continue
		}
		n.entries = append(n.entries, recentEntry{e, now})
	}
	n.entries = slices.DeleteFunc(n.entries, func(l recentEntry) bool { return now.Sub(l.learnedAt) > recentEntryAge })
	n.entries = n.entries[max(0, len(n.entries)-maxRecentEntries):]
	n.knownIDs = map[string]bool{"": true}
	for _, e := range items {
		n.knownIDs[e.ID] = true
	}
	for _, l := range n.entries {
		n.knownIDs[l.entry.ID] = true
	}
}

// Since returns the entries that were learned of after a moment, the newest
// ones first, and the moment until which that is all.
func (n *RecentEntries) Since(after time.Time) ([]sipgate.HistoryEntry, time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found []sipgate.HistoryEntry
	until := after
	for _, l := range n.entries {
		if l.learnedAt.After(after) {
			found, until = append(found, l.entry), l.learnedAt
		}
	}
	slices.SortStableFunc(found, func(a, b sipgate.HistoryEntry) int { return b.Created.Compare(a.Created) })
	return found, until
}
