package views

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"strconv"
	"time"

	"callboard/sipgate/switchboard"
)

// RowModel is what [Row] shows of one call: every string ready, nothing left
// to decide.
type RowModel struct {
	DOMID string // of the element
	Base  string // path of the call, "/calls/…"
	State string // "ringing", "talking", "held" or "ended": for the style sheet

	DirectionIcon, Direction string
	Title, Sub               string // outside: name with number below, or number alone
	Inside, InsideSub        string // ours, likewise
	Earlier                  string // whom the call was with before transfers

	StateIcon, StateWord string
	Since, Started       string // milliseconds since 1970, for the browser's timers
	Clock, Total         string // the same moments as clock times, for browsers without script
	About                string // "true" if they are guessed
	AboutWord            string

	Chips []Chip

	// Buttons are present where the phase has any. Why tells the reason why all
	// of them are off, empty if they are not.
	Hold, Mute, Record, Transfer, Keypad, Announce, HangUp Button
	Buttons                                                bool
	Why                                                    string
	Confirm                                                string // the question before hanging up
}

// A Button is one action on a call.
type Button struct {
	Word, Icon string
	Value      string // what the form asks for
	Pressed    string // "true" or "false" for toggles
	Busy       string // "true" while a command of this kind is under way
	ID         string // action_id: the same until the row changes, so that a double click counts once
}

// A Chip is a small remark in a row.
type Chip struct {
	Tone string // "rec", "mute", "busy", "good", "bad", "doubt", "play": for the style sheet
	Icon string
	Text string
	At   string // milliseconds: the chip fades ten seconds later; empty if it stays

	From, Length string // milliseconds, of an announcement that plays
}

// Format writes what only others know how to write. The zero value shows
// numbers as they are and nobody's name.
type Format struct {
	Number func(string) string               // "+49211…" for people
	Name   func(switchboard.MemberID) string // of a member, or empty
}

func (f Format) number(n string) string {
	if f.Number == nil || n == "" {
		return n
	}
	return f.Number(n)
}

func (f Format) name(id switchboard.MemberID) string {
	if f.Name == nil || id == "" {
		return ""
	}
	return f.Name(id)
}

// RowDOMID is the id of the element that shows a call. It needs no escaping in
// a selector: row ids are made of letters, digits, "-" and "_" only.
func RowDOMID(id switchboard.RowID) string { return "row-" + string(id) }

// Mine tells whether a member's own access to sipgate reaches the call: only
// then its buttons work for them.
func Mine(c switchboard.Call, viewer switchboard.MemberID) bool {
	return slices.Contains(c.Seen, viewer)
}

// NewRow prepares a call for display to viewer.
func NewRow(c switchboard.Call, viewer switchboard.MemberID, lang Lang) RowModel {
	return Format{}.Row(c, viewer, lang)
}

// Row prepares a call for display to viewer. The result depends on nothing but
// the call, the language and whether the call is the viewer's: it may be
// rendered once for all who have these in common.
func (f Format) Row(c switchboard.Call, viewer switchboard.MemberID, lang Lang) RowModel {
	m := RowModel{
		DOMID:   RowDOMID(c.ID),
		Base:    "/calls/" + url.PathEscape(string(c.ID)),
		Since:   milliseconds(c.Since),
		Started: milliseconds(c.Started),
		Clock:   clock(c.Since),
	}
	if c.Started.Before(c.Since) {
		m.Total = clock(c.Started)
	}
	if c.Phase == switchboard.Ended { // how long it was, and that stands still
		m.Since, m.Total, m.Clock = "", "", length(c.Gone.Sub(c.Started))
	}
	if c.About {
		m.About, m.AboutWord = "true", lang.T("row.about")
	}
	f.parties(&m, c, lang)
	m.state(c, lang)
	f.chips(&m, c, lang)
	m.buttons(c, Mine(c, viewer), lang)
	return m
}

func (f Format) parties(m *RowModel, c switchboard.Call, lang Lang) {
	switch c.Direction {
	case "in":
		m.DirectionIcon, m.Direction = icon("in"), lang.T("row.in")
	case "out":
		m.DirectionIcon, m.Direction = icon("out"), lang.T("row.out")
	default:
		m.DirectionIcon, m.Direction = icon("both"), lang.T("row.unknown_direction")
	}
	m.Title, m.Sub = f.party(c.Outside, lang)
	m.Inside, m.InsideSub = f.party(c.Inside, lang)
	if len(c.Users) > 0 {
		if c.Inside.Name == "" {
			m.InsideSub = f.number(c.Inside.Number)
		}
		m.Inside = join(c.Users)
	}
	for i, p := range c.Earlier {
		if i > 0 {
			m.Earlier += ", "
		}
		name, _ := f.party(p, lang)
		m.Earlier += name
	}
	if m.Earlier != "" {
		m.Earlier = lang.T("row.earlier", m.Earlier)
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

func (m *RowModel) state(c switchboard.Call, lang Lang) {
	switch {
	case c.Phase == switchboard.Ended:
		m.State, m.StateIcon, m.StateWord = "ended", icon("ended"), lang.T("state.ended")
		if key := "cause." + c.Cause; lang.Has(key) {
			m.StateWord = lang.T(key)
		}
	case c.Phase == switchboard.Ringing:
		m.State, m.StateIcon, m.StateWord = "ringing", icon("ringing"), lang.T("state.ringing")
	case c.Hold.On:
		m.State, m.StateIcon, m.StateWord = "held", icon("held"), lang.T("state.held")
	default:
		m.State, m.StateIcon, m.StateWord = "talking", icon("talking"), lang.T("state.talking")
	}
}

func (m *RowModel) buttons(c switchboard.Call, mine bool, lang Lang) {
	if c.Phase != switchboard.Talking {
		return
	}
	m.Buttons = true
	if !mine {
		m.Why = lang.T("why.not_yours")
	}
	id := actionID(c)
	busy := func(v switchboard.Verb) string {
		if c.Last != nil && c.Last.Verb == v && c.Last.Outcome == switchboard.Pending {
			return "true"
		}
		return ""
	}
	toggle := func(t switchboard.Toggle, v switchboard.Verb, key, on, off string) Button {
		b := Button{Value: strconv.FormatBool(!t.On), Pressed: strconv.FormatBool(t.On), Busy: busy(v), ID: id + "-" + key}
		if t.Pending {
			b.Busy = "true"
		}
		b.Word, b.Icon = lang.T("do."+off), icon(off)
		if t.On {
			b.Word, b.Icon = lang.T("do."+on), icon(on)
		}
		return b
	}
	m.Hold = toggle(c.Hold, switchboard.VerbHold, "h", "resume", "hold")
	m.Mute = toggle(c.Mute, switchboard.VerbMute, "m", "unmute", "mute")
	m.Record = toggle(c.Recording, switchboard.VerbRecord, "r", "stop", "record")
	m.Transfer = Button{Word: lang.T("do.transfer"), Icon: icon("transfer"), Busy: busy(switchboard.VerbTransfer)}
	m.Keypad = Button{Word: lang.T("do.keypad"), Icon: icon("keypad"), Busy: busy(switchboard.VerbTones)}
	m.Announce = Button{Word: lang.T("do.announce"), Icon: icon("announce"), Busy: busy(switchboard.VerbAnnounce)}
	m.HangUp = Button{Word: lang.T("do.hangup"), Icon: icon("hangup"), Busy: busy(switchboard.VerbHangUp), ID: id + "-x"}
	m.Confirm = lang.T("hangup.confirm", m.Title)
}

// actionID names what a row offers until it changes: 22 characters that may
// stand in an address.
func actionID(c switchboard.Call) string {
	var buf [64]byte
	b := append(buf[:0], c.ID...)
	b = binary.BigEndian.AppendUint64(append(b, 0), c.Seq)
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
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
