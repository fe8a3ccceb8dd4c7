package journal

import "callboard/sipgate/switchboard"

// mergedBefore returns the value with which c, the next value of row l, is
// compared. If other rows became part of l, it includes their toggles and commands:
// l may go on under the call id of one of them.
func (f *follower) mergedBefore(l *trackedRow, c *switchboard.Call) *switchboard.Call {
	merged := f.merged[l.id]
	delete(f.merged, l.id)
	if l.call == nil || len(merged) == 0 {
		return l.call
	}
	before := *l.call
	for _, other := range merged {
		l.absorb(other)
		m := other.call
		if m == nil {
			continue
		}
		if m.CallID == c.CallID && before.CallID != c.CallID {
			before.Hold = eitherToggle(m.Hold, before.Hold)
			before.Mute = eitherToggle(m.Mute, before.Mute)
			before.Recording = eitherToggle(m.Recording, before.Recording)
		}
		if m.LastCommand != nil && (before.LastCommand == nil || before.LastCommand.At.Before(m.LastCommand.At)) {
			before.LastCommand = m.LastCommand
		}
		if before.PendingHangup == nil {
			before.PendingHangup = m.PendingHangup
		}
		if before.Playback == nil || m.Playback != nil && before.Playback.Since.Before(m.Playback.Since) {
			before.Playback = m.Playback
		}
	}
	return &before
}

// absorb takes over what is known of a row that became part of this one.
func (l *trackedRow) absorb(other *trackedRow) {
	if other.lastEntryAt.After(l.lastEntryAt) {
		l.lastEntryAt = other.lastEntryAt
	}
	for verb, name := range other.commandedBy {
		l.commandedBy[verb] = name
	}
}

// eitherToggle returns t, switched on if either is on.
func eitherToggle(t, other switchboard.Toggle) switchboard.Toggle {
	t.On = t.On || other.On
	return t
}

// attribute adds the names of members to entries without one, if a later command
// replaced the one that caused them.
func (l *trackedRow) attribute(entries []Entry, before *switchboard.Call) {
	if before == nil {
		return
	}
	pending := map[switchboard.Verb]bool{
		switchboard.VerbHold: before.Hold.Pending, switchboard.VerbMute: before.Mute.Pending,
		switchboard.VerbRecord: before.Recording.Pending, switchboard.VerbAnnounce: true,
	}
	for i := range entries {
		e := &entries[i]
		if verb, ok := commandOf[e.Kind]; ok && e.Name == "" && pending[verb] {
			e.Name = l.commandedBy[verb]
		}
	}
}

// commandOf maps the kinds of entries that follow from a call's state to the
// commands that cause them.
var commandOf = map[Kind]switchboard.Verb{
	Held: switchboard.VerbHold, Resumed: switchboard.VerbHold,
	Muted: switchboard.VerbMute, Unmuted: switchboard.VerbMute,
	Recording: switchboard.VerbRecord, Recorded: switchboard.VerbRecord,
	Announced: switchboard.VerbAnnounce,
}
