package switchboard

import (
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

// sipgate tells an internal call twice: as an outgoing call of the caller and
// as an incoming one of the callee, with one origin or with two. The two legs
// are partners: one conversation, in one row. The extra leg of a call that was
// started by click to dial, which rings at the caller's own telephone, is not a
// partner.

// pair finds the leg's partner, and puts both into one row.
func (b *Board) pair(l *leg, now time.Time) {
	if o := l.partner; o != nil {
		if l.diverted() || l.ringsAtCaller(o) { // as a late event tells
			l.partner, o.partner = nil, nil
		}
		return
	}
	if l.diverted() {
		return
	}
	if l.row != nil {
		for _, o := range l.row.legs {
			if l.mayBePartner(o) && (l.oppositeDirection(o) && l.namesOther(o) || l.mirrors(o)) {
				l.partner, o.partner = o, l
				return
			}
		}
	}
	var found *leg
	for o := range b.recentLegs(now) {
		if l.mayBePartner(o) && l.mirrors(o) && l.overlaps(o) && (found == nil || distance(l, o) < distance(l, found)) {
			found = o
		}
	}
	if found != nil {
		l.partner, found.partner = found, l
		b.joinLegs(l, found)
	}
}

// mayBePartner reports whether nothing speaks against o being the partner: it
// has none, does not have the same direction, and rings at another user.
func (l *leg) mayBePartner(o *leg) bool {
	switch {
	case o == l || o.partner != nil || o.diverted() || l.isVoicemail() || o.isVoicemail():
		return false
	case l.direction != sipgate.Unknown && l.direction == o.direction:
		return false
	}
	return !l.ringsAtCaller(o)
}

// ringsAtCaller reports whether the incoming one of two legs rings only at the
// user who calls: it is the one at the caller's own telephone.
func (l *leg) ringsAtCaller(o *leg) bool {
	out, in := l, o
	if l.direction == sipgate.Incoming || o.direction == sipgate.Outgoing {
		out, in = o, l
	}
	return within(in.namedUsers(), out.namedUsers())
}

// namedUsers returns the persons whom any event names.
func (l *leg) namedUsers() []sipgate.UserID {
	return slices.Concat(l.ringingUserIDs, l.answeringUserIDs)
}

// within reports whether all ids are among those of others, and there are any.
func within(ids, others []sipgate.UserID) bool {
	return len(ids) > 0 && !slices.ContainsFunc(ids, func(id sipgate.UserID) bool { return !slices.Contains(others, id) })
}

func (l *leg) oppositeDirection(o *leg) bool {
	return l.direction != sipgate.Unknown && o.direction != sipgate.Unknown && l.direction != o.direction
}

// namesOther reports whether events name persons on both legs.
func (l *leg) namesOther(o *leg) bool { return len(l.userIDs()) > 0 && len(o.userIDs()) > 0 }

// mirrors reports whether what is the leg's own side is o's other side, and the
// reverse, by the events or by the lists.
func (l *leg) mirrors(o *leg) bool {
	for _, x := range l.ends() {
		for _, y := range o.ends() {
			if x.own == y.other && x.other == y.own {
				return true
			}
		}
	}
	return false
}

// ends are the account's own number of a leg and that of the other side.
type ends struct{ own, other string }

// ends returns the ends as the events and as the lists have them, without
// those that are not known for certain.
func (l *leg) ends() []ends {
	var all []ends
	add := func(own, other string) {
		if own != "" && other != "" && own != other {
			all = append(all, ends{own, other})
		}
	}
	switch l.direction {
	case sipgate.Outgoing:
		add(l.from, l.to)
	case sipgate.Incoming:
		add(l.to, l.from)
	}
	if len(l.participants) == 2 && l.participants[0].Owner != l.participants[1].Owner {
		if l.participants[0].Owner {
			add(l.numbers[0], l.numbers[1])
		} else {
			add(l.numbers[1], l.numbers[0])
		}
	}
	return all
}

// overlaps reports whether the legs were live at the same time.
func (l *leg) overlaps(o *leg) bool {
	return (l.end == live || l.endTick > o.firstTick) && (o.end == live || o.endTick > l.firstTick)
}

// distance tells how far apart the beginnings of two legs are.
func distance(x, y *leg) time.Duration { return x.firstSeen.Sub(y.firstSeen).Abs() }

// isCaller reports whether the leg is the caller's of an internal call. If no
// event tells who called, it is the same one on every board.
func (l *leg) isCaller() bool {
	switch {
	case l.partner == nil || l.partner.row != l.row:
		return false
	case l.direction != sipgate.Unknown:
		return l.direction == sipgate.Outgoing
	case l.partner.direction != sipgate.Unknown:
		return l.partner.direction == sipgate.Incoming
	}
	return l.id < l.partner.id
}

// conversation returns the legs of the row's conversation: the current one and,
// of an internal call, the one of the other side if that is live or all have
// ended. caller and callee are nil unless the call is internal.
func (c *chain) conversation(current *leg) (legs []*leg, caller, callee *leg) {
	legs = []*leg{current}
	i := slices.IndexFunc(c.legs, (*leg).isCaller)
	if i < 0 {
		return legs, nil, nil
	}
	caller = c.legs[i]
	others := chain{root: c.root, direction: c.direction}
	for _, l := range c.legs {
		if l != caller && !c.isOwnDevice(l) {
			others.legs = append(others.legs, l)
		}
	}
	callee = others.current()
	if callee == nil || caller.end != live && current != caller && current != caller.partner {
		return legs, nil, nil // the caller has left: it is a call of the others
	}
	for _, l := range []*leg{caller, callee} {
		if l != current && l.end == live {
			legs = append(legs, l)
		}
	}
	return legs, caller, callee
}

// setInternalParties sets the parties of an internal call: the caller is
// local, the callee remote.
func (b *Board) setInternalParties(legs chain, caller, callee *leg, c *Call) {
	own := func(l *leg) Party {
		name := strings.Join(l.users(), ", ")
		if l.isVoicemail() {
			name = ""
		}
		if numbers := l.ends(); len(numbers) > 0 {
			return b.party(numbers[0].own, name)
		}
		return Party{Name: name}
	}
	c.Internal, c.Local, c.Remote = true, own(caller), own(callee)
	c.UserNames, c.MemberIDs = caller.users(), nil
	if caller.end == live || c.Phase == Ended {
		c.MemberIDs = b.owners(caller)
	}
	if callee.end == live || c.Phase == Ended {
		for _, id := range b.owners(callee) {
			if !slices.Contains(c.MemberIDs, id) {
				c.MemberIDs = append(c.MemberIDs, id)
			}
		}
	}
	if callee.inPhase(Ringing) {
		c.RingsAt = b.owners(callee)
	}
	var previous []Party
	for _, l := range legs.legs {
		if l != caller && l != callee && !legs.isOwnDevice(l) && (l.answered || l.listed || l.cause == "forwarded") {
			previous = append(previous, own(l))
		}
	}
	c.PreviousParties = previousParties(previous, c)
}
