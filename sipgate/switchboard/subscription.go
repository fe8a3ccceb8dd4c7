package switchboard

import (
	"context"
	"time"
)

// A Change is one step in the life of the board: a row that is new or became
// different, a row that went, or news about the board's own health. The
// changes of an epoch are numbered without gaps.
type Change struct {
	Seq        uint64
	Call       *Call   // the row as it is now; shared, must not be changed
	Removed    RowID   // the row that went
	MergedInto RowID   // the row that the removed one became a part of, or ""
	Health     *Health // how well the board knows

	// Structure tells that a row came, went or moved to another section, so
	// that a page must take the whole list.
	Structure bool
}

// A Subscription is a stream of changes.
type Subscription struct {
	board   *Board
	passive bool // does not watch
	c       chan Change
}

// subscriptionBuffer is how far a subscriber may fall behind before it is
// dropped. A dropped subscriber subscribes again and gets a fresh snapshot.
const subscriptionBuffer = 256

// Subscribe returns the board as it is now and the stream of the changes after
// it, without gap or overlap between them. As long as it is not closed it
// counts as somebody who watches.
func (b *Board) Subscribe() (Snapshot, *Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	wake(b.pollWake)
	return b.subscribe(false)
}

// Listen is Subscribe for somebody who does not watch, such as a journal: the
// lists do not come more often for it.
func (b *Board) SubscribePassive() (Snapshot, *Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	return b.subscribe(true)
}

func (b *Board) subscribe(passive bool) (Snapshot, *Subscription) {
	s := &Subscription{board: b, passive: passive, c: make(chan Change, subscriptionBuffer)}
	b.subs[s] = struct{}{}
	return b.snapshot(), s
}

// isWatched reports whether somebody looks at the board right now.
func (b *Board) isWatched() bool {
	for s := range b.subs {
		if !s.passive {
			return true
		}
	}
	return false
}

// Changes is the stream. It ends, by closing, when the subscriber was too slow
// or is closed; what is in it until then can still be read.
func (s *Subscription) Changes() <-chan Change { return s.c }

// Close ends the subscription. It may be called again.
func (s *Subscription) Close() {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	s.board.drop(s)
}

// drop removes s and closes its channel. Only drop closes it, and only under
// the lock, so that publish never sends on a closed channel.
func (b *Board) drop(s *Subscription) {
	if _, ok := b.subs[s]; ok {
		delete(b.subs, s)
		close(s.c)
	}
}

// publish numbers a change and hands it to every subscriber, without waiting
// for any of them: who is too far behind is dropped.
func (b *Board) publish(c Change) {
	b.seq++
	c.Seq = b.seq
	if c.Call != nil {
		c.Call.Seq, c.Call.Memo = b.seq, new(Memo)
	}
	for s := range b.subs {
		select {
		case s.c <- c:
		default:
			b.drop(s)
		}
	}
}

// Renew has every subscriber take the whole list again: what is shown to whom
// has changed, although no call has.
func (b *Board) Invalidate() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.publish(Change{Structure: true})
}

// lookPatience is how long a page waits for a list that is newer than what the
// board has.
const freshSnapshotTimeout = 1500 * time.Millisecond

// Look is Snapshot for somebody who looks once, as a page without a feed does:
// if the list is older than what those who watch are used to, it has a new one
// asked for and waits a moment for it.
func (b *Board) FreshSnapshot(ctx context.Context) Snapshot {
	snap, sub := b.Subscribe()
	defer sub.Close()
	h := snap.Health
	if h.Members == 0 || h.Failing || time.Since(h.ListedAt) < watchedInterval {
		return snap
	}
	ctx, cancel := context.WithTimeout(ctx, freshSnapshotTimeout)
	defer cancel()
	for {
		select {
		case c, ok := <-sub.Changes():
			if ok && (c.Health == nil || !c.Health.Failing && c.Health.ListedAt.Equal(h.ListedAt)) {
				continue
			}
		case <-ctx.Done():
		}
		return b.Snapshot()
	}
}
