package callcontrol

import (
	"cmp"
	"slices"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Recipients returns the entries of the directory that fit what the actor types,
// or those to begin with if that is nothing; and whether the presence of one of
// them is being read again. It does not wait for sipgate. The error is why the
// team is missing from the entries: sipgate could not be asked; it is asked again.
func (c *Control) Recipients(a Actor, text string) (found []directory.Entry, refreshing bool, err error) {
	calls := c.Board(a).Snapshot().Calls
	c.recordOwnCalls(a, calls)
	m, states := directory.MemberID(a.MemberID), directory.States{OnCall: MembersOnCalls(calls), Favourites: c.Favourites.Of(a.MemberID)}
	if strings.TrimSpace(text) == "" {
		found = c.Directory.Offer(m, states)
	} else {
		found = c.Directory.Search(m, text, directory.MaxResults, states)
	}
	roster := c.Rosters.Of(a.Account)
	if err = roster.Err(); err != nil {
		roster.Load()
	}
	return found, c.Directory.RefreshPresence(a.Account, found[:min(len(found), directory.MaxResults)]), err
}

// Colleagues returns the actor's team mates, signed in or not, in the order of
// their names, as their telephones are. It has that kept current, and does not
// wait for sipgate. Whose name is not known is not among them.
func (c *Control) Colleagues(a Actor) []directory.Entry {
	c.Rosters.Of(a.Account).Keep()
	all, favourites := c.Directory.Colleagues(directory.MemberID(a.MemberID)), c.Favourites.Of(a.MemberID)
	for i, e := range all {
		all[i].Favourite = favourites[e.User]
		all[i].Name = cmp.Or(e.Name, c.MemberName(team.MemberID{Account: a.Account, User: e.User}))
	}
	return slices.DeleteFunc(all, func(e directory.Entry) bool { return e.Name == "" })
}

// OwnCall returns the connected call of the actor that they would transfer: the one
// in which they talk rather than one on hold, the later one of several. It is false
// if there is none.
func (c *Control) OwnCall(a Actor) (own switchboard.Call, ok bool) {
	for _, call := range c.Board(a).Snapshot().Calls {
		if call.Phase != switchboard.Connected || !slices.Contains(call.Owners(), a.BoardID()) || !c.Authorize(a, team.Transfer, call).OK {
			continue
		}
		if !ok || own.Hold.On && !call.Hold.On || own.Hold.On == call.Hold.On && call.Since.After(own.Since) {
			own, ok = call, true
		}
	}
	return own, ok
}

// Resolve returns the number that the actor means: one in any spelling, a name
// that fits a single entry, or the choice made among the entries that a name
// fits. Errors are those of [directory.Directory.Resolve].
func (c *Control) Resolve(a Actor, text, choice string) (sipgate.Number, error) {
	return c.Directory.Resolve(directory.MemberID(a.MemberID), cmp.Or(choice, text))
}

// NumberRefusal returns why a number cannot be called, or be given the call:
// "number_blocked", "number_invalid" or "same_party"; "" if it can.
func (c *Control) NumberRefusal(number string, call switchboard.Call) string {
	switch _, err := c.Numbers.Parse(number); {
	case sipgate.IsBlocked(err):
		return "number_blocked"
	case err != nil:
		return "number_invalid"
	case number == call.Remote.Number, number == call.Local.Number:
		return "same_party"
	}
	return ""
}

// MembersOnCalls returns the members who are connected in one of the calls.
func MembersOnCalls(calls []switchboard.Call) map[sipgate.UserID]bool {
	busy := map[sipgate.UserID]bool{}
	for _, call := range calls {
		if call.Phase != switchboard.Connected {
			continue
		}
		for _, id := range call.MemberIDs {
			busy[sipgate.UserID(id)] = true
		}
	}
	return busy
}

// recordOwnCalls makes the numbers of the actor's running calls recent ones:
// sipgate's history does not have them yet.
func (c *Control) recordOwnCalls(a Actor, calls []switchboard.Call) {
	for _, call := range calls {
		owners := call.Owners()
		if n := sipgate.Number(call.Remote.Number); n.Valid() && len(owners) == 1 && owners[0] == a.BoardID() {
			c.Directory.RecordCall(directory.MemberID(a.MemberID), string(n), call.Started)
		}
	}
}
