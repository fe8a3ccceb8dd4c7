package switchboard

import (
	"context"
	"maps"
	"sync"
)

// An Exchange finds or opens the board of each team. It is the only way to a
// Board, so that a board may one day live elsewhere. It is safe for concurrent
// use.
type Boards struct {
	open func(team string) *Board
	ctx  context.Context
	stop context.CancelFunc
	runs sync.WaitGroup

	mu     sync.Mutex
	boards map[string]*Board
	closed bool
}

// NewExchange returns an exchange that makes boards with open. The exchange
// runs them.
func NewBoards(open func(team string) *Board) *Boards {
	ctx, stop := context.WithCancel(context.Background())
	return &Boards{open: open, ctx: ctx, stop: stop, boards: map[string]*Board{}}
}

// Board returns the team's board. When it is asked for the first time, it is
// opened and its poller is started. After Close a new board is not run.
func (x *Boards) Board(team string) *Board {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, ok := x.boards[team]
	if !ok {
		b = x.open(team)
		x.boards[team] = b
		if x.closed {
			b.cancelPendingHangups() // nobody would send what waits
		} else {
			x.runs.Go(func() { b.Run(x.ctx) })
		}
	}
	return b
}

// Close stops all pollers and waits for them. Hang-ups that wait are cancelled
// (ErrRestart); those that the boards have sent are waited for. Other commands
// under way end by themselves.
func (x *Boards) Close() {
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	x.stop()
	x.runs.Wait()
}

// Boards returns the boards that are open, by team.
func (x *Boards) All() map[string]*Board {
	x.mu.Lock()
	defer x.mu.Unlock()
	return maps.Clone(x.boards)
}
