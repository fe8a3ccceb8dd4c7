package callcontrol

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Execute carries out a command on a call: the policy decides, then the audit
// records it, then the board executes it. The same action id again returns the
// first outcome, without a second row in the audit.
//
// An owner's hold and hang-up wait for no other member, and end what
// another member is doing.
//
// It does not depend on the end of ctx: the member has clicked, whether or not
// the tab is still open. Errors are [team.Denied], [ClaimedError],
// [team.ErrAuditUnavailable] and those of [switchboard.Board.Execute].
func (c *Control) Execute(ctx context.Context, a Actor, call switchboard.Call, cmd switchboard.Command) error {
	if !c.tasks.begin() {
		return switchboard.ErrBoardClosed
	}
	defer c.tasks.end()
	ctx = context.WithoutCancel(ctx)
	entry := callEntry(a, team.Permission(cmd.Action.Verb()), call, parameters(cmd.Action))
	d := c.authorizeCommand(a, call, cmd)
	if cmd.Override || takesPrecedence(a, call, cmd.Action) && call.Claim != nil && call.Claim.By != a.BoardID() {
		entry.Parameters = strings.TrimSpace(entry.Parameters + " override")
	}
	if !d.OK {
		return c.denyOnce(ctx, entry, cmd.ID, d)
	}
	cmd.By, cmd.Call = a.BoardID(), call.ID
	if takesPrecedence(a, call, cmd.Action) {
		cmd.AtOnce, cmd.Override = true, true
	}
	if d.Via.User != a.User {
		entry.Via, cmd.Via = d.Via, switchboard.MemberID(d.Via.User)
	}
	c.record(ctx, &cmd, entry, call.CallID)
	err := c.Board(a).Execute(ctx, cmd)
	if call.Phase == switchboard.Ended && errors.Is(err, switchboard.ErrNoCall) { // only the journal knows it
		return switchboard.ErrEnded
	}
	return c.claimed(a, call, err)
}

// takesPrecedence reports whether an action waits for nobody: holding and
// hanging up one's own call.
func takesPrecedence(a Actor, call switchboard.Call, action switchboard.Action) bool {
	verb := action.Verb()
	return (verb == switchboard.VerbHold || verb == switchboard.VerbHangUp) && slices.Contains(call.Owners(), a.BoardID())
}

// authorizeCommand decides on a command: the permission of its kind, that of
// overriding another member's claim, and what the account's platform can do.
func (c *Control) authorizeCommand(a Actor, call switchboard.Call, cmd switchboard.Command) team.Decision {
	d := team.Decision{}
	for _, p := range permissionsFor(cmd) {
		if d = c.authorizeAttempt(a, p, call); !d.OK {
			return d
		}
	}
	if reason := c.missingCapability(a.Account, cmd.Action); reason != "" {
		return team.Decision{Reason: reason}
	}
	return d
}

// permissionsFor returns what a command needs the policy to allow.
func permissionsFor(cmd switchboard.Command) []team.Permission {
	all := []team.Permission{team.Permission(cmd.Action.Verb())}
	if cmd.Override {
		all = append(all, team.OverrideClaim)
	}
	return all
}

// authorizeAttempt is Authorize for commands. On a call that has ended it
// decides by the role alone, so that the board says that the call has ended,
// and returns the outcome of a repeated command.
func (c *Control) authorizeAttempt(a Actor, p team.Permission, call switchboard.Call) team.Decision {
	if call.Phase == switchboard.Ended {
		return a.MayAttempt(p)
	}
	return c.Authorize(a, p, call)
}

// record has the audit follow the command: its beginning, for a hang-up in its
// grace period the moment in which it is sent, and its outcome. A hang-up that the end of
// the board has cancelled stays as one that waits: the process that acts for the team
// next completes it, see [team.Stores.Reload], and only that process can tell the pages.
func (c *Control) record(ctx context.Context, cmd *switchboard.Command, entry team.AuditEntry, call sipgate.CallID) {
	var id int64
	var begun time.Time
	if up, ok := cmd.Action.(switchboard.HangUp); ok && up.GracePeriod > 0 {
		entry.Outcome = team.OutcomeWaiting
		cmd.BeforeSend = func() error { return c.Audit.Proceed(ctx, id) }
	}
	action, override := cmd.Action, cmd.Override
	by, via, row := cmd.By, cmd.Via, cmd.Call
	cmd.Begin = func() (err error) {
		begun = time.Now()
		if id, err = c.Audit.Begin(ctx, entry); err == nil && override {
			c.Boards.Board(entry.Account).OverrideClaim(by, row)
		}
		return err
	}
	cmd.OnDone = func(err error) {
		c.noteUnsupported(team.MemberID{Account: entry.Account, User: sipgate.UserID(cmp.Or(via, by))}, call, action, err)
		if errors.Is(err, switchboard.ErrBoardClosed) {
			c.reportAction(entry, outcome(err))
			return
		}
		c.endAudit(ctx, entry, id, begun, err)
	}
}

// Undo cancels a hang-up in its grace period. It returns
// [switchboard.ErrNothingToUndo] if there is none, or no longer.
func (c *Control) Undo(ctx context.Context, a Actor, id switchboard.RowID) error {
	call, err := c.Call(ctx, a, id)
	if err != nil {
		return err
	}
	entry := callEntry(a, team.UndoHangUp, call, "")
	if call.Phase == switchboard.Ended {
		return switchboard.ErrEnded
	}
	if d := c.Authorize(a, team.UndoHangUp, call); !d.OK {
		return c.deny(ctx, entry, d)
	}
	return c.audited(ctx, entry, func() error { return c.Board(a).Undo(a.BoardID(), call.ID) })
}
