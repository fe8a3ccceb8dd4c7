package directory

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

// maxQuery bounds what is looked at of a query, in bytes.
const maxQueryBytes = 100

// A query is what somebody typed, made ready to compare.
type query struct {
	words  []string // folded
	name   string   // the same as one text
	digits string   // if it may be a number: its digits; with country code and "+" if the beginning is known
	number string   // likewise, "" if it has letters
}

func (d *Directory) query(text string) *query {
	if len(text) > maxQueryBytes {
		text = strings.ToValidUTF8(text[:maxQueryBytes], "")
	}
	q := &query{words: foldedWords(text)}
	q.name = strings.Join(q.words, " ")
	q.number = d.rules.Partial(text)
	q.digits = strings.TrimPrefix(q.number, "+")
	return q
}

// matches reports whether all of the query is found in an entry: as a number,
// or each word as the beginning of one of the entry's or, if it is digits, in
// its number.
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

// inNumber reports whether a number begins with, or where nothing tells where
// it begins has in it, the digits of the query.
func (q *query) inNumber(number string) bool {
	if strings.HasPrefix(q.number, "+") {
		return strings.HasPrefix(number, q.number)
	}
	return strings.Contains(number, q.digits)
}

// exact reports whether the entry is just what was typed.
func (q *query) exact(e *indexedEntry) bool {
	return q.name != "" && (q.name == e.name || q.name == e.organization) || q.number != "" && q.number == e.Number
}

// Ranks of results, best first.
const (
	rankExact = iota
	rankRecent
	rankAvailable
	rankMember
	rankContact
)

// A hit is an entry that matches, and how well.
type hit struct {
	entry          *indexedEntry
	presence       Presence
	lastCall       int64 // when it was in a call, in Unix milliseconds; 0: not lately
	rank, position int
}

func (h hit) compare(o hit) int {
	return cmp.Or(h.rank-o.rank, cmp.Compare(o.lastCall, h.lastCall), int(o.entry.Kind-h.entry.Kind), h.position-o.position)
}

// shown is the entry as who searches sees it.
func (h hit) result() Entry {
	e := h.entry.Entry
	e.Presence = h.presence
	if h.lastCall != 0 {
		e.LastCallAt = time.UnixMilli(h.lastCall)
	}
	return e
}

// Search finds at most limit entries for who: exact ones first, then the
// numbers of own calls, the last first, then members of the team who are
// available, the others, and contacts. Of several entries with one number one
// is found. Busy tells which members are on a call. An empty text finds own
// calls and members.
func (d *Directory) Search(who MemberID, text string, limit int, busy map[sipgate.UserID]bool) []Entry {
	t, mine := d.visibleTo(who)
	q := d.query(text)
	sources := []*index{mine.recent, t.members, mine.contacts, t.contacts}
	if len(q.words) == 0 && q.number == "" {
		if strings.TrimSpace(text) != "" {
			return nil // nothing that a name or number could have
		}
		sources = sources[:2]
	}
	var found []hit
	for _, x := range sources {
		best := topHits{limit: limit}
		x.search(q, func(i int, e *indexedEntry) { best.add(newHit(q, e, i, who, mine.recent, busy)) })
		found = append(found, best.hits...)
	}
	return mergeHits(found, limit, func(n string) (Entry, bool) { return owner(n, t, mine, busy) })
}

// seen returns what who may see.
func (d *Directory) visibleTo(who MemberID) (accountData, memberData) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	t := d.accounts[who.Account]
	if t == nil {
		return accountData{}, memberData{}
	}
	mine := memberData{}
	if p := t.perMember[who.User]; p != nil {
		mine = *p
	}
	return *t, mine
}

func newHit(q *query, e *indexedEntry, place int, who MemberID, recent *index, busy map[sipgate.UserID]bool) hit {
	h := hit{entry: e, presence: e.Presence, rank: rankContact, position: place}
	if e.Kind >= Group {
		h.rank = rankMember
		if busy[e.User] {
			h.presence = OnCall
		}
		if h.presence == Available {
			h.rank = rankAvailable
		}
	}
	if h.lastCall = recent.lastCall(e.Number); h.lastCall != 0 {
		h.rank = rankRecent
	}
	if q.exact(e) {
		h.rank = rankExact
	}
	if e.Kind == Member && e.User == who.User && who.User != "" {
		h.rank = rankContact // oneself is rarely meant
	}
	return h
}

// owner is who has a number now.
func owner(number string, t accountData, mine memberData, busy map[sipgate.UserID]bool) (Entry, bool) {
	for _, x := range []*index{t.members, t.contacts, mine.contacts} {
		if e, ok := x.lookup(number); ok {
			if busy[e.User] {
				e.Presence = OnCall
			}
			return e, true
		}
	}
	return Entry{}, false
}

// merge keeps the best hits, one for each number. Recent numbers get the names
// of their owners.
func mergeHits(found []hit, limit int, owner func(string) (Entry, bool)) []Entry {
	slices.SortStableFunc(found, hit.compare)
	at := map[string]int{}
	var kept []Entry
	for _, h := range found {
		e := h.result()
		if now, ok := owner(e.Number); ok && e.Kind == Recent {
			now.LastCallAt, e = e.LastCallAt, now
		}
		i, known := at[e.Number]
		switch {
		case known && e.Kind > kept[i].Kind:
			e.LastCallAt = kept[i].LastCallAt
			kept[i] = e
		case !known && len(kept) < limit:
			at[e.Number] = len(kept)
			kept = append(kept, e)
		}
	}
	return kept
}

// top keeps the best hits.
type topHits struct {
	limit int
	hits  []hit // best first
}

func (t *topHits) add(h hit) {
	if len(t.hits) == t.limit && (t.limit == 0 || h.compare(t.hits[t.limit-1]) >= 0) {
		return
	}
	i, again := slices.BinarySearchFunc(t.hits, h, hit.compare)
	if again {
		return // another of its words was found before
	}
	if len(t.hits) == t.limit {
		t.hits = t.hits[:t.limit-1]
	}
	t.hits = slices.Insert(t.hits, i, h)
}

// The errors of [Directory.Resolve] are this one, and those of
// [sipgate.NumberRules.Parse].
var ErrAmbiguous = errors.New("directory: several may be meant")

// Unclear is the ErrUnclear of [Directory.Resolve], with those who may be
// meant.
type AmbiguousError struct {
	Text    string // as it was typed
	Entries []Entry
}

func (e *AmbiguousError) Error() string { return ErrAmbiguous.Error() }

// Is makes an Unclear an ErrUnclear.
func (e *AmbiguousError) Is(target error) bool { return target == ErrAmbiguous }

// Resolve returns the number that who means by what was typed: a number in any
// spelling, or the name of one entry. Several entries are Unclear, unless one
// alone has exactly that name.
func (d *Directory) Resolve(who MemberID, text string) (sipgate.Number, error) {
	n, err := d.rules.Parse(text)
	q := d.query(text)
	if err == nil || q.number != "" || len(q.words) == 0 || sipgate.IsBlocked(err) {
		return n, err
	}
	found := d.Search(who, text, MaxResults, nil)
	exact := slices.DeleteFunc(slices.Clone(found), func(e Entry) bool {
		return q.name != strings.Join(foldedWords(e.Name), " ") && q.name != strings.Join(foldedWords(e.Organization), " ")
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

// MostFound is how many entries a search shows.
const MaxResults = 12
