package switchboard

import (
	"slices"

	"callboard/sipgate"
)

// setParties sets the call's parties, users and previous parties from the legs
// in call order.
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
	c.UserNames, c.MemberIDs = current.users(), b.owners(current)
	if c.Phase == Ringing && legs.direction == sipgate.Incoming {
		c.RingsAt = c.MemberIDs
	}
	c.PreviousParties = previousParties(previous, c)
}

// previousParties returns the parties that are no longer in the call, without
// duplicates.
func previousParties(parties []Party, c *Call) []Party {
	var ps []Party
	for _, p := range parties {
		if p != (Party{}) && !p.matches(c.Remote) && !p.matches(c.Local) && !slices.ContainsFunc(ps, p.matches) {
			ps = append(ps, p)
		}
	}
	return ps
}

// matches reports whether two parties may be the same. Several members may
// share a number, but a party without a name matches any of them.
func (p Party) matches(q Party) bool {
	return p.Number == q.Number && (p.Name == q.Name || p.Name == "" || q.Name == "")
}

// party returns a number with its name. The user's name in an event has
// priority: the number may be shared by the whole team.
func (b *Board) party(number, user string) Party {
	p := Party{Number: number, Name: user}
	if p.Name == "" {
		p.Name = b.names[number]
	}
	if p.Name == "" && number != "" {
		p.Name = b.roster.PartyName(number)
	}
	return p
}

// soleUser returns the leg's user, or "" if it has several or none is known.
func (l *leg) soleUser() string {
	if users := l.users(); len(users) == 1 {
		return users[0]
	}
	return ""
}

// sides returns the remote and the local number and the local user.
// previousRemote is the remote number of the preceding leg: that party stays
// remote whatever the direction of the next leg.
func (l *leg) sides(previousRemote string) (remote, local, user string) {
	remote, local, user = l.from, l.to, l.soleUser()
	if l.direction == sipgate.Outgoing {
		remote, local = local, remote
	}
	if previousRemote != "" && local == previousRemote { // both are remote: the user only connected them
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

// listedSides returns the sides by the listed participants: the owner is
// local. Known numbers decide where that is not enough.
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

// findParticipant returns the index of the first participant that matches, or
// -1.
func (l *leg) findParticipant(matches func(owner bool, number string) bool) int {
	for i, n := range l.numbers {
		if matches(l.participants[i].Owner, n) {
			return i
		}
	}
	return -1
}

// hasNumber reports whether the number is known to be in the leg.
func (l *leg) hasNumber(n string) bool {
	return n != "" && (n == l.from || n == l.to || slices.Contains(l.numbers, n))
}

// normalize returns a number in the form that is shown and compared: E.164
// with "+" where possible, "" if anonymous.
func normalize(raw string) string {
	if raw == "" || raw == "anonymous" {
		return ""
	}
	return sipgate.NormalizeNumber(raw)
}
