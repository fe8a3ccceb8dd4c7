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

// command gives a command, once or several times.
func (h *history) command(b *watched) {
	row, ok := h.talking(b, h.r)
	if !ok {
		return
	}
	h.spoilt = true
	h.commands++
	c := Command{ID: fmt.Sprintf("action-%d", h.commands), By: "w0", Call: row, Override: h.chance(0.5)}
	if h.chance(0.3) { // whoever gives it, w0's access carries it
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
	h.trouble()
	for range 1 + h.r.IntN(3) {
		c, g := c, &given{b: b, c: c}
		h.given = append(h.given, g)
		c.OnDone = func(err error) { h.u.mu.Lock(); g.told = append(g.told, err); h.u.mu.Unlock() }
		go func() {
			if err := b.Execute(context.Background(), c); errors.Is(err, ErrIDReused) {
				h.t.Errorf("history %d: %v", h.seed, err)
			}
		}()
	}
	synctest.Wait()
	h.u.setFault(nil)
}

// talking chooses one of the board's established calls.
func (h *history) talking(b *watched, r *rand.Rand) (RowID, bool) {
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

// attend lets a member open a dialog, or close it.
func (h *history) attend(b *watched) {
	row, ok := h.talking(b, h.x)
	if !ok {
		return
	}
	h.spoilt = true
	by := MemberID(fmt.Sprintf("w%d", h.x.IntN(2)))
	if h.x.Float64() < 0.3 {
		b.ReleaseClaim(by, row)
		return
	}
	switch err := b.Claim(by, row, VerbTransfer); {
	case err == nil:
		if c, _ := b.Call(row); c.Claim == nil || c.Claim.By != by {
			h.t.Errorf("history %d: %s attends, but %+v", h.seed, by, c.Claim)
		}
	case !errors.Is(err, ErrClaimed):
		h.t.Errorf("history %d: %v", h.seed, err)
	}
}

// undo takes back a hang-up if one waits.
func (h *history) undo(b *watched) {
	for _, c := range b.Snapshot().Calls {
		err := b.Undo("w1", c.ID)
		if c.Phase != Ended && (c.PendingHangup != nil) != (err == nil) {
			h.t.Errorf("history %d: undo of %+v: %v", h.seed, c, err)
		}
		if c, _ := b.Call(c.ID); c.PendingHangup != nil {
			h.t.Errorf("history %d: undone, but %+v", h.seed, c.PendingHangup)
		}
	}
}

// count checks that everybody was told the outcome of every command once, that
// those who gave the same were told the same, and that no more requests were
// made than by what was told were sent: none twice, none that was undone.
func (h *history) count() {
	h.u.mu.Lock()
	defer h.u.mu.Unlock()
	sent := map[any]bool{}
	outcomes := map[string]error{}
	for _, g := range h.given {
		id := g.c.ID
		if len(g.told) != 1 {
			h.t.Errorf("history %d: %s %+v: told %v", h.seed, id, g.c.Action, g.told)
			continue
		}
		err := g.told[0]
		if before, ok := outcomes[id]; ok && !errors.Is(err, before) {
			h.t.Errorf("history %d: %s: told %v and %v", h.seed, id, before, err)
		}
		outcomes[id] = err
		if !slices.ContainsFunc(notOf, func(e error) bool { return errors.Is(err, e) }) {
			sent[h.group(g)] = true
		}
	}
	if got := len(h.u.requests); got > len(sent) {
		h.t.Errorf("history %d: %d commands became %d requests: %v", h.seed, len(sent), got, h.u.requests)
	}
	for text, n := range h.u.executed {
		if n > 1 && text[0] == 't' {
			h.t.Errorf("history %d: %s was executed %d times", h.seed, text, n)
		}
	}
}

// notOf are the outcomes of commands that did not reach sipgate.
var notOf = []error{ErrUndone, ErrBoardClosed, ErrClaimed, ErrNotVisible, ErrEnded, ErrNoCall, ErrRateLimited}

// group names the request that a command may become: those who joined a
// hang-up that waited share it.
func (h *history) group(g *given) any {
	a := g.b.results.byKey[resultKey{g.c.By, g.c.ID}]
	if a.pendingHangup != nil {
		return a.pendingHangup
	}
	return a
}
