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
type pendingCommand struct {
	command       Command
	byName        string // of who gave it
	row           *row
	carrier       *member // whose access carries it
	startTick     uint64
	leg           *leg           // what it was sent to
	turn          chan struct{}  // gets an element when it is this command's turn
	claimUntil    time.Time      // of the attention that it pays to the call
	pendingHangup *pendingHangup // the grace that it ends
	finished      bool           // its outcome is known, or known to be unknown

	// When the outcome is unknown: since when, and until when the lists may
	// still show that it was carried out after all.
	unknownTick    uint64
	reconcileUntil time.Time
}

// carryOut checks the command, publishes it, waits for its turn and sends it.
func (b *Board) execute(ctx context.Context, c Command) (err error) {
	cmd, err := b.accept(ctx, c)
	if err != nil {
		return err
	}
	defer func() { b.resolve(cmd.pendingHangup, err) }()
	defer b.finishAfterPanic(cmd, &err)
	if cmd.pendingHangup != nil {
		ctx = context.WithoutCancel(ctx) // a hang-up that waited must not be lost
	}
	if err = b.awaitTurn(ctx, cmd); err == nil {
		err = b.transmit(ctx, cmd)
	}
	return err
}

// unlessOver is deferred by what carries a job out. If that panics, nobody
// knows what became of the job, and the call's next one gets its turn.
func (b *Board) finishAfterPanic(cmd *pendingCommand, err *error) {
	if cmd.finished {
		return
	}
	*err = ErrOutcomeUnknown
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.finishCommand(cmd, Unknown, 0, now)
	b.flush(now)
}

// await waits for the job's turn. If ctx ends before, the job is given up.
func (b *Board) awaitTurn(ctx context.Context, cmd *pendingCommand) error {
	select {
	case <-cmd.turn:
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		b.abandon(cmd, err)
		return err
	}
	return nil
}

// transmit sends the job, whose turn it is, and takes over the answer.
func (b *Board) transmit(ctx context.Context, cmd *pendingCommand) error {
	l, api, err := b.prepareSend(cmd)
	if err != nil {
		b.abandon(cmd, err)
		return err
	}
	if before := cmd.command.BeforeSend; before != nil {
		if err := before(); err != nil {
			b.abandon(cmd, err)
			return err
		}
	}
	err = cmd.command.Action.send(ctx, api, l.id)
	return b.applyResponse(cmd, l, err)
}

// accept turns a command that may be carried out into a job, published as
// pending and standing in its call's queue.
func (b *Board) accept(ctx context.Context, c Command) (*pendingCommand, error) {
	if err := b.ensureListed(ctx, c); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.expire(now)
	r, m, err := b.findTarget(c, now)
	if err != nil {
		return nil, err
	}
	actor := b.members[c.By] // whose limits count, whoever's access it is
	if actor == nil {
		actor = m
	}
	if err := actor.checkRateLimit(c.Action, now); err != nil {
		return nil, err
	}
	cmd := b.newPendingCommand(c, r, m)
	if _, ok := c.Action.(HangUp); ok {
		cmd.pendingHangup = b.takePendingHangup(r)
	}
	b.enqueue(cmd, now)
	b.flush(now)
	return cmd, nil
}

// admit finds the call and the member whose access carries the command, if it
// may be carried out now.
func (b *Board) findTarget(c Command, now time.Time) (*row, *member, error) {
	r, m := b.findRow(c.Call), b.members[c.carrier()]
	if err := b.checkAction(r, m, c.Action); err != nil {
		return nil, nil, err
	}
	if !c.Override {
		if err := r.claimConflict(c.By, now); err != nil {
			return nil, nil, err
		}
	}
	return r, m, nil
}

// newJob makes a job of a command that was admitted.
func (b *Board) newPendingCommand(c Command, r *row, m *member) *pendingCommand {
	return &pendingCommand{command: c, byName: b.memberName(c.By), row: r, carrier: m, startTick: b.tick(), turn: make(chan struct{}, 1)}
}

// enqueue publishes the job as pending and lets it stand in its call's queue.
func (b *Board) enqueue(cmd *pendingCommand, now time.Time) {
	r, a := cmd.row, cmd.command.Action
	cmd.claimUntil = now.Add(claimDuration)
	r.queue = append(r.queue, cmd)
	if len(r.queue) == 1 {
		wake(cmd.turn)
	}
	if on, ok := toggleTarget(a); ok {
		r.toggleRequests[a.Verb()] = &toggleRequest{on, cmd}
	}
	r.lastPending, r.unresolved = cmd, nil
	r.lastCommand = &LastCommand{Verb: a.Verb(), By: cmd.command.By, Name: cmd.byName, Outcome: Pending, At: now, Detail: a.detail()}
	if cmd.command.carrier() != cmd.command.By {
		r.lastCommand.Via = cmd.command.Via
	}
	b.markDirty(r)
}

// check decides whether the member may do this to the call. r and m are nil if
// there is no such row or member.
func (b *Board) checkAction(r *row, m *member, a Action) error {
	if r == nil {
		return ErrNoCall
	}
	l := r.targetLeg(a)
	if l == nil || !l.inPhase(Ringing) && !l.inPhase(Connected) {
		return ErrEnded
	}
	ends := a.Verb() == VerbHangUp || a.Verb() == VerbCancelConsultation
	switch {
	case m == nil:
		return ErrNotVisible
	case l.inPhase(Ringing) && ends:
		return nil // no list shows it: sipgate decides
	case l.inPhase(Ringing):
		return ErrNotEstablished
	case !l.observedBy(m):
		return ErrNotVisible
	}
	if t, ok := a.(TransferTo); ok && r.hasNumber(string(t.To)) {
		return ErrAlreadyInCall
	}
	return nil
}

// has reports whether the number is on either side of the row's call now.
func (r *row) hasNumber(raw string) bool {
	n := normalize(raw)
	return r.current().hasNumber(n) || n != "" && (r.published.Remote.Number == n || r.published.Local.Number == n)
}

// look asks for the member's own list if it is not known yet whether the
// member sees the call: the poller may be content with another member's lists.
func (b *Board) ensureListed(ctx context.Context, c Command) error {
	m := b.memberToList(c)
	if m == nil {
		return nil
	}
	if err := b.requestList(ctx, m); err != nil {
		return fmt.Errorf("%w: its list: %w", ErrNotVisible, err)
	}
	return nil
}

// uncertain returns the member whose access carries the command if its newest list was
// asked for before the call could have been in it.
func (b *Board) memberToList(c Command) *member {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, m := b.findRow(c.Call), b.members[c.carrier()]
	if r == nil || m == nil || m.authFailed || b.checkAction(r, m, c.Action) != ErrNotVisible || m.listTick >= r.establishedTick() {
		return nil
	}
	return m
}

// established is when the row's current leg was first known to be established,
// by list or by event: lists asked for later contain it.
func (r *row) establishedTick() uint64 {
	l := r.current()
	if l.listed && (l.answerTick == 0 || l.firstListTick < l.answerTick) {
		return l.firstListTick
	}
	return l.answerTick
}

// limit counts the command against the member's limits.
func (m *member) checkRateLimit(a Action, now time.Time) error {
	var wait time.Duration
	ok := true
	switch a.(type) {
	case TransferTo:
		wait, ok = m.transferLimit.take(now, maxTransfers, transfersPer)
	case Tones:
		wait, ok = m.toneLimit.take(now, maxTones, tonesPer)
	}
	if !ok {
		return &RateLimitError{Wait: wait}
	}
	return nil
}

// switched is what an action wants a switch to be, if it is about one.
func toggleTarget(a Action) (on, ok bool) {
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
func (b *Board) prepareSend(cmd *pendingCommand) (*leg, API, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	cmd.row = cmd.row.canonical()
	m := b.members[cmd.command.carrier()] // who left meanwhile does not act
	if err := b.checkAction(cmd.row, m, cmd.command.Action); err != nil {
		return nil, nil, err
	}
	cmd.leg, cmd.carrier = cmd.row.targetLeg(cmd.command.Action), m
	return cmd.leg, cmd.carrier.api, nil
}

// giveUp ends a job that was not sent.
func (b *Board) abandon(cmd *pendingCommand, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	reason := sipgate.Other
	if errors.Is(err, ErrEnded) {
		reason = sipgate.NoCall
	}
	now := time.Now()
	b.finishCommand(cmd, Failed, reason, now)
	b.flush(now)
}

// finishJob publishes what became of a job and gives the turn to the next.
func (b *Board) finishCommand(cmd *pendingCommand, o Outcome, reason sipgate.Kind, now time.Time) {
	cmd.row = cmd.row.canonical()
	r := cmd.row
	cmd.finished = true
	if i := slices.Index(r.queue, cmd); i >= 0 {
		r.queue = slices.Delete(r.queue, i, i+1)
		if i == 0 && len(r.queue) > 0 {
			wake(r.queue[0].turn)
		}
	}
	r.endClaimOf(cmd)
	if w := r.toggleRequests[cmd.command.Action.Verb()]; w != nil && w.cmd == cmd {
		delete(r.toggleRequests, cmd.command.Action.Verb())
	}
	r.setOutcome(cmd, o, reason, now)
	b.markDirty(r)
}

// outcome replaces the row's order if it still is this job's.
func (r *row) setOutcome(cmd *pendingCommand, o Outcome, reason sipgate.Kind, now time.Time) {
	if r.lastPending != cmd {
		return
	}
	order := *r.lastCommand
	order.Outcome, order.Reason, order.At = o, reason, now
	r.lastCommand = &order
}
