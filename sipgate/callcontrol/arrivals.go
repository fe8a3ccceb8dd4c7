package callcontrol

import (
	"context"
	"time"

	"callboard/sipgate"
)

// ChannelEvents returns when the last push event of each channel of an account came
// since the program started, and that of the account under "".
type ChannelEvents func(account string, channels []sipgate.Channel, numbers []sipgate.AccountNumber) map[string]time.Time

// LastEvents returns when the last push event of each channel of an account came, by
// the channel's id, and that of the account under "": also before the program
// started.
func (c *Control) LastEvents(account string) map[string]time.Time {
	last := c.Arrivals.Of(account)
	for channel, at := range c.arrived(account) {
		last[channel] = at
	}
	return last
}

func (c *Control) arrived(account string) map[string]time.Time {
	if c.ChannelEvents == nil {
		return nil
	}
	known := c.Rosters.Of(account).Snapshot()
	return c.ChannelEvents(account, known.Channels, known.Numbers)
}

// ReceivesEvents reports whether push events of the account arrive, or did before the
// program started.
func (c *Control) ReceivesEvents(account string) bool {
	return c.Arrivals.Any(account) || !c.arrived(account)[""].IsZero()
}

// saveArrivals stores what came since, of the teams for which this process acts.
func (c *Control) saveArrivals(ctx context.Context) {
	for account := range c.Boards.All() {
		if c.ActsFor(account) {
			c.saveArrivalsOf(ctx, account)
		}
	}
}

func (c *Control) saveArrivalsOf(ctx context.Context, account string) {
	if err := c.Arrivals.Save(ctx, account, c.arrived(account)); err != nil && ctx.Err() == nil {
		c.Log.Error("store arrivals", "err", err)
	}
}
