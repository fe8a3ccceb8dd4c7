// Package switchboard keeps the live picture of one team's calls.
//
// A [Board] learns of calls from three sources: the lists that sipgate gives
// to each member of the team, the events that sipgate pushes, and the commands
// given through the Board itself. None of them is trusted alone: lists are
// thin and late, events get lost, doubled and reordered, and the answer to a
// command may never come. The Board merges them into one sequence of numbered
// changes, which every subscriber sees in the same order.
//
// Whatever the order, loss and repetition of the facts, two boards that were
// told the same agree after the next successful lists, and so does sipgate.
//
// The package knows telephony, but neither HTTP nor HTML. It takes the time
// from package time only.
package switchboard

import (
	"cmp"
	"crypto/rand"
	"hash/maphash"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"callboard/sipgate"
)

// The times that the Board lives by. Where reliability or the product asks for
// a figure, it is this one.
const (
	watchedInterval   = 2 * time.Second        // between two lists while somebody watches
	unwatchedInterval = 30 * time.Second       // and while nobody does
	minPollInterval   = 300 * time.Millisecond // between lists that events or commands ask for
	recheckDelay      = time.Second            // until a member whose list lacks a call is asked again
	endedVisibleFor   = 10 * time.Second       // an ended row stays in its place
	ringingTimeout    = 180 * time.Second      // a ringing row without news
	transferWindow    = 30 * time.Second       // a transferred call appears under its new id
	fetchTimeout      = 10 * time.Second       // sipgate fetches an announcement
	retention         = 24 * time.Hour         // ended calls and answered commands
	maxTombstones     = 10_000
	maxResults        = 10_000
)

// Options of a Board. The zero value is what a team needs.
type Options struct {
	Log *slog.Logger // nil: nothing is logged

	// RowOf tells the id of the row that a call had in an earlier life of the
	// board, so that ids outlive the process; nil, or false: a new row gets a
	// new id. It must answer false for calls that are long over, as sipgate
	// may use their ids again. It is asked while the board is locked: it
	// must answer from memory, and not call the board.
	RestoreRowID func(sipgate.CallID) (RowID, bool)
}

// A Board is one team's live calls. It is safe for concurrent use.
type Board struct {
	options Options
	log     *slog.Logger
	salt    maphash.Seed

	pollWake  chan struct{} // has one element if the poller must think again
	timerWake chan struct{} // has one element if something became due earlier
	joinWake  chan struct{} // has one element if a member joined
	runDone   chan struct{} // closed when Run has returned

	// mu is held over every change together with its publication, and never
	// while sipgate is asked or anything is rendered. This guarantees that a
	// subscriber's snapshot and its channel meet without gap or overlap.
	mu    sync.Mutex
	epoch string
	seq   uint64

	// clock counts requests, answers and events in the order in which they
	// happened, so that two of them within the resolution of time.Now are
	// still in order.
	clock        uint64
	nonListFacts uint64 // how many facts came otherwise than by a list

	rowsByID  map[RowID]*row
	rows      []*row // the same rows, oldest first
	lastRowNo uint64
	dirty     []*row // rows to look at before the lock is given back
	nextDue   time.Time

	legs           map[sipgate.CallID]*leg
	legsByRelation map[string]*leg   // by what events say belongs together
	tombstones     []tombstone       // the ended legs, oldest first
	lastDiversion  time.Time         // when an event last told of a diversion
	unlisted       map[*leg]struct{} // established, but in nobody's list
	transferring   []*row            // that await a new leg after a transfer
	pendingHangups []*pendingHangup  // hang-ups in their grace
	closed         bool              // Run is over: nothing waits any more
	aliases        aliases
	listedLegs     int // live legs that are in somebody's list

	members map[MemberID]*member
	names   map[string]string
	health  Health
	poll    pollState
	results results

	subs map[*Subscription]struct{}
}

// New returns an empty board. It does nothing by itself: Run asks sipgate.
func New(o Options) *Board {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Board{
		options:        o,
		log:            o.Log,
		salt:           maphash.MakeSeed(),
		pollWake:       make(chan struct{}, 1),
		timerWake:      make(chan struct{}, 1),
		joinWake:       make(chan struct{}, 1),
		runDone:        make(chan struct{}),
		epoch:          rand.Text(),
		rowsByID:       map[RowID]*row{},
		legs:           map[sipgate.CallID]*leg{},
		legsByRelation: map[string]*leg{},
		unlisted:       map[*leg]struct{}{},
		members:        map[MemberID]*member{},
		subs:           map[*Subscription]struct{}{},
		poll:           newPollState(),
		results:        newResults(),
	}
}

// Snapshot is the whole board at one moment.
type Snapshot struct {
	// Epoch names the life of the board: numbers of different epochs cannot
	// be compared.
	Epoch  string
	Seq    uint64 // of the last change that is in it
	Calls  []Call // ringing, established and just ended; the oldest row first
	Health Health
}

// Snapshot returns the board as it is now.
func (b *Board) Snapshot() Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	return b.snapshot()
}

func (b *Board) snapshot() Snapshot {
	s := Snapshot{Epoch: b.epoch, Seq: b.seq, Calls: make([]Call, len(b.rows)), Health: b.health}
	for i, r := range b.rows {
		s.Calls[i] = *r.published
	}
	return s
}

// Call returns one row of the board as it is now, and false if there is none
// or no longer. The id of a row that became a part of another answers as that
// one for a day; so it does wherever else the Board takes a RowID.
func (b *Board) Call(id RowID) (Call, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	if r := b.findRow(id); r != nil {
		return *r.published, true
	}
	return Call{}, false
}

// Name tells the names of numbers (in E.164 form with "+") and of extensions
// ("e0"). It replaces what was told before; the rows that it concerns change.
// The map must not be changed afterwards.
func (b *Board) SetNames(names map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if maps.Equal(b.names, names) {
		return
	}
	b.names = names
	b.markDirty(b.rows...)
	b.flush(time.Now())
}

// touch notes rows that a fact may have changed. Every operation that touches
// rows flushes them before it gives the lock back.
func (b *Board) markDirty(rows ...*row) {
	for _, r := range rows {
		if r != nil && !r.dirty {
			r.dirty = true
			b.dirty = append(b.dirty, r)
		}
	}
}

// flush compares the touched rows with what is shown of them and publishes
// what differs, so that one fact makes at most one change per row.
func (b *Board) flush(now time.Time) {
	for len(b.dirty) > 0 {
		rows := b.dirty
		b.dirty = nil
		for _, r := range rows {
			r.dirty = false
			b.refresh(r, now)
		}
	}
}

// tick returns the next number of the clock of facts.
func (b *Board) tick() uint64 {
	b.clock++
	return b.clock
}

// nudge puts an element into a channel of one, unless there is one.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// show puts a row on the board. New rows come last, one that returns to the
// place that its age gives it.
func (b *Board) insertRow(r *row) {
	i, _ := slices.BinarySearchFunc(b.rows, r.no, func(o *row, no uint64) int { return cmp.Compare(o.no, no) })
	b.rows = slices.Insert(b.rows, i, r)
	b.rowsByID[r.id] = r
}

// hide takes a row off the board and publishes that.
func (b *Board) removeRow(r *row) {
	if r.published == nil {
		return
	}
	b.rows = slices.DeleteFunc(b.rows, func(o *row) bool { return o == r })
	delete(b.rowsByID, r.id)
	r.published = nil
	c := Change{Removed: r.id, Structure: true}
	if r.mergedInto != nil {
		c.MergedInto = r.mergedInto.id
	}
	b.publish(c)
}
