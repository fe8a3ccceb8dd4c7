package simulator

import (
	"fmt"
	"time"
)

// Values of Options.InternalCalls. A call between users is announced twice, as
// outgoing for the caller and as incoming for the callee; sipgate does not
// document whether both have one origCallId and xcid.
const (
	InternalOneOrigin  = "one"
	InternalTwoOrigins = "two"
)

// otherSide is the side of the callee in a call between users of one account:
// one conversation with two callIds. The call itself is the caller's side.
type otherSide struct {
	id, origID, xcid string
	users            []*user // whose telephones ring
	owner            *user   // who answered
	ended            bool    // the call went on without this side
}

// addOtherSide announces an outgoing call to a user or group of the account to
// those whom it calls.
func (x *pbx) addOtherSide(c *call) {
	var callees []*user
	for _, u := range c.account.usersAt(c.to) {
		if u != c.owner {
			callees = append(callees, u)
		}
	}
	if len(callees) == 0 {
		return
	}
	o := &otherSide{id: x.callID(idIncoming), users: callees, origID: c.origID, xcid: c.xcid}
	if x.internalCalls == InternalTwoOrigins {
		o.origID, o.xcid = o.id, fmt.Sprintf("%016x", x.rng.Uint64())
	}
	c.other = o
	x.calls[o.id] = c
	x.publish(newCallEvent(c.calleeSide(), o.id, in, c.from, c.to))
}

// calleeSide returns the call as the callee's events describe it.
func (c *call) calleeSide() *call {
	o := c.other
	return &call{
		id: o.id, origID: o.origID, xcid: o.xcid, account: c.account, direction: in, cause: c.cause,
		from: c.from, to: c.to, users: o.users, owner: o.owner, channel: c.account.channelAt(c.to),
	}
}

// answerOtherSide has u answer, or the first of those whose telephones ring.
func (x *pbx) answerOtherSide(c *call, u *user) {
	if u == nil || u == c.owner {
		u = c.other.users[0]
	}
	c.other.owner = u
	x.publish(answerEvent(c.calleeSide(), c.other.id, in, c.from, c.to, u, u.number()))
}

// endOtherSide ends the callee's side with the call, or before it with a cause
// of its own.
func (x *pbx) endOtherSide(c *call, cause string) {
	if c.other == nil || c.other.ended {
		return
	}
	side := c.calleeSide()
	side.cause = cause
	x.publish(hangupEvent(side, c.other.id, in, c.from, c.to, c.other.owner != nil))
	c.other.ended = true
}

// divertToVoicemail has the callee's voicemail take an internal call, which
// goes on for the caller. The voicemail is a call of its own.
func (x *pbx) divertToVoicemail(now time.Time, c *call) (*call, error) {
	x.endOtherSide(c, forwarded)
	n := x.begin(now, callSpec{
		account: c.account, direction: in, from: c.from, to: c.to, users: c.other.users,
		origin: c.origin, diversion: c.to, previous: c, voicemail: true,
	})
	n.origID, n.xcid = c.other.origID, c.other.xcid
	n.audio.startRecording(now)
	c.voicemailCall = n
	if err := x.answer(now, n, nil); err != nil {
		return nil, err
	}
	return n, x.answer(now, c, nil)
}

// sides returns the callIds under which GET /calls shows the call to u.
func (c *call) sides(u *user, all bool) (ids []string) {
	if all || c.other == nil || c.other.owner != u {
		ids = append(ids, c.id)
	}
	if c.other != nil && !c.other.ended && (all || c.other.owner == u) {
		ids = append(ids, c.other.id)
	}
	return ids
}

// AnswerElsewhere answers a ringing call at a telephone that belongs to no user,
// as a queue or an external telephone does: the answer event has no user, only
// the answering number.
func (s *Simulator) AnswerElsewhere(callID, number string) error {
	e164, err := normalizeNumber(number)
	if err != nil {
		return err
	}
	return s.onCallID(callID, func(now time.Time, c *call) error {
		if c.phase != ringing {
			return errEnded
		}
		c.elsewhere = e164
		return s.pbx.answer(now, c, nil)
	})
}
