package sipgate

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Outside is the side of the entry that is not the account's: its number, and
// its name if that is not the number again.
func (e HistoryEntry) Remote() (number, name string) {
	if e.Incoming {
		return side(e.Source, e.SourceAlias)
	}
	return side(e.Target, e.TargetAlias)
}

// Inside is the account's own side of the entry.
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

// Missed reports whether nobody answered.
func (e HistoryEntry) Missed() bool { return strings.HasPrefix(e.Direction, "MISSED") }

// Takes reports whether sipgate would give e for q, as far as an entry tells.
// Numbers are compared in whatever spelling.
func (q HistoryQuery) Matches(e HistoryEntry) bool {
	among := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	return among(q.Types, e.Type) && among(q.Directions, e.Direction) &&
		(len(q.ConnectionIDs) == 0 || slices.ContainsFunc(e.Extensions(), func(x string) bool { return slices.Contains(q.ConnectionIDs, x) })) &&
		(q.Starred == "" || (q.Starred == "STARRED") == e.Starred) && q.Archived == e.Archived &&
		(q.From.IsZero() || !e.Created.Before(q.From)) && (q.To.IsZero() || !e.Created.After(q.To)) &&
		(q.Phonenumber == "" || sameNumber(q.Phonenumber, e.Source) || sameNumber(q.Phonenumber, e.Target))
}

// sameNumber compares an international number with one that may be written
// nationally.
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

// Mentions reports whether a text, in whatever case, is a part of the entry's
// names, of its note or of what was said, or, if it has three digits and no
// letter, of its numbers as they are dialled from anywhere. also are further
// names by which the entry is known.
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
	firstSearchPage   = 100 // entries that the first one asks for, and
	searchPage        = 250 // the others: 1 MiB of answer is enough for them
)

// Findings are a part of the history, latest first.
type HistoryResult struct {
	Items          []HistoryEntry
	Next           int       // the Offset with which to go on; 0 if that was all
	Total          int       // how many entries there are in all, -1 if that is not known
	Searched       int       // how many were looked at
	OldestSearched time.Time // when the last of these was made
}

// FindHistory reads the history from q.Offset on until it has as many entries
// as wanted that keep wants too, but asks at most ten times: 2,350 entries.
// q.Limit does not matter. A keep that is nil wants all.
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
		q.Offset += f.add(page.Items, want, keep)
		q.Limit = searchPage
		if f.Next = q.Offset; q.Offset >= page.Total || len(page.Items) == 0 {
			f.Next = 0
		}
		if f.Next == 0 || len(f.Items) == want {
			break
		}
	}
	return f, nil
}

// take takes over what is wanted, and returns how many entries it looked at.
// What came twice, since there are new ones meanwhile, is taken once.
func (f *HistoryResult) add(items []HistoryEntry, want int, keep func(HistoryEntry) bool) (looked int) {
	for _, e := range items {
		if len(f.Items) == want {
			break
		}
		looked++
		f.Searched++
		f.OldestSearched = e.Created
		twice := slices.ContainsFunc(f.Items, func(o HistoryEntry) bool { return o.ID == e.ID })
		if !twice && (keep == nil || keep(e)) {
			f.Items = append(f.Items, e)
		}
	}
	return looked
}
