package callcontrol

import (
	"context"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Execute carries out a command on a call: the policy decides, then the audit
// records it, then the board executes it. The same action id again returns the
// first outcome, without a second row in the audit.
//
// It does not depend on the end of ctx: the member has clicked, whether or not
// the tab is still open. Errors are [team.Denied], [team.ErrAuditUnavailable] and
// those of [switchboard.Board.Execute].
func (c *Control) Execute(ctx context.Context, a Actor, call switchboard.Call, cmd switchboard.Command) error {
	ctx = context.WithoutCancel(ctx)
	entry := callEntry(a, team.Permission(cmd.Action.Verb()), call, parameters(cmd.Action))
	d := c.authorizeCommand(a, call, cmd)
	if cmd.Override {
		entry.Parameters += " override"
	}
	if !d.OK {
		return c.deny(ctx, entry, d)
	}
	cmd.By, cmd.Call = a.BoardID(), call.ID
	if d.Via.User != a.User {
		entry.Via, cmd.Via = d.Via, switchboard.MemberID(d.Via.User)
	}
	c.record(ctx, &cmd, entry)
	return c.Board(a).Execute(ctx, cmd)
}

// authorizeCommand decides on a command: the permission of its kind, that of
// overriding another member's claim, and what the account's platform can do.
func (c *Control) authorizeCommand(a Actor, call switchboard.Call, cmd switchboard.Command) team.Decision {
	d := c.Authorize(a, team.Permission(cmd.Action.Verb()), call)
	if d.OK && cmd.Override {
		d = c.Authorize(a, team.OverrideClaim, call)
	}
	if reason := c.missingCapability(a.Account, cmd.Action); d.OK && reason != "" {
		d = team.Decision{Reason: reason}
	}
	return d
}

// record has the audit follow the command: its beginning, for a hang-up in its
// grace period the moment in which it is sent, and its outcome.
func (c *Control) record(ctx context.Context, cmd *switchboard.Command, entry team.AuditEntry) {
	var id int64
	var begun time.Time
	if up, ok := cmd.Action.(switchboard.HangUp); ok && up.GracePeriod > 0 {
		entry.Outcome = team.OutcomeWaiting
		cmd.BeforeSend = func() error { return c.Audit.Proceed(ctx, id) }
	}
	cmd.Begin = func() (err error) {
		begun = time.Now()
		id, err = c.Audit.Begin(ctx, entry)
		return err
	}
	action := cmd.Action
	cmd.OnDone = func(err error) {
		c.noteUnsupported(entry.Account, action, err)
		c.endAudit(ctx, id, begun, err)
	}
}

// Undo cancels a hang-up in its grace period. It returns
// [switchboard.ErrNothingToUndo] if there is none, or no longer.
func (c *Control) Undo(ctx context.Context, a Actor, id switchboard.RowID) error {
	call, err := c.Call(a, id)
	if err != nil {
		return err
	}
	entry := callEntry(a, team.UndoHangUp, call, "")
	if d := c.Authorize(a, team.UndoHangUp, call); !d.OK {
		return c.deny(ctx, entry, d)
	}
	return c.audited(ctx, entry, func() error { return c.Board(a).Undo(a.BoardID(), call.ID) })
}
