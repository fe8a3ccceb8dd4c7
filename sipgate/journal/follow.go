package journal

import (
	"context"
	"slices"
	"time"

	"callboard/sipgate/switchboard"
)

// A Listener lets its changes be listened to. A listener that also has the
// method Call of *switchboard.Board is asked what became of a row that went.
type Listener interface {
	// Listen returns the board as it is now and the stream of the changes
	// after it, without gap or overlap. It does not count as watching.
	Listen() (switchboard.Snapshot, *switchboard.Subscription)
}

const (
	burst     = 100 * time.Millisecond // of changes, written at once
	mostBurst = 1000                   // or when there are so many of them
	again     = time.Second            // after a failure
	settled   = time.Minute            // until a call that the board does not show is over
)

// Follow writes what happens on an account's board until ctx is done; then it
// writes the rest and returns nil. It never hinders the board: if the journal
// falls behind, or the database fails, it looks at the board again afterwards
// and compares. One Follow per account; another one gets ErrFollowed.
//
// Calls that were running when the journal was last written, and of which the
// board knows nothing although sipgate has been listing calls for a minute,
// have ended meanwhile; their end is marked About.
func (j *Journal) Follow(ctx context.Context, account string, b Listener) error {
	a := j.account(account)
	if !a.follow() {
		return ErrFollowed
	}
	defer a.unfollow()
	f := &follower{
		journal: j, account: a, board: b, first: true,
		lines: map[switchboard.RowID]*line{}, merged: map[switchboard.RowID][]*line{},
		unwritten: map[switchboard.RowID]bool{},
	}
	f.lookAfter(settled)
	failing := false
	for ctx.Err() == nil {
		err := f.listen(ctx)
		if err == nil || ctx.Err() != nil {
			failing = false
			continue
		}
		if !failing {
			j.log.Warn("the journal cannot be written", "error", err)
		}
		failing = true
		pause(ctx, again)
	}
	if err := j.sync(context.WithoutCancel(ctx), a); err != nil {
		j.log.Error("the end of the journal is lost", "error", err)
	}
	return nil
}

// pause waits, at most until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// A follower compares what one board shows with what it showed before. It
// belongs to one goroutine.
type follower struct {
	journal *Journal
	account *account
	board   Listener
	health  switchboard.Health
	lines   map[switchboard.RowID]*line // on the board, and orphans
	sighted time.Time                   // when the calls of all lines were last noted

	// merged are the rows that became parts of others, until those are seen.
	merged map[switchboard.RowID][]*line

	// unwritten are the rows about which something may be to be written.
	unwritten map[switchboard.RowID]bool

	due    <-chan time.Time // when to write, nil if there is nothing
	look   <-chan time.Time // when to look for calls that are over, nil if never
	wanted time.Time        // when that was asked for: the lists must be newer
	blind  bool             // it is time, but the board has had no list since
	first  bool             // the database has not been looked through yet
}

// A line is one row and what is known of it.
type line struct {
	id     switchboard.RowID
	call   *switchboard.Call // nil as long as nothing is known
	saved  string            // call, as it is or will be in the database
	last   time.Time         // of the newest entry
	asked  map[switchboard.Verb]string
	orphan bool // it went from the board without having ended
}

// listen follows the board until its subscription ends (nil), something fails
// or ctx is done.
func (f *follower) listen(ctx context.Context) error {
	if err := f.write(ctx); err != nil {
		return err
	}
	snap, sub := f.board.Listen()
	defer sub.Close()
	if err := f.takeOver(ctx, snap); err != nil {
		return err
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case c, ok := <-sub.Changes():
			if !ok {
				return f.write(ctx)
			}
			err = f.change(ctx, c)
		case <-f.due:
			err = f.write(ctx)
		case <-f.look:
			err = f.lookFor(ctx)
		}
		if err == nil && f.account.waiting() >= mostBurst {
			err = f.write(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// takeOver compares a whole board with what is known.
func (f *follower) takeOver(ctx context.Context, snap switchboard.Snapshot) error {
	f.heard(snap.Health)
	shown := map[switchboard.RowID]bool{}
	for _, c := range snap.Calls {
		shown[c.ID] = true
	}
	for id, l := range f.lines {
		if !shown[id] && !l.orphan {
			f.removed(id)
		}
	}
	for _, c := range snap.Calls {
		if err := f.seen(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (f *follower) change(ctx context.Context, c switchboard.Change) error {
	if c.Health != nil {
		f.heard(*c.Health)
	}
	if c.Removed != "" {
		f.removed(c.Removed)
	}
	if c.Call != nil {
		return f.seen(ctx, *c.Call)
	}
	return nil
}

// heard takes over how well the board knows. When it knows again, everybody's
// lists come within a while.
func (f *follower) heard(h switchboard.Health) {
	f.health = h
	if f.blind && f.listed() {
		f.blind = false
		f.look = time.After(settled)
	}
}

// seen compares a row with what is known of it, and keeps the difference.
func (f *follower) seen(ctx context.Context, c switchboard.Call) error {
	l, err := f.line(ctx, c.ID)
	if err != nil {
		return err
	}
	f.adopt(l, &c)
	if l.call != nil && stale(l.call, &c) {
		return nil
	}
	now := f.journal.now()
	before := f.base(l, &c)
	entries := diff(before, c)
	l.attribute(entries, before)
	if o := c.Last; o != nil && o.Outcome == switchboard.Pending {
		l.asked[o.Verb] = o.Name
	}
	known := remember(before, c)
	if before == nil || before.Upstream != c.Upstream {
		f.account.sight(c.Upstream, l.id, now)
		f.later(l.id, addCall{id: c.Upstream, row: l.id, at: now})
	}
	if before != nil && before.Phase == switchboard.Ended && (known.Phase != switchboard.Ended || tells(entries, Ended)) {
		f.later(l.id, dropEnd{l.id}) // it was none, or is told better now
	}
	f.keep(l, known, entries, now)
	f.sightAll(now)
	return nil
}

// keep lets what is known of a row, and what happened, be written.
func (f *follower) keep(l *line, known switchboard.Call, entries []Entry, now time.Time) {
	l.call, l.orphan = &known, false
	saved, err := encodeCall(&known)
	if err != nil {
		f.journal.log.Error("a call of the journal cannot be written", "row", string(l.id), "error", err)
		return
	}
	if saved == l.saved && len(entries) == 0 {
		return
	}
	l.saved = saved
	f.later(l.id, saveRow{id: l.id, ended: known.Phase == switchboard.Ended, gone: known.Gone, heard: now, direction: known.Direction, state: saved})
	for _, e := range entries {
		if e.At.IsZero() {
			e.At = now
		}
		if e.At.Before(l.last) {
			e.At = l.last // the order is certain, the clocks are not
		}
		l.last = e.At
		f.later(l.id, addEntry{l.id, e})
	}
}

func tells(entries []Entry, k Kind) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool { return e.Kind == k })
}

// line finds what is known of a row: in memory, or in the database.
func (f *follower) line(ctx context.Context, id switchboard.RowID) (*line, error) {
	if l, ok := f.lines[id]; ok {
		return l, nil
	}
	l, err := f.load(ctx, id)
	if err != nil {
		return nil, err
	}
	f.lines[id] = l
	return l, nil
}

// load reads a row's line, an empty one if the journal does not know it.
func (f *follower) load(ctx context.Context, id switchboard.RowID) (*line, error) {
	if f.unwritten[id] {
		if err := f.write(ctx); err != nil {
			return nil, err
		}
	}
	l := &line{id: id, asked: map[switchboard.Verb]string{}}
	return l, f.journal.load(ctx, f.account.name, l)
}

// sightAll notes the calls that last again now and then, so that they are not
// forgotten as those of yesterday.
func (f *follower) sightAll(now time.Time) {
	if now.Sub(f.sighted) < freshAgain {
		return
	}
	f.sighted = now
	for _, l := range f.lines {
		if l.call != nil && l.call.Phase != switchboard.Ended {
			f.account.sight(l.call.Upstream, l.id, now)
		}
	}
}

// later lets something about a row be written when the burst is over.
func (f *follower) later(id switchboard.RowID, w write) {
	f.account.later(w)
	f.unwritten[id] = true
	if f.due == nil {
		f.due = time.After(burst)
	}
}

func (f *follower) write(ctx context.Context) error {
	f.due = nil
	if err := f.journal.sync(ctx, f.account); err != nil {
		return err
	}
	clear(f.unwritten)
	return nil
}
