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
type pollState struct {
	lastRequest  time.Time             // when the last request began
	backoffUntil time.Time             // no request before: sipgate asked for it, or fails
	pollNow      bool                  // a fact wants to be confirmed
	requested    map[*member]bool      // by one of these members' lists, if any
	recheckAt    map[*member]time.Time // members to be asked again, and when
	round        int
	backoff      *backoff.ExponentialBackOff
}

// After a failure the board waits 2, 4, 8 s and so on with 8 s, give or take a
// fifth so that teams do not fall into step; never less than watchedInterval,
// and never more than longestBackoff, so that the board is right within 10 s
// after sipgate is.
const maxBackoff = 8 * time.Second

func newPollState() pollState {
	return pollState{
		requested: map[*member]bool{},
		recheckAt: map[*member]time.Time{},
		backoff: &backoff.ExponentialBackOff{
			InitialInterval: 2 * time.Second, Multiplier: 2, MaxInterval: maxBackoff, RandomizationFactor: 0.2,
		},
	}
}

func (p *pollState) reset() {
	p.backoff.Reset()
	p.backoffUntil = time.Time{}
}

// forbiddenRest is how long a member is left alone whom sipgate forbids to
// list calls.
const forbiddenBackoff = time.Minute

// longestPause is how long the board lets sipgate stop it.
const maxRetryAfter = time.Minute

// hurry wants the lists of the given members, or of anybody, at once.
func (b *Board) requestPoll(ms ...*member) {
	b.poll.pollNow = true
	for _, m := range ms {
		b.poll.requested[m] = true
	}
	wake(b.pollWake)
}

// mostCatchUp is how many members are asked at once after a failure.
const maxResync = 5

// catchUp wants the lists of those who were not asked for longest, since sipgate
// answers again.
func (b *Board) resync(now time.Time) {
	ms := b.readyMembers(now)
	slices.SortStableFunc(ms, func(x, y *member) int { return x.listTime.Compare(y.listTime) })
	late := func(m *member) bool { return now.Sub(m.listTime) >= watchedInterval }
	ms = slices.DeleteFunc(ms[:min(len(ms), maxResync)], func(m *member) bool { return !late(m) })
	if len(ms) > 0 {
		b.requestPoll(ms...)
	}
}

// listFailed notes why a list did not come. Nothing ends by that.
func (b *Board) listFailed(m *member, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	kind := sipgate.KindOf(err)
	pause := min(max(b.poll.backoff.NextBackOff(), watchedInterval), maxBackoff)
	switch kind {
	case sipgate.Unauthorized:
		m.authFailed = true
	case sipgate.Forbidden, sipgate.Unsupported:
		m.backoffUntil = now.Add(forbiddenBackoff)
	case sipgate.Throttled:
		var e *sipgate.Error
		if errors.As(err, &e) && e.RetryAfter > 0 {
			pause = min(e.RetryAfter, maxRetryAfter)
		}
	}
	b.poll.backoffUntil = now.Add(pause)
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
		if err := b.requestList(ctx, m); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// next chooses the member to ask now, or tells how long nothing is to be done;
// a negative time means until something happens.
func (b *Board) nextPoll(now time.Time) (*member, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ms := b.readyMembers(now)
	if len(ms) == 0 {
		return nil, b.timeUntilReady(now)
	}
	p := &b.poll
	interval := unwatchedInterval
	if b.isWatched() {
		interval = watchedInterval
	}
	at := p.lastRequest.Add(interval)
	for m, t := range p.recheckAt {
		if m.authFailed || m.left {
			delete(p.recheckAt, m)
		} else if t.Before(at) && !m.backoffUntil.After(now) {
			at = t
		}
	}
	if p.pollNow {
		at = p.lastRequest.Add(minPollInterval)
	}
	for _, t := range []time.Time{p.backoffUntil, p.lastRequest.Add(minPollInterval)} {
		if t.After(at) {
			at = t
		}
	}
	if wait := at.Sub(now); wait > 0 {
		return nil, wait
	}
	return b.chooseMember(ms, now), 0
}

// ready are the members that may be asked now.
func (b *Board) readyMembers(now time.Time) []*member {
	ms := b.active()
	n := 0
	for _, m := range ms {
		if !m.backoffUntil.After(now) {
			ms[n], n = m, n+1
		}
	}
	return ms[:n]
}

// untilReady is how long until a member may be asked, negative if none will.
func (b *Board) timeUntilReady(now time.Time) time.Duration {
	wait := time.Duration(-1)
	for _, m := range b.active() {
		if d := m.backoffUntil.Sub(now); wait < 0 || d < wait {
			wait = d
		}
	}
	return wait
}

// choose decides whose turn it is: who must be asked again, whose list is
// wanted, and else, of five turns, four of the members whose lists cover the
// others' and one of the others; who waits longest first. While nobody is
// known to cover the others, those who alone see a call come twice as often.
func (b *Board) chooseMember(ms []*member, now time.Time) *member {
	p := &b.poll
	if m := highest(ms, func(m *member) float64 {
		if t, ok := p.recheckAt[m]; ok && !t.After(now) {
			return 1 + now.Sub(t).Seconds()
		}
		return 0
	}); m != nil {
		return m
	}
	p.pollNow = false
	if m := highest(ms, func(m *member) float64 {
		if p.requested[m] {
			return 1
		}
		return 0
	}); m != nil {
		delete(p.requested, m)
		p.pollNow = len(p.requested) > 0
		return m
	}
	p.round++
	covering, others := splitByCoverage(ms)
	switch {
	case len(covering) == 0:
	case len(others) > 0 && p.round%5 == 0:
		ms = others
	default:
		ms = covering
	}
	return highest(ms, func(m *member) float64 {
		waits := 1 + now.Sub(m.listTime).Seconds()
		if m.seesExclusiveCall() {
			waits *= 2
		}
		return waits
	})
}

// best returns the member with the highest positive weight, the first of equals.
func highest(ms []*member, weight func(*member) float64) *member {
	var found *member
	top := 0.0
	for _, m := range ms {
		if w := weight(m); w > top {
			found, top = m, w
		}
	}
	return found
}

func splitByCoverage(ms []*member) (covering, others []*member) {
	for _, m := range ms {
		if m.coversAll() {
			covering = append(covering, m)
		} else {
			others = append(others, m)
		}
	}
	return covering, others
}

// alone reports whether the member sees a call that nobody else sees.
func (m *member) seesExclusiveCall() bool {
	for _, s := range m.visibleCalls {
		if len(s.leg.observers) == 1 {
			return true
		}
	}
	return false
}
