package journal

import (
	"slices"
	"strings"

	"callboard/sipgate/switchboard"
)

// diff tells what happened to a call between two values of it; before is nil
// if after is the first. An entry whose time neither value tells has none.
//
// Values in between may be missing, and before may come from an earlier life of
// the board: what follows from after is told all the same, and what does not is
// not made up.
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

// stale reports whether after is older than before: no call rings under an id
// under which it was answered or has ended. A board that began after that may
// think so when events come late.
func stale(before, after *switchboard.Call) bool {
	return before.CallID == after.CallID && before.Phase != switchboard.Ringing && after.Phase == switchboard.Ringing
}

// began is the entry of a call that rang, as far as anybody told.
func firstEntries(c *switchboard.Call) []Entry {
	if c.Phase != switchboard.Ringing && (c.Approximate || !c.Started.Before(c.Since)) {
		return nil
	}
	e := Entry{At: c.Started, Approximate: c.Approximate, Kind: Rang}
	if c.Phase == switchboard.Ringing {
		e.Name = joinNames(c.UserNames)
	}
	return []Entry{e}
}

// A step is from one value of a call to the next.
type step struct {
	before, after *switchboard.Call
	entries       []Entry
}

func (s *step) add(e Entry) { s.entries = append(s.entries, e) }

// orders tells what became of commands that no state of the call shows.
func (s *step) addCommand() {
	was, is := s.before.LastCommand, s.after.LastCommand
	if l := s.before.PendingHangup; l != nil && s.after.PendingHangup == nil && s.after.Phase != switchboard.Ended && !s.newCommand(switchboard.VerbHangUp) {
		s.add(Entry{Kind: Cancelled, Name: l.Name, Detail: string(switchboard.VerbHangUp)})
	}
	if was != nil && was.Outcome == switchboard.Pending {
		s.addSuperseded(was, is)
	}
	if is == nil || is.Outcome == switchboard.Pending || sameCommand(was, is) {
		return
	}
	e := Entry{At: is.At, Name: is.Name, Detail: string(is.Verb)}
	switch is.Outcome {
	case switchboard.Failed:
		e.Kind = Failed
	case switchboard.Unknown:
		e.Kind = Unknown
	case switchboard.Confirmed:
		switch is.Verb {
		case switchboard.VerbTransfer:
			e.Kind, e.Detail = Transferred, is.Detail
		case switchboard.VerbTones:
			e.Kind, e.Detail = Tones, ""
		default:
			return // the call's state tells
		}
	}
	s.add(e)
}

// overtaken tells of a command whose outcome will not be seen: another one took
// its place, or it was lost with an earlier life of the board.
func (s *step) addSuperseded(was, is *switchboard.LastCommand) {
	switch {
	case is == nil:
		if !s.tookEffect(was.Verb) {
			s.add(Entry{Kind: Unknown, Name: was.Name, Detail: string(was.Verb)})
		}
	case is.Verb == was.Verb && is.By == was.By && is.Outcome != switchboard.Pending || sameCommand(was, is):
	case was.Verb == switchboard.VerbTones:
		s.add(Entry{At: was.At, Approximate: true, Kind: Tones, Name: was.Name})
	}
}

// came reports whether the call now is as a pending command wanted it.
func (s *step) tookEffect(v switchboard.Verb) bool {
	is := func(was, is switchboard.Toggle) bool { return was.Pending && was.Requested == is.On }
	switch v {
	case switchboard.VerbHold:
		return is(s.before.Hold, s.after.Hold)
	case switchboard.VerbMute:
		return is(s.before.Mute, s.after.Mute)
	case switchboard.VerbRecord:
		return is(s.before.Recording, s.after.Recording)
	case switchboard.VerbTransfer:
		return s.before.CallID != s.after.CallID
	case switchboard.VerbHangUp:
		return s.after.Phase == switchboard.Ended
	}
	return false
}

// orderedNow reports whether a command of this kind was given since.
func (s *step) newCommand(v switchboard.Verb) bool {
	return s.after.LastCommand != nil && s.after.LastCommand.Verb == v && !sameCommand(s.before.LastCommand, s.after.LastCommand)
}

// sameOrder reports whether two values of a row's last order tell the same.
func sameCommand(x, y *switchboard.LastCommand) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Verb == y.Verb && x.By == y.By && x.Outcome == y.Outcome && x.Detail == y.Detail && x.At.Equal(y.At)
}

// moved tells that the call goes on under another id with somebody else, or
// rings again, as one does that comes back from a transfer. That a ringing call
// has several ids is no news: several telephones ring.
func (s *step) addMoved() {
	if s.before.CallID == s.after.CallID ||
		s.before.Phase == switchboard.Ringing && len(s.after.PreviousParties) <= len(s.before.PreviousParties) {
		return
	}
	if p, ok := s.newParty(); ok {
		s.add(Entry{Kind: Moved, Detail: displayName(p)})
	} else if s.before.PreviousPhase == switchboard.Connected && s.after.Phase == switchboard.Ringing {
		s.add(Entry{At: s.after.Since, Approximate: s.after.Approximate, Kind: Rang, Name: joinNames(s.after.UserNames)})
	}
}

// newcomer is the party that the call was not with before.
func (s *step) newParty() (switchboard.Party, bool) {
	was := []switchboard.Party{s.before.Remote, s.before.Local}
	for _, p := range []switchboard.Party{s.after.Local, s.after.Remote} {
		if p != (switchboard.Party{}) && !slices.ContainsFunc(was, func(q switchboard.Party) bool { return similar(p, q) }) {
			return p, true
		}
	}
	return switchboard.Party{}, false
}

// like reports whether two parties may be the same: one number serves several
// members, but a party without a name is whoever has the number.
func similar(p, q switchboard.Party) bool {
	return p.Number == q.Number && (p.Name == q.Name || p.Name == "" || q.Name == "")
}

// answered tells that a call that rang did not only ring.
func (s *step) addAnswered() {
	rang := s.before.Phase == switchboard.Ringing || s.before.Phase == switchboard.Ended && s.before.PreviousPhase == switchboard.Ringing
	a := s.after
	switch {
	case !rang:
	case a.Phase == switchboard.Connected && !a.Hold.On:
		s.add(Entry{At: a.Since, Approximate: a.Approximate, Kind: Answered, Name: joinNames(a.UserNames)})
	case a.Phase == switchboard.Connected, a.Phase == switchboard.Ended && a.PreviousPhase == switchboard.Connected:
		s.add(Entry{At: a.Started, Approximate: true, Kind: Answered, Name: joinNames(a.UserNames)})
	}
}

// toggled tells of a switch. A new leg starts without hold and mute; nobody
// has switched them off.
func (s *step) addToggled(was, is switchboard.Toggle, v switchboard.Verb, on, off Kind) {
	if was.On == is.On {
		return
	}
	e := Entry{Kind: on}
	if !is.On {
		if s.before.CallID != s.after.CallID && v != switchboard.VerbRecord {
			return
		}
		e.Kind = off
	}
	if v == switchboard.VerbHold && s.after.Phase == switchboard.Connected && s.before.CallID == s.after.CallID {
		e.At = s.after.Since
	}
	asked := was.Pending && was.Requested == is.On
	switch o := s.after.LastCommand; {
	case s.newCommand(v) && o.Outcome == switchboard.Confirmed:
		e.Name, e.At = o.Name, o.At
	case o != nil && o.Verb == v && asked:
		e.Name = o.Name // a list tells before the answer comes
	case s.before.LastCommand != nil && s.before.LastCommand.Verb == v && asked:
		e.Name = s.before.LastCommand.Name
	}
	s.add(e)
}

// announced tells that sipgate took an announcement.
func (s *step) addAnnounced() {
	was, is, o := s.before.Playback, s.after.Playback, s.after.LastCommand
	e := Entry{Kind: Announced}
	switch {
	case is != nil && (was == nil || !was.Since.Equal(is.Since)):
		e.At, e.Detail = is.Since, is.Title
		if o != nil && o.Verb == switchboard.VerbAnnounce {
			e.Name = o.Name
		}
	case is == nil && s.newCommand(switchboard.VerbAnnounce) && o.Outcome == switchboard.Confirmed &&
		(was == nil || was.Since.Before(o.At)):
		e.At, e.Name, e.Detail = o.At, o.Name, o.Detail // it is over already
	default:
		return
	}
	s.add(e)
}

// ended tells that the call has ended, and again when the cause is told later.
func (s *step) addEnded() {
	a := s.after
	if a.Phase != switchboard.Ended || s.before.Phase == switchboard.Ended && (a.Cause == "" || a.Cause == s.before.Cause) {
		return
	}
	e := Entry{At: a.EndedAt, Kind: Ended, Detail: a.Cause}
	if o := a.LastCommand; o != nil && o.Verb == switchboard.VerbHangUp && (o.Outcome == switchboard.Confirmed || o.Outcome == switchboard.Pending) {
		e.Name = o.Name
	}
	s.add(e)
}

// who is how a timeline names a party.
func displayName(p switchboard.Party) string {
	if p.Name != "" {
		return p.Name
	}
	return p.Number
}

// list joins the names of users.
func joinNames(users []string) string { return strings.Join(users, ", ") }
