package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// numbers makes the numbers of callers: reserved ones of Berlin, which the
// program shows undivided.
type numbers struct{ last atomic.Int64 }

func (n *numbers) next() string { return fmt.Sprintf("+4930231257%05d", n.last.Add(1)) }

// begin makes a call come in for a browser's member.
func (l *load) begin(b *browser, state string) (*call, error) {
	c := l.newCall(b)
	var err error
	c.id, err = l.sim.ring(b.team.account, b.user.ID, c.number, state)
	return c, err
}

// newCall returns a call that has not begun.
func (l *load) newCall(b *browser) *call {
	c := &call{number: l.numbers.next(), owner: b}
	b.team.mu.Lock()
	defer b.team.mu.Unlock()
	b.team.calls[c.number] = c
	return c
}

// conversations let changes happen at the rate of the settings, one call after
// the other in each of several teams at a time, until ctx is done.
type conversations struct {
	*load
	tally
	running sync.WaitGroup
}

// A tally is what the conversations have done. mu guards it.
type tally struct {
	mu      sync.Mutex
	changes []*change
	clicks  []click // commands
	late    int     // changes that came later than they should, by an interval or more
	err     error   // the first one

	unfinished []*call // that go on
}

// A click is a command through the form of a page.
type click struct {
	callID string
	on     bool
	sent   time.Time
}

// stepsPerSecond is how many steps a second a call of a conversation takes at
// most.
const stepsPerSecond = 0.5

// converse lets changes happen for as long as ctx. It returns when all have been
// carried out.
func (l *load) converse(ctx context.Context) *conversations {
	v := &conversations{load: l}
	n := min(max(1, int(l.changes/stepsPerSecond)), l.changesAtATime())
	interval := time.Duration(float64(n) / l.changes * float64(time.Second))
	began := time.Now()
	for i := range n {
		// Conversations of a burst take their steps at the same time.
		offset := time.Duration(float64(i/l.burst*l.burst) / l.changes * float64(time.Second))
		v.running.Go(func() { v.run(ctx, i, n, began.Add(offset), interval) })
	}
	v.running.Wait()
	return v
}

// changesAtATime is how many conversations there can be: one for each member
// who has a browser that reads.
func (l *load) changesAtATime() int { return len(l.talkers) }

// run lets one conversation after the other happen, of the members i, i+n,
// i+2n and so on.
func (v *conversations) run(ctx context.Context, i, n int, at time.Time, interval time.Duration) {
	for round := 0; ctx.Err() == nil; round++ {
		b := v.talkers[(i+round*n)%len(v.talkers)]
		c := v.newCall(b)
		for k := range kinds {
			if !sleepUntil(ctx, at) {
				if k > rings {
					v.mu.Lock()
					v.unfinished = append(v.unfinished, c)
					v.mu.Unlock()
				}
				return
			}
			if time.Since(at) > interval {
				v.mu.Lock()
				v.late++
				v.mu.Unlock()
				at = time.Now()
			}
			if err := v.step(k, c); err != nil {
				v.mu.Lock()
				if v.err == nil {
					v.err = fmt.Errorf("%s: %w", kindNames[k], err)
				}
				v.mu.Unlock()
				return
			}
			at = at.Add(interval)
		}
		b.team.drop(c)
	}
}

// step carries out one step of a call.
func (v *conversations) step(k kind, c *call) (err error) {
	b := c.owner
	ch := b.team.expect(k, c)
	v.mu.Lock()
	v.tally.changes = append(v.tally.changes, ch)
	if k.command() {
		v.clicks = append(v.clicks, click{c.id, k == isHeld, *ch.began.Load()})
	}
	v.mu.Unlock()
	ctx := v.ctx // a step that has begun is not broken off
	switch k {
	case rings:
		c.id, err = v.sim.ring(b.team.account, b.user.ID, c.number, "ringing")
	case isAnswered:
		err = v.sim.pickUp(c.id, b.user.ID)
	case isHeld, isResumed:
		err = b.setHold(ctx, c, k == isHeld)
	case isHungUp:
		err = v.sim.hangUp(c.id)
	}
	return err
}

// sleepUntil waits until t and returns false if ctx is done before.
func sleepUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// finish ends the calls that go on. They go on until all their changes have been
// seen.
func (v *conversations) finish() error {
	return each(v.unfinished, 4, func(c *call) error { return v.sim.hangUp(c.id) })
}

// await waits until all changes have been seen, or for at most that long. It says which
// have not, and returns how many deliveries are missing.
func (v *conversations) await(atMost time.Duration) (missing int) {
	for deadline := time.Now().Add(atMost); ; time.Sleep(10 * time.Millisecond) {
		missing = 0
		for _, ch := range v.tally.changes {
			missing += int(ch.remaining.Load())
		}
		if missing == 0 {
			return 0
		}
		if time.Now().After(deadline) {
			break
		}
	}
	for _, ch := range v.tally.changes {
		if n := ch.remaining.Load(); n > 0 {
			v.say("%s: %s of %s reached all browsers of its team but %d", ch.began.Load().UTC().Format(time.RFC3339Nano), kindNames[ch.kind], ch.call.number, n)
		}
	}
	return missing
}
