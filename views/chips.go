package views

import (
	"time"

	"callboard/sipgate/switchboard"
)

// chips are the remarks on a call: what is on, what is under way, what went
// wrong. Nothing is claimed that sipgate did not confirm.
func (f Format) addChips(m *RowModel, c switchboard.Call, lang Lang) {
	if c.Phase != switchboard.Ended {
		if c.PendingHangup != nil {
			m.Chips = append(m.Chips, pendingHangupChip(*c.PendingHangup, lang))
		}
		if a := c.Claim; a != nil && !(commandPending(c) && c.LastCommand.By == a.By) { // else the order tells more
			m.Chips = append(m.Chips, Chip{Tone: "attend", Icon: icon("person"), Text: ClaimText(lang, *a), By: string(a.By)})
		}
		if c.Recording.On {
			m.Chips = append(m.Chips, Chip{Tone: "rec", Icon: icon("record"), Text: lang.T("chip.rec")})
		}
		if c.Mute.On {
			m.Chips = append(m.Chips, Chip{Tone: "mute", Icon: icon("mute"), Text: lang.T("chip.mute")})
		}
		if c.Playback != nil {
			m.Chips = append(m.Chips, playbackChips(*c.Playback, lang)...)
		}
	}
	if c.LastCommand != nil {
		if chip := commandChip(f.shownCommand(c), c, lang); chip.Text != "" {
			if c.LastCommand.Name != "" {
				chip.Text = c.LastCommand.Name + ": " + chip.Text
			}
			m.Chips = append(m.Chips, chip)
		}
	}
}

// told is the last command as it is told: numbers as people write them. While
// somebody is asked, nothing was transferred yet.
func (f Format) shownCommand(c switchboard.Call) switchboard.LastCommand {
	o := *c.LastCommand
	switch {
	case o.Verb != switchboard.VerbTransfer:
	case c.Consultation != nil && o.Outcome == switchboard.Confirmed:
		o.Verb = "" // the consultation tells
	default:
		o.Detail = f.memberOrNumber(o.Detail)
	}
	return o
}

// Attending says who is about to do what: "Mia is transferring …". It is what
// somebody is told who wants to act on the same call.
func ClaimText(lang Lang, a switchboard.Claim) string {
	name := a.Name
	if name == "" {
		name = lang.T("attend.somebody")
	}
	if a.Verb.Valid() {
		return lang.T("attend."+string(a.Verb), name)
	}
	return lang.T("attend.other", name)
}

// leaving says that a call will be hung up, and when: script counts down to it.
func pendingHangupChip(l switchboard.PendingHangup, lang Lang) Chip {
	return Chip{Tone: "leave", Icon: icon("hangup"), Text: lang.T("leave.at", l.At.Format("15:04:05")), At: milliseconds(l.At), Name: l.Name}
}

// pending tells whether the last command is under way.
func commandPending(c switchboard.Call) bool {
	return c.LastCommand != nil && c.LastCommand.Outcome == switchboard.Pending
}

// order says what becomes of the last command.
func commandChip(o switchboard.LastCommand, c switchboard.Call, lang Lang) Chip {
	verb := string(o.Verb)
	switch o.Outcome {
	case switchboard.Pending:
		return Chip{Tone: "busy", Text: pendingText(o, c, lang)}
	case switchboard.Failed:
		return Chip{Tone: "bad", Icon: icon("warn"), Text: lang.T("order.failed", lang.T("verb."+verb), lang.T("reason."+Reason(int(o.Reason)))), At: milliseconds(o.At)}
	case switchboard.Unknown:
		return Chip{Tone: "doubt", Icon: icon("warn"), Text: lang.T("order.unknown", lang.T("verb."+verb))}
	}
	switch o.Verb { // confirmed, and not to be seen otherwise
	case switchboard.VerbTransfer:
		return Chip{Tone: "good", Icon: icon("transfer"), Text: lang.T("order.transferred", o.Detail), At: milliseconds(o.At)}
	case switchboard.VerbTones:
		return Chip{Tone: "good", Icon: icon("keypad"), Text: lang.T("order.tones"), At: milliseconds(o.At)}
	}
	return Chip{}
}

func pendingText(o switchboard.LastCommand, c switchboard.Call, lang Lang) string {
	onOff := func(t switchboard.Toggle) string {
		if t.Requested {
			return ".on"
		}
		return ".off"
	}
	switch o.Verb {
	case switchboard.VerbHold:
		return lang.T("pending.hold" + onOff(c.Hold))
	case switchboard.VerbMute:
		return lang.T("pending.mute" + onOff(c.Mute))
	case switchboard.VerbRecord:
		return lang.T("pending.record" + onOff(c.Recording))
	case switchboard.VerbTransfer:
		return lang.T("pending.transfer", o.Detail)
	case switchboard.VerbAnnounce:
		return lang.T("pending.announce", o.Detail)
	case switchboard.VerbTones:
		return lang.T("pending.tones")
	case switchboard.VerbCancelConsultation:
		return lang.T("pending.unask")
	default:
		return lang.T("pending.hangup")
	}
}

// playing tells of an announcement, and whether sipgate has fetched the file.
func playbackChips(p switchboard.Playback, lang Lang) []Chip {
	play := Chip{Tone: "play", Icon: icon("announce"), Text: lang.T("play.started", p.Title), At: milliseconds(p.Since)}
	if p.Length > 0 {
		play.Text, play.At = lang.T("play.title", p.Title), ""
		play.From, play.Length = milliseconds(p.Since), decimal(p.Length.Milliseconds())
	}
	chips := []Chip{play}
	switch {
	case !p.Hosted:
	case p.Missed:
		chips = append(chips, Chip{Tone: "doubt", Icon: icon("warn"), Text: lang.T("play.missed")})
	case p.FetchedAfter > 0:
		text := lang.T("play.fetched", p.FetchedAfter.Round(100*time.Millisecond).Seconds())
		chips = append(chips, Chip{Tone: "good", Text: text, At: milliseconds(p.Since.Add(p.FetchedAfter))})
	}
	return chips
}

// reasons are the names of sipgate.Kind, which this package may not import, in
// its order; a test holds them together.
var reasons = []string{"other", "unauthorized", "forbidden", "nocall", "invalid", "nocredit", "throttled", "unavailable", "unsupported"}

// Reason is the name of a sipgate.Kind in keys of words.
func Reason(kind int) string {
	if kind < 0 || kind >= len(reasons) {
		kind = 0
	}
	return reasons[kind]
}
