package journal

import (
	"context"
	"slices"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// pollDelays are the times after the end of a call at which the history is read for
// its entry. After the last one the call is given up.
var pollDelays = []time.Duration{
	time.Second, 3 * time.Second, 6 * time.Second, 12 * time.Second, 25 * time.Second,
	50 * time.Second, 100 * time.Second, 200 * time.Second,
}

const (
	minPollInterval  = 2 * time.Second  // between two requests
	maxPollInterval  = time.Minute      // while a page is open: finds calls that the board missed
	idleAfter        = 15 * time.Second // without an open page; the next one causes a request at once
	recentEntryAge   = 30 * time.Minute // for which an entry is kept
	maxInitialAge    = 10 * time.Minute // of an entry that is returned by the first request and counts as recent
	pollPageSize     = 50               // entries per request
	maxRecentEntries = 200              // entries kept
)

// RecentEntries polls the history of one account, or of one member, for new entries. It sends requests
// only while [RecentEntries.Poll] is called, for all callers together at most one
// every two seconds. The zero value is ready to use. It is safe for concurrent use.
type RecentEntries struct {
	mu                 sync.Mutex
	polling            bool
	polledAt, viewedAt time.Time                       // of the last request, of the last call of Poll
	pending            map[sipgate.CallID]*pendingCall // ended calls without an entry yet
	settled            map[sipgate.CallID]bool         // ended calls on the board with an entry, or given up
	knownIDs           map[string]bool                 // of the last response and of entries
	entries            []recentEntry                   // in the order in which they were found
}

// A pendingCall is an ended call whose entry has not been found.
type pendingCall struct {
	call     switchboard.Call
	attempts int
}

type recentEntry struct {
	entry     sipgate.HistoryEntry
	learnedAt time.Time // when it was found
}

// Poll reads the newest entries with read if a request is due, and waits for the
// response. Call it every few seconds while a page shows the history, with the calls
// on the board. It returns the error of read, which is not retried sooner.
func (n *RecentEntries) Poll(ctx context.Context, calls []switchboard.Call, read func(context.Context, sipgate.HistoryQuery) (sipgate.HistoryPage, error)) error {
	now := time.Now()
	if !n.startPoll(now, calls) {
		return nil
	}
	page, err := read(ctx, sipgate.HistoryQuery{Limit: pollPageSize})
	n.mu.Lock()
	defer n.mu.Unlock()
	n.polling = false
	if err != nil {
		return err
	}
	n.add(page.Items, time.Now())
	return nil
}

// startPoll tracks the ended calls and reports whether a request is due. If so, it
// returns false to other callers until that request is done.
func (n *RecentEntries) startPoll(now time.Time, calls []switchboard.Call) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pending == nil {
		n.pending, n.settled, n.knownIDs = map[sipgate.CallID]*pendingCall{}, map[sipgate.CallID]bool{}, map[string]bool{}
	}
	n.trackEnded(calls)
	idle := now.Sub(n.viewedAt) > idleAfter
	n.viewedAt = now
	if n.polling || now.Sub(n.polledAt) < minPollInterval {
		return false
	}
	due := idle || now.Sub(n.polledAt) >= maxPollInterval
	for id, p := range n.pending {
		if now.Sub(p.call.EndedAt) < pollDelays[p.attempts] {
			continue
		}
		due = true
		for p.attempts < len(pollDelays) && now.Sub(p.call.EndedAt) >= pollDelays[p.attempts] {
			p.attempts++
		}
		if p.attempts == len(pollDelays) { // this request is the last one
			delete(n.pending, id)
			n.settled[id] = true
		}
	}
	if due {
		n.polling, n.polledAt = true, now
	}
	return due
}

// trackEnded adds the calls that ended, and forgets those that left the board.
func (n *RecentEntries) trackEnded(calls []switchboard.Call) {
	onBoard := map[sipgate.CallID]bool{}
	for _, c := range calls {
		onBoard[c.CallID] = true
		if c.Phase == switchboard.Ended && n.pending[c.CallID] == nil && !n.settled[c.CallID] {
			n.pending[c.CallID] = &pendingCall{call: c}
		}
	}
	for id := range n.settled {
		if !onBoard[id] {
			delete(n.settled, id)
		}
	}
}

// add adds the new ones of the newest entries.
func (n *RecentEntries) add(items []sipgate.HistoryEntry, now time.Time) {
	now = now.Truncate(time.Millisecond) // browsers send it back in milliseconds
	first := len(n.knownIDs) == 0
	for _, e := range slices.Backward(items) {
		for id, p := range n.pending {
			r := Record{CallIDs: []sipgate.CallID{id}}
			r.setCall(p.call)
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
	n.entries = slices.DeleteFunc(n.entries, func(r recentEntry) bool { return now.Sub(r.learnedAt) > recentEntryAge })
	n.entries = n.entries[max(0, len(n.entries)-maxRecentEntries):]
	n.knownIDs = map[string]bool{"": true}
	for _, e := range items {
		n.knownIDs[e.ID] = true
	}
	for _, r := range n.entries {
		n.knownIDs[r.entry.ID] = true
	}
}

// Since returns the entries that were found after a time, the newest first, and the
// time to pass to the next Since.
func (n *RecentEntries) Since(after time.Time) ([]sipgate.HistoryEntry, time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found []sipgate.HistoryEntry
	until := after
	for _, r := range n.entries {
		if r.learnedAt.After(after) {
			found, until = append(found, r.entry), r.learnedAt
		}
	}
	slices.SortStableFunc(found, func(a, b sipgate.HistoryEntry) int { return b.Created.Compare(a.Created) })
	return found, until
}
