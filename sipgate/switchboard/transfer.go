package switchboard

import "time"

// moves is that a row's call was given to somebody else through this board, so
// that it will appear under a new id. Where events tell, they connect the two;
// by lists alone the parties have to.
type moves struct {
	leg    *leg
	since  uint64    // when the command was given: the new leg is younger
	at     time.Time // when it was answered; zero: nothing is expected
	target string
	other  string // who was outside
}

// expectMove notes that a transfer was, or may have been, carried out.
func (b *Board) expectMove(j *job, l *leg, now time.Time) {
	t, ok := j.command.Action.(TransferTo)
	if !ok {
		return
	}
	m := moves{leg: l, since: j.began, at: now, target: number(string(t.To))}
	if c := j.row.shown; c != nil {
		m.other = c.Remote.Number
	}
	if j.row.moves.at.IsZero() {
		b.moving = append(b.moving, j.row)
	}
	j.row.moves = m
}

// awaits reports whether l may be the new leg of the row's call: it appeared
// within half a minute, and shares a party with the old one or is with the
// target.
func (r *row) awaits(l *leg, now time.Time) bool {
	m := &r.moves
	if m.at.IsZero() || l.no < m.since || l.row == r || l.rang {
		return false // or an event told where it belongs
	}
	from := m.at
	if m.leg.end != live && m.leg.ended.After(from) {
		from = m.leg.ended
	}
	return now.Sub(from) <= continueWithin && (l.has(m.target) || l.has(m.other))
}

// gives reports whether the old leg has gone, or is just about to. Until then
// two legs are two calls; those who see the old one are asked at once.
func (b *Board) gives(r *row, now time.Time) bool {
	l := r.moves.leg
	if l.end != live || l.waning() {
		return true
	}
	for _, m := range l.seen {
		b.plan.again[m] = now
	}
	nudge(b.wake)
	return false
}

// waning reports whether the leg is absent from the newest list of everybody
// who saw it, without being given up yet.
func (l *leg) waning() bool {
	for _, m := range l.seen {
		if s := m.shows[l.id]; s != nil && s.misses == 0 {
			return false
		}
	}
	return true
}

// continueWith lets a leg that a list shows for the first time go on in the row
// of a call that was transferred. It reports whether there was one.
func (b *Board) continueWith(l *leg, now time.Time) bool {
	for _, r := range b.moving {
		if r.awaits(l, now) && b.gives(r, now) {
			b.attach(l, r)
			r.moved()
			return true
		}
	}
	return false
}

// continueTransfers does the same for legs that had appeared, and got rows of
// their own, before the transferred leg went.
func (b *Board) continueTransfers(now time.Time) {
	kept := b.moving[:0]
	for _, r := range b.moving {
		b.continueTransfer(r, now)
		m := &r.moves
		if !m.at.IsZero() && (m.leg.end == live || now.Sub(m.leg.ended) <= continueWithin) {
			kept = append(kept, r)
		}
	}
	clear(b.moving[len(kept):])
	b.moving = kept
}

func (b *Board) continueTransfer(r *row, now time.Time) {
	if r.moves.at.IsZero() {
		return
	}
	for _, o := range b.order {
		if o == r || len(o.legs) == 0 {
			continue
		}
		if l := o.current(); l.end == live && r.awaits(l, now) && b.gives(r, now) {
			r.moved()
			b.merge(r, o)
			return
		}
	}
}

// moved ends the waiting for a new leg.
func (r *row) moved() { r.moves = moves{} }
