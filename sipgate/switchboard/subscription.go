package switchboard

import (
	"context"
	"time"
)

// A Change is one step in the life of a board: a row that is new or changed, a
// row that was removed, new health of the board, or new permissions. The changes
// of an epoch are numbered without gaps.
type Change struct {
	Seq        uint64
	Call       *Call  // new value of the row, which says where it stands; shared, must not be modified
	Removed    RowID  // row that was removed,
	RemovedNo  uint64 // and its [Call].No
	MergedInto RowID  // row that continues the removed one, or ""
	Health     *Health

	// Permissions reports that who may see and do what, or under which names
	// calls are shown, may have changed although no call has.
	Permissions bool
}

// A Subscription is a stream of changes.
type Subscription struct {
	board   *Board
	passive bool // does not count as active
	c       chan Change
}

// subscriptionBuffer is how many changes a subscriber may lag behind before it
// is dropped. A dropped subscriber subscribes again and gets a new snapshot.
const subscriptionBuffer = 256

// Subscribe returns the current state of the board and the stream of the
// changes after it, without gap or overlap. Until it is closed, the
// subscription is active: the board polls as often as for a page in view.
func (b *Board) Subscribe() (Snapshot, *Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	wake(b.pollWake)
	return b.subscribe(false)
}

// SubscribePassive is like Subscribe, but its subscription does not make the
// board poll more often. A journal uses it.
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

// isWatched reports whether there is an active subscription.
func (b *Board) isWatched() bool {
	for s := range b.subs {
		if !s.passive {
			return true
		}
	}
	return false
}

// Watch makes a subscription active or passive. An active one makes the board
// poll as often as for a page in view.
func (s *Subscription) Watch(active bool) {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	if s.passive = !active; active {
		wake(s.board.pollWake)
	}
}

// Changes returns the stream. It is closed when the subscription is closed or
// dropped as too slow; changes buffered before can still be received.
func (s *Subscription) Changes() <-chan Change { return s.c }

// Close ends the subscription. It may be called several times.
func (s *Subscription) Close() {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	s.board.drop(s)
}

// drop removes s and closes its channel. The channel is closed only here, with
// mu held, so that publish never sends on a closed channel.
func (b *Board) drop(s *Subscription) {
	if _, ok := b.subs[s]; ok {
		delete(b.subs, s)
		close(s.c)
	}
}

// publish numbers a change and sends it to every subscriber without blocking.
// Subscribers that lag too far behind are dropped.
func (b *Board) publish(c Change) {
	b.seq++
	c.Seq = b.seq
	if c.Call != nil {
		if c.Call.Seq = b.seq; c.Call.Memo == nil {
			c.Call.ShownSeq, c.Call.Memo = b.seq, new(Memo)
		}
	}
	for s := range b.subs {
		select {
		case s.c <- c:
		default:
			b.drop(s)
		}
	}
}

// Invalidate tells every subscriber that what is shown to whom may have changed
// although no call has.
func (b *Board) Invalidate() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	b.publish(Change{Permissions: true})
}

// awaitListTimeout is how long AwaitList waits.
const awaitListTimeout = 1500 * time.Millisecond

// AwaitList is for a page that is about to show the board: if the newest list is
// older than with active subscribers, it requests a new one and waits up to 1.5 s
// for it.
func (b *Board) AwaitList(ctx context.Context) {
	if b.hasCurrentList() {
		return
	}
	_, sub := b.Subscribe()
	defer sub.Close()
	ctx, cancel := context.WithTimeout(ctx, awaitListTimeout)
	defer cancel()
	for !b.hasCurrentList() {
		select {
		case _, ok := <-sub.Changes():
			if !ok {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// hasCurrentList reports whether the newest list is as new as with active
// subscribers, or there is none to wait for.
func (b *Board) hasCurrentList() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.health.Members == 0 || b.health.Failing || b.health.ListRefused || time.Since(b.health.ListedAt) < watchedInterval
}
