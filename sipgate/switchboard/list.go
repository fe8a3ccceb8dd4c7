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
func (b *Board) requestList(ctx context.Context, m *member) error {
	select {
	case m.listLock <- struct{}{}:
		defer func() { <-m.listLock }()
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	asked, facts, api := b.tick(), b.nonListFacts, m.api
	b.poll.lastRequest = time.Now()
	delete(b.poll.recheckAt, m)
	b.mu.Unlock()

	list, err := api.Calls(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.listFailed(m, err)
		return err
	}
	if b.applyUnchanged(m, list, asked, facts) {
		return nil
	}
	if !bytes.Equal(list, m.lastList) || m.lastCalls == nil {
		calls, err := list.Calls()
		if err != nil {
			b.listFailed(m, err)
			return err
		}
		m.lastList, m.lastCalls = list, calls
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.members[m.id] != m {
		return nil
	}
	now := time.Now()
	b.expire(now)
	if asked > m.listTick {
		m.nonListFacts = facts
		b.applyList(m, m.lastCalls, asked, now)
		b.flush(now)
	}
	b.listSucceeded(now)
	return nil
}

// unchanged settles the common case without decoding: the member's answer is,
// byte for byte, the one before, and nothing else was heard meanwhile.
func (b *Board) applyUnchanged(m *member, list sipgate.CallList, asked, facts uint64) bool {
	equal := m.lastCalls != nil && bytes.Equal(list, m.lastList)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !equal || m.mustApply || m.nonListFacts != facts || b.members[m.id] != m {
		return false
	}
	now := time.Now()
	b.expire(now)
	m.listTick, m.listTime = asked, now
	b.updateCoverage(m, now)
	b.flush(now)
	b.listSucceeded(now)
	return true
}

// apply takes over a list that was asked for at asked.
func (b *Board) applyList(m *member, calls []sipgate.Call, asked uint64, now time.Time) {
	m.listTick, m.listTime = asked, now
	m.mustApply = false
	var fresh []*leg
	sights := m.observations
	m.observations = make([]*observation, 0, len(calls))
	for i := range calls {
		var s *observation
		if i < len(sights) && sights[i].leg.id == calls[i].ID && !sights[i].removed {
			s = sights[i] // most lists have the order of the one before
		} else if s = b.findObservation(m, calls[i].ID, asked, now); s == nil {
			continue
		}
		m.observations = append(m.observations, s)
		b.applyCall(s, &calls[i], asked, now)
		if s.leg.row == nil {
			fresh = append(fresh, s.leg)
		}
	}
	for _, s := range m.visibleCalls {
		if s.listTick != asked && b.recordMiss(m, s, asked, now) {
			m.mustApply = true
		}
	}
	if b.expireUnlisted(m, asked, now) {
		m.mustApply = true
	}
	for _, l := range fresh {
		if l.row == nil && !b.continueWithLeg(l, now) {
			b.ensureRow(l, now)
		}
	}
	b.continueTransfers(now)
	b.updateCoverage(m, now)
}

// sight finds or makes what m sees of a call that its list contains; nil if the
// call has ended all the same.
func (b *Board) findObservation(m *member, id sipgate.CallID, asked uint64, now time.Time) *observation {
	s, ok := m.visibleCalls[id]
	if !ok {
		l := b.leg(id, now)
		if l.end != live && !b.mayRevive(m, l, asked, now) {
			return nil
		}
		s = &observation{leg: l}
		m.visibleCalls[id] = s
		b.addObserver(m, l)
	}
	return s
}

// applyCall takes over one call of a list.
func (b *Board) applyCall(s *observation, c *sipgate.Call, asked uint64, now time.Time) {
	l := s.leg
	s.listTick, s.misses = asked, 0
	if l.missingCount > 0 {
		b.clearMissing(l)
	}
	if l.suspectTick != 0 && l.suspectTick < asked {
		l.suspectTick = 0
	}
	if asked >= l.commandTick && asked >= l.lastListTick { // else it is older than what is known
		l.lastListTick = asked
		b.updateLeg(l, c, asked, now)
	}
}

// takeOver makes the leg what a list says it is.
func (b *Board) updateLeg(l *leg, c *sipgate.Call, asked uint64, now time.Time) {
	if !l.listed {
		l.listed, l.firstListTick = true, asked
		b.markDirty(l.row)
	}
	if l.hold != c.Hold || l.mute != c.Muted || l.recording != c.Recording {
		l.hold, l.mute, l.recording = c.Hold, c.Muted, c.Recording
		b.markDirty(l.row)
	}
	if !slices.Equal(l.participants, c.Participants) {
		l.participants, l.numbers = c.Participants, nil
		for _, p := range c.Participants {
			l.numbers = append(l.numbers, normalize(p.Number))
		}
		b.markDirty(l.row)
	}
	if l.row != nil && l.row.unresolved != nil {
		b.reconcile(l.row, l, asked, now)
	}
}

// see notes that m's list contains the leg now.
func (b *Board) addObserver(m *member, l *leg) {
	b.countListed(l, -1)
	for _, o := range l.observers {
		o.coverageProofs++
	}
	if len(l.observers) > 0 {
		m.coverageProofs++
	}
	l.observers = append(slices.Clip(l.observers), m)
	slices.SortFunc(l.observers, compareMembers)
	delete(b.unlisted, l)
	l.missedLists = nil
	b.countListed(l, +1)
	b.markDirty(l.row)
}

// stillThere is for how long after an event said that a call ended lists are
// granted to be late.
const listLag = 3 * time.Second

// returns decides whether a list revives a leg that ended: no list that was
// asked for before, and after an event that said so only the second list, when
// sipgate had time to notice.
func (b *Board) mayRevive(m *member, l *leg, asked uint64, now time.Time) bool {
	if asked < l.endTick {
		return false
	}
	m.mustApply = true
	l.listedAfterEnd++
	if l.end == endedHangup && (l.listedAfterEnd < 2 || now.Sub(l.endTime) < listLag) {
		return false
	}
	b.reviveLeg(l)
	return true
}

// listCame publishes that the board is up to date.
func (b *Board) listSucceeded(now time.Time) {
	b.poll.reset()
	if b.health.Failing {
		b.log.Info("sipgate lists calls again")
		b.resync(now)
	}
	b.health.ListedAt, b.health.Failing, b.health.Reason = now, false, 0
	h := b.health
	b.publish(Change{Health: &h})
}
