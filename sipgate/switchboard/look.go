package switchboard

import (
	"context"
	"time"
)

// lookPatience is how long a page waits for a list that is newer than what the
// board has.
const freshSnapshotTimeout = 1500 * time.Millisecond

// Look is Snapshot for somebody who looks once, as a page without a feed does:
// if the list is older than what those who watch are used to, it has a new one
// asked for and waits a moment for it.
func (b *Board) FreshSnapshot(ctx context.Context) Snapshot {
	snap, sub := b.Subscribe()
	defer sub.Close()
	h := snap.Health
	if h.Members == 0 || h.Failing || time.Since(h.ListedAt) < b.options.Watched {
		return snap
	}
	ctx, cancel := context.WithTimeout(ctx, freshSnapshotTimeout)
	defer cancel()
	for {
		select {
		case c, ok := <-sub.Changes():
			if ok && (c.Health == nil || !c.Health.Failing && c.Health.ListedAt.Equal(h.ListedAt)) {
				continue
			}
		case <-ctx.Done():
		}
		return b.Snapshot()
	}
}
