package views

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/static"
)

// WallModel is what a screen on a wall shows: nothing that may not be read by
// whoever passes by.
type WallModel struct {
	Name string // where it hangs
	Feed string // address of what keeps it current
	Now  time.Time

	Calls            []WallCall // ringing, then talking, then on hold; the longest first
	Ringing, Engaged int
	Today            stats.Report
	Waited           int           // calls that were seen ringing today, and ring no more
	Longest          time.Duration // that one of them rang
	List             StatusModel
}

// WallCall is one call on a wall.
type WallCall struct {
	State     string // "ringing", "talking", "held"
	Direction string // name of the drawing
	Title     string // outside: a name, or what is shown of the number
	Sub       string // and of the number of a name
	Inside    string // first names of members
	Since     time.Time
	About     bool
}

// mostOnWall is how many calls a screen has room for.
const mostOnWall = 6

// mostFirstNames is how many members a call names.
const mostFirstNames = 3

// NewWall puts calls on a wall. Mask writes of a number what everybody may
// read; names says that contacts are called by name.
func NewWall(calls []switchboard.Call, mask func(string) string, names bool, lang Lang) WallModel {
	var m WallModel
	for _, c := range calls {
		switch c.Phase {
		case switchboard.Ended:
			continue
		case switchboard.Ringing:
			m.Ringing++
		default:
			m.Engaged++
		}
		m.Calls = append(m.Calls, wallCall(c, mask, names, lang))
	}
	slices.SortStableFunc(m.Calls, func(a, b WallCall) int {
		if d := slices.Index(wallStates, a.State) - slices.Index(wallStates, b.State); d != 0 {
			return d
		}
		return a.Since.Compare(b.Since)
	})
	return m
}

// wallStates are the states of a call, as they stand on a wall.
var wallStates = []string{"ringing", "talking", "held"}

func wallCall(c switchboard.Call, mask func(string) string, names bool, lang Lang) WallCall {
	w := WallCall{State: "talking", Direction: "both", Title: mask(c.Remote.Number), Since: c.Since, About: c.Approximate, Inside: mask(c.Local.Number)}
	switch {
	case c.Phase == switchboard.Ringing:
		w.State = "ringing"
	case c.Hold.On:
		w.State = "held"
	}
	if c.Direction == "in" || c.Direction == "out" {
		w.Direction = string(c.Direction)
	}
	if w.Title == "" {
		w.Title = lang.T("row.anonymous")
	}
	if names && c.Remote.Name != "" {
		w.Title, w.Sub = c.Remote.Name, mask(c.Remote.Number)
	}
	if len(c.UserNames) > 0 {
		w.Inside = firstNames(c.UserNames, lang)
	}
	return w
}

func (c WallCall) direction(lang Lang) string {
	if c.Direction == "both" {
		return lang.T("row.unknown_direction")
	}
	return lang.T("row." + c.Direction)
}

// firstNames are those of some people, and how many there are more.
func firstNames(people []string, lang Lang) string {
	var all []string
	for _, p := range people[:min(len(people), mostFirstNames)] {
		all = append(all, firstName(p))
	}
	if n := len(people) - mostFirstNames; n > 0 {
		return strings.Join(all, ", ") + " " + lang.T("wall.others", n)
	}
	return strings.Join(all, ", ")
}

// firstName is the first word of a name that is no title. What has digits in
// it is no name, but a number.
func firstName(name string) string {
	for _, w := range strings.Fields(name) {
		switch {
		case strings.ContainsAny(w, "0123456789"):
			return "••••"
		case !strings.HasSuffix(w, "."):
			return w
		}
	}
	return "••••"
}

// few are the calls that there is room for, and how many there are besides.
func (m WallModel) few() (calls []WallCall, more int) {
	if len(m.Calls) <= mostOnWall {
		return m.Calls, 0
	}
	return m.Calls[:mostOnWall], len(m.Calls) - mostOnWall
}

// tile is a figure on a wall.
type tile struct{ name, value, more, tone string }

func (m WallModel) tiles(lang Lang) []tile {
	number := func(n int) string {
		if !m.Today.Known {
			return "–"
		}
		return decimal(int64(n))
	}
	rate, wait := "–", "–"
	if m.Today.Known {
		rate = answered(lang, m.Today.Total)
	}
	if m.Waited > 0 {
		wait = length(m.Longest)
	}
	missed := ""
	if m.Today.Total[stats.Missed] > 0 {
		missed = "bad"
	}
	return []tile{
		{lang.T("figures.calls"), number(m.Today.Total.Sum()), "", ""},
		{lang.T("figures.kind.missed"), number(m.Today.Total[stats.Missed]), "", missed},
		{lang.T("figures.answered"), rate, "", ""},
		{lang.T("figures.wait"), wait, "", ""},
	}
}

// asOf says how old the figures are, and what is wrong with them.
func (m WallModel) asOf(lang Lang) string {
	switch {
	case !m.Today.Known:
		return lang.T("wall.unknown")
	case !m.Today.Complete():
		return lang.T("wall.asof", m.Today.AsOf.Format("15:04")) + ", " + lang.T("wall.incomplete")
	}
	return lang.T("wall.asof", m.Today.AsOf.Format("15:04"))
}

// problem says what is wrong with the list of calls, or nothing.
func (m WallModel) problem(lang Lang) string {
	switch {
	case m.List.ListedAt.IsZero(), m.List.Members == 0:
		return lang.T("wall.never")
	case m.List.Problem != "":
		return m.List.problem(lang)
	}
	return ""
}

// zone is how far the server's clock is from UTC, in seconds.
func (m WallModel) zone() string {
	_, offset := m.Now.Zone()
	return decimal(int64(offset))
}

// wallVersion changes when a screen has to load its page anew.
func wallVersion() string { return static.URL("wallboard.js") + " " + static.URL("wallboard.css") }

// WallHTML is the part of a wall that changes.
func WallHTML(ctx context.Context, lang Lang, m WallModel) ([]byte, error) {
	var buf strings.Builder
	err := wallBody(lang, m).Render(ctx, &buf)
	return []byte(buf.String()), err
}

// WallsModel is what [Walls] shows: the links of a team.
type WallsModel struct {
	Walls []team.Wallboard
	Made  string // the name of the link that was made just now, or empty
	Link  string // that link: it is shown this once
}

func revokePath(w team.Wallboard) string { return "/walls/" + url.PathEscape(w.ID) + "/revoke" }
