package directory

import (
	"cmp"
	"slices"

	"callboard/sipgate"
)

// The number of entries that [Directory.Offer] returns at most.
const (
	maxOfferedTeam   = 24
	maxOfferedRecent = 4 // with a known name, and as many without
)

// Offer returns whom m may want before anything is typed: the team, each member
// with one number, m's favourites first and then the available ones, then groups,
// then contacts whom m called lately, then other numbers of recent calls.
func (d *Directory) Offer(m MemberID, states States) []Entry {
	var team, contacts, recent []Entry
	known := map[sipgate.UserID]bool{m.User: true}
	for _, e := range d.Search(m, "", maxMembers+maxRecent, states) {
		switch {
		case e.Kind == Member && !known[e.User]:
			known[e.User] = true
			team = append(team, e)
		case e.Kind == Group:
			team = append(team, e)
		case e.Kind == Private || e.Kind == Contact:
			contacts = append(contacts, e)
		case e.Kind == Recent:
			recent = append(recent, e)
		}
	}
	slices.SortStableFunc(team, func(x, y Entry) int {
		return cmp.Or(int(y.Kind-x.Kind), cmp.Compare(offerOrder(x), offerOrder(y)))
	})
	return slices.Concat(first(team, maxOfferedTeam), first(contacts, maxOfferedRecent), first(recent, maxOfferedRecent))
}

// offerOrder returns the place of a member: favourites come before others, and of
// both who can take a call first, who cannot last.
func offerOrder(e Entry) (place int) {
	switch e.Presence {
	case Available:
	case Offline:
		place = 2
	default:
		place = 1
	}
	if e.Favourite {
		place -= 3
	}
	return place
}

func first(all []Entry, n int) []Entry { return all[:min(len(all), n)] }
