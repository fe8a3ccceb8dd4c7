package views

import (
	"slices"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// addChips adds the chips of a call: what is on, what is pending, what failed.
// They show only what sipgate confirmed.
func (f Format) addChips(m *RowModel, c switchboard.Call, lang Lang) {
	if c.Phase != switchboard.Ended {
		if c.PendingHangup != nil {
			m.Chips = append(m.Chips, pendingHangupChip(*c.PendingHangup, f.Zone, lang))
		}
		if claim := c.Claim; claim != nil && !(commandPending(c) && c.LastCommand.By == claim.By) { // else the chip of the command says more
			m.Chips = append(m.Chips, Chip{Tone: "claim", Text: ClaimText(lang, *claim), By: string(claim.By)})
		}
		if c.Doubtful {
			m.Chips = append(m.Chips, Chip{Tone: "doubt", Text: lang.T("chip.doubtful")})
		}
		if c.Recording.On {
			m.Chips = append(m.Chips, Chip{Tone: "rec", Text: lang.T("chip.rec")})
		}
		if c.Mute.On {
			m.Chips = append(m.Chips, Chip{Tone: "mute", Text: lang.T("chip.mute")})
		}
		if c.Playback != nil {
			m.Chips = append(m.Chips, playbackChips(*c.Playback, lang)...)
		}
	}
	if c.LastCommand != nil {
		if chip := commandChip(f.shownCommand(c), c, lang); chip.Text != "" {
			if chip.Name = c.LastCommand.Name; chip.Tone != busy {
				chip.Text, chip.Name = chip.named(), ""
			}
			m.Chips = append(m.Chips, chip)
		}
	}
}

// busy is the tone of the chip of a pending command. It is shown over the first line
// of the row, which so keeps its height until sipgate has answered.
const busy = "busy"

// named returns the text with the name of who does it, if there is one.
func (c Chip) named() string {
	if c.Name == "" {
		return c.Text
	}
	return c.Name + ": " + c.Text
}

// notes returns the chips that have a line of their own.
func (m *RowModel) notes() []Chip {
	return slices.DeleteFunc(slices.Clone(m.Chips), func(c Chip) bool { return c.Tone == busy })
}

// shownCommand returns the last command with formatted numbers. During a
// consultation nothing has been transferred yet.
func (f Format) shownCommand(c switchboard.Call) switchboard.LastCommand {
	last := *c.LastCommand
	switch {
	case last.Verb != switchboard.VerbTransfer:
	case c.Consultation != nil && last.Outcome == switchboard.Confirmed:
		last.Verb = "" // the consultation bar shows it
	default:
		last.Detail = f.memberOrNumber(last.Detail)
	}
	return last
}

// ClaimText returns who is about to do what: "Mia is transferring …".
func ClaimText(lang Lang, claim switchboard.Claim) string {
	name := claim.Name
	if name == "" {
		name = lang.T("attend.somebody")
	}
	if claim.Verb.Valid() {
		return lang.T("attend."+string(claim.Verb), name)
	}
	return lang.T("attend.other", name)
}

// pendingHangupChip shows when a call will be hung up. Script counts down.
func pendingHangupChip(hangup switchboard.PendingHangup, zone *time.Location, lang Lang) Chip {
	return Chip{Tone: "pending-hangup", Text: lang.T("leave.at", exactClock(zone, hangup.At)), At: milliseconds(hangup.At), Name: hangup.Name}
}

// commandPending reports whether the last command is pending.
func commandPending(c switchboard.Call) bool {
	return c.LastCommand != nil && c.LastCommand.Outcome == switchboard.Pending
}

// commandChip shows the state of the last command.
func commandChip(o switchboard.LastCommand, c switchboard.Call, lang Lang) Chip {
	verb := string(o.Verb)
	switch o.Outcome {
	case switchboard.Pending:
		return Chip{Tone: busy, Text: pendingText(o, c, lang)}
	case switchboard.Failed:
		return Chip{Tone: "bad", Text: lang.T("order.failed", lang.T("verb."+verb), lang.T("reason."+Reason(o.Reason))), At: milliseconds(o.At)}
	case switchboard.Accepted:
		if c.Phase != switchboard.Ended {
			return Chip{Tone: busy, Text: pendingText(o, c, lang)}
		}
		return Chip{}
	case switchboard.Unconfirmed:
		return Chip{Tone: "doubt", Text: lang.T("order.unconfirmed", lang.T("verb."+verb))}
	case switchboard.Unknown:
		return Chip{Tone: "doubt", Text: lang.T("order.unknown", lang.T("verb."+verb))}
	}
	switch o.Verb { // confirmed, and visible nowhere else
	case switchboard.VerbTransfer:
		return Chip{Tone: "good", Icon: "transfer", Text: lang.T("order.transferred", o.Detail), At: milliseconds(o.At)}
	case switchboard.VerbTones:
		return Chip{Tone: "good", Icon: "keypad", Text: lang.T("order.tones"), At: milliseconds(o.At)}
	}
	return Chip{}
}

// pendingText describes the pending command.
func pendingText(o switchboard.LastCommand, c switchboard.Call, lang Lang) string {
	onOff := func(t switchboard.Toggle) string {
		if t.Requested || !t.Pending && t.On {
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

// playbackChips show an announcement, and whether sipgate has fetched its file.
func playbackChips(p switchboard.Playback, lang Lang) []Chip {
	play := Chip{Tone: "play", Text: lang.T("play.started", p.Title), At: milliseconds(p.Since)}
	if p.Length > 0 {
		play.Text, play.At = lang.T("play.title", p.Title), ""
		play.From, play.Length = milliseconds(p.Since), decimal(p.Length.Milliseconds())
	}
	chips := []Chip{play}
	switch {
	case !p.Hosted:
	case p.Missed:
		chips = append(chips, Chip{Tone: "doubt", Text: lang.T("play.missed")})
	case p.FetchedAfter > 0:
		text := lang.T("play.fetched", p.FetchedAfter.Round(100*time.Millisecond).Seconds())
		chips = append(chips, Chip{Tone: "good", Text: text, At: milliseconds(p.Since.Add(p.FetchedAfter))})
	}
	return chips
}

// reasons are the names of error kinds in text keys.
var reasons = map[sipgate.Kind]string{
	sipgate.Other: "other", sipgate.Unauthorized: "unauthorized", sipgate.Forbidden: "forbidden", sipgate.NoCall: "nocall",
	sipgate.Invalid: "invalid", sipgate.NoCredit: "nocredit", sipgate.Throttled: "throttled", sipgate.Unavailable: "unavailable",
	sipgate.Unsupported: "unsupported", sipgate.Unreadable: "unreadable",
}

// Reason returns the name of an error kind in text keys: "throttled". Unknown
// kinds are "other".
func Reason(kind sipgate.Kind) string {
	if name, ok := reasons[kind]; ok {
		return name
	}
	return reasons[sipgate.Other]
}
