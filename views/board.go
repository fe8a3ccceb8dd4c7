package views

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// BoardModel is the model of [Board] and [BoardList]. Its rows are rendered
// already, since many viewers share them.
type BoardModel struct {
	Sections [4][]RenderedRow       // those of package switchboard, and the viewer's own calls
	calls    [4][]*switchboard.Call // those of Sections
	Live     [4]int                 // calls of each section that have not ended and are not hidden
	allowed  int                    // calls that have not ended on which the viewer may act

	// What follows is used by [Board] only.
	BoardExtras
	CallBacks []CallBackTask
	Team      []Tile
}

// BoardExtras are what [Board] shows beside the rows, the team and the missed calls.
type BoardExtras struct {
	Rendered    *RenderedBoard // of the rows, the team and the missed calls; nil renders them
	Many        bool           // there are many rows
	Version     string         // of the rows, see package feed
	Status      StatusModel
	HiddenCalls int  // calls of others that the viewer hides
	CanCall     bool // the viewer may start calls
	alarms      team.AlarmLimits
}

// manyRows is from how many rows on they are compact by themselves, here and in
// board_rows.js.
const manyRows = 9

// compact reports whether the rows are compact, at first: script decides as calls
// come and go.
func (b *BoardModel) compact(d team.Density) bool {
	return d == team.Compact || d == team.AutomaticDensity && b.Many
}

// RenderedRow is the HTML of one row, see [Format.RowHTMLFor].
type RenderedRow []byte

// RenderedBoard is the HTML of a [BoardList], a [TeamStrip] and a [CallBackTray], which
// is rendered if it is empty.
type RenderedBoard struct{ List, Team, CallBacks RenderedRow }

// Add puts a call, on which the viewer may act as allowed says, to its place in its
// section and counts it.
func (b *BoardModel) Add(c *switchboard.Call, row RenderedRow, allowed Allowed) {
	s := c.Section()
	i := len(b.calls[s])
	for i > 0 && place(b.calls[s][i-1]) > place(c) {
		i--
	}
	b.Sections[s], b.calls[s] = slices.Insert(b.Sections[s], i, row), slices.Insert(b.calls[s], i, c)
	b.Many = len(b.Sections[0])+len(b.Sections[1])+len(b.Sections[2]) >= manyRows
	if c.Phase == switchboard.Ended {
		return
	}
	b.Live[s]++
	if allowed.OK() {
		b.allowed++
	}
}

// PutOwnOnTop puts the calls of a member, in whatever state, into the section of
// their own.
func (b *BoardModel) PutOwnOnTop(id switchboard.MemberID) {
	for s := range b.calls[:ownSection] {
		calls, rows := b.calls[s], b.Sections[s]
		b.calls[s], b.Sections[s] = nil, nil
		for i, c := range calls {
			to, at := s, len(b.calls[s])
			if slices.Contains(c.Owners(), id) {
				to = ownSection
				at, _ = slices.BinarySearchFunc(b.calls[to], place(c), func(c *switchboard.Call, at int64) int { return cmp.Compare(place(c), at) })
				if c.Phase != switchboard.Ended {
					b.Live[s]--
					b.Live[to]++
				}
			}
			b.calls[to], b.Sections[to] = slices.Insert(b.calls[to], at, c), slices.Insert(b.Sections[to], at, rows[i])
		}
	}
}

// HideCallsOfOthers hides and counts the calls that are not a member's own. They
// stay in the page, where script shows them again.
func (b *BoardModel) HideCallsOfOthers(id switchboard.MemberID) {
	for s, rows := range b.Sections {
		for i, c := range b.calls[s] {
			if slices.Contains(c.Owners(), id) {
				continue
			}
			rows[i] = bytes.Replace(rows[i], []byte("<li "), []byte("<li hidden "), 1)
			b.HiddenCalls++
			if c.Phase != switchboard.Ended {
				b.Live[s]--
			}
		}
	}
}

// mayHangUpSeveral reports whether the viewer may act on more than one call.
func (b BoardModel) mayHangUpSeveral() bool { return b.allowed > 1 }

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
	ownSection:                 "own",
}

// ownSection is the section of the viewer's own calls in all states, which is above
// the others. It is known to pages only: rows say in which of the others they would be.
const ownSection = 3

// sectionOrder are the sections from top to bottom.
var sectionOrder = [...]int{ownSection, int(switchboard.SectionRinging), int(switchboard.SectionActive), int(switchboard.SectionHeld)}

// StatusModel is the model of [Status]: the health of the board.
type StatusModel struct {
	ListedAt time.Time // time of the last list of calls from sipgate, zero if none
	Now      time.Time // the server's clock
	Problem  string    // why the last list failed, see [Reason]; "" if it did not
	SignedIn int       // number of members who are signed in

	Unreadable int  // number of calls in the list that could not be read
	NoEvents   bool // sipgate sent no push event yet: ringing calls may be missing
	Unlisted   bool // sipgate refuses the list of calls: only events tell of calls
}

// NewStatus returns the model of a board's health at now.
func NewStatus(h switchboard.Health, now time.Time) StatusModel {
	m := StatusModel{ListedAt: h.ListedAt, Now: now, SignedIn: h.Members, Unreadable: h.Unreadable, NoEvents: !h.HasEvents, Unlisted: h.ListRefused}
	if h.Failing {
		m.Problem = Reason(h.Reason)
	}
	return m
}

// state returns the name of the connection state in text keys and in HTML.
func (m StatusModel) state() string {
	if m.ListedAt.IsZero() && !m.Unlisted || m.Problem != "" {
		return "catching"
	}
	return "live"
}

// listNote returns what the reader must know about the list: why it cannot be
// read, and what the board shows then, or how much of it cannot; or "".
func (m StatusModel) listNote(lang Lang) string {
	if m.Unlisted && m.NoEvents {
		return lang.T("health.unlisted_silent")
	} else if m.Unlisted {
		return lang.T("health.unlisted")
	}
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
	if key := "problem." + m.Problem; lang.Has(key) {
		return lang.T(key)
	}
	return lang.T("conn.problem", problemText(lang, m.Problem))
}

func (b BoardModel) empty() bool {
	return !slices.ContainsFunc(b.Sections[:], func(rows []RenderedRow) bool { return len(rows) > 0 })
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
	{[]string{"w"}, "keys.note"},
	{[]string{"h"}, "keys.hold"},
	{[]string{"m"}, "keys.mute"},
	{[]string{"t"}, "keys.transfer"},
	{[]string{"d"}, "keys.keypad"},
	{[]string{"a"}, "keys.announce"},
	{[]string{"r"}, "keys.record"},
	{[]string{"Shift", "r"}, "keys.record.how"},
	{[]string{"x"}, "keys.hangup"},
	{[]string{"Shift", "x"}, "keys.now"},
	{[]string{"u", "Esc"}, "keys.undo"},
	{[]string{"n"}, "keys.new"},
	{[]string{"/"}, "keys.filter"},
	{[]string{"?"}, "keys.this"},
}
