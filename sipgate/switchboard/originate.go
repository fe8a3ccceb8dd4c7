package switchboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callboard/sipgate"
)

// An Origination is a member's wish to call somebody.
type Origination struct {
	ID   string // as [Command].ID: who asks twice calls once
	By   MemberID
	Call sipgate.NewCall

	// Begin and OnDone are as in [Command].
	Begin  func() error
	OnDone func(error)
}

// A Dialer starts calls with the access of one member. *sipgate.Client
// implements it.
type Dialer interface {
	StartCall(ctx context.Context, n sipgate.NewCall) (sipgate.CallID, error)
}

// Originate starts a call and has the lists asked for, where it appears when
// it is established. The errors are those of [Board.Do]. One that was certainly
// not started may be asked for again under the same ID, with other values too:
// who is refused mends what was wrong and sends the same form.
func (b *Board) Originate(ctx context.Context, o Origination, d Dialer) (sipgate.CallID, error) {
	c := Command{ID: o.ID, By: o.By, Action: originateAction{call: o.Call}}
	a, err := b.executeOnce(ctx, c, o.Begin, func(a *result) (err error) {
		err = ErrOutcomeUnknown // in case of a panic
		defer func() {
			if o.OnDone != nil {
				o.OnDone(err)
			}
		}()
		id, err := d.StartCall(ctx, o.Call)
		a.call = id
		b.mu.Lock()
		defer b.mu.Unlock()
		if m := b.members[o.By]; m != nil {
			b.requestPoll(m)
		}
		if err != nil && sipgate.MayHaveArrived(err) {
			return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
		return err
	})
	if err != nil {
		if a != nil && !errors.Is(err, ErrOutcomeUnknown) {
			b.deleteResult(a)
		}
		return "", err
	}
	return a.call, nil
}

// origination makes an Origination comparable with other commands.
type originateAction struct {
	Action
	call sipgate.NewCall
}

func (o originateAction) fingerprint() string { return fmt.Sprintf("call %+v", o.call) }

// Stage is how far a call is that somebody started.
type Stage int

// The stages. A call passes through them in this order, but the board may not
// learn of each: without events it hears nothing before both sides talk.
const (
	StageUnknown       Stage = iota // nothing was heard of it
	StageCallerRinging              // the caller's own telephone rings
	StageCalleeRinging              // that was picked up, the other side rings
	StageConnected
	StageEnded
)

// Progress tells how far the call is that [Board.Originate] started, and the
// row in which it is shown, which has no ID if there is none.
func (b *Board) Progress(id sipgate.CallID) (Stage, Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	l := b.legs[id]
	if l == nil || l.row == nil {
		return StageUnknown, Call{}
	}
	r := l.row.canonical()
	var shown Call
	if r.published != nil {
		shown = *r.published
	}
	return r.stage(), shown
}

// stage is how far the call of the row is.
func (r *row) stage() Stage {
	legs := r.chain()
	l := legs.current()
	if l == nil {
		return StageUnknown
	}
	switch p, _ := l.phase(); {
	case p == Ended:
		return StageEnded
	case p == Connected && !legs.isOwnDevice(l):
		return StageConnected
	}
	for _, device := range legs.legs {
		// Lists never contain it, so that it may count as ended by now.
		if legs.isOwnDevice(device) && device.answered {
			return StageCalleeRinging
		}
	}
	return StageCallerRinging
}

// AwaitProgress waits until the call is at another stage than known, or ctx
// ends, and tells how far it is.
func (b *Board) AwaitProgress(ctx context.Context, id sipgate.CallID, known Stage) (Stage, Call) {
	_, sub := b.Subscribe()
	defer func() { sub.Close() }()
	ticker := time.NewTicker(time.Second) // not every stage changes the row
	defer ticker.Stop()
	for {
		if stage, call := b.Progress(id); stage != known || ctx.Err() != nil {
			return stage, call
		}
		select {
		case _, ok := <-sub.Changes():
			if !ok { // it fell behind
				_, sub = b.Subscribe()
			}
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
