package switchboard

import (
	"slices"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/account"
)

// SetRoster has the board use the account's roster, which tells whose a
// number, device or line is. read is called often and with the board's lock
// held: it must answer from memory, return the same snapshot until something
// changed, and not call the board.
func (b *Board) SetRoster(read func() *account.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readRoster = read
}

// refreshRoster takes over what the roster has learned since.
func (b *Board) refreshRoster(now time.Time) {
	if b.readRoster == nil {
		return
	}
	if s := b.readRoster(); s != b.roster {
		b.roster = s
		b.markDirty(b.rows...)
		b.flush(now)
	}
}

// users returns the names of the users who answered or, before that, of those
// at whom the leg rings.
func (l *leg) users() []string {
	if l.answeringUsers == nil && l.ringersTalk() {
		return l.ringingUsers
	}
	return l.answeringUsers
}

// ringersTalk reports whether the users of the newCall event are those who
// take part: until the leg is answered, if it is outgoing, or if it rang at one
// user and nothing says that another telephone answered. Of several, none takes
// part unless the answer event names them.
func (l *leg) ringersTalk() bool {
	switch {
	case !l.answered, l.direction == sipgate.Outgoing:
		return true
	case l.answeringUsers != nil:
		return false
	}
	return len(l.ringingUsers) == 1 && (l.answeringNumber == "" || l.answeringNumber == l.to)
}

// userIDs returns the ids of the persons among users. An answer event that has
// only a name means the user whom the newCall event gave that name.
func (l *leg) userIDs() []sipgate.UserID {
	switch {
	case len(l.answeringUserIDs) > 0:
		return l.answeringUserIDs
	case l.ringersTalk():
		return l.ringingUserIDs
	case len(l.answeringUsers) == 1 && len(l.ringingUsers) == len(l.ringingUserIDs):
		if i := slices.Index(l.ringingUsers, l.answeringUsers[0]); i >= 0 {
			return l.ringingUserIDs[i : i+1]
		}
	}
	return nil
}

// owners returns the persons whose call the leg is: those at whom it rings or
// who answered. If no event names one, the numbers, devices and lines that take
// part tell. A voicemail is nobody.
func (b *Board) owners(l *leg) []MemberID {
	if l.isVoicemail() {
		return nil
	}
	ids := l.userIDs()
	if len(ids) == 0 || len(ids) > 1 && l.listed {
		if taking := b.participatingUsers(l); len(taking) > 0 {
			ids = taking
		}
	}
	var owners []MemberID
	for _, id := range ids {
		if !slices.Contains(owners, MemberID(id)) {
			owners = append(owners, MemberID(id))
		}
	}
	return owners
}

// participatingUsers returns the users whose numbers, devices or lines take
// part in the leg, first those whose side is marked as the owner's.
func (b *Board) participatingUsers(l *leg) []sipgate.UserID {
	var parties []string
	for _, owner := range []bool{true, false} {
		for i, p := range l.participants {
			if p.Owner == owner {
				parties = append(parties, l.numbers[i])
			}
		}
	}
	if len(parties) == 0 {
		parties = l.eventParties()
	}
	var ids []sipgate.UserID
	for _, p := range parties {
		if id := b.roster.Owner(p); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// eventParties returns the parties of the leg that the account may own: of an
// answered call the number that answered, else its local number.
func (l *leg) eventParties() []string {
	switch {
	case l.direction == sipgate.Outgoing:
		return []string{l.from}
	case l.answered:
		return []string{l.answeringNumber}
	}
	return []string{l.to}
}
