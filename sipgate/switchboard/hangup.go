package switchboard

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// longestGrace is the most that a hang-up waits, whatever [HangUp].After says.
const maxGracePeriod = 8 * time.Second

// Leaving is that a call will be hung up in a moment, unless somebody takes
// that back.
type PendingHangup struct {
	By   MemberID
	Name string    // of that member
	At   time.Time // when it will be hung up
}

var (
	// ErrUndone is the outcome of a hang-up that was taken back in time. It
	// always is an *[Undone].
	ErrUndone = errors.New("switchboard: the hang-up was undone")

	// ErrRestart is the outcome of a hang-up that still waited when the board
	// ended, and of one that is asked to wait after that. It was not sent.
	ErrBoardClosed = errors.New("switchboard: the board ended before the call was to be hung up")

	// ErrNothingToUndo is the error of [Board.Undo] if no hang-up waits: none
	// was given, or it is too late.
	ErrNothingToUndo = errors.New("switchboard: nothing to undo")
)

// Undone is the ErrUndone that tells who took the hang-up back.
type UndoneError struct {
	By   MemberID
	Name string // of that member
}

func (e *UndoneError) Error() string { return ErrUndone.Error() }

// Is makes an Undone an ErrUndone.
func (e *UndoneError) Is(target error) bool { return target == ErrUndone }

// waiting is a hang-up in its grace, and then what became of it. It belongs
// to the board, not to whoever gave it: no request's end touches it. Exactly
// one of these ends it, under the lock: Run when the time has come, Undo, a
// hang-up at once, the end of Run.
type pendingHangup struct {
	cmd *pendingCommand // nil when over
	at  time.Time

	resolved   bool
	err        error         // the outcome, when over
	onResolved []func(error) // whom to tell it, until then
}

// wait begins the grace of a hang-up, or joins the one that waits already: a
// second click neither hastens nor delays the first.
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

// Undo takes back the hang-up that waits, so that it never reaches sipgate.
// Everybody who waits for its outcome is told before Undo returns. The errors
// are ErrNoCall and ErrNothingToUndo. Who may undo is the caller's business.
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

// takeWaiting takes the row's hang-up out of its grace, nil if there is none.
// Whoever took it resolves it.
func (b *Board) takePendingHangup(r *row) *pendingHangup {
	w := r.pendingHangup
	if w != nil {
		r.pendingHangup = nil
		b.pendingHangups = slices.DeleteFunc(b.pendingHangups, func(o *pendingHangup) bool { return o == w })
		b.markDirty(r)
	}
	return w
}

// takeDue puts the hang-ups whose grace is over into the queues of their calls.
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

// hangUp sends a hang-up whose grace is over. The end of ctx, which is Run's,
// stops it only before it is sent.
func (b *Board) sendHangup(ctx context.Context, cmd *pendingCommand) {
	var err error
	defer func() { b.resolve(cmd.pendingHangup, err) }()
	defer func() {
		if v := recover(); v != nil {
			b.log.Error("a hang-up panicked", "value", v, "stack", string(debug.Stack()))
		}
	}()
	defer b.finishAfterPanic(cmd, &err)
	if b.awaitTurn(ctx, cmd) != nil {
		err = ErrBoardClosed
		return
	}
	// It may ring no longer, and the member's list not be known since.
	if err = b.ensureListed(ctx, cmd.command); err != nil {
		if ctx.Err() != nil {
			err = ErrBoardClosed
		}
		b.abandon(cmd, err)
		return
	}
	err = b.transmit(context.WithoutCancel(ctx), cmd)
}

// endWaiting cancels what still waits, when Run ends, and lets nothing wait any
// more. The hang-ups are not sent: nobody would see them coming.
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

// resolve notes what became of a hang-up that waited, and tells. It must be
// called once, without the lock, by who took it.
func (b *Board) resolve(w *pendingHangup, err error) {
	if w == nil {
		return
	}
	b.mu.Lock()
	w.cmd, w.resolved, w.err = nil, true, err
	told := w.onResolved
	w.onResolved = nil
	b.mu.Unlock()
	for _, done := range told {
		done(err)
	}
}

// report has a command's Done called: now, or when the hang-up's grace has
// found its end.
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

// mergeWaiting makes one of the hang-ups of two rows that proved to be one
// call: the earlier, as was promised. The other gets the same outcome.
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

// leaving is what is shown of the hang-up that waits.
func (r *row) pendingHangupView() *PendingHangup {
	if r.pendingHangup == nil {
		return nil
	}
	cmd := r.pendingHangup.cmd
	return &PendingHangup{By: cmd.command.By, Name: cmd.byName, At: r.pendingHangup.at}
}

// hangUpAll sends each of the hang-ups whose grace is over, on its own.
func (b *Board) sendHangups(ctx context.Context, cmds []*pendingCommand, sends *sync.WaitGroup) {
	for _, cmd := range cmds {
		sends.Go(func() { b.sendHangup(ctx, cmd) })
	}
}
