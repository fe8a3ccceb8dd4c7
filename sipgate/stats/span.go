package stats

import (
	"sort"
	"time"
)

// A Span is a time in steps, hours or days of a time zone. The zero Span is
// empty.
type Span struct {
	edges []time.Time // of the steps, one more than there are
	daily bool
}

// Day is the day of t in t's time zone, in hours. When the clock is changed it
// has 23 or 25 of them; a step is shorter where the clock jumps by less.
func Day(t time.Time) Span {
	from, to := midnight(t, 0), midnight(t, 1)
	s := Span{edges: []time.Time{from}}
	for h := from.Add(time.Hour); h.Before(to); h = h.Add(time.Hour) {
		s.edges = append(s.edges, h)
	}
	s.edges = append(s.edges, to)
	return s
}

// Days are the last n days up to the day of t, that one included.
func Days(t time.Time, n int) Span {
	s := Span{daily: true}
	for i := 1 - n; i <= 1; i++ {
		s.edges = append(s.edges, midnight(t, i))
	}
	return s
}

// midnight is when the day begins that is so many days after that of t. Where
// the clock jumps over midnight, that is later than 0:00.
func midnight(t time.Time, days int) time.Time {
	y, m, d := t.Date()
	noon := time.Date(y, m, d+days, 12, 0, 0, 0, t.Location())
	y, m, d = noon.Date()
	begin := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	if begin.Day() != d { // the hour before a jump
		begin = begin.Add(time.Hour)
	}
	return begin
}

// Len is the number of steps.
func (s Span) Len() int { return max(0, len(s.edges)-1) }

// Daily tells whether the steps are days, not hours.
func (s Span) Daily() bool { return s.daily }

// From is when the span begins.
func (s Span) From() time.Time { return s.Start(0) }

// To is when it ends; that moment is not a part of it.
func (s Span) To() time.Time { return s.Start(s.Len()) }

// Start is when a step begins.
func (s Span) Start(step int) time.Time {
	if step >= len(s.edges) {
		return time.Time{}
	}
	return s.edges[step]
}

// Step is the step that t is in, and false if it is outside of the span.
func (s Span) Step(t time.Time) (int, bool) {
	after := sort.Search(len(s.edges), func(i int) bool { return s.edges[i].After(t) })
	return after - 1, after > 0 && after < len(s.edges)
}
