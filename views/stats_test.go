package views

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/stats"
)

// Grid lines stand at round numbers, and there is room for the highest bar.
func TestChartHasRoundGridLines(t *testing.T) {
	for maxSum, want := range map[int]int{0: 1, 1: 1, 4: 1, 5: 2, 8: 2, 9: 5, 20: 5, 21: 10, 40: 10, 41: 20, 80: 20, 81: 50, 2000: 500, 2001: 1000} {
		if got := gridUnit(maxSum); got != want {
			t.Errorf("up to %d: every %d, want %d", maxSum, got, want)
		}
	}
}

// Bars are as high as their calls are many, stand side by side, and every so many
// has a label.
func TestChartBarsAreTrue(t *testing.T) {
	const width, height, labels = 600, 260, 3
	var m StatsModel
	m.Summary.Span = stats.Day(time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC))
	m.Steps = make([]stats.Counts, m.Summary.Span.Len())
	m.Steps[1] = stats.Counts{stats.In: 20}
	m.Steps[2] = stats.Counts{stats.In: 5, stats.Missed: 5}
	c := m.chart(English, width, height, labels)
	room := float64(height - chartTop - chartBase)
	if len(c.Bars) != 24 || len(c.Lines) != 5 || c.Lines[0] != (line{c.Base, "0"}) || c.Lines[4] != (line{chartTop, "20"}) {
		t.Fatalf("%d bars, lines %v", len(c.Bars), c.Lines)
	}
	for i, b := range c.Bars {
		sum := 0.
		for _, p := range b.Parts {
			h, err := strconv.ParseFloat(p.Height, 64)
			if sum += h; err != nil {
				t.Error(err)
			}
		}
		calls := m.Steps[i].Sum()
		if want := float64(calls) / 20 * room; sum < want-.2 || sum > want+.2 {
			t.Errorf("the bar of %d calls is %v high, want %v", calls, sum, want)
		}
		if (b.Sum != "") != (calls > 0) || calls > 0 && (b.Sum != decimal(calls) || b.SumY >= c.Base-int(sum)) {
			t.Errorf("the bar of %d calls says %q at %d", calls, b.Sum, b.SumY)
		}
		if (b.Label != "") != (i%labels == 0) || b.X < chartLeft || b.X+b.Width > width-chartRight || b.Middle != b.X+b.Width/2 {
			t.Errorf("bar %d: %+v", i, b)
		}
		if i > 0 && b.X < c.Bars[i-1].X+c.Bars[i-1].Width {
			t.Errorf("bar %d stands in the one before", i)
		}
	}
	if c.Bars[3].Label != "03:00" {
		t.Errorf("the bar of three o'clock is labelled %q", c.Bars[3].Label)
	}
	week := StatsModel{}
	week.Summary.Span = stats.Days(time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC), 7)
	week.Steps = make([]stats.Counts, 7)
	if label := week.chart(English, width, height, 1).Bars[6].Label; label != weekdayDate(English, time.UTC, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the last day of a week is labelled %q", label)
	}
	if kinds := m.shownKinds(); len(kinds) != len(stats.Kinds)-1 {
		t.Errorf("shown without calls of an unknown kind: %v", kinds)
	}
	if m.Total[stats.Unknown] = 1; len(m.shownKinds()) != len(stats.Kinds) {
		t.Errorf("shown with a call of an unknown kind: %v", m.shownKinds())
	}
}

// Statistics say how far they can be trusted, and nothing if they can.
func TestStatisticsSayWhatIsMissing(t *testing.T) {
	full := stats.Report{Known: true, AsOf: moment, Fetched: 2, Available: 2}
	with := func(change func(m *StatsModel)) StatsModel {
		m := StatsModel{Report: full}
		m.Summary.Span = stats.Day(moment)
		change(&m)
		return m
	}
	note := func(key string, args ...any) string { return English.T("figures.note."+key, args...) }
	throttled := English.T("reason.throttled")
	for name, test := range map[string]struct {
		m     StatsModel
		want  string
		value string
	}{
		"all is known":            {with(func(m *StatsModel) {}), "", "7"},
		"is being read":           {with(func(m *StatsModel) { m.Loading = true }), note("busy"), "7"},
		"could not be read again": {with(func(m *StatsModel) { m.Loading, m.Reason = true, "throttled" }), note("old", throttled, "14:03"), "7"},
		"could not be read":       {with(func(m *StatsModel) { m.Report, m.Reason = stats.Report{Summary: m.Summary}, "throttled" }), note("none", throttled), "–"},
		"was not read yet":        {with(func(m *StatsModel) { m.Report = stats.Report{Summary: m.Summary} }), "", "–"},
		"is incomplete":           {with(func(m *StatsModel) { m.Available = 3 }), note("incomplete", 2, 3), "7"},
		"neo":                     {with(func(m *StatsModel) { m.Neo, m.WaitCount, m.Fetched, m.Available = true, 1, 0, 0 }), note("neo"), "–"},
		"private channels":        {with(func(m *StatsModel) { m.Private = 2 }), note("private", 2), "7"},
		"neo with some calls":     {with(func(m *StatsModel) { m.Neo = true }), note("neo"), "7"},
		"less than was seen":      {with(func(m *StatsModel) { m.WaitCount, m.Fetched, m.Available = 1, 0, 0 }), note("unlike", 1), "7"},
		"nothing, as was seen":    {with(func(m *StatsModel) { m.Fetched, m.Available = 0, 0 }), "", "7"},
	} {
		if got := strings.Join(test.m.warnings(English), "|"); got != test.want || test.m.valueText("7") != test.value {
			t.Errorf("%s: %q, %s; want %q, %s", name, got, test.m.valueText("7"), test.want, test.value)
		}
	}
	for want, c := range map[string]stats.Counts{"–": {stats.Out: 1}, "67%": {stats.In: 2, stats.Missed: 1}, "33%": {stats.In: 1, stats.Missed: 2}, "100%": {stats.In: 1}} {
		if got := answerRate(English, c); got != want {
			t.Errorf("%v: %s, want %s", c, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0 min", 29 * time.Second: "0 min", 59*time.Minute + 29*time.Second: "59 min", time.Hour: "1:00 h", 90 * time.Minute: "1:30 h"} {
		if got := talkTime(English, d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	if got := (StatsModel{}).countsText(English, stats.Counts{}); got != "0" {
		t.Errorf("no calls are %q", got)
	}
	if got, want := (StatsModel{}).countsText(English, stats.Counts{stats.In: 1, stats.Missed: 2}), "1 "+callKindName(English, stats.In)+", 2 "+callKindName(English, stats.Missed); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if fill("in") != "currentColor" || fill("missed") != "url(#p-missed)" {
		t.Error("bars are filled otherwise")
	}
}

// The hours of a day on which the clocks change are named so that each is another one.
func TestHoursOfClockChanges(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[time.Time]string{
		time.Date(2026, 10, 25, 12, 0, 0, 0, berlin): English.T("figures.note.clock", 25), time.Date(2026, 3, 29, 12, 0, 0, 0, berlin): English.T("figures.note.clock", 23),
		time.Date(2026, 11, 23, 12, 0, 0, 0, berlin): "",
	} {
		var m StatsModel
		m.Summary.Span = stats.Day(day)
		seen := map[string]bool{}
		for i := range m.Summary.Span.Len() {
			if name := m.stepName(English, i); seen[name] {
				t.Errorf("%s is twice on %v", name, day)
			} else {
				seen[name] = true
			}
		}
		if got := m.remarks(English); got != want {
			t.Errorf("%v: %q, want %q", day, got, want)
		}
		if m.title(English) != weekdayDate(English, berlin, day) {
			t.Errorf("the title is %q", m.title(English))
		}
	}
	if tokyo := time.FixedZone("", 9*3600); weekdayDate(German, tokyo, moment.Add(time.Hour)) != "Di 24.11." {
		t.Errorf("in Tokyo it is %s", weekdayDate(German, tokyo, moment.Add(time.Hour)))
	}
	var week StatsModel
	week.Summary.Span = stats.Days(moment, 7)
	first, last := weekdayDate(English, nil, moment.AddDate(0, 0, -6)), weekdayDate(English, nil, moment)
	week.Total[stats.Unknown] = 2
	if week.title(English) != English.T("figures.from_to", first, last) || week.stepName(English, 6) != last || week.remarks(English) != English.T("figures.note.unknown", 2) {
		t.Errorf("%q, %q, %q", week.title(English), week.stepName(English, 6), week.remarks(English))
	}
	if week.sourceText(English) != English.T("figures.zone", "UTC") {
		t.Errorf("source %q", week.sourceText(English))
	}
	if week.Known, week.AsOf = true, moment; week.sourceText(English) != English.T("figures.source", "14:03:20", "UTC") {
		t.Errorf("source %q", week.sourceText(English))
	}
}
