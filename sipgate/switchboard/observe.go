package switchboard

import (
	"iter"
	"slices"
	"time"

	"callboard/sipgate"
)

// Observe applies an event pushed by sipgate. Events may be late, repeated,
// reordered or lost. Observe blocks for nothing but the board's mutex. An
// event without news changes nothing.
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
	if !b.health.HasEvents {
		b.health.HasEvents = true
		b.reportHealth()
	}
	if poll {
		b.requestPoll(b.eventMembers(&e)...)
	}
}

// ExpectEvents tells the board that push events arrived before it was opened.
func (b *Board) ExpectEvents() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.health.HasEvents {
		b.health.HasEvents = true
		b.reportHealth()
	}
}

func (b *Board) observeNewCall(e sipgate.Event, now time.Time) {
	l := b.leg(e.CallID, now)
	b.updateFromEvent(l, &e, 3)
	if l.ringingUsers == nil {
		l.ringingUsers, l.ringingUserIDs, l.ringingVoicemail = e.Users, e.Persons(), namesVoicemail(&e)
	}
	l.rang = true
	if l.end != live {
		b.joinRelated(l, now)
		return
	}
	l.lastEvent = now
	b.ensureRow(l, now)
}

// observeAnswer applies an answer event. It reports whether to request lists.
func (b *Board) observeAnswer(e sipgate.Event, now time.Time) bool {
	l := b.leg(e.CallID, now)
	b.updateFromEvent(l, &e, 2)
	if l.answeringUsers == nil {
		l.answeringUsers, l.answeringUserIDs, l.answeringVoicemail = e.Users, e.Persons(), namesVoicemail(&e)
	}
	if l.answeringNumber == "" {
		l.answeringNumber = normalize(e.AnsweringNumber)
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
			b.markUnlisted(l, now)
		}
	}
	b.ensureRow(l, now)
	if o := l.partner; first && o != nil && o.end >= endedMissing && (o.answered || o.listed || o.isCaller()) {
		b.partnerEnded(o, now) // the other side's end overtook this answer
	}
	return first
}

// observeHangup applies a hangup event. It reports whether to request lists.
// For an unknown call it only adds a tombstone.
func (b *Board) observeHangup(e sipgate.Event, now time.Time) bool {
	l := b.leg(e.CallID, now)
	b.updateFromEvent(l, &e, 1)
	if l.cause == "" && e.Cause != "" {
		l.cause = e.Cause
	}
	was := l.end
	known, paired := l.row != nil, l.partner != nil
	b.endLeg(l, endedHangup, now)
	b.joinRelated(l, now)
	if !paired && l.partner != nil { // it was the first event of that side
		b.partnerEnded(l, now)
	}
	b.continueTransfers(now)
	return known && was == live
}

// updateFromEvent sets the leg's parties and relations from an event. The
// parties come from the event with the highest rank, in whatever order events
// arrive.
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

// eventMembers returns the members whom an event may concern.
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

// ensureRow adds the leg to the row of its related legs, or to a new one.
func (b *Board) ensureRow(l *leg, now time.Time) {
	b.joinRelated(l, now)
	if l.row == nil {
		b.addLeg(l, b.newRowFor(l))
	}
}

// joinRelated joins the leg with all legs of the same call: those with the
// same origin or xcid, the origin itself, and those that it was diverted from
// or to.
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
	b.pair(l, now)
}

// joinLegs puts two legs into one row. Tombstones that were never shown have
// no row: they are only added to an existing one.
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

// relatedByDiversion finds the leg that was diverted to l, or that l was
// diverted to, by its parties: the same remote party, and the other's local
// number or user as the diversion. Since no id connects them, it considers
// only live legs and recent tombstones.
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

// diversionWindow is how long after an event with a diversion the board
// compares legs by parties, and maxRecentTombstones how many tombstones it
// looks at. They bound the cost of an event during a flood.
const (
	diversionWindow     = time.Hour
	maxRecentTombstones = 200
)

// recentLegs yields the live legs and the newest tombstones.
func (b *Board) recentLegs(now time.Time) iter.Seq[*leg] {
	return func(yield func(*leg) bool) {
		for _, r := range b.rows {
			for _, l := range r.legs {
				if l.end == live && !yield(l) {
					return
				}
			}
		}
		for _, r := range b.dirty { // those not shown yet
			for _, l := range r.legs {
				if r.published == nil && l.end == live && !yield(l) {
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

// matchesDiversion reports whether the events of two legs fit a diversion of
// from to to.
func matchesDiversion(to, from *leg) bool {
	remote, local, _ := from.sides("")
	if remote == "" || remote != to.from && remote != to.to {
		return false
	}
	by := normalize(to.diversion)
	return by != "" && (by == local || slices.Contains(from.ringingUsers, to.diversion) || slices.Contains(from.answeringUsers, to.diversion))
}
