package switchboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callboard/sipgate"
)

// An Origination is a member's request to start a call.
type Origination struct {
	ID   string // idempotency key, as in [Command]
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

// Originate starts a call, and has the member's list requested, where the call
// appears once it is connected. Its errors are those of [Board.Execute]. A
// call that was certainly not started may be requested again under the same
// ID, even with other values, so that a refused form can be corrected and sent
// again.
func (b *Board) Originate(ctx context.Context, o Origination, d Dialer) (sipgate.CallID, error) {
	c := Command{ID: o.ID, By: o.By, Action: originateAction{call: o.Call}}
	a, err := b.executeOnce(ctx, c, o.Begin, func(a *result) (err error) {
		err = ErrOutcomeUnknown // after a panic
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

// originateAction makes an Origination comparable with other commands.
type originateAction struct {
	Action
	call sipgate.NewCall
}

func (o originateAction) fingerprint() string { return fmt.Sprintf("call %+v", o.call) }

// Stage is the stage of a call that was started by [Board.Originate].
type Stage int

// The stages, in order. The board may miss some: without events it learns of
// the call when both sides are connected.
const (
	StageUnknown       Stage = iota // no event or list contains the call
	StageCallerRinging              // the caller's own telephone rings
	StageCalleeRinging              // the caller picked up, the callee's telephone rings
	StageConnected
	StageEnded
)

// Progress returns the stage of a call that [Board.Originate] started, and the
// row that shows it. Without a row, the Call has no ID.
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

// stage returns the stage of the row's call.
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
		// No list contains this leg, so the board may consider it ended by
		// now.
		if legs.isOwnDevice(device) && device.answered {
			return StageCalleeRinging
		}
	}
	return StageCallerRinging
}

// AwaitProgress waits until the call's stage differs from known, or ctx is
// done, and returns what Progress does.
func (b *Board) AwaitProgress(ctx context.Context, id sipgate.CallID, known Stage) (Stage, Call) {
	_, sub := b.Subscribe()
	defer func() { sub.Close() }()
	ticker := time.NewTicker(time.Second) // some stages do not change the row
	defer ticker.Stop()
	for {
		if stage, call := b.Progress(id); stage != known || ctx.Err() != nil {
			return stage, call
		}
		select {
		case _, ok := <-sub.Changes():
			if !ok { // dropped as too slow
				_, sub = b.Subscribe()
			}
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
