package switchboard

import (
	"errors"
	"time"
)

// A claim is a lease. It expires after claimDuration unless it is renewed, as
// when a tab was closed with its dialog open, and after claimIdle without input
// in the dialog, however often it is renewed.
const (
	claimDuration = 15 * time.Second
	claimIdle     = 30 * time.Second
)

// Claim tells that a member is about to act on a call: has a dialog open or a
// command in progress. It is a soft lock: it keeps members from acting on a
// call at the same time without knowing.
type Claim struct {
	By    MemberID
	Name  string // of By
	Verb  Verb
	Until time.Time // expiry; later after each renewal
}

// looksSame reports whether two claims differ in their expiry at most.
func (c *Claim) looksSame(o *Claim) bool {
	if c == nil || o == nil {
		return c == o
	}
	return c.By == o.By && c.Name == o.Name && c.Verb == o.Verb
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

// Claim claims a call for a member and the command v for 15 s, because the
// member opened a dialog or typed in it. While the dialog is open, the caller
// renews it with RenewClaim. The claim ends when it expires, by ReleaseClaim,
// when another member overrides it, when the member leaves the board, or when
// the outcome of the member's own command v on the call is known (except for
// keypad tones: one dialog sends many). A claim never blocks commands of the
// same member.
//
// Claim returns ErrNoCall, ErrEnded, or ErrClaimed if another member has a
// claim or a command in progress. The caller checks permissions.
func (b *Board) Claim(by MemberID, call RowID, v Verb) error {
	return b.claim(by, call, v, true)
}

// RenewClaim is Claim for a dialog that is open without new input. It prolongs
// the member's claim to at most 30 s after the last input. It does not take back
// a claim that has ended otherwise than by ReleaseClaim.
func (b *Board) RenewClaim(by MemberID, call RowID, v Verb) error {
	return b.claim(by, call, v, false)
}

func (b *Board) claim(by MemberID, call RowID, v Verb, input bool) error {
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
	r.renewClaim(now)
	if input || r.claim == nil && !r.lostClaims[by] {
		r.claimInput = now
		delete(r.lostClaims, by)
	} else if r.claim == nil {
		return nil
	}
	until := now.Add(claimDuration)
	if idle := r.claimInput.Add(claimIdle); idle.Before(until) {
		until = idle
	}
	r.claim = &Claim{By: by, Name: b.memberName(by), Verb: v, Until: until}
	b.markDirty(r)
	b.flush(now)
	return nil
}

// OverrideClaim ends another member's claim on the call, if there is one. That
// member's open dialog takes it back with its next input only.
func (b *Board) OverrideClaim(by MemberID, call RowID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.expire(now)
	if r := b.findRow(call); r != nil && r.claim != nil && r.claim.By != by {
		r.loseClaim()
		b.markDirty(r)
		b.flush(now)
	}
}

// loseClaim ends the claim, which its dialog does not take back by itself.
func (r *row) loseClaim() {
	if r.lostClaims == nil {
		r.lostClaims = map[MemberID]bool{}
	}
	r.lostClaims[r.claim.By], r.claim = true, nil
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
	delete(r.lostClaims, by)
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
		r.loseClaim()
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
