package callcontrol

import (
	"context"
	"slices"

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

// HistoryReaders returns clients for counting all calls of an account: each reads
// a channel through a user of the channel who can be asked, since sipgate shows
// private channels to nobody else.
func (c *Control) HistoryReaders(account string) []*sipgate.Client {
	readers := c.Readers(account)
	for _, r := range readers {
		r.ChannelHistory = c.channelHistory(team.MemberID{Account: account})
	}
	return readers
}

// userOf returns a client of a user of a channel, or nil if none can be asked.
func (c *Control) userOf(account string, in sipgate.Channel) *sipgate.Client {
	for _, m := range c.OnlineMembers(account) {
		if slices.ContainsFunc(in.Users, func(u sipgate.ChannelUser) bool { return u.ID == m.User }) {
			return c.ClientOf(m.MemberID)
		}
	}
	return nil
}

// channelHistory returns the calls of the channels that a member reaches, or all
// members together if m has no user. All clients of the member share it.
func (c *Control) channelHistory(m team.MemberID) *sipgate.ChannelHistory {
	if known, ok := c.channels.Get(m); ok {
		return known
	}
	made := sipgate.NewChannelHistory(func(ctx context.Context) ([]sipgate.Channel, error) {
		return c.Rosters.Of(m.Account).Channels(ctx)
	})
	if m.User == "" {
		made.Through = func(in sipgate.Channel) *sipgate.Client { return c.userOf(m.Account, in) }
	}
	made.Listed = func(call bool, err error) { c.historyAnswered(m.Account, call, err) }
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
