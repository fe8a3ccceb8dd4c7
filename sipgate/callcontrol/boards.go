package callcontrol

import (
	"context"
	"log/slog"
	"sync"

	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
)

// NewBoards returns the boards of all accounts, each followed by the journal
// from its start to its last change. The function that it returns closes them
// and waits until the journal is written.
func NewBoards(j *journal.Journal, log *slog.Logger) (*switchboard.Boards, func()) {
	var followers sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	boards := switchboard.NewBoards(func(account string) *switchboard.Board {
		b := switchboard.New(switchboard.Options{Log: log, RestoreRowID: j.RowLookup(account)})
		followers.Go(func() {
			if err := j.Follow(ctx, account, b); err != nil {
				log.Error("follow board", "account", account, "err", err)
			}
		})
		return b
	})
	return boards, func() { boards.Close(); stop(); followers.Wait() }
}
