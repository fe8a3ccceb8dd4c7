package callcontrol

import (
	"context"
	"errors"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// A ClaimedError is a [switchboard.ErrClaimed] for an actor who may override the
// other member's claim or not.
type ClaimedError struct {
	*switchboard.ClaimedError
	MayOverride bool
}

// Unwrap returns the board's error.
func (e *ClaimedError) Unwrap() error { return e.ClaimedError }

// claimed adds to an ErrClaimed whether the actor may override the claim.
func (c *Control) claimed(a Actor, call switchboard.Call, err error) error {
	if e, ok := errors.AsType[*switchboard.ClaimedError](err); ok {
		return &ClaimedError{e, c.Authorize(a, team.OverrideClaim, call).OK}
	}
	return err
}

// A ClaimRequest asks to show the team that a member has a dialog about a call
// open.
type ClaimRequest struct {
	Verb     switchboard.Verb // what the dialog is for
	Input    bool             // the member typed in it, or opened it, since the last request
	Override bool             // whatever another member is doing
}

// Claim shows the team that the actor is about to do something with a call, for
// as long as a dialog about it is open and used. It is a soft lock: other
// members are refused with a [ClaimedError] unless they override it. An owner of
// the call may always override it.
func (c *Control) Claim(ctx context.Context, a Actor, id switchboard.RowID, r ClaimRequest) error {
	call, err := c.Call(ctx, a, id)
	if err != nil {
		return err
	}
	if d := c.authorizeAttempt(a, team.Permission(r.Verb), call); !d.OK {
		return c.denied(d)
	}
	if call.Phase == switchboard.Ended {
		return switchboard.ErrEnded
	}
	board, claim := c.Board(a), c.Board(a).RenewClaim
	override := r.Override && c.Authorize(a, team.OverrideClaim, call).OK
	if override {
		board.OverrideClaim(a.BoardID(), call.ID)
	}
	if r.Input || override {
		claim = board.Claim
	}
	err = claim(a.BoardID(), call.ID, r.Verb)
	if override && errors.Is(err, switchboard.ErrClaimed) { // a command in progress
		return nil
	}
	return c.claimed(a, call, err)
}

// ReleaseClaim ends the actor's claim on a call: the dialog was closed.
func (c *Control) ReleaseClaim(ctx context.Context, a Actor, id switchboard.RowID) error {
	call, err := c.Call(ctx, a, id)
	if err != nil {
		return err
	}
	c.Board(a).ReleaseClaim(a.BoardID(), call.ID)
	return nil
}
