package switchboard

import (
	"context"
	"sync"

	"callboard/sipgate/account"
)

// Boards opens and runs the boards of all teams. It is safe for concurrent
// use.
type Boards struct {
	open func(team string) *Board
	ctx  context.Context
	stop context.CancelFunc
	runs sync.WaitGroup

	mu      sync.Mutex
	boards  map[string]openBoard
	rosters *account.Rosters  // nil if there are none
	refused func(team string) // see OnListRefused; nil if nobody asks
	removed func(team string) // see OnRemove; nil if nobody asks
	closed  bool
}

// An openBoard is a board whose Run stop ends.
type openBoard struct {
	*Board
	stop context.CancelFunc
}

// NewBoards returns a Boards that creates boards with open.
func NewBoards(open func(team string) *Board) *Boards {
	ctx, stop := context.WithCancel(context.Background())
	return &Boards{open: open, ctx: ctx, stop: stop, boards: map[string]openBoard{}}
}

// Board returns the team's board. The first call for a team opens the board
// and starts its Run. After Close, a new board is not run.
func (x *Boards) Board(team string) *Board {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, ok := x.boards[team]
	if !ok {
		ctx, stop := context.WithCancel(x.ctx)
		b = openBoard{x.open(team), stop}
		x.connectRoster(team, b.Board)
		x.connectRefused(team, b.Board)
		x.boards[team] = b
		if x.closed {
			b.cancelPendingHangups() // without Run they would never be sent
		} else {
			x.runs.Go(func() { b.Run(ctx) })
		}
	}
	return b.Board
}

// OnRemove has f called with each board that Remove has stopped, before Remove
// returns. f must not call the Boards.
func (x *Boards) OnRemove(f func(team string)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.removed = f
}

// Remove stops the team's board as Close stops all of them, and forgets it: the next
// call of Board opens a new one. Subscriptions end. It does nothing for a team whose
// board is not open.
func (x *Boards) Remove(team string) {
	x.mu.Lock()
	b, ok := x.boards[team]
	removed, closed := x.removed, x.closed
	x.mu.Unlock()
	if !ok || closed {
		return
	}
	b.stop()
	<-b.runDone
	if removed != nil {
		removed(team)
	}
	b.startEpoch() // ends the subscriptions
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.boards, team)
}

// SetRosters has all boards use the rosters of their accounts.
func (x *Boards) SetRosters(rosters *account.Rosters) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rosters = rosters
	for team, b := range x.boards {
		x.connectRoster(team, b.Board)
	}
}

func (x *Boards) connectRoster(team string, b *Board) {
	if x.rosters != nil {
		b.SetRoster(x.rosters.Of(team).Snapshot)
	}
}

// OnListRefused has f called each time that sipgate refuses a team a list of calls as
// such. f must not call the board.
func (x *Boards) OnListRefused(f func(team string)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refused = f
	for team, b := range x.boards {
		x.connectRefused(team, b.Board)
	}
}

func (x *Boards) connectRefused(team string, b *Board) {
	if f := x.refused; f != nil {
		b.onListRefused(func() { f(team) })
	}
}

// ListRefused reports whether sipgate refuses a team the list of calls as such, as far
// as its board is open. A nil Boards has none open.
func (x *Boards) ListRefused(team string) bool {
	if x == nil {
		return false
	}
	x.mu.Lock()
	b, ok := x.boards[team]
	x.mu.Unlock()
	return ok && b.ListRefused()
}

// CancelHangUps cancels the pending hang-ups of all boards with ErrBoardClosed. From then on
// the boards refuse hang-ups with a grace period: members cannot undo them any more.
func (x *Boards) CancelHangUps() {
	for _, b := range x.All() {
		b.cancelPendingHangups()
	}
}

// Close stops all boards and waits for them. Pending hang-ups are cancelled
// with ErrBoardClosed; hang-ups already sent are waited for. Other commands in
// progress continue until they are answered.
func (x *Boards) Close() {
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	x.stop()
	x.runs.Wait()
}

// All returns the open boards by team.
func (x *Boards) All() map[string]*Board {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := make(map[string]*Board, len(x.boards))
	for team, b := range x.boards {
		all[team] = b.Board
	}
	return all
}
