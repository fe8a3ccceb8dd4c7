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
const enoughDenials = 3

// miss notes that m's list, asked for at asked, lacks a call that it showed
// before. It reports whether the matter is still open.
func (b *Board) miss(m *member, s *sight, asked uint64, now time.Time) (open bool) {
	l := s.leg
	s.misses++
	doubted := l.doubt != 0 && l.doubt < asked
	if s.misses < 2 && !doubted && l.denials == 0 {
		b.plan.again[m] = now.Add(againAfter)
		return true
	}
	b.countListed(l, -1)
	l.seen = slices.DeleteFunc(l.seen, func(o *member) bool { return o == m })
	b.countListed(l, +1)
	m.unsee(l)
	l.denials++
	b.touch(l.row)
	other := slices.IndexFunc(l.seen, func(o *member) bool { return !o.aside })
	if m.wide() || doubted || other < 0 || l.denials >= enoughDenials {
		b.finish(l, missing, now)
		return false
	}
	b.plan.again[l.seen[other]] = now.Add(againAfter)
	return true
}

// loosen notes that the leg is established as far as events tell, but is in
// nobody's list.
func (b *Board) loosen(l *leg) {
	l.absent = map[*member]int{}
	b.loose[l] = struct{}{}
}

// lose forgets that m, who leaves, sees the leg.
func (b *Board) lose(m *member, l *leg) {
	b.countListed(l, -1)
	l.seen = slices.DeleteFunc(l.seen, func(o *member) bool { return o == m })
	b.countListed(l, +1)
	if len(l.seen) == 0 && l.end == live {
		b.loosen(l)
		l.answeredAt = b.tick()
		b.facts++
	}
}

// missLoose ends the legs that m's list, asked for at asked, should contain
// and does not: two lists are needed, from one member who certainly would see
// it, or from so many that everybody was asked.
func (b *Board) missLoose(m *member, asked uint64, now time.Time) (open bool) {
	for l := range b.loose {
		if l.answeredAt > asked {
			open = true
			continue
		}
		l.absent[m]++
		lists, everybody := 0, true
		for _, o := range b.members {
			lists += l.absent[o]
			everybody = everybody && (o.aside || l.absent[o] > 0)
		}
		certain := m.wide() || slices.Contains(l.witnesses, m)
		if certain && l.absent[m] >= 2 || everybody && lists >= 2 {
			b.finish(l, missing, now)
			continue
		}
		open = true
		if certain || everybody {
			b.plan.again[m] = now.Add(againAfter)
		}
	}
	return open
}

// cover revises whether m's lists cover everybody's, after one of them was
// applied. They do as long as they lack nothing that others see. If they lack a
// call for the first time, either that is no longer so or the call has ended:
// one who saw it is asked.
func (b *Board) cover(m *member, now time.Time) {
	if len(m.shows) >= b.listed {
		return
	}
	if !m.wide() {
		m.proofs = 0
		return
	}
	for _, r := range b.order {
		for _, l := range r.legs {
			if len(l.seen) > 0 && l.first < m.asked && !l.seenBy(m) {
				b.deny(m, l, now)
			}
		}
	}
}

// deny notes that m's list lacks the leg, and has one asked who saw it.
func (b *Board) deny(m *member, l *leg, now time.Time) {
	if slices.Contains(l.deniers, m) {
		return
	}
	l.denials++
	l.deniers = append(l.deniers, m)
	var latest *member
	for _, o := range l.seen {
		o.unsettled = true
		if !o.aside && (latest == nil || o.asked > latest.asked) {
			latest = o
		}
	}
	if latest != nil {
		b.plan.again[latest] = now
		nudge(b.wake)
	}
}

// undeny notes that a list contains the leg: who denied it cannot see it.
func (b *Board) undeny(l *leg) {
	for _, m := range l.deniers {
		m.proofs = 0
	}
	l.denials, l.deniers = 0, nil
}
