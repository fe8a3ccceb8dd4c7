package switchboard

import (
	"fmt"
	"slices"

	"callboard/sipgate"
)

// A talk is one conversation at sipgate, with its newCall events: one, or the
// two sides of an internal call, the caller's first.
type talk struct {
	legs      []sipgate.Event
	voicemail bool // in no list
}

func (c *talk) ids() []sipgate.CallID {
	ids := make([]sipgate.CallID, len(c.legs))
	for i, e := range c.legs {
		ids[i] = e.CallID
	}
	return ids
}

// owns makes the call that of one of four users: w0 is on every board, w3, who
// never signed in, on none.
func (h *scenario) owns(e sipgate.Event) sipgate.Event {
	u := sipgate.UserID(fmt.Sprintf("w%d", h.people.IntN(4)))
	h.owner[e.CallID] = u
	return withUsers(e, u)
}

// startCall starts a call with the outside or, one of four, with a colleague.
func (h *scenario) startCall() {
	h.callCount++
	id := sipgate.CallID(fmt.Sprintf("C%d", h.callCount))
	if h.chance(0.25) {
		if users := h.people.Perm(4); !h.phoned(users[0], users[1]) {
			h.startInternal(id, users[0], users[1])
			return
		}
	}
	from := fmt.Sprintf("49157900%05d", h.callCount)
	e := newCall(id, sipgate.Incoming, from, doc, "Doc")
	if h.chance(0.3) {
		e = newCall(id, sipgate.Outgoing, doc, from, "Doc")
	}
	h.ring(&talk{legs: []sipgate.Event{h.owns(e)}})
}

// phoned reports whether the two users have called each other before, and
// records that they have now. A scenario lets them do so once: if a second call
// has the numbers of the first, and events arrive a minute late or never, nothing
// tells which side of the one belongs to which of the other.
func (h *scenario) phoned(x, y int) bool {
	pair := [2]int{min(x, y), max(x, y)}
	before := h.pairs[pair]
	h.pairs[pair] = true
	return before
}

// startInternal lets one user call another, told with one origin or with two.
func (h *scenario) startInternal(id sipgate.CallID, caller, callee int) {
	number := func(user int) string { return fmt.Sprintf("49221471011%d", user) }
	out := newCall(id, sipgate.Outgoing, number(caller), number(callee), fmt.Sprint("User ", caller))
	in := newCall(id+"I", sipgate.Incoming, number(caller), number(callee), fmt.Sprint("User ", callee))
	out, in = withUsers(out, h.belongsTo(id, caller)), withUsers(in, h.belongsTo(id+"I", callee))
	if h.chance(0.5) {
		out, in = withOrigin(out, id, "x"+string(id)), withOrigin(in, id, "x"+string(id))
	}
	h.u.pair(out.CallID, in.CallID)
	h.ring(&talk{legs: []sipgate.Event{out, in}})
}

// belongsTo makes the call that of a user, and returns the user's id.
func (h *scenario) belongsTo(id sipgate.CallID, user int) sipgate.UserID {
	u := sipgate.UserID(fmt.Sprintf("w%d", user))
	h.owner[id] = u
	return u
}

func (h *scenario) ring(c *talk) {
	h.ringing = append(h.ringing, c)
	for _, e := range c.legs {
		h.talks[e.CallID] = c
		h.announce(e)
	}
}

// answerCall lets the called user or, sometimes, a voicemail take a call.
func (h *scenario) answerCall() {
	if len(h.ringing) == 0 {
		return
	}
	c := h.removeRandom(&h.ringing)
	if c.legs[0].Direction == sipgate.Incoming && h.chance(0.25) {
		h.answerByVoicemail(c)
		return
	}
	h.established = append(h.established, c)
	for _, e := range c.legs {
		h.listCall(e)
		h.announce(answer(e, e.Users[0]))
	}
}

// answerByVoicemail lets a voicemail take a call, under the same callId or
// under another.
func (h *scenario) answerByVoicemail(c *talk) {
	e := c.legs[0]
	if h.chance(0.5) {
		next := withOrigin(newCall(e.CallID+"V", sipgate.Incoming, e.From, e.To, "voicemail"), e.CallID, "")
		next.Diversion, next.UserIDs = doc, []sipgate.UserID{"v0"}
		h.announce(next)
		h.announce(hangup(e, "forwarded"))
		c = &talk{legs: []sipgate.Event{next}}
		h.talks[next.CallID] = c
		e = next
	}
	c.voicemail = true
	h.established = append(h.established, c)
	h.announce(withUsers(answer(e, "voicemail"), "v0"))
}

// seesOwn reports whether sipgate shows each user only the own calls.
func (h *scenario) seesOwn() bool { return h.seed%3 == 0 }

// listCall adds the call to the lists of all members or, in some scenarios, of
// its owner alone.
func (h *scenario) listCall(e sipgate.Event) {
	out, in := e.From, e.To
	if e.Direction == sipgate.Outgoing {
		out, in = in, out
	}
	if h.seesOwn() {
		h.u.add(e.CallID, out, in, MemberID(h.owner[e.CallID]))
		return
	}
	h.u.add(e.CallID, out, in)
}

func (h *scenario) endCall() {
	if len(h.ringing) > 0 && h.chance(0.3) {
		for _, e := range h.removeRandom(&h.ringing).legs {
			h.announce(hangup(e, "cancel"))
		}
		return
	}
	if len(h.established) > 0 {
		h.end(h.removeRandom(&h.established))
	}
}

// end ends a call, if a command has not done so before, and announces it.
func (h *scenario) end(c *talk) {
	h.u.remove(c.ids()...)
	for _, e := range c.legs {
		h.announce(hangup(e, "normalClearing"))
	}
}

// announceCommandedEnds announces the end of calls that commands ended.
func (h *scenario) announceCommandedEnds() {
	for _, c := range slices.Clone(h.established) {
		if !c.voicemail && !h.u.has(c.legs[0].CallID) {
			h.established = slices.DeleteFunc(h.established, func(o *talk) bool { return o == c })
			h.end(c)
		}
	}
}

// transferCall transfers a call of the outside without the board.
func (h *scenario) transferCall() {
	if len(h.established) == 0 {
		return
	}
	i := h.r.IntN(len(h.established))
	c := h.established[i]
	if c.voicemail || len(c.legs) > 1 {
		return
	}
	h.established = slices.Delete(h.established, i, i+1)
	old := c.legs[0]
	next := withOrigin(newCall(old.CallID+"B", sipgate.Incoming, old.From, marty, "Marty"), old.CallID, "")
	if old.Direction == sipgate.Outgoing {
		next.From = old.To
	}
	next.Diversion = doc
	next = h.owns(next)
	h.announce(next)
	h.u.remove(old.CallID)
	h.talks[next.CallID] = &talk{legs: []sipgate.Event{next}}
	h.established = append(h.established, h.talks[next.CallID])
	h.listCall(next)
	h.announce(answer(next, "Marty"))
	h.announce(hangup(old, "normalClearing"))
}

// changeByTelephone changes a call without the board.
func (h *scenario) changeByTelephone() {
	h.u.change(func(calls []sipgate.Call) []sipgate.Call {
		if len(calls) > 0 {
			c := &calls[h.r.IntN(len(calls))]
			c.Hold, c.Muted = h.chance(0.5), h.chance(0.5)
		}
		return calls
	})
}

func (h *scenario) removeRandom(from *[]*talk) *talk {
	i := h.r.IntN(len(*from))
	c := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	return c
}
