package callcontrol

import (
	"context"

	"callboard/sipgate"
)

// LearnZone remembers in which time zone the account of a member who has just
// signed in is, as far as its users, its numbers and the member's locale tell.
func (c *Control) LearnZone(ctx context.Context, account, locale string) error {
	roster := c.Rosters.Of(account).Snapshot()
	return c.Zones.Learn(ctx, account, roster.Users, roster.Numbers, locale)
}

// relearnZone does the same when the users of an account were read again.
func (c *Control) relearnZone(account string, users []sipgate.User) {
	if !c.Members.Allows(account) {
		return
	}
	numbers := c.Rosters.Of(account).Snapshot().Numbers
	if err := c.Zones.Learn(c.ctx, account, users, numbers, ""); err != nil && c.ctx.Err() == nil {
		c.Log.Warn("learn time zone", "account", account, "err", err)
	}
}
