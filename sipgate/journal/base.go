package journal

import "callboard/sipgate/switchboard"

// base is what the row is compared with: where it goes on under the id of a
// row that became a part of it, that one's switches count too.
func (f *follower) mergedBefore(l *trackedRow, c *switchboard.Call) *switchboard.Call {
	merged := f.merged[l.id]
	delete(f.merged, l.id)
	if l.call == nil || len(merged) == 0 {
		return l.call
	}
	b := *l.call
	for _, o := range merged {
		l.absorb(o)
		m := o.call
		if m == nil {
			continue
		}
		if m.CallID == c.CallID && b.CallID != c.CallID {
			b.Hold, b.Mute, b.Recording = eitherToggle(m.Hold, b.Hold), eitherToggle(m.Mute, b.Mute), eitherToggle(m.Recording, b.Recording)
		}
		if m.LastCommand != nil && (b.LastCommand == nil || b.LastCommand.At.Before(m.LastCommand.At)) {
			b.LastCommand = m.LastCommand
		}
		if b.PendingHangup == nil {
			b.PendingHangup = m.PendingHangup
		}
		if b.Playback == nil || m.Playback != nil && b.Playback.Since.Before(m.Playback.Since) {
			b.Playback = m.Playback
		}
	}
	return &b
}

// take takes over what was kept of a row that became a part of this one.
func (l *trackedRow) absorb(o *trackedRow) {
	if o.lastEntryAt.After(l.lastEntryAt) {
		l.lastEntryAt = o.lastEntryAt
	}
	for v, name := range o.commandedBy {
		l.commandedBy[v] = name
	}
}

// either is a switch that both timelines tell of.
func eitherToggle(t, o switchboard.Toggle) switchboard.Toggle {
	t.On = t.On || o.On
	return t
}

// attribute names who did what a row shows, if a later command hides whose
// command it was.
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
		if v, ok := commandOf[e.Kind]; ok && e.Name == "" && pending[v] {
			e.Name = l.commandedBy[v]
		}
	}
}

// shows are the commands whose outcome the state of the call tells.
var commandOf = map[Kind]switchboard.Verb{
	Held: switchboard.VerbHold, Resumed: switchboard.VerbHold,
	Muted: switchboard.VerbMute, Unmuted: switchboard.VerbMute,
	Recording: switchboard.VerbRecord, Recorded: switchboard.VerbRecord,
	Announced: switchboard.VerbAnnounce,
}
