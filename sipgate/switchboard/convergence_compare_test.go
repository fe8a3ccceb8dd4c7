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
			if c.LastCommand != nil && c.LastCommand.Outcome == Unknown && (c.LastCommand.Verb == VerbHold || c.LastCommand.Verb == VerbMute) && c.Phase == Connected {
				h.t.Errorf("scenario %d, board %d, %s: not reconciled: %+v", h.seed, i, when, c.LastCommand)
			}
		}
		want := maps.Clone(truth)
		maps.DeleteFunc(want, func(id sipgate.CallID, _ string) bool { return !h.visible(b, id) })
		if !maps.Equal(shown, want) || ghosts > 0 {
			h.t.Errorf("scenario %d, board %d, %s: shown %v and %d ended rows, sipgate has %v%s",
				h.seed, i, when, shown, ghosts, want, describe(b.Snapshot().Calls))
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

// describeConnected describes the connected rows without what depends on the
// time of facts.
func (h *scenario) describeConnected(b *observedBoard) string {
	var lines []string
	for _, c := range b.Snapshot().Calls {
		if c.Phase == Connected {
			lines = append(lines, fmt.Sprintf("\n%s %s %v %v %v %v %v %v", c.CallID, c.Direction, c.Remote, c.Local, c.UserNames, c.Hold, c.Mute, c.VisibleTo))
		}
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}
