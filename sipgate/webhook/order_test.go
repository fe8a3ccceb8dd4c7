package webhook

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// form encodes an event of our users; more are pairs of names and values.
func form(kind, id, direction, from, to string, users []string, more ...string) string {
	body := "event=" + kind + "&callId=" + id + "&direction=" + direction + "&from=" + from + "&to=" + to
	brackets := ""
	if kind == "newCall" {
		brackets = "%5B%5D"
	}
	for i, u := range users {
		body += "&user" + brackets + "=" + url.QueryEscape(u)
		if u != "voicemail" {
			body += fmt.Sprintf("&userId%s=w%d&fullUserId%s=%sw%d", brackets, i, brackets, ours, i)
		}
	}
	for i := 0; i < len(more); i += 2 {
		body += "&" + more[i] + "=" + more[i+1]
	}
	return body
}

const outside = "4915799999999"

// documented holds the sequences that sipgate documents, and what the board
// shows in the end.
var documented = map[string]struct {
	want   string
	events []string
}{
	"group call": {"[connected in " + jennifer + " 4921170000000 [Marty] []]", []string{
		form("newCall", "A", "in", jennifer, "4921170000000", []string{"Doc", "Marty"}, "origCallId", "A"),
		form("answer", "A", "in", jennifer, "4921170000000", []string{"Marty"}, "answeringNumber", marty),
	}},
	"group call, over": {"[]", []string{
		form("newCall", "A", "in", jennifer, "4921170000000", []string{"Doc", "Marty"}, "origCallId", "A"),
		form("answer", "A", "in", jennifer, "4921170000000", []string{"Marty"}, "answeringNumber", marty),
		form("hangup", "A", "in", jennifer, "4921170000000", nil, "cause", "normalClearing", "answeringNumber", marty),
	}},
	"transfer": {"[connected in " + jennifer + " " + marty + " [Marty] [" + doc + "]]", []string{
		form("newCall", "A", "in", jennifer, doc, []string{"Doc"}, "origCallId", "A"),
		form("answer", "A", "in", jennifer, doc, []string{"Doc"}, "answeringNumber", doc),
		form("newCall", "B", "in", jennifer, marty, []string{"Marty"}, "diversion", doc),
		form("answer", "B", "in", jennifer, marty, []string{"Marty"}, "answeringNumber", marty),
		form("hangup", "A", "in", jennifer, doc, nil, "cause", "normalClearing", "answeringNumber", doc),
	}},
	"transfer, not picked up": {"[connected in " + jennifer + " " + doc + " [Doc] []]", []string{
		form("newCall", "A", "in", jennifer, doc, []string{"Doc"}, "origCallId", "A"),
		form("answer", "A", "in", jennifer, doc, []string{"Doc"}, "answeringNumber", doc),
		form("newCall", "B", "in", jennifer, marty, []string{"Marty"}, "diversion", doc),
		form("hangup", "B", "in", jennifer, marty, nil, "cause", "noAnswer", "diversion", doc),
	}},
	"forward to voicemail": {"[connected in " + jennifer + " " + doc + " [voicemail] [" + doc + "]]", []string{
		form("newCall", "A", "in", jennifer, doc, []string{"Doc"}, "origCallId", "A", "xcid", "x1"),
		form("hangup", "A", "in", jennifer, doc, nil, "cause", "forwarded", "origCallId", "A", "xcid", "x1"),
		form("newCall", "B", "in", jennifer, doc, []string{"voicemail"}, "origCallId", "A", "xcid", "x1", "diversion", doc),
		form("answer", "B", "in", jennifer, doc, []string{"voicemail"}, "origCallId", "A", "xcid", "x1"),
	}},
	"click to dial": {"[connected out " + outside + " " + doc + " [Doc] []]", []string{
		form("newCall", "X", "out", doc, outside, []string{"Doc"}, "origCallId", "X", "xcid", "x2"),
		form("newCall", "Y", "in", outside, doc, []string{"Doc"}, "origCallId", "X", "xcid", "x2"),
		form("answer", "Y", "in", outside, doc, []string{"Doc"}, "xcid", "x2"),
		form("answer", "X", "out", doc, outside, []string{"Doc"}, "xcid", "x2"),
		form("hangup", "Y", "in", outside, doc, nil, "cause", "normalClearing", "xcid", "x2"),
	}},
}

// live describes the calls that have not ended.
func live(calls []switchboard.Call) string {
	plain := func(p switchboard.Party) string { return p.Number[min(1, len(p.Number)):] } // without the plus sign
	lines := []string{}
	for _, c := range calls {
		if c.Phase == switchboard.Ended {
			continue
		}
		var before []string
		for _, p := range c.PreviousParties {
			before = append(before, plain(p))
		}
		lines = append(lines, fmt.Sprint([]string{"ringing", "connected"}[c.Phase], " ", c.Direction, " ", plain(c.Remote), " ", plain(c.Local), " ", c.UserNames, " ", before))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

// Whatever the order of the events of a documented sequence, once or twice,
// none is refused and the board is the same in the end, whether or not the
// account's numbers are known.
func TestOrderOfEventsDoesNotMatter(t *testing.T) {
	own := []sipgate.AccountNumber{{Number: doc}, {Number: marty}, {Number: "4921170000000"}}
	for name, s := range documented {
		t.Run(name, func(t *testing.T) {
			for n, order := range orders(s.events) {
				k := newRig(t)
				if n%2 == 0 {
					k.SetNumbers(ours, own)
				}
				for _, e := range order {
					k.post(e)
					if n%3 == 0 {
						k.post(e)
					}
				}
				if got := live(k.board().Calls); got != s.want {
					t.Errorf("%q\n got %s\nwant %s", order, got, s.want)
				}
				if health := k.Health(ours); health.Accepted != len(order) || len(health.Refused) != 0 {
					t.Errorf("%q: %+v", order, health)
				}
				k.boards.Close()
			}
		})
	}
}

// A call whose newCall or answer is lost is what its other events say; a lost
// hangup is left to the lists.
func TestLostEvents(t *testing.T) {
	events := []string{rings("A"), answers("A"), hangs("A")}
	ringing := "[ringing in " + jennifer + " " + doc + " [Doc] []]"
	connected := "[connected in " + jennifer + " " + doc + " [Doc] []]"
	for came, want := range []string{"[]", ringing, connected, connected, "[]", "[]", "[]", "[]"} {
		k := newRig(t)
		for i, e := range events {
			if came&(1<<i) != 0 {
				k.post(e)
			}
		}
		if got := live(k.board().Calls); got != want {
			t.Errorf("%03b: %s, want %s", came, got, want)
		}
	}
}

// orders returns all orders of events.
func orders(events []string) [][]string {
	if len(events) <= 1 {
		return [][]string{events}
	}
	var all [][]string
	for i := range events {
		for _, rest := range orders(slices.Concat(events[:i], events[i+1:])) {
			all = append(all, append([]string{events[i]}, rest...))
		}
	}
	return all
}
