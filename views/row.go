package views

import (
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate/switchboard"
)

// RowModel is what [Row] shows of one call: every string ready, nothing left
// to decide.
type RowModel struct {
	DOMID string        // of the element
	Base  string        // path of the call, "/calls/…"
	Page  templ.SafeURL // of the call's page; empty: none
	State string        // "ringing", "talking", "held" or "ended": for the style sheet

	Direction       string
	DirectionLabel  templ.Component
	Title, Sub      string // outside: name with number below, or number alone
	Local, LocalSub string // ours, likewise
	Previous        string // whom the call was with before transfers

	StateText       string
	StateLabel      templ.Component
	Since, Started  string // milliseconds since 1970, for the browser's timers
	Clock, Total    string // the same moments as clock times, for browsers without script
	Approximate     string // "true" if they are guessed
	ApproximateText string

	Owners string // whose call it is: ids of members, separated by spaces
	Rings  bool   // it comes in and nobody has answered yet

	Consultation *ConsultationModel // nil if nobody is asked
	Chips        []Chip

	// Acts are the buttons, from left to right, hanging up last; none where the
	// phase has none. Why tells the reason why all of them are off.
	Actions []Button
	Reason  string
	Confirm string // the question before hanging up
}

// A Button is one action on a call: a link to a sheet, a toggle, or the last
// one, which ends the call.
type Button struct {
	Key        string // on the keyboard
	Path       templ.SafeURL
	Word       string
	Label      templ.Component // drawing and word
	Dialog     bool
	Toggle, On bool   // a toggle that is on is pressed, and asks for false
	Busy       bool   // a command of this kind is under way
	Reason     string // it does not work although others do; empty if it does
	ID         string // action_id: the same until the row changes, so that a double click counts once
}

// A Chip is a small remark in a row.
type Chip struct {
	Tone string // "rec", "mute", "busy", "good", "bad", "doubt", "play", "attend", "leave": for the style sheet
	Icon string
	Text string
	At   string // milliseconds: the chip fades ten seconds later; empty if it stays

	From, Length string // milliseconds, of an announcement that plays

	By       string        // the member whom the chip tells nothing new
	Name     string        // of tone "leave": who hangs up, at At
	Undo     templ.SafeURL // takes that back; empty if the viewer may not
	UndoText string
}

// Format writes what only others know how to write. The zero value shows
// numbers as they are.
type Format struct {
	Number func(string) string // "+49211…" for people

	// Place says where a number without a name is from, or nothing.
	Place func(number string, lang Lang) string

	// Team names the number of a member, for everybody alike, or not at all.
	MemberName func(number string) string

	// Private names a number for whom the page is, and for nobody else, or not
	// at all. What the team has a name for keeps that. It may be different for
	// each viewer: rows that it names are rendered for that viewer alone.
	PrivateName func(number string) string
}

func (f Format) number(n string) string {
	if f.Number == nil || n == "" {
		return n
	}
	return f.Number(n)
}

// RowDOMID is the id of the element that shows a call. It needs no escaping in
// a selector: row ids are made of letters, digits, "-" and "_" only.
func RowDOMID(id switchboard.RowID) string { return "row-" + string(id) }

// row is what a row shows whoever looks at it.
func (f Format) baseRow(c switchboard.Call, lang Lang) RowModel {
	m := RowModel{
		DOMID:   RowDOMID(c.ID),
		Base:    "/calls/" + url.PathEscape(string(c.ID)),
		Since:   milliseconds(c.Since),
		Started: milliseconds(c.Started),
		Clock:   clock(c.Since),
		Owners:  ownerIDs(c),
		Rings:   c.Phase == switchboard.Ringing && c.Direction == "in",
	}
	if c.Started.Before(c.Since) {
		m.Total = clock(c.Started)
	}
	if c.Phase == switchboard.Ended { // how long it was, and that stands still
		m.Since, m.Total, m.Clock = "", "", durationText(c.EndedAt.Sub(c.Started))
	}
	if c.Approximate {
		m.Approximate, m.ApproximateText = "true", lang.T("row.about")
	}
	f.addParties(&m, c, lang)
	m.addState(c, lang)
	f.addConsultation(&m, c, lang)
	f.addChips(&m, c, lang)
	return m
}

func (f Format) addParties(m *RowModel, c switchboard.Call, lang Lang) {
	switch c.Direction {
	case "in":
		m.Direction, m.DirectionLabel = hiddenLabelIcon(lang, "in", "row.in")
	case "out":
		m.Direction, m.DirectionLabel = hiddenLabelIcon(lang, "out", "row.out")
	default:
		m.Direction, m.DirectionLabel = hiddenLabelIcon(lang, "both", "row.unknown_direction")
	}
	m.Title, m.Sub = f.remoteParty(c.Remote, lang)
	m.Local, m.LocalSub = f.party(c.Local, lang)
	if len(c.UserNames) > 0 {
		if c.Local.Name == "" {
			m.LocalSub = f.number(c.Local.Number)
		}
		m.Local = join(c.UserNames)
	}
	for i, p := range c.PreviousParties {
		if i > 0 {
			m.Previous += ", "
		}
		name, _ := f.party(p, lang)
		m.Previous += name
	}
	if m.Previous != "" {
		m.Previous = lang.T("row.earlier", m.Previous)
	}
}

// party is a name with the number below it, or the number alone.
func (f Format) party(p switchboard.Party, lang Lang) (title, sub string) {
	switch {
	case p.Name != "":
		return p.Name, f.number(p.Number)
	case p.Number != "":
		return f.number(p.Number), ""
	default:
		return lang.T("row.anonymous"), ""
	}
}

func (m *RowModel) addState(c switchboard.Call, lang Lang) {
	m.State = "talking"
	switch {
	case c.Phase == switchboard.Ended:
		m.State = "ended"
	case c.Phase == switchboard.Ringing:
		m.State = "ringing"
	case c.Hold.On:
		m.State = "held"
	}
	key := "state." + m.State
	if cause := "cause." + c.Cause; c.Phase == switchboard.Ended && lang.Has(cause) {
		key = cause
	}
	m.StateText, m.StateLabel = labelledIcon(lang, m.State, key)
}

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("15:04")
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func join(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	var all string
	for i, n := range names {
		if i > 0 {
			all += ", "
		}
		all += n
	}
	return all
}
