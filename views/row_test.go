package views

import (
	"context"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// action returns the button of a row for an action.
func action(t *testing.T, m RowModel, name string) Button {
	t.Helper()
	for _, b := range m.Actions {
		if b.Name == name {
			return b
		}
	}
	t.Fatalf("no button %q", name)
	return Button{}
}

func TestRowTogglesRequestTheOpposite(t *testing.T) {
	for _, on := range []bool{false, true} {
		c := testCall(t, "talking")
		c.Hold.On, c.Mute.On, c.Recording.On = on, on, on
		m := Format{}.RowFor(c, Allowed{}, English)
		for _, key := range []string{"hold", "mute", "record"} {
			b := action(t, m, key)
			if b.Dialog { // starting a recording opens a dialog
				if key != "record" || on {
					t.Errorf("%s is %v: a dialog", key, on)
				}
			} else if !b.Toggle || b.On != on {
				t.Errorf("%s is %v: %+v", key, on, b)
			}
		}
		page := html(t, Row(English, m))
		asks := regexp.MustCompile(`value="(true|false)" aria-pressed="(true|false)"`).FindAllStringSubmatch(page, -1)
		for _, ask := range asks {
			if ask[1] == ask[2] || ask[2] != strconv.FormatBool(on) {
				t.Errorf("on is %v: %s", on, ask[0])
			}
		}
		if len(asks) < 2 {
			t.Errorf("on is %v: %d toggles", on, len(asks))
		}
		want := map[bool][3]string{false: {"Hold", "Mute", "Record"}, true: {"Resume", "Unmute", "Stop rec"}}[on]
		for i, key := range []string{"hold", "mute", "record"} {
			if label := action(t, m, key).Label; label != want[i] {
				t.Errorf("on is %v: label %s, want %s", on, label, want[i])
			}
		}
	}
}

func TestRowShowsOnlyConfirmedState(t *testing.T) {
	c := testCall(t, "pending")
	m := Format{}.RowFor(c, Allowed{}, English)
	if hold := action(t, m, "hold"); m.State != "talking" || hold.On || !hold.Busy {
		t.Errorf("requested but not confirmed: state %s, hold %+v", m.State, hold)
	}
	if len(m.Chips) != 1 || m.Chips[0].Tone != "busy" || m.Chips[0].named() != "Mia: Putting on hold …" {
		t.Errorf("chips %+v", m.Chips)
	}
	for outcome, tone := range map[switchboard.Outcome]string{switchboard.Failed: "bad", switchboard.Unknown: "doubt"} {
		for _, verb := range []switchboard.Verb{"hold", "mute", "record", "transfer", "tones", "announce", "hangup"} {
			c.LastCommand = &switchboard.LastCommand{Verb: verb, Outcome: outcome, Reason: sipgate.Unavailable, At: moment}
			chips := Format{}.RowFor(c, Allowed{}, German).Chips
			if len(chips) != 1 || chips[0].Tone != tone {
				t.Errorf("%s, outcome %d: chips %+v", verb, outcome, chips)
			}
		}
	}
}

func TestRowOfOthersHasNoDialogs(t *testing.T) {
	m := Format{}.RowFor(testCall(t, "foreign"), Allowed{Reason: "not_yours"}, English)
	if m.Reason == "" || len(m.Actions) != 7 {
		t.Errorf("acts %v, why %q", m.Actions, m.Reason)
	}
	page := html(t, Row(English, m))
	if n := strings.Count(page, "disabled"); n != 7 {
		t.Errorf("%d buttons are disabled, want 7", n)
	}
	if links := strings.Count(page, "<a "); links != 1 || !strings.Contains(page, `href="/calls/foreign"`) || strings.Contains(page, "data-dialog") {
		t.Errorf("%d links: one opens a dialog for another's call, or none leads to its page", links)
	}
	for id, permit := range map[switchboard.RowID]Allowed{"ringing": {Reason: "not_yours"}, "ended": {}} {
		if len(Format{}.RowFor(testCall(t, id), permit, English).Actions) > 0 {
			t.Errorf("a call that is %s has buttons", id)
		}
	}
}

func TestRowPartiesAndDirection(t *testing.T) {
	for _, test := range []struct {
		remote             switchboard.Party
		wantTitle, wantSub string
	}{
		{switchboard.Party{Name: "Meier", Number: "+4930901820"}, "Meier", "+49 309 01820"},
		{switchboard.Party{Number: "+4930901820"}, "+49 309 01820", ""},
		{switchboard.Party{}, "Anonymous", ""},
		{switchboard.Party{Number: "e0"}, "Phone", ""},
	} {
		c := testCall(t, "talking")
		c.Remote = test.remote
		m := testFormat.RowFor(c, Allowed{}, English)
		if m.Title != test.wantTitle || m.Sub != test.wantSub {
			t.Errorf("%+v shows %q, %q; want %q, %q", test.remote, m.Title, m.Sub, test.wantTitle, test.wantSub)
		}
	}
	for d, want := range map[sipgate.Direction]string{sipgate.Incoming: "Incoming", sipgate.Outgoing: "Outgoing", sipgate.Unknown: "Direction unknown"} {
		c := testCall(t, "talking")
		c.Direction = d
		if got := (Format{}.RowFor(c, Allowed{}, English)).Direction; got != want {
			t.Errorf("%q is called %q", d, got)
		}
	}
	if m := (Format{}.RowFor(testCall(t, "foreign"), Allowed{}, German)); m.Approximate != "true" || m.ApproximateText == "" {
		t.Error("an approximate time is not marked")
	}
	if m := (Format{}.RowFor(testCall(t, "ended"), Allowed{}, German)); m.Since != "" || m.Clock != "3:28" {
		t.Errorf("an ended call still runs: since %q, %q", m.Since, m.Clock)
	}
}

// Our side of a call is shown by its people, or as what it is, always with the
// number.
func TestRowShowsOurSide(t *testing.T) {
	const number = "+49 211 12345610"
	for name, test := range map[string]struct {
		change     func(c *switchboard.Call)
		title, sub string
	}{
		"a member":     {func(c *switchboard.Call) {}, "Mia Brandt", number},
		"two members":  {func(c *switchboard.Call) { c.UserNames = []string{"Mia Brandt", "Tom Weber"} }, "Mia Brandt, Tom Weber", number},
		"a named line": {func(c *switchboard.Call) { c.Local.Name = "Hotline" }, "Mia Brandt", number},
		"a line":       {func(c *switchboard.Call) { c.Local.Name, c.UserNames = "Hotline", nil }, "Hotline", number},
		"a number":     {func(c *switchboard.Call) { c.UserNames = nil }, number, ""},
		"a voicemail":  {func(c *switchboard.Call) { c.Voicemail = true }, English.T("row.voicemail"), number},
	} {
		c := testCall(t, "talking")
		test.change(&c)
		if m := testFormat.RowFor(c, Allowed{}, English); m.Local != test.title || m.LocalSub != test.sub {
			t.Errorf("%s: %q, %q; want %q, %q", name, m.Local, m.LocalSub, test.title, test.sub)
		}
	}
	c := testCall(t, "recording")
	if m := testFormat.RowFor(c, Allowed{}, English); m.Previous != English.T("row.earlier", "Jonas Vogt, +49 892 00300") {
		t.Errorf("previous parties: %q", m.Previous)
	}
	c.PreviousParties, c.Internal, c.Voicemail = nil, true, true
	if m := testFormat.RowFor(c, Allowed{}, English); m.Previous != "" || m.Direction != English.T("row.internal") || m.Local == English.T("row.voicemail") {
		t.Errorf("an internal call: %q, %q, %q", m.Previous, m.Direction, m.Local)
	}
}

func TestActionID(t *testing.T) {
	id := regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)
	seen := map[string]bool{}
	for _, row := range []switchboard.RowID{"a", "b", switchboard.RowID(strings.Repeat("x", 300)), "ü/\x00"} {
		for seq := range uint64(3) {
			c := testCall(t, "talking")
			c.ID, c.ShownSeq = row, seq
			m, again := Format{}.RowFor(c, Allowed{}, English), Format{}.RowFor(c, Allowed{Reason: "not_yours"}, German)
			if m.ActionID != again.ActionID {
				t.Error("the action id of a row depends on the viewer")
			}
			if !id.MatchString(m.ActionID+"-transfer") || seen[m.ActionID] {
				t.Errorf("action id %q is malformed or used twice", m.ActionID)
			}
			seen[m.ActionID] = true
		}
	}
}

func TestStatus(t *testing.T) {
	for _, test := range []struct {
		health switchboard.Health
		state  string
		text   string
	}{
		{switchboard.Health{ListedAt: moment}, "live", ""},
		{switchboard.Health{}, "catching", ""},
		{switchboard.Health{ListRefused: true}, "live", English.T("health.unlisted_silent")},
		{switchboard.Health{ListedAt: moment, Failing: true, Reason: sipgate.Throttled}, "catching", "Too many requests to sipgate. Trying again"},
		{switchboard.Health{ListedAt: moment, Failing: true}, "catching", "The call list cannot be updated: sipgate reports an error."},
		{switchboard.Health{ListedAt: moment, Failing: true, Reason: sipgate.NoCredit}, "catching", "not enough credit"},
	} {
		m := NewStatus(test.health, moment)
		page := html(t, Status(English, m))
		if m.state() != test.state || !strings.Contains(page, test.text) {
			t.Errorf("%+v: state %s, %s", test.health, m.state(), page)
		}
	}
}

// BenchmarkRow renders one row. It should take at most 12 µs.
func BenchmarkRow(b *testing.B) {
	c := testCall(b, "recording")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := testFormat.RowHTMLFor(context.Background(), c, Allowed{}, German); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRowCached returns a row that another viewer rendered.
func BenchmarkRowCached(b *testing.B) {
	c := testCall(b, "recording")
	c.Memo = new(switchboard.Memo)
	for b.Loop() {
		if _, err := testFormat.RowHTMLFor(context.Background(), c, Allowed{}, German); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBoard50 renders the page with 50 calls, whose rows are cached.
func BenchmarkBoard50(b *testing.B) {
	var calls []switchboard.Call
	for range 50 {
		c := testCall(b, "talking")
		c.Memo = new(switchboard.Memo)
		calls = append(calls, c)
	}
	p := Page{Lang: German, MemberName: "Mia", Path: "/", Now: moment}
	b.ReportAllocs()
	for b.Loop() {
		m, err := testFormat.BoardFor(context.Background(), calls, func(switchboard.Call) Allowed { return Allowed{} }, German)
		if err != nil {
			b.Fatal(err)
		}
		m.Status = NewStatus(switchboard.Health{ListedAt: moment}, moment)
		if err := Board(p, m).Render(context.Background(), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
