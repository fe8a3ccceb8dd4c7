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
	name    string // of who gave it
	row     *row
	member  *member // whose access carries it
	began   uint64
	leg     *leg          // what it was sent to
	turn    chan struct{} // gets an element when it is this command's turn
	until   time.Time     // of the attention that it pays to the call
	waited  *waiting      // the grace that it ends
	over    bool          // its outcome is known, or known to be unknown

	// When the outcome is unknown: since when, and until when the lists may
	// still show that it was carried out after all.
	unknownAt uint64
	watched   time.Time
}

// carryOut checks the command, publishes it, waits for its turn and sends it.
func (b *Board) carryOut(ctx context.Context, c Command) (err error) {
	j, err := b.accept(ctx, c)
	if err != nil {
		return err
	}
	defer func() { b.resolve(j.waited, err) }()
	defer b.unlessOver(j, &err)
	if j.waited != nil {
		ctx = context.WithoutCancel(ctx) // a hang-up that waited must not be lost
	}
	if err = b.await(ctx, j); err == nil {
		err = b.transmit(ctx, j)
	}
	return err
}

// unlessOver is deferred by what carries a job out. If that panics, nobody
// knows what became of the job, and the call's next one gets its turn.
func (b *Board) unlessOver(j *job, err *error) {
	if j.over {
		return
	}
	*err = ErrUnknown
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.finishJob(j, Unknown, 0, now)
	b.flush(now)
}

// await waits for the job's turn. If ctx ends before, the job is given up.
func (b *Board) await(ctx context.Context, j *job) error {
	select {
	case <-j.turn:
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		b.giveUp(j, err)
		return err
	}
	return nil
}

// transmit sends the job, whose turn it is, and takes over the answer.
func (b *Board) transmit(ctx context.Context, j *job) error {
	l, api, err := b.begin(j)
	if err != nil {
		b.giveUp(j, err)
		return err
	}
	if before := j.command.BeforeSend; before != nil {
		if err := before(); err != nil {
			b.giveUp(j, err)
			return err
		}
	}
	err = j.command.Action.send(ctx, api, l.id)
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
	r, m, err := b.admit(c, now)
	if err != nil {
		return nil, err
	}
	actor := b.members[c.By] // whose limits count, whoever's access it is
	if actor == nil {
		actor = m
	}
	if err := actor.limit(c.Action, now); err != nil {
		return nil, err
	}
	j := b.newJob(c, r, m)
	if _, ok := c.Action.(HangUp); ok {
		j.waited = b.takeWaiting(r)
	}
	b.enqueue(j, now)
	b.flush(now)
	return j, nil
}

// admit finds the call and the member whose access carries the command, if it
// may be carried out now.
func (b *Board) admit(c Command, now time.Time) (*row, *member, error) {
	r, m := b.find(c.Call), b.members[c.carrier()]
	if err := b.check(r, m, c.Action); err != nil {
		return nil, nil, err
	}
	if !c.Override {
		if err := r.attendedBy(c.By, now); err != nil {
			return nil, nil, err
		}
	}
	return r, m, nil
}

// newJob makes a job of a command that was admitted.
func (b *Board) newJob(c Command, r *row, m *member) *job {
	return &job{command: c, name: b.nameOf(c.By), row: r, member: m, began: b.tick(), turn: make(chan struct{}, 1)}
}

// enqueue publishes the job as pending and lets it stand in its call's queue.
func (b *Board) enqueue(j *job, now time.Time) {
	r, a := j.row, j.command.Action
	j.until = now.Add(attentionLasts)
	r.queue = append(r.queue, j)
	if len(r.queue) == 1 {
		nudge(j.turn)
	}
	if on, ok := switched(a); ok {
		r.wants[a.Verb()] = &want{on, j}
	}
	r.lastN, r.open = j, nil
	r.last = &LastCommand{Verb: a.Verb(), By: j.command.By, Name: j.name, Outcome: Pending, At: now, Detail: a.detail()}
	if j.command.carrier() != j.command.By {
		r.last.Via = j.command.Via
	}
	b.touch(r)
}

// check decides whether the member may do this to the call. r and m are nil if
// there is no such row or member.
func (b *Board) check(r *row, m *member, a Action) error {
	if r == nil {
		return ErrNoCall
	}
	l := r.object(a)
	if l == nil || !l.is(Ringing) && !l.is(Connected) {
		return ErrEnded
	}
	ends := a.Verb() == VerbHangUp || a.Verb() == VerbCancelConsultation
	switch {
	case m == nil:
		return ErrNotYours
	case l.is(Ringing) && ends:
		return nil // no list shows it: sipgate decides
	case l.is(Ringing):
		return ErrNotEstablished
	case !l.seenBy(m):
		return ErrNotYours
	}
	if t, ok := a.(TransferTo); ok && r.has(string(t.To)) {
		return ErrSameParty
	}
	return nil
}

// has reports whether the number is on either side of the row's call now.
func (r *row) has(raw string) bool {
	n := number(raw)
	return r.current().has(n) || n != "" && (r.shown.Remote.Number == n || r.shown.Local.Number == n)
}

// look asks for the member's own list if it is not known yet whether the
// member sees the call: the poller may be content with another member's lists.
func (b *Board) look(ctx context.Context, c Command) error {
	m := b.uncertain(c)
	if m == nil {
		return nil
	}
	if err := b.ask(ctx, m); err != nil {
		return fmt.Errorf("%w: its list: %w", ErrNotYours, err)
	}
	return nil
}

// uncertain returns the member whose access carries the command if its newest list was
// asked for before the call could have been in it.
func (b *Board) uncertain(c Command) *member {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, m := b.find(c.Call), b.members[c.carrier()]
	if r == nil || m == nil || m.aside || b.check(r, m, c.Action) != ErrNotYours || m.asked >= r.established() {
		return nil
	}
	return m
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
		return &RateLimitError{Wait: wait}
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
	defer b.mu.Unlock()
	j.row = j.row.final()
	m := b.members[j.command.carrier()] // who left meanwhile does not act
	if err := b.check(j.row, m, j.command.Action); err != nil {
		return nil, nil, err
	}
	j.leg, j.member = j.row.object(j.command.Action), m
	return j.leg, j.member.api, nil
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
	j.row = j.row.final()
	r := j.row
	j.over = true
	if i := slices.Index(r.queue, j); i >= 0 {
		r.queue = slices.Delete(r.queue, i, i+1)
		if i == 0 && len(r.queue) > 0 {
			nudge(r.queue[0].turn)
		}
	}
	r.acted(j)
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
