// Package stats counts a team's past calls: by hour or day, by direction, by
// whether they were answered, and by member.
//
// [Count] is a pure function of the entries of sipgate's history. A [Reader] reads
// those entries at a slow pace and caches the counts. Gaps are reported, not
// hidden: entries that sipgate did not return, calls without a direction, calls
// without an owner.
package stats

import (
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

// Kind is the direction and the outcome of a call.
type Kind int

// The kinds, in the order in which they are shown.
const (
	In        Kind = iota // incoming, answered
	Out                   // outgoing, answered
	Missed                // incoming, not answered by a person
	Unreached             // outgoing, not answered
	Unknown               // of unknown direction
	kinds
)

// Kinds lists all kinds in order.
var Kinds = []Kind{In, Out, Missed, Unreached, Unknown}

// Counts holds the number of calls of each kind.
type Counts [kinds]int

// Sum returns the number of calls of all kinds.
func (c Counts) Sum() (n int) {
	for _, k := range c {
		n += k
	}
	return n
}

// Offered returns the number of incoming calls.
func (c Counts) Offered() int { return c[In] + c[Missed] }

// AnswerRate returns the share of incoming calls that were answered, from 0 to 1.
// It returns false if there were no incoming calls.
func (c Counts) AnswerRate() (share float64, ok bool) {
	if c.Offered() == 0 {
		return 0, false
	}
	return float64(c[In]) / float64(c.Offered()), true
}

// A Summary counts the calls of a span.
type Summary struct {
	Span  Span
	Steps []Counts // by step of the span; they add up to Total
	Total Counts
	Talk  time.Duration // of all answered calls

	// Excluded counts the entries that are not calls, are outside the span, or
	// have no readable time.
	Excluded int

	// Duplicates counts the entries that were returned more than once, which
	// happens when calls end while pages are read.
	Duplicates int

	calls []call
}

// A call is the part of an entry that is needed to count it for a member.
type call struct {
	kind       Kind
	talk       time.Duration
	extensions []string
	answered   bool // the extensions answered; otherwise they were only involved
}

// MemberCounts holds the calls of one user.
type MemberCounts struct {
	Counts // In: answered; Missed: rang and was not answered; Out, Unreached: made
	Talk   time.Duration
}

// Count counts the entries that are calls of the span, each of them once. Their
// order does not matter.
func Count(s Span, entries []sipgate.HistoryEntry) Summary {
	f := Summary{Span: s, Steps: make([]Counts, s.Len())}
	seen, calls := map[string]bool{}, callIDs(entries)
	for _, e := range entries {
		step, within := s.Step(e.Created)
		switch {
		case e.ID != "" && seen[e.ID]:
			f.Duplicates++
			continue
		case !within, e.Type != "CALL" && e.Type != "VOICEMAIL":
			f.Excluded++
		case e.Type == "VOICEMAIL" && calls[e.CallID]:
			f.Duplicates++ // the message of a call that has an entry of its own
		default:
			f.count(step, e)
		}
		seen[e.ID] = true
	}
	return f
}

// callIDs returns the ids of the calls that have an entry of type CALL.
func callIDs(entries []sipgate.HistoryEntry) map[sipgate.CallID]bool {
	found := map[sipgate.CallID]bool{}
	for _, e := range entries {
		if e.Type == "CALL" && e.CallID != "" {
			found[e.CallID] = true
		}
	}
	return found
}

func (f *Summary) count(step int, e sipgate.HistoryEntry) {
	c := call{kind: KindOf(e)}
	if c.kind == In || c.kind == Out {
		c.talk = max(0, e.Duration)
	}
	c.extensions, c.answered = extensionsOf(e, c.kind)
	f.Steps[step][c.kind]++
	f.Total[c.kind]++
	f.Talk += c.talk
	f.calls = append(f.calls, c)
}

// ByMember counts the calls for each user, given the owners of the extensions, the
// ids of users, devices and phone lines ("w0", "e0", "p0"). An
// extension whose owner is "" is shared; a user's id is its own extension. An
// answered call counts for one user, a missed call for every user whom it rang.
// ByMember also returns the number of answered calls without a known user.
func (f Summary) ByMember(owners map[string]sipgate.UserID) (members map[sipgate.UserID]MemberCounts, unowned int) {
	members = map[sipgate.UserID]MemberCounts{}
	for _, c := range f.calls {
		var users []sipgate.UserID
		for _, x := range c.extensions {
			u, known := owners[x]
			if !known && x[0] == 'w' {
				u = sipgate.UserID(x)
			}
			if u != "" && !slices.Contains(users, u) {
				users = append(users, u)
			}
		}
		if c.kind != Missed && len(users) > 1 {
			users = users[:choose(c.answered, 1, 0)] // without an answering extension it may be any of them
		}
		if len(users) == 0 && (c.kind == In || c.kind == Out) {
			unowned++
		}
		for _, u := range users {
			m := members[u]
			m.Counts[c.kind]++
			m.Talk += c.talk
			members[u] = m
		}
	}
	return members, unowned
}

// KindOf returns the kind of an entry. A call that went to voicemail is missed.
func KindOf(e sipgate.HistoryEntry) Kind {
	missed := strings.HasPrefix(e.Direction, "MISSED_") || e.Type == "VOICEMAIL" || e.Status == "NOPICKUP" || e.Status == "BUSY"
	switch strings.TrimPrefix(e.Direction, "MISSED_") {
	case "INCOMING":
		return choose(missed, Missed, In)
	case "OUTGOING":
		return choose(missed, Unreached, Out)
	}
	return Unknown
}

func choose[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// extensionsOf returns the personal extensions that answered a call or, if none
// did, those that were involved in it, and reports which of the two they are. It
// returns none for a call of unknown direction.
func extensionsOf(e sipgate.HistoryEntry, kind Kind) (found []string, answered bool) {
	names := e.AnsweredBy
	answered = len(names) > 0 && kind != Missed
	switch {
	case kind == Unknown:
		return nil, false
	case !answered && len(e.Endpoints) > 0:
		names = e.Endpoints
	case !answered:
		names = e.ConnectionIDs
	}
	for _, n := range names {
		if x := n; isPersonal(n) && !slices.Contains(found, x) {
			found = append(found, x)
		}
	}
	return found, answered
}

// isPersonal reports whether an extension can belong to one user: users, devices
// and phone lines can, groups and voicemails cannot.
func isPersonal(extension string) bool {
	return extension != "" && strings.ContainsRune("wepxy", rune(extension[0]))
}
