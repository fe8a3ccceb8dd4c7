package switchboard

import "time"

// moves is that a row's call was given to somebody else through this board, so
// that it will appear under a new id. Where events tell, they connect the two;
// by lists alone the parties have to.
type transfer struct {
	oldLeg     *leg
	startTick  uint64    // when the command was given: the new leg is younger
	answeredAt time.Time // when it was answered; zero: nothing is expected
	target     string
	remote     string // who was outside
}

// expectMove notes that a transfer was, or may have been, carried out.
func (b *Board) expectTransfer(cmd *pendingCommand, l *leg, now time.Time) {
	t, ok := cmd.command.Action.(TransferTo)
	if !ok {
		return
	}
	m := transfer{oldLeg: l, startTick: cmd.startTick, answeredAt: now, target: normalize(string(t.To))}
	if c := cmd.row.published; c != nil {
		m.remote = c.Remote.Number
	}
	if cmd.row.transfer.answeredAt.IsZero() {
		b.transferring = append(b.transferring, cmd.row)
	}
	cmd.row.transfer = m
}

// awaits reports whether l may be the new leg of the row's call: it appeared
// within half a minute, and shares a party with the old one or is with the
// target.
func (r *row) expectsLeg(l *leg, now time.Time) bool {
	m := &r.transfer
	if m.answeredAt.IsZero() || l.firstTick < m.startTick || l.row == r || l.rang {
		return false // or an event told where it belongs
	}
	from := m.answeredAt
	if m.oldLeg.end != live && m.oldLeg.endTime.After(from) {
		from = m.oldLeg.endTime
	}
	return now.Sub(from) <= transferWindow && (l.hasNumber(m.target) || l.hasNumber(m.remote))
}

// gives reports whether the old leg has gone, or is just about to. Until then
// two legs are two calls; those who see the old one are asked at once.
func (b *Board) oldLegGone(r *row, now time.Time) bool {
	l := r.transfer.oldLeg
	if l.end != live || l.missingEverywhere() {
		return true
	}
	for _, m := range l.observers {
		b.poll.recheckAt[m] = now
	}
	wake(b.pollWake)
	return false
}

// waning reports whether the leg is absent from the newest list of everybody
// who saw it, without being given up yet.
func (l *leg) missingEverywhere() bool {
	for _, m := range l.observers {
		if s := m.visibleCalls[l.id]; s != nil && s.misses == 0 {
			return false
		}
	}
	return true
}

// continueWith lets a leg that a list shows for the first time go on in the row
// of a call that was transferred. It reports whether there was one.
func (b *Board) continueWithLeg(l *leg, now time.Time) bool {
	for _, r := range b.transferring {
		if r.expectsLeg(l, now) && b.oldLegGone(r, now) {
			b.addLeg(l, r)
			r.endTransfer()
			return true
		}
	}
	return false
}

// continueTransfers does the same for legs that had appeared, and got rows of
// their own, before the transferred leg went.
func (b *Board) continueTransfers(now time.Time) {
	kept := b.transferring[:0]
	for _, r := range b.transferring {
		b.continueTransfer(r, now)
		m := &r.transfer
		if !m.answeredAt.IsZero() && (m.oldLeg.end == live || now.Sub(m.oldLeg.endTime) <= transferWindow) {
			kept = append(kept, r)
		}
	}
	clear(b.transferring[len(kept):])
	b.transferring = kept
}

func (b *Board) continueTransfer(r *row, now time.Time) {
	if r.transfer.answeredAt.IsZero() {
		return
	}
	for _, o := range b.rows {
		if o == r || len(o.legs) == 0 {
			continue
		}
		if l := o.current(); l.end == live && r.expectsLeg(l, now) && b.oldLegGone(r, now) {
			r.endTransfer()
			b.mergeRows(r, o)
			return
		}
	}
}

// moved ends the waiting for a new leg.
func (r *row) endTransfer() { r.transfer = transfer{} }
