package switchboard

import (
	"context"
	"errors"
	"hash/maphash"
	"time"

	"callboard/sipgate"
)

// results holds the results of commands by member and ID, so that none is
// executed twice. It keeps only a hash of the parameters: keypad tones may be
// secrets.
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
	call          sipgate.CallID // callId that Originate started
	pendingHangup *pendingHangup // holds the outcome of a hang-up with a grace period
}

// refusedByClaim reports whether the command was refused with ErrClaimed.
func (res *result) refusedByClaim() bool {
	select {
	case <-res.done:
		return errors.Is(res.err, ErrClaimed)
	default:
		return false
	}
}

func newResults() results { return results{byKey: map[resultKey]*result{}} }

// lookupResult returns the result of an earlier command with the same key, or
// adds a new one and sets first. It drops results that are older than a day
// and, above maxResults, the oldest.
func (b *Board) lookupResult(c Command, now time.Time) (res *result, first bool, err error) {
	fingerprint := maphash.String(b.salt, string(c.Call)+"\x00"+c.Action.fingerprint())
	rs := &b.results
	for len(rs.queue) > 0 && (now.Sub(rs.queue[0].at) >= retention || len(rs.queue) > maxResults) {
		if res := rs.queue[0]; rs.byKey[res.key] == res {
			delete(rs.byKey, res.key)
		}
		rs.queue = rs.queue[1:]
	}
	key := resultKey{c.By, c.ID}
	if res, ok := rs.byKey[key]; ok {
		if res.fingerprint != fingerprint {
			return nil, false, ErrIDReused
		}
		if !c.Override || !res.refusedByClaim() {
			return res, false, nil
		}
	}
	res = &result{key: key, fingerprint: fingerprint, at: now, done: make(chan struct{})}
	if c.ID != "" {
		rs.byKey[key] = res
		rs.queue = append(rs.queue, res)
	}
	return res, true, nil
}

// Execute executes a command and returns when its outcome is known, or known
// to be unknown (ErrOutcomeUnknown). The board publishes the command as
// pending before it is sent, and its outcome afterwards. Commands on one call
// are sent one after the other, in the order in which they were given.
//
// An error that is not declared by this package is a *sipgate.Error: sipgate
// refused the command, or the request certainly did not arrive.
//
// If ctx ends before the command is sent, it is not sent; but a pending
// hang-up, or one that replaces a pending one, does not depend on ctx.
//
// A command that was refused with ErrClaimed may be given again under the same
// ID with Override. Any other repeated command returns the first one's result.
func (b *Board) Execute(ctx context.Context, c Command) error {
	_, err := b.executeOnce(ctx, c, c.Begin, func(res *result) (err error) {
		err = ErrOutcomeUnknown // after res panic
		defer func() { b.reportOutcome(c.OnDone, res.pendingHangup, err) }()
		if h, ok := c.Action.(HangUp); ok && h.GracePeriod > 0 {
			res.pendingHangup, err = b.startGrace(ctx, c, h.GracePeriod)
			return err
		}
		return b.execute(ctx, c)
	})
	return err
}

// deleteResult lets a command be given again under the same ID.
func (b *Board) deleteResult(res *result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.results.byKey[res.key] == res {
		delete(b.results.byKey, res.key)
	}
}

// executeOnce calls begin and then do, unless the command was executed before
// or is in progress: then it waits for that result. If begin fails, the
// command may be given again.
func (b *Board) executeOnce(ctx context.Context, c Command, begin func() error, do func(*result) error) (*result, error) {
	b.mu.Lock()
	res, first, err := b.lookupResult(c, time.Now())
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if !first {
		select {
		case <-res.done:
			return res, res.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	res.err = ErrOutcomeUnknown // after res panic
	defer close(res.done)
	if begin != nil {
		if err := begin(); err != nil {
			b.deleteResult(res)
			res.err = err
			return res, err
		}
	}
	res.err = do(res)
	return res, res.err
}
