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
	b.sweep(now)
	var ask bool
	switch e.Kind {
	case sipgate.EventNewCall:
		b.observeNewCall(e, now)
	case sipgate.EventAnswer:
		ask = b.observeAnswer(e, now)
	case sipgate.EventHangup:
		ask = b.observeHangup(e, now)
	default:
		return
	}
	b.facts++
	b.flush(now)
	if ask {
		b.hurry(b.usersOf(&e)...)
	}
}

func (b *Board) observeNewCall(e sipgate.Event, now time.Time) {
	l := b.leg(e.CallID, now)
	b.tell(l, &e, 3)
	if l.ringing == nil {
		l.ringing, l.rings = e.Users, e.UserIDs
	}
	l.rang = true
	if l.end != live {
		b.link(l, now)
		return
	}
	l.word = now
	b.place(l, now)
}

// observeAnswer reports whether lists should be asked for.
func (b *Board) observeAnswer(e sipgate.Event, now time.Time) bool {
	l := b.leg(e.CallID, now)
	b.tell(l, &e, 2)
	if l.answerers == nil {
		l.answerers, l.answers = e.Users, e.UserIDs
	}
	first := !l.answered
	l.answered = true
	if l.end == silent && first {
		b.revive(l)
	}
	if l.end != live {
		b.link(l, now)
		return false
	}
	l.word = now
	if first {
		l.answeredAt = b.tick()
		l.witnesses = b.usersOf(&e)
		if len(l.seen) == 0 && !l.voicemail() {
			b.loosen(l)
		}
	}
	b.place(l, now)
	return first
}

// observeHangup reports whether lists should be asked for. A hang-up of a call
// that was never heard of only leaves a tombstone.
func (b *Board) observeHangup(e sipgate.Event, now time.Time) bool {
	l := b.leg(e.CallID, now)
	b.tell(l, &e, 1)
	if l.cause == "" && e.Cause != "" {
		l.cause = e.Cause
	}
	was := l.end
	known := l.row != nil
	b.finish(l, hungUp, now)
	b.link(l, now)
	b.continueTransfers(now)
	return known && was == live
}

// tell takes over what an event says about the call's parties and relatives.
// The event that knows most has the word, whichever comes first.
func (b *Board) tell(l *leg, e *sipgate.Event, rank int) {
	b.touch(l.row)
	if rank > l.told {
		l.told = rank
		l.from, l.to = number(e.From), number(e.To)
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
			b.divertedAt = time.Now()
		}
	}
	if l.orig == "" && e.OrigCallID != l.id {
		l.orig = e.OrigCallID
	}
	if l.xcid == "" {
		l.xcid = e.XCID
	}
}

// usersOf returns the members whom an event may speak of.
func (b *Board) usersOf(e *sipgate.Event) []*member {
	var ms []*member
	for _, m := range b.members {
		if m.isUser(e) {
			ms = append(ms, m)
		}
	}
	slices.SortFunc(ms, byID)
	return ms
}

// place gives a leg its row: that of its relatives, or a new one.
func (b *Board) place(l *leg, now time.Time) {
	b.link(l, now)
	if l.row == nil {
		b.attach(l, b.rowOf(l))
	}
}

// link joins the leg with the legs that belong to the same call: those that
// name the same origin or the same xcid, the origin itself, and those that it
// was diverted from or to.
func (b *Board) link(l *leg, now time.Time) {
	kin := map[*leg]bool{}
	add := func(o *leg) {
		if o != nil && o != l {
			kin[o] = true
		}
	}
	add(b.legs[l.orig])
	add(b.links["orig "+string(l.id)])
	for _, k := range l.links() {
		add(b.links[k])
		b.links[k] = l
	}
	if len(kin) == 0 {
		add(b.kinByDiversion(l, now))
	}
	for o := range kin {
		b.join(l, o)
	}
}

// join makes two legs part of one row. Tombstones that nobody saw have none:
// they only come along.
func (b *Board) join(l, o *leg) {
	switch {
	case l.row == nil && o.row == nil:
		if l.end == live || o.end == live {
			r := b.rowOf(l)
			b.attach(l, r)
			b.attach(o, r)
		}
	case l.row == nil:
		b.attach(l, o.row)
	case o.row == nil:
		b.attach(o, l.row)
	default:
		b.merge(l.row, o.row)
	}
}

// kinByDiversion finds the leg that was diverted to l, or that l was diverted
// to, by its parties: the same party outside, and the other's number or user
// named as the diversion. Without an id in common only legs that live, or
// ended a moment ago, are considered.
func (b *Board) kinByDiversion(l *leg, now time.Time) *leg {
	if l.from == "" && l.to == "" || !l.diverted() && now.Sub(b.divertedAt) > divertedFor {
		return nil
	}
	var found *leg
	for o := range b.recent(now) {
		if o == l || o.diverted() == l.diverted() {
			continue
		}
		to, from := l, o
		if o.diverted() {
			to, from = o, l
		}
		if divertedFrom(to, from) && (found == nil || o.no < found.no) {
			found = o
		}
	}
	return found
}

// divertedFor is for how long after an event about a diversion those about the
// call that was diverted are looked for, and mostRecent how many tombstones are
// looked at: a flood of events must not make one of them expensive.
const (
	divertedFor = time.Hour
	mostRecent  = 200
)

// recent are the live legs and the freshest tombstones.
func (b *Board) recent(now time.Time) iter.Seq[*leg] {
	return func(yield func(*leg) bool) {
		for _, r := range b.order {
			for _, l := range r.legs {
				if l.end == live && !yield(l) {
					return
				}
			}
		}
		for i := len(b.graves) - 1; i >= max(0, len(b.graves)-mostRecent) && now.Sub(b.graves[i].at) <= continueWithin; i-- {
			if l := b.graves[i].leg; l.end != live && !yield(l) {
				return
			}
		}
	}
}

// divertedFrom reports whether what events tell of two legs fits a diversion.
func divertedFrom(to, from *leg) bool {
	outside, inside, _ := from.sides("")
	if outside == "" || outside != to.from && outside != to.to {
		return false
	}
	by := number(to.diversion)
	return by != "" && (by == inside || slices.Contains(from.ringing, to.diversion) || slices.Contains(from.answerers, to.diversion))
}
