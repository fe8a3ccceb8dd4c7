package views

import (
	"strconv"
	"strings"
	"time"

	"callboard/sipgate/stats"
)

// StatsModel is the model of [Stats]: counts of a team's past calls.
type StatsModel struct {
	Span string // "today", "yesterday" or "week"
	stats.Report
	Neo    bool   // the account's platform has no call history
	Reason string // why the history could not be read, see [Reason]; "" if it could

	Ringing, Connected int           // live calls that the reader sees
	WaitCount          int           // calls that stopped ringing today
	LongestWait        time.Duration // of their ring times

	Members       []StatsMember // members with calls, if ShowMembers
	ShowMembers   bool          // the reader may see the counts of each member
	OwnersPending bool          // the owners of some phones are not known yet
	Unassigned    int           // answered calls without a known member

	MayManageWallboards bool // the reader may create wallboard links
}

// StatsMember holds the counts of one member.
type StatsMember struct {
	Name string
	stats.MemberCounts
}

// StatsSpans are the values of the query parameter span.
var StatsSpans = []string{"today", "yesterday", "week"}

// callKinds are the names of call kinds in text keys and in HTML.
var callKinds = [...]string{stats.In: "in", stats.Out: "out", stats.Missed: "missed", stats.Unreached: "unreached", stats.Unknown: "unknown"}

func callKindName(lang Lang, k stats.Kind) string { return lang.T("figures.kind." + callKinds[k]) }

// shownKinds returns the kinds that are shown. Unknown is left out if there are
// no such calls.
func (m StatsModel) shownKinds() []stats.Kind {
	if m.Total[stats.Unknown] == 0 {
		return stats.Kinds[:stats.Unknown]
	}
	return stats.Kinds
}

// zone returns the time zone of the hours and days.
func (m StatsModel) zone() *time.Location { return m.Summary.Span.Zone() }

// title returns the day or the days of the span.
func (m StatsModel) title(lang Lang) string {
	from, last := m.Summary.Span.From(), m.Summary.Span.Start(max(0, m.Summary.Span.Len()-1))
	if m.Summary.Span.Daily() {
		return lang.T("figures.from_to", weekdayDate(lang, m.zone(), from), weekdayDate(lang, m.zone(), last))
	}
	return weekdayDate(lang, m.zone(), from)
}

// intervalText returns what one bar covers.
func (m StatsModel) intervalText(lang Lang) string {
	return lang.T("figures.per." + either(m.Summary.Span.Daily(), "day", "hour"))
}

// stepName returns the name of a step: the label of a table row and a bar.
func (m StatsModel) stepName(lang Lang, i int) string {
	s := m.Summary.Span
	begin, end := s.Start(i), s.Start(i+1)
	switch {
	case s.Daily():
		return weekdayDate(lang, m.zone(), begin)
	case s.Len() == 24:
		return clock(m.zone(), begin) + "–" + clock(m.zone(), end)
	}
	return zoneClock(m.zone(), begin)
}

// warnings returns what limits the accuracy of the counts.
func (m StatsModel) warnings(lang Lang) (all []string) {
	add := func(when bool, text func() string) {
		if when {
			all = append(all, text())
		}
	}
	add(m.Reason != "" && m.Known, func() string { return lang.T("figures.note.old", problemText(lang, m.Reason), clock(m.zone(), m.AsOf)) })
	add(m.Reason != "" && !m.Known, func() string { return lang.T("figures.note.none", problemText(lang, m.Reason)) })
	add(m.Reason == "" && m.Loading, func() string { return lang.T("figures.note.busy") })
	add(m.Known && !m.Complete(), func() string { return lang.T("figures.note.incomplete", m.Fetched, m.Available) })
	add(m.Neo, func() string { return lang.T("figures.note.neo") })
	add(m.Private > 0, func() string { return lang.T("figures.note.private", m.Private) })
	add(!m.Neo && m.Known && m.Fetched == 0 && m.WaitCount > 0, func() string { return lang.T("figures.note.unlike", m.WaitCount) })
	return all
}

// remarks returns hints on the counts.
func (m StatsModel) remarks(lang Lang) string {
	var all []string
	if n := m.Total[stats.Unknown]; n > 0 {
		all = append(all, lang.T("figures.note.unknown", n))
	}
	if hours := m.Summary.Span.Len(); !m.Summary.Span.Daily() && hours != 24 {
		all = append(all, lang.T("figures.note.clock", hours))
	}
	return strings.Join(all, " ")
}

// sourceText returns the source, the age and the time zone of the counts.
func (m StatsModel) sourceText(lang Lang) string {
	zone := m.zone().String()
	if !m.Known {
		return lang.T("figures.zone", zone)
	}
	return lang.T("figures.source", exactClock(m.zone(), m.AsOf), zone)
}

// valueText returns value, or a dash if the counts are not known.
func (m StatsModel) valueText(value string) string {
	if !m.Known || m.Neo && m.Fetched == 0 {
		return "–"
	}
	return value
}

// answerRate formats the share of answered calls.
func answerRate(lang Lang, c stats.Counts) string {
	share, ok := c.AnswerRate()
	if !ok {
		return "–"
	}
	return lang.T("figures.percent", int(share*100+.5))
}

// talkTime formats the talk time of many calls, in minutes.
func talkTime(lang Lang, d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	if minutes < 60 {
		return lang.T("figures.minutes", minutes)
	}
	return lang.T("figures.hours", durationText(time.Duration(minutes)*time.Second))
}

// chart is the geometry of a stacked bar chart, in units of its view box.
type chart struct {
	Width, Height int
	Bars          []bar
	Lines         []line
	Left, Base    int // positions of the axes
}

// bar is the bar of one step.
type bar struct {
	X, Width int
	Middle   int
	Label    string // below the bar, or empty
	Title    string // tooltip
	Sum      string // above the bar, or empty
	SumY     int
	Parts    []part
}

// part is the part of a bar for one kind of calls.
type part struct {
	Kind      string
	Y, Height string
}

// line is a grid line with its label.
type line struct {
	Y    int
	Text string
}

// The margins of a chart, and its minimum of grid lines.
const (
	chartLeft, chartRight, chartTop, chartBase = 44, 8, 26, 34
	chartLines                                 = 4
)

// chart lays out the counts in a width and a height. Every labels-th bar has a
// label.
func (m StatsModel) chart(lang Lang, width, height, labels int) chart {
	maxSum := 0
	for _, b := range m.Steps {
		maxSum = max(maxSum, b.Sum())
	}
	unit := gridUnit(maxSum)
	top := max(unit*chartLines, (maxSum+unit-1)/unit*unit)
	room := height - chartTop - chartBase
	c := chart{Width: width, Height: height, Left: chartLeft, Base: height - chartBase}
	for n := 0; n <= top; n += unit {
		c.Lines = append(c.Lines, line{c.Base - n*room/top, decimal(n)})
	}
	pitch := float64(width-chartLeft-chartRight) / float64(max(1, len(m.Steps)))
	for i, counts := range m.Steps {
		b := bar{X: chartLeft + int(pitch*float64(i)+pitch*.12), Width: max(2, int(pitch*.76)), Title: m.stepName(lang, i) + ": " + m.countsText(lang, counts)}
		b.Middle = b.X + b.Width/2
		if i%labels == 0 {
			b.Label = m.barLabel(lang, i)
		}
		y := float64(c.Base)
		for k, n := range counts {
			if n == 0 {
				continue
			}
			h := float64(n*room) / float64(top)
			y -= h
			b.Parts = append(b.Parts, part{callKinds[k], coordinate(y), coordinate(h)})
		}
		if n := counts.Sum(); n > 0 {
			b.Sum, b.SumY = decimal(n), int(y)-6
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

// barLabel returns the label below a bar.
func (m StatsModel) barLabel(lang Lang, i int) string {
	if m.Summary.Span.Daily() {
		return weekdayDate(lang, m.zone(), m.Summary.Span.Start(i))
	}
	return clock(m.zone(), m.Summary.Span.Start(i))
}

// countsText describes counts in words.
func (m StatsModel) countsText(lang Lang, c stats.Counts) string {
	var all []string
	for k, n := range c {
		if n > 0 {
			all = append(all, decimal(n)+" "+callKindName(lang, stats.Kind(k)))
		}
	}
	if len(all) == 0 {
		return "0"
	}
	return strings.Join(all, ", ")
}

// fill returns the fill pattern of a kind. The first kind has none: the style
// sheet fills it.
func fill(kind string) string {
	if kind == callKinds[stats.In] {
		return "currentColor"
	}
	return "url(#p-" + kind + ")"
}

// summaryText describes the chart in one sentence.
func (m StatsModel) summaryText(lang Lang) string {
	return lang.T("figures.chart."+either(m.Summary.Span.Daily(), "days", "hours"), m.title(lang), m.countsText(lang, m.Total))
}

// gridUnit returns the distance of grid lines for a maximum: 1, 2 or 5 times a
// power of ten.
func gridUnit(maxSum int) int {
	for unit := 1; ; unit *= 10 {
		for _, n := range []int{unit, 2 * unit, 5 * unit} {
			if n*chartLines >= maxSum {
				return n
			}
		}
	}
}

func coordinate(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

func (c chart) viewBox() string {
	return "0 0 " + decimal(c.Width) + " " + decimal(c.Height)
}
