package switchboard

import (
	"context"
	"crypto/rand"
	"runtime/debug"
	"sync"
	"time"
)

// Run is the one poller of the team, and the keeper of its time, until ctx is
// done; then it cancels the hang-ups that wait, waits for the answers to those
// that it has sent, and returns nil. It asks for one list every 2 s while somebody is
// subscribed and every 30 s otherwise, at once when an event or a command wants
// it (at most every 300 ms), and never if there are no members. A board runs
// once.
func (b *Board) Run(ctx context.Context) error {
	defer close(b.stop)
	var wg sync.WaitGroup
	wg.Go(func() { b.lasting(ctx, func(ctx context.Context) { b.keepTime(ctx, &wg) }) })
	wg.Go(func() { b.lasting(ctx, b.keepNames) })
	b.lasting(ctx, b.keepAsking)
	b.endWaiting()
	wg.Wait()
	return nil
}

// keepAsking asks for lists, one at a time, until ctx is done.
func (b *Board) keepAsking(ctx context.Context) {
	for ctx.Err() == nil {
		m, wait := b.next(time.Now())
		if m != nil {
			b.ask(ctx, m) // a failure is in Health, and decides when to ask next
			continue
		}
		pause(ctx, b.wake, wait)
	}
}

// keepTime does what is due by time alone, until ctx is done.
// Hang-ups whose grace is over are sent in goroutines of sends.
func (b *Board) keepTime(ctx context.Context, sends *sync.WaitGroup) {
	for ctx.Err() == nil {
		jobs, wait := b.doDue(time.Now())
		b.hangUpAll(ctx, jobs, sends)
		pause(ctx, b.alarm, wait)
	}
}

// doDue does what is due and returns the hang-ups to send, and how long nothing
// will be due; a negative time means until something happens.
func (b *Board) doDue(now time.Time) ([]*job, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	jobs := b.takeDue(now)
	if b.due.IsZero() {
		return jobs, -1
	}
	return jobs, max(b.due.Sub(now), 0)
}

// pause waits until something is reported, the time is over, or ctx is done.
// A negative time never is over.
func pause(ctx context.Context, news <-chan struct{}, wait time.Duration) {
	var over <-chan time.Time
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-ctx.Done():
	case <-news:
	case <-over:
	}
}

// afterPanic is how long a part of the board rests that panicked.
const afterPanic = time.Second

// lasting runs f until ctx is done. If f panics, the board goes on a second
// later under a new epoch, since what subscribers know may no longer be true.
func (b *Board) lasting(ctx context.Context, f func(context.Context)) {
	for ctx.Err() == nil {
		if !b.survive(ctx, f) {
			return
		}
		pause(ctx, nil, afterPanic)
	}
}

func (b *Board) survive(ctx context.Context, f func(context.Context)) (panicked bool) {
	defer func() {
		if v := recover(); v != nil {
			panicked = true
			b.log.Error("the board panicked", "value", v, "stack", string(debug.Stack()))
			b.restart()
		}
	}()
	f(ctx)
	return false
}

func (b *Board) restart() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch = rand.Text()
	for s := range b.subs {
		b.drop(s)
	}
}
