package callcontrol

import (
	"context"
	"time"
)

// syncInterval is how often sessions that expired are noticed and the service
// account is looked after; once in purgeEvery intervals, what was kept long
// enough is removed.
const (
	syncInterval = 30 * time.Second
	purgeEvery   = 120
	saveTimeout  = 2 * time.Second // for what is stored at the end
)

// keepHouse keeps, until ctx is done, the boards' members the same as those who
// are signed in and the service account watching, stores when events came,
// and removes old audit and journal entries.
func (c *Control) keepHouse(ctx context.Context) {
	var f confirmation
	c.service.watch(ctx)
	c.purge(ctx)
	tick := time.NewTicker(syncInterval)
	defer tick.Stop()
	for ticks := 1; ; ticks++ {
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
			defer cancel()
			c.saveArrivals(ctx)
			return
		case <-tick.C:
			c.keepHouseOnce(ctx, &f, ticks)
		}
	}
}

// keepHouseOnce does what is due at a tick.
func (c *Control) keepHouseOnce(ctx context.Context, f *confirmation, ticks int) {
	signedIn, err := c.syncMembers(ctx)
	if err != nil && ctx.Err() == nil {
		c.Log.Error("sync members", "err", err)
	}
	f.confirm(ctx, c, signedIn)
	c.service.watch(ctx)
	c.saveArrivals(ctx)
	if ticks%purgeEvery == 0 {
		c.purge(ctx)
	}
}

// purge removes what was kept long enough: from the audit, the journal and the
// library of announcements.
func (c *Control) purge(ctx context.Context) {
	if _, err := c.Audit.Purge(ctx); err != nil && ctx.Err() == nil {
		c.Log.Error("purge audit", "err", err)
	}
	if err := c.Journal.Purge(ctx); err != nil && ctx.Err() == nil {
		c.Log.Error("purge journal", "err", err)
	}
	if c.Library == nil {
		return
	}
	if n, err := c.Library.Purge(ctx); err != nil && ctx.Err() == nil {
		c.Log.Error("purge announcements", "err", err)
	} else if n > 0 {
		c.Log.Info("announcements removed that nobody has played", "number", n)
	}
}
