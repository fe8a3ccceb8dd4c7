package views

import (
	"strconv"
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
