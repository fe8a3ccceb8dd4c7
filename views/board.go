package views

import (
	"strings"
	"time"

	"callboard/sipgate/switchboard"
)

// BoardModel is the model of [Board] and [BoardList]. Its rows are rendered
// already, since many viewers share them.
type BoardModel struct {
	Sections         [3][]RenderedRow
	Live             int // calls that have not ended
	Ringing          int
	MayHangUpSeveral bool        // the viewer may act on more than one call
	CanUndoHangUp    bool        // hang-ups have a grace period, and are not confirmed before
	Status           StatusModel // used by [Board] only
	HiddenCalls      int         // calls of others that the viewer hides; used by [Board] only
	CanCall          bool        // the viewer may start calls; used by [Board] only
}

// RenderedRow is the HTML of one row, see [Format.RowHTMLFor].
type RenderedRow []byte

// Add appends a call to its section and counts it.
func (b *BoardModel) Add(c switchboard.Call, row RenderedRow) {
	s := c.Section()
	b.Sections[s] = append(b.Sections[s], row)
	if c.Phase != switchboard.Ended {
		b.Live++
	}
	if c.Phase == switchboard.Ringing {
		b.Ringing++
	}
}

// hiddenCallsText returns how many calls are hidden.
func hiddenCallsText(lang Lang, n int) string {
	switch n {
	case 0:
		return lang.T("board.hidden.none")
	case 1:
		return lang.T("board.hidden.one")
	}
	return strings.Replace(lang.T("board.hidden.more"), "{n}", decimal(n), 1)
}

// sectionNames are the names of sections in text keys and in HTML.
var sectionNames = [...]string{
	switchboard.SectionRinging: "ringing",
	switchboard.SectionActive:  "active",
	switchboard.SectionHeld:    "onhold",
}

// StatusModel is the model of [Status]: the health of the board.
type StatusModel struct {
	ListedAt time.Time // time of the last list of calls from sipgate, zero if none
	Now      time.Time // the server's clock
	Problem  string    // why the last list failed, see [Reason]; "" if it did not
	SignedIn int       // number of members who are signed in

	Unreadable int  // number of calls in the list that could not be read
	NoEvents   bool // sipgate sent no push event yet: ringing calls may be missing
}

// NewStatus returns the model of a board's health at now.
func NewStatus(h switchboard.Health, now time.Time) StatusModel {
	m := StatusModel{ListedAt: h.ListedAt, Now: now, SignedIn: h.Members, Unreadable: h.Unreadable, NoEvents: !h.HasEvents}
	if h.Failing {
		m.Problem = Reason(h.Reason)
	}
	return m
}

// state returns the name of the connection state in text keys and in HTML.
func (m StatusModel) state() string {
	if m.ListedAt.IsZero() || m.Problem != "" {
		return "catching"
	}
	return "live"
}

// listNote returns what the reader must know about the list: why it cannot be
// read, or how much of it cannot; or "".
func (m StatusModel) listNote(lang Lang) string {
	if m.Problem == "" && m.Unreadable > 0 {
		return lang.T("unreadable.calls", m.Unreadable)
	}
	return m.problemText(lang)
}

// problemText returns why the list cannot be read, or "".
func (m StatusModel) problemText(lang Lang) string {
	if m.Problem == "" {
		return ""
	}
	return lang.T("conn.problem", problemText(lang, m.Problem))
}

func (b BoardModel) empty() bool {
	return len(b.Sections[0])+len(b.Sections[1])+len(b.Sections[2]) == 0
}

// shortcut is one line of the shortcuts dialog: alternative keys or a
// combination, and what they do.
type shortcut struct {
	keys    []string
	textKey string
}

// keyLabel returns the label of a key. Single characters are their own label.
func (p Page) keyLabel(name string) string {
	if len(name) == 1 {
		return name
	}
	return p.t("cap." + name)
}

// shortcutKeys are the keyboard shortcuts that static/src/shortcuts.js handles.
var shortcutKeys = []shortcut{
	{[]string{"j", "k"}, "keys.rows"},
	{[]string{"Enter"}, "keys.enter"},
	{[]string{"h"}, "keys.hold"},
	{[]string{"m"}, "keys.mute"},
	{[]string{"t"}, "keys.transfer"},
	{[]string{"d"}, "keys.keypad"},
	{[]string{"a"}, "keys.announce"},
	{[]string{"r"}, "keys.record"},
	{[]string{"x"}, "keys.hangup"},
	{[]string{"Shift", "x"}, "keys.now"},
	{[]string{"u", "Esc"}, "keys.undo"},
	{[]string{"n"}, "keys.new"},
	{[]string{"/"}, "keys.filter"},
	{[]string{"?"}, "keys.this"},
}
