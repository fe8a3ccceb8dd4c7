package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"callboard/sipgate"
	"callboard/sipgate/account"
	"callboard/sipgate/switchboard"
)

// RowModel is the model of [Row]: one call, with every string ready.
type RowModel struct {
	DOMID string        // id of the element
	Base  string        // path of the call, "/calls/…"
	Page  templ.SafeURL // link to the call's page, or empty
	State string        // "ringing", "talking", "held" or "ended": for the style sheet

	// Alarm is how much too long the call has been in its state, see [RowModel.SetAlarm].
	Alarm, AlarmText string

	Section string // name of the section that the row is in, and
	No      string // its place there: behind lower ones

	Direction       string
	DirectionIcon   string // "in", "out" or "both"
	Title, Sub      string // remote party: name and number, or number alone
	Local, LocalSub string // local party, likewise
	Previous        string // remote parties before transfers
	Greeting        string // what to say, of a call that rings

	StateText       string
	Cause           string // why the call has ended, in sipgate's words; empty if it runs
	Since, Started  string // milliseconds since 1970, for the browser's timers
	Clock, Total    string // the same as clock times, for browsers without script
	Approximate     string // "true" if the times are approximate
	ApproximateText string

	Owners  string // ids of the members whose call it is, separated by spaces
	Rings   bool   // at a telephone of the team
	RingsAt string // ids of the members at whose telephones it rings, separated by spaces

	Consultation *ConsultationModel // nil without a consultation
	Chips        []Chip

	// Actions are the buttons from left to right, hang up last. If all of them are
	// disabled, Reason is the text that says why.
	Actions  []Button
	Reason   string
	ActionID string // of whichever button is pressed: the same until the row changes, so that a double click counts once
}

// Button is one action on a call: a link to a dialog, a toggle, or hang up.
type Button struct {
	Name       string // "hold": class of the element, for its icon and its shortcut
	Path       templ.SafeURL
	Label      string
	Dialog     bool
	Toggle, On bool   // a toggle that is on is pressed, and requests false
	Busy       bool   // a command with this verb is pending
	Reason     string // why only this button is disabled, or empty
}

// Chip is a small label in a row.
type Chip struct {
	Tone string // "rec", "mute", "busy", "good", "bad", "doubt", "play", "claim", "pending-hangup": for the style sheet
	Icon string // name, where the tone does not say it
	Text string
	At   string // milliseconds: the chip fades ten seconds later; empty: it stays

	From, Length string // milliseconds, of an announcement that is being played

	By       string        // the member who acts, for whom the chip is hidden
	Name     string        // with the tones "pending-hangup" and "busy": who does it
	Undo     templ.SafeURL // undoes the hang-up; empty if the viewer may not
	UndoText string
}

// Format formats numbers and finds names for them. The zero value shows numbers
// as they are.
type Format struct {
	Zone *time.Location // of clock times; nil is UTC

	Number func(string) string // formats "+49211…"

	// Place returns the place of a number without a name, or "".
	Place func(number string, lang Lang) string

	// MemberName returns the name of the member with a number, or "". It must be
	// equal for all viewers.
	MemberName func(number string) string

	// Greeting returns what the team says to who calls a number of its own, or "". It
	// must be equal for all viewers.
	Greeting func(number string) string

	// PrivateName returns the viewer's private name for a number, or "". Names of
	// the team take precedence. Rows with a private name are not shared.
	PrivateName func(number string) string
}

func (f Format) number(n string) string {
	if f.Number == nil || n == "" {
		return n
	}
	return f.Number(n)
}

// RowDOMID returns the id of a row's element. It needs no escaping in a selector:
// row ids consist of letters, digits, "-" and "_".
func RowDOMID(id switchboard.RowID) string { return "row-" + string(id) }

// baseRow returns the part of a row that does not depend on what the viewer may
// do.
func (f Format) baseRow(c switchboard.Call, lang Lang) RowModel {
	m := RowModel{
		DOMID:   RowDOMID(c.ID),
		Section: sectionNames[c.Section()],
		No:      decimal(place(&c)),
		Base:    "/calls/" + url.PathEscape(string(c.ID)),
		Since:   milliseconds(c.Since),
		Started: milliseconds(c.Started),
		Clock:   clock(f.Zone, c.Since),
		Owners:  joinIDs(c.Owners()),
		Rings:   c.Phase == switchboard.Ringing && (c.Direction == sipgate.Incoming || c.Internal),
		RingsAt: joinIDs(c.RingsAt),
	}
	if c.Started.Before(c.Since) {
		m.Total = clock(f.Zone, c.Started)
	}
	if c.Phase == switchboard.Ended { // the total duration, which no longer changes
		m.Since, m.Total, m.Clock = "", "", durationText(c.EndedAt.Sub(c.Started))
	}
	if c.Approximate {
		m.Approximate, m.ApproximateText = "true", lang.T("row.about")
	}
	if m.Rings && !c.Internal && f.Greeting != nil {
		m.Greeting = f.Greeting(c.Local.Number)
	}
	f.addParties(&m, c, lang)
	m.addState(c, lang)
	f.addConsultation(&m, c, lang)
	f.addChips(&m, c, lang)
	return m
}

// place returns a number that orders the calls of a section: the longest in its
// state is first. Those of one moment are in the order in which they came.
func place(c *switchboard.Call) int64 { return 1000*c.Since.UnixMilli() + int64(c.No%1000) }

func (f Format) addParties(m *RowModel, c switchboard.Call, lang Lang) {
	name, key := "both", "row.unknown_direction"
	switch {
	case c.Internal:
		name, key = "both", "row.internal"
	case c.Direction == sipgate.Incoming:
		name, key = "in", "row.in"
	case c.Direction == sipgate.Outgoing:
		name, key = "out", "row.out"
	}
	m.Direction, m.DirectionIcon = lang.T(key), name
	m.Title, m.Sub = f.remoteParty(c.Remote, lang)
	m.Local, m.LocalSub = f.party(c.Local, lang)
	switch {
	case c.Voicemail && !c.Internal:
		m.Local, m.LocalSub = lang.T("row.voicemail"), f.number(c.Local.Number)
	case len(c.UserNames) > 0:
		if c.Local.Name == "" {
			m.LocalSub = f.number(c.Local.Number)
		}
		m.Local = strings.Join(c.UserNames, ", ")
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

// party returns the name and the number of a party, or the number alone.
func (f Format) party(p switchboard.Party, lang Lang) (title, sub string) {
	switch {
	case p.Name != "" && account.Extension(p.Number) != "":
		return p.Name, ""
	case p.Name != "":
		return p.Name, f.number(p.Number)
	case account.Extension(p.Number) != "":
		return extensionText(p.Number, lang), ""
	case p.Number != "":
		return f.number(p.Number), ""
	default:
		return lang.T("row.anonymous"), ""
	}
}

// extensionText says what kind of extension takes part in a call, if sipgate
// knows no name for it: "2814711e0" is a telephone.
func extensionText(party string, lang Lang) string {
	key := "extension." + account.Extension(party)[:1]
	if !lang.Has(key) {
		key = "extension.other"
	}
	return lang.T(key)
}

func (m *RowModel) addState(c switchboard.Call, lang Lang) {
	m.State = stateOf(&c)
	key := "state." + m.State
	if c.Voicemail && c.Phase == switchboard.Connected {
		key = "state.voicemail"
	}
	if cause := "cause." + c.Cause; c.Phase == switchboard.Ended && lang.Has(cause) {
		key, m.Cause = cause, c.Cause
	}
	m.StateText = lang.T(key)
}

func decimal[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// isLong reports whether a text may be too long for its two lines. Its title is the
// whole of it; no other text is ever cut.
func isLong(text string) bool { return utf8.RuneCountInString(text) > shortText }

// shortText is the length of texts that are never cut, in characters.
const shortText = 30
