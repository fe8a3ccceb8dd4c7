package switchboard

import (
	"fmt"
	"maps"
	"slices"

	"callboard/sipgate"
)

// Moments at which the boards are compared. Ringing rows may remain only at
// the first.
const (
	afterLists = "after the next lists"
	atTheEnd   = "at the end"
)

// compare compares both boards with sipgate and with each other.
func (h *scenario) compare(when string) {
	h.follow()
	truth := map[sipgate.CallID]string{}
	for _, c := range h.u.calls {
		truth[c.ID] = fmt.Sprint(c.Hold, c.Muted, c.Recording)
	}
	var pictures []string
	for i, b := range h.boards {
		shown := map[sipgate.CallID]string{}
		ghosts := 0
		for _, c := range b.Snapshot().Calls {
			switch {
			case c.Phase == Connected:
				shown[c.CallID] = fmt.Sprint(c.Hold.On, c.Mute.On, c.Recording.On)
			case when == atTheEnd:
				ghosts++
			}
			if c.Claim != nil || c.PendingHangup != nil {
				h.t.Errorf("scenario %d, board %d, %s: %+v, %+v", h.seed, i, when, c.Claim, c.PendingHangup)
			}
			if c.Hold.Pending || c.Mute.Pending || c.Recording.Pending || c.LastCommand != nil && c.LastCommand.Outcome == Pending {
				h.t.Errorf("scenario %d, board %d, %s: still pending: %+v", h.seed, i, when, c)
			}
			if c.LastCommand != nil && c.LastCommand.Outcome == Unknown && (c.LastCommand.Verb == VerbHold || c.LastCommand.Verb == VerbMute) && c.Phase == Connected && h.visible(b, c.CallID) {
				h.t.Errorf("scenario %d, board %d, %s: not reconciled: %+v", h.seed, i, when, c.LastCommand)
			}
		}
		for id, state := range truth {
			if h.visible(b, id) {
				if shown[id] != state {
					h.t.Errorf("scenario %d, board %d, %s: %s is %q, at sipgate %q%s", h.seed, i, when, id, shown[id], state, describe(b.Snapshot().Calls))
				}
			} else if shown[id] == "" && b.answered[id] && !b.hungUp[id] && when == afterLists && !h.isBehindAnother(b, id) {
				h.t.Errorf("scenario %d, board %d, %s: %s is gone, whose owner %s has not signed in%s", h.seed, i, when, id, h.owner[id], describe(b.Snapshot().Calls))
			}
			delete(shown, id)
		}
		maps.DeleteFunc(shown, func(id sipgate.CallID, _ string) bool { return when == afterLists && h.mayRemain(b, id) })
		if len(shown) > 0 || ghosts > 0 {
			h.t.Errorf("scenario %d, board %d, %s: shown %v and %d ended rows, sipgate has %v%s",
				h.seed, i, when, shown, ghosts, truth, describe(b.Snapshot().Calls))
		}
		pictures = append(pictures, h.describeConnected(b))
	}
	if !h.commanded && len(h.boards[0].Members()) == len(h.boards[1].Members()) && pictures[0] != pictures[1] {
		h.t.Errorf("scenario %d, %s: the boards disagree:%s\nand%s", h.seed, when, pictures[0], pictures[1])
	}
}

// visible reports whether a member of the board sees the call.
func (h *scenario) visible(b *observedBoard, id sipgate.CallID) bool {
	by, ok := h.u.seenBy[id]
	return !ok || slices.ContainsFunc(by, b.HasMember)
}

// mayRemain reports whether the board may show a call that has ended: an event
// announced it, its hangup event was lost, and no list could have told.
func (h *scenario) mayRemain(b *observedBoard, id sipgate.CallID) bool {
	return b.answered[id] && !b.hungUp[id] && !b.HasMember(MemberID(h.owner[id]))
}

// isBehindAnother reports whether the row of a call that no list shows shows the
// leg before a transfer, whose hangup event was lost.
func (h *scenario) isBehindAnother(b *observedBoard, id sipgate.CallID) bool {
	l := b.legs[id]
	return l.end == live && l.row.published != nil && l.row.published.CallID != id && h.mayRemain(b, l.row.published.CallID)
}

// describeConnected describes the connected rows without what depends on the
// time of facts.
func (h *scenario) describeConnected(b *observedBoard) string {
	var lines []string
	for _, c := range b.Snapshot().Calls {
		if c.Phase == Connected && len(c.VisibleTo) > 0 {
			lines = append(lines, fmt.Sprintf("\n%s %s %v %v %v %v %v %v", c.CallID, c.Direction, c.Remote, c.Local, c.UserNames, c.Hold, c.Mute, c.VisibleTo))
		}
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}
