package switchboard

import (
	"slices"
	"time"
)

// A call has ended when the lists no longer contain it; but a list may be
// wrong once, and another member may still see the call. So a call ends
//
//   - when a member through whom it was seen misses it twice, and the member's
//     lists are known to cover everybody's, or nobody else sees it;
//   - if others see it, when they miss it too, once each, three members being
//     enough;
//   - after the first list without it, if sipgate answered 404 for it or a
//     command has ended it.
//
// If a member's list lacks a call that it should contain, as those before
// contained everybody's, one who saw the call is asked at once.
//
// A member whose list lacks a call for the first time is asked again a second
// later, so that this takes seconds whatever the number of members.
const enoughMissing = 3

// miss notes that m's list, asked for at asked, lacks a call that it showed
// before. It reports whether the matter is still open.
func (b *Board) recordMiss(m *member, s *observation, requestTick uint64, now time.Time) (undecided bool) {
	l := s.leg
	s.misses++
	doubted := l.suspectTick != 0 && l.suspectTick < requestTick
	if s.misses < 2 && !doubted && l.missingCount == 0 {
		b.poll.recheckAt[m] = now.Add(recheckDelay)
		return true
	}
	b.countListed(l, -1)
	l.observers = slices.DeleteFunc(l.observers, func(o *member) bool { return o == m })
	b.countListed(l, +1)
	m.removeObservation(l)
	l.missingCount++
	b.markDirty(l.row)
	other := slices.IndexFunc(l.observers, func(o *member) bool { return !o.authFailed })
	if m.coversAll() || doubted || other < 0 || l.missingCount >= enoughMissing {
		b.endLeg(l, endedMissing, now)
		return false
	}
	b.poll.recheckAt[l.observers[other]] = now.Add(recheckDelay)
	return true
}

// loosen notes that the leg is established as far as events tell, but is in
// nobody's list.
func (b *Board) markUnlisted(l *leg) {
	l.missedLists = map[*member]int{}
	b.unlisted[l] = struct{}{}
}

// lose forgets that m, who leaves, sees the leg.
func (b *Board) removeObserver(m *member, l *leg) {
	b.countListed(l, -1)
	l.observers = slices.DeleteFunc(l.observers, func(o *member) bool { return o == m })
	b.countListed(l, +1)
	if len(l.observers) == 0 && l.end == live {
		b.markUnlisted(l)
		l.answerTick = b.tick()
		b.nonListFacts++
	}
}

// missLoose ends the legs that m's list, asked for at asked, should contain
// and does not: two lists are needed, from one member who certainly would see
// it, or from so many that everybody was asked.
func (b *Board) expireUnlisted(m *member, requestTick uint64, now time.Time) (undecided bool) {
	for l := range b.unlisted {
		if l.answerTick > requestTick {
			undecided = true
			continue
		}
		l.missedLists[m]++
		lists, allMissed := 0, true
		for _, o := range b.members {
			lists += l.missedLists[o]
			allMissed = allMissed && (o.authFailed || l.missedLists[o] > 0)
		}
		certain := m.coversAll() || slices.Contains(l.answeringMembers, m)
		if certain && l.missedLists[m] >= 2 || allMissed && lists >= 2 {
			b.endLeg(l, endedMissing, now)
			continue
		}
		undecided = true
		if certain || allMissed {
			b.poll.recheckAt[m] = now.Add(recheckDelay)
		}
	}
	return undecided
}

// cover revises whether m's lists cover everybody's, after one of them was
// applied. They do as long as they lack nothing that others see. If they lack a
// call for the first time, either that is no longer so or the call has ended:
// one who saw it is asked.
func (b *Board) updateCoverage(m *member, now time.Time) {
	if len(m.visibleCalls) >= b.listedLegs {
		return
	}
	if !m.coversAll() {
		m.coverageProofs = 0
		return
	}
	for _, r := range b.rows {
		for _, l := range r.legs {
			if len(l.observers) > 0 && l.firstListTick < m.listTick && !l.observedBy(m) {
				b.markMissing(m, l, now)
			}
		}
	}
}

// deny notes that m's list lacks the leg, and has one asked who saw it.
func (b *Board) markMissing(m *member, l *leg, now time.Time) {
	if slices.Contains(l.missingFrom, m) {
		return
	}
	l.missingCount++
	l.missingFrom = append(l.missingFrom, m)
	var latest *member
	for _, o := range l.observers {
		o.mustApply = true
		if !o.authFailed && (latest == nil || o.listTick > latest.listTick) {
			latest = o
		}
	}
	if latest != nil {
		b.poll.recheckAt[latest] = now
		wake(b.pollWake)
	}
}

// undeny notes that a list contains the leg: who denied it cannot see it.
func (b *Board) clearMissing(l *leg) {
	for _, m := range l.missingFrom {
		m.coverageProofs = 0
	}
	l.missingCount, l.missingFrom = 0, nil
}
