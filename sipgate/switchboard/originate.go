package switchboard

import (
	"context"
	"fmt"

	"callboard/sipgate"
)

// An Origination is a member's wish to call somebody.
type Origination struct {
	ID   string // as [Command].ID: who asks twice calls once
	By   MemberID
	Call sipgate.NewCall
}

// A Dialer starts calls with the access of one member. *sipgate.Client
// implements it.
type Dialer interface {
	StartCall(ctx context.Context, n sipgate.NewCall) (sipgate.CallID, error)
}

// Originate starts a call and has the lists asked for, where it appears when
// it is established. The errors are those of [Board.Do].
func (b *Board) Originate(ctx context.Context, o Origination, d Dialer) (sipgate.CallID, error) {
	c := Command{ID: o.ID, By: o.By, Action: origination{call: o.Call}}
	a, err := b.doOnce(ctx, c, func(a *result) error {
		id, err := d.StartCall(ctx, o.Call)
		a.call = id
		b.mu.Lock()
		defer b.mu.Unlock()
		if m := b.members[o.By]; m != nil {
			b.hurry(m)
		}
		if err != nil && sipgate.MayHaveArrived(err) {
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return a.call, nil
}

// origination makes an Origination comparable with other commands.
type origination struct {
	Action
	call sipgate.NewCall
}

func (o origination) print() string { return fmt.Sprintf("call %+v", o.call) }
