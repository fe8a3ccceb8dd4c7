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
const longestGrace = 8 * time.Second

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
	ErrRestart = errors.New("switchboard: the board ended before the call was to be hung up")

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
type waiting struct {
	job *job // nil when over
	at  time.Time

	over bool
	err  error         // the outcome, when over
	told []func(error) // whom to tell it, until then
}

// wait begins the grace of a hang-up, or joins the one that waits already: a
// second click neither hastens nor delays the first.
func (b *Board) wait(ctx context.Context, c Command, after time.Duration) (*waiting, error) {
	if err := b.look(ctx, c); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.sweep(now)
	if b.ended {
		return nil, ErrRestart
	}
	r, m, err := b.admit(c, now)
	if err != nil {
		return nil, err
	}
	if r.waiting == nil {
		r.waiting = &waiting{job: b.newJob(c, r, m), at: now.Add(min(after, longestGrace))}
		b.waiting = append(b.waiting, r.waiting)
		b.dueAt(r.waiting.at)
		b.touch(r)
		b.flush(now)
	}
	return r.waiting, nil
}

// Undo takes back the hang-up that waits, so that it never reaches sipgate.
// Everybody who waits for its outcome is told before Undo returns. The errors
// are ErrNoCall and ErrNothingToUndo. Who may undo is the caller's business.
func (b *Board) Undo(by MemberID, call RowID) error {
	b.mu.Lock()
	now := time.Now()
	b.sweep(now)
	r := b.find(call)
	if r == nil || r.waiting == nil {
		b.mu.Unlock()
		if r == nil {
			return ErrNoCall
		}
		return ErrNothingToUndo
	}
	w := b.takeWaiting(r)
	undone := &UndoneError{By: by, Name: b.nameOf(by)}
	b.flush(now)
	b.mu.Unlock()
	b.resolve(w, undone)
	return nil
}

// takeWaiting takes the row's hang-up out of its grace, nil if there is none.
// Whoever took it resolves it.
func (b *Board) takeWaiting(r *row) *waiting {
	w := r.waiting
	if w != nil {
		r.waiting = nil
		b.waiting = slices.DeleteFunc(b.waiting, func(o *waiting) bool { return o == w })
		b.touch(r)
	}
	return w
}

// takeDue puts the hang-ups whose grace is over into the queues of their calls.
func (b *Board) takeDue(now time.Time) []*job {
	var jobs []*job
	for _, w := range slices.Clone(b.waiting) {
		if w.at.After(now) {
			b.dueAt(w.at)
			continue
		}
		j := w.job
		j.row = j.row.final()
		j.waited = b.takeWaiting(j.row)
		b.enqueue(j, now)
		jobs = append(jobs, j)
	}
	b.flush(now)
	return jobs
}

// hangUp sends a hang-up whose grace is over. The end of ctx, which is Run's,
// stops it only before it is sent.
func (b *Board) hangUp(ctx context.Context, j *job) {
	var err error
	defer func() { b.resolve(j.waited, err) }()
	defer func() {
		if v := recover(); v != nil {
			b.log.Error("a hang-up panicked", "value", v, "stack", string(debug.Stack()))
		}
	}()
	defer b.unlessOver(j, &err)
	if b.await(ctx, j) != nil {
		err = ErrRestart
		return
	}
	// It may ring no longer, and the member's list not be known since.
	if err = b.look(ctx, j.command); err != nil {
		if ctx.Err() != nil {
			err = ErrRestart
		}
		b.giveUp(j, err)
		return
	}
	err = b.transmit(context.WithoutCancel(ctx), j)
}

// endWaiting cancels what still waits, when Run ends, and lets nothing wait any
// more. The hang-ups are not sent: nobody would see them coming.
func (b *Board) endWaiting() {
	b.mu.Lock()
	b.ended = true
	ws := slices.Clone(b.waiting)
	for _, w := range ws {
		b.takeWaiting(w.job.row.final())
	}
	b.flush(time.Now())
	b.mu.Unlock()
	for _, w := range ws {
		b.resolve(w, ErrRestart)
	}
}

// resolve notes what became of a hang-up that waited, and tells. It must be
// called once, without the lock, by who took it.
func (b *Board) resolve(w *waiting, err error) {
	if w == nil {
		return
	}
	b.mu.Lock()
	w.job, w.over, w.err = nil, true, err
	told := w.told
	w.told = nil
	b.mu.Unlock()
	for _, done := range told {
		done(err)
	}
}

// report has a command's Done called: now, or when the hang-up's grace has
// found its end.
func (b *Board) report(done func(error), w *waiting, err error) {
	if done == nil {
		return
	}
	if w != nil {
		b.mu.Lock()
		if !w.over {
			w.told = append(w.told, done)
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
func (b *Board) mergeWaiting(x, y *row) {
	if x.waiting == nil || y.waiting == nil {
		if y.waiting != nil {
			x.waiting, y.waiting = y.waiting, nil
		}
		return
	}
	w, o := b.takeWaiting(x), b.takeWaiting(y)
	if o.at.Before(w.at) {
		w, o = o, w
	}
	x.waiting = w
	b.waiting = append(b.waiting, w)
	w.told = append(w.told, func(err error) { b.resolve(o, err) })
}

// leaving is what is shown of the hang-up that waits.
func (r *row) leaving() *PendingHangup {
	if r.waiting == nil {
		return nil
	}
	j := r.waiting.job
	return &PendingHangup{By: j.command.By, Name: j.name, At: r.waiting.at}
}

// hangUpAll sends each of the hang-ups whose grace is over, on its own.
func (b *Board) hangUpAll(ctx context.Context, jobs []*job, sends *sync.WaitGroup) {
	for _, j := range jobs {
		sends.Go(func() { b.hangUp(ctx, j) })
	}
}
