package switchboard

import "time"

// checkMeanwhile checks what a board shows at any moment.
func (h *scenario) checkMeanwhile(i int) {
	b := h.boards[i]
	listed := 0
	for _, l := range b.legs {
		if l.end == live && len(l.observers) > 0 {
			listed++
		}
	}
	if listed != b.listedLegs {
		h.t.Errorf("scenario %d, board %d: %d calls are in lists, counted %d", h.seed, i, listed, b.listedLegs)
	}
	for _, c := range b.Snapshot().Calls {
		if c.Phase == Ended {
			continue
		}
		if b.hungUp[c.CallID] {
			h.t.Errorf("scenario %d, board %d: %s is shown after its hangup event%s", h.seed, i, c.CallID, describe([]Call{c}))
		}
		if o := c.LastCommand; o != nil && o.Outcome == Accepted && time.Since(o.At) > commandLag {
			h.t.Errorf("scenario %d, board %d: %s is neither confirmed nor in doubt after %v: %+v", h.seed, i, c.CallID, time.Since(o.At), o)
		}
		for v, g := range h.acceptedToggles(b, c) {
			shown := map[Verb]bool{VerbHold: c.Hold.On, VerbMute: c.Mute.On, VerbRecord: c.Recording.On}
			if on, _ := toggleTarget(g.c.Action); shown[v] != on {
				h.t.Errorf("scenario %d, board %d: %s %v was accepted %v ago and is not shown%s", h.seed, i, v, on, time.Since(g.doneAt), describe([]Call{c}))
			}
		}
	}
}

// acceptedToggles returns the newest command about each Toggle of the row that
// sipgate accepted, as long as lists may be older.
func (h *scenario) acceptedToggles(b *observedBoard, c Call) map[Verb]*issuedCommand {
	newest := map[Verb]*issuedCommand{}
	h.u.mu.Lock()
	defer h.u.mu.Unlock()
	for _, g := range h.issued {
		v := g.c.Action.Verb()
		if _, ok := toggleTarget(g.c.Action); !ok || g.b != b || len(g.outcomes) == 0 || g.outcomes[0] != nil ||
			time.Since(g.doneAt) >= commandLag || g.shown.CallID != c.CallID {
			continue
		}
		if o := newest[v]; o == nil || o.order < g.order {
			newest[v] = g
		}
	}
	return newest
}
