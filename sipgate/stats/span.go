package stats

import (
	"sort"
	"time"
)

// A Span is a period of time, divided into steps of an hour or a day in one time
// zone. The zero Span is empty.
type Span struct {
	edges []time.Time // of the steps, one more than there are steps
	daily bool
}

// StartOfDay returns when the day of t began, in the time zone of t.
func StartOfDay(t time.Time) time.Time { return midnight(t, 0) }

// Day returns the day of t in t's time zone, in steps of an hour. On days when
// the clocks change it has 23 or 25 of them; a step is shorter where the clocks
// change by less than an hour.
func Day(t time.Time) Span {
	from, to := midnight(t, 0), midnight(t, 1)
	s := Span{edges: []time.Time{from}}
	for h := from.Add(time.Hour); h.Before(to); h = h.Add(time.Hour) {
		s.edges = append(s.edges, h)
	}
	s.edges = append(s.edges, to)
	return s
}

// Days returns the last n days, the day of t included, in steps of a day.
func Days(t time.Time, n int) Span {
	s := Span{daily: true}
	for i := 1 - n; i <= 1; i++ {
		s.edges = append(s.edges, midnight(t, i))
	}
	return s
}

// midnight returns the beginning of the day that is days after the day of t. It
// is later than 0:00 where the clocks skip midnight.
func midnight(t time.Time, days int) time.Time {
	y, m, d := t.Date()
	noon := time.Date(y, m, d+days, 12, 0, 0, 0, t.Location())
	y, m, d = noon.Date()
	begin := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	if begin.Day() != d { // time.Date chose the hour before the gap
		begin = begin.Add(time.Hour)
	}
	return begin
}

// Len returns the number of steps.
func (s Span) Len() int { return max(0, len(s.edges)-1) }

// Daily reports whether the steps are days. Otherwise they are hours.
func (s Span) Daily() bool { return s.daily }

// From returns the beginning of the span.
func (s Span) From() time.Time { return s.Start(0) }

// To returns the end of the span, which is not part of it.
func (s Span) To() time.Time { return s.Start(s.Len()) }

// Zone returns the time zone of the steps.
func (s Span) Zone() *time.Location { return s.From().Location() }

// Start returns the beginning of a step.
func (s Span) Start(step int) time.Time {
	if step >= len(s.edges) {
		return time.Time{}
	}
	return s.edges[step]
}

// Step returns the step that contains t, and false if the span does not.
func (s Span) Step(t time.Time) (int, bool) {
	after := sort.Search(len(s.edges), func(i int) bool { return s.edges[i].After(t) })
	return after - 1, after > 0 && after < len(s.edges)
}
