package switchboard

import (
	"context"
	"slices"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// announce queues an event for both boards, unless it is lost.
func (h *scenario) announce(e sipgate.Event) {
	if h.chance(0.2) {
		return
	}
	for _, b := range h.boards {
		b.pending = append(b.pending, e)
		if h.chance(0.2) {
			b.pending = append(b.pending, e)
		}
	}
}

// push delivers one of the queued events, not always the oldest.
func (h *scenario) push(b *observedBoard) {
	if len(b.pending) == 0 {
		return
	}
	i := h.r.IntN(min(len(b.pending), 4))
	h.deliver(b, b.pending[i])
	b.pending = slices.Delete(b.pending, i, i+1)
}

// deliver pushes an event to the board.
func (h *scenario) deliver(b *observedBoard, e sipgate.Event) {
	h.noteOrder(b, e)
	switch e.Kind {
	case sipgate.EventNewCall:
		b.announced[e.CallID] = true
	case sipgate.EventAnswer:
		b.answered[e.CallID] = true
	case sipgate.EventHangup:
		b.hungUp[e.CallID] = true
	}
	b.Observe(e)
}

// noteOrder notes, before an event about one side of an internal call is
// delivered, if it comes so early that later ones about the other side will not
// tell that the call is over: the one side has ended, and nothing tells yet that
// the other belongs to it, or the caller's may have gone on to somebody else.
func (h *scenario) noteOrder(b *observedBoard, e sipgate.Event) {
	k := h.talks[e.CallID]
	if len(k.legs) < 2 {
		return
	}
	caller, callee := k.legs[0].CallID, k.legs[1].CallID
	other := caller
	if e.CallID == caller {
		other = callee
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.legs[other]; l != nil && l.end != live && b.legs[e.CallID] == nil {
		b.late[e.CallID] = true
	}
	if e.Kind == sipgate.EventHangup && e.CallID == callee && !b.answered[caller] && !(b.announced[caller] && b.answered[callee]) {
		b.late[caller] = true
	}
}

// injectFaults makes requests fail or be late.
func (h *scenario) injectFaults() {
	roll, late := h.r.Float64(), time.Duration(h.r.IntN(4000))*time.Millisecond
	h.u.setFault(func(op string, _ MemberID) fault {
		switch {
		case roll < 0.4:
			return fault{}
		case roll < 0.6:
			return fault{before: late / 2, after: late}
		case roll < 0.7:
			return fault{err: errNotSent}
		case op == "calls":
			return fault{list: sipgate.CallList(`{"data":[{`)}
		}
		return fault{err: errTimeout, executed: roll < 0.85}
	})
}

func (h *scenario) pollWithFaults(b *observedBoard) {
	h.injectFaults()
	go b.Poll(context.Background())
	synctest.Wait()
	h.u.setFault(nil)
}
