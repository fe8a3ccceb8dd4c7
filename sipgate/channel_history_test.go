package sipgate_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
)

// migrate moves the first account to neo, with the history of variant, and adds
// the calls of its channels to the client's history.
func (l *simulatedClient) migrate(t *testing.T, variant string) {
	t.Helper()
	p, err := l.sim.Platform("")
	if p.Name, p.History = simulator.PlatformNeo, variant; err == nil {
		err = l.sim.SetPlatform("", p)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.withChannels()
}

func (l *simulatedClient) withChannels() {
	client := l.Client
	l.ChannelHistory = sipgate.NewChannelHistory(func(ctx context.Context) ([]sipgate.Channel, error) {
		channels, err := client.Channels(ctx)
		if sipgate.KindOf(err) == sipgate.Forbidden {
			err = nil
		}
		return channels, err
	})
}

// someCalls makes n calls of every kind, ten seconds apart, none longer than that.
func (l *simulatedClient) someCalls(t *testing.T, n int) {
	t.Helper()
	const outside, anna, group = "+491713920014", "+492214710110", "+492214710100"
	for i := range n {
		ring := simulator.NewCall{From: outside, To: anna}
		switch i % 5 {
		case 1:
			ring.State = "established"
		case 2:
			ring = simulator.NewCall{Direction: "out", From: anna, To: outside, State: "established"}
		case 3:
			ring.To, ring.State = group, "established"
		}
		id, err := l.sim.Ring(ring)
		if err != nil {
			t.Fatal(err)
		}
		l.pass(4 * time.Second)
		if i%5 == 4 {
			if id, err = l.sim.Forward(id, "voicemail"); err != nil {
				t.Fatal(err)
			}
			l.pass(2 * time.Second)
		}
		if err := l.sim.HangUp(id, ""); err != nil {
			t.Fatal(err)
		}
		l.pass(4 * time.Second)
	}
}

// shown is what the history shows of an entry, whatever it was made of.
func shown(e sipgate.HistoryEntry) string {
	return fmt.Sprintln(e.Created.Format(time.TimeOnly), e.Type, e.Direction, e.Source, e.Target, e.Status, e.Duration, len(e.Recordings), len(e.AnsweredBy))
}

// The same calls are listed on both platforms, whatever sipgate's own history has
// of them: none twice, none missing, and as many as are counted. Without the
// scope for channels it is what sipgate's history has.
func TestHistoryIsTheSameOnBothPlatforms(t *testing.T) {
	const calls = 23
	var want []string
	for _, test := range []struct {
		platform, variant, scope string
		all                      bool
	}{
		{"classic", "", "all", true},
		{"classic", "", "history:read", true},
		{"neo", simulator.HistoryEmpty, "all", true},
		{"neo", simulator.HistoryFax, "all", true},
		{"neo", simulator.HistoryMigrated, "all", true},
		{"neo", simulator.HistoryEmpty, "history:read", false},
		{"neo", simulator.HistoryFax, "history:read", false},
		{"neo", simulator.HistoryMigrated, "history:read", true},
	} {
		name := strings.Join([]string{test.platform, test.variant, test.scope}, " ")
		l := open(t, simulator.Options{})
		if test.platform == "neo" {
			l.migrate(t, test.variant)
		}
		l.someCalls(t, calls)
		l.as(t, "w0", test.scope)
		l.withChannels()
		var got []string
		q := sipgate.HistoryQuery{Types: []string{"CALL", "VOICEMAIL"}, Limit: 7}
		total := 0
		for {
			page, err := l.History(t.Context(), q)
			if err != nil || page.Failed != nil {
				t.Fatal(name, err, page.Failed)
			}
			for _, e := range page.Items {
				got = append(got, shown(e))
			}
			total, q.Offset = page.Total, q.Offset+page.Len()
			if page.Len() == 0 || q.Offset >= page.Total {
				break
			}
		}
		if want == nil {
			want = got
		}
		switch {
		case !test.all && len(got) != 0:
			t.Errorf("%s: %d entries", name, len(got))
		case test.all && !slices.Equal(got, want):
			t.Errorf("%s:\n%swant\n%s", name, got, want)
		case total != len(got):
			t.Errorf("%s: total %d of %d entries", name, total, len(got))
		}
		missed, err := l.History(t.Context(), sipgate.HistoryQuery{Directions: []string{"MISSED_INCOMING"}, Limit: 100})
		if n := len(missed.Items); test.all && (err != nil || n != 9) {
			t.Errorf("%s: %d missed, %v", name, n, err)
		}
	}
}

// A source that fails is reported, and the other one is shown.
func TestHistoryWithoutOneOfItsSources(t *testing.T) {
	for name, test := range map[string]struct {
		path        string
		items       int
		failed, err bool
	}{
		"neither":  {"/v2/nothing", 3, false, false},
		"history":  {"/v2/history", 3, true, false},
		"channels": {"/v2/channels/*/events", 0, true, false},
	} {
		l := open(t, simulator.Options{})
		l.migrate(t, simulator.HistoryEmpty)
		l.someCalls(t, 3)
		if _, err := l.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: 503, Path: test.path}); err != nil {
			t.Fatal(err)
		}
		page, err := l.History(t.Context(), sipgate.HistoryQuery{Limit: 10})
		if len(page.Items) != test.items || (page.Failed != nil) != test.failed || (err != nil) != test.err {
			t.Errorf("%s: %d items, %v, %v", name, len(page.Items), page.Failed, err)
		}
	}
}

// A call of a channel can be opened, with its recording, but not changed; a call
// that has just ended is listed at once.
func TestEntriesOfChannels(t *testing.T) {
	l := open(t, simulator.Options{})
	l.migrate(t, simulator.HistoryEmpty)
	l.someCalls(t, 2)
	id, err := l.sim.Ring(simulator.NewCall{To: "+492214710110", State: "established"})
	if err != nil {
		t.Fatal(err)
	}
	before, err := l.History(t.Context(), sipgate.HistoryQuery{Limit: 10})
	if err != nil || len(before.Items) != 2 {
		t.Fatalf("a running call: %d, %v", len(before.Items), err)
	}
	if err := l.Record(t.Context(), sipgate.CallID(id), true, true); err != nil {
		t.Fatal(err)
	}
	l.pass(5 * time.Second)
	l.sim.HangUp(id, "")
	l.withChannels() // as after a while
	after, err := l.History(t.Context(), sipgate.HistoryQuery{Limit: 10})
	if err != nil || len(after.Items) != 3 || after.Items[0].CallID != sipgate.CallID(id) {
		t.Fatalf("%+v, %v", after.Items, err)
	}
	e, err := l.HistoryEntry(t.Context(), after.Items[0].ID)
	if err != nil || !e.FromChannel() || e.Duration != 5*time.Second || len(e.Recordings) != 1 || !slices.Equal(e.AnsweredBy, []string{"w0"}) {
		t.Errorf("%+v, %v", e, err)
	}
	starred := true
	if err := l.ChangeEntry(t.Context(), e.ID, sipgate.EntryChange{Starred: &starred}); sipgate.KindOf(err) != sipgate.Unsupported {
		t.Errorf("a change: %v", err)
	}
	if _, err := l.HistoryEntry(t.Context(), e.ID+"x"); sipgate.KindOf(err) != sipgate.NoCall {
		t.Errorf("an unknown one: %v", err)
	}
}

// A call that was archived or marked in sipgate's history is not listed once more
// as one of its channel.
func TestArchivedAndStarredCallsAreNotDoubled(t *testing.T) {
	l := open(t, simulator.Options{})
	l.migrate(t, simulator.HistoryMigrated)
	l.someCalls(t, 4)
	list := func(q sipgate.HistoryQuery) (ids []string) {
		t.Helper()
		q.Limit = 20
		page, err := l.History(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			if e.FromChannel() {
				t.Errorf("%+v is made of an event", e)
			}
			ids = append(ids, e.ID)
		}
		return ids
	}
	all, yes := list(sipgate.HistoryQuery{}), true
	for i, change := range []sipgate.EntryChange{{Archived: &yes}, {Starred: &yes}} {
		if err := l.ChangeEntry(t.Context(), all[i], change); err != nil {
			t.Fatal(err)
		}
	}
	for q, want := range map[*sipgate.HistoryQuery][]string{
		{}: all[1:], {Archived: true}: all[:1], {Starred: "STARRED"}: all[1:2], {Starred: "UNSTARRED"}: all[2:],
	} {
		if got := list(*q); !slices.Equal(got, want) {
			t.Errorf("%+v: %q, want %q", *q, got, want)
		}
	}
}
