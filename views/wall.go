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
type WallboardModel struct {
	Name string // where it hangs
	Feed string // address of what keeps it current
	Now  time.Time

	Calls              []WallboardCall // ringing, then talking, then on hold; the longest first
	Ringing, Connected int
	Today              stats.Report
	WaitCount          int           // calls that were seen ringing today, and ring no more
	LongestWait        time.Duration // that one of them rang
	List               StatusModel
}

// WallCall is one call on a wall.
type WallboardCall struct {
	State       string // "ringing", "talking", "held"
	Direction   string // name of the drawing
	Title       string // outside: a name, or what is shown of the number
	Sub         string // and of the number of a name
	Local       string // first names of members
	Since       time.Time
	Approximate bool
}

// mostOnWall is how many calls a screen has room for.
const maxWallboardCalls = 6

// mostFirstNames is how many members a call names.
const maxFirstNames = 3

// NewWall puts calls on a wall. Mask writes of a number what everybody may
// read; names says that contacts are called by name.
func NewWallboard(calls []switchboard.Call, mask func(string) string, names bool, lang Lang) WallboardModel {
	var m WallboardModel
	for _, c := range calls {
		switch c.Phase {
		case switchboard.Ended:
			continue
		case switchboard.Ringing:
			m.Ringing++
		default:
			m.Connected++
		}
		m.Calls = append(m.Calls, wallboardCall(c, mask, names, lang))
	}
	slices.SortStableFunc(m.Calls, func(a, b WallboardCall) int {
		if d := slices.Index(wallboardStates, a.State) - slices.Index(wallboardStates, b.State); d != 0 {
			return d
		}
		return a.Since.Compare(b.Since)
	})
	return m
}

// wallStates are the states of a call, as they stand on a wall.
var wallboardStates = []string{"ringing", "talking", "held"}

func wallboardCall(c switchboard.Call, mask func(string) string, names bool, lang Lang) WallboardCall {
	w := WallboardCall{State: "talking", Direction: "both", Title: mask(c.Remote.Number), Since: c.Since, Approximate: c.Approximate, Local: mask(c.Local.Number)}
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
		w.Local = firstNames(c.UserNames, lang)
	}
	return w
}

func (c WallboardCall) directionName(lang Lang) string {
	if c.Direction == "both" {
		return lang.T("row.unknown_direction")
	}
	return lang.T("row." + c.Direction)
}

// firstNames are those of some people, and how many there are more.
func firstNames(people []string, lang Lang) string {
	var all []string
	for _, p := range people[:min(len(people), maxFirstNames)] {
		all = append(all, firstName(p))
	}
	if n := len(people) - maxFirstNames; n > 0 {
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
func (m WallboardModel) shownCalls() (calls []WallboardCall, more int) {
	if len(m.Calls) <= maxWallboardCalls {
		return m.Calls, 0
	}
	return m.Calls[:maxWallboardCalls], len(m.Calls) - maxWallboardCalls
}

// tile is a figure on a wall.
type tile struct{ name, value, more, tone string }

func (m WallboardModel) tiles(lang Lang) []tile {
	number := func(n int) string {
		if !m.Today.Known {
			return "–"
		}
		return decimal(int64(n))
	}
	rate, wait := "–", "–"
	if m.Today.Known {
		rate = answerRate(lang, m.Today.Total)
	}
	if m.WaitCount > 0 {
		wait = durationText(m.LongestWait)
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
func (m WallboardModel) asOfText(lang Lang) string {
	switch {
	case !m.Today.Known:
		return lang.T("wall.unknown")
	case !m.Today.Complete():
		return lang.T("wall.asof", m.Today.AsOf.Format("15:04")) + ", " + lang.T("wall.incomplete")
	}
	return lang.T("wall.asof", m.Today.AsOf.Format("15:04"))
}

// problem says what is wrong with the list of calls, or nothing.
func (m WallboardModel) problemText(lang Lang) string {
	switch {
	case m.List.ListedAt.IsZero(), m.List.SignedIn == 0:
		return lang.T("wall.never")
	case m.List.Problem != "":
		return m.List.problemText(lang)
	}
	return ""
}

// zone is how far the server's clock is from UTC, in seconds.
func (m WallboardModel) zoneOffset() string {
	_, offset := m.Now.Zone()
	return decimal(int64(offset))
}

// wallVersion changes when a screen has to load its page anew.
func wallboardVersion() string { return static.URL("wallboard.js") + " " + static.URL("wallboard.css") }

// WallHTML is the part of a wall that changes.
func WallboardHTML(ctx context.Context, lang Lang, m WallboardModel) ([]byte, error) {
	var buf strings.Builder
	err := wallboardBody(lang, m).Render(ctx, &buf)
	return []byte(buf.String()), err
}

// WallsModel is what [Walls] shows: the links of a team.
type WallboardsModel struct {
	Wallboards []team.Wallboard
	Created    string // the name of the link that was made just now, or empty
	Link       string // that link: it is shown this once
}

func revokePath(w team.Wallboard) string { return "/walls/" + url.PathEscape(w.ID) + "/revoke" }
