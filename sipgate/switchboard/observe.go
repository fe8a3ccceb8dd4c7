package switchboard

import (
	"iter"
	"slices"
	"time"

	"callboard/sipgate"
)

// Observe takes over an event that sipgate pushed. Events may come late, twice,
// in any order or never. It waits for nothing but the board's own lock, which
// is never held while anything is waited for. An event that tells nothing new
// changes nothing.
func (b *Board) Observe(e sipgate.Event) {
	if e.CallID == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.expire(now)
	var poll bool
	switch e.Kind {
	case sipgate.EventNewCall:
		b.observeNewCall(e, now)
	case sipgate.EventAnswer:
		poll = b.observeAnswer(e, now)
	case sipgate.EventHangup:
		poll = b.observeHangup(e, now)
	default:
		return
	}
	b.nonListFacts++
	b.flush(now)
	if poll {
		b.requestPoll(b.eventMembers(&e)...)
	}
}

func (b *Board) observeNewCall(e sipgate.Event, now time.Time) {
	l := b.leg(e.CallID, now)
	b.updateFromEvent(l, &e, 3)
	if l.ringingUsers == nil {
		l.ringingUsers, l.ringingUserIDs = e.Users, e.UserIDs
	}
	l.rang = true
	if l.end != live {
		b.joinRelated(l, now)
		return
	}
	l.lastEvent = now
	b.ensureRow(l, now)
}

// observeAnswer reports whether lists should be asked for.
func (b *Board) observeAnswer(e sipgate.Event, now time.Time) bool {
	l := b.leg(e.CallID, now)
	b.updateFromEvent(l, &e, 2)
	if l.answeringUsers == nil {
		l.answeringUsers, l.answeringUserIDs = e.Users, e.UserIDs
	}
	first := !l.answered
	l.answered = true
	if l.end == endedSilent && first {
		b.reviveLeg(l)
	}
	if l.end != live {
		b.joinRelated(l, now)
		return false
	}
	l.lastEvent = now
	if first {
		l.answerTick = b.tick()
		l.answeringMembers = b.eventMembers(&e)
		if len(l.observers) == 0 && !l.isVoicemail() {
			b.markUnlisted(l)
		}
	}
	b.ensureRow(l, now)
	return first
}

// observeHangup reports whether lists should be asked for. A hang-up of a call
// that was never heard of only leaves a tombstone.
func (b *Board) observeHangup(e sipgate.Event, now time.Time) bool {
	l := b.leg(e.CallID, now)
	b.updateFromEvent(l, &e, 1)
	if l.cause == "" && e.Cause != "" {
		l.cause = e.Cause
	}
	was := l.end
	known := l.row != nil
	b.endLeg(l, endedHangup, now)
	b.joinRelated(l, now)
	b.continueTransfers(now)
	return known && was == live
}

// tell takes over what an event says about the call's parties and relatives.
// The event that knows most has the word, whichever comes first.
func (b *Board) updateFromEvent(l *leg, e *sipgate.Event, rank int) {
	b.markDirty(l.row)
	if rank > l.eventRank {
		l.eventRank = rank
		l.from, l.to = normalize(e.From), normalize(e.To)
		if e.Direction != sipgate.Unknown {
			l.direction = e.Direction
		}
	}
	if l.direction == sipgate.Unknown {
		l.direction = e.Direction
	}
	if l.diversion == "" {
		l.diversion = e.Diversion
		if l.diverted() {
			b.lastDiversion = time.Now()
		}
	}
	if l.origCallID == "" && e.OrigCallID != l.id {
		l.origCallID = e.OrigCallID
	}
	if l.xcid == "" {
		l.xcid = e.XCID
	}
}

// usersOf returns the members whom an event may speak of.
func (b *Board) eventMembers(e *sipgate.Event) []*member {
	var ms []*member
	for _, m := range b.members {
		if m.mayBeUser(e) {
			ms = append(ms, m)
		}
	}
	slices.SortFunc(ms, compareMembers)
	return ms
}

// place gives a leg its row: that of its relatives, or a new one.
func (b *Board) ensureRow(l *leg, now time.Time) {
	b.joinRelated(l, now)
	if l.row == nil {
		b.addLeg(l, b.newRowFor(l))
	}
}

// link joins the leg with the legs that belong to the same call: those that
// name the same origin or the same xcid, the origin itself, and those that it
// was diverted from or to.
func (b *Board) joinRelated(l *leg, now time.Time) {
	related := map[*leg]bool{}
	add := func(o *leg) {
		if o != nil && o != l {
			related[o] = true
		}
	}
	add(b.legs[l.origCallID])
	add(b.legsByRelation["orig "+string(l.id)])
	for _, k := range l.relationKeys() {
		add(b.legsByRelation[k])
		b.legsByRelation[k] = l
	}
	if len(related) == 0 {
		add(b.relatedByDiversion(l, now))
	}
	for o := range related {
		b.joinLegs(l, o)
	}
}

// join makes two legs part of one row. Tombstones that nobody saw have none:
// they only come along.
func (b *Board) joinLegs(l, o *leg) {
	switch {
	case l.row == nil && o.row == nil:
		if l.end == live || o.end == live {
			r := b.newRowFor(l)
			b.addLeg(l, r)
			b.addLeg(o, r)
		}
	case l.row == nil:
		b.addLeg(l, o.row)
	case o.row == nil:
		b.addLeg(o, l.row)
	default:
		b.mergeRows(l.row, o.row)
	}
}

// kinByDiversion finds the leg that was diverted to l, or that l was diverted
// to, by its parties: the same party outside, and the other's number or user
// named as the diversion. Without an id in common only legs that live, or
// ended a moment ago, are considered.
func (b *Board) relatedByDiversion(l *leg, now time.Time) *leg {
	if l.from == "" && l.to == "" || !l.diverted() && now.Sub(b.lastDiversion) > diversionWindow {
		return nil
	}
	var found *leg
	for o := range b.recentLegs(now) {
		if o == l || o.diverted() == l.diverted() {
			continue
		}
		to, from := l, o
		if o.diverted() {
			to, from = o, l
		}
		if matchesDiversion(to, from) && (found == nil || o.firstTick < found.firstTick) {
			found = o
		}
	}
	return found
}

// divertedFor is for how long after an event about a diversion those about the
// call that was diverted are looked for, and mostRecent how many tombstones are
// looked at: a flood of events must not make one of them expensive.
const (
	diversionWindow     = time.Hour
	maxRecentTombstones = 200
)

// recent are the live legs and the freshest tombstones.
func (b *Board) recentLegs(now time.Time) iter.Seq[*leg] {
	return func(yield func(*leg) bool) {
		for _, r := range b.rows {
			for _, l := range r.legs {
				if l.end == live && !yield(l) {
					return
				}
			}
		}
		for i := len(b.tombstones) - 1; i >= max(0, len(b.tombstones)-maxRecentTombstones) && now.Sub(b.tombstones[i].at) <= transferWindow; i-- {
			if l := b.tombstones[i].leg; l.end != live && !yield(l) {
				return
			}
		}
	}
}

// divertedFrom reports whether what events tell of two legs fits a diversion.
func matchesDiversion(to, from *leg) bool {
	remote, local, _ := from.sides("")
	if remote == "" || remote != to.from && remote != to.to {
		return false
	}
	by := normalize(to.diversion)
	return by != "" && (by == local || slices.Contains(from.ringingUsers, to.diversion) || slices.Contains(from.answeringUsers, to.diversion))
}
