// Package stats counts a team's past calls: by hour or by day, by direction
// and by whether somebody answered, and for each member.
//
// Counting is pure: [Count] makes figures of entries of sipgate's history and
// nothing else. A [Reader] gets these entries, a few requests at a time, and
// keeps what was counted for a while. What is not known is said: entries that
// sipgate did not give, directions that it does not tell, calls that are
// nobody's.
package stats

import (
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

// Kind is what became of a call.
type Kind int

// The kinds, in the order in which they are shown.
const (
	In        Kind = iota // came in and was answered
	Out                   // went out and was answered
	Missed                // came in and was not answered, or by a machine
	Unreached             // went out and was not answered
	Unknown               // its direction is not told
	kinds
)

// Kinds are all of them.
var Kinds = []Kind{In, Out, Missed, Unreached, Unknown}

// Counts are numbers of calls by kind.
type Counts [kinds]int

// Sum is the number of all calls.
func (c Counts) Sum() (n int) {
	for _, k := range c {
		n += k
	}
	return n
}

// Offered is how many calls came in.
func (c Counts) Offered() int { return c[In] + c[Missed] }

// Answered is the share of the calls that came in and were answered, from 0 to
// 1, and false if none came in.
func (c Counts) AnswerRate() (share float64, ok bool) {
	if c.Offered() == 0 {
		return 0, false
	}
	return float64(c[In]) / float64(c.Offered()), true
}

// Figures are the calls of a span.
type Summary struct {
	Span  Span
	Steps []Counts // of each step of the span; they add up to Total
	Total Counts
	Talk  time.Duration // of all answered calls

	// Outside are entries that are left out: not calls, made at another time
	// or at one that cannot be read.
	Excluded int

	// Double are entries that came more than once, as they do when pages are
	// read while calls end.
	Duplicates int

	calls []call
}

// A call is what must be known of an entry to count it for somebody.
type call struct {
	kind       Kind
	talk       time.Duration
	extensions []Extension
	answered   bool // the owners are who took it
}

// Extension names a user, a telephone or a line of the account: "w0", "e0".
type Extension string

// Member is what one user did.
type MemberCounts struct {
	Counts // In: taken; Missed: rang here, and nobody took it; Out, Unreached: made
	Talk   time.Duration
}

// Count counts the entries that are calls of the span, each of them once,
// whatever their order.
func Count(s Span, entries []sipgate.HistoryEntry) Summary {
	f := Summary{Span: s, Steps: make([]Counts, s.Len())}
	ids, calls := map[string]bool{}, callIDs(entries)
	for _, e := range entries {
		step, within := s.Step(e.Created)
		switch {
		case e.ID != "" && ids[e.ID]:
			f.Duplicates++
			continue
		case !within, e.Type != "CALL" && e.Type != "VOICEMAIL":
			f.Excluded++
		case e.Type == "VOICEMAIL" && calls[e.CallID]:
			f.Duplicates++ // the message of a call that is an entry, too
		default:
			f.count(step, e)
		}
		ids[e.ID] = true
	}
	return f
}

// spoken are the calls that have an entry of their own.
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

// People tells what each user did, if it is known whose the extensions are;
// those of "" are shared, and
// users are their own. An answered call is that of one user, a missed one of
// everybody whom it rang. Unowned are answered calls of which nobody knows whose
// they were.
func (f Summary) ByMember(owners map[Extension]sipgate.UserID) (people map[sipgate.UserID]MemberCounts, unowned int) {
	people = map[sipgate.UserID]MemberCounts{}
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
			users = users[:choose(c.answered, 1, 0)] // nobody knows which of those whom it names
		}
		if len(users) == 0 && (c.kind == In || c.kind == Out) {
			unowned++
		}
		for _, u := range users {
			m := people[u]
			m.Counts[c.kind]++
			m.Talk += c.talk
			people[u] = m
		}
	}
	return people, unowned
}

// KindOf tells the kind of an entry. A call that a voicemail took is missed.
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

// ownersOf are the extensions whose users a call is counted for, and whether
// they took it: where nobody did, those that it names. Of a call of unknown
// direction nothing is said.
func extensionsOf(e sipgate.HistoryEntry, kind Kind) (found []Extension, taken bool) {
	names := e.AnsweredBy
	taken = len(names) > 0 && kind != Missed
	switch {
	case kind == Unknown:
		return nil, false
	case !taken && len(e.Endpoints) > 0:
		names = e.Endpoints
	case !taken:
		names = e.ConnectionIDs
	}
	for _, n := range names {
		if x := Extension(n); isPersonal(n) && !slices.Contains(found, x) {
			found = append(found, x)
		}
	}
	return found, taken
}

// personal tells extensions that can be somebody's: users, telephones and
// lines, and not groups or voicemails.
func isPersonal(extension string) bool {
	return extension != "" && strings.ContainsRune("wepxy", rune(extension[0]))
}
