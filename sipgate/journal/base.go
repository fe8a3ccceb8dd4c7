package journal

import "callboard/sipgate/switchboard"

// base is what the row is compared with: where it goes on under the id of a
// row that became a part of it, that one's switches count too.
func (f *follower) base(l *line, c *switchboard.Call) *switchboard.Call {
	merged := f.merged[l.id]
	delete(f.merged, l.id)
	if l.call == nil || len(merged) == 0 {
		return l.call
	}
	b := *l.call
	for _, o := range merged {
		l.take(o)
		m := o.call
		if m == nil {
			continue
		}
		if m.Upstream == c.Upstream && b.Upstream != c.Upstream {
			b.Hold, b.Mute, b.Recording = either(m.Hold, b.Hold), either(m.Mute, b.Mute), either(m.Recording, b.Recording)
		}
		if m.Last != nil && (b.Last == nil || b.Last.At.Before(m.Last.At)) {
			b.Last = m.Last
		}
		if b.Leaving == nil {
			b.Leaving = m.Leaving
		}
		if b.Playing == nil || m.Playing != nil && b.Playing.Since.Before(m.Playing.Since) {
			b.Playing = m.Playing
		}
	}
	return &b
}

// take takes over what was kept of a row that became a part of this one.
func (l *line) take(o *line) {
	if o.last.After(l.last) {
		l.last = o.last
	}
	for v, name := range o.asked {
		l.asked[v] = name
	}
}

// either is a switch that both timelines tell of.
func either(t, o switchboard.Toggle) switchboard.Toggle {
	t.On = t.On || o.On
	return t
}

// attribute names who did what a row shows, if a later command hides whose
// command it was.
func (l *line) attribute(entries []Entry, before *switchboard.Call) {
	if before == nil {
		return
	}
	pending := map[switchboard.Verb]bool{
		switchboard.VerbHold: before.Hold.Pending, switchboard.VerbMute: before.Mute.Pending,
		switchboard.VerbRecord: before.Recording.Pending, switchboard.VerbAnnounce: true,
	}
	for i := range entries {
		e := &entries[i]
		if v, ok := shows[e.Kind]; ok && e.Who == "" && pending[v] {
			e.Who = l.asked[v]
		}
	}
}

// shows are the commands whose outcome the state of the call tells.
var shows = map[Kind]switchboard.Verb{
	Held: switchboard.VerbHold, Resumed: switchboard.VerbHold,
	Muted: switchboard.VerbMute, Unmuted: switchboard.VerbMute,
	Recording: switchboard.VerbRecord, Recorded: switchboard.VerbRecord,
	Announced: switchboard.VerbAnnounce,
}
