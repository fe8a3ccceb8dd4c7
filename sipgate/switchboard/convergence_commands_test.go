package switchboard

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// issuedCommand is one call of Execute, with the outcomes that OnDone
// received.
type issuedCommand struct {
	b        *observedBoard
	c        Command
	shown    Call // the row when it was given
	outcomes []error
	doneAt   time.Time // time of the outcome
	order    int       // of the outcomes
	returned error     // by Execute
}

// command gives a command, once or several times.
func (h *scenario) command(b *observedBoard) {
	row, ok := h.randomConnectedCall(b, h.r)
	if !ok {
		return
	}
	h.commanded = true
	h.commands++
	shown, _ := b.Call(row)
	c := Command{ID: fmt.Sprintf("action-%d", h.commands), By: "w0", Call: row, Override: h.chance(0.5)}
	if h.chance(0.3) { // w1 acts with w0's access
		c.By, c.Via = "w1", "w0"
	}
	switch on := h.chance(0.5); h.r.IntN(7) {
	case 0:
		c.Action = Hold{on}
	case 1:
		c.Action = Mute{on}
	case 2:
		c.Action = Record{on, true}
	case 3:
		c.Action = Tones{sipgate.DTMF(fmt.Sprint(h.commands))}
	case 4:
		c.Action = HangUp{}
	default:
		c.Action = HangUp{GracePeriod: time.Duration(1+h.r.IntN(8)) * time.Second}
	}
	h.injectFaults()
	for range 1 + h.r.IntN(3) {
		c, g := c, &issuedCommand{b: b, c: c, shown: shown}
		h.issued = append(h.issued, g)
		c.OnDone = func(err error) { h.done(g, err) }
		go func() {
			err := b.Execute(context.Background(), c)
			if errors.Is(err, ErrIDReused) {
				h.t.Errorf("scenario %d: %v", h.seed, err)
			}
			h.u.mu.Lock()
			defer h.u.mu.Unlock()
			g.returned = err
		}()
	}
	synctest.Wait()
	h.u.setFault(nil)
}

// done records the outcome of a command.
func (h *scenario) done(g *issuedCommand, err error) {
	h.u.mu.Lock()
	defer h.u.mu.Unlock()
	g.outcomes = append(g.outcomes, err)
	h.doneCount++
	g.doneAt, g.order = time.Now(), h.doneCount
}

// randomConnectedCall returns one of the board's connected calls.
func (h *scenario) randomConnectedCall(b *observedBoard, r *rand.Rand) (RowID, bool) {
	var live []RowID
	for _, c := range b.Snapshot().Calls {
		if c.Phase == Connected {
			live = append(live, c.ID)
		}
	}
	if len(live) == 0 {
		return "", false
	}
	return live[r.IntN(len(live))], true
}

// claimOrRelease lets a member open or close a dialog.
func (h *scenario) claimOrRelease(b *observedBoard) {
	row, ok := h.randomConnectedCall(b, h.people)
	if !ok {
		return
	}
	h.commanded = true
	by := MemberID(fmt.Sprintf("w%d", h.people.IntN(2)))
	if h.people.Float64() < 0.3 {
		b.ReleaseClaim(by, row)
		return
	}
	switch err := b.Claim(by, row, VerbTransfer); {
	case err == nil:
		if c, _ := b.Call(row); c.Claim == nil || c.Claim.By != by {
			h.t.Errorf("scenario %d: claimed by %s, but %+v", h.seed, by, c.Claim)
		}
	case !errors.Is(err, ErrClaimed):
		h.t.Errorf("scenario %d: %v", h.seed, err)
	}
}

// undoHangUps undoes all pending hang-ups.
func (h *scenario) undoHangUps(b *observedBoard) {
	for _, c := range b.Snapshot().Calls {
		err := b.Undo("w1", c.ID)
		if c.Phase != Ended && (c.PendingHangup != nil) != (err == nil) {
			h.t.Errorf("scenario %d: undo of %+v: %v", h.seed, c, err)
		}
		if c, _ := b.Call(c.ID); c.PendingHangup != nil {
			h.t.Errorf("scenario %d: still pending after undo: %+v", h.seed, c.PendingHangup)
		}
	}
}

// checkOutcomes checks that each command reported one outcome, that repeated
// commands returned the same, and that there were no more requests than
// commands with an outcome of having been sent: no command was sent twice,
// none that was undone was sent.
func (h *scenario) checkOutcomes() {
	h.u.mu.Lock()
	defer h.u.mu.Unlock()
	sent := map[any]bool{}
	outcomes := map[string][]error{}
	returned := map[string]error{}
	for _, g := range h.issued {
		id := g.c.ID
		outcomes[id] = append(outcomes[id], g.outcomes...)
		if first, ok := returned[id]; ok && !errors.Is(g.returned, first) {
			h.t.Errorf("scenario %d: %s: returned %v and %v", h.seed, id, first, g.returned)
		}
		returned[id] = g.returned
	}
	for _, g := range h.issued {
		id := g.c.ID
		if len(outcomes[id]) != 1 {
			h.t.Errorf("scenario %d: %s %+v: outcomes %v, want one", h.seed, id, g.c.Action, outcomes[id])
			continue
		}
		err := outcomes[id][0]
		if a, ok := g.c.Action.(HangUp); (!ok || a.GracePeriod == 0) && !errors.Is(g.returned, err) {
			h.t.Errorf("scenario %d: %s: returned %v, outcome %v", h.seed, id, g.returned, err)
		}
		if !slices.ContainsFunc(notSentErrors, func(e error) bool { return errors.Is(err, e) }) {
			sent[h.requestKey(g)] = true
		}
	}
	if got := len(h.u.requests); got > len(sent) {
		h.t.Errorf("scenario %d: %d commands became %d requests: %v", h.seed, len(sent), got, h.u.requests)
	}
	for text, n := range h.u.executed {
		if n > 1 && text[0] == 't' {
			h.t.Errorf("scenario %d: %s was executed %d times", h.seed, text, n)
		}
	}
}

// notSentErrors are the outcomes of commands that were not sent.
var notSentErrors = []error{ErrUndone, ErrBoardClosed, ErrClaimed, ErrNotVisible, ErrEnded, ErrNoCall, ErrRateLimited}

// requestKey identifies the request that a command may become. Hang-ups that
// joined a pending one share it.
func (h *scenario) requestKey(g *issuedCommand) any {
	a := g.b.results.byKey[resultKey{g.c.By, g.c.ID}]
	if a.pendingHangup != nil {
		return a.pendingHangup
	}
	return a
}
