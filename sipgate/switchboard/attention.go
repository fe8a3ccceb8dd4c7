package switchboard

import (
	"errors"
	"time"
)

// attentionLasts is for how long a member who opened a dialog attends a call
// without saying so again: a tab that closes without a word frees it by then.
const attentionLasts = 15 * time.Second

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
	b.sweep(now)
	r := b.find(call)
	if r == nil {
		return ErrNoCall
	}
	if l := r.current(); l == nil || l.is(Ended) {
		return ErrEnded
	}
	if err := r.attendedBy(by, now); err != nil {
		return err
	}
	r.lease = &Claim{By: by, Name: b.nameOf(by), Verb: v, Until: now.Add(attentionLasts)}
	b.touch(r)
	b.flush(now)
	return nil
}

// Release ends the attention that Attend began. If the member has none, or
// the call is unknown, it does nothing.
func (b *Board) ReleaseClaim(by MemberID, call RowID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.sweep(now)
	if r := b.find(call); r != nil {
		b.release(by, r)
		b.flush(now)
	}
}

func (b *Board) release(by MemberID, r *row) {
	if r.lease != nil && r.lease.By == by {
		r.lease = nil
		b.touch(r)
	}
}

// attendedBy returns the error of a member who wants to act while somebody
// else attends the call.
func (r *row) attendedBy(by MemberID, now time.Time) error {
	if a := r.attention(now); a != nil && a.By != by {
		return &ClaimedError{*a}
	}
	return nil
}

// attention is who attends the call: who has the dialog open or else, as long
// as commands are under way, who gave the one whose turn it is.
func (r *row) attention(now time.Time) *Claim {
	if r.lease != nil && now.Before(r.lease.Until) {
		return r.lease
	}
	if len(r.queue) == 0 {
		return nil
	}
	j := r.queue[0]
	return &Claim{By: j.command.By, Name: j.name, Verb: j.command.Action.Verb(), Until: j.until}
}

// attentionAt lets a lease that is over go, and the attention of a command that
// still is under way go on. It returns when to look again, zero for never.
func (r *row) attentionAt(now time.Time) (again time.Time) {
	if r.lease != nil && !now.Before(r.lease.Until) {
		r.lease = nil
	}
	if r.lease != nil {
		return r.lease.Until
	}
	if len(r.queue) == 0 {
		return time.Time{}
	}
	j := r.queue[0]
	if !now.Before(j.until) {
		j.until = now.Add(attentionLasts)
	}
	return j.until
}

// acted ends the attention that a member paid for the sake of a command whose
// outcome is known now. The keypad stays open from one tone to the next.
func (r *row) acted(j *job) {
	v := j.command.Action.Verb()
	if l := r.lease; l != nil && l.By == j.command.By && l.Verb == v && v != VerbTones {
		r.lease = nil
	}
}

// later is the attention that lasts longer, when two rows become one.
func later(x, y *Claim) *Claim {
	if x == nil || y != nil && y.Until.After(x.Until) {
		return y
	}
	return x
}

// nameOf is the name of a member, "" if it is not on the board.
func (b *Board) nameOf(id MemberID) string {
	if m := b.members[id]; m != nil {
		return m.name
	}
	return ""
}
