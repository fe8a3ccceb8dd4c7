package switchboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"callboard/sipgate"
)

// A job is a command on its way.
type job struct {
	command Command
	row     *row
	member  *member
	began   uint64
	turn    chan struct{} // gets an element when it is this command's turn

	// When the outcome is unknown: since when, and until when the lists may
	// still show that it was carried out after all.
	unknownAt uint64
	watched   time.Time
}

// carryOut checks the command, publishes it, waits for its turn and sends it.
func (b *Board) carryOut(ctx context.Context, c Command) error {
	j, err := b.accept(ctx, c)
	if err != nil {
		return err
	}
	select {
	case <-j.turn:
	case <-ctx.Done():
		b.giveUp(j, ctx.Err())
		return ctx.Err()
	}
	l, api, err := b.begin(j)
	if err != nil {
		return err
	}
	err = c.Action.send(ctx, api, l.id)
	return b.settle(j, l, err)
}

// accept turns a command that may be carried out into a job, published as
// pending and standing in its call's queue.
func (b *Board) accept(ctx context.Context, c Command) (*job, error) {
	if err := b.look(ctx, c); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.sweep(now)
	r, m, err := b.check(c)
	if err != nil {
		return nil, err
	}
	if err := m.limit(c.Action, now); err != nil {
		return nil, err
	}
	j := &job{command: c, row: r, member: m, began: b.tick(), turn: make(chan struct{}, 1)}
	r.queue = append(r.queue, j.turn)
	if len(r.queue) == 1 {
		j.turn <- struct{}{}
	}
	if on, ok := switched(c.Action); ok {
		r.wants[c.Action.Verb()] = &want{on, j}
	}
	r.lastN, r.open = j, nil
	r.last = &Order{Verb: c.Action.Verb(), By: c.By, Outcome: Pending, At: now, Detail: c.Action.detail()}
	b.touch(r)
	b.flush(now)
	return j, nil
}

// check finds the row and the member, and whether the one may do this to the
// other.
func (b *Board) check(c Command) (*row, *member, error) {
	r, ok := b.rows[c.Call]
	if !ok {
		return nil, nil, ErrNoCall
	}
	l := r.current()
	p, _ := l.phase()
	m := b.members[c.By]
	_, hangUp := c.Action.(HangUp)
	switch {
	case p == Ended:
		return nil, nil, ErrEnded
	case m == nil:
		return nil, nil, ErrNotYours
	case p == Ringing && hangUp: // no list shows it: sipgate decides
		return r, m, nil
	case p == Ringing:
		return nil, nil, ErrNotEstablished
	case !l.seenBy(m):
		return nil, nil, ErrNotYours
	}
	if t, ok := c.Action.(TransferTo); ok && r.has(string(t.To)) {
		return nil, nil, ErrSameParty
	}
	return r, m, nil
}

// has reports whether the number is on either side of the row's call now.
func (r *row) has(raw string) bool {
	n := number(raw)
	return r.current().has(n) || n != "" && (r.shown.Outside.Number == n || r.shown.Inside.Number == n)
}

// look asks for the member's own list if it is not known yet whether the
// member sees the call: the poller may be content with another member's lists.
func (b *Board) look(ctx context.Context, c Command) error {
	b.mu.Lock()
	_, _, err := b.check(c)
	m := b.members[c.By]
	stale := false
	if r, ok := b.rows[c.Call]; ok && m != nil && !m.aside {
		stale = m.asked < r.established()
	}
	b.mu.Unlock()
	if !errors.Is(err, ErrNotYours) || !stale {
		return nil
	}
	if err := b.ask(ctx, m); err != nil {
		return fmt.Errorf("%w: its list: %w", ErrNotYours, err)
	}
	return nil
}

// established is when the row's current leg was first known to be established,
// by list or by event: lists asked for later contain it.
func (r *row) established() uint64 {
	l := r.current()
	if l.listed && (l.answeredAt == 0 || l.first < l.answeredAt) {
		return l.first
	}
	return l.answeredAt
}

// limit counts the command against the member's limits.
func (m *member) limit(a Action, now time.Time) error {
	var wait time.Duration
	ok := true
	switch a.(type) {
	case TransferTo:
		wait, ok = m.transfers.take(now, mostTransfers, transfersPer)
	case Tones:
		wait, ok = m.sends.take(now, mostTones, tonesPer)
	}
	if !ok {
		return &TooMany{Wait: wait}
	}
	return nil
}

// switched is what an action wants a switch to be, if it is about one.
func switched(a Action) (on, ok bool) {
	switch a := a.(type) {
	case Hold:
		return a.On, true
	case Mute:
		return a.On, true
	case Record:
		return a.On, true
	}
	return false, false
}

// begin, when it is the job's turn, finds where to send it: the call may have
// ended or have another leg by now.
func (b *Board) begin(j *job) (*leg, API, error) {
	b.mu.Lock()
	l := j.row.current()
	err := ErrEnded
	if l != nil && l.end == live {
		_, _, err = b.check(j.command)
	}
	api := j.member.api
	b.mu.Unlock()
	if err != nil {
		b.giveUp(j, err)
		return nil, nil, err
	}
	return l, api, nil
}

// giveUp ends a job that was not sent.
func (b *Board) giveUp(j *job, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	reason := sipgate.Other
	if errors.Is(err, ErrEnded) {
		reason = sipgate.NoCall
	}
	now := time.Now()
	b.finishJob(j, Failed, reason, now)
	b.flush(now)
}

// finishJob publishes what became of a job and gives the turn to the next.
func (b *Board) finishJob(j *job, o Outcome, reason sipgate.Kind, now time.Time) {
	r := j.row
	if i := slices.Index(r.queue, j.turn); i >= 0 {
		r.queue = slices.Delete(r.queue, i, i+1)
		if i == 0 && len(r.queue) > 0 {
			r.queue[0] <- struct{}{}
		}
	}
	if w := r.wants[j.command.Action.Verb()]; w != nil && w.job == j {
		delete(r.wants, j.command.Action.Verb())
	}
	r.outcome(j, o, reason, now)
	b.touch(r)
}

// outcome replaces the row's order if it still is this job's.
func (r *row) outcome(j *job, o Outcome, reason sipgate.Kind, now time.Time) {
	if r.lastN != j {
		return
	}
	order := *r.last
	order.Outcome, order.Reason, order.At = o, reason, now
	r.last = &order
}
