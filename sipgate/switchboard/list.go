package switchboard

import (
	"bytes"
	"context"
	"slices"
	"time"

	"callboard/sipgate"
)

// requestList requests a member's list and applies what changed. It never
// requests two lists of one member at the same time. A failed request ends no
// call.
func (b *Board) requestList(ctx context.Context, m *member) (err error) {
	select {
	case m.listLock <- struct{}{}:
		defer func() { <-m.listLock }()
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	requestTick, facts, api := b.tick(), b.nonListFacts, m.api
	begun := time.Now()
	b.poll.lastRequest = begun
	delete(b.poll.recheckAt, m)
	b.mu.Unlock()
	defer func() { b.reportPoll(ctx, err, begun) }()

	list, err := api.Calls(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.listFailed(m, err)
		return err
	}
	if b.applyUnchanged(m, list, requestTick, facts) {
		return nil
	}
	if !bytes.Equal(list, m.lastList) || m.lastCalls == nil {
		calls, unreadable, err := list.Calls()
		if err != nil {
			b.listFailed(m, err)
			return err
		}
		m.lastList, m.lastCalls, m.lastUnreadable = list, calls, unreadable
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.members[m.id] != m {
		return nil
	}
	now := time.Now()
	b.expire(now)
	b.returnToList(m)
	if requestTick > m.listTick {
		m.nonListFacts = facts
		b.reportUnreadable(m, m.lastUnreadable, now)
		applied := false
		defer func() { m.mustApply = m.mustApply || !applied }() // after a panic
		b.applyList(m, m.lastCalls, requestTick, now)
		b.flush(now)
		b.updateShowsOthers(m)
		applied = true
	}
	b.listSucceeded(now)
	return nil
}

// applyUnchanged handles the most frequent case without decoding: the response
// has the same bytes as the previous one, and no other fact arrived since. It
// returns false in all other cases.
func (b *Board) applyUnchanged(m *member, list sipgate.CallList, requestTick, facts uint64) bool {
	equal := m.lastCalls != nil && bytes.Equal(list, m.lastList)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !equal || m.mustApply || m.nonListFacts != facts || b.members[m.id] != m {
		return false
	}
	now := time.Now()
	b.expire(now)
	m.listTick, m.listTime = requestTick, now
	b.returnToList(m)
	b.updateCoverage(m, now)
	b.flush(now)
	b.updateShowsOthers(m)
	b.listSucceeded(now)
	return true
}

// applyList applies a list that was requested at requestTick.
func (b *Board) applyList(m *member, calls []sipgate.Call, requestTick uint64, now time.Time) {
	m.listTick, m.listTime = requestTick, now
	m.mustApply = false
	var newLegs []*leg
	previous := m.observations
	m.observations = make([]*observation, 0, len(calls))
	for i := range calls {
		var s *observation
		if i < len(previous) && previous[i].leg.id == calls[i].ID && !previous[i].removed {
			s = previous[i] // most lists are ordered like the previous one
		} else if s = b.findObservation(m, calls[i].ID, requestTick, now); s == nil {
			continue
		}
		m.observations = append(m.observations, s)
		s.unreadable = m.unreadable
		b.applyCall(m, s, &calls[i], requestTick, now)
		if s.leg.row == nil {
			newLegs = append(newLegs, s.leg)
		}
	}
	for _, s := range m.visibleCalls {
		if s.listTick != requestTick && (m.unreadable > s.unreadable || b.recordMiss(m, s, requestTick, now)) {
			m.mustApply = true
		}
	}
	if b.expireUnlisted(m, requestTick, now) {
		m.mustApply = true
	}
	for _, l := range newLegs {
		if l.row == nil && !b.continueWithLeg(l, now) {
			b.ensureRow(l, now)
		}
	}
	b.continueTransfers(now)
	b.updateCoverage(m, now)
}

// findObservation returns m's observation of a listed call and creates it if
// necessary. It returns nil if the call has ended all the same.
func (b *Board) findObservation(m *member, id sipgate.CallID, requestTick uint64, now time.Time) *observation {
	s, ok := m.visibleCalls[id]
	if !ok {
		l := b.leg(id, now)
		if l.end != live && !b.mayRevive(m, l, requestTick, now) {
			return nil
		}
		s = &observation{leg: l}
		m.visibleCalls[id] = s
		b.addObserver(m, l)
	}
	return s
}

// applyCall applies one call of a list.
func (b *Board) applyCall(m *member, s *observation, c *sipgate.Call, requestTick uint64, now time.Time) {
	l := s.leg
	s.listTick, s.misses = requestTick, 0
	if l.missingCount > 0 {
		b.clearMissing(l)
	}
	if l.suspectTick != 0 && l.suspectTick < requestTick {
		l.suspectTick = 0
	}
	l.notFound = false
	if requestTick >= l.commandTick && requestTick >= l.lastListTick { // else the board knows something newer
		l.lastListTick = requestTick
		b.updateLeg(l, c, requestTick, now)
		if b.checkExpectations(l, requestTick, now) {
			m.mustApply = true
			b.poll.recheckAt[m] = now.Add(recheckDelay)
		}
	}
}

// updateLeg sets the leg's state to that in a list.
func (b *Board) updateLeg(l *leg, c *sipgate.Call, requestTick uint64, now time.Time) {
	if !l.listed {
		l.listed, l.firstListTick = true, b.tick()
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
		b.reconcile(l.row, l, requestTick, now)
	}
}

// addObserver records that m's list contains the leg.
func (b *Board) addObserver(m *member, l *leg) {
	b.countListed(l, -1)
	for _, o := range l.observers {
		o.coverageProofs++
	}
	if len(l.observers) > 0 {
		m.coverageProofs++
	}
	l.observers = append(slices.Clip(l.observers), m)
	l.reached(m)
	slices.SortFunc(l.observers, compareMembers)
	delete(b.unlisted, l)
	l.missedLists = nil
	b.countListed(l, +1)
	b.markDirty(l.row)
}

// listLag is the time after a hangup event during which a list may still
// contain the call.
const listLag = 3 * time.Second

// mayRevive reports whether a list revives an ended leg, and revives it. A
// list that was requested before the end never does; after a hangup event only
// the second list does, and only after listLag.
func (b *Board) mayRevive(m *member, l *leg, requestTick uint64, now time.Time) bool {
	m.mustApply = true // although the next list may have the same bytes
	if requestTick < l.endTick {
		return false
	}
	l.listedAfterEnd++
	if l.end == endedHangup && (l.listedAfterEnd < 2 || now.Sub(l.endTime) < listLag) {
		return false
	}
	b.reviveLeg(l)
	b.pair(l, now) // the other side may be known meanwhile
	return true
}

// listSucceeded publishes that the board is up to date.
func (b *Board) listSucceeded(now time.Time) {
	b.flush(now)
	b.poll.reset()
	if b.health.Failing {
		b.log.Info("list calls: recovered")
		b.resync(now)
	}
	b.health.ListedAt, b.health.Failing, b.health.Reason, b.health.Unreadable = now, false, 0, 0
	for _, m := range b.members {
		b.health.Unreadable = max(b.health.Unreadable, m.unreadable)
	}
	h := b.health
	b.publish(Change{Health: &h})
}
