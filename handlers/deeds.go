package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web"
)

// denied is a deed that the policy does not allow, with the policy's reason.
type denied struct{ reason string }

func (d denied) Error() string { return "not allowed: " + d.reason }

// mayOn decides on a deed that concerns a call.
func (h *handlers) mayOn(v Visitor, d team.Permission, c switchboard.Call) team.Decision {
	return v.Person.MayOnCall(d, slices.Contains(c.VisibleTo, v.id()), h.owners(v.Account, c))
}

// sees decides whether a call exists for a visitor.
func (h *handlers) sees(v Visitor, c switchboard.Call) bool { return h.mayOn(v, team.SeeCall, c).OK }

// callOf finds a call that exists for the visitor. Of one that does not it says
// no more than of one that is nobody's.
func (h *handlers) callOf(v Visitor, id string) (switchboard.Call, error) {
	call, ok := h.Exchange.Board(v.Account).Call(switchboard.RowID(id))
	if !ok || !h.sees(v, call) {
		return switchboard.Call{}, switchboard.ErrNoCall
	}
	return call, nil
}

// owners are whose call it is: those who ring or talk or, where nobody is known
// to, those through whom it is seen. Those whose access shows it come first.
// Who never signed in has not said that the team must not see the call, and
// has nothing to lend; and so it is if only the service account sees it, which
// owns nothing.
func (h *handlers) owners(account string, c switchboard.Call) []team.Member {
	var with, without []team.Member
	for _, id := range c.Owners() {
		m := team.MemberID{Account: account, User: sipgate.UserID(id)}
		p, ok := h.People.Get(m)
		if !ok {
			p = somebody(m)
		}
		switch {
		case id == serviceID:
		case slices.Contains(c.VisibleTo, id):
			with = append(with, p)
		default:
			without = append(without, p)
		}
	}
	if owners := append(with, without...); len(owners) > 0 {
		return owners
	}
	return []team.Member{somebody(team.MemberID{Account: account, User: "?"})}
}

// somebody is a colleague of whom nothing is known.
func somebody(m team.MemberID) team.Member {
	return team.Member{MemberID: m, Role: team.Agent, SharesCalls: true}
}

// carryOut asks the policy, writes the audit, and gives the command to the
// board: in this order, so that nothing happens that is not on record.
func (h *handlers) carryOut(r *http.Request, v Visitor, call switchboard.Call, c switchboard.Command) error {
	ctx := context.WithoutCancel(r.Context()) // who clicks and closes the tab has clicked all the same
	entry := h.entry(r, v, team.Permission(c.Action.Verb()), c.Action)
	entry.Call, entry.Parties = string(call.ID), parties(call)
	d := h.mayOn(v, entry.Action, call)
	if d.OK && c.Override {
		d = h.mayOn(v, team.OverrideClaim, call)
		entry.Parameters += " override"
	}
	if reason := h.platformLacks(v.Account, c.Action); d.OK && reason != "" {
		d = team.Decision{Reason: reason}
	}
	if !d.OK {
		return h.refuseDeed(ctx, entry, d)
	}
	if d.Via.User != v.User {
		entry.Via, c.Via = d.Via, switchboard.MemberID(d.Via.User)
	}
	if up, ok := c.Action.(switchboard.HangUp); ok && up.GracePeriod > 0 {
		entry.Outcome = team.OutcomeWaiting
	}
	id, err := h.Audit.Begin(ctx, entry)
	if err != nil {
		return err
	}
	begun := time.Now()
	c.BeforeSend = func() error { return h.Audit.Proceed(ctx, id) }
	if entry.Outcome != team.OutcomeWaiting {
		c.BeforeSend = nil
	}
	c.OnDone = func(err error) {
		h.learn(v.Account, c.Action, err)
		if err := h.Audit.End(ctx, id, outcome(err), upstreamStatus(err), time.Since(begun)); err != nil {
			h.Log.Error("the end of a deed is not in the audit yet", "entry", id, "err", err)
		}
	}
	return h.Exchange.Board(v.Account).Execute(ctx, c)
}

// onRecord does something that is no command on a call, with its beginning and
// its end in the audit.
func (h *handlers) onRecord(ctx context.Context, e team.AuditEntry, do func() error) error {
	ctx = context.WithoutCancel(ctx)
	id, err := h.Audit.Begin(ctx, e)
	if err != nil {
		return err
	}
	begun := time.Now()
	err = do()
	if e := h.Audit.End(ctx, id, outcome(err), upstreamStatus(err), time.Since(begun)); e != nil {
		h.Log.Error("the end of a deed is not in the audit yet", "entry", id, "err", e)
	}
	return err
}

// refuseDeed records that somebody tried what they may not.
func (h *handlers) refuseDeed(ctx context.Context, e team.AuditEntry, d team.Decision) error {
	e.Parameters = d.Reason
	if err := h.Audit.Refused(ctx, e); err != nil {
		h.Log.Error("a refusal is not in the audit", "err", err)
	}
	return denied{d.Reason}
}

// entry is the beginning of an audit entry.
func (h *handlers) entry(r *http.Request, v Visitor, d team.Permission, what any) team.AuditEntry {
	e := team.AuditEntry{Account: v.Account, By: v.member(), ByName: v.Person.Name, Action: d, Address: web.ClientIP(r).String()}
	switch a := what.(type) {
	case switchboard.Hold:
		e.Parameters = onOff(a.On)
	case switchboard.Mute:
		e.Parameters = onOff(a.On)
	case switchboard.Record:
		e.Parameters = onOff(a.On)
		if a.On && !a.Announce {
			e.Parameters += " silent"
		}
	case switchboard.TransferTo:
		e.Parameters = "to " + string(a.To)
		if a.Attended {
			e.Parameters += " attended"
		}
	case switchboard.Tones:
		e.Parameters = team.TonesParameters(a.Digits)
	case switchboard.Announce:
		e.Parameters = a.Title
	case string:
		e.Parameters = a
	}
	return e
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// parties names both sides of a call.
func parties(c switchboard.Call) string {
	name := func(p switchboard.Party) string {
		if p.Name != "" {
			return fmt.Sprintf("%s (%s)", p.Name, p.Number)
		}
		return p.Number
	}
	return name(c.Remote) + " / " + name(c.Local)
}

// outcome is what the audit says of a command's end.
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

// upstreamStatus is what sipgate answered, 0 if it was not asked.
func upstreamStatus(err error) int {
	if e, ok := errors.AsType[*sipgate.Error](err); ok {
		return e.Status
	}
	return 0
}
