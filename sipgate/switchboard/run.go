package switchboard

import (
	"context"
	"crypto/rand"
	"runtime/debug"
	"sync"
	"time"
)

// Run polls sipgate and runs the board's timers until ctx is done. Then it
// cancels the pending hang-ups, waits for the answers to those that it has
// sent, and returns nil. It requests one list every 2 s while there are active
// subscribers and every 30 s otherwise, immediately (at most every 300 ms) if
// an event or a command needs it, and none while there are no members. It must
// be called only once.
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

// pollLists requests lists, one at a time, until ctx is done.
func (b *Board) pollLists(ctx context.Context) {
	for ctx.Err() == nil {
		m, wait := b.nextPoll(time.Now())
		if m != nil {
			b.requestList(ctx, m) // the error is in Health and delays the next request
			continue
		}
		waitFor(ctx, b.pollWake, wait)
	}
}

// runTimers does what is due by time alone until ctx is done. It sends
// hang-ups whose grace period is over in goroutines of sends.
func (b *Board) runTimers(ctx context.Context, sends *sync.WaitGroup) {
	for ctx.Err() == nil {
		cmds, wait := b.runDue(time.Now())
		b.sendHangups(ctx, cmds, sends)
		waitFor(ctx, b.timerWake, wait)
	}
}

// runDue does what is due and returns the hang-ups to send, and the time until
// something is due; a negative time means never.
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

// waitFor waits for a signal, for the given time, or until ctx is done. A
// negative time never ends; signal may be nil.
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

// panicPause is how long a loop of the board pauses after a panic.
const panicPause = time.Second

// supervise runs f until ctx is done. After a panic it starts a new epoch,
// since what subscribers know may be wrong, and runs f again after panicPause.
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
			b.log.Error("panic in board", "value", v, "stack", string(debug.Stack()))
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

// schedule makes sure that expire runs at t.
func (b *Board) schedule(t time.Time) {
	if !t.IsZero() && (b.nextDue.IsZero() || t.Before(b.nextDue)) {
		b.nextDue = t
		wake(b.timerWake)
	}
}

// expire does what is due by time alone: it ends ringing rows without events,
// removes ended rows, and ends announcements and claims. It takes over what the roster
// has learned. Run calls it in time; every other method calls it first, so that the board
// is right without Run as well.
func (b *Board) expire(now time.Time) {
	b.refreshRoster(now)
	if b.nextDue.IsZero() || now.Before(b.nextDue) {
		return
	}
	b.nextDue = time.Time{}
	done := false
	defer func() {
		if !done { // after a panic, the other rows are still due
			b.schedule(now.Add(panicPause))
		}
	}()
	for _, r := range b.rows {
		for _, l := range r.legs {
			if t := b.silentEnd(l); !t.IsZero() && !now.Before(t) {
				b.endLeg(l, endedSilent, now)
			}
		}
		r.expireExpectations(now)
		if r.playback != nil {
			r.playback = playbackAt(r.playback, now)
		}
		b.markDirty(r)
	}
	b.expireTombstones(now)
	b.flush(now)
	done = true
}
