package switchboard

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"callboard/sipgate"
)

// eventSequences are the documented sequences, with what the board shows after
// each event if they arrive in order.
var eventSequences = map[string]struct {
	events []sipgate.Event
	want   []string
}{
	"group call": sequence(
		newCall("A", sipgate.Incoming, jennifer, group, "Doc", "Marty"), "ringing A Jennifer>Team [Doc Marty] []",
		answer(newCall("A", sipgate.Incoming, jennifer, group), "Marty"), "connected A Jennifer>Marty [Marty] []",
		hangup(newCall("A", sipgate.Incoming, jennifer, group), "normalClearing"), "ended A Jennifer>Marty [Marty] []",
	),
	"transfer, by diversion": sequence(
		toDoc, "ringing A Jennifer>Doc [Doc] []",
		answer(toDoc, "Doc"), "connected A Jennifer>Doc [Doc] []",
		withDiversion(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), doc), "connected A Jennifer>Doc [Doc] []",
		answer(withDiversion(newCall("B", sipgate.Incoming, jennifer, marty), doc), "Marty"), "connected B Jennifer>Marty [Marty] [Doc]",
		hangup(toDoc, "normalClearing"), "connected B Jennifer>Marty [Marty] [Doc]",
	),
	"transfer, by origin": sequence(
		toDoc, "ringing A Jennifer>Doc [Doc] []",
		answer(toDoc, "Doc"), "connected A Jennifer>Doc [Doc] []",
		withOrigin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "A", ""), "connected A Jennifer>Doc [Doc] []",
		answer(newCall("B", sipgate.Incoming, jennifer, marty), "Marty"), "connected B Jennifer>Marty [Marty] [Doc]",
		hangup(toDoc, "normalClearing"), "connected B Jennifer>Marty [Marty] [Doc]",
	),
	"transfer, not picked up": sequence(
		toDoc, "ringing A Jennifer>Doc [Doc] []",
		answer(toDoc, "Doc"), "connected A Jennifer>Doc [Doc] []",
		withDiversion(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), doc), "connected A Jennifer>Doc [Doc] []",
		hangup(withDiversion(newCall("B", sipgate.Incoming, jennifer, marty), doc), "noAnswer"), "connected A Jennifer>Doc [Doc] []",
	),
	"transfer to an outside number": sequence(
		toDoc, "ringing A Jennifer>Doc [Doc] []",
		answer(toDoc, "Doc"), "connected A Jennifer>Doc [Doc] []",
		withOrigin(withDiversion(newCall("B", sipgate.Outgoing, jennifer, "4915799999999", "Doc"), doc), "A", ""), "connected A Jennifer>Doc [Doc] []",
		answer(newCall("B", sipgate.Outgoing, jennifer, "4915799999999"), ""), "connected B Jennifer>+4915799999999 [Doc] [Doc]",
		hangup(toDoc, "normalClearing"), "connected B Jennifer>+4915799999999 [Doc] [Doc]",
	),
	"forward to voicemail": sequence(
		withOrigin(toDoc, "A", "x1"), "ringing A Jennifer>Doc [Doc] []",
		hangup(toDoc, "forwarded"), "ended A Jennifer>Doc [Doc] []",
		withOrigin(withDiversion(newCall("B", sipgate.Incoming, jennifer, doc, "voicemail"), doc), "A", "x1"), "ringing B Jennifer>voicemail [voicemail] [Doc]",
		answer(newCall("B", sipgate.Incoming, jennifer, doc), "voicemail"), "connected B Jennifer>voicemail [voicemail] [Doc]",
	),
	"click to dial": sequence(
		withOrigin(newCall("X", sipgate.Outgoing, doc, jennifer, "Doc"), "X", "x2"), "ringing X Jennifer<Doc [Doc] []",
		withOrigin(newCall("Y", sipgate.Incoming, jennifer, doc, "Doc"), "X", "x2"), "ringing X Jennifer<Doc [Doc] []",
		answer(newCall("Y", sipgate.Incoming, jennifer, doc), "Doc"), "ringing X Jennifer<Doc [Doc] []",
		answer(newCall("X", sipgate.Outgoing, doc, jennifer), "Doc"), "connected X Jennifer<Doc [Doc] []",
		hangup(newCall("Y", sipgate.Incoming, jennifer, doc), "normalClearing"), "connected X Jennifer<Doc [Doc] []",
	),
}

var toDoc = newCall("A", sipgate.Incoming, jennifer, doc, "Doc")

func withDiversion(e sipgate.Event, by string) sipgate.Event {
	e.Diversion = by
	return e
}

func withOrigin(e sipgate.Event, id sipgate.CallID, xcid string) sipgate.Event {
	e.OrigCallID, e.XCID = id, xcid
	return e
}

// sequence takes events alternating with what the board shows after each.
func sequence(parts ...any) (s struct {
	events []sipgate.Event
	want   []string
}) {
	for i := 0; i < len(parts); i += 2 {
		s.events = append(s.events, parts[i].(sipgate.Event))
		s.want = append(s.want, parts[i+1].(string))
	}
	return s
}

var someNames = map[string]string{
	"+" + jennifer: "Jennifer", "+" + doc: "Doc", "+" + marty: "Marty", "+" + group: "Team",
}

// summary describes calls in short: phase, leg, parties, users, previous
// parties.
func summary(calls []Call) string {
	var lines []string
	for _, c := range calls {
		name := func(p Party) string {
			if p.Name != "" {
				return p.Name
			}
			return p.Number
		}
		arrow := map[sipgate.Direction]string{sipgate.Incoming: ">", sipgate.Outgoing: "<"}[c.Direction]
		var before []string
		for _, p := range c.PreviousParties {
			before = append(before, name(p))
		}
		lines = append(lines, fmt.Sprintf("%s %s %s%s%s %v %v", []string{"ringing", "connected", "ended"}[c.Phase],
			c.CallID, name(c.Remote), arrow, name(c.Local), c.UserNames, before))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

func TestEventSequences(t *testing.T) {
	for name, s := range eventSequences {
		t.Run(name, func(t *testing.T) {
			b := newBoard(t, newFakeSipgate())
			b.SetNames(someNames)
			var row RowID
			for i, e := range s.events {
				b.Observe(e)
				c := onlyCall(t, b)
				if i > 0 && c.ID != row {
					t.Errorf("after %d events the row is another", i+1)
				}
				row = c.ID
				if got, want := summary([]Call{c}), "["+s.want[i]+"]"; got != want {
					t.Errorf("after %d events\n got %s\nwant %s", i+1, got, want)
				}
			}
		})
	}
}

// In whatever order the events of a sequence arrive, repeated or not, the
// board's live calls are the same in the end.
func TestEventOrderDoesNotMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, s := range eventSequences {
			want := ""
			for n, events := range permutations(s.events) {
				b := newBoard(t, newFakeSipgate())
				b.SetNames(someNames)
				var kept []Call
				for _, e := range events {
					b.Observe(e)
					if n%7 == 0 {
						b.Observe(e)
					}
				}
				for _, c := range b.Snapshot().Calls {
					if c.Phase != Ended {
						kept = append(kept, c)
					}
				}
				got := summary(kept)
				if n == 0 {
					want = got
				} else if got != want {
					var order []string
					for _, e := range events {
						order = append(order, string(e.Kind)+" "+string(e.CallID))
					}
					t.Errorf("%s as %v\n got %s\nwant %s", name, order, got, want)
				}
			}
		}
	})
}

// permutations returns all orders of events, the given one first.
func permutations(events []sipgate.Event) [][]sipgate.Event {
	if len(events) <= 1 {
		return [][]sipgate.Event{events}
	}
	var all [][]sipgate.Event
	for i := range events {
		rest := slices.Concat(events[:i], events[i+1:])
		for _, p := range permutations(rest) {
			all = append(all, append([]sipgate.Event{events[i]}, p...))
		}
	}
	return all
}
