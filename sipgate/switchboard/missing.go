package switchboard

import (
	"slices"
	"time"
)

// A call has ended when the lists no longer contain it. But a single list may
// be wrong, and another member may still see the call. Therefore a call ends
//
//   - when a member who saw it misses it in two lists, and that member's lists
//     cover everyone's or no other member sees it;
//   - if others see it, when their lists lack it too, one list each,
//     enoughMissing members at most;
//   - after the first list without it, if sipgate answered 404 for it or
//     accepted a command that ends it.
//
// A member whose list lacks a call for the first time is polled again after
// recheckDelay, so that this takes seconds however large the team is. If a
// list that used to cover everyone's lacks a call, a member who saw the call
// is polled immediately.
const enoughMissing = 3

// unreadableLogInterval is how often unreadable calls are logged at most.
const unreadableLogInterval = time.Minute

// reportUnreadable records how many calls of m's list could not be read.
func (b *Board) reportUnreadable(m *member, n int, now time.Time) {
	m.unreadable = n
	if n > 0 && now.Sub(b.unreadableLogged) >= unreadableLogInterval {
		b.unreadableLogged = now
		b.log.Warn("calls in the list that could not be read", "member", string(m.id), "calls", n)
	}
}

// recordMiss records that m's list, requested at requestTick, lacks a call
// that it contained before. It reports whether the call's fate is undecided.
func (b *Board) recordMiss(m *member, s *observation, requestTick uint64, now time.Time) (undecided bool) {
	l := s.leg
	s.misses++
	suspect := l.suspectTick != 0 && l.suspectTick < requestTick
	if s.misses < 2 && !suspect && l.missingCount == 0 {
		b.poll.recheckAt[m] = now.Add(recheckDelay)
		return true
	}
	b.removeObserver(m, l)
	l.missingCount++
	b.markDirty(l.row)
	other := slices.IndexFunc(l.observers, func(o *member) bool { return !o.authFailed })
	if m.coversAll() || suspect || other < 0 || l.missingCount >= enoughMissing {
		b.endLeg(l, endedMissing, now)
		return false
	}
	b.poll.recheckAt[l.observers[other]] = now.Add(recheckDelay)
	return true
}

// markUnlisted records that the leg is connected but in no member's list.
func (b *Board) markUnlisted(l *leg, now time.Time) {
	l.missedLists, l.unlistedSince = map[*member]int{}, now
	b.unlisted[l] = struct{}{}
}

// removeObserver records that m no longer sees the leg.
func (b *Board) removeObserver(m *member, l *leg) {
	b.countListed(l, -1)
	l.observers = slices.DeleteFunc(l.observers, func(o *member) bool { return o == m })
	b.countListed(l, +1)
	m.removeObservation(l)
}

// observerLeft records that m, who leaves the board, no longer sees the leg.
func (b *Board) observerLeft(m *member, l *leg, now time.Time) {
	b.removeObserver(m, l)
	if len(l.observers) == 0 && l.end == live {
		b.markUnlisted(l, now)
		l.answerTick = b.tick()
		b.nonListFacts++
	}
}

// couldList reports whether m's lists contain the leg while it is connected:
// m's access has reached it, it is m's own, or they show calls of others. Where
// sipgate shows everybody only the own calls, no list contains the call of a
// colleague who has not signed in.
func (b *Board) couldList(m *member, l *leg) bool {
	return m.coversAll() || m.showsOthers || slices.Contains(l.reachedBy, m.id) ||
		slices.Contains(l.answeringMembers, m) || slices.Contains(b.owners(l), m.id)
}

// reached records that m's access reaches the leg.
func (l *leg) reached(m *member) {
	if !slices.Contains(l.reachedBy, m.id) {
		l.reachedBy = append(l.reachedBy, m.id)
	}
}

// expireUnlisted ends the unlisted legs that m's list, requested at
// requestTick, should contain and does not. It takes two lists of one member
// whose lists could contain the leg. A leg that no event will ever end takes
// two lists that cannot contain it as well, and one of each member.
func (b *Board) expireUnlisted(m *member, requestTick uint64, now time.Time) (undecided bool) {
	for l := range b.unlisted {
		undecided = true
		if l.answerTick > requestTick || m.unreadable > 0 { // it may be the unreadable one
			continue
		}
		if l.partnerListed() {
			continue // the list of the other side tells when it ends
		}
		could := b.couldList(m, l)
		if !could && (l.rang || l.answered) {
			continue // its hangup event tells
		}
		l.missedLists[m]++
		lists, allMissed := 0, true
		for _, o := range b.members {
			lists += l.missedLists[o]
			allMissed = allMissed && (o.authFailed || l.missedLists[o] > 0)
		}
		if could && l.missedLists[m] >= 2 || !l.rang && !l.answered && allMissed && lists >= 2 {
			b.endLeg(l, endedMissing, now)
			continue
		}
		if could || allMissed {
			b.poll.recheckAt[m] = now.Add(recheckDelay)
		}
	}
	return undecided
}

// updateCoverage checks, after a list of m was applied, whether m's lists
// still cover everyone's. If the list lacks a call for the first time, either
// they no longer do or the call has ended: a member who saw it is polled to
// decide.
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

// markMissing records that m's list lacks the leg, and has a member who saw it
// polled.
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

// clearMissing records that a list contains the leg: the members whose lists
// lacked it do not see everyone's calls.
func (b *Board) clearMissing(l *leg) {
	for _, m := range l.missingFrom {
		m.coverageProofs = 0
	}
	l.missingCount, l.missingFrom = 0, nil
}
