package callcontrol

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// maxChannelHistories is for how many members the calls of channels are kept.
const maxChannelHistories = 64

func newChannelHistories() *lru.Cache[team.MemberID, *sipgate.ChannelHistory] {
	c, _ := lru.New[team.MemberID, *sipgate.ChannelHistory](maxChannelHistories) // fails only for a size below 1
	return c
}

// channelHistory returns the calls of the channels that a member reaches. All
// clients of the member share it.
func (c *Control) channelHistory(m team.MemberID) *sipgate.ChannelHistory {
	if known, ok := c.channels.Get(m); ok {
		return known
	}
	made := sipgate.NewChannelHistory(func(ctx context.Context) ([]sipgate.Channel, error) {
		return c.Rosters.Of(m.Account).Channels(ctx)
	})
	if c.Journal != nil {
		made.Kept = func(ctx context.Context) (map[string]sipgate.EntryChange, error) {
			return c.Journal.KeptChanges(ctx, m.Account)
		}
	}
	if known, ok, _ := c.channels.PeekOrAdd(m, made); ok {
		return known
	}
	return made
}
