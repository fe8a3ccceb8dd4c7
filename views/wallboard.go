package views

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/account"
	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/static"
)

// WallboardModel is the model of [Wallboard]. It contains nothing that a passer-by
// must not read.
type WallboardModel struct {
	Name string // of the wallboard
	Feed string // URL of its feed
	Now  time.Time
	Zone *time.Location // of the team; nil is UTC

	Calls              []WallboardCall // ringing, then talking, then on hold; longest first
	Ringing, Connected int
	Today              stats.Report
	WaitCount          int           // calls that stopped ringing today
	LongestWait        time.Duration // of their ring times
	List               StatusModel
	Alarms             team.AlarmLimits
}

// WallboardCall is one call on a wallboard.
type WallboardCall struct {
	State       string // "ringing", "talking", "held"
	Direction   string // "in", "out", "internal" or "both"
	Title       string // remote party: a name or a masked number
	Sub         string // the masked number of a name
	Local       string // first names of members, or a masked number
	Since       time.Time
	Approximate bool
	Doubtful    bool // it may have ended
}

// stateText returns the state of the call, or that it is not known.
func (c WallboardCall) stateText(lang Lang) string {
	if c.Doubtful {
		return lang.T("chip.doubtful")
	}
	return lang.T("state." + c.State)
}

// maxWallboardCalls is the number of calls that fit on a screen, in two columns. As
// many as are in one have the whole width.
const (
	maxWallboardCalls = 12
	maxOneColumn      = 6
)

// maxFirstNames limits the members named with a call.
const maxFirstNames = 3

// NewWallboard returns the model of a wallboard with calls. mask returns what
// passers-by may read of a number; names shows the names of contacts.
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

// wallboardStates are the states of a call in display order.
var wallboardStates = []string{"ringing", "talking", "held"}

// wallboardCall returns the model of one call.
func wallboardCall(c switchboard.Call, mask func(string) string, names bool, lang Lang) WallboardCall {
	w := WallboardCall{State: "talking", Direction: "both", Title: mask(c.Remote.Number), Since: c.Since, Approximate: c.Approximate, Doubtful: c.Doubtful, Local: mask(c.Local.Number)}
	switch {
	case c.Phase == switchboard.Ringing:
		w.State = "ringing"
	case c.Hold.On:
		w.State = "held"
	}
	if c.Direction == sipgate.Incoming || c.Direction == sipgate.Outgoing {
		w.Direction = string(c.Direction)
	}
	if w.Title == "" {
		w.Title = lang.T("row.anonymous")
	}
	if names && c.Remote.Name != "" {
		w.Title, w.Sub = c.Remote.Name, mask(c.Remote.Number)
	}
	if c.Internal {
		w.Direction = "internal"
	}
	switch {
	case c.Voicemail && !c.Internal:
		w.Local = lang.T("row.voicemail")
	case len(c.UserNames) > 0:
		w.Local = firstNames(c.UserNames, lang)
	case account.Extension(c.Local.Number) != "":
		w.Local = extensionText(c.Local.Number, lang)
	}
	switch {
	case c.Internal && c.Remote.Name != "": // colleagues are named, like on the other side
		w.Title, w.Sub = firstNames(strings.Split(c.Remote.Name, ", "), lang), ""
	case w.Sub == "" && account.Extension(c.Remote.Number) != "":
		w.Title = extensionText(c.Remote.Number, lang)
	}
	return w
}

func (c WallboardCall) directionIcon() string {
	if c.Direction == "internal" {
		return "both"
	}
	return c.Direction
}

func (c WallboardCall) directionName(lang Lang) string {
	if c.Direction == "both" {
		return lang.T("row.unknown_direction")
	}
	return lang.T("row." + c.Direction)
}

// firstNames returns the first names of members, and how many more there are.
func firstNames(members []string, lang Lang) string {
	var all []string
	for _, p := range members[:min(len(members), maxFirstNames)] {
		all = append(all, firstName(p))
	}
	if n := len(members) - maxFirstNames; n > 0 {
		return strings.Join(all, ", ") + " " + lang.T("wall.others", n)
	}
	return strings.Join(all, ", ")
}

// firstName returns the first word of a name that is not a title, or "••••" for
// a number.
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

// shownCalls returns the calls that fit on the screen, and the number of others.
func (m WallboardModel) shownCalls() (calls []WallboardCall, more int) {
	if len(m.Calls) <= maxWallboardCalls {
		return m.Calls, 0
	}
	return m.Calls[:maxWallboardCalls], len(m.Calls) - maxWallboardCalls
}

// alarm returns how much too long a call has been in its state.
func (m WallboardModel) alarm(c WallboardCall) team.AlarmLevel {
	return limitOf(m.Alarms, c.State).Level(m.Now.Sub(c.Since))
}

// alarmText returns the word of a level, "" without an alarm.
func alarmText(lang Lang, level team.AlarmLevel) string {
	if level == team.NoAlarm {
		return ""
	}
	return lang.T("alarm." + string(level))
}

// tile is a number on a wallboard.
type tile struct{ name, value, tone string }

// tiles returns the counts of today.
func (m WallboardModel) tiles(lang Lang) []tile {
	number := func(n int) string {
		if !m.Today.Known {
			return "–"
		}
		return decimal(n)
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
		{lang.T("figures.calls"), number(m.Today.Total.Sum()), ""},
		{lang.T("figures.kind.missed"), number(m.Today.Total[stats.Missed]), missed},
		{lang.T("figures.answered"), rate, ""},
		{lang.T("figures.wait"), wait, ""},
	}
}

// asOfText returns the time of the counts, and whether they are incomplete.
func (m WallboardModel) asOfText(lang Lang) string {
	switch {
	case !m.Today.Known:
		return lang.T("wall.unknown")
	case !m.Today.Complete():
		return lang.T("wall.asof", clock(m.Zone, m.Today.AsOf)) + ", " + lang.T("wall.incomplete")
	}
	return lang.T("wall.asof", clock(m.Zone, m.Today.AsOf))
}

// listNote returns what a passer-by must know about the list of calls, or "".
func (m WallboardModel) listNote(lang Lang) string {
	if m.List.ListedAt.IsZero() && !m.List.Unlisted || m.List.SignedIn == 0 {
		return lang.T("wall.never")
	}
	return m.List.listNote(lang)
}

// zoneOffset returns the zone's offset from UTC in seconds.
func (m WallboardModel) zoneOffset() string {
	_, offset := inZone(m.Zone, m.Now).Zone()
	return decimal(offset)
}

// wallboardVersion changes when screens must reload the page.
func wallboardVersion() string { return static.URL("wallboard.js") + " " + static.URL("wallboard.css") }

// WallboardHTML renders the part of a wallboard that changes.
func WallboardHTML(ctx context.Context, lang Lang, m WallboardModel) ([]byte, error) {
	var buf strings.Builder
	err := wallboardBody(lang, m).Render(ctx, &buf)
	return []byte(buf.String()), err
}

// WallboardsModel is what [MayManageWallboards] shows: the links of a team.
type WallboardsModel struct {
	Wallboards []team.Wallboard
	Created    string // name of the link that was just created, or empty
	Link       string // that link, which is shown only once
}

func revokePath(w team.Wallboard) string { return "/walls/" + url.PathEscape(w.ID) + "/revoke" }
