package switchboard

import (
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

// A leg is everything that was told of one callId. Its facts only ever grow,
// so that it does not matter in which order they came; an ended leg is kept as
// a tombstone, so that late facts do not revive it.
type leg struct {
	id    sipgate.CallID
	row   *row      // nil as long as there is nothing to show
	no    uint64    // when it was first heard of, by Board.clock
	heard time.Time // the same
	word  time.Time // when an event last spoke of it

	// From events. told ranks the event that the parties are taken from.
	told               int
	rang, answered     bool
	answeredAt         uint64
	direction          sipgate.Direction
	from, to           string // as number writes them
	orig               sipgate.CallID
	xcid, diversion    string
	ringing, answerers []string
	rings, answers     []sipgate.UserID // the same users by id, where events name them
	witnesses          []*member        // members who may be the user that answered
	cause              string

	// From lists.
	listed       bool
	first        uint64 // when the first list that contained it was asked for
	asked        uint64 // and the newest
	participants []sipgate.Participant
	numbers      []string        // of the participants, as number writes them
	seen         []*member       // in whose newest list it is, by id
	denials      int             // members who should see it and do not
	deniers      []*member       // those of them whose lists cover everybody's otherwise
	absent       map[*member]int // lists without it, while it is in nobody's

	// What sipgate confirmed, by list or by answer.
	hold, mute, recording bool
	settled               uint64 // when a command was last answered
	doubt                 uint64 // when sipgate, or a command, said that it is gone

	end     ending
	endedAt uint64
	ended   time.Time
	back    int // lists that contain it although it ended
}

// ending says how it is known that a leg ended, the more certain the greater.
type ending int

const (
	live    ending = iota
	silent         // rang for too long without news
	missing        // absent from the lists
	hungUp         // an event said so
)

// leg finds or makes the leg of a callId.
func (b *Board) leg(id sipgate.CallID, now time.Time) *leg {
	l, ok := b.legs[id]
	if !ok {
		l = &leg{id: id, no: b.tick(), heard: now}
		b.legs[id] = l
	}
	return l
}

// phase is where the leg is in its life; ok is false if nothing was told that
// would make it a call.
func (l *leg) phase() (p Phase, ok bool) {
	switch {
	case l.end != live:
		return Ended, true
	case l.listed || l.answered:
		return Connected, true
	case l.rang:
		return Ringing, true
	}
	return Ended, false
}

func (l *leg) is(p Phase) bool {
	q, ok := l.phase()
	return ok && p == q
}

// voicemail reports whether a voicemail took the call. Lists do not contain
// such calls.
func (l *leg) voicemail() bool {
	users := l.answerers
	if users == nil {
		users = l.ringing
	}
	return len(users) == 1 && strings.EqualFold(users[0], "voicemail")
}

// expires reports whether only events tell of the leg, so that it ends without
// any after a while.
func (l *leg) expires() bool {
	return l.is(Ringing) || l.is(Connected) && !l.listed && l.voicemail()
}

// seenBy reports whether m's newest list contains the leg.
func (l *leg) seenBy(m *member) bool { return slices.Contains(l.seen, m) }

// finish ends the leg and leaves its tombstone.
func (b *Board) finish(l *leg, how ending, now time.Time) {
	if l.end != live {
		l.end = max(l.end, how)
		return
	}
	b.countListed(l, -1)
	l.end, l.endedAt, l.ended, l.back = how, b.tick(), now, 0
	for _, m := range l.seen {
		m.unsee(l)
		m.unsettled = true
	}
	l.seen, l.absent, l.denials, l.deniers, l.doubt = nil, nil, 0, nil, 0
	delete(b.loose, l)
	b.bury(l, now)
	if l.row != nil {
		l.row.reconcileEnd(l, now)
		b.touch(l.row)
		if l.row.open != nil {
			b.facts++ // the next list matters even if it is the same
		}
	}
}

// revive takes an end back. Only lists can do that, and a late answer if the
// leg only was silent.
func (b *Board) revive(l *leg) {
	l.end, l.back, l.ended = live, 0, time.Time{}
	b.countListed(l, +1)
	b.touch(l.row)
}

// countListed keeps the number of live legs that are in somebody's list.
func (b *Board) countListed(l *leg, by int) {
	if l.end == live && len(l.seen) > 0 {
		b.listed += by
	}
}

// A grave remembers when a leg ended, to forget it in order.
type grave struct {
	leg *leg
	at  time.Time
}

// bury remembers the leg for a day, and at most so many of them.
func (b *Board) bury(l *leg, now time.Time) {
	b.graves = append(b.graves, grave{l, now})
	b.forget(now)
}

func (b *Board) forget(now time.Time) {
	for len(b.graves) > 0 {
		g := b.graves[0]
		if len(b.graves) <= mostTombstones && now.Sub(g.at) < rememberedFor {
			return
		}
		b.graves = b.graves[1:]
		if g.leg.end == live || !g.leg.ended.Equal(g.at) {
			continue // it was revived
		}
		b.forgetLeg(g.leg)
	}
}

func (b *Board) forgetLeg(l *leg) {
	delete(b.legs, l.id)
	for _, k := range l.links() {
		if b.links[k] == l {
			delete(b.links, k)
		}
	}
	if r := l.row; r != nil {
		r.legs = slices.DeleteFunc(r.legs, func(o *leg) bool { return o == l })
		b.touch(r)
	}
}

// links are the names under which the events of one call's legs find each
// other, besides their callIds.
func (l *leg) links() []string {
	var ks []string
	if l.orig != "" {
		ks = append(ks, "orig "+string(l.orig))
	}
	if l.xcid != "" {
		ks = append(ks, "xcid "+l.xcid)
	}
	return ks
}
