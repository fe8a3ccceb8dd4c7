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
	id        sipgate.CallID
	row       *row      // nil as long as there is nothing to show
	firstTick uint64    // when it was first heard of, by Board.clock
	firstSeen time.Time // the same
	lastEvent time.Time // when an event last spoke of it

	// From events. told ranks the event that the parties are taken from.
	eventRank                        int
	rang, answered                   bool
	answerTick                       uint64
	direction                        sipgate.Direction
	from, to                         string // as number writes them
	origCallID                       sipgate.CallID
	xcid, diversion                  string
	ringingUsers, answeringUsers     []string
	ringingUserIDs, answeringUserIDs []sipgate.UserID // the same users by id, where events name them
	answeringMembers                 []*member        // members who may be the user that answered
	cause                            string

	// From lists.
	listed        bool
	firstListTick uint64 // when the first list that contained it was asked for
	lastListTick  uint64 // and the newest
	participants  []sipgate.Participant
	numbers       []string        // of the participants, as number writes them
	observers     []*member       // in whose newest list it is, by id
	missingCount  int             // members who should see it and do not
	missingFrom   []*member       // those of them whose lists cover everybody's otherwise
	missedLists   map[*member]int // lists without it, while it is in nobody's

	// What sipgate confirmed, by list or by answer.
	hold, mute, recording bool
	commandTick           uint64 // when a command was last answered
	suspectTick           uint64 // when sipgate, or a command, said that it is gone

	end            endState
	endTick        uint64
	endTime        time.Time
	listedAfterEnd int // lists that contain it although it ended
}

// ending says how it is known that a leg ended, the more certain the greater.
type endState int

const (
	live         endState = iota
	endedSilent           // rang for too long without news
	endedMissing          // absent from the lists
	endedHangup           // an event said so
)

// leg finds or makes the leg of a callId.
func (b *Board) leg(id sipgate.CallID, now time.Time) *leg {
	l, ok := b.legs[id]
	if !ok {
		l = &leg{id: id, firstTick: b.tick(), firstSeen: now}
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

func (l *leg) inPhase(p Phase) bool {
	q, ok := l.phase()
	return ok && p == q
}

// voicemail reports whether a voicemail took the call. Lists do not contain
// such calls.
func (l *leg) isVoicemail() bool {
	users := l.answeringUsers
	if users == nil {
		users = l.ringingUsers
	}
	return len(users) == 1 && strings.EqualFold(users[0], "voicemail")
}

// expires reports whether only events tell of the leg, so that it ends without
// any after a while.
func (l *leg) expires() bool {
	return l.inPhase(Ringing) || l.inPhase(Connected) && !l.listed && l.isVoicemail()
}

// seenBy reports whether m's newest list contains the leg.
func (l *leg) observedBy(m *member) bool { return slices.Contains(l.observers, m) }

// finish ends the leg and leaves its tombstone.
func (b *Board) endLeg(l *leg, how endState, now time.Time) {
	if l.end != live {
		l.end = max(l.end, how)
		return
	}
	b.countListed(l, -1)
	l.end, l.endTick, l.endTime, l.listedAfterEnd = how, b.tick(), now, 0
	for _, m := range l.observers {
		m.removeObservation(l)
		m.mustApply = true
	}
	l.observers, l.missedLists, l.missingCount, l.missingFrom, l.suspectTick = nil, nil, 0, nil, 0
	delete(b.unlisted, l)
	b.addTombstone(l, now)
	if l.row != nil {
		l.row.reconcileEnd(l, now)
		b.markDirty(l.row)
		if l.row.unresolved != nil {
			b.nonListFacts++ // the next list matters even if it is the same
		}
	}
}

// revive takes an end back. Only lists can do that, and a late answer if the
// leg only was silent.
func (b *Board) reviveLeg(l *leg) {
	l.end, l.listedAfterEnd, l.endTime = live, 0, time.Time{}
	b.countListed(l, +1)
	b.markDirty(l.row)
}

// countListed keeps the number of live legs that are in somebody's list.
func (b *Board) countListed(l *leg, by int) {
	if l.end == live && len(l.observers) > 0 {
		b.listedLegs += by
	}
}

// A grave remembers when a leg ended, to forget it in order.
type tombstone struct {
	leg *leg
	at  time.Time
}

// bury remembers the leg for a day, and at most so many of them.
func (b *Board) addTombstone(l *leg, now time.Time) {
	b.tombstones = append(b.tombstones, tombstone{l, now})
	b.expireTombstones(now)
}

func (b *Board) expireTombstones(now time.Time) {
	for len(b.tombstones) > 0 {
		t := b.tombstones[0]
		if len(b.tombstones) <= maxTombstones && now.Sub(t.at) < retention {
			return
		}
		b.tombstones = b.tombstones[1:]
		if t.leg.end == live || !t.leg.endTime.Equal(t.at) {
			continue // it was revived
		}
		b.deleteLeg(t.leg)
	}
}

func (b *Board) deleteLeg(l *leg) {
	delete(b.legs, l.id)
	for _, k := range l.relationKeys() {
		if b.legsByRelation[k] == l {
			delete(b.legsByRelation, k)
		}
	}
	if r := l.row; r != nil {
		r.legs = slices.DeleteFunc(r.legs, func(o *leg) bool { return o == l })
		b.markDirty(r)
	}
}

// links are the names under which the events of one call's legs find each
// other, besides their callIds.
func (l *leg) relationKeys() []string {
	var keys []string
	if l.origCallID != "" {
		keys = append(keys, "orig "+string(l.origCallID))
	}
	if l.xcid != "" {
		keys = append(keys, "xcid "+l.xcid)
	}
	return keys
}
