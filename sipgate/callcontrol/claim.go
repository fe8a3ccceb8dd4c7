package callcontrol

import (
	"errors"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Claim shows the team that the actor is about to do something with a call, for
// as long as a dialog about it is open. It is a soft lock: other members are
// refused with [switchboard.ErrClaimed] unless they override it.
//
// With override set, a claim of another member does not keep an actor from
// opening a dialog who may override claims.
func (c *Control) Claim(a Actor, id switchboard.RowID, verb switchboard.Verb, override bool) error {
	call, err := c.Call(a, id)
	if err != nil {
		return err
	}
	if d := c.Authorize(a, team.Permission(verb), call); !d.OK {
		return c.denied(d)
	}
	err = c.Board(a).Claim(a.BoardID(), call.ID, verb)
	if override && errors.Is(err, switchboard.ErrClaimed) && c.Authorize(a, team.OverrideClaim, call).OK {
		return nil
	}
	return err
}

// ReleaseClaim ends the actor's claim on a call: the dialog was closed.
func (c *Control) ReleaseClaim(a Actor, id switchboard.RowID) error {
	call, err := c.Call(a, id)
	if err != nil {
		return err
	}
	c.Board(a).ReleaseClaim(a.BoardID(), call.ID)
	return nil
}
