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
	defer close(b.runDone)
	var wg sync.WaitGroup
	wg.Go(func() { b.supervise(ctx, func(ctx context.Context) { b.runTimers(ctx, &wg) }) })
	wg.Go(func() { b.supervise(ctx, b.pollNames) })
	b.supervise(ctx, b.pollLists)
	b.cancelPendingHangups()
	wg.Wait()
	return nil
}

// keepAsking asks for lists, one at a time, until ctx is done.
func (b *Board) pollLists(ctx context.Context) {
	for ctx.Err() == nil {
		m, wait := b.nextPoll(time.Now())
		if m != nil {
			b.requestList(ctx, m) // a failure is in Health, and decides when to ask next
			continue
		}
		waitFor(ctx, b.pollWake, wait)
	}
}

// keepTime does what is due by time alone, until ctx is done.
// Hang-ups whose grace is over are sent in goroutines of sends.
func (b *Board) runTimers(ctx context.Context, sends *sync.WaitGroup) {
	for ctx.Err() == nil {
		cmds, wait := b.runDue(time.Now())
		b.sendHangups(ctx, cmds, sends)
		waitFor(ctx, b.timerWake, wait)
	}
}

// doDue does what is due and returns the hang-ups to send, and how long nothing
// will be due; a negative time means until something happens.
func (b *Board) runDue(now time.Time) ([]*pendingCommand, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(now)
	cmds := b.takeDueHangups(now)
	if b.nextDue.IsZero() {
		return cmds, -1
	}
	return cmds, max(b.nextDue.Sub(now), 0)
}

// pause waits until something is reported, the time is over, or ctx is done.
// A negative time never is over.
func waitFor(ctx context.Context, signal <-chan struct{}, wait time.Duration) {
	var expired <-chan time.Time
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		expired = t.C
	}
	select {
	case <-ctx.Done():
	case <-signal:
	case <-expired:
	}
}

// afterPanic is how long a part of the board rests that panicked.
const panicPause = time.Second

// lasting runs f until ctx is done. If f panics, the board goes on a second
// later under a new epoch, since what subscribers know may no longer be true.
func (b *Board) supervise(ctx context.Context, f func(context.Context)) {
	for ctx.Err() == nil {
		if !b.runRecovered(ctx, f) {
			return
		}
		waitFor(ctx, nil, panicPause)
	}
}

func (b *Board) runRecovered(ctx context.Context, f func(context.Context)) (panicked bool) {
	defer func() {
		if v := recover(); v != nil {
			panicked = true
			b.log.Error("the board panicked", "value", v, "stack", string(debug.Stack()))
			b.startEpoch()
		}
	}()
	f(ctx)
	return false
}

func (b *Board) startEpoch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch = rand.Text()
	for s := range b.subs {
		b.drop(s)
	}
}

// dueAt makes sure that sweep looks at t.
func (b *Board) schedule(t time.Time) {
	if !t.IsZero() && (b.nextDue.IsZero() || t.Before(b.nextDue)) {
		b.nextDue = t
		wake(b.timerWake)
	}
}

// sweep does what is due by time alone: ringing rows without news end, ended
// rows go, announcements and attention are over. Run does it in time; everything else that
// looks at the board does it first, so that the board is right without Run too.
func (b *Board) expire(now time.Time) {
	if b.nextDue.IsZero() || now.Before(b.nextDue) {
		return
	}
	b.nextDue = time.Time{}
	for _, r := range b.rows {
		for _, l := range r.legs {
			if l.expires() && now.Sub(l.lastEvent) >= ringingTimeout {
				b.endLeg(l, endedSilent, now)
			}
		}
		if r.playback != nil {
			r.playback = playbackAt(r.playback, now)
		}
		b.markDirty(r)
	}
	b.expireTombstones(now)
	b.flush(now)
}
