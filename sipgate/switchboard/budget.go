package switchboard

import (
	"context"
	"time"
)

// Reserve waits until sipgate may be sent a request for the account that is not
// the board's own, such as one of many for a long table, and counts it like a
// request for a list: the next list waits for it, and both together stay within
// the rate at which a watched board asks for lists. It returns the error of ctx
// if that ends before.
func (b *Board) Reserve(ctx context.Context) error {
	b.countReserving(1)
	defer b.countReserving(-1)
	for {
		wait := b.reserve(time.Now())
		if wait <= 0 {
			return ctx.Err()
		}
		waitFor(ctx, nil, wait)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (b *Board) countReserving(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.poll.reserving += n
}

// Reserve is [Board.Reserve] of a team's board.
func (x *Boards) Reserve(ctx context.Context, team string) error { return x.Board(team).Reserve(ctx) }

// reserve takes the place of a request now, or returns the time to wait for it.
func (b *Board) reserve(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := &b.poll
	pause := watchedInterval
	if b.isWatched() {
		pause *= 2 // every other request is for a list
	}
	at := p.lastReserved.Add(pause)
	for _, t := range []time.Time{p.backoffUntil, p.lastRequest.Add(minPollInterval)} {
		if t.After(at) {
			at = t
		}
	}
	if wait := at.Sub(now); wait > 0 {
		return wait
	}
	p.lastReserved, p.lastRequest = now, now
	return 0
}
