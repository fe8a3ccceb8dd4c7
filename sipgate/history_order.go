package sipgate

import (
	"cmp"
	"slices"
	"time"
)

// sipgate lists an entry when its call is over, and may list by that time;
// what is shown is when the call began. A search therefore reads ahead until no
// entry that it has not read can be newer than those that it returns.

const (
	maxRinging      = 5 * time.Minute // a call that rang for longer may be in a later place
	maxCallDuration = 24 * time.Hour  // an entry that is older than later ones by more than this has no place by its time
)

// An entryPlace is where an entry stands in the order of times.
type entryPlace struct {
	at time.Time
	id string
}

// compare orders the latest time first, and entries of one second by id.
func (p entryPlace) compare(o entryPlace) int {
	return cmp.Or(o.at.Compare(p.at), len(p.id)-len(o.id), cmp.Compare(p.id, o.id))
}

// A historySearch puts the entries of a search in order.
type historySearch struct {
	from     int        // offset of the first entry
	shown    entryPlace // the entries before it and itself were found by an earlier search; zero: none
	keep     func(HistoryEntry) bool
	complete bool // there are no further entries

	size      int            // how many entries sipgate listed, with those that could not be read
	entries   []HistoryEntry // as sipgate lists them
	positions []int          // of the entries in that list
	wanted    []bool
	places    []entryPlace
	known     map[string]bool

	found []HistoryEntry
	last  entryPlace // of the last one that was found
	left  int        // position of the first wanted entry that was not found, or size
}

// add adds what sipgate listed next. Entries that it has listed before, which
// happens when new entries shift the pages, are not wanted.
func (s *historySearch) add(page HistoryPage) {
	if s.known == nil {
		s.known = map[string]bool{}
	}
	for i, e := range page.Items {
		at := i
		if page.positions != nil {
			at = page.positions[i]
		}
		s.entries, s.positions = append(s.entries, e), append(s.positions, s.size+at)
		s.wanted = append(s.wanted, !s.known[e.ID] && (s.keep == nil || s.keep(e)))
		s.known[e.ID] = true
	}
	s.size += page.Len()
	s.places = make([]entryPlace, len(s.entries))
	var next time.Time // of the entry after this one
	for i, e := range slices.Backward(s.entries) {
		at := e.Created
		if at.Add(e.Duration + maxCallDuration).Before(next) {
			at = next // it stays where sipgate lists it
		}
		s.places[i], next = entryPlace{at, e.ID}, at
	}
}

// find finds at most want entries that stand before all that were not read.
func (s *historySearch) find(want int) {
	bound := s.bound()
	s.take(want, func(p entryPlace) bool { return s.complete || p.at.After(bound) })
}

// findUnordered finds at most want entries in the order of those that were read.
func (s *historySearch) findUnordered(want int) {
	s.take(want, func(entryPlace) bool { return true })
}

func (s *historySearch) take(want int, settled func(entryPlace) bool) {
	var order []int
	for i, p := range s.places {
		if s.wanted[i] && (s.shown.at.IsZero() || s.shown.compare(p) < 0) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return s.places[i].compare(s.places[j]) })
	s.found, s.last = nil, s.shown
	n := 0
	for n < min(want, len(order)) && settled(s.places[order[n]]) {
		s.found, s.last = append(s.found, s.entries[order[n]]), s.places[order[n]]
		n++
	}
	s.left = s.size
	for _, i := range order[n:] {
		s.left = min(s.left, s.positions[i])
	}
}

// bound returns a time that no entry that was not read is later than, whether
// sipgate lists by the beginning or the end of calls.
func (s *historySearch) bound() time.Time {
	var bound time.Time
	for i, p := range s.places {
		if p.at.IsZero() {
			continue
		}
		if end := p.at.Add(s.entries[i].Duration + maxRinging); bound.IsZero() || end.Before(bound) {
			bound = end
		}
	}
	return bound
}

// more reports whether there may be entries that were not found.
func (s *historySearch) more() bool { return !s.complete || s.left < s.size }

// unreadable returns how many entries before those that were not found could not
// be read.
func (s *historySearch) unreadable() int {
	read, _ := slices.BinarySearch(s.positions, s.left)
	return s.left - read
}

// oldest returns the time of the last entry that was read.
func (s *historySearch) oldest() time.Time {
	if len(s.entries) == 0 {
		return time.Time{}
	}
	return s.places[len(s.places)-1].at
}
