package switchboard

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"callboard/sipgate"
)

// pollState decides whose list is requested next, and when. Board.mu guards
// it.
type pollState struct {
	lastRequest  time.Time             // start of the last request
	lastReserved time.Time             // start of the last request that was not for a list
	reserving    int                   // callers that wait in Reserve
	backoffUntil time.Time             // no request before: sipgate fails or throttles
	pollNow      bool                  // a fact is to be confirmed by a list immediately
	requested    map[*member]bool      // members whose lists to prefer for that; may be empty
	recheckAt    map[*member]time.Time // members to poll again, and when
	round        int
	refusals     int // lists that sipgate refused in succession, see noteRefusal
	backoff      *backoff.ExponentialBackOff
}

// maxBackoff caps the delay after failures: 2, 4, 8, 8 s and so on, with ±20 %
// jitter so that teams do not poll in step, never less than watchedInterval.
// The board is thus current within 10 s after sipgate recovers.
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

// forbiddenBackoff is how long a member is not polled after sipgate forbade it
// to list calls twice.
const forbiddenBackoff = time.Minute

// maxRetryAfter caps the Retry-After that the board obeys.
const maxRetryAfter = time.Minute

// requestPoll requests a list immediately: of the given members or, without
// any, of the member whose turn it is.
func (b *Board) requestPoll(ms ...*member) {
	b.poll.pollNow = true
	for _, m := range ms {
		b.poll.requested[m] = true
	}
	wake(b.pollWake)
}

// maxResync is how many members are polled immediately after an outage.
const maxResync = 5

// resync requests the lists of the members polled longest ago, after an
// outage.
func (b *Board) resync(now time.Time) {
	ms := b.readyMembers(now)
	slices.SortStableFunc(ms, func(x, y *member) int { return x.listTime.Compare(y.listTime) })
	late := func(m *member) bool { return now.Sub(m.listTime) >= watchedInterval }
	ms = slices.DeleteFunc(ms[:min(len(ms), maxResync)], func(m *member) bool { return !late(m) })
	if len(ms) > 0 {
		b.requestPoll(ms...)
	}
}

// listFailed records why a list could not be read. No call ends by that.
func (b *Board) listFailed(m *member, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	kind := sipgate.KindOf(err)
	pause := min(max(b.poll.backoff.NextBackOff(), watchedInterval), maxBackoff)
	if refusesList(err) && b.noteRefusal(m, kind, now) {
		b.poll.reset()
		b.reportHealth()
		return
	}
	switch kind {
	case sipgate.Unauthorized:
		m.authFailed = true
		for _, s := range m.visibleCalls { // no list tells of them any more, see silentEnd
			b.markDirty(s.leg.row)
		}
		b.flush(now)
	case sipgate.Throttled:
		var e *sipgate.Error
		if errors.As(err, &e) && e.RetryAfter > 0 {
			pause = min(e.RetryAfter, maxRetryAfter)
		}
	}
	b.poll.backoffUntil = now.Add(pause)
	if b.health.ListRefused {
		b.reportHealth()
		return // the board needs no list, nor waits for one
	}
	if !b.health.Failing || b.health.Reason != kind {
		b.log.Warn("list calls", "member", string(m.id), "error", err)
	}
	b.health.Failing, b.health.Reason = true, kind
	b.reportHealth()
}

// Poll requests the list of every member once, one after the other. It returns
// the first error, after it has polled the others as well.
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

// ReadLists requests, all at once, the lists of some members of whom the board has none
// yet, such as after it was opened, or one that is older than maxAge. Members that are not
// polled are left out. An error wraps [ErrNotVisible]: what those lists would show is not
// known.
func (b *Board) ReadLists(ctx context.Context, ids []MemberID, maxAge time.Duration) error {
	b.mu.Lock()
	var old []*member
	for _, m := range b.active() {
		if slices.Contains(ids, m.id) && (m.listTick == 0 || time.Since(m.listTime) > maxAge) {
			old = append(old, m)
		}
	}
	if b.health.ListRefused {
		old = nil
	}
	b.mu.Unlock()
	errs := make(chan error)
	for _, m := range old {
		go func() { errs <- b.readList(ctx, m) }()
	}
	var first error
	for range old {
		first = cmp.Or(first, <-errs)
	}
	return first
}

// nextPoll returns the member to poll now, or nil and the time to wait; a
// negative time means until pollWake.
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
	if p.reserving > 0 && !p.lastReserved.Add(2*watchedInterval).After(at) {
		at = at.Add(minPollInterval) // of two that are due at the same time, Reserve goes first
	}
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

// readyMembers returns the members that may be polled now.
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

// timeUntilReady returns the time until a member may be polled, negative if
// there are none.
func (b *Board) timeUntilReady(now time.Time) time.Duration {
	wait := time.Duration(-1)
	for _, m := range b.active() {
		if d := m.backoffUntil.Sub(now); wait < 0 || d < wait {
			wait = d
		}
	}
	return wait
}

// chooseMember chooses whom to poll: first members to poll again, then
// requested members. Otherwise four of five turns go to members whose lists
// cover everyone's and one to the others; within a group, the member who
// waited longest is next. While no member covers everyone's calls, members who
// see a call that no other sees are polled twice as often.
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

// highest returns the member with the highest positive weight, the first of
// equals, nil if there is none.
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

// seesExclusiveCall reports whether the member sees a call that no other
// member sees.
func (m *member) seesExclusiveCall() bool {
	for _, s := range m.visibleCalls {
		if len(s.leg.observers) == 1 {
			return true
		}
	}
	return false
}

// reportPoll reports a request for a list, unless it was given up.
func (b *Board) reportPoll(ctx context.Context, err error, begun time.Time) {
	if b.options.OnPoll != nil && ctx.Err() == nil {
		b.options.OnPoll(err, time.Since(begun))
	}
}
