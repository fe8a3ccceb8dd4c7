package switchboard

import (
	"time"

	"callboard/sipgate"
)

// Some accounts may have no list of calls: reports about sipgate's newer platform
// differ. Where sipgate refuses the list as such, the board lives on push events
// alone, and asks for the list again now and then.
const (
	// minRefusals is how many lists in succession sipgate refuses before that is no
	// chance.
	minRefusals = 2

	// refusedRetry is how often the board asks for a list that sipgate refuses.
	refusedRetry = 10 * time.Minute

	// doubtAfter is how long after the last news of a connected call nobody knows
	// whether it goes on.
	doubtAfter = time.Hour

	// unannouncedTimeout is how long a call stays that only lists have shown. The
	// list has been asked for once more by then.
	unannouncedTimeout = refusedRetry + 5*time.Minute
)

// refusesList reports whether an error says that there is no list of calls for the
// member: not that sipgate fails, or that too much is asked.
func refusesList(err error) bool {
	return sipgate.Lacks(err) || sipgate.KindOf(err) == sipgate.Forbidden
}

// onListRefused has f called, with the board locked, for each list that sipgate
// refuses.
func (b *Board) onListRefused(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = f
}

// noteRefusal records that sipgate refused m a list. If that is the account's, not
// m's alone, the board goes on without lists, and noteRefusal returns true.
func (b *Board) noteRefusal(m *member, kind sipgate.Kind, now time.Time) bool {
	if b.refused != nil {
		b.refused()
	}
	b.poll.refusals++
	switch m.refusals++; {
	case m.refusals >= minRefusals:
		m.backoffUntil = now.Add(forbiddenBackoff)
	case b.health.Members > 1:
		m.backoffUntil = now.Add(maxBackoff) // the others are asked first
	}
	if !b.health.ListRefused {
		if b.poll.refusals < minRefusals || kind == sipgate.Forbidden && !b.allRefused() {
			return false
		}
		b.goWithoutList(now)
	}
	for _, o := range b.members { // whoever joins from now on is asked at once
		o.backoffUntil = now.Add(refusedRetry)
	}
	return true
}

// allRefused reports whether sipgate refuses lists to every member: one alone may
// lack the permission.
func (b *Board) allRefused() bool {
	for _, m := range b.members {
		if !m.authFailed && m.refusals < minRefusals {
			return false
		}
	}
	return true
}

// goWithoutList makes the board live on push events. What lists have shown until
// now, they show no longer.
func (b *Board) goWithoutList(now time.Time) {
	b.log.Warn("list calls: refused, the board shows what push events report")
	b.health.ListRefused, b.health.Failing, b.health.Reason = true, false, 0
	b.health.ListedAt, b.health.Unreadable = time.Time{}, 0
	for _, m := range b.members {
		for _, s := range m.visibleCalls {
			b.observerLeft(m, s.leg, now)
		}
	}
	b.markDirty(b.rows...)
	b.flush(now)
}

// returnToList ends that, since sipgate has answered m with a list.
func (b *Board) returnToList(m *member) {
	m.refusals, b.poll.refusals = 0, 0
	if !b.health.ListRefused {
		return
	}
	b.log.Info("list calls: no longer refused")
	b.health.ListRefused = false
	for _, o := range b.members {
		o.refusals, o.backoffUntil = 0, time.Time{}
	}
	b.markDirty(b.rows...)
}

// RetryList asks for a list that sipgate has refused without waiting longer: the
// account may be on another platform now.
func (b *Board) RetryList() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.health.ListRefused {
		return
	}
	for _, m := range b.members {
		m.backoffUntil = time.Time{}
	}
	b.poll.reset()
	b.requestPoll()
}

// ListRefused reports whether sipgate refuses the list of calls as such.
func (b *Board) ListRefused() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.health.ListRefused
}

// reaches reports whether m's access is known to reach the leg: m's newest list
// contains it or, where there is no list, could contain it.
func (b *Board) reaches(m *member, l *leg) bool {
	return l.observedBy(m) || b.health.ListRefused && b.couldList(m, l)
}

// doubtAt returns from when on nobody knows whether a connected leg goes on; zero if
// lists tell.
func (b *Board) doubtAt(l *leg) time.Time {
	switch {
	case !b.health.ListRefused || !l.inPhase(Connected):
		return time.Time{}
	case l.notFound || !l.rang && !l.answered:
		return l.firstSeen
	}
	return later(l.lastEvent, l.acceptedAt).Add(doubtAfter)
}
