package callcontrol

import (
	"context"
	"errors"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// A RecordedCall is a call as its page shows it, while it runs and afterwards.
type RecordedCall struct {
	switchboard.Call
	OnBoard  bool           // it is on the board; else Call is made from Record
	Recorded bool           // the journal has it; else Record is zero
	Record   journal.Record // its timeline and notes
}

// RecordedCall returns the call in a row, on the board or in the journal. It
// returns [switchboard.ErrNoCall] both for unknown calls and for calls that the
// actor may not see.
func (c *Control) RecordedCall(ctx context.Context, a Actor, id switchboard.RowID) (r RecordedCall, err error) {
	r.Record, err = c.Journal.Record(ctx, a.Account, id)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return r, err
	}
	r.Recorded = err == nil
	r.Call, r.OnBoard = c.Board(a).Call(id)
	switch {
	case r.OnBoard && c.Sees(a, r.Call):
		return r, nil
	case !r.OnBoard && r.Recorded && c.History.Sees(ctx, a.Member, r.Record):
		r.Call = pastCall(r.Record)
		return r, nil
	}
	return RecordedCall{}, switchboard.ErrNoCall
}

// pastCall returns a call of the journal as a row of the board shows it.
func pastCall(r journal.Record) switchboard.Call {
	return switchboard.Call{ID: r.Row, Phase: switchboard.Ended, Direction: r.Direction, Remote: r.Remote, Local: r.Local,
		UserNames: r.Users, PreviousParties: r.PreviousParties, Started: r.Started, Since: r.Ended, EndedAt: r.Ended,
		Approximate: r.Approximate, Cause: r.Cause}
}

// AuthorizeNote decides whether the actor may write a note on a call that
// [Control.RecordedCall] returned. For a call that is over it has been decided
// already whether it was the actor's.
func (c *Control) AuthorizeNote(a Actor, r RecordedCall) team.Decision {
	if r.OnBoard {
		return c.Authorize(a, team.WriteNote, r.Call)
	}
	return a.MayAttempt(team.WriteNote)
}

// AddNote writes a note on a call, which the team sees and which stays with it.
func (c *Control) AddNote(ctx context.Context, a Actor, r RecordedCall, text string) error {
	e := callEntry(a, team.WriteNote, r.Call, "")
	if d := c.AuthorizeNote(a, r); !d.OK {
		return c.deny(ctx, e, d)
	}
	ctx = context.WithoutCancel(ctx)
	return c.audited(ctx, e, func() error { return c.Journal.AddNote(ctx, a.Account, r.ID, a.Name, text) })
}

// ChangeEntry changes an entry of the history that the actor may see; own says
// whether it is the actor's own.
func (c *Control) ChangeEntry(ctx context.Context, a Actor, entry sipgate.HistoryEntry, own bool, change sipgate.EntryChange) error {
	p := team.EditOwnHistory
	if !own {
		p = team.EditAllHistory
	}
	e := AuditEntry(a, p, changeParameters(change), entryParties(entry))
	e.Call = "history " + entry.ID
	if d := a.May(p); !d.OK {
		return c.deny(ctx, e, d)
	}
	ctx = context.WithoutCancel(ctx)
	return c.audited(ctx, e, func() error { return c.History.Change(ctx, a.Member, entry, change) })
}
