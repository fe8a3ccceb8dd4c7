package simulator

import (
	"slices"
	"time"
)

// party is one side of a conversation.
type party struct {
	id          string
	number      string // E.164 with "+", "" if anonymous
	user        *user  // nil for an external number
	owner       bool
	muted, hold bool
}

// addParties creates the two parties of a call that is being answered.
func (x *pbx) addParties(now time.Time, c *call) {
	near := &party{number: c.near, user: c.owner, owner: true}
	switch {
	case c.direction == in && c.elsewhere != "":
		near.number = c.elsewhere
	case c.direction == in && c.owner != nil:
		near.number = c.owner.number()
	case c.predecessor != nil:
		near.user = nil // the target of a transfer to an external number
	}
	far := &party{number: c.far, user: c.account.userByNumber(c.far)}
	switch o := c.other; {
	case o != nil && o.owner != nil:
		far.number, far.user = o.owner.number(), o.owner
	case o != nil:
		far.user = nil // the voicemail answers
	}
	c.parties = []*party{near, far}
	for _, p := range c.parties {
		p.id = hexDigits(x.rng, 16)
		if p.number == "anonymous" {
			p.number = ""
		}
		c.audio.join(p.id, now)
	}
}

// involves reports whether u takes part in the call or is called by it.
func (c *call) involves(u *user) bool {
	if c.owner == u && u != nil {
		return true
	}
	for _, p := range c.parties {
		if p.user == u && u != nil {
			return true
		}
	}
	if o := c.other; o != nil && c.phase != established && slices.Contains(o.users, u) {
		return true
	}
	return c.phase != established && slices.Contains(c.users, u)
}

// partyOf returns the party that commands of u affect: u's own party, or else
// the owner's.
func (c *call) partyOf(u *user) *party {
	for _, p := range c.parties {
		if p.user == u {
			return p
		}
	}
	return c.parties[0]
}
