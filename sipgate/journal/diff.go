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
		first.Phase, first.Was = switchboard.Ringing, switchboard.Ringing
		first.Hold, first.Mute, first.Recording = switchboard.Toggle{}, switchboard.Toggle{}, switchboard.Toggle{}
		first.Last, first.Playing, first.Leaving = nil, nil, nil
		return append(began(&after), diff(&first, after)...)
	}
	if stale(before, &after) {
		return nil
	}
	s := step{before: before, after: &after}
	s.orders()
	s.moved()
	s.answered()
	s.toggled(before.Hold, after.Hold, switchboard.VerbHold, Held, Resumed)
	s.toggled(before.Mute, after.Mute, switchboard.VerbMute, Muted, Unmuted)
	s.toggled(before.Recording, after.Recording, switchboard.VerbRecord, Recording, Recorded)
	s.announced()
	s.ended()
	return s.entries
}

// stale reports whether after is older than before: no call rings under an id
// under which it was answered or has ended. A board that began after that may
// think so when events come late.
func stale(before, after *switchboard.Call) bool {
	return before.Upstream == after.Upstream && before.Phase != switchboard.Ringing && after.Phase == switchboard.Ringing
}

// began is the entry of a call that rang, as far as anybody told.
func began(c *switchboard.Call) []Entry {
	if c.Phase != switchboard.Ringing && (c.About || !c.Started.Before(c.Since)) {
		return nil
	}
	e := Entry{At: c.Started, About: c.About, Kind: Rang}
	if c.Phase == switchboard.Ringing {
		e.Who = list(c.Users)
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
func (s *step) orders() {
	was, is := s.before.Last, s.after.Last
	if l := s.before.Leaving; l != nil && s.after.Leaving == nil && s.after.Phase != switchboard.Ended && !s.orderedNow(switchboard.VerbHangUp) {
		s.add(Entry{Kind: Cancelled, Who: l.Name, Detail: string(switchboard.VerbHangUp)})
	}
	if was != nil && was.Outcome == switchboard.Pending {
		s.overtaken(was, is)
	}
	if is == nil || is.Outcome == switchboard.Pending || sameOrder(was, is) {
		return
	}
	e := Entry{At: is.At, Who: is.Name, Detail: string(is.Verb)}
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
func (s *step) overtaken(was, is *switchboard.Order) {
	switch {
	case is == nil:
		if !s.came(was.Verb) {
			s.add(Entry{Kind: Unknown, Who: was.Name, Detail: string(was.Verb)})
		}
	case is.Verb == was.Verb && is.By == was.By && is.Outcome != switchboard.Pending || sameOrder(was, is):
	case was.Verb == switchboard.VerbTones:
		s.add(Entry{At: was.At, About: true, Kind: Tones, Who: was.Name})
	}
}

// came reports whether the call now is as a pending command wanted it.
func (s *step) came(v switchboard.Verb) bool {
	is := func(was, is switchboard.Toggle) bool { return was.Pending && was.Want == is.On }
	switch v {
	case switchboard.VerbHold:
		return is(s.before.Hold, s.after.Hold)
	case switchboard.VerbMute:
		return is(s.before.Mute, s.after.Mute)
	case switchboard.VerbRecord:
		return is(s.before.Recording, s.after.Recording)
	case switchboard.VerbTransfer:
		return s.before.Upstream != s.after.Upstream
	case switchboard.VerbHangUp:
		return s.after.Phase == switchboard.Ended
	}
	return false
}

// orderedNow reports whether a command of this kind was given since.
func (s *step) orderedNow(v switchboard.Verb) bool {
	return s.after.Last != nil && s.after.Last.Verb == v && !sameOrder(s.before.Last, s.after.Last)
}

// sameOrder reports whether two values of a row's last order tell the same.
func sameOrder(x, y *switchboard.Order) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Verb == y.Verb && x.By == y.By && x.Outcome == y.Outcome && x.Detail == y.Detail && x.At.Equal(y.At)
}

// moved tells that the call goes on under another id with somebody else, or
// rings again, as one does that comes back from a transfer. That a ringing call
// has several ids is no news: several telephones ring.
func (s *step) moved() {
	if s.before.Upstream == s.after.Upstream ||
		s.before.Phase == switchboard.Ringing && len(s.after.Earlier) <= len(s.before.Earlier) {
		return
	}
	if p, ok := s.newcomer(); ok {
		s.add(Entry{Kind: Moved, Detail: who(p)})
	} else if s.before.Was == switchboard.Talking && s.after.Phase == switchboard.Ringing {
		s.add(Entry{At: s.after.Since, About: s.after.About, Kind: Rang, Who: list(s.after.Users)})
	}
}

// newcomer is the party that the call was not with before.
func (s *step) newcomer() (switchboard.Party, bool) {
	was := []switchboard.Party{s.before.Outside, s.before.Inside}
	for _, p := range []switchboard.Party{s.after.Inside, s.after.Outside} {
		if p != (switchboard.Party{}) && !slices.ContainsFunc(was, func(q switchboard.Party) bool { return like(p, q) }) {
			return p, true
		}
	}
	return switchboard.Party{}, false
}

// like reports whether two parties may be the same: one number serves several
// members, but a party without a name is whoever has the number.
func like(p, q switchboard.Party) bool {
	return p.Number == q.Number && (p.Name == q.Name || p.Name == "" || q.Name == "")
}

// answered tells that a call that rang did not only ring.
func (s *step) answered() {
	rang := s.before.Phase == switchboard.Ringing || s.before.Phase == switchboard.Ended && s.before.Was == switchboard.Ringing
	a := s.after
	switch {
	case !rang:
	case a.Phase == switchboard.Talking && !a.Hold.On:
		s.add(Entry{At: a.Since, About: a.About, Kind: Answered, Who: list(a.Users)})
	case a.Phase == switchboard.Talking, a.Phase == switchboard.Ended && a.Was == switchboard.Talking:
		s.add(Entry{At: a.Started, About: true, Kind: Answered, Who: list(a.Users)})
	}
}

// toggled tells of a switch. A new leg starts without hold and mute; nobody
// has switched them off.
func (s *step) toggled(was, is switchboard.Toggle, v switchboard.Verb, on, off Kind) {
	if was.On == is.On {
		return
	}
	e := Entry{Kind: on}
	if !is.On {
		if s.before.Upstream != s.after.Upstream && v != switchboard.VerbRecord {
			return
		}
		e.Kind = off
	}
	if v == switchboard.VerbHold && s.after.Phase == switchboard.Talking && s.before.Upstream == s.after.Upstream {
		e.At = s.after.Since
	}
	asked := was.Pending && was.Want == is.On
	switch o := s.after.Last; {
	case s.orderedNow(v) && o.Outcome == switchboard.Confirmed:
		e.Who, e.At = o.Name, o.At
	case o != nil && o.Verb == v && asked:
		e.Who = o.Name // a list tells before the answer comes
	case s.before.Last != nil && s.before.Last.Verb == v && asked:
		e.Who = s.before.Last.Name
	}
	s.add(e)
}

// announced tells that sipgate took an announcement.
func (s *step) announced() {
	was, is, o := s.before.Playing, s.after.Playing, s.after.Last
	e := Entry{Kind: Announced}
	switch {
	case is != nil && (was == nil || !was.Since.Equal(is.Since)):
		e.At, e.Detail = is.Since, is.Title
		if o != nil && o.Verb == switchboard.VerbAnnounce {
			e.Who = o.Name
		}
	case is == nil && s.orderedNow(switchboard.VerbAnnounce) && o.Outcome == switchboard.Confirmed &&
		(was == nil || was.Since.Before(o.At)):
		e.At, e.Who, e.Detail = o.At, o.Name, o.Detail // it is over already
	default:
		return
	}
	s.add(e)
}

// ended tells that the call has ended, and again when the cause is told later.
func (s *step) ended() {
	a := s.after
	if a.Phase != switchboard.Ended || s.before.Phase == switchboard.Ended && (a.Cause == "" || a.Cause == s.before.Cause) {
		return
	}
	e := Entry{At: a.Gone, Kind: Ended, Detail: a.Cause}
	if o := a.Last; o != nil && o.Verb == switchboard.VerbHangUp && (o.Outcome == switchboard.Confirmed || o.Outcome == switchboard.Pending) {
		e.Who = o.Name
	}
	s.add(e)
}

// who is how a timeline names a party.
func who(p switchboard.Party) string {
	if p.Name != "" {
		return p.Name
	}
	return p.Number
}

// list joins the names of users.
func list(users []string) string { return strings.Join(users, ", ") }
