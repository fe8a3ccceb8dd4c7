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
	delete(m.shows, l.id)
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
