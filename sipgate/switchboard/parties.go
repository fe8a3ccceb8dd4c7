package switchboard

import (
	"slices"

	"callboard/sipgate"
)

// parties works out who the call is between, whose telephones are
// concerned, and whom it was with before, from the legs in the order in which
// the call took them.
func (b *Board) parties(legs chain, current *leg, c *Call) {
	var before []Party
	outside := ""
	for _, l := range legs.legs {
		if legs.isOwnDevice(l) && l != current {
			continue
		}
		out, in, user := l.sides(outside)
		if out != "" {
			outside = out
		}
		if l == current {
			c.Remote, c.Local = b.party(out, ""), b.party(in, user)
			break
		}
		if l.answered || l.listed || l.cause == "forwarded" {
			before = append(before, b.party(out, ""), b.party(in, user))
		}
	}
	c.UserNames = current.answeringUsers
	if c.UserNames == nil {
		c.UserNames = current.ringingUsers
	}
	people := current.answeringUserIDs
	if len(people) == 0 {
		people = current.ringingUserIDs
	}
	c.MemberIDs = nil
	for _, id := range people {
		c.MemberIDs = append(c.MemberIDs, MemberID(id))
	}
	c.PreviousParties = previousParties(before, c)
}

// earlier keeps of the parties before those that the call is no longer with.
func previousParties(before []Party, c *Call) []Party {
	var ps []Party
	for _, p := range before {
		if p != (Party{}) && !p.matches(c.Remote) && !p.matches(c.Local) && !slices.ContainsFunc(ps, p.matches) {
			ps = append(ps, p)
		}
	}
	return ps
}

// like reports whether two parties may be the same: one number serves several
// members, but a party without a name is whoever has the number.
func (p Party) matches(q Party) bool {
	return p.Number == q.Number && (p.Name == q.Name || p.Name == "" || q.Name == "")
}

// party gives a number its name. A user who is named by an event comes first:
// the number may be the whole team's.
func (b *Board) party(number, user string) Party {
	p := Party{Number: number, Name: user}
	if p.Name == "" {
		p.Name = b.names[number]
	}
	return p
}

// user is the leg's one user, or "" if there are several or none is known.
func (l *leg) soleUser() string {
	users := l.answeringUsers
	if users == nil {
		users = l.ringingUsers
	}
	if len(users) == 1 {
		return users[0]
	}
	return ""
}

// sides are the numbers outside and inside, and the user inside. before is who
// was outside when the call had another leg: the same party stays outside
// whatever the direction of the leg to the next one.
func (l *leg) sides(before string) (outside, inside, user string) {
	outside, inside, user = l.from, l.to, l.soleUser()
	if l.direction == sipgate.Outgoing {
		outside, inside = inside, outside
	}
	if before != "" && inside == before { // two outside: our user only connected them
		outside, inside, user = inside, outside, ""
	}
	if !l.listed {
		return outside, inside, user
	}
	listedOut, listedIn := l.listedSides(before, outside, inside)
	if listedOut != "" {
		outside = listedOut
	}
	if inside == "" {
		inside = listedIn
	}
	return outside, inside, user
}

// listedSides finds the sides among the participants: the owner is inside. If
// that does not tell, it helps who is known to be where.
func (l *leg) listedSides(before, told, inside string) (outside, in string) {
	at := l.findParticipant(func(_ bool, n string) bool { return before != "" && n == before })
	if at < 0 {
		at = l.findParticipant(func(_ bool, n string) bool { return told != "" && n == told })
	}
	if at < 0 {
		at = l.findParticipant(func(owner bool, n string) bool { return !owner && (inside == "" || n != inside) })
	}
	if at < 0 {
		at = l.findParticipant(func(owner bool, _ string) bool { return !owner })
	}
	if at >= 0 {
		outside = l.numbers[at]
	}
	for i, n := range l.numbers {
		if i != at && (in == "" || l.participants[i].Owner) {
			in = n
		}
	}
	return outside, in
}

// participant is the index of the first participant that is meant, or -1.
func (l *leg) findParticipant(meant func(owner bool, number string) bool) int {
	for i, n := range l.numbers {
		if meant(l.participants[i].Owner, n) {
			return i
		}
	}
	return -1
}

// has reports whether the number takes part in the leg, as far as anybody told.
func (l *leg) hasNumber(n string) bool {
	return n != "" && (n == l.from || n == l.to || slices.Contains(l.numbers, n))
}

// number is a number as it is shown and compared: E.164 with "+" where it is
// international, "" for nobody that is known.
func normalize(raw string) string {
	if raw == "" || raw == "anonymous" {
		return ""
	}
	return sipgate.NormalizeNumber(raw)
}
