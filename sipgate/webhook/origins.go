package webhook

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"callboard/sipgate"
)

// An origin is what an event tells about the channel of its call. Events do not
// name the channel itself.
type origin struct {
	number string // in E.164, at which the call came in; "" unless it did
	users  string // ids, separated by spaces
}

// maxOrigins is how many origins of one account are remembered.
const maxOrigins = 1000

func newOrigins() *simplelru.LRU[origin, time.Time] {
	o, _ := simplelru.NewLRU[origin, time.Time](maxOrigins, nil) // fails only for a size below 1
	return o
}

func originOf(e sipgate.Event) origin {
	var o origin
	if e.Direction == sipgate.Incoming {
		o.number = sipgate.NormalizeNumber(e.To)
	}
	ids := make([]string, len(e.UserIDs))
	for i, id := range e.UserIDs {
		ids[i] = string(id)
	}
	o.users = strings.Join(ids, " ")
	return o
}

// channel returns the channel that the events of the origin belong to: that of
// the number that was called, else the only one that has all users. An outgoing
// call may show a number of another channel than its own. It returns false if
// several channels, or none, may be meant.
func (o origin) channel(channels []sipgate.Channel, numbers []sipgate.AccountNumber) (id string, ok bool) {
	for _, n := range numbers {
		if o.number == "" || sipgate.NormalizeNumber(n.Number) != o.number {
			continue
		}
		if slices.ContainsFunc(channels, func(c sipgate.Channel) bool { return c.ID == n.EndpointID }) {
			return n.EndpointID, true
		}
	}
	users := strings.Fields(o.users)
	for _, c := range channels {
		if len(users) == 0 || slices.ContainsFunc(users, func(u string) bool { return !hasUser(c, u) }) {
			continue
		}
		if ok {
			return "", false
		}
		id, ok = c.ID, true
	}
	return id, ok
}

func hasUser(c sipgate.Channel, id string) bool {
	return slices.ContainsFunc(c.Users, func(u sipgate.ChannelUser) bool { return string(u.ID) == id })
}

// ChannelEvents returns when the last event of each channel came since the
// program started, by the id of the channel, and that of the account under "". A
// channel without events, and one whose events might be those of another one, is not
// in it.
func (r *Receiver) ChannelEvents(account string, channels []sipgate.Channel, numbers []sipgate.AccountNumber) map[string]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := map[string]time.Time{}
	a := r.accounts[account]
	if a == nil {
		return last
	}
	if !a.health.LastEvent.IsZero() {
		last[""] = a.health.LastEvent
	}
	for _, o := range a.origins.Keys() {
		at, _ := a.origins.Peek(o)
		if id, ok := o.channel(channels, numbers); ok && at.After(last[id]) {
			last[id] = at
		}
	}
	return last
}
