package switchboard

import "time"

// transfer is a transfer that was sent through this board, after which the
// call will appear under a new callId. Events name the relation of the two
// legs; without events the parties have to.
type transfer struct {
	oldLeg     *leg
	startTick  uint64    // of the command; the new leg is younger
	answeredAt time.Time // zero if no transfer is in progress
	target     string
	remote     string // remote number
}

// expectTransfer records that a transfer was, or may have been, executed.
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

// expectsLeg reports whether l may be the new leg of the row's call: it
// appeared within transferWindow, and it shares the remote party with the old
// leg or is with the target.
func (r *row) expectsLeg(l *leg, now time.Time) bool {
	m := &r.transfer
	if m.answeredAt.IsZero() || l.firstTick < m.startTick || l.row == r || l.rang {
		return false // or events tell where it belongs
	}
	from := m.answeredAt
	if m.oldLeg.end != live && m.oldLeg.endTime.After(from) {
		from = m.oldLeg.endTime
	}
	return now.Sub(from) <= transferWindow && (l.hasNumber(m.target) || l.hasNumber(m.remote))
}

// oldLegGone reports whether the old leg has ended or is missing from the
// newest lists. Until then the two legs are two calls; the members who see the
// old one are polled immediately.
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

// missingEverywhere reports whether the newest list of every member who saw
// the leg lacks it, although it has not ended yet.
func (l *leg) missingEverywhere() bool {
	for _, m := range l.observers {
		if s := m.visibleCalls[l.id]; s != nil && s.misses == 0 {
			return false
		}
	}
	return true
}

// continueWithLeg adds a newly listed leg to the row of a transferred call. It
// reports whether there is one.
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

// continueTransfers does the same for legs that appeared, and got rows of
// their own, before the transferred leg ended.
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

// endTransfer records that no new leg is expected any more.
func (r *row) endTransfer() { r.transfer = transfer{} }
