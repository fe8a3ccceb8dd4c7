package sipgate

import (
	"slices"
	"time"
)

// sameCallWithin is how far the times of one call in two sources may be apart.
const sameCallWithin = 2 * time.Second

// merge returns the entries of both sources, each call once, the latest first.
// An entry of the history is taken before that of a channel, whose recordings it
// gets if it has none.
func merge(listed, events []HistoryEntry) []HistoryEntry {
	all := newTwins(slices.Clone(listed))
	for _, e := range events {
		if at := all.find(e); at < 0 {
			all.add(e)
		} else if len(all.entries[at].Recordings) == 0 {
			all.entries[at].Recordings = e.Recordings
		}
	}
	slices.SortStableFunc(all.entries, func(a, b HistoryEntry) int { return b.Created.Compare(a.Created) })
	return all.entries
}

// twins finds the entry about a call among those of another source.
type twins struct {
	entries   []HistoryEntry
	byCall    map[CallID]int
	byParties map[string][]int
}

func newTwins(entries []HistoryEntry) *twins {
	t := &twins{byCall: map[CallID]int{}, byParties: map[string][]int{}}
	for _, e := range entries {
		t.add(e)
	}
	return t
}

func (t *twins) add(e HistoryEntry) {
	at := len(t.entries)
	t.entries = append(t.entries, e)
	if e.CallID != "" {
		t.byCall[e.CallID] = at
	}
	t.byParties[partiesOf(e)] = append(t.byParties[partiesOf(e)], at)
}

// find returns the index of the entry about the same call, or -1: that with the
// same call id or, if one of them has none, with the same parties and time.
func (t *twins) find(e HistoryEntry) int {
	if at, known := t.byCall[e.CallID]; known && e.CallID != "" {
		return at
	}
	for _, at := range t.byParties[partiesOf(e)] {
		other := t.entries[at]
		if other.Created.Sub(e.Created).Abs() <= sameCallWithin && (other.CallID == "" || e.CallID == "") {
			return at
		}
	}
	return -1
}

// partiesOf names the type and the parties of an entry.
func partiesOf(e HistoryEntry) string {
	return e.Type + " " + NormalizeNumber(e.Source) + " " + NormalizeNumber(e.Target)
}
