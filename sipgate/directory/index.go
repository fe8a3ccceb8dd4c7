package directory

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"callboard/sipgate"
)

// An index finds entries by the prefixes of words and by digits. It is immutable; a
// nil index is empty.
type index struct {
	entries  []indexedEntry // latest calls first, then by name
	words    []posting      // in ascending order
	byNumber map[string]int
}

type indexedEntry struct {
	Entry
	name, organization string   // folded
	words              []string // of both and of the groups, folded
}

type posting struct {
	word  string
	entry int
}

// newIndex returns an index of the first limit entries.
func newIndex(entries []Entry, limit int) *index {
	x := &index{byNumber: map[string]int{}}
	for _, e := range entries[:min(len(entries), limit)] {
		in := indexedEntry{Entry: e, words: sipgate.FoldedWords(e.Name)}
		in.name = strings.Join(in.words, " ")
		organization := sipgate.FoldedWords(e.Organization)
		in.organization = strings.Join(organization, " ")
		in.words = append(in.words, organization...)
		for _, g := range e.Groups {
			in.words = append(in.words, sipgate.FoldedWords(g)...)
		}
		x.entries = append(x.entries, in)
	}
	slices.SortStableFunc(x.entries, func(a, b indexedEntry) int {
		return cmp.Or(b.LastCallAt.Compare(a.LastCallAt), sipgate.CompareNames(a.Name, b.Name))
	})
	for i, e := range x.entries {
		if _, known := x.byNumber[e.Number]; !known {
			x.byNumber[e.Number] = i
		}
		for _, w := range e.words {
			x.words = append(x.words, posting{w, i})
		}
	}
	slices.SortFunc(x.words, func(a, b posting) int { return cmp.Or(cmp.Compare(a.word, b.word), a.entry-b.entry) })
	return x
}

// all returns the entries of the index.
func (x *index) all() []Entry {
	if x == nil {
		return nil
	}
	list := make([]Entry, len(x.entries))
	for i, e := range x.entries {
		list[i] = e.Entry
	}
	return list
}

// lookup returns the entry of a number.
func (x *index) lookup(n string) (Entry, bool) {
	if x == nil || len(x.byNumber) == 0 {
		return Entry{}, false
	}
	i, ok := x.byNumber[n]
	if !ok {
		return Entry{}, false
	}
	return x.entries[i].Entry, true
}

// lastCall returns the time of the last call with a number in Unix milliseconds, or
// 0 if there is none.
func (x *index) lastCall(n string) int64 {
	if e, ok := x.lookup(n); ok && !e.LastCallAt.IsZero() {
		return e.LastCallAt.UnixMilli()
	}
	return 0
}

// search calls f for each entry that matches the query. It may call f twice for an
// entry of which several words match.
func (x *index) search(q *query, f func(i int, e *indexedEntry)) {
	if x == nil {
		return
	}
	candidates := x.candidates(q)
	if candidates == nil || q.number != "" {
		for i := range x.entries {
			if e := &x.entries[i]; q.matches(e) {
				f(i, e)
			}
		}
		return
	}
	last := -1
	for _, p := range candidates {
		if p.entry != last && q.matches(&x.entries[p.entry]) {
			f(p.entry, &x.entries[p.entry])
		}
		last = p.entry
	}
}

// candidates returns the postings for the query's word that has the fewest, or nil
// if the query has no word that only a name can match.
func (x *index) candidates(q *query) (rarest []posting) {
	found := false
	for _, w := range q.words {
		if isDigits(w) {
			continue
		}
		from := sort.Search(len(x.words), func(i int) bool { return x.words[i].word >= w })
		n := sort.Search(len(x.words)-from, func(i int) bool { return !strings.HasPrefix(x.words[from+i].word, w) })
		if !found || n < len(rarest) {
			rarest, found = x.words[from:from+n:from+n], true
		}
	}
	if found && rarest == nil {
		rarest = []posting{}
	}
	return rarest
}
