package views

import (
	"strconv"
	"strings"
	"time"

	"callboard/sipgate/stats"
)

// FiguresModel is what [Figures] shows: a team's past calls.
type StatsModel struct {
	Span string // "today", "yesterday" or "week"
	stats.Report
	Neo    bool   // sipgate does not put the account's calls into its history
	Reason string // why the history could not be read, as StatusModel.Problem; or empty

	Ringing, Connected int           // right now, as far as the reader sees them
	WaitCount          int           // calls of today that were seen ringing, and ring no more
	LongestWait        time.Duration // that one of them rang

	Members       []StatsMember // of those who took calls; for who may see them
	ShowMembers   bool          // the reader may see them
	OwnersPending bool          // not all telephones are known yet
	Unassigned    int           // answered calls of which nobody knows whose they were

	MayManageWallboards bool // the reader may make links for screens
}

// FiguresMember is what one member did.
type StatsMember struct {
	Name string
	stats.MemberCounts
}

// FigureSpans are the spans that can be chosen, by the names in addresses.
var StatsSpans = []string{"today", "yesterday", "week"}

// callKinds name the kinds of calls in keys of words and in HTML.
var callKinds = [...]string{stats.In: "in", stats.Out: "out", stats.Missed: "missed", stats.Unreached: "unreached", stats.Unknown: "unknown"}

func callKindName(lang Lang, k stats.Kind) string { return lang.T("figures.kind." + callKinds[k]) }

// shown are the kinds that there is something to show of: the direction is
// hardly ever unknown.
func (m StatsModel) shownKinds() []stats.Kind {
	if m.Total[stats.Unknown] == 0 {
		return stats.Kinds[:stats.Unknown]
	}
	return stats.Kinds
}

// title is the day or the days that are shown.
func (m StatsModel) title(lang Lang) string {
	from, last := m.Summary.Span.From(), m.Summary.Span.Start(max(0, m.Summary.Span.Len()-1))
	if m.Summary.Span.Daily() {
		return lang.T("figures.from_to", weekdayDate(lang, from), weekdayDate(lang, last))
	}
	return weekdayDate(lang, from)
}

// per says what a bar stands for.
func (m StatsModel) intervalText(lang Lang) string {
	return lang.T("figures.per." + either(m.Summary.Span.Daily(), "day", "hour"))
}

// step is what a row of the table and a bar are called.
func (m StatsModel) stepName(lang Lang, i int) string {
	s := m.Summary.Span
	begin, end := s.Start(i), s.Start(i+1)
	switch {
	case s.Daily():
		return weekdayDate(lang, begin)
	case s.Len() == 24:
		return begin.Format("15:04") + "–" + end.Format("15:04")
	}
	return begin.Format("15:04 MST") // an hour may come twice
}

// notes are what must be known to trust the figures no more than they deserve.
func (m StatsModel) warnings(lang Lang) (all []string) {
	add := func(when bool, text func() string) {
		if when {
			all = append(all, text())
		}
	}
	add(m.Reason != "" && m.Known, func() string { return lang.T("figures.note.old", problemText(lang, m.Reason), clock(m.AsOf)) })
	add(m.Reason != "" && !m.Known, func() string { return lang.T("figures.note.none", problemText(lang, m.Reason)) })
	add(m.Reason == "" && m.Loading, func() string { return lang.T("figures.note.busy") })
	add(m.Known && !m.Complete(), func() string { return lang.T("figures.note.incomplete", m.Fetched, m.Available) })
	add(m.Neo, func() string { return lang.T("figures.note.neo") })
	add(!m.Neo && m.Known && m.Fetched == 0 && m.WaitCount > 0, func() string { return lang.T("figures.note.unlike", m.WaitCount) })
	return all
}

// remarks are what is good to know besides.
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

// source says from where the figures are, and how old.
func (m StatsModel) sourceText(lang Lang) string {
	zone := m.Summary.Span.From().Format("MST")
	if !m.Known {
		return lang.T("figures.zone", zone)
	}
	return lang.T("figures.source", m.AsOf.Format("15:04:05"), zone)
}

// number is a figure, or that it is not known.
func (m StatsModel) valueText(shown string) string {
	if !m.Known || m.Neo && m.Fetched == 0 {
		return "–"
	}
	return shown
}

// answered writes the share of calls that were answered.
func answerRate(lang Lang, c stats.Counts) string {
	share, ok := c.AnswerRate()
	if !ok {
		return "–"
	}
	return lang.T("figures.percent", int(share*100+.5))
}

// talkTime writes a time of many calls: minutes do.
func talkTime(lang Lang, d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch {
	case minutes < 60:
		return lang.T("figures.minutes", minutes)
	default:
		return lang.T("figures.hours", durationText(time.Duration(minutes)*time.Second))
	}
}

// dayOf writes a day with its weekday.
func weekdayDate(lang Lang, t time.Time) string {
	day := lang.T("weekday." + decimal(int64(t.Weekday())))
	if lang == German {
		return day + " " + t.Format("02.01.")
	}
	return day + " " + t.Format("2 Jan")
}

// A chart is where everything of a stacked bar chart is, in the units of its
// own drawing.
type chart struct {
	Width, Height int
	Bars          []bar
	Lines         []line
	Left, Base    int // where the axes are
}

// A bar is one step of the span.
type bar struct {
	X, Width int
	Middle   int
	Label    string // below it, or empty
	Title    string // for who points at it
	Sum      string // above it, or empty
	SumY     int
	Parts    []part
}

type part struct {
	Kind      string
	Y, Height string
}

type line struct {
	Y    int
	Text string
}

// Margins of a chart, and how many lines go across it at least.
const (
	chartLeft, chartRight, chartTop, chartBase = 44, 8, 26, 34
	chartLines                                 = 4
)

// chart draws the figures in a width and a height; one of every so many bars
// has a label.
func (m StatsModel) chart(lang Lang, width, height, labels int) chart {
	most := 0
	for _, b := range m.Steps {
		most = max(most, b.Sum())
	}
	unit := gridUnit(most)
	top := max(unit*chartLines, (most+unit-1)/unit*unit)
	room := height - chartTop - chartBase
	c := chart{Width: width, Height: height, Left: chartLeft, Base: height - chartBase}
	for n := 0; n <= top; n += unit {
		c.Lines = append(c.Lines, line{c.Base - n*room/top, decimal(int64(n))})
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
			b.Sum, b.SumY = decimal(int64(n)), int(y)-6
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

// label is what stands below a bar.
func (m StatsModel) barLabel(lang Lang, i int) string {
	if m.Summary.Span.Daily() {
		return weekdayDate(lang, m.Summary.Span.Start(i))
	}
	return m.Summary.Span.Start(i).Format("15:04")
}

// told puts the numbers of a bar into words.
func (m StatsModel) countsText(lang Lang, c stats.Counts) string {
	var all []string
	for k, n := range c {
		if n > 0 {
			all = append(all, decimal(int64(n))+" "+callKindName(lang, stats.Kind(k)))
		}
	}
	if len(all) == 0 {
		return "0"
	}
	return strings.Join(all, ", ")
}

// fill is the pattern of a kind. The first one has none: the style sheet fills
// it.
func fill(kind string) string {
	if kind == callKinds[stats.In] {
		return "currentColor"
	}
	return "url(#p-" + kind + ")"
}

// summary is the chart in one sentence.
func (m StatsModel) summaryText(lang Lang) string {
	return lang.T("figures.chart."+either(m.Summary.Span.Daily(), "days", "hours"), m.title(lang), m.countsText(lang, m.Total))
}

// every says of how many bars one has a label.
func every(daily bool, days, hours int) int {
	if daily {
		return days
	}
	return hours
}

// unitOf is the distance of the lines across a chart: 1, 2 or 5 and zeros.
func gridUnit(most int) int {
	for unit := 1; ; unit *= 10 {
		for _, n := range []int{unit, 2 * unit, 5 * unit} {
			if n*chartLines >= most {
				return n
			}
		}
	}
}

func coordinate(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

func (c chart) viewBox() string {
	return "0 0 " + decimal(int64(c.Width)) + " " + decimal(int64(c.Height))
}
