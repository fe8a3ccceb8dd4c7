package switchboard

import (
	"slices"

	"callboard/sipgate"
)

// parties works out who the call is between, whose telephones are
// concerned, and whom it was with before, from the legs in the order in which
// the call took them.
func (b *Board) setParties(legs chain, current *leg, c *Call) {
	var previous []Party
	remote := ""
	for _, l := range legs.legs {
		if legs.isOwnDevice(l) && l != current {
			continue
		}
		legRemote, legLocal, user := l.sides(remote)
		if legRemote != "" {
			remote = legRemote
		}
		if l == current {
			c.Remote, c.Local = b.party(legRemote, ""), b.party(legLocal, user)
			break
		}
		if l.answered || l.listed || l.cause == "forwarded" {
			previous = append(previous, b.party(legRemote, ""), b.party(legLocal, user))
		}
	}
	c.UserNames = current.answeringUsers
	if c.UserNames == nil {
		c.UserNames = current.ringingUsers
	}
	ids := current.answeringUserIDs
	if len(ids) == 0 {
		ids = current.ringingUserIDs
	}
	c.MemberIDs = nil
	for _, id := range ids {
		c.MemberIDs = append(c.MemberIDs, MemberID(id))
	}
	c.PreviousParties = previousParties(previous, c)
}

// earlier keeps of the parties before those that the call is no longer with.
func previousParties(parties []Party, c *Call) []Party {
	var ps []Party
	for _, p := range parties {
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
func (l *leg) sides(previousRemote string) (remote, local, user string) {
	remote, local, user = l.from, l.to, l.soleUser()
	if l.direction == sipgate.Outgoing {
		remote, local = local, remote
	}
	if previousRemote != "" && local == previousRemote { // two outside: our user only connected them
		remote, local, user = local, remote, ""
	}
	if !l.listed {
		return remote, local, user
	}
	listedRemote, listedLocal := l.listedSides(previousRemote, remote, local)
	if listedRemote != "" {
		remote = listedRemote
	}
	if local == "" {
		local = listedLocal
	}
	return remote, local, user
}

// listedSides finds the sides among the participants: the owner is inside. If
// that does not tell, it helps who is known to be where.
func (l *leg) listedSides(previousRemote, eventRemote, eventLocal string) (remote, local string) {
	at := l.findParticipant(func(_ bool, n string) bool { return previousRemote != "" && n == previousRemote })
	if at < 0 {
		at = l.findParticipant(func(_ bool, n string) bool { return eventRemote != "" && n == eventRemote })
	}
	if at < 0 {
		at = l.findParticipant(func(owner bool, n string) bool { return !owner && (eventLocal == "" || n != eventLocal) })
	}
	if at < 0 {
		at = l.findParticipant(func(owner bool, _ string) bool { return !owner })
	}
	if at >= 0 {
		remote = l.numbers[at]
	}
	for i, n := range l.numbers {
		if i != at && (local == "" || l.participants[i].Owner) {
			local = n
		}
	}
	return remote, local
}

// participant is the index of the first participant that is meant, or -1.
func (l *leg) findParticipant(matches func(owner bool, number string) bool) int {
	for i, n := range l.numbers {
		if matches(l.participants[i].Owner, n) {
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
