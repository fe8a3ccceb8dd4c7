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

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// ContainsText reports whether text occurs, ignoring case, in the entry's
// names, note or transcription, in one of the further names also, or, if it
// has at least three digits and no letter, in one of the numbers as dialled
// from anywhere.
func (e HistoryEntry) ContainsText(text string, also ...string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, s := range append(also, e.SourceAlias, e.TargetAlias, e.Note, e.Transcription) {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	digits := digitsOf(text)
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
)

// HistoryResult is the result of a search, newest entry first.
type HistoryResult struct {
	Items          []HistoryEntry
	Next           int       // Offset to continue with, 0 at the end
	Total          int       // number of entries that the query selects, -1 if unknown
	Searched       int       // number of entries searched
	Unreadable     int       // number of those that could not be read
	OldestSearched time.Time // time of the oldest entry searched
}

// SearchHistory reads the history from q.Offset until it has found want
// entries that keep accepts, with at most ten requests: 2,350 entries. It
// ignores q.Limit. A nil keep accepts all.
func (c *Client) SearchHistory(ctx context.Context, q HistoryQuery, want int, keep func(HistoryEntry) bool) (HistoryResult, error) {
	f := HistoryResult{Total: -1}
	q.Limit = firstSearchPage
	if keep == nil {
		q.Limit = want
	}
	for range maxSearchRequests {
		page, err := c.History(ctx, q)
		if err != nil {
			return HistoryResult{}, err
		}
		if keep == nil {
			f.Total = page.Total
		}
		q.Offset += f.add(page, want, keep)
		q.Limit = searchPage
		if f.Next = q.Offset; q.Offset >= page.Total || page.Len() == 0 {
			f.Next = 0
		}
		if f.Next == 0 || len(f.Items) == want {
			break
		}
	}
	return f, nil
}

// add appends accepted entries until there are want, and returns how many of
// the page it looked at. It skips duplicates, which occur when new entries shift
// the pages.
func (f *HistoryResult) add(page HistoryPage, want int, keep func(HistoryEntry) bool) (searched int) {
	for i, e := range page.Items {
		if len(f.Items) == want {
			f.Searched += searched
			return searched
		}
		at := i
		if page.positions != nil {
			at = page.positions[i]
		}
		f.Unreadable += at - searched
		searched = at + 1
		if !e.Created.IsZero() {
			f.OldestSearched = e.Created
		}
		twice := slices.ContainsFunc(f.Items, func(o HistoryEntry) bool { return o.ID == e.ID })
		if !twice && (keep == nil || keep(e)) {
			f.Items = append(f.Items, e)
		}
	}
	f.Unreadable += page.Len() - searched
	f.Searched += page.Len()
	return page.Len()
}
