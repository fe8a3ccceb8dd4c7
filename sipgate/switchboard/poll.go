package switchboard

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"callboard/sipgate"
)

// plan says whose list is asked for next, and when. It is protected by
// Board.mu.
type plan struct {
	asked  time.Time             // when the last request began
	pause  time.Time             // no request before: sipgate asked for it, or fails
	hurry  bool                  // a fact wants to be confirmed
	wanted map[*member]bool      // by one of these members' lists, if any
	again  map[*member]time.Time // members to be asked again, and when
	turn   int
	wait   *backoff.ExponentialBackOff
}

// After a failure the board waits 2, 4, 8 s and so on with 8 s, give or take a
// fifth so that teams do not fall into step; never less than watchedInterval,
// and never more than longestBackoff, so that the board is right within 10 s
// after sipgate is.
const longestBackoff = 8 * time.Second

func newPlan() plan {
	return plan{
		wanted: map[*member]bool{},
		again:  map[*member]time.Time{},
		wait: &backoff.ExponentialBackOff{
			InitialInterval: 2 * time.Second, Multiplier: 2, MaxInterval: longestBackoff, RandomizationFactor: 0.2,
		},
	}
}

func (p *plan) succeeded() {
	p.wait.Reset()
	p.pause = time.Time{}
}

// forbiddenRest is how long a member is left alone whom sipgate forbids to
// list calls.
const forbiddenRest = time.Minute

// longestPause is how long the board lets sipgate stop it.
const longestPause = time.Minute

// hurry wants the lists of the given members, or of anybody, at once.
func (b *Board) hurry(ms ...*member) {
	b.plan.hurry = true
	for _, m := range ms {
		b.plan.wanted[m] = true
	}
	nudge(b.wake)
}

// mostCatchUp is how many members are asked at once after a failure.
const mostCatchUp = 5

// catchUp wants the lists of those who were not asked for longest, since sipgate
// answers again.
func (b *Board) catchUp(now time.Time) {
	ms := b.ready(now)
	slices.SortStableFunc(ms, func(x, y *member) int { return x.askedAt.Compare(y.askedAt) })
	late := func(m *member) bool { return now.Sub(m.askedAt) >= watchedInterval }
	ms = slices.DeleteFunc(ms[:min(len(ms), mostCatchUp)], func(m *member) bool { return !late(m) })
	if len(ms) > 0 {
		b.hurry(ms...)
	}
}

// listFailed notes why a list did not come. Nothing ends by that.
func (b *Board) listFailed(m *member, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	kind := sipgate.KindOf(err)
	pause := min(max(b.plan.wait.NextBackOff(), watchedInterval), longestBackoff)
	switch kind {
	case sipgate.Unauthorized:
		m.aside = true
	case sipgate.Forbidden, sipgate.Unsupported:
		m.rest = now.Add(forbiddenRest)
	case sipgate.Throttled:
		var e *sipgate.Error
		if errors.As(err, &e) && e.RetryAfter > 0 {
			pause = min(e.RetryAfter, longestPause)
		}
	}
	b.plan.pause = now.Add(pause)
	if !b.health.Failing || b.health.Reason != kind {
		b.log.Warn("sipgate does not list calls", "member", string(m.id), "error", err)
	}
	b.health.Failing, b.health.Reason = true, kind
	b.reportHealth()
}

// Poll asks for the list of every member once, one after the other, and takes
// over what differs. It returns the first error, but asks the others all the
// same.
func (b *Board) Poll(ctx context.Context) error {
	b.mu.Lock()
	ms := b.active()
	b.mu.Unlock()
	var first error
	for _, m := range ms {
		if err := b.ask(ctx, m); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// next chooses the member to ask now, or tells how long nothing is to be done;
// a negative time means until something happens.
func (b *Board) next(now time.Time) (*member, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ms := b.ready(now)
	if len(ms) == 0 {
		return nil, b.untilReady(now)
	}
	p := &b.plan
	interval := b.options.Unwatched
	if b.isWatched() {
		interval = b.options.Watched
	}
	at := p.asked.Add(interval)
	for m, t := range p.again {
		if m.aside || m.gone {
			delete(p.again, m)
		} else if t.Before(at) && !m.rest.After(now) {
			at = t
		}
	}
	if p.hurry {
		at = p.asked.Add(hurryInterval)
	}
	for _, t := range []time.Time{p.pause, p.asked.Add(hurryInterval)} {
		if t.After(at) {
			at = t
		}
	}
	if wait := at.Sub(now); wait > 0 {
		return nil, wait
	}
	return b.choose(ms, now), 0
}

// ready are the members that may be asked now.
func (b *Board) ready(now time.Time) []*member {
	ms := b.active()
	n := 0
	for _, m := range ms {
		if !m.rest.After(now) {
			ms[n], n = m, n+1
		}
	}
	return ms[:n]
}

// untilReady is how long until a member may be asked, negative if none will.
func (b *Board) untilReady(now time.Time) time.Duration {
	wait := time.Duration(-1)
	for _, m := range b.active() {
		if d := m.rest.Sub(now); wait < 0 || d < wait {
			wait = d
		}
	}
	return wait
}

// choose decides whose turn it is: who must be asked again, whose list is
// wanted, and else, of five turns, four of the members whose lists cover the
// others' and one of the others; who waits longest first. While nobody is
// known to cover the others, those who alone see a call come twice as often.
func (b *Board) choose(ms []*member, now time.Time) *member {
	p := &b.plan
	if m := best(ms, func(m *member) float64 {
		if t, ok := p.again[m]; ok && !t.After(now) {
			return 1 + now.Sub(t).Seconds()
		}
		return 0
	}); m != nil {
		return m
	}
	p.hurry = false
	if m := best(ms, func(m *member) float64 {
		if p.wanted[m] {
			return 1
		}
		return 0
	}); m != nil {
		delete(p.wanted, m)
		p.hurry = len(p.wanted) > 0
		return m
	}
	p.turn++
	wide, narrow := split(ms)
	switch {
	case len(wide) == 0:
	case len(narrow) > 0 && p.turn%5 == 0:
		ms = narrow
	default:
		ms = wide
	}
	return best(ms, func(m *member) float64 {
		waits := 1 + now.Sub(m.askedAt).Seconds()
		if m.alone() {
			waits *= 2
		}
		return waits
	})
}

// best returns the member with the highest positive weight, the first of equals.
func best(ms []*member, weight func(*member) float64) *member {
	var found *member
	top := 0.0
	for _, m := range ms {
		if w := weight(m); w > top {
			found, top = m, w
		}
	}
	return found
}

func split(ms []*member) (wide, narrow []*member) {
	for _, m := range ms {
		if m.wide() {
			wide = append(wide, m)
		} else {
			narrow = append(narrow, m)
		}
	}
	return wide, narrow
}

// alone reports whether the member sees a call that nobody else sees.
func (m *member) alone() bool {
	for _, s := range m.shows {
		if len(s.leg.seen) == 1 {
			return true
		}
	}
	return false
}
