package switchboard

import (
	"errors"
	"time"
)

// claimDuration is the time after which a claim expires unless it is renewed,
// as when a tab was closed with its dialog open.
const claimDuration = 15 * time.Second

// Claim tells that a member is about to act on a call: has a dialog open or a
// command in progress. It is a soft lock: it keeps members from acting on a
// call at the same time without knowing.
type Claim struct {
	By    MemberID
	Name  string // of By
	Verb  Verb
	Until time.Time // expiry; later after each renewal
}

// ErrClaimed is returned by [Board.Execute] and [Board.Claim] while another
// member claims the call. It is always a *[ClaimedError].
var ErrClaimed = errors.New("switchboard: another member claims the call")

// ClaimedError is the ErrClaimed that carries the other member's claim.
type ClaimedError struct{ Claim }

// Error implements error.
func (e *ClaimedError) Error() string { return ErrClaimed.Error() }

// Is reports that a ClaimedError is ErrClaimed.
func (e *ClaimedError) Is(target error) bool { return target == ErrClaimed }

// Claim claims a call for a member and the command v for 15 s; the caller
// renews it as long as the dialog is open. The claim ends when it expires, by
// ReleaseClaim, when the member leaves the board, or when the outcome of the
// member's own command v on the call is known (except for keypad tones: one
// dialog sends many). A claim never blocks commands of the same member.
//
// Claim returns ErrNoCall, ErrEnded, or ErrClaimed if another member has a
// claim or a command in progress. The caller checks permissions.
func (b *Board) Claim(by MemberID, call RowID, v Verb) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.expire(now)
	r := b.findRow(call)
	if r == nil {
		return ErrNoCall
	}
	if l := r.current(); l == nil || l.inPhase(Ended) {
		return ErrEnded
	}
	if err := r.claimConflict(by, now); err != nil {
		return err
	}
	r.claim = &Claim{By: by, Name: b.memberName(by), Verb: v, Until: now.Add(claimDuration)}
	b.markDirty(r)
	b.flush(now)
	return nil
}

// ReleaseClaim ends the member's claim on the call, if there is one.
func (b *Board) ReleaseClaim(by MemberID, call RowID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.expire(now)
	if r := b.findRow(call); r != nil {
		b.releaseClaim(by, r)
		b.flush(now)
	}
}

func (b *Board) releaseClaim(by MemberID, r *row) {
	if r.claim != nil && r.claim.By == by {
		r.claim = nil
		b.markDirty(r)
	}
}

// claimConflict returns a ClaimedError if another member than by claims the
// call.
func (r *row) claimConflict(by MemberID, now time.Time) error {
	if a := r.activeClaim(now); a != nil && a.By != by {
		return &ClaimedError{*a}
	}
	return nil
}

// activeClaim returns the claim on the call: that of the open dialog or else
// that of the command whose turn it is. It returns nil if there is none.
func (r *row) activeClaim(now time.Time) *Claim {
	if r.claim != nil && now.Before(r.claim.Until) {
		return r.claim
	}
	if len(r.queue) == 0 {
		return nil
	}
	cmd := r.queue[0]
	return &Claim{By: cmd.command.By, Name: cmd.byName, Verb: cmd.command.Action.Verb(), Until: cmd.claimUntil}
}

// renewClaim drops an expired claim and extends that of a command still in
// progress. It returns when to check again, zero for never.
func (r *row) renewClaim(now time.Time) (again time.Time) {
	if r.claim != nil && !now.Before(r.claim.Until) {
		r.claim = nil
	}
	if r.claim != nil {
		return r.claim.Until
	}
	if len(r.queue) == 0 {
		return time.Time{}
	}
	cmd := r.queue[0]
	if !now.Before(cmd.claimUntil) {
		cmd.claimUntil = now.Add(claimDuration)
	}
	return cmd.claimUntil
}

// endClaimOf ends the claim that a member took for a command whose outcome is
// now known, except for keypad tones.
func (r *row) endClaimOf(cmd *pendingCommand) {
	v := cmd.command.Action.Verb()
	if l := r.claim; l != nil && l.By == cmd.command.By && l.Verb == v && v != VerbTones {
		r.claim = nil
	}
}

// laterClaim returns the claim that expires later. Either may be nil.
func laterClaim(x, y *Claim) *Claim {
	if x == nil || y != nil && y.Until.After(x.Until) {
		return y
	}
	return x
}

// memberName returns the name of a member, "" if the member is not on the
// board.
func (b *Board) memberName(id MemberID) string {
	if m := b.members[id]; m != nil {
		return m.name
	}
	return ""
}
