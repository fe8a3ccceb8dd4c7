package stats

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callboard/sipgate"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestCount(t *testing.T) {
	at := func(h, m int) time.Time { return time.Date(2026, 11, 23, h, m, 0, 0, time.UTC) }
	entry := func(id, direction string, created time.Time, edit func(e *sipgate.HistoryEntry)) sipgate.HistoryEntry {
		e := sipgate.HistoryEntry{ID: id, Type: "CALL", Direction: direction, Created: created}
		if edit != nil {
			edit(&e)
		}
		return e
	}
	f := Count(Day(noon), []sipgate.HistoryEntry{
		entry("1", "INCOMING", at(9, 0), func(e *sipgate.HistoryEntry) {
			e.Duration, e.Endpoints, e.AnsweredBy = time.Minute, []string{"g0", "w0", "w1"}, []string{"w1"}
		}),
		entry("1", "INCOMING", at(9, 0), nil), // an entry repeated on the next page
		entry("2", "MISSED_INCOMING", at(9, 59), func(e *sipgate.HistoryEntry) { e.Endpoints, e.CallID = []string{"w0", "e0", "w1"}, "A" }),
		entry("3", "INCOMING", at(9, 59), func(e *sipgate.HistoryEntry) { e.Type, e.CallID = "VOICEMAIL", "A" }),
		entry("4", "INCOMING", at(10, 0), func(e *sipgate.HistoryEntry) { e.Type, e.Duration = "VOICEMAIL", time.Hour }),
		entry("5", "OUTGOING", at(10, 0), func(e *sipgate.HistoryEntry) {
			e.Duration, e.ConnectionIDs = 2*time.Minute, []string{"p0"}
		}),
		entry("6", "OUTGOING", at(23, 59), func(e *sipgate.HistoryEntry) { e.Endpoints = []string{"w0", "w1"} }),
		entry("7", "MISSED_OUTGOING", at(0, 0), func(e *sipgate.HistoryEntry) { e.Endpoints = []string{"e0"} }),
		entry("8", "", at(11, 0), func(e *sipgate.HistoryEntry) { e.Endpoints = []string{"w0"} }),
		entry("9", "INCOMING", at(24, 0), nil),
		entry("10", "INCOMING", time.Time{}, nil),
		entry("11", "INCOMING", at(9, 0), func(e *sipgate.HistoryEntry) { e.Type = "FAX" }),
	})
	want := Counts{In: 1, Out: 2, Missed: 2, Unreached: 1, Unknown: 1}
	if f.Total != want || f.Talk != 3*time.Minute || f.Duplicates != 2 || f.Excluded != 3 {
		t.Errorf("%+v, talk %v, %d double, %d outside", f.Total, f.Talk, f.Duplicates, f.Excluded)
	}
	if f.Steps[9] != (Counts{In: 1, Missed: 1}) || f.Steps[10] != (Counts{Out: 1, Missed: 1}) || f.Steps[23] != (Counts{Out: 1}) || f.Steps[0] != (Counts{Unreached: 1}) {
		t.Errorf("steps: %v", f.Steps)
	}
	members, unowned := f.ByMember(map[string]sipgate.UserID{"w0": "w0", "e0": "w0", "w1": "w1", "p0": "w0", "p7": ""})
	if diff := cmp.Diff(map[sipgate.UserID]MemberCounts{
		"w0": {Counts: Counts{Missed: 1, Out: 1, Unreached: 1}, Talk: 2 * time.Minute},
		"w1": {Counts: Counts{In: 1, Missed: 1}, Talk: time.Minute},
	}, members); diff != "" || unowned != 1 {
		t.Errorf("%s\n%d unowned", diff, unowned)
	}
	if share, ok := f.Total.AnswerRate(); !ok || share != 1.0/3 {
		t.Errorf("answer rate %v, %v", share, ok)
	}
	if _, ok := (Counts{Out: 3}).AnswerRate(); ok {
		t.Error("answer rate without incoming calls")
	}
}

// zones include those whose clocks jump at midnight, by half an hour, and over a
// whole day.
var zones = []string{"Europe/Berlin", "UTC", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "America/New_York"}

// For random entries, zones and days, each entry is counted, excluded or a
// duplicate; the steps add up to the total; repetition changes nothing.
func TestCountProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		now := time.Unix(rapid.Int64Range(1_200_000_000, 1_900_000_000).Draw(t, "now"), 0).In(zone)
		span := Day(now)
		if n := rapid.IntRange(0, 8).Draw(t, "days"); n > 0 {
			span = Days(now, n)
		}
		checkSpan(t, span, now)
		entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sipgate.HistoryEntry {
			return sipgate.HistoryEntry{
				ID:         rapid.SampledFrom([]string{"", "1", "2", "3", "4", "5", "6", "7"}).Draw(t, "id"),
				CallID:     sipgate.CallID(rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "call")),
				Type:       rapid.SampledFrom([]string{"CALL", "CALL", "VOICEMAIL", "FAX", ""}).Draw(t, "type"),
				Direction:  rapid.SampledFrom([]string{"INCOMING", "OUTGOING", "MISSED_INCOMING", "MISSED_OUTGOING", "", "SIDEWAYS"}).Draw(t, "direction"),
				Endpoints:  rapid.SliceOfN(rapid.SampledFrom([]string{"w0", "w1", "e0", "g0", "v0"}), 0, 3).Draw(t, "endpoints"),
				AnsweredBy: rapid.SliceOfN(rapid.SampledFrom([]string{"w0", "w1", "e0"}), 0, 2).Draw(t, "answered by"),
				Created:    span.From().Add(time.Duration(rapid.Int64Range(-7200, 8*25*3600).Draw(t, "created")) * time.Second),
				Duration:   time.Duration(rapid.Int64Range(-5, 3600).Draw(t, "duration")) * time.Second,
			}
		}), 0, 40).Draw(t, "entries")
		f := Count(span, entries)
		var sum Counts
		for _, b := range f.Steps {
			for k, n := range b {
				sum[k] += n
			}
		}
		if sum != f.Total {
			t.Fatalf("the steps add up to %v, the total is %v", sum, f.Total)
		}
		if n := f.Total.Sum() + f.Excluded + f.Duplicates; n != len(entries) {
			t.Fatalf("%d entries became %d", len(entries), n)
		}
		checkMembers(t, f)
		checkRepetition(t, span, entries, f)
	})
}

// checkSpan fails unless each moment of the span is in exactly one step.
func checkSpan(t *rapid.T, s Span, now time.Time) {
	if _, within := s.Step(now); !within {
		t.Fatalf("%v is not within %v to %v", now, s.From(), s.To())
	}
	for i := range s.Len() {
		begin, end := s.Start(i), s.Start(i+1)
		if end.Before(begin) || !s.Daily() && (end.Sub(begin) > time.Hour || end.Equal(begin)) {
			t.Fatalf("step %d is from %v to %v", i, begin, end)
		}
		if end.Equal(begin) {
			continue // a day that a country skipped
		}
		for _, moment := range []time.Time{begin, end.Add(-1)} {
			if step, ok := s.Step(moment); !ok || step != i {
				t.Fatalf("%v is in step %d, want %d", moment, step, i)
			}
		}
	}
	if before, after := s.From().Add(-1), s.To(); before.Day() == s.From().Day() || after.Add(-1).Day() == after.Day() {
		t.Fatalf("from %v to %v are not whole days", s.From(), s.To())
	}
	if _, ok := s.Step(s.To()); ok {
		t.Fatal("the end is part of the span")
	}
}

// checkMembers fails if the members' calls do not add up to the total.
func checkMembers(t *rapid.T, f Summary) {
	members, unowned := f.ByMember(map[string]sipgate.UserID{"w0": "w0", "e0": "w0", "w1": "w1"})
	var sum MemberCounts
	for _, m := range members {
		for k, n := range m.Counts {
			sum.Counts[k] += n
		}
		sum.Talk += m.Talk
		if m.Counts[Missed] > f.Total[Missed] {
			t.Fatalf("a member missed %d of %d", m.Counts[Missed], f.Total[Missed])
		}
	}
	if sum.Counts[In]+sum.Counts[Out]+unowned != f.Total[In]+f.Total[Out] || sum.Talk > f.Talk || sum.Counts[Unknown] != 0 {
		t.Fatalf("the members' %+v and %d unowned do not add up to %+v", sum, unowned, f.Total)
	}
}

// checkRepetition fails if an entry with an id is counted twice.
func checkRepetition(t *rapid.T, s Span, entries []sipgate.HistoryEntry, f Summary) {
	var named []sipgate.HistoryEntry
	for _, e := range entries {
		if e.ID != "" {
			named = append(named, e)
		}
	}
	once, twice := Count(s, named), Count(s, append(named[:len(named):len(named)], named...))
	if diff := cmp.Diff(once.Steps, twice.Steps); diff != "" || once.Talk != twice.Talk || once.Total != twice.Total {
		t.Fatalf("repeated entries are counted:\n%s", diff)
	}
}

func TestSpansOnClockChanges(t *testing.T) {
	for _, test := range []struct {
		zone, day string
		hours     int
		first     string
	}{
		{"Europe/Berlin", "2026-03-29", 23, "00:00"},
		{"Europe/Berlin", "2026-10-25", 25, "00:00"},
		{"Europe/Berlin", "2026-11-25", 24, "00:00"},
		{"America/Havana", "2026-03-08", 23, "01:00"}, // no midnight
		{"America/Havana", "2026-11-01", 25, "00:00"},
		{"Australia/Lord_Howe", "2026-04-05", 25, "00:00"}, // 24.5 hours
		{"Australia/Lord_Howe", "2026-10-04", 24, "00:00"},
		{"Asia/Kathmandu", "2026-10-25", 24, "00:00"},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.ParseInLocation(time.DateTime, test.day+" 15:00:00", zone)
		if err != nil {
			t.Fatal(err)
		}
		s := Day(day)
		if s.Len() != test.hours || s.From().Format("15:04") != test.first || s.From().Format(time.DateOnly) != test.day {
			t.Errorf("%s in %s has %d hours from %v", test.day, test.zone, s.Len(), s.From())
		}
		if week := Days(day, 7); week.Len() != 7 || !week.Start(6).Equal(s.From()) || !week.To().Equal(s.To()) {
			t.Errorf("the week up to %s in %s is %v", test.day, test.zone, week)
		}
	}
	// The repeated hour is two steps.
	berlin, _ := time.LoadLocation("Europe/Berlin")
	s := Day(time.Date(2026, 10, 25, 12, 0, 0, 0, berlin))
	first, second := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)
	a, _ := s.Step(first)
	b, _ := s.Step(second)
	if a != 2 || b != 3 || s.Start(a).Format("15:04") != "02:00" || s.Start(b).Format("15:04") != "02:00" {
		t.Errorf("2:30 and 2:30 are in steps %d and %d", a, b)
	}
}
