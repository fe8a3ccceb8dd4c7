package switchboard

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// maxGracePeriod caps [HangUp].GracePeriod.
const maxGracePeriod = 8 * time.Second

// PendingHangup tells that the call will be hung up at At unless [Board.Undo]
// cancels it.
type PendingHangup struct {
	By   MemberID
	Name string // of By
	At   time.Time
}

var (
	// ErrUndone is the outcome of a hang-up that was cancelled in its grace
	// period. It is always an *[UndoneError].
	ErrUndone = errors.New("switchboard: hang-up undone")

	// ErrBoardClosed is the outcome of a hang-up that was pending when the
	// board ended, or that was given a grace period after that. It was not
	// sent.
	ErrBoardClosed = errors.New("switchboard: board closed before the hang-up was sent")

	// ErrNothingToUndo is returned by [Board.Undo] if no hang-up is pending.
	ErrNothingToUndo = errors.New("switchboard: nothing to undo")
)

// UndoneError is the ErrUndone that names the member who cancelled the
// hang-up.
type UndoneError struct {
	By   MemberID
	Name string // of By
}

// Error implements error.
func (e *UndoneError) Error() string { return ErrUndone.Error() }

// Is reports that an UndoneError is ErrUndone.
func (e *UndoneError) Is(target error) bool { return target == ErrUndone }

// pendingHangup is a hang-up in its grace period, and afterwards its outcome.
// It belongs to the board, not to a request. Exactly one of these ends the
// period, with mu held: the timer loop of Run, Undo, an immediate hang-up, the
// end of Run.
type pendingHangup struct {
	cmd *pendingCommand // nil once resolved
	at  time.Time

	resolved   bool
	err        error         // outcome, once resolved
	onResolved []func(error) // called with the outcome
}

// startGrace starts the grace period of a hang-up, or joins the one that is
// pending: a second click changes its time neither way.
func (b *Board) startGrace(ctx context.Context, c Command, after time.Duration) (*pendingHangup, error) {
	if err := b.ensureListed(ctx, c); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.expire(now)
	if b.closed {
		return nil, ErrBoardClosed
	}
	r, m, err := b.findTarget(c, now)
	if err != nil {
		return nil, err
	}
	if r.pendingHangup == nil {
		r.pendingHangup = &pendingHangup{cmd: b.newPendingCommand(c, r, m), at: now.Add(min(after, maxGracePeriod))}
		b.pendingHangups = append(b.pendingHangups, r.pendingHangup)
		b.schedule(r.pendingHangup.at)
		b.markDirty(r)
		b.flush(now)
	}
	return r.pendingHangup, nil
}

// Undo cancels the pending hang-up of a call, so that it is never sent. All
// OnDone callbacks are called before Undo returns. It returns ErrNoCall or
// ErrNothingToUndo. The caller checks permissions.
func (b *Board) Undo(by MemberID, call RowID) error {
	b.mu.Lock()
	now := time.Now()
	b.expire(now)
	r := b.findRow(call)
	if r == nil || r.pendingHangup == nil {
		b.mu.Unlock()
		if r == nil {
			return ErrNoCall
		}
		return ErrNothingToUndo
	}
	w := b.takePendingHangup(r)
	undone := &UndoneError{By: by, Name: b.memberName(by)}
	b.flush(now)
	b.mu.Unlock()
	b.resolve(w, undone)
	return nil
}

// takePendingHangup removes and returns the row's pending hang-up, nil if
// there is none. The caller must resolve it.
func (b *Board) takePendingHangup(r *row) *pendingHangup {
	w := r.pendingHangup
	if w != nil {
		r.pendingHangup = nil
		b.pendingHangups = slices.DeleteFunc(b.pendingHangups, func(o *pendingHangup) bool { return o == w })
		b.markDirty(r)
	}
	return w
}

// takeDueHangups moves the hang-ups whose grace period is over into the queues
// of their rows.
func (b *Board) takeDueHangups(now time.Time) []*pendingCommand {
	var cmds []*pendingCommand
	for _, w := range slices.Clone(b.pendingHangups) {
		if w.at.After(now) {
			b.schedule(w.at)
			continue
		}
		cmd := w.cmd
		cmd.row = cmd.row.canonical()
		cmd.pendingHangup = b.takePendingHangup(cmd.row)
		b.enqueue(cmd, now)
		cmds = append(cmds, cmd)
	}
	b.flush(now)
	return cmds
}

// sendHangup sends a hang-up whose grace period is over. The end of Run's ctx
// stops it only before it is sent.
func (b *Board) sendHangup(ctx context.Context, cmd *pendingCommand) {
	var err error
	defer func() { b.resolve(cmd.pendingHangup, err) }()
	defer func() {
		if v := recover(); v != nil {
			b.log.Error("panic in hang-up", "value", v, "stack", string(debug.Stack()))
		}
	}()
	defer b.finishAfterPanic(cmd, &err)
	if b.awaitTurn(ctx, cmd) != nil {
		err = ErrBoardClosed
		return
	}
	// The call may have been answered during the grace period; request the
	// member's list first.
	if err = b.ensureListed(ctx, cmd.command); err != nil {
		if ctx.Err() != nil {
			err = ErrBoardClosed
		}
		b.abandon(cmd, err)
		return
	}
	err = b.transmit(context.WithoutCancel(ctx), cmd)
}

// cancelPendingHangups cancels all pending hang-ups before or when Run ends, and makes
// startGrace refuse new ones. They are not sent early, because no member
// expects that.
func (b *Board) cancelPendingHangups() {
	b.mu.Lock()
	b.closed = true
	ws := slices.Clone(b.pendingHangups)
	for _, w := range ws {
		b.takePendingHangup(w.cmd.row.canonical())
	}
	b.flush(time.Now())
	b.mu.Unlock()
	for _, w := range ws {
		b.resolve(w, ErrBoardClosed)
	}
}

// resolve sets the outcome of a pending hang-up and calls its callbacks. It
// must be called once, without mu, by the caller of takePendingHangup. w may
// be nil.
func (b *Board) resolve(w *pendingHangup, err error) {
	if w == nil {
		return
	}
	b.mu.Lock()
	w.cmd, w.resolved, w.err = nil, true, err
	callbacks := w.onResolved
	w.onResolved = nil
	b.mu.Unlock()
	for _, done := range callbacks {
		done(err)
	}
}

// reportOutcome calls done with a command's outcome: immediately or, if the
// command has a pending hang-up, once that is resolved.
func (b *Board) reportOutcome(done func(error), w *pendingHangup, err error) {
	if done == nil {
		return
	}
	if w != nil {
		b.mu.Lock()
		if !w.resolved {
			w.onResolved = append(w.onResolved, done)
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		err = w.err
	}
	done(err)
}

// mergePendingHangups keeps the earlier of the pending hang-ups of two rows
// that are one call. The other one gets the same outcome.
func (b *Board) mergePendingHangups(x, y *row) {
	if x.pendingHangup == nil || y.pendingHangup == nil {
		if y.pendingHangup != nil {
			x.pendingHangup, y.pendingHangup = y.pendingHangup, nil
		}
		return
	}
	w, o := b.takePendingHangup(x), b.takePendingHangup(y)
	if o.at.Before(w.at) {
		w, o = o, w
	}
	x.pendingHangup = w
	b.pendingHangups = append(b.pendingHangups, w)
	w.onResolved = append(w.onResolved, func(err error) { b.resolve(o, err) })
}

// pendingHangupView returns the published form of the row's pending hang-up.
func (r *row) pendingHangupView() *PendingHangup {
	if r.pendingHangup == nil {
		return nil
	}
	cmd := r.pendingHangup.cmd
	return &PendingHangup{By: cmd.command.By, Name: cmd.byName, At: r.pendingHangup.at}
}

// sendHangups sends the hang-ups concurrently, in goroutines of sends.
func (b *Board) sendHangups(ctx context.Context, cmds []*pendingCommand, sends *sync.WaitGroup) {
	for _, cmd := range cmds {
		sends.Go(func() { b.sendHangup(ctx, cmd) })
	}
}
