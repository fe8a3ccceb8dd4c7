package callcontrol

import (
	"context"
	"log/slog"
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
	var followers sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	boards := switchboard.NewBoards(func(account string) *switchboard.Board {
		o := switchboard.Options{Log: log, RestoreRowID: j.RowLookup(account)}
		if onPoll != nil {
			o.OnPoll = func(err error, took time.Duration) { onPoll(account, err, took) }
		}
		b := switchboard.New(o)
		followers.Go(func() {
			if err := j.Follow(ctx, account, b); err != nil {
				log.Error("follow board", "account", account, "err", err)
			}
		})
		return b
	})
	return boards, func() { boards.Close(); stop(); followers.Wait() }
}
