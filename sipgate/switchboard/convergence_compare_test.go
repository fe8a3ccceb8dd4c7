package switchboard

import (
	"fmt"
	"slices"
	"strings"

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
	var pictures []string
	for i, b := range h.boards {
		h.compareBoard(i, when)
		pictures = append(pictures, h.describeConnected(b))
	}
	if !h.commanded && len(h.boards[0].Members()) == len(h.boards[1].Members()) && pictures[0] != pictures[1] {
		h.t.Errorf("scenario %d, %s: the boards disagree:%s\nand%s", h.seed, when, pictures[0], pictures[1])
	}
}

func (h *scenario) compareBoard(i int, when string) {
	b := h.boards[i]
	fail := func(format string, args ...any) {
		h.t.Errorf("scenario %d, board %d, %s: %s%s", h.seed, i, when, fmt.Sprintf(format, args...), describe(b.Snapshot().Calls))
	}
	shown := map[*talk]Call{}
	for _, c := range b.Snapshot().Calls {
		h.compareRow(b, &c, fail)
		switch k := h.talks[c.CallID]; {
		case c.Phase != Connected && when == atTheEnd:
			fail("%s is still shown", c.CallID)
		case c.Phase != Connected:
		case shown[k].ID != "":
			fail("%s and %s are two rows", shown[k].CallID, c.CallID)
		default:
			shown[k] = c
		}
	}
	for _, k := range h.established {
		c, ok := shown[k]
		if state, listed := h.listedState(b, k); listed {
			if got := fmt.Sprint(c.Hold.On, c.Mute.On, c.Recording.On); !ok || got != state {
				fail("%s is %v %s, at sipgate %s", k.ids(), ok, got, state)
			}
		} else if !ok && when == afterLists && b.knowsOfUnlisted(k) && (k.voicemail || h.u.has(k.ids()[0])) && !h.isBehindAnother(b, k) {
			fail("%v is gone, which no list shows", k.ids())
		} else if ok && (when == atTheEnd || !k.voicemail && !h.u.has(k.ids()[0]) && !h.mayRemain(b, k)) {
			fail("%v remains", k.ids())
		}
		if ok && !h.isLate(b, k) {
			h.compareParties(b, k, &c, fail)
		}
		delete(shown, k)
	}
	for k := range shown {
		if when == atTheEnd || !h.mayRemain(b, k) {
			fail("%v remains", k.ids())
		}
	}
}

// compareRow checks that nothing of a row is left undecided.
func (h *scenario) compareRow(b *observedBoard, c *Call, fail func(string, ...any)) {
	if c.Claim != nil || c.PendingHangup != nil {
		fail("%+v, %+v", c.Claim, c.PendingHangup)
	}
	o := c.LastCommand
	if c.Hold.Pending || c.Mute.Pending || c.Recording.Pending || o != nil && o.Outcome == Pending {
		fail("still pending: %+v", o)
	}
	if o != nil && o.Outcome == Unknown && (o.Verb == VerbHold || o.Verb == VerbMute) && c.Phase == Connected && h.u.has(c.CallID) && h.visible(b, c.CallID) {
		fail("not reconciled: %+v", o)
	}
}

// compareParties checks whose call it is, as far as events told.
func (h *scenario) compareParties(b *observedBoard, k *talk, c *Call, fail func(string, ...any)) {
	if c.Voicemail != (k.voicemail && b.answered[k.ids()[0]]) || c.Voicemail && len(c.MemberIDs) > 0 {
		fail("%v: voicemail %v, of %v", k.ids(), c.Voicemail, c.MemberIDs)
	}
	if len(k.legs) < 2 {
		return
	}
	known := 0
	for _, id := range k.ids() {
		if b.legs[id] != nil {
			known++
		}
		if (b.announced[id] || b.answered[id]) && !slices.Contains(c.MemberIDs, MemberID(h.owner[id])) {
			fail("%v is not %s's: %v", k.ids(), h.owner[id], c.MemberIDs)
		}
	}
	if c.Internal != (known == 2) {
		fail("%v: internal %v", k.ids(), c.Internal)
	}
}

// visible reports whether a member of the board sees the call.
func (h *scenario) visible(b *observedBoard, id sipgate.CallID) bool {
	by, ok := h.u.seenBy[id]
	return !ok || slices.ContainsFunc(by, b.HasMember)
}

// listedState returns the state of a call that lists of the board's members
// show: that of either side, if it is an internal one.
func (h *scenario) listedState(b *observedBoard, k *talk) (state string, listed bool) {
	var hold, mute, recording bool
	for _, c := range h.u.calls {
		if slices.Contains(k.ids(), c.ID) && h.visible(b, c.ID) {
			hold, mute, recording, listed = hold || c.Hold, mute || c.Muted, recording || c.Recording, true
		}
	}
	return fmt.Sprint(hold, mute, recording), listed
}

// knowsOfUnlisted reports whether events told the board that a call began and
// none that it ended.
func (b *observedBoard) knowsOfUnlisted(k *talk) bool {
	is := func(m map[sipgate.CallID]bool) bool {
		return slices.ContainsFunc(k.ids(), func(id sipgate.CallID) bool { return m[id] })
	}
	return is(b.answered) && !is(b.hungUp)
}

// mayRemain reports whether the board may show a call that has ended: an event
// announced it, its hangup event was lost, and no list could have told.
func (h *scenario) mayRemain(b *observedBoard, k *talk) bool {
	if b.knowsOfUnlisted(k) && !slices.ContainsFunc(k.ids(), func(id sipgate.CallID) bool { return !k.voicemail && h.listTells(b, id) }) {
		return true
	}
	return h.isLate(b, k)
}

// isLate reports whether the board cannot know that one side of an internal call
// that is over belongs to it, see noteOrder.
func (h *scenario) isLate(b *observedBoard, k *talk) bool {
	return slices.ContainsFunc(k.ids(), func(id sipgate.CallID) bool {
		return b.late[id] && b.answered[id] && !b.hungUp[id] && !h.listTells(b, id)
	})
}

// listTells reports whether the lists of a call's owner have to contain the call,
// as far as the board knows of it: none contains one that only rings.
func (h *scenario) listTells(b *observedBoard, id sipgate.CallID) bool {
	l := b.legs[id]
	return l != nil && (l.answered || l.listed) && b.HasMember(MemberID(h.owner[id]))
}

// isBehindAnother reports whether the row of a call that no list shows shows
// another of its legs, which was transferred to it. That happens only if three
// things come together: neither leg is in a list, a newCall event that names the
// origin of the newer one or of one between them was lost, so that nothing tells
// which is newer, and so was the hangup event of the older one. The row then goes
// on with the older one's parties; it is one call all the same.
func (h *scenario) isBehindAnother(b *observedBoard, k *talk) bool {
	id := k.ids()[0]
	l := b.legs[id]
	if l == nil || l.end != live || l.row == nil || l.row.published == nil {
		return false
	}
	other := l.row.published.CallID
	return other != id && strings.HasPrefix(string(id), string(other)) && !b.knowsOrigins(id, other) && h.mayRemain(b, h.talks[other])
}

// describeConnected describes the connected rows without what depends on the
// time of facts.
func (h *scenario) describeConnected(b *observedBoard) string {
	var lines []string
	for _, c := range b.Snapshot().Calls {
		if c.Phase != Connected || len(c.VisibleTo) == 0 {
			continue
		}
		if first := strings.TrimRight(string(c.CallID), "B"); !b.knowsOrigins(c.CallID, sipgate.CallID(first)) {
			c.Direction = sipgate.Unknown
		}
		lines = append(lines, fmt.Sprintf("\n%s %s %v %v %v %v %v %v", c.CallID, c.Direction, c.Remote, c.Local, c.UserNames, c.Hold, c.Mute, c.VisibleTo))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

// knowsOrigins reports whether newCall events name the origins of a transferred
// call back to one of the legs before. If one was lost, that leg and the direction
// of the whole call are found by the parties, as long as the former is recent.
func (b *observedBoard) knowsOrigins(id, first sipgate.CallID) bool {
	for ; id != first; id = id[:len(id)-1] { // a transfer adds a letter
		if !b.announced[id] {
			return false
		}
	}
	return true
}
