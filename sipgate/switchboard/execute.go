package switchboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"callboard/sipgate"
)

// A pendingCommand is a command that was accepted and is not answered yet.
type pendingCommand struct {
	command       Command
	byName        string // name of command.By
	row           *row
	carrier       *member // member whose access sends it
	startTick     uint64
	leg           *leg           // leg that it was sent to
	ready         chan struct{}  // receives an element when it is the first in the row's queue
	claimUntil    time.Time      // expiry of the claim that it implies
	pendingHangup *pendingHangup // pending hang-up that gets its outcome, or nil
	finished      bool           // its outcome, possibly Unknown, is published

	// If the outcome is unknown: since when, and until when lists may still
	// show that it was executed.
	unknownTick    uint64
	reconcileUntil time.Time
}

// execute checks the command, publishes it as pending, waits for its turn and
// sends it.
func (b *Board) execute(ctx context.Context, c Command) (err error) {
	cmd, err := b.accept(ctx, c)
	if err != nil {
		return err
	}
	defer func() { b.resolve(cmd.pendingHangup, err) }()
	defer b.finishAfterPanic(cmd, &err)
	if cmd.pendingHangup != nil {
		ctx = context.WithoutCancel(ctx) // a hang-up that was pending must not be lost
	}
	if err = b.awaitTurn(ctx, cmd); err == nil {
		err = b.transmit(ctx, cmd)
	}
	return err
}

// finishAfterPanic is deferred around sending a command. After a panic the
// outcome is unknown, and the next command in the queue gets its turn.
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

// awaitTurn waits until the command is the first in its row's queue. If ctx
// ends before, it abandons the command.
func (b *Board) awaitTurn(ctx context.Context, cmd *pendingCommand) error {
	select {
	case <-cmd.ready:
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		b.abandon(cmd, err)
		return err
	}
	return nil
}

// transmit sends the command, whose turn it is, and applies the response.
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

// accept checks the command, publishes it as pending and adds it to its row's
// queue.
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
	actor := b.members[c.By] // rate limits count for the actor, not for the carrier
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

// findTarget returns the row of the command's call and the member whose access
// sends the command, or the reason why it cannot be executed now.
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

// newPendingCommand returns a pendingCommand that is in no queue yet.
func (b *Board) newPendingCommand(c Command, r *row, m *member) *pendingCommand {
	return &pendingCommand{command: c, byName: b.memberName(c.By), row: r, carrier: m, startTick: b.tick(), ready: make(chan struct{}, 1)}
}

// enqueue publishes the command as pending and appends it to its row's queue.
func (b *Board) enqueue(cmd *pendingCommand, now time.Time) {
	r, a := cmd.row, cmd.command.Action
	cmd.claimUntil = now.Add(claimDuration)
	r.queue = append(r.queue, cmd)
	if len(r.queue) == 1 || cmd.command.AtOnce && !r.awaits(cmd.command.By) {
		wake(cmd.ready)
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

// awaits reports whether another command of the member than the newest one is in
// the row's queue.
func (r *row) awaits(by MemberID) bool {
	return slices.ContainsFunc(r.queue[:len(r.queue)-1], func(o *pendingCommand) bool { return o.command.By == by })
}

// checkAction returns an error if m's access cannot execute the action on the
// row's call. Both r and m may be nil.
func (b *Board) checkAction(r *row, m *member, a Action) error {
	if r == nil {
		return ErrNoCall
	}
	l := b.targetLeg(r, m, a)
	if l == nil || !l.inPhase(Ringing) && !l.inPhase(Connected) {
		return ErrEnded
	}
	ends := a.Verb() == VerbHangUp || a.Verb() == VerbCancelConsultation
	switch {
	case m == nil:
		return ErrNotVisible
	case l.inPhase(Ringing) && ends:
		return nil // no list contains ringing calls: sipgate decides
	case l.inPhase(Ringing):
		return ErrNotEstablished
	case !b.reaches(m, l):
		return ErrNotVisible
	}
	if t, ok := a.(TransferTo); ok && r.hasNumber(string(t.To)) {
		return ErrAlreadyInCall
	}
	return nil
}

// hasNumber reports whether the number is a party of the row's call.
func (r *row) hasNumber(raw string) bool {
	n := normalize(raw)
	return r.current().hasNumber(n) || n != "" && (r.published.Remote.Number == n || r.published.Local.Number == n)
}

// ensureListed requests the list of the member whose access sends the command if
// the newest one cannot tell whether the member sees the call: the poller
// may rely on another member's lists, and the event of an answer may be lost.
func (b *Board) ensureListed(ctx context.Context, c Command) error {
	m, required := b.memberToList(c)
	if m == nil {
		return nil
	}
	if err := b.readList(ctx, m); required {
		return err
	}
	return ctx.Err() // what was known before decides
}

// readList requests a member's list. Without it, it is not known what it would show: an
// error wraps [ErrNotVisible].
func (b *Board) readList(ctx context.Context, m *member) error {
	if err := b.requestList(ctx, m); err != nil {
		return fmt.Errorf("%w: read list: %w", ErrNotVisible, err)
	}
	return nil
}

// memberToList returns the member whose access sends the command if that
// member's newest list was requested before the call could have been in it,
// else nil. The list is required unless the call rings, as far as is known.
func (b *Board) memberToList(c Command) (_ *member, required bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, m := b.findRow(c.Call), b.members[c.carrier()]
	if r == nil || m == nil || m.authFailed || b.health.ListRefused {
		return nil, false
	}
	switch b.checkAction(r, m, c.Action) {
	case ErrNotVisible:
		if m.listTick < r.establishedTick() {
			return m, true
		}
	case ErrNotEstablished:
		if time.Since(m.listTime) > AnsweredWithin {
			return m, false
		}
	}
	return nil, false
}

// AnsweredWithin is the age of a list from which on a call that is not in it may have been
// answered since.
const AnsweredWithin = time.Second

// establishedTick returns when the row's conversation was first known to be
// connected, by list or by event. Lists requested later contain it.
func (r *row) establishedTick() (tick uint64) {
	legs := r.chain()
	conversation, _, _ := legs.conversation(legs.current())
	for _, l := range conversation {
		tick = max(tick, l.establishedTick())
	}
	return tick
}

func (l *leg) establishedTick() uint64 {
	if l.listed && (l.answerTick == 0 || l.firstListTick < l.answerTick) {
		return l.firstListTick
	}
	return l.answerTick
}

// checkRateLimit counts the action against the member's rate limits.
func (m *member) checkRateLimit(a Action, now time.Time) error {
	var wait time.Duration
	ok := true
	switch a := a.(type) {
	case TransferTo:
		wait, ok = m.transferLimit.take(now, 1, maxTransfers, transfersPer)
	case Tones:
		if wait, ok = m.toneLimit.take(now, len(a.Digits), maxTones, tonesPer); ok {
			wait, ok = m.toneRequestLimit.take(now, 1, maxToneRequests, toneRequestsPer)
		}
	}
	if !ok {
		return &RateLimitError{Wait: wait}
	}
	return nil
}

// toggleTarget returns the state that an action requests of a Toggle, and
// whether the action is about one.
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

// prepareSend returns the leg and the access to send a command with, when it
// is its turn: since it was accepted, the call may have ended or have another
// leg.
func (b *Board) prepareSend(cmd *pendingCommand) (*leg, API, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	cmd.row = cmd.row.canonical()
	m := b.members[cmd.command.carrier()] // nil if the member left meanwhile
	if err := b.checkAction(cmd.row, m, cmd.command.Action); err != nil {
		return nil, nil, err
	}
	cmd.leg, cmd.carrier = b.targetLeg(cmd.row, m, cmd.command.Action), m
	return cmd.leg, cmd.carrier.api, nil
}

// abandon fails a command that was not sent.
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

// finishCommand publishes the outcome of a command and gives the turn to the
// next one in the queue.
func (b *Board) finishCommand(cmd *pendingCommand, o Outcome, reason sipgate.Kind, now time.Time) {
	cmd.row = cmd.row.canonical()
	r := cmd.row
	cmd.finished = true
	if i := slices.Index(r.queue, cmd); i >= 0 {
		r.queue = slices.Delete(r.queue, i, i+1)
		if i == 0 && len(r.queue) > 0 {
			wake(r.queue[0].ready)
		}
	}
	r.endClaimOf(cmd)
	if w := r.toggleRequests[cmd.command.Action.Verb()]; w != nil && w.cmd == cmd {
		delete(r.toggleRequests, cmd.command.Action.Verb())
	}
	r.setOutcome(cmd, o, reason, now)
	b.markDirty(r)
}

// setOutcome replaces the row's last command if that is still cmd.
func (r *row) setOutcome(cmd *pendingCommand, o Outcome, reason sipgate.Kind, now time.Time) {
	if r.lastPending != cmd {
		return
	}
	order := *r.lastCommand
	order.Outcome, order.Reason, order.At = o, reason, now
	r.lastCommand = &order
}
