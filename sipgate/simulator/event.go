package simulator

import (
	"net/url"
	"strings"
)

// event is a push event that is complete except for its address.
type event struct {
	kind      string // "newCall", "answer", "hangup"
	account   *account
	callID    string
	callGroup string // origCallId: the events of a call group keep their order
	direction string
	url       string   // of newCall events: the URL in the settings, may be empty
	tags      []string // extensions of the call, compared with the whitelist
	body      []byte
}

// form builds a body in sipgate's order and spelling: keys percent-encoded,
// numbers without "+".
type form struct{ b strings.Builder }

func (f *form) add(key, value string) *form {
	if f.b.Len() > 0 {
		f.b.WriteByte('&')
	}
	f.b.WriteString(url.QueryEscape(key) + "=" + url.QueryEscape(value))
	return f
}

func (f *form) addIf(key, value string) *form {
	if value != "" {
		f.add(key, value)
	}
	return f
}

// withoutPlus returns a number as push events and GET /calls spell it.
func withoutPlus(number string) string { return strings.TrimPrefix(number, "+") }

func (c *call) event(kind, id, direction string, f *form) event {
	e := event{
		kind: kind, account: c.account, callID: id, callGroup: c.origID,
		direction: direction, body: []byte(f.b.String()),
	}
	incoming, outgoing := c.account.push.IncomingURL, c.account.push.OutgoingURL
	if c.account.neo() {
		incoming, outgoing = c.channel.incomingURL, c.channel.outgoingURL
	}
	if e.url = outgoing; direction == in {
		e.url = incoming
	}
	for _, u := range c.users {
		e.tags = append(e.tags, u.id, u.phoneline)
	}
	for _, g := range c.account.groups {
		for _, n := range c.account.numbers {
			if n.endpoint == g.id && (n.e164 == c.from || n.e164 == c.to) {
				e.tags = append(e.tags, g.id)
			}
		}
	}
	return e
}

func newCallEvent(c *call, id, direction, from, to string) event {
	f := &form{}
	f.add("event", "newCall").add("direction", direction).add("from", withoutPlus(from)).add("to", withoutPlus(to))
	f.add("callId", id).add("origCallId", c.origID)
	switch {
	case c.voicemail:
		f.add("user[]", "voicemail")
	case len(c.users) == 0:
		f.add("user[]", "")
	default:
		for _, u := range c.users {
			f.add("user[]", u.name())
		}
		for _, u := range c.users {
			f.add("userId[]", u.id)
		}
		for _, u := range c.users {
			f.add("fullUserId[]", u.fullID())
		}
	}
	f.add("xcid", c.xcid).addIf("diversion", withoutPlus(c.diversion))
	return c.event("newCall", id, direction, f)
}

func answerEvent(c *call, id, direction, from, to string, u *user, answering string) event {
	f := &form{}
	f.add("event", "answer").add("callId", id)
	switch {
	case c.voicemail:
		f.add("user", "voicemail")
	case u != nil:
		f.add("user", u.name()).add("userId", u.id).add("fullUserId", u.fullID())
	}
	f.add("from", withoutPlus(from)).add("to", withoutPlus(to)).add("direction", direction)
	f.add("answeringNumber", withoutPlus(answering)).add("origCallId", c.origID).add("xcid", c.xcid)
	f.addIf("diversion", withoutPlus(c.diversion))
	return c.event("answer", id, direction, f)
}

// hangupEvent returns a hangup event. Only an answered call has an answering
// number.
func hangupEvent(c *call, id, direction, from, to string, answered bool) event {
	f := &form{}
	f.add("event", "hangup").add("cause", c.cause).add("callId", id)
	f.add("from", withoutPlus(from)).add("to", withoutPlus(to)).add("direction", direction)
	answering := ""
	if answered {
		answering = c.answeringNumber()
		if id == c.deviceCall {
			answering = to
		}
	}
	f.add("answeringNumber", withoutPlus(answering)).add("origCallId", c.origID).add("xcid", c.xcid)
	f.addIf("diversion", withoutPlus(c.diversion))
	return c.event("hangup", id, direction, f)
}
