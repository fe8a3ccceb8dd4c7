package views

import (
	"strconv"
	"strings"
	"time"

	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// CallPageModel is the model of [CallPage], for running and ended calls.
type CallPageModel struct {
	ID       switchboard.RowID
	Row      RowModel // see [Format.RowFor]
	Live     bool     // the call has not ended: the page updates itself
	Alarms   team.AlarmLimits
	Events   []CallEvent // oldest first, including notes
	Notes    []Note      // nil: the notes in Events
	MayNote  Allowed
	ActionID string // fresh: 16–64 of [A-Za-z0-9_-]

	// History holds the entries of sipgate's history for an ended call. If there
	// are none, HistoryState says why: "waiting" (not listed yet), "failed" (the
	// history could not be read), "none".
	History      []HistoryEntry
	HistoryState string
	OwnCalls     []OwnCall // of the reader, that can be transferred to the entries' numbers

	// HistoryOnly reports that only sipgate's history has the call: there are no
	// timeline and no notes.
	HistoryOnly bool
}

// Note is a note on a call.
type Note struct {
	At           time.Time
	Author, Text string
}

// CallEvent is one line of a call's timeline.
type CallEvent struct {
	At          time.Time
	Approximate bool   // At is a guess
	Kind        string // a journal.Kind: "rang", "answered", …
	MemberName  string // who acted, or whom the event concerns
	Detail      string // for display, a code of sipgate or of a verb, or the text of a note
}

// Event returns a CallEvent. A telephone number in detail is formatted.
func (f Format) Event(at time.Time, approximate bool, kind, member, detail string) CallEvent {
	if digits, ok := strings.CutPrefix(detail, "+"); ok && kind != noted && digits != "" && strings.Trim(digits, "0123456789") == "" {
		detail = f.number(detail)
	}
	return CallEvent{at, approximate, kind, member, detail}
}

// memberText returns who acted or was concerned. A voicemail is a word.
func (e CallEvent) memberText(lang Lang) string {
	if strings.EqualFold(e.MemberName, voicemailUser) {
		return lang.T("row.voicemail")
	}
	return e.MemberName
}

// voicemailUser is how sipgate names the voicemail where it names users.
const voicemailUser = "voicemail"

// noted is the kind of a note, whose text is below the timeline.
const noted = string(journal.Noted)

// eventIcons are the icons of event kinds.
var eventIcons = map[string]string{
	"rang": "ringing", "answered": "talking", "held": "held", "resumed": "resume", "muted": "mute", "unmuted": "unmute",
	"recording": "record", "recorded": "stop", "tones": "keypad", "announced": "announce", "transferred": "transfer",
	"moved": "moved", "ended": "hangup", noted: "note", "cancelled": "close", "failed": "warn", "unknown": "warn", "unconfirmed": "warn",
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

// detailText returns the detail with causes, verbs and counts in words.
func (e CallEvent) detailText(lang Lang) string {
	switch {
	case e.Kind == noted:
		return ""
	case strings.EqualFold(e.Detail, voicemailUser):
		return lang.T("row.voicemail")
	}
	switch e.Kind {
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

// clock returns the time of day to the second.
func (e CallEvent) clock(zone *time.Location) string {
	if e.Approximate {
		return "~" + exactClock(zone, e.At)
	}
	return exactClock(zone, e.At)
}

// notes returns the notes of the call.
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

// row returns the row of the call without a link to this page.
func (m CallPageModel) row() RowModel {
	m.Row.Page = ""
	return m.Row
}

// HangUpModel is the model of [HangUpDialog].
type HangUpModel struct {
	ActionID string    // fresh: 16–64 of [A-Za-z0-9_-]
	Calls    []CallRef // the calls that the reader may hang up
}

// whenText says with a [dateGap] when the call was, how long, and whose.
func (e HistoryEntry) whenText() string {
	text := dateGap
	if e.Length > 0 {
		text += " · " + durationText(e.Length)
	}
	if e.Local != "" {
		text += " · " + e.Local
	}
	return text
}
