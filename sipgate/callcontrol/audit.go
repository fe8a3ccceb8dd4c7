package callcontrol

import (
	"context"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// AuditEntry returns the beginning of an entry about something that the actor
// does. params and parties are texts for people.
func AuditEntry(a Actor, p team.Permission, params, parties string) team.AuditEntry {
	return team.AuditEntry{Account: a.Account, By: a.MemberID, ByName: a.Name, Action: p, Parameters: params,
		Parties: parties, Address: a.Address}
}

// callEntry is AuditEntry about a call.
func callEntry(a Actor, p team.Permission, call switchboard.Call, params string) team.AuditEntry {
	e := AuditEntry(a, p, params, parties(call))
	e.Call = string(call.ID)
	return e
}

// Audited does something that is no command on a call, with its beginning and
// its outcome in the audit. It does not depend on the end of ctx.
func (c *Control) Audited(ctx context.Context, a Actor, p team.Permission, params, parties string, do func(context.Context) error) error {
	ctx = context.WithoutCancel(ctx)
	return c.audited(ctx, AuditEntry(a, p, params, parties), func() error { return do(ctx) })
}

func (c *Control) audited(ctx context.Context, e team.AuditEntry, do func() error) error {
	if !c.tasks.begin() {
		return switchboard.ErrBoardClosed
	}
	defer c.tasks.end()
	ctx = context.WithoutCancel(ctx)
	id, err := c.Audit.Begin(ctx, e)
	if err != nil {
		return err
	}
	begun := time.Now()
	err = do()
	c.endAudit(ctx, e, id, begun, err)
	return err
}

// endAudit records an outcome. The audit keeps what the store does not take
// now, and writes it later.
func (c *Control) endAudit(ctx context.Context, entry team.AuditEntry, id int64, begun time.Time, err error) {
	c.reportAction(entry, outcome(err))
	if e := c.Audit.End(ctx, id, outcome(err), upstreamStatus(err), time.Since(begun)); e != nil {
		c.Log.Error("write audit outcome", "entry", id, "err", e)
	}
}

func (c *Control) reportAction(e team.AuditEntry, outcome string) {
	if c.OnAction != nil {
		c.OnAction(e.Account, e.Action, outcome)
	}
}

// Deny records that the actor tried what the policy does not allow, and returns
// the error for it. row names the call concerned, if any. The same action id
// again, if there is one, is not recorded again.
func (c *Control) Deny(ctx context.Context, a Actor, p team.Permission, row, actionID string, d team.Decision) error {
	e := AuditEntry(a, p, "", "")
	e.Call = row
	return c.denyOnce(ctx, e, actionID, d)
}

func (c *Control) deny(ctx context.Context, e team.AuditEntry, d team.Decision) error {
	c.reportAction(e, team.OutcomeDenied)
	e.Parameters = d.Reason
	if err := c.Audit.Refused(context.WithoutCancel(ctx), e); err != nil {
		c.Log.Error("write audit refusal", "err", err)
	}
	return c.denied(d)
}

// A refusal is an action that was denied under an action id.
type refusal struct {
	by       team.MemberID
	actionID string
	action   team.Permission
	call     string
	params   string
}

// maxRefusals is how many refusals are remembered.
const maxRefusals = 10_000

func newRefusals() *lru.Cache[refusal, struct{}] {
	c, _ := lru.New[refusal, struct{}](maxRefusals) // fails only for a size below 1
	return c
}

// denyOnce is deny for an action that may be repeated under the same action id: it
// is recorded once.
func (c *Control) denyOnce(ctx context.Context, e team.AuditEntry, actionID string, d team.Decision) error {
	if actionID == "" {
		return c.deny(ctx, e, d)
	}
	if known, _ := c.refusals.ContainsOrAdd(refusal{e.By, actionID, e.Action, e.Call, e.Parameters}, struct{}{}); known {
		return c.denied(d)
	}
	return c.deny(ctx, e, d)
}

// denied returns the error of a decision that denies, with the name of the
// person whom its reason is about.
func (c *Control) denied(d team.Decision) error {
	return team.Denied{Reason: d.Reason, Of: d.Of, Name: c.MemberName(d.Of)}
}

// parameters describes an action for the audit. Keypad digits may be secrets:
// only their number is recorded.
func parameters(action switchboard.Action) string {
	switch a := action.(type) {
	case switchboard.Hold:
		return onOff(a.On)
	case switchboard.Mute:
		return onOff(a.On)
	case switchboard.Record:
		if a.On && !a.Announce {
			return "on silent"
		}
		return onOff(a.On)
	case switchboard.TransferTo:
		if a.Attended {
			return "to " + string(a.To) + " attended"
		}
		return "to " + string(a.To)
	case switchboard.Tones:
		return team.TonesParameters(a.Digits)
	case switchboard.Announce:
		return a.Title
	}
	return ""
}

// changeParameters describes a change of a history entry for the audit. The text
// of a note is not recorded.
func changeParameters(change sipgate.EntryChange) string {
	switch {
	case change.Starred != nil:
		return "star " + onOff(*change.Starred)
	case change.Archived != nil:
		return "archive " + onOff(*change.Archived)
	case change.Read != nil:
		return "read " + onOff(*change.Read)
	}
	return "note"
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// parties names both sides of a call for the audit.
func parties(call switchboard.Call) string {
	return party(call.Remote.Name, call.Remote.Number) + " / " + party(call.Local.Name, call.Local.Number)
}

// entryParties names both sides of a past call for the audit.
func entryParties(e sipgate.HistoryEntry) string {
	remoteNumber, remoteName := e.Remote()
	localNumber, localName := e.Local()
	return party(remoteName, remoteNumber) + " / " + party(localName, localNumber)
}

func party(name, number string) string {
	if name != "" {
		return fmt.Sprintf("%s (%s)", name, number)
	}
	return number
}

// outcome returns what the audit records of the end of a command.
func outcome(err error) string {
	switch {
	case err == nil:
		return team.OutcomeDone
	case errors.Is(err, switchboard.ErrUndone), errors.Is(err, switchboard.ErrBoardClosed):
		return team.OutcomeCancelled
	case errors.Is(err, switchboard.ErrOutcomeUnknown):
		return team.OutcomeUnknown
	default:
		return team.OutcomeFailed
	}
}

// upstreamStatus returns the status that sipgate answered, 0 if it was not
// asked.
func upstreamStatus(err error) int {
	if e, ok := errors.AsType[*sipgate.Error](err); ok {
		return e.Status
	}
	return 0
}
