package views

import (
	"strconv"
	"strings"
	"time"

	"callboard/sipgate/switchboard"
)

// CallPageModel is what [CallPage] shows of one call, while it runs and
// afterwards.
type CallPageModel struct {
	ID       switchboard.RowID
	Row      RowModel    // by Format.RowFor; of a call of the past too
	Live     bool        // it is on the board and has not ended: the page keeps itself current
	Events   []CallEvent // oldest first, notes among them; times in the zone in which they are shown
	Notes    []Note      // if nil, those among Events
	MayNote  Allowed
	ActionID string // fresh: 16–64 of [A-Za-z0-9_-]

	// Past is what sipgate's history has of the call, once it is over. If that is
	// nothing, PastState says why: "waiting" (it is not listed yet), "failed" (it
	// could not be read), "none".
	History      []HistoryEntry
	HistoryState string

	// Alone says that only sipgate's history knows the call: there is no
	// timeline, and there are no notes of ours.
	HistoryOnly bool
}

// Note is what somebody wrote on a call.
type Note struct {
	At           time.Time
	Author, Text string
}

// CallEvent is one line of a call's timeline, as the journal has it.
type CallEvent struct {
	At          time.Time
	Approximate bool   // nobody told when it was
	Kind        string // "rang", "answered", …
	MemberName  string // did it, or whom it is about, by name
	Detail      string // for people, or a word of sipgate's or ours; of a note its text
}

// Event is CallEvent with a telephone number in detail written for people.
func (f Format) Event(at time.Time, about bool, kind, who, detail string) CallEvent {
	if digits, ok := strings.CutPrefix(detail, "+"); ok && kind != noted && digits != "" && strings.Trim(digits, "0123456789") == "" {
		detail = f.number(detail)
	}
	return CallEvent{at, about, kind, who, detail}
}

// noted is the kind of a note. Its text stands below the timeline.
const noted = "noted"

// eventIcons are the kinds of events and how they are drawn.
var eventIcons = map[string]string{
	"rang": "ringing", "answered": "talking", "held": "held", "resumed": "resume", "muted": "mute", "unmuted": "unmute",
	"recording": "record", "recorded": "stop", "tones": "keypad", "announced": "announce", "transferred": "transfer",
	"moved": "moved", "ended": "hangup", noted: "note", "cancelled": "close", "failed": "warn", "unknown": "warn",
}

func (e CallEvent) icon() string {
	if drawn, ok := eventIcons[e.Kind]; ok {
		return icon(drawn)
	}
	return icon("more")
}

func (e CallEvent) name(lang Lang) string {
	if key := "event." + e.Kind; lang.Has(key) {
		return lang.T(key)
	}
	return e.Kind
}

// detail puts causes, verbs and counts into words; everything else is for
// people.
func (e CallEvent) detailText(lang Lang) string {
	switch e.Kind {
	case noted:
		return ""
	case "tones":
		if n, err := strconv.Atoi(e.Detail); err == nil {
			return lang.T("event.times", n)
		}
	}
	for _, prefix := range []string{"cause.", "verb."} {
		if key := prefix + e.Detail; lang.Has(key) {
			if word := lang.T(key); word != e.name(lang) {
				return word
			}
			return ""
		}
	}
	return e.Detail
}

// clock is when it was, to the second.
func (e CallEvent) clock() string {
	if e.Approximate {
		return "~" + e.At.Format("15:04:05")
	}
	return e.At.Format("15:04:05")
}

// notes are what was written on the call.
func (m CallPageModel) notes() []Note {
	if m.Notes != nil {
		return m.Notes
	}
	var all []Note
	for _, e := range m.Events {
		if e.Kind == noted {
			all = append(all, Note{e.At, e.MemberName, e.Detail})
		}
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
