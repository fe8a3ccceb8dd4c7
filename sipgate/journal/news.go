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
var askAfter = []time.Duration{
	time.Second, 3 * time.Second, 6 * time.Second, 12 * time.Second, 25 * time.Second,
	50 * time.Second, 100 * time.Second, 200 * time.Second,
}

const (
	askApart   = 2 * time.Second  // at least, between two requests
	askAnyway  = time.Minute      // at most, while somebody looks
	lookedAway = 15 * time.Second // after which it is asked at once
	newsKept   = 30 * time.Minute // entries, after they came
	newsFresh  = 10 * time.Minute // how long before the first request an entry may have ended and still be news
	newsPage   = 50               // entries that are asked for
	mostNews   = 200              // entries that are kept
)

// News are the entries of one account's history that sipgate listed lately. It
// learns them on demand: as long as nobody looks, nobody asks; and however many
// look, sipgate is asked once for all of them, at most every two seconds. The
// zero value is ready; it is safe for concurrent use.
type News struct {
	mu            sync.Mutex
	asking        bool
	asked, looked time.Time
	wanted        map[sipgate.CallID]*sought // calls that are not listed yet
	settled       map[sipgate.CallID]bool    // calls on the board that are, or that were given up
	known         map[string]bool            // entries that were listed last time, and those of kept
	kept          []listed                   // the last ones last
}

// A sought call has ended and is looked for in the history.
type sought struct {
	call  switchboard.Call
	tries int
}

type listed struct {
	entry sipgate.HistoryEntry
	at    time.Time // when we learned of it
}

// Look is called every few seconds while somebody looks, with the calls on the
// board. It asks for the newest entries if it is time to, and waits for the
// answer. An error of ask is returned; the next time is not sooner for it.
func (n *News) Look(ctx context.Context, calls []switchboard.Call, ask func(context.Context, sipgate.HistoryQuery) (sipgate.HistoryPage, error)) error {
	now := time.Now()
	if !n.due(now, calls) {
		return nil
	}
	page, err := ask(ctx, sipgate.HistoryQuery{Limit: newsPage})
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asking = false
	if err != nil {
		return err
	}
	n.take(page.Items, time.Now())
	return nil
}

// due notes which calls have ended, and decides whether to ask. If so nobody
// else is told the same before Look is done.
func (n *News) due(now time.Time, calls []switchboard.Call) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.wanted == nil {
		n.wanted, n.settled, n.known = map[sipgate.CallID]*sought{}, map[sipgate.CallID]bool{}, map[string]bool{}
	}
	n.note(calls)
	away := now.Sub(n.looked) > lookedAway
	n.looked = now
	if n.asking || now.Sub(n.asked) < askApart {
		return false
	}
	due := away || now.Sub(n.asked) >= askAnyway
	for id, w := range n.wanted {
		if now.Sub(w.call.Gone) < askAfter[w.tries] {
			continue
		}
		due = true
		for w.tries < len(askAfter) && now.Sub(w.call.Gone) >= askAfter[w.tries] {
			w.tries++
		}
		if w.tries == len(askAfter) { // this is the last time
			delete(n.wanted, id)
			n.settled[id] = true
		}
	}
	if due {
		n.asking, n.asked = true, now
	}
	return due
}

// note takes over which calls have ended.
func (n *News) note(calls []switchboard.Call) {
	here := map[sipgate.CallID]bool{}
	for _, c := range calls {
		here[c.Upstream] = true
		if c.Phase == switchboard.Ended && n.wanted[c.Upstream] == nil && !n.settled[c.Upstream] {
			n.wanted[c.Upstream] = &sought{call: c}
		}
	}
	for id := range n.settled {
		if !here[id] {
			delete(n.settled, id)
		}
	}
}

// take takes over the newest entries.
func (n *News) take(items []sipgate.HistoryEntry, now time.Time) {
	now = now.Truncate(time.Millisecond) // as browsers know it
	first := len(n.known) == 0
	for _, e := range slices.Backward(items) {
		for id, w := range n.wanted {
			r := Record{CallIDs: []sipgate.CallID{id}}
			r.tell(w.call)
			if ok, _ := r.Is(e); ok {
				delete(n.wanted, id)
				n.settled[id] = true
			}
		}
		if n.known[e.ID] || first && now.Sub(e.Created.Add(e.Duration)) > newsFresh {
			continue
		}
		n.kept = append(n.kept, listed{e, now})
	}
	n.kept = slices.DeleteFunc(n.kept, func(l listed) bool { return now.Sub(l.at) > newsKept })
	n.kept = n.kept[max(0, len(n.kept)-mostNews):]
	n.known = map[string]bool{"": true}
	for _, e := range items {
		n.known[e.ID] = true
	}
	for _, l := range n.kept {
		n.known[l.entry.ID] = true
	}
}

// Since returns the entries that were learned of after a moment, the newest
// ones first, and the moment until which that is all.
func (n *News) Since(after time.Time) ([]sipgate.HistoryEntry, time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found []sipgate.HistoryEntry
	until := after
	for _, l := range n.kept {
		if l.at.After(after) {
			found, until = append(found, l.entry), l.at
		}
	}
	slices.SortStableFunc(found, func(a, b sipgate.HistoryEntry) int { return b.Created.Compare(a.Created) })
	return found, until
}
