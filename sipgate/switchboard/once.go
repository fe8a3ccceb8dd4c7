package switchboard

import (
	"context"
	"hash/maphash"
	"time"

	"callboard/sipgate"
)

// results remembers commands by member and id, so that none is carried out
// twice. It holds no parameters, only their hash: keypad tones may be secrets.
type results struct {
	known map[resultKey]*result
	queue []*result // oldest first
}

type resultKey struct {
	by MemberID
	id string
}

type result struct {
	key   resultKey
	print uint64
	at    time.Time
	done  chan struct{} // closed when err is known
	err   error
	call  sipgate.CallID // that was started, of Originate
}

func newResults() results { return results{known: map[resultKey]*result{}} }

// recall finds the command's earlier self, or begins a new one. It forgets
// what is older than a day and, beyond a number that no team reaches in a day,
// the oldest.
func (b *Board) recall(c Command, now time.Time) (a *result, first bool, err error) {
	print := maphash.String(b.salt, string(c.Call)+"\x00"+c.Action.print())
	o := &b.once
	for len(o.queue) > 0 && (now.Sub(o.queue[0].at) >= rememberedFor || len(o.queue) > mostAnswers) {
		delete(o.known, o.queue[0].key)
		o.queue = o.queue[1:]
	}
	key := resultKey{c.By, c.ID}
	if a, ok := o.known[key]; ok {
		if a.print != print {
			return nil, false, ErrReused
		}
		return a, false, nil
	}
	a = &result{key: key, print: print, at: now, done: make(chan struct{})}
	if c.ID != "" {
		o.known[key] = a
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
// If ctx ends before the command was sent, it is not sent.
func (b *Board) Do(ctx context.Context, c Command) error {
	_, err := b.doOnce(ctx, c, func(*result) error { return b.carryOut(ctx, c) })
	return err
}

// doOnce lets do carry the command out, unless it was carried out before or is
// on its way: then it waits for that one's answer.
func (b *Board) doOnce(ctx context.Context, c Command, do func(*result) error) (*result, error) {
	b.mu.Lock()
	a, first, err := b.recall(c, time.Now())
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
	a.err = ErrUnknown // in case of a panic
	defer close(a.done)
	a.err = do(a)
	return a, a.err
}
