package callcontrol

import (
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Authorize decides whether the actor may do something with a call. Buttons
// are drawn by the same decision by which commands are refused.
func (c *Control) Authorize(a Actor, p team.Permission, call switchboard.Call) team.Decision {
	return a.MayOnCall(p, slices.Contains(call.VisibleTo, a.BoardID()), c.owners(a.Account, call))
}

// Sees reports whether a call exists for the actor.
func (c *Control) Sees(a Actor, call switchboard.Call) bool {
	return c.Authorize(a, team.SeeCall, call).OK
}

// Call returns the call in a row of the actor's board. It returns
// [switchboard.ErrNoCall] both for unknown calls and for calls the actor may
// not see.
func (c *Control) Call(a Actor, id switchboard.RowID) (switchboard.Call, error) {
	call, ok := c.Board(a).Call(id)
	if !ok || !c.Sees(a, call) {
		return switchboard.Call{}, switchboard.ErrNoCall
	}
	return call, nil
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

// owners returns the members to whom a call belongs: those whose devices ring
// or who are connected or, if no such member is known, those whose access shows
// the call. Members whose access shows the call come first. A member who never
// signed in counts as sharing calls and has no access to lend. The service
// account owns nothing.
func (c *Control) owners(account string, call switchboard.Call) []team.Member {
	var with, without []team.Member
	for _, id := range call.Owners() {
		m := team.MemberID{Account: account, User: sipgate.UserID(id)}
		member, ok := c.Members.Get(m)
		if !ok {
			member = unknownMember(m)
		}
		switch {
		case id == ServiceID:
		case slices.Contains(call.VisibleTo, id):
			with = append(with, member)
		default:
			without = append(without, member)
		}
	}
	if owners := append(with, without...); len(owners) > 0 {
		return owners
	}
	return []team.Member{unknownMember(team.MemberID{Account: account, User: "?"})}
}

// unknownMember is a colleague who never signed in.
func unknownMember(m team.MemberID) team.Member {
	return team.Member{MemberID: m, Role: team.Agent, SharesCalls: true, AllowsLeads: true}
}
