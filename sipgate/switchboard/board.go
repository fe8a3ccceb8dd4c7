// Package switchboard keeps the live calls of one team.
//
// A [Board] learns of calls from three sources: the call lists that sipgate
// returns for each member of the team, the push events that sipgate sends, and
// the answers to the commands that members give through the Board. No source
// is trusted alone: lists lack details and lag behind, events may be lost,
// repeated or reordered, and the answer to a command may never arrive. The
// Board merges all of them into one sequence of numbered changes, which every
// subscriber receives in the same order.
//
// # Merge rules
//
// A leg is what the board knows of one callId, a row is one call as its users
// understand it. A fact is one event, one list or one answer to a command.
// Facts are ordered by the moment at which the board received an event, sent a
// request or received an answer. The rules are exact:
//
//   - A newCall event makes the leg ring, an answer event connects it, unless
//     it has ended. An answer without a newCall makes the row as well.
//   - A hangup event ends the leg and leaves a tombstone for a day. Later
//     events of that callId change nothing.
//   - A list that contains a leg connects it and sets hold, mute and
//     recording, unless a command on the leg was answered after the list was
//     requested.
//   - A list revives an ended leg only if it was requested after the end.
//     After a hangup event it takes a second such list, three seconds or more
//     after the event.
//   - A list without a leg counts only if it was requested after the leg was
//     last listed or answered. Two such lists in succession of a member who
//     saw the leg end it. If other members still see it, one list of each must
//     lack it too, of three members at most, unless the first member's lists
//     are known to contain everyone's calls. One list is enough after sipgate
//     answered 404 or accepted to end the call.
//   - A list ends only legs that it could contain: it contained them before,
//     they are its member's own, or it shows the calls of others. A connected leg
//     that no list could contain, as that of a colleague who has not signed in
//     where sipgate shows everybody the own calls only, ends by its hangup event;
//     if that is lost, four hours after the last event, a voicemail's after half
//     an hour. Of legs that no event announced and whose members have left, all
//     the others' lists decide.
//   - A ringing leg is in no list. It ends by its hangup event, or 180 seconds
//     after its last event; in the latter case a late answer revives it.
//   - A failed request ends nothing.
//   - Where sipgate refuses the list as such, twice in succession (to every member, if
//     members may lack the permission), the board lives on events and asks for the
//     list every ten minutes. A connected leg is then doubtful an hour after its last
//     event or command, at once if sipgate answered 404 or only lists showed it, and
//     ends four hours after its last event, without any after a quarter of an hour. An
//     accepted hang-up ends it at once.
//   - A command is pending until sipgate answers. Then it is accepted or
//     failed; it is unknown if the request may have arrived without an answer.
//     The next lists decide an unknown outcome. No command is sent twice.
//   - What an accepted command requested stands for five seconds against lists
//     that contradict, since they may be older at sipgate. A list that agrees
//     or the end of the leg confirms it; without, it is unconfirmed then, and
//     the lists are right.
//   - An outgoing and an incoming leg with each other's parties, of different
//     users, are the two sides of an internal call and belong to one row, with
//     or without a common origin. While a list contains one of them, the other
//     needs none. When one ends, one list without the other ends that too.
//   - Legs with the same origCallId or xcid, or with a diversion from one to
//     the other, belong to one row. Without events, a leg that appears within
//     30 seconds after a transfer and shares a party with the transferred leg,
//     or reaches its target, continues that row.
//
// Less formally: events make the board fast, lists make it right, and the
// board prefers to show an ended call for some seconds too long over dropping
// one that is still going on. Whatever the order, loss and repetition of
// facts, two boards that received the same facts agree with each other and
// with sipgate after the next successful lists.
//
// The package knows telephony, but neither HTTP nor HTML. All times come from
// package time.
package switchboard

import (
	"cmp"
	"crypto/rand"
	"hash/maphash"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/account"
)

// Intervals, delays and bounds of a Board.
const (
	watchedInterval   = 2 * time.Second        // between two lists while there are active subscribers
	unwatchedInterval = 30 * time.Second       // between two lists otherwise
	minPollInterval   = 300 * time.Millisecond // between two lists that events or commands request
	recheckDelay      = time.Second            // until a member whose list lacks a call is polled again
	endedVisibleFor   = 10 * time.Second       // from the end of a call to the removal of its row
	ringingTimeout    = 180 * time.Second      // from the last event of a ringing leg to its end
	voicemailTimeout  = 30 * time.Minute       // from the last event of a voicemail's call to its end, if the hangup is lost
	unlistedTimeout   = 4 * time.Hour          // the same of a call that no list contains
	transferWindow    = 30 * time.Second       // for a transferred call to appear under its new callId
	fetchTimeout      = 10 * time.Second       // for sipgate to fetch an announcement
	retention         = 24 * time.Hour         // of tombstones and of command results
	maxTombstones     = 10_000
	maxResults        = 10_000
)

// Options configures a Board. The zero value is usable.
type Options struct {
	Log *slog.Logger // discards everything if nil

	// OnPoll, unless it is nil, is called after each request for a list, with
	// its error and the time until the list was applied. It must not call the
	// board.
	OnPoll func(err error, took time.Duration)

	// RestoreRowID returns the id of the row that showed the call before the
	// process was restarted, so that row ids outlive the process. If it is nil
	// or returns false, a new row gets a new id. It must return false for
	// calls that ended long ago, since sipgate may reuse callIds. The board
	// calls it with its lock held: it must answer from memory and must not
	// call the board.
	RestoreRowID func(sipgate.CallID) (RowID, bool)
}

// A Board holds the live calls of one team. It is safe for concurrent use.
type Board struct {
	options Options
	log     *slog.Logger
	salt    maphash.Seed

	pollWake  chan struct{} // wakes the poller; buffer of one
	timerWake chan struct{} // wakes the timer loop; buffer of one
	joinWake  chan struct{} // wakes the reader of names; buffer of one
	runDone   chan struct{} // closed when Run returns

	// mu guards everything below. It is held while a fact is applied and until
	// the resulting changes are published, so that every snapshot together
	// with the changes after it is complete: without gap and without overlap.
	// It is never held during a request, a wait or rendering: locking it takes
	// no longer than the facts ahead take to apply.
	mu    sync.Mutex
	epoch string
	seq   uint64

	// clock is a logical clock: it counts requests, answers and events in the
	// order in which they happened, so that they remain ordered when time.Now
	// returns the same time twice. Fields named …Tick hold its values.
	clock        uint64
	nonListFacts uint64 // counts facts that did not come from a list

	rowsByID  map[RowID]*row
	rows      []*row // the values of rowsByID, oldest first
	lastRowNo uint64
	dirty     []*row // rows to refresh before mu is unlocked
	nextDue   time.Time

	legs           map[sipgate.CallID]*leg
	legsByRelation map[string]*leg   // by leg.relationKeys
	tombstones     []tombstone       // of ended legs, oldest first
	lastDiversion  time.Time         // time of the last event with a diversion
	unlisted       map[*leg]struct{} // connected, but in no member's list
	transferring   []*row            // rows that expect a new leg after a transfer
	pendingHangups []*pendingHangup  // hang-ups in their grace period
	closed         bool              // Run has ended: no hang-up may be delayed any more
	aliases        aliases
	listedLegs     int // number of live legs in at least one member's list

	members          map[MemberID]*member
	serving          atomic.Pointer[map[MemberID]bool] // see Serves
	names            map[string]string
	roster           *account.Snapshot // never nil
	health           Health
	unreadableLogged time.Time // when unreadable calls were logged last
	poll             pollState
	results          results

	subs map[*Subscription]struct{}

	readRoster func() *account.Snapshot // see SetRoster; nil if there is none
	refused    func()                   // called, if not nil, when sipgate refuses a list
}

// New returns an empty board. It requests nothing by itself; call Run.
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
		roster:         &account.Snapshot{},
		poll:           newPollState(),
		results:        newResults(),
	}
}

// Snapshot is the state of a board at one moment.
type Snapshot struct {
	// Epoch identifies one life of the board. Sequence numbers of different
	// epochs are not comparable.
	Epoch  string
	Seq    uint64 // number of the last change included
	Calls  []Call // ringing, connected and just ended, oldest row first
	Health Health
}

// Snapshot returns the current state of the board.
func (b *Board) Snapshot() Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	return b.snapshot()
}

// Health returns the health of the board and the number of its calls. It costs
// less than a Snapshot.
func (b *Board) Health() (health Health, calls int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	return b.health, len(b.rows)
}

// Seq returns the number of the last change.
func (b *Board) Seq() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	return b.seq
}

func (b *Board) snapshot() Snapshot {
	s := Snapshot{Epoch: b.epoch, Seq: b.seq, Calls: make([]Call, len(b.rows)), Health: b.health}
	for i, r := range b.rows {
		s.Calls[i] = *r.published
	}
	return s
}

// Call returns the current value of one row, and false if the board does not
// show it. For a day, the id of a merged row stands for the row it was merged
// into, here and in every other method with a RowID.
func (b *Board) Call(id RowID) (Call, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(time.Now())
	if r := b.findRow(id); r != nil {
		return *r.published, true
	}
	return Call{}, false
}

// SetNames replaces the names of numbers (E.164 with "+") and of extensions
// ("e0"), and publishes the rows whose parties' names changed. The caller must
// not modify the map afterwards.
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

// Name returns the name of a number (E.164 with "+") that the whole team may see,
// "" if it has none.
func (b *Board) Name(number string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.names[number]
}

// markDirty marks rows that a fact may have changed. Every operation that
// marks rows calls flush before it unlocks mu.
func (b *Board) markDirty(rows ...*row) {
	for _, r := range rows {
		if r != nil && !r.dirty {
			r.dirty = true
			b.dirty = append(b.dirty, r)
		}
	}
}

// flush publishes the marked rows whose value changed, so that one fact causes
// at most one change per row. After a panic the rows that follow stay marked,
// for the next flush.
func (b *Board) flush(now time.Time) {
	for len(b.dirty) > 0 {
		r := b.dirty[0]
		b.dirty = b.dirty[1:]
		r.dirty = false
		b.refresh(r, now)
	}
	b.dirty = nil
}

// tick advances the logical clock and returns its value.
func (b *Board) tick() uint64 {
	b.clock++
	return b.clock
}

// wake makes a receive from c succeed, now or later. c has a buffer of one.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// insertRow adds the row to the board in order of age: a new row last, one
// that returns at its former place.
func (b *Board) insertRow(r *row) {
	i, _ := slices.BinarySearchFunc(b.rows, r.no, func(o *row, no uint64) int { return cmp.Compare(o.no, no) })
	b.rows = slices.Insert(b.rows, i, r)
	b.rowsByID[r.id] = r
}

// removeRow removes the row from the board and publishes that.
func (b *Board) removeRow(r *row) {
	if r.published == nil {
		return
	}
	b.rows = slices.DeleteFunc(b.rows, func(o *row) bool { return o == r })
	delete(b.rowsByID, r.id)
	r.published = nil
	c := Change{Removed: r.id, RemovedNo: r.no}
	if r.mergedInto != nil {
		c.MergedInto = r.mergedInto.id
	}
	b.publish(c)
}
