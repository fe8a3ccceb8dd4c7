package switchboard

import (
	"bytes"
	"context"
	"slices"
	"time"

	"callboard/sipgate"
)

// ask asks for one member's list and takes over what differs. Two lists of one
// member are never asked for at once. A failed request ends nothing.
func (b *Board) ask(ctx context.Context, m *member) error {
	select {
	case m.asking <- struct{}{}:
		defer func() { <-m.asking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	asked, facts, api := b.tick(), b.facts, m.api
	b.plan.asked = time.Now()
	delete(b.plan.again, m)
	b.mu.Unlock()

	list, err := api.Calls(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.listFailed(m, err)
		return err
	}
	if b.unchanged(m, list, asked, facts) {
		return nil
	}
	if !bytes.Equal(list, m.last) || m.calls == nil {
		calls, err := list.Calls()
		if err != nil {
			b.listFailed(m, err)
			return err
		}
		m.last, m.calls = list, calls
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.members[m.id] != m {
		return nil
	}
	now := time.Now()
	b.sweep(now)
	if asked > m.asked {
		m.facts = facts
		b.apply(m, m.calls, asked, now)
		b.flush(now)
	}
	b.listCame(now)
	return nil
}

// unchanged settles the common case without decoding: the member's answer is,
// byte for byte, the one before, and nothing else was heard meanwhile.
func (b *Board) unchanged(m *member, list sipgate.CallList, asked, facts uint64) bool {
	equal := m.calls != nil && bytes.Equal(list, m.last)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !equal || m.unsettled || m.facts != facts || b.members[m.id] != m {
		return false
	}
	now := time.Now()
	b.sweep(now)
	m.asked, m.askedAt = asked, now
	b.cover(m, now)
	b.flush(now)
	b.listCame(now)
	return true
}

// apply takes over a list that was asked for at asked.
func (b *Board) apply(m *member, calls []sipgate.Call, asked uint64, now time.Time) {
	m.asked, m.askedAt = asked, now
	m.unsettled = false
	var fresh []*leg
	sights := m.sights
	m.sights = make([]*sight, 0, len(calls))
	for i := range calls {
		var s *sight
		if i < len(sights) && sights[i].leg.id == calls[i].ID && !sights[i].over {
			s = sights[i] // most lists have the order of the one before
		} else if s = b.sight(m, calls[i].ID, asked, now); s == nil {
			continue
		}
		m.sights = append(m.sights, s)
		b.applyCall(s, &calls[i], asked, now)
		if s.leg.row == nil {
			fresh = append(fresh, s.leg)
		}
	}
	for _, s := range m.shows {
		if s.round != asked && b.miss(m, s, asked, now) {
			m.unsettled = true
		}
	}
	if b.missLoose(m, asked, now) {
		m.unsettled = true
	}
	for _, l := range fresh {
		if l.row == nil && !b.continueWith(l, now) {
			b.place(l, now)
		}
	}
	b.continueTransfers(now)
	b.cover(m, now)
}

// sight finds or makes what m sees of a call that its list contains; nil if the
// call has ended all the same.
func (b *Board) sight(m *member, id sipgate.CallID, asked uint64, now time.Time) *sight {
	s, ok := m.shows[id]
	if !ok {
		l := b.leg(id, now)
		if l.end != live && !b.returns(m, l, asked, now) {
			return nil
		}
		s = &sight{leg: l}
		m.shows[id] = s
		b.see(m, l)
	}
	return s
}

// applyCall takes over one call of a list.
func (b *Board) applyCall(s *sight, c *sipgate.Call, asked uint64, now time.Time) {
	l := s.leg
	s.round, s.misses = asked, 0
	if l.denials > 0 {
		b.undeny(l)
	}
	if l.doubt != 0 && l.doubt < asked {
		l.doubt = 0
	}
	if asked >= l.settled && asked >= l.asked { // else it is older than what is known
		l.asked = asked
		b.takeOver(l, c, asked, now)
	}
}

// takeOver makes the leg what a list says it is.
func (b *Board) takeOver(l *leg, c *sipgate.Call, asked uint64, now time.Time) {
	if !l.listed {
		l.listed, l.first = true, asked
		b.touch(l.row)
	}
	if l.hold != c.Hold || l.mute != c.Muted || l.recording != c.Recording {
		l.hold, l.mute, l.recording = c.Hold, c.Muted, c.Recording
		b.touch(l.row)
	}
	if !slices.Equal(l.participants, c.Participants) {
		l.participants, l.numbers = c.Participants, nil
		for _, p := range c.Participants {
			l.numbers = append(l.numbers, number(p.Number))
		}
		b.touch(l.row)
	}
	if l.row != nil && l.row.open != nil {
		b.reconcile(l.row, l, asked, now)
	}
}

// see notes that m's list contains the leg now.
func (b *Board) see(m *member, l *leg) {
	b.countListed(l, -1)
	for _, o := range l.seen {
		o.proofs++
	}
	if len(l.seen) > 0 {
		m.proofs++
	}
	l.seen = append(slices.Clip(l.seen), m)
	slices.SortFunc(l.seen, byID)
	delete(b.loose, l)
	l.absent = nil
	b.countListed(l, +1)
	b.touch(l.row)
}

// stillThere is for how long after an event said that a call ended lists are
// granted to be late.
const stillThere = 3 * time.Second

// returns decides whether a list revives a leg that ended: no list that was
// asked for before, and after an event that said so only the second list, when
// sipgate had time to notice.
func (b *Board) returns(m *member, l *leg, asked uint64, now time.Time) bool {
	if asked < l.endedAt {
		return false
	}
	m.unsettled = true
	l.back++
	if l.end == hungUp && (l.back < 2 || now.Sub(l.ended) < stillThere) {
		return false
	}
	b.revive(l)
	return true
}

// listCame publishes that the board is up to date.
func (b *Board) listCame(now time.Time) {
	b.plan.succeeded()
	if b.health.Failing {
		b.log.Info("sipgate lists calls again")
		b.catchUp(now)
	}
	b.health.ListedAt, b.health.Failing, b.health.Reason = now, false, 0
	h := b.health
	b.publish(Change{Health: &h})
}
