package sipgate

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Remote returns the number of the entry's other side, and its name unless
// that is the number again.
func (e HistoryEntry) Remote() (number, name string) {
	if e.Incoming {
		return side(e.Source, e.SourceAlias)
	}
	return side(e.Target, e.TargetAlias)
}

// Local returns the number and the name of the account's own side.
func (e HistoryEntry) Local() (number, name string) {
	if e.Incoming {
		return side(e.Target, e.TargetAlias)
	}
	return side(e.Source, e.SourceAlias)
}

func side(number, alias string) (string, string) {
	if alias == number {
		alias = ""
	}
	return number, alias
}

// Missed reports whether the call was not answered.
func (e HistoryEntry) Missed() bool { return strings.HasPrefix(e.Direction, "MISSED") }

// Matches reports whether sipgate would return e for q, as far as e shows
// that. It compares numbers in any spelling.
func (q HistoryQuery) Matches(e HistoryEntry) bool {
	among := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	return among(q.Types, e.Type) && among(q.Directions, e.Direction) &&
		(len(q.ConnectionIDs) == 0 || slices.ContainsFunc(e.Extensions(), func(x string) bool { return slices.Contains(q.ConnectionIDs, x) })) &&
		(q.Starred == "" || (q.Starred == "STARRED") == e.Starred) && q.Archived == e.Archived &&
		(q.From.IsZero() || !e.Created.Before(q.From)) && (q.To.IsZero() || !e.Created.After(q.To)) &&
		(q.Phonenumber == "" || sameNumber(q.Phonenumber, e.Source) || sameNumber(q.Phonenumber, e.Target))
}

// sameNumber reports whether an international number equals one that may be in
// national spelling.
func sameNumber(n, other string) bool {
	if NormalizeNumber(n) == NormalizeNumber(other) {
		return true
	}
	rest := strings.TrimLeft(digitsOf(other), "0")
	return strings.HasPrefix(other, "0") && len(rest) >= 6 && strings.HasSuffix(digitsOf(n), rest)
}

// withoutZeroInBrackets removes the "(0)" after a country code from a number, or
// from the beginning of one.
func withoutZeroInBrackets(s string) string {
	s = CleanNumber(s)
	before, after, found := strings.Cut(s, "(0)")
	if !found || !strings.HasPrefix(s, "+") && !strings.HasPrefix(s, "00") || digitsOf(before) == "" {
		return s
	}
	return before + after
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// ContainsText reports whether text occurs, in any spelling, in the entry's
// names, note or transcription, in one of the further names also, or, if it
// has at least three digits and no letter, in one of the numbers as dialled
// from anywhere.
func (e HistoryEntry) ContainsText(text string, also ...string) bool {
	text = strings.TrimSpace(text)
	for _, s := range append(also, e.SourceAlias, e.TargetAlias, e.Note, e.Transcription) {
		if ContainsFolded(s, text) {
			return true
		}
	}
	digits := digitsOf(withoutZeroInBrackets(text))
	if len(digits) < 3 || strings.ContainsFunc(text, unicode.IsLetter) {
		return false
	}
	digits = strings.TrimLeft(digits, "0")
	return strings.Contains(digitsOf(e.Source), digits) || strings.Contains(digitsOf(e.Target), digits)
}

// Limits of one search.
const (
	maxSearchRequests = 10  // requests
	firstSearchPage   = 100 // entries requested first
	searchPage        = 250 // entries requested after that; they fit into a response of 1 MiB
	searchAhead       = 25  // entries requested beyond those that are wanted, to know their order
)

// HistoryResult is the result of a search. The entry with the latest time is
// the first; those of the same second are in the order of their ids.
type HistoryResult struct {
	Items          []HistoryEntry
	More           bool      // there may be older entries: see [HistoryQuery.Continue]
	Total          int       // number of entries that the query selects, -1 if unknown
	Searched       int       // number of entries searched
	Unreadable     int       // number of those that could not be read
	OldestSearched time.Time // time of the oldest entry searched
	Private        int       // number of channels that are not in it, see [HistoryPage]
	Failed         error     // why a part of the history could not be read, see [HistoryPage]

	next int        // Offset to continue with
	last entryPlace // of the last item
}

// Continue returns the query for the entries after those that were found.
func (q HistoryQuery) Continue(found HistoryResult) HistoryQuery {
	q.Offset, q.ShownAt, q.ShownID = found.next, found.last.at, found.last.id
	return q
}

// SearchHistory reads the history from q.Offset until it has found want
// entries that keep accepts and that are not shown yet, with at most ten
// requests: 2,350 entries. It ignores q.Limit. A nil keep accepts all.
func (c *Client) SearchHistory(ctx context.Context, q HistoryQuery, want int, keep func(HistoryEntry) bool) (HistoryResult, error) {
	return c.SearchHistoryWhile(ctx, q, want, keep, func() bool { return true })
}

// SearchHistoryWhile is SearchHistory that calls proceed before each request, and
// stops when it returns false.
func (c *Client) SearchHistoryWhile(ctx context.Context, q HistoryQuery, want int, keep func(HistoryEntry) bool, proceed func() bool) (HistoryResult, error) {
	f := HistoryResult{Total: -1}
	s := historySearch{from: q.Offset, shown: entryPlace{q.ShownAt, q.ShownID}, keep: keep}
	q.Limit = firstSearchPage
	if keep == nil {
		q.Limit = want + searchAhead
	}
	for n := 1; ; n++ {
		if !proceed() {
			if n == 1 {
				return f, ctx.Err()
			}
			break
		}
		page, err := c.History(ctx, q)
		if err != nil {
			return HistoryResult{}, err
		}
		if keep == nil {
			f.Total = page.Total
		}
		f.Private = max(f.Private, page.Private)
		if s.add(page); page.Failed != nil {
			f.Failed = page.Failed
		}
		q.Offset += page.Len()
		q.Limit = searchPage
		s.complete = q.Offset >= page.Total || page.Len() == 0
		if s.find(want); s.complete || len(s.found) == want || n == maxSearchRequests {
			break
		}
	}
	if len(s.found) == 0 {
		s.findUnordered(want)
	}
	f.Items, f.More, f.next, f.last = s.found, s.more(), s.from+s.left, s.last
	f.Searched, f.Unreadable, f.OldestSearched = s.size, s.unreadable(), s.oldest()
	return f, nil
}
