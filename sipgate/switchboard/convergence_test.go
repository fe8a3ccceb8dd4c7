package switchboard

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// scenarioCount is the number of random scenarios. The race detector makes
// each ten times slower, and needs fewer.
var scenarioCount = map[bool]int{false: 10_000, true: 1_500}[raceDetector]

// TestBoardsConverge runs two boards of one team through random scenarios:
// events are lost, repeated and reordered, lists are late or fail, answers to
// commands are lost, hang-ups are pending, joined, undone and replaced by
// immediate ones, and members claim calls. After the next successful lists
// both boards show exactly the calls of sipgate that a list shows or an event
// announced, and, if the hangup event of a call that none of their lists shows
// was lost, that call for some hours more; no ended call, claim or
// pending hang-up remains; no command was sent twice, and none that was undone
// or refused was sent; each command reported one outcome; no subscriber missed
// a change or received one out of order.
func TestBoardsConverge(t *testing.T) {
	n := scenarioCount
	if testing.Short() {
		n /= 10
	}
	const batch = 50
	for first := 0; first < n && !t.Failed(); first += batch {
		synctest.Test(t, func(t *testing.T) {
			for seed := first; seed < first+batch && !t.Failed(); seed++ {
				newScenario(t, uint64(seed)).run()
			}
		})
	}
}

// A scenario is a random sequence of what happens to a team.
type scenario struct {
	t         *testing.T
	seed      uint64
	r         *rand.Rand
	people    *rand.Rand // for undos and claims
	u         *fakeSipgate
	boards    []*observedBoard
	callCount int // calls started so far

	ringing     []sipgate.Event
	established []sipgate.Event // their newCall events
	owner       map[sipgate.CallID]sipgate.UserID
	commands    int
	issued      []*issuedCommand
	commanded   bool // commands were given, so that the boards may differ
}

// issuedCommand is one call of Execute, with the outcomes that OnDone
// received.
type issuedCommand struct {
	b        *observedBoard
	c        Command
	outcomes []error
	returned error // by Execute
}

// observedBoard is a board with a follower and the events not delivered yet.
type observedBoard struct {
	*Board
	follower *follower
	sub      *Subscription
	pending  []sipgate.Event
	answered map[sipgate.CallID]bool // by an event that was delivered
	hungUp   map[sipgate.CallID]bool
	stop     func() // ends startTimers
}

func newScenario(t *testing.T, seed uint64) *scenario {
	h := &scenario{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 1)), people: rand.New(rand.NewPCG(seed, 2)), u: newFakeSipgate(), owner: map[sipgate.CallID]sipgate.UserID{}}
	for range 2 {
		b := newBoard(t, h.u, memberIDs(1+h.r.IntN(3))...)
		s, sub := b.Subscribe()
		h.boards = append(h.boards, &observedBoard{Board: b, follower: follow(s), sub: sub, stop: startTimers(b),
			answered: map[sipgate.CallID]bool{}, hungUp: map[sipgate.CallID]bool{}})
	}
	return h
}

// startTimers does what Run does, except for polling, until end is called.
func startTimers(b *Board) (end func()) {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { b.runTimers(ctx, &wg) })
	return func() {
		stop()
		b.cancelPendingHangups()
		wg.Wait()
	}
}

func (h *scenario) chance(of float64) bool { return h.r.Float64() < of }

func (h *scenario) run() {
	for range 10 + h.r.IntN(25) {
		h.step()
		if h.chance(0.5) {
			time.Sleep(time.Duration(h.r.IntN(3000)) * time.Millisecond)
		}
		h.follow()
	}
	h.u.setFault(nil)
	if h.people.Float64() < 0.3 { // the process ends, and pending hang-ups with it
		h.boards[h.people.IntN(len(h.boards))].stop()
	}
	time.Sleep(20 * time.Second) // for requests in progress
	for _, b := range h.boards {
		for len(b.pending) > 0 {
			h.push(b)
		}
	}
	h.pollBoards()
	h.compare(afterLists)
	time.Sleep(unlistedTimeout)
	h.pollBoards()
	time.Sleep(endedVisibleFor)
	h.compare(atTheEnd)
	h.checkOutcomes()
	for _, b := range h.boards {
		b.sub.Close()
		b.stop()
	}
}

// pollBoards gives every board enough successful lists.
func (h *scenario) pollBoards() {
	for range 3 {
		for _, b := range h.boards {
			if err := b.Poll(context.Background()); err != nil {
				h.t.Fatalf("scenario %d: %v", h.seed, err)
			}
		}
		time.Sleep(2 * time.Second)
	}
	h.follow()
}

// step does one random thing.
func (h *scenario) step() {
	b := h.boards[h.r.IntN(len(h.boards))]
	switch h.r.IntN(12) {
	case 0, 1:
		h.startCall()
	case 2:
		h.answerCall()
	case 3:
		h.endCall()
	case 4:
		h.changeByTelephone()
	case 5:
		h.transferCall()
	case 6, 7, 8:
		h.push(b)
	case 9, 10:
		h.pollWithFaults(b)
	case 11:
		if h.seed%2 == 0 {
			h.command(b)
		}
	}
	if h.seed%2 == 0 {
		switch b := h.boards[h.people.IntN(len(h.boards))]; h.people.IntN(8) {
		case 0:
			h.claimOrRelease(b)
		case 1:
			h.undoHangUps(b)
		}
	}
}

// announce queues an event for both boards, unless it is lost.
func (h *scenario) announce(e sipgate.Event) {
	if h.chance(0.2) {
		return
	}
	for _, b := range h.boards {
		b.pending = append(b.pending, e)
		if h.chance(0.2) {
			b.pending = append(b.pending, e)
		}
	}
}

// push delivers one of the queued events, not always the oldest.
func (h *scenario) push(b *observedBoard) {
	if len(b.pending) == 0 {
		return
	}
	i := h.r.IntN(min(len(b.pending), 4))
	b.deliver(b.pending[i])
	b.pending = slices.Delete(b.pending, i, i+1)
}

// deliver pushes an event to the board.
func (b *observedBoard) deliver(e sipgate.Event) {
	switch e.Kind {
	case sipgate.EventAnswer:
		b.answered[e.CallID] = true
	case sipgate.EventHangup:
		b.hungUp[e.CallID] = true
	}
	b.Observe(e)
}

// owns makes the call that of one of four users: w0 is on every board, w3, who
// never signed in, on none.
func (h *scenario) owns(e sipgate.Event) sipgate.Event {
	u := sipgate.UserID(fmt.Sprintf("w%d", h.people.IntN(4)))
	h.owner[e.CallID] = u
	return withUsers(e, u)
}

func (h *scenario) startCall() {
	h.callCount++
	id := sipgate.CallID(fmt.Sprintf("C%d", h.callCount))
	from := fmt.Sprintf("49157900%05d", h.callCount)
	e := newCall(id, sipgate.Incoming, from, doc, "Doc")
	if h.chance(0.3) {
		e = newCall(id, sipgate.Outgoing, doc, from, "Doc")
	}
	e = h.owns(e)
	h.ringing = append(h.ringing, e)
	h.announce(e)
}

func (h *scenario) answerCall() {
	if len(h.ringing) == 0 {
		return
	}
	e := h.removeRandom(&h.ringing)
	h.listCall(e)
	h.announce(answer(e, "Doc"))
}

// seesOwn reports whether sipgate shows each user only the own calls.
func (h *scenario) seesOwn() bool { return h.seed%3 == 0 }

// listCall adds the call to the lists of all members or, in some scenarios, of
// its owner alone.
func (h *scenario) listCall(e sipgate.Event) {
	h.established = append(h.established, e)
	out, in := e.From, e.To
	if e.Direction == sipgate.Outgoing {
		out, in = in, out
	}
	if h.seesOwn() {
		h.u.add(e.CallID, out, in, MemberID(h.owner[e.CallID]))
		return
	}
	h.u.add(e.CallID, out, in)
}

func (h *scenario) endCall() {
	if len(h.ringing) > 0 && h.chance(0.3) {
		h.announce(hangup(h.removeRandom(&h.ringing), "cancel"))
		return
	}
	if len(h.established) > 0 {
		e := h.removeRandom(&h.established)
		h.u.remove(e.CallID)
		h.announce(hangup(e, "normalClearing"))
	}
}

// transferCall transfers a call without the board.
func (h *scenario) transferCall() {
	if len(h.established) == 0 {
		return
	}
	old := h.removeRandom(&h.established)
	next := withOrigin(newCall(old.CallID+"B", sipgate.Incoming, old.From, marty, "Marty"), old.CallID, "")
	if old.Direction == sipgate.Outgoing {
		next.From = old.To
	}
	next.Diversion = doc
	next = h.owns(next)
	h.announce(next)
	h.u.remove(old.CallID)
	h.listCall(next)
	h.announce(answer(next, "Marty"))
	h.announce(hangup(old, "normalClearing"))
}

// changeByTelephone changes a call without the board.
func (h *scenario) changeByTelephone() {
	h.u.mu.Lock()
	defer h.u.mu.Unlock()
	if len(h.u.calls) > 0 {
		c := &h.u.calls[h.r.IntN(len(h.u.calls))]
		c.Hold, c.Muted = h.chance(0.5), h.chance(0.5)
	}
}

func (h *scenario) removeRandom(from *[]sipgate.Event) sipgate.Event {
	i := h.r.IntN(len(*from))
	e := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	return e
}

// injectFaults makes requests fail or be late.
func (h *scenario) injectFaults() {
	roll, late := h.r.Float64(), time.Duration(h.r.IntN(4000))*time.Millisecond
	h.u.setFault(func(op string, _ MemberID) fault {
		switch {
		case roll < 0.4:
			return fault{}
		case roll < 0.6:
			return fault{before: late / 2, after: late}
		case roll < 0.7:
			return fault{err: errNotSent}
		case op == "calls":
			return fault{list: sipgate.CallList(`{"data":[{`)}
		}
		return fault{err: errTimeout, executed: roll < 0.85}
	})
}

func (h *scenario) pollWithFaults(b *observedBoard) {
	h.injectFaults()
	go b.Poll(context.Background())
	synctest.Wait()
	h.u.setFault(nil)
}

// follow applies all published changes to the followers.
func (h *scenario) follow() {
	synctest.Wait()
	for i, b := range h.boards {
		b.Snapshot() // expires what is due
		for len(b.sub.Changes()) > 0 {
			if err := b.follower.apply(<-b.sub.Changes()); err != nil {
				h.t.Fatalf("scenario %d, board %d: %v", h.seed, i, err)
			}
		}
		if err := b.follower.compare(b.Snapshot()); err != nil {
			h.t.Fatalf("scenario %d, board %d: %v", h.seed, i, err)
		}
	}
}
