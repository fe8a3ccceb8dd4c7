package switchboard

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// scenarioCount is the number of random scenarios. The race detector makes
// each ten times slower, and needs fewer.
var scenarioCount = map[bool]int{false: 10_000, true: 1_500}[raceDetector]

// TestBoardsConverge runs two boards of one team through random scenarios with
// calls of the outside, among colleagues and to voicemails: events are lost,
// repeated and reordered, lists are late, lag behind or fail, answers to
// commands are lost, hang-ups are pending, joined, undone and replaced by
// immediate ones, and members claim calls. At every moment a call whose hangup
// event arrived stays ended, and what sipgate accepted is shown until lists can
// tell. After the next successful lists both boards show exactly the calls of
// sipgate that a list shows or an event announced, one row each, and, if the
// hangup event of a call that none of their lists shows was lost, that call for
// some hours more; no ended call, claim or pending hang-up remains; no command
// was sent twice, and none that was undone or refused was sent; each command
// reported one outcome; no subscriber missed a change or received one out of
// order.
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

	ringing     []*talk
	established []*talk
	talks       map[sipgate.CallID]*talk // all that ever were
	owner       map[sipgate.CallID]sipgate.UserID
	pairs       map[[2]int]bool // of users who called each other
	commands    int
	issued      []*issuedCommand
	doneCount   int  // outcomes so far
	commanded   bool // commands were given, so that the boards may differ
}

// observedBoard is a board with a follower and the events not delivered yet.
type observedBoard struct {
	*Board
	follower *follower
	sub      *Subscription
	pending  []sipgate.Event
	stop     func() // ends startTimers

	// Calls with a newCall, answer or hangup event that was delivered.
	announced, answered, hungUp map[sipgate.CallID]bool
	late                        map[sipgate.CallID]bool // see noteOrder
}

func newScenario(t *testing.T, seed uint64) *scenario {
	h := &scenario{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 1)), people: rand.New(rand.NewPCG(seed, 2)), u: newFakeSipgate(),
		talks: map[sipgate.CallID]*talk{}, owner: map[sipgate.CallID]sipgate.UserID{}, pairs: map[[2]int]bool{}}
	if h.chance(0.4) {
		h.u.lag = time.Duration(h.r.Int64N(int64(listLag)))
	}
	for range 2 {
		b := newBoard(t, h.u, memberIDs(1+h.r.IntN(3))...)
		s, sub := b.Subscribe()
		h.boards = append(h.boards, &observedBoard{Board: b, follower: follow(s), sub: sub, stop: startTimers(b),
			announced: map[sipgate.CallID]bool{}, answered: map[sipgate.CallID]bool{}, hungUp: map[sipgate.CallID]bool{},
			late: map[sipgate.CallID]bool{}})
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
	switch h.r.IntN(13) {
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
	case 12:
		h.announceCommandedEnds()
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
		h.checkMeanwhile(i)
	}
}
