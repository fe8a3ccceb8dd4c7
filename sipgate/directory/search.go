package directory

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

const (
	// MaxResults is the number of entries that a search shows.
	MaxResults = 12

	maxQueryBytes = 100 // the rest of a longer query is ignored
)

// A query is a search text, prepared for comparison.
type query struct {
	words  []string // folded
	name   string   // the same, joined
	digits string   // of number
	number string   // see [sipgate.NumberRules.Partial]: "+" and digits if its beginning is known, "" if it has letters
}

func (d *Directory) query(text string) *query {
	if len(text) > maxQueryBytes {
		text = strings.ToValidUTF8(text[:maxQueryBytes], "")
	}
	q := &query{words: sipgate.FoldedWords(text)}
	q.name = strings.Join(q.words, " ")
	q.number = d.rules.Partial(text)
	q.digits = strings.TrimPrefix(q.number, "+")
	return q
}

// matches reports whether the entry matches the query: by its number, or by each
// word, which is a prefix of one of the entry's words or digits of its number.
func (q *query) matches(e *indexedEntry) bool {
	if q.number != "" && q.inNumber(e.Number) {
		return true
	}
	for _, w := range q.words {
		if !slices.ContainsFunc(e.words, func(x string) bool { return strings.HasPrefix(x, w) }) &&
			!(isDigits(w) && len(w) > 1 && q.number == "" && strings.Contains(e.Number, strings.TrimLeft(w, "0"))) {
			return false
		}
	}
	return true
}

// groupOf returns the group by whose name the entry matches, "" if none has a word
// that the entry's own name lacks.
func (q *query) groupOf(e *indexedEntry) string {
	for _, g := range e.Groups {
		words := sipgate.FoldedWords(g)
		for _, w := range q.words {
			begins := func(x string) bool { return strings.HasPrefix(x, w) }
			if slices.ContainsFunc(words, begins) && !slices.ContainsFunc(strings.Fields(e.name), begins) {
				return g
			}
		}
	}
	return ""
}

// Matches returns what reports whether someone with a number and names fits a text,
// as entries of the directory do. It is nil if the text has no character of a name
// or number.
func (d *Directory) Matches(text string) func(number string, names ...string) bool {
	q := d.query(text)
	if len(q.words) == 0 && q.number == "" {
		return nil
	}
	return func(number string, names ...string) bool {
		return q.matches(&indexedEntry{Entry: Entry{Number: number}, words: sipgate.FoldedWords(strings.Join(names, " "))})
	}
}

// inNumber reports whether a number begins with the digits of the query or, if the
// query does not show where the number begins, contains them.
func (q *query) inNumber(number string) bool {
	if strings.HasPrefix(q.number, "+") {
		return strings.HasPrefix(number, q.number)
	}
	return strings.Contains(number, q.digits)
}

// exact reports whether the entry's name, organization or number equals the query.
func (q *query) exact(e *indexedEntry) bool {
	return q.name != "" && (q.name == e.name || q.name == e.organization) || q.number != "" && q.number == e.Number
}

// The ranks of results, best first.
const (
	rankExact = iota
	rankFavourite
	rankRecent
	rankAvailable
	rankMember
	rankContact
)

// A hit is an entry that matches, with what its place in the results depends on.
type hit struct {
	entry     *indexedEntry
	presence  Presence
	favourite bool
	foundIn   string
	lastCall  int64 // time of the last call in Unix milliseconds; 0 if not recent
	exact     bool
	rank      int
	position  int // in its index
}

// compare orders hits by rank, last call, kind and position.
func (h hit) compare(o hit) int {
	return cmp.Or(h.rank-o.rank, cmp.Compare(o.lastCall, h.lastCall), int(o.entry.Kind-h.entry.Kind), h.position-o.position)
}

// result returns the entry for the member who searches.
func (h hit) result() Entry {
	e := h.entry.Entry
	e.Presence, e.Favourite, e.Exact, e.FoundIn = h.presence, h.favourite, h.exact, h.foundIn
	if h.lastCall != 0 {
		e.LastCallAt = time.UnixMilli(h.lastCall)
	}
	return e
}

// Search returns at most limit entries that m may see: exact matches first, then
// m's favourites, then recent calls, the latest first, then available members,
// other members, and contacts. It returns each number once. An empty text matches
// recent calls and members, and the name of a group its members.
func (d *Directory) Search(m MemberID, text string, limit int, states States) []Entry {
	a, own := d.visibleTo(m)
	q := d.query(text)
	sources := []*index{own.recent, a.members, own.contacts, a.contacts}
	if len(q.words) == 0 && q.number == "" {
		if strings.TrimSpace(text) != "" {
			return nil // no character of a name or number
		}
		sources = sources[:2]
	}
	var found []hit
	for _, x := range sources {
		best := topHits{limit: limit}
		x.search(q, func(i int, e *indexedEntry) { best.add(newHit(q, e, i, m, own.recent, states)) })
		found = append(found, best.hits...)
	}
	return mergeHits(found, limit, func(n string) (Entry, bool) { return owner(n, a, own, states) })
}

// visibleTo returns the data of m's account and m's own data.
func (d *Directory) visibleTo(m MemberID) (accountData, memberData) {
	d.syncMembers(m.Account)
	d.mu.RLock()
	defer d.mu.RUnlock()
	a := d.accounts[m.Account]
	if a == nil {
		return accountData{}, memberData{}
	}
	own := memberData{}
	if data := a.perMember[m.User]; data != nil {
		own = *data
	}
	return *a, own
}

func newHit(q *query, e *indexedEntry, position int, m MemberID, recent *index, states States) hit {
	h := hit{entry: e, presence: e.Presence, favourite: states.Favourites[e.User], foundIn: q.groupOf(e), rank: rankContact, position: position}
	if e.Kind >= Group {
		h.rank = rankMember
		if states.OnCall[e.User] {
			h.presence = OnCall
		}
		if h.presence == Available {
			h.rank = rankAvailable
		}
	}
	if h.lastCall = recent.lastCall(e.Number); h.lastCall != 0 {
		h.rank = rankRecent
	}
	if h.favourite {
		h.rank = rankFavourite
	}
	if h.exact = q.exact(e); h.exact {
		h.rank = rankExact
	}
	if e.Kind == Member && e.User == m.User && m.User != "" {
		h.rank = rankContact // members rarely search for themselves
	}
	return h
}

// owner returns the entry of the member, group or contact that has a number.
func owner(number string, a accountData, own memberData, states States) (Entry, bool) {
	for _, x := range []*index{a.members, a.contacts, own.contacts} {
		if e, ok := x.lookup(number); ok {
			if states.OnCall[e.User] {
				e.Presence = OnCall
			}
			e.Favourite = states.Favourites[e.User]
			return e, true
		}
	}
	return Entry{}, false
}

// mergeHits returns the best hits, one for each number. Recent calls become the
// entry of the number's owner.
func mergeHits(found []hit, limit int, owner func(string) (Entry, bool)) []Entry {
	slices.SortStableFunc(found, hit.compare)
	at := map[string]int{}
	var kept []Entry
	for _, h := range found {
		e := h.result()
		if now, ok := owner(e.Number); ok && e.Kind == Recent {
			now.LastCallAt, now.Exact, e = e.LastCallAt, e.Exact, now
		}
		i, known := at[e.Number]
		switch {
		case known && e.Kind > kept[i].Kind:
			e.LastCallAt, e.Exact = kept[i].LastCallAt, e.Exact || kept[i].Exact
			kept[i] = e
		case !known && len(kept) < limit:
			at[e.Number] = len(kept)
			kept = append(kept, e)
		}
	}
	return kept
}

// topHits keeps the best hits, one for each number.
type topHits struct {
	limit int
	hits  []hit // best first
}

func (t *topHits) add(h hit) {
	if len(t.hits) == t.limit && (t.limit == 0 || h.compare(t.hits[t.limit-1]) >= 0) {
		return
	}
	same := slices.IndexFunc(t.hits, func(o hit) bool { return o.entry.Number == h.entry.Number })
	switch {
	case same >= 0 && h.compare(t.hits[same]) >= 0:
		return // maybe itself, found by another of its words
	case same >= 0:
		t.hits = slices.Delete(t.hits, same, same+1)
	case len(t.hits) == t.limit:
		t.hits = t.hits[:t.limit-1]
	}
	i, _ := slices.BinarySearchFunc(t.hits, h, hit.compare)
	t.hits = slices.Insert(t.hits, i, h)
}

// ErrAmbiguous is returned by [Directory.Resolve] if a text matches several
// entries. The error is an [*AmbiguousError].
var ErrAmbiguous = errors.New("directory: several entries match")

// AmbiguousError is an ErrAmbiguous with the entries that match.
type AmbiguousError struct {
	Text    string // the search text
	Entries []Entry
}

// Error implements error.
func (e *AmbiguousError) Error() string { return ErrAmbiguous.Error() }

// Is reports whether target is ErrAmbiguous.
func (e *AmbiguousError) Is(target error) bool { return target == ErrAmbiguous }

// Resolve returns the number for a text that m typed: a number in any format, or a
// search text that matches one entry. If several match, it returns the one with
// exactly that name, or an [*AmbiguousError]. Other errors are those of
// [sipgate.NumberRules.Parse].
func (d *Directory) Resolve(m MemberID, text string) (sipgate.Number, error) {
	n, err := d.rules.Parse(text)
	q := d.query(text)
	if err == nil || q.number != "" || len(q.words) == 0 || sipgate.IsBlocked(err) {
		return n, err
	}
	found := d.Search(m, text, MaxResults, States{})
	exact := slices.DeleteFunc(slices.Clone(found), func(e Entry) bool {
		return q.name != strings.Join(sipgate.FoldedWords(e.Name), " ") && q.name != strings.Join(sipgate.FoldedWords(e.Organization), " ")
	})
	switch {
	case len(found) == 1:
		return d.rules.Parse(found[0].Number)
	case len(exact) == 1:
		return d.rules.Parse(exact[0].Number)
	case len(found) == 0:
		return "", err
	}
	return "", &AmbiguousError{text, found}
}

// isDigits reports whether s consists of digits.
func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
