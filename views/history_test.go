package views

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
)

// An entry of the history is titled by what is known of it, and marked by what it is.
func TestHistoryEntriesAreNamed(t *testing.T) {
	in, out := sipgate.Incoming, sipgate.Outgoing
	for _, test := range []struct {
		e                 HistoryEntry
		title, icon, kind string
	}{
		{HistoryEntry{Type: "CALL", Direction: in, Name: "Mia", Number: "+49"}, "Mia", "in", English.T("row.in")},
		{HistoryEntry{Type: "CALL", Direction: out, Number: "+49"}, "+49", "out", English.T("row.out")},
		{HistoryEntry{Type: "CALL"}, English.T("row.anonymous"), "both", English.T("row.unknown_direction")},
		{HistoryEntry{Type: "CALL", Direction: in, Missed: true}, English.T("row.anonymous"), "in", "Missed"},
		{HistoryEntry{Type: "CALL", Direction: out, Missed: true}, English.T("row.anonymous"), "out", "No answer"},
		{HistoryEntry{Type: "VOICEMAIL", Direction: in, Missed: true}, English.T("row.anonymous"), "voicemail", English.T("history.type.VOICEMAIL")},
		{HistoryEntry{Type: "FAX", Direction: out}, English.T("row.anonymous"), "fax", English.T("history.type.FAX")},
		{HistoryEntry{Type: "SMS", Direction: in}, English.T("row.anonymous"), "sms", English.T("history.type.SMS")},
	} {
		if title, kind := test.e.title(English), test.e.kindName(English); title != test.title || test.e.icon() != icon(test.icon) || kind != test.kind {
			t.Errorf("%+v: %q, %s, %q", test.e, title, test.e.icon(), kind)
		}
	}
	for want, e := range map[string]HistoryEntry{
		"Recording":             {Recordings: []Recording{{}}},
		"Recording 1 of 2":      {Recordings: []Recording{{}, {}}},
		"Voicemail message":     {Type: "VOICEMAIL", Recordings: []Recording{{}, {}}},
		"What was said at last": {Type: "VOICEMAIL", Recordings: []Recording{{Title: "What was said at last"}}},
	} {
		if got := e.recordingName(English, 0); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	names := func(flags []entryFlag) (names string) {
		for _, f := range flags {
			names += fmt.Sprint(f.path, " ", f.on, " ", f.value(), ", ")
		}
		return names
	}
	e := HistoryEntry{Read: true, Starred: true}
	if got := names(e.shownFlags(English)); got != "star true false, " {
		t.Errorf("shows %s", got)
	}
	if got := names(e.toggles(English)); got != "/star true false, /read true false, /archive false true, " {
		t.Errorf("toggles %s", got)
	}
	if got := names(HistoryEntry{Archived: true}.shownFlags(English)); got != "new true false, archive true false, " {
		t.Errorf("shows %s", got)
	}
}

// The filters that are folded are shown as soon as one of them is set.
func TestFoldedFiltersAreShownIfSet(t *testing.T) {
	for _, test := range []struct {
		f           HistoryFilter
		set, folded bool
	}{
		{HistoryFilter{}, false, false},
		{HistoryFilter{Direction: "in", Member: "w0", Text: "x", Missed: true, Unread: true}, true, false},
		{HistoryFilter{Number: "1"}, true, true}, {HistoryFilter{From: "2026-11-23"}, true, true}, {HistoryFilter{To: "2026-11-23"}, true, true},
		{HistoryFilter{Type: "FAX"}, true, true}, {HistoryFilter{Archived: true}, true, true}, {HistoryFilter{Starred: true}, true, true},
	} {
		if test.f.isSet() != test.set || test.f.usesFolded() != test.folded {
			t.Errorf("%+v: set %v, folded %v", test.f, test.f.isSet(), test.f.usesFolded())
		}
	}
	checked := HistoryModel{Filter: HistoryFilter{Missed: true, Archived: true}}
	for _, c := range append(checked.checks(English), checked.moreChecks(English)...) {
		if want := c.path == "missed" || c.path == "archived"; c.on != want {
			t.Errorf("%s is %v", c.path, c.on)
		}
	}
}

// A timeline says what happened in words: causes, verbs and numbers are not codes.
func TestTimelineIsInWords(t *testing.T) {
	event := func(kind, detail string) CallEvent { return testFormat.Event(moment, false, kind, "Mia", detail) }
	for _, test := range []struct{ kind, detail, want string }{
		{"moved", "+4930901820", "+49 309 01820"}, {"moved", "+", "+"}, {"moved", "+49 Mia", "+49 Mia"}, {"moved", "4930901820", "4930901820"},
		{"tones", "3", English.T("event.times", 3)}, {"tones", "many", "many"}, {"announced", "3", "3"},
		{"ended", "busy", "Busy"}, {"ended", "oddCause", "oddCause"}, {"failed", "hold", "Hold"}, {"noted", "+4930901820", ""},
	} {
		if got := event(test.kind, test.detail).detailText(English); got != test.want {
			t.Errorf("%s %q: %q, want %q", test.kind, test.detail, got, test.want)
		}
	}
	for kind := range eventIcons {
		for _, cause := range []string{"busy", "cancel", "normalClearing"} {
			if e := event(kind, cause); e.detailText(English) == e.name(English) {
				t.Errorf("%s says %q twice", kind, e.name(English))
			}
		}
	}
	if e := (CallEvent{At: moment, Approximate: true}); e.clock(nil) != "~14:03:20" || (CallEvent{At: moment}).clock(nil) != "14:03:20" {
		t.Errorf("at %s", e.clock(nil))
	}
	m := CallPageModel{Events: []CallEvent{event("rang", ""), event("noted", "+49301 calls back")}}
	if n := m.notes(); len(n) != 1 || n[0] != (Note{moment, "Mia", "+49301 calls back"}) {
		t.Errorf("notes of the timeline: %+v", n)
	}
	if m.Notes = []Note{}; len(m.notes()) != 0 {
		t.Errorf("notes: %+v", m.notes())
	}
}

// A note is folded in the list, where an entry is one line, and shown on the page of
// its call; nothing that went out is new.
func TestNotesAreFoldedInTheListOnly(t *testing.T) {
	for next, open := range map[string]bool{"/history": false, "/history?missed=true": false, "/history/17": true, "/calls/ABC": true} {
		page := html(t, EntryActions(English, HistoryEntry{ID: "17", Note: "n", Next: next}))
		if strings.Contains(page, `noted" open`) != open {
			t.Errorf("of %s: %s", next, page)
		}
	}
	for direction, fresh := range map[sipgate.Direction]bool{sipgate.Incoming: true, sipgate.Outgoing: false} {
		if e := (HistoryEntry{Direction: direction, Missed: true}); e.isNew() != fresh || (len(e.shownFlags(English)) > 0) != fresh {
			t.Errorf("a missed call %s is new: %v", direction, e.isNew())
		}
	}
}

// Entries stand under their days in the team's zone, the newest first by the time
// that is shown.
func TestEntriesStandUnderTheirDays(t *testing.T) {
	zone := time.FixedZone("east", 3600)
	at := func(s string) time.Time {
		when, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	m := HistoryModel{Entries: []HistoryEntry{{ID: "a", When: at("2026-11-28T22:30:00Z")}, {ID: "b", When: at("2026-11-28T23:30:00Z")}, {ID: "c", When: at("2026-11-29T10:00:00Z")}}}
	got := ""
	for _, day := range m.days(zone) {
		got += day.date + ":"
		for _, e := range day.entries {
			got += e.ID
		}
		got += " "
	}
	if got != "2026-11-29:cb 2026-11-28:a " {
		t.Errorf("%s", got)
	}
}
