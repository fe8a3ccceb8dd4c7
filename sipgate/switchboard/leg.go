package switchboard

import (
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

// A leg is everything known of one callId. Facts are only added to it, so that
// their order does not matter. An ended leg is kept as a tombstone, so that
// late facts do not revive it.
type leg struct {
	id        sipgate.CallID
	row       *row      // nil while there is nothing to show
	partner   *leg      // leg of the other side of an internal call
	firstTick uint64    // when the board first heard of it
	firstSeen time.Time // same moment as firstTick
	lastEvent time.Time // time of its last event

	// From events. eventRank is the rank of the event that set the parties.
	eventRank                        int
	rang, answered                   bool
	answerTick                       uint64
	direction                        sipgate.Direction
	from, to                         string // normalized
	origCallID                       sipgate.CallID
	xcid, diversion                  string
	ringingUsers, answeringUsers     []string
	ringingUserIDs, answeringUserIDs []sipgate.UserID // those of the same users who are persons
	ringingVoicemail                 bool             // the only user is a voicemail
	answeringVoicemail               bool
	answeringNumber                  string    // normalized
	answeringMembers                 []*member // members who may be the user that answered
	cause                            string

	// From lists.
	listed        bool
	firstListTick uint64 // when the first list with it had come: lists requested later contain it, too
	lastListTick  uint64 // when the newest list with it was requested
	participants  []sipgate.Participant
	numbers       []string        // of the participants, normalized
	observers     []*member       // members whose newest list contains it, by id
	missingCount  int             // number of members who should see it and do not
	missingFrom   []*member       // those of them whose lists otherwise cover everyone's
	reachedBy     []MemberID      // members whose lists ever contained it, or whose commands sipgate accepted
	missedLists   map[*member]int // lists without it, by member, while it is unlisted
	unlistedSince time.Time       // since when no list contains it, though it is connected

	// Last state confirmed by a list or by the answer to a command.
	hold, mute, recording bool
	commandTick           uint64    // when a command was last answered
	suspectTick           uint64    // when an answer last implied that it is gone; 0 for never
	acceptedAt            time.Time // when sipgate last accepted a command on it
	notFound              bool      // sipgate did not know it when the last command came

	end            endState
	endTick        uint64
	endTime        time.Time
	listedAfterEnd int // number of lists that contained it after its end
}

// endState tells how a leg ended. A greater value is more certain.
type endState int

const (
	live         endState = iota
	endedSilent           // nothing was heard of it, see silentEnd
	endedMissing          // missing from the lists
	endedHangup           // hangup event
)

// leg returns the leg of a callId and creates it if necessary.
func (b *Board) leg(id sipgate.CallID, now time.Time) *leg {
	l, ok := b.legs[id]
	if !ok {
		l = &leg{id: id, firstTick: b.tick(), firstSeen: now}
		b.legs[id] = l
	}
	return l
}

// phase returns the leg's phase. It returns false while no fact made the leg a
// call.
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

// isVoicemail reports whether a voicemail took the call. Lists do not contain
// such calls.
func (l *leg) isVoicemail() bool {
	if l.answeringUsers != nil || l.answeringUserIDs != nil {
		return l.answeringVoicemail
	}
	return l.ringingVoicemail
}

// namesVoicemail reports whether the only user that an event names is a
// voicemail, "v0".
func namesVoicemail(e *sipgate.Event) bool {
	switch {
	case len(e.UserIDs) == 1:
		n, ok := strings.CutPrefix(string(e.UserIDs[0]), "v")
		return ok && n != "" && strings.Trim(n, "0123456789") == ""
	case len(e.UserIDs) > 0:
		return false
	}
	return len(e.Users) == 1 && strings.EqualFold(e.Users[0], "voicemail")
}

// silentEnd returns when the leg ends if nothing more is heard of it. It is
// zero if lists tell when the leg ends, or if it has ended.
func (b *Board) silentEnd(l *leg) time.Time {
	last := later(later(l.lastEvent, l.unlistedSince), l.acceptedAt)
	for _, m := range l.observers {
		if !m.authFailed {
			return time.Time{}
		}
		last = later(last, m.listTime)
	}
	switch p, ok := l.phase(); {
	case !ok || p == Ended || l.partnerListed():
		return time.Time{}
	case p == Ringing:
		return last.Add(ringingTimeout)
	case l.isVoicemail():
		return last.Add(voicemailTimeout)
	case b.health.ListRefused && !l.rang && !l.answered:
		return l.unlistedSince.Add(unannouncedTimeout)
	}
	return last.Add(unlistedTimeout)
}

func later(x, y time.Time) time.Time {
	if x.Before(y) {
		return y
	}
	return x
}

// partnerListed reports whether a list contains the other side of an internal
// call, which tells when both end.
func (l *leg) partnerListed() bool {
	return l.partner != nil && l.partner.end == live && len(l.partner.observers) > 0
}

// endIsGuess reports whether the leg was connected and ended since nothing was
// heard of it: it may have ended long before.
func (l *leg) endIsGuess() bool { return l.end == endedSilent && (l.answered || l.listed) }

// observedBy reports whether m's newest list contains the leg.
func (l *leg) observedBy(m *member) bool { return slices.Contains(l.observers, m) }

// endLeg ends the leg and adds its tombstone. On an ended leg it only raises
// the end state.
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
	b.partnerEnded(l, now)
	if l.row != nil {
		l.row.expectedEnd(l, now)
		l.row.reconcileEnd(l, now)
		b.markDirty(l.row)
		if l.row.unresolved != nil {
			b.nonListFacts++ // the next list must be applied even if its bytes are the same
		}
	}
}

// partnerEnded applies that one side of an internal call ended: the other one
// ends with it or, if lists show that one, by the next list without it.
func (b *Board) partnerEnded(l *leg, now time.Time) {
	switch o := l.partner; {
	case o == nil || !o.inPhase(Connected):
	case len(o.observers) == 0:
		b.endLeg(o, endedMissing, now)
	default:
		o.suspectTick = b.tick()
		b.requestPoll(o.observers...)
	}
}

// reviveLeg takes back the leg's end. Only a list may cause that, or a late
// answer event if the leg ended by ringingTimeout.
func (b *Board) reviveLeg(l *leg) {
	l.end, l.listedAfterEnd, l.endTime = live, 0, time.Time{}
	b.countListed(l, +1)
	b.markDirty(l.row)
}

// countListed adds by to listedLegs if the leg counts there. It is called with
// -1 before and +1 after a change of the leg's observers.
func (b *Board) countListed(l *leg, by int) {
	if l.end == live && len(l.observers) > 0 {
		b.listedLegs += by
	}
}

// A tombstone is an ended leg with the time of its end.
type tombstone struct {
	leg *leg
	at  time.Time
}

// addTombstone keeps the ended leg for the retention period, or until there
// are maxTombstones newer ones.
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
	if l.partner != nil {
		l.partner.partner, l.partner = nil, nil
	}
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

// relationKeys returns the keys, apart from callIds, that legs of one call
// share.
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
