package callcontrol

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/account"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Authorize decides whether the actor may do something with a call. Buttons
// are drawn by the same decision by which commands are refused.
func (c *Control) Authorize(a Actor, p team.Permission, call switchboard.Call) team.Decision {
	return a.MayOnCall(p, c.Access(a, call))
}

// Access returns what is known about the actor and a call, by which each
// permission is decided.
func (c *Control) Access(a Actor, call switchboard.Call) team.CallAccess {
	owners := c.owners(a.Account, call)
	return team.CallAccess{
		Owners:  owners,
		Unsure:  call.OwnersPending,
		Reaches: c.reaches(a, call, len(owners) > 0),
		Expired: c.Expired(a),
	}
}

// reaches reports whether the actor's own access reaches a call: it lists the
// call, or it lists the calls of others and no list can decide. A ringing call
// is in no list, and of several members whose lists show everything, not all are
// asked. The recording of a voicemail is in no list either, and nobody's.
func (c *Control) reaches(a Actor, call switchboard.Call, owned bool) bool {
	if slices.Contains(call.VisibleTo, a.BoardID()) {
		return true
	}
	return (owned || call.Phase == switchboard.Ringing || len(call.VisibleTo) > 0) && c.Board(a).ShowsOthers(a.BoardID())
}

// Sees reports whether a call exists for the actor.
func (c *Control) Sees(a Actor, call switchboard.Call) bool {
	return c.Authorize(a, team.SeeCall, call).OK
}

// Call returns the call in a row of the actor's board or, for as long as the
// journal remembers the row, the call as one that has ended. It returns
// [switchboard.ErrNoCall] both for unknown calls and for calls the actor may
// not see. A page of before the board was opened knows calls that the board does not know
// yet, or not whose they are: Call waits for the first lists, and for whose extensions are
// which. A call that runs as far as the journal knows is looked for in newer lists, too.
func (c *Control) Call(ctx context.Context, a Actor, id switchboard.RowID) (switchboard.Call, error) {
	if call, ok := c.onBoard(a, id); ok && !call.OwnersPending {
		return call, nil
	}
	r, err := c.RecordedCall(ctx, a, id)
	switch {
	case err == nil && !r.OnBoard && !r.Record.Ended.IsZero():
		return r.Call, nil
	case err != nil && !errors.Is(err, switchboard.ErrNoCall):
		return switchboard.Call{}, err
	}
	maxAge := anyAge
	if err == nil && !r.OnBoard { // it was running, and its answer may have been lost
		maxAge = switchboard.AnsweredWithin
	}
	err = c.readFirst(ctx, a.Account, append(r.Record.Members, a.BoardID()), maxAge)
	if call, ok := c.onBoard(a, id); ok {
		return call, nil
	}
	return switchboard.Call{}, cmp.Or(err, switchboard.ErrNoCall)
}

// firstWithin is how long a team waits for what its board has to know before it can be
// trusted.
const firstWithin = 2 * time.Second

// anyAge is the age that a list may have which only has to be there.
const anyAge = time.Duration(math.MaxInt64)

// readFirst reads what the board of an account needs and has not got yet: whose the
// extensions are, and the lists of some members that are not there or older than maxAge.
// It returns an error if lists are missing.
func (c *Control) readFirst(ctx context.Context, account string, members []switchboard.MemberID, maxAge time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, firstWithin)
	defer cancel()
	lists := make(chan error, 1)
	go func() { lists <- c.Boards.Board(account).ReadLists(ctx, members, maxAge) }()
	readOwners(ctx, c.Rosters.Of(account))
	return <-lists
}

// readOwners reads whose the extensions of an account are. What sipgate refuses is read in
// vain, and the board makes do without it.
func readOwners(ctx context.Context, roster *account.Roster) {
	var reads sync.WaitGroup
	reads.Go(func() { roster.Numbers(ctx) })
	reads.Go(func() { roster.Channels(ctx) })
	users, _ := roster.Users(ctx)
	for some := range slices.Chunk(users, readsAtOnce) {
		for _, u := range some {
			reads.Go(func() { roster.Devices(ctx, u.ID) })
		}
		reads.Wait()
	}
	reads.Wait()
}

// readsAtOnce is how many users' devices are read at the same time.
const readsAtOnce = 4

// onBoard returns the call in a row of the board if the actor may see it.
func (c *Control) onBoard(a Actor, id switchboard.RowID) (switchboard.Call, bool) {
	call, ok := c.Board(a).Call(id)
	return call, ok && c.Sees(a, call)
}

// Visible returns the calls that the actor may see.
func (c *Control) Visible(a Actor, calls []switchboard.Call) []switchboard.Call {
	return slices.DeleteFunc(slices.Clone(calls), func(call switchboard.Call) bool { return !c.Sees(a, call) })
}

// OwnCalls returns the actor's own connected calls on which p is allowed.
func (c *Control) OwnCalls(a Actor, p team.Permission) (own []switchboard.Call) {
	for _, call := range c.Board(a).Snapshot().Calls {
		if call.Phase == switchboard.Connected && slices.Contains(call.Owners(), a.BoardID()) && c.Authorize(a, p, call).OK {
			own = append(own, call)
		}
	}
	return own
}

// owners returns the persons whose call it is, those first whose access shows
// the call. Voicemails, groups, queues and the service account are nobody.
func (c *Control) owners(account string, call switchboard.Call) []team.Owner {
	var with, without []team.Owner
	for _, id := range call.Owners() {
		m := team.MemberID{Account: account, User: sipgate.UserID(id)}
		if !m.User.IsPerson() {
			continue
		}
		owner := c.owner(m)
		if slices.Contains(call.VisibleTo, id) {
			with = append(with, owner)
		} else {
			without = append(without, owner)
		}
	}
	return append(with, without...)
}

// owner returns a member as an owner of calls. Of a colleague who never signed
// in, nothing is known but the team's default.
func (c *Control) owner(m team.MemberID) team.Owner {
	member, known := c.Members.Known(m)
	if !known {
		member = team.Member{MemberID: m, Consent: c.Members.DefaultConsent(m.Account)}
	}
	return team.Owner{Member: member, SignedIn: known && !member.Removed && c.canCarry(m)}
}

// canCarry reports whether commands can be sent with a member's access.
func (c *Control) canCarry(m team.MemberID) bool {
	return c.Boards.Board(m.Account).Serves(switchboard.MemberID(m.User)) && c.Grants.State(m) != team.StateNeedsLogin
}

// Expired reports whether sipgate accepts the actor's own sign-in no longer.
// What pages say of it is decided by this, and what commands are refused.
func (c *Control) Expired(a Actor) bool {
	return !a.Joined.IsZero() && !c.canCarry(a.MemberID)
}
