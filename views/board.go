package views

import (
	"strings"
	"time"

	"callboard/sipgate/switchboard"
)

// BoardModel is the board: rows that are rendered already, since many people
// look at the same ones, and where they stand.
type BoardModel struct {
	Sections         [3][]RenderedRow
	Live             int // calls that ring, are talking or on hold
	Ringing          int
	MayHangUpSeveral bool        // more than one of them the viewer may act on
	CanUndoHangUp    bool        // hanging up can be taken back: the server waits a moment, and nobody is asked before
	Status           StatusModel // needed by [Board] only
	HiddenCalls      int         // calls that are left out because they are not the viewer's; needed by [Board] only
	CanCall          bool        // there is a telephone to start a call with; needed by [Board] only
}

// RenderedRow is the HTML of one row, as [Format.RowHTMLFor] makes it.
type RenderedRow []byte

// Add puts a call at the end of its section.
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

// hiddenCalls says how many calls there are besides those that are shown.
func hiddenCallsText(lang Lang, n int) string {
	switch n {
	case 0:
		return lang.T("board.hidden.none")
	case 1:
		return lang.T("board.hidden.one")
	}
	return strings.Replace(lang.T("board.hidden.more"), "{n}", decimal(int64(n)), 1)
}

// sectionNames name the sections in keys of words and in HTML.
var sectionNames = [...]string{
	switchboard.SectionRinging: "ringing",
	switchboard.SectionActive:  "active",
	switchboard.SectionHeld:    "onhold",
}

// StatusModel is what [Status] shows: how far the board can be trusted.
type StatusModel struct {
	ListedAt time.Time // when sipgate's list was taken over last; zero: never
	Now      time.Time // the server's clock
	Problem  string    // why the last list failed ("throttled", …), or empty
	SignedIn int       // who are signed in
}

// NewStatus prepares the board's health for display at the moment now.
func NewStatus(h switchboard.Health, now time.Time) StatusModel {
	m := StatusModel{ListedAt: h.ListedAt, Now: now, SignedIn: h.Members}
	if h.Failing {
		m.Problem = Reason(int(h.Reason))
	}
	return m
}

// state is the name of the connection's state in keys of words and in HTML.
func (m StatusModel) state() string {
	switch {
	case m.ListedAt.IsZero(), m.Problem != "":
		return "catching"
	default:
		return "live"
	}
}

func (m StatusModel) problemText(lang Lang) string {
	return lang.T("conn.problem", problemText(lang, m.Problem))
}

func (b BoardModel) empty() bool {
	return len(b.Sections[0])+len(b.Sections[1])+len(b.Sections[2]) == 0
}

// A shortcut is a key, or one of several, and what it does.
type shortcut struct {
	keys    []string
	textKey string
}

// keyCap is what is written on a key: letters stand for themselves.
func (p Page) keyLabel(name string) string {
	if len(name) == 1 {
		return name
	}
	return p.t("cap." + name)
}

// keys are the shortcuts of the board, as shortcuts.js executes them.
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
