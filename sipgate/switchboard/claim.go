package switchboard

import (
	"errors"
	"time"
)

// attentionLasts is for how long a member who opened a dialog attends a call
// without saying so again: a tab that closes without a word frees it by then.
const claimDuration = 15 * time.Second

// Attention is that a member is about to do something to a call: has a dialog
// open, or a command under way. The others see it, so that two do not act at
// once without knowing of each other.
type Claim struct {
	By    MemberID
	Name  string // of that member
	Verb  Verb
	Until time.Time // when it ends by itself; moved on while it lasts
}

// ErrAttended is the error of [Board.Do] and [Board.Attend] while somebody
// else attends the call. It always is an *[Attended].
var ErrClaimed = errors.New("switchboard: somebody else attends the call")

// Attended is the ErrAttended that tells who does, and what.
type ClaimedError struct{ Claim }

func (e *ClaimedError) Error() string { return ErrClaimed.Error() }

// Is makes an Attended an ErrAttended.
func (e *ClaimedError) Is(target error) bool { return target == ErrClaimed }

// Attend lets a member attend a call for 15 s from now, about to do v; it is
// called again as long as the dialog is open. The attention ends by itself,
// by Release, when the member leaves the board, or when the outcome of the
// member's command v on the call is known (but for keypad tones, of which one
// dialog sends many). It never hinders the member's own commands, from
// whichever tab.
//
// The errors are ErrNoCall, ErrEnded, and ErrAttended if somebody else attends
// the call, by a dialog or by a command under way. Who may attend is the
// caller's business.
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

// Release ends the attention that Attend began. If the member has none, or
// the call is unknown, it does nothing.
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

// attendedBy returns the error of a member who wants to act while somebody
// else attends the call.
func (r *row) claimConflict(by MemberID, now time.Time) error {
	if a := r.activeClaim(now); a != nil && a.By != by {
		return &ClaimedError{*a}
	}
	return nil
}

// attention is who attends the call: who has the dialog open or else, as long
// as commands are under way, who gave the one whose turn it is.
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

// attentionAt lets a lease that is over go, and the attention of a command that
// still is under way go on. It returns when to look again, zero for never.
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

// acted ends the attention that a member paid for the sake of a command whose
// outcome is known now. The keypad stays open from one tone to the next.
func (r *row) endClaimOf(cmd *pendingCommand) {
	v := cmd.command.Action.Verb()
	if l := r.claim; l != nil && l.By == cmd.command.By && l.Verb == v && v != VerbTones {
		r.claim = nil
	}
}

// later is the attention that lasts longer, when two rows become one.
func laterClaim(x, y *Claim) *Claim {
	if x == nil || y != nil && y.Until.After(x.Until) {
		return y
	}
	return x
}

// nameOf is the name of a member, "" if it is not on the board.
func (b *Board) memberName(id MemberID) string {
	if m := b.members[id]; m != nil {
		return m.name
	}
	return ""
}
