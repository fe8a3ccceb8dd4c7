package switchboard

import (
	"context"
	"errors"
	"hash/maphash"
	"time"

	"callboard/sipgate"
)

// results remembers commands by member and id, so that none is carried out
// twice. It holds no parameters, only their hash: keypad tones may be secrets.
type results struct {
	byKey map[resultKey]*result
	queue []*result // oldest first
}

type resultKey struct {
	by MemberID
	id string
}

type result struct {
	key           resultKey
	fingerprint   uint64
	at            time.Time
	done          chan struct{} // closed when err is known
	err           error
	call          sipgate.CallID // that was started, of Originate
	pendingHangup *pendingHangup // of a hang-up that was given one: where its outcome is
}

// refused reports whether the command was not carried out only because
// somebody else attended the call.
func (a *result) refusedByClaim() bool {
	select {
	case <-a.done:
		return errors.Is(a.err, ErrClaimed)
	default:
		return false
	}
}

func newResults() results { return results{byKey: map[resultKey]*result{}} }

// recall finds the command's earlier self, or begins a new one. It forgets
// what is older than a day and, beyond a number that no team reaches in a day,
// the oldest.
func (b *Board) lookupResult(c Command, now time.Time) (a *result, first bool, err error) {
	fingerprint := maphash.String(b.salt, string(c.Call)+"\x00"+c.Action.fingerprint())
	o := &b.results
	for len(o.queue) > 0 && (now.Sub(o.queue[0].at) >= retention || len(o.queue) > maxResults) {
		if a := o.queue[0]; o.byKey[a.key] == a {
			delete(o.byKey, a.key)
		}
		o.queue = o.queue[1:]
	}
	key := resultKey{c.By, c.ID}
	if a, ok := o.byKey[key]; ok {
		if a.fingerprint != fingerprint {
			return nil, false, ErrIDReused
		}
		if !c.Override || !a.refusedByClaim() {
			return a, false, nil
		}
	}
	a = &result{key: key, fingerprint: fingerprint, at: now, done: make(chan struct{})}
	if c.ID != "" {
		o.byKey[key] = a
		o.queue = append(o.queue, a)
	}
	return a, true, nil
}

// Do carries a command out and returns when its outcome is known, or known to
// be unknown ([ErrUnknown]). Everybody at the board sees it as pending before
// it is sent, and what became of it afterwards. Commands on one call reach
// sipgate one after the other, in the order in which they were given.
//
// An error that is none of this package is a *sipgate.Error: sipgate refused,
// or the request certainly did not arrive.
//
// If ctx ends before the command was sent, it is not sent; but a hang-up that
// waits, or replaces one that waited, does not depend on ctx.
//
// A command that was refused as ErrAttended may be given again under the same
// ID with Override; otherwise a repeated one gets the first one's result.
func (b *Board) Execute(ctx context.Context, c Command) error {
	_, err := b.executeOnce(ctx, c, c.Begin, func(a *result) (err error) {
		err = ErrOutcomeUnknown // in case of a panic
		defer func() { b.reportOutcome(c.OnDone, a.pendingHangup, err) }()
		if h, ok := c.Action.(HangUp); ok && h.GracePeriod > 0 {
			a.pendingHangup, err = b.startGrace(ctx, c, h.GracePeriod)
			return err
		}
		return b.execute(ctx, c)
	})
	return err
}

// forgetResult lets a command be given again as if for the first time.
func (b *Board) deleteResult(a *result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.results.byKey[a.key] == a {
		delete(b.results.byKey, a.key)
	}
}

// doOnce lets do carry the command out, unless it was carried out before or is
// on its way: then it waits for that one's answer. begin is called before do; if it
// fails, the command may be given again.
func (b *Board) executeOnce(ctx context.Context, c Command, begin func() error, do func(*result) error) (*result, error) {
	b.mu.Lock()
	a, first, err := b.lookupResult(c, time.Now())
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if !first {
		select {
		case <-a.done:
			return a, a.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	a.err = ErrOutcomeUnknown // in case of a panic
	defer close(a.done)
	if begin != nil {
		if err := begin(); err != nil {
			b.deleteResult(a)
			a.err = err
			return a, err
		}
	}
	a.err = do(a)
	return a, a.err
}
