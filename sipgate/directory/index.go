package directory

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// An index finds entries by the beginnings of words and by digits. It does not
// change; nil is an empty one.
type index struct {
	entries  []indexedEntry // by name
	words    []posting      // by word
	byNumber map[string]int
}

type indexedEntry struct {
	Entry
	name, organization string   // folded whole
	words              []string // of both
}

type posting struct {
	word  string
	entry int
}

// newIndex makes an index of the first entries, most of them at most.
func newIndex(entries []Entry, most int) *index {
	x := &index{byNumber: map[string]int{}}
	for _, e := range entries[:min(len(entries), most)] {
		in := indexedEntry{Entry: e, words: foldedWords(e.Name)}
		in.name = strings.Join(in.words, " ")
		organization := foldedWords(e.Organization)
		in.organization = strings.Join(organization, " ")
		in.words = append(in.words, organization...)
		x.entries = append(x.entries, in)
	}
	slices.SortStableFunc(x.entries, func(a, b indexedEntry) int {
		return cmp.Or(b.LastCallAt.Compare(a.LastCallAt), cmp.Compare(a.name, b.name))
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

// list are the entries of the index.
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

// number finds the entry of a number.
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

// lastOf is when a number was in a call, in Unix milliseconds; 0: not lately.
func (x *index) lastCall(n string) int64 {
	if e, ok := x.lookup(n); ok && !e.LastCallAt.IsZero() {
		return e.LastCallAt.UnixMilli()
	}
	return 0
}

// each calls f with all entries that match the query, in the index's order but
// for entries that several words of theirs match.
func (x *index) search(q *query, f func(i int, e *indexedEntry)) {
	if x == nil {
		return
	}
	few := x.candidates(q)
	if few == nil || q.number != "" {
		for i := range x.entries {
			if e := &x.entries[i]; q.matches(e) {
				f(i, e)
			}
		}
		return
	}
	last := -1
	for _, p := range few {
		if p.entry != last && q.matches(&x.entries[p.entry]) {
			f(p.entry, &x.entries[p.entry])
		}
		last = p.entry
	}
}

// candidates are the words that begin as the rarest word of the query; nil if
// the query has no word that must be one of a name.
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
