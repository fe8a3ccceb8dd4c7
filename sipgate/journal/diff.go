package journal

import (
	"slices"
	"strings"

	"callboard/sipgate/switchboard"
)

// diff returns the entries for what happened to a call between two of its values.
// Before is nil if after is the first value. Entries whose time is not known have
// a zero time.
//
// Values in between may be missing, and before may come from a board before a
// restart. diff returns what follows from the two values and guesses nothing else.
func diff(before *switchboard.Call, after switchboard.Call) []Entry {
	if before == nil {
		first := after
		first.Phase, first.PreviousPhase = switchboard.Ringing, switchboard.Ringing
		first.Hold, first.Mute, first.Recording = switchboard.Toggle{}, switchboard.Toggle{}, switchboard.Toggle{}
		first.LastCommand, first.Playback, first.PendingHangup = nil, nil, nil
		return append(firstEntries(&after), diff(&first, after)...)
	}
	if stale(before, &after) {
		return nil
	}
	s := step{before: before, after: &after}
	s.addCommand()
	s.addMoved()
	s.addAnswered()
	s.addToggled(before.Hold, after.Hold, switchboard.VerbHold, Held, Resumed)
	s.addToggled(before.Mute, after.Mute, switchboard.VerbMute, Muted, Unmuted)
	s.addToggled(before.Recording, after.Recording, switchboard.VerbRecord, Recording, Recorded)
	s.addAnnounced()
	s.addEnded()
	return s.entries
}

// stale reports whether after is older than before: a call never rings again under
// an id under which it was answered or has ended. A board that was started since
// may show so when events are late.
func stale(before, after *switchboard.Call) bool {
	return before.CallID == after.CallID && before.Phase != switchboard.Ringing && after.Phase == switchboard.Ringing
}

// firstEntries returns the entry for the ringing of a new call, if its time is
// known or it still rings.
func firstEntries(c *switchboard.Call) []Entry {
	if c.Phase != switchboard.Ringing && (c.Approximate || !c.Started.Before(c.Since)) {
		return nil
	}
	e := Entry{At: c.Started, Approximate: c.Approximate, Kind: Rang}
	if c.Phase == switchboard.Ringing {
		e.Name = answering(c)
	}
	return []Entry{e}
}

// A step collects the entries between two values of a call.
type step struct {
	before, after *switchboard.Call
	entries       []Entry
}

func (s *step) add(e Entry) { s.entries = append(s.entries, e) }

// addCommand adds the outcomes of commands that the call's state does not show.
func (s *step) addCommand() {
	before, after := s.before.LastCommand, s.after.LastCommand
	if h := s.before.PendingHangup; h != nil && s.after.PendingHangup == nil && s.after.Phase != switchboard.Ended && !s.newCommand(switchboard.VerbHangUp) {
		s.add(Entry{Kind: Cancelled, Name: h.Name, Detail: string(switchboard.VerbHangUp)})
	}
	if before != nil && before.Outcome == switchboard.Pending {
		s.addSuperseded(before, after)
	}
	if after == nil || after.Outcome == switchboard.Pending || after.Outcome == switchboard.Accepted || sameCommand(before, after) {
		return
	}
	e := Entry{At: after.At, Name: after.Name, Detail: string(after.Verb)}
	switch after.Outcome {
	case switchboard.Failed:
		e.Kind = Failed
	case switchboard.Unknown:
		e.Kind = Unknown
	case switchboard.Unconfirmed:
		e.Kind = Unconfirmed
	case switchboard.Confirmed:
		switch after.Verb {
		case switchboard.VerbTransfer:
			e.Kind, e.Detail = Transferred, after.Detail
		case switchboard.VerbTones:
			e.Kind, e.Detail = Tones, ""
		default:
			return // the call's state shows it
		}
	}
	s.add(e)
}

// addSuperseded adds an entry for a pending command whose outcome will not be seen:
// another command replaced it, or the board was restarted.
func (s *step) addSuperseded(before, after *switchboard.LastCommand) {
	switch {
	case after == nil:
		if !s.tookEffect(before.Verb) {
			s.add(Entry{Kind: Unknown, Name: before.Name, Detail: string(before.Verb)})
		}
	case after.Verb == before.Verb && after.By == before.By && after.Outcome != switchboard.Pending || sameCommand(before, after):
	case before.Verb == switchboard.VerbTones:
		s.add(Entry{At: before.At, Approximate: true, Kind: Tones, Name: before.Name})
	}
}

// tookEffect reports whether the call's state is what a pending command requested.
func (s *step) tookEffect(v switchboard.Verb) bool {
	switched := func(before, after switchboard.Toggle) bool { return before.Pending && before.Requested == after.On }
	switch v {
	case switchboard.VerbHold:
		return switched(s.before.Hold, s.after.Hold)
	case switchboard.VerbMute:
		return switched(s.before.Mute, s.after.Mute)
	case switchboard.VerbRecord:
		return switched(s.before.Recording, s.after.Recording)
	case switchboard.VerbTransfer:
		return s.before.CallID != s.after.CallID
	case switchboard.VerbHangUp:
		return s.after.Phase == switchboard.Ended
	}
	return false
}

// newCommand reports whether a command with verb v was given between the values.
func (s *step) newCommand(v switchboard.Verb) bool {
	return s.after.LastCommand != nil && s.after.LastCommand.Verb == v && !sameCommand(s.before.LastCommand, s.after.LastCommand)
}

// sameCommand reports whether two values of LastCommand are equal.
func sameCommand(x, y *switchboard.LastCommand) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Verb == y.Verb && x.By == y.By && x.Outcome == y.Outcome && x.Detail == y.Detail && x.At.Equal(y.At)
}

// addMoved adds an entry if the call goes on under another id with another party,
// or rings again after a transfer failed. Several ids of a ringing call are ignored:
// several phones ring.
func (s *step) addMoved() {
	if s.before.CallID == s.after.CallID ||
		s.before.Phase == switchboard.Ringing && len(s.after.PreviousParties) <= len(s.before.PreviousParties) {
		return
	}
	if p, ok := s.newParty(); ok {
		s.add(Entry{Kind: Moved, Detail: displayName(p)})
	} else if s.before.PreviousPhase == switchboard.Connected && s.after.Phase == switchboard.Ringing {
		s.add(Entry{At: s.after.Since, Approximate: s.after.Approximate, Kind: Rang, Name: answering(s.after)})
	}
}

// newParty returns the party that was not part of the call before.
func (s *step) newParty() (switchboard.Party, bool) {
	before := []switchboard.Party{s.before.Remote, s.before.Local}
	for _, p := range []switchboard.Party{s.after.Local, s.after.Remote} {
		if p != (switchboard.Party{}) && !slices.ContainsFunc(before, func(q switchboard.Party) bool { return similar(p, q) }) {
			return p, true
		}
	}
	return switchboard.Party{}, false
}

// similar reports whether two parties may be the same. Several members may share a
// number; a party without a name may be any of them.
func similar(p, q switchboard.Party) bool {
	return p.Number == q.Number && (p.Name == q.Name || p.Name == "" || q.Name == "")
}

// addAnswered adds an entry if a ringing call was answered.
func (s *step) addAnswered() {
	rang := s.before.Phase == switchboard.Ringing || s.before.Phase == switchboard.Ended && s.before.PreviousPhase == switchboard.Ringing
	a := s.after
	switch {
	case !rang:
	case a.Phase == switchboard.Connected && !a.Hold.On:
		s.add(Entry{At: a.Since, Approximate: a.Approximate, Kind: Answered, Name: answering(a)})
	case a.Phase == switchboard.Connected, a.Phase == switchboard.Ended && a.PreviousPhase == switchboard.Connected:
		s.add(Entry{At: a.Started, Approximate: true, Kind: Answered, Name: answering(a)})
	}
}

// addToggled adds an entry if a toggle changed. A new leg starts without hold and
// mute, which is not an action of anyone.
func (s *step) addToggled(before, after switchboard.Toggle, v switchboard.Verb, on, off Kind) {
	last := s.after.LastCommand
	if before.On == after.On || last != nil && last.Verb == v && last.Outcome == switchboard.Unconfirmed {
		return // it was never on or off: the entry of the command says so
	}
	e := Entry{Kind: on}
	if !after.On {
		if s.before.CallID != s.after.CallID && v != switchboard.VerbRecord {
			return
		}
		e.Kind = off
	}
	if v == switchboard.VerbHold && s.after.Phase == switchboard.Connected && s.before.CallID == s.after.CallID {
		e.At = s.after.Since
	}
	requested := before.Pending && before.Requested == after.On
	switch {
	case s.newCommand(v) && (last.Outcome == switchboard.Confirmed || last.Outcome == switchboard.Accepted):
		e.Name, e.At = last.Name, last.At
	case last != nil && last.Verb == v && requested:
		e.Name = last.Name // a list shows it before the command is answered
	case s.before.LastCommand != nil && s.before.LastCommand.Verb == v && requested:
		e.Name = s.before.LastCommand.Name
	}
	s.add(e)
}

// addAnnounced adds an entry if sipgate accepted an announcement.
func (s *step) addAnnounced() {
	before, after, last := s.before.Playback, s.after.Playback, s.after.LastCommand
	e := Entry{Kind: Announced}
	switch {
	case after != nil && (before == nil || !before.Since.Equal(after.Since)):
		e.At, e.Detail = after.Since, after.Title
		if last != nil && last.Verb == switchboard.VerbAnnounce {
			e.Name = last.Name
		}
	case after == nil && s.newCommand(switchboard.VerbAnnounce) && last.Outcome == switchboard.Confirmed &&
		(before == nil || before.Since.Before(last.At)):
		e.At, e.Name, e.Detail = last.At, last.Name, last.Detail // it has ended already
	default:
		return
	}
	s.add(e)
}

// addEnded adds an entry if the call ended, and another one if its cause became
// known later.
func (s *step) addEnded() {
	a := s.after
	if a.Phase != switchboard.Ended || s.before.Phase == switchboard.Ended && (a.Cause == "" || a.Cause == s.before.Cause) {
		return
	}
	e := Entry{At: a.EndedAt, Approximate: a.EndApproximate, Kind: Ended, Detail: a.Cause}
	last := a.LastCommand
	if last != nil && last.Verb == switchboard.VerbHangUp && last.Outcome != switchboard.Failed && last.Outcome != switchboard.Unknown {
		e.Name = last.Name
	}
	s.add(e)
}

// displayName returns the name of a party, or else its number.
func displayName(p switchboard.Party) string {
	if p.Name != "" {
		return p.Name
	}
	return p.Number
}

// answering returns the names of those at whose telephones a call rings or who
// answered it.
func answering(c *switchboard.Call) string {
	if c.Internal {
		return c.Remote.Name
	}
	return strings.Join(c.UserNames, ", ")
}
