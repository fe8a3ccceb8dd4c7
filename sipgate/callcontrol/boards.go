package callcontrol

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
)

// NewBoards returns the boards of all accounts, each followed by the journal
// from its start to its last change. Unless it is nil, onPoll is called after
// each request for a list of calls. The function that NewBoards returns closes
// them and waits until the journal is written.
func NewBoards(j *journal.Journal, log *slog.Logger, onPoll func(account string, err error, took time.Duration)) (*switchboard.Boards, func()) {
	f := followers{journal: j, log: log, of: map[string]follower{}}
	boards := switchboard.NewBoards(func(account string) *switchboard.Board {
		o := switchboard.Options{Log: log, RestoreRowID: j.RowLookup(account)}
		if onPoll != nil {
			o.OnPoll = func(err error, took time.Duration) { onPoll(account, err, took) }
		}
		b := switchboard.New(o)
		f.follow(account, b)
		return b
	})
	boards.OnRemove(f.stop)
	return boards, func() { boards.Close(); f.stopAll() }
}

// followers have the journal follow boards. The zero value of follower follows none.
type followers struct {
	journal *journal.Journal
	log     *slog.Logger

	mu sync.Mutex
	of map[string]follower // by account
}

type follower struct {
	stop context.CancelFunc
	done chan struct{}
}

func (f *followers) follow(account string, b *switchboard.Board) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.of[account] = follower{stop, done}
	go func() {
		defer close(done)
		if err := f.journal.Follow(ctx, account, b); err != nil {
			f.log.Error("follow board", "account", account, "err", err)
		}
	}()
}

// stop waits until the journal has written what has happened on an account's board.
func (f *followers) stop(account string) {
	f.mu.Lock()
	one, ok := f.of[account]
	delete(f.of, account)
	f.mu.Unlock()
	if ok {
		one.stop()
		<-one.done
	}
}

func (f *followers) stopAll() {
	f.mu.Lock()
	accounts := slices.Collect(maps.Keys(f.of))
	for _, one := range f.of {
		one.stop() // all at once
	}
	f.mu.Unlock()
	for _, account := range accounts {
		f.stop(account)
	}
}
