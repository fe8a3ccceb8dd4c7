package views

import (
	"time"

	"callboard/sipgate/switchboard"
)

// CallPageModel is what [CallPage] shows of one call, while it runs and
// afterwards.
type CallPageModel struct {
	ID       switchboard.RowID
	Row      RowModel    // by Format.RowFor; of a call of the past too
	Live     bool        // it is on the board and has not ended: the page keeps itself current
	Events   []CallEvent // oldest first; times in the zone in which they are shown
	Notes    []Note      // oldest first
	MayNote  Permit
	ActionID string // fresh: 16–64 of [A-Za-z0-9_-]

	Recordings string // address of the page with them, or empty
}

// CallEvent is one line of a call's timeline.
type CallEvent struct {
	At     time.Time
	Kind   string // "rang", "answered", … as the journal has them
	Who    string // did it, or whom it is about, for people
	Detail string // for people, or a word of sipgate's or ours that is known
}

// Note is what somebody wrote on a call.
type Note struct {
	At        time.Time
	Who, Text string
}

// eventIcons are the kinds of events and how they are drawn.
var eventIcons = map[string]string{
	"rang": "ringing", "answered": "talking", "held": "held", "resumed": "resume", "muted": "mute", "unmuted": "unmute",
	"recording": "record", "recorded": "stop", "tones": "keypad", "announced": "announce", "transferred": "transfer",
	"moved": "moved", "ended": "hangup", "noted": "note", "failed": "warn", "unknown": "warn",
}

func (e CallEvent) icon() string {
	if drawn, ok := eventIcons[e.Kind]; ok {
		return icon(drawn)
	}
	return icon("more")
}

func (e CallEvent) word(lang Lang) string {
	if key := "event." + e.Kind; lang.Has(key) {
		return lang.T(key)
	}
	return e.Kind
}

// detail puts causes and verbs into words; everything else is for people.
func (e CallEvent) detail(lang Lang) string {
	for _, prefix := range []string{"cause.", "verb."} {
		if key := prefix + e.Detail; lang.Has(key) {
			if word := lang.T(key); word != e.word(lang) {
				return word
			}
			return ""
		}
	}
	return e.Detail
}

// events is the timeline, without the texts that stand among the notes.
func (m CallPageModel) events() []CallEvent {
	all := make([]CallEvent, 0, len(m.Events))
	for _, e := range m.Events {
		if e.Kind == "noted" && len(m.Notes) > 0 {
			e.Detail = ""
		}
		all = append(all, e)
	}
	return all
}

// row is the header of the page, which does not lead to itself.
func (m CallPageModel) row() RowModel {
	m.Row.Page = ""
	return m.Row
}

// HangUpModel is what [HangUpSheet] shows.
type HangUpModel struct {
	ActionID string    // fresh: 16–64 of [A-Za-z0-9_-]
	Calls    []CallRef // those that the reader may hang up
}
