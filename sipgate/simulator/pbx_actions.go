package simulator

import (
	"slices"
	"time"
)

// requireEstablished returns an error unless the call is established.
func (c *call) requireEstablished() error {
	switch c.phase {
	case ended:
		return errNoCall
	case ringing:
		return errNotEstablished
	}
	return nil
}

// setHold puts all participants on hold or retrieves them.
func (x *pbx) setHold(now time.Time, c *call, on bool) error {
	if err := c.requireEstablished(); err != nil {
		return err
	}
	if c.hold == on {
		return nil
	}
	c.remember(now)
	c.hold = on
	for _, p := range c.parties {
		p.hold = on
	}
	c.audio.setHold(now, on)
	return nil
}

// setMuted mutes or unmutes the party of u.
func (x *pbx) setMuted(now time.Time, c *call, u *user, on bool) error {
	if err := c.requireEstablished(); err != nil {
		return err
	}
	p := c.partyOf(u)
	c.remember(now)
	switch {
	case p.muted == on:
	case p.owner:
		c.audio.setMuted(now, on)
	case on:
		c.audio.leave(p.id, now)
	default:
		c.audio.join(p.id, now)
	}
	p.muted = on
	return nil
}

// setRecording starts or stops a recording. Each start creates a new file.
// announced is only stored: no announcement is played.
func (x *pbx) setRecording(now time.Time, c *call, on, announced bool) error {
	if err := c.requireEstablished(); err != nil {
		return err
	}
	c.remember(now)
	switch {
	case c.recording == on:
	case on:
		c.recordingStarts = append(c.recordingStarts, recordingStart{At: now, Announced: announced})
		c.audio.startRecording(now)
	default:
		c.audio.stopRecording(now)
	}
	c.recording = on
	return nil
}

// sendTones sends keypad tones to all participants.
func (x *pbx) sendTones(now time.Time, c *call, digits string) error {
	if err := c.requireEstablished(); err != nil {
		return err
	}
	c.tones = append(c.tones, digits)
	c.audio.addTones(digits, now)
	return nil
}

// transferTo begins the call that replaces c when it is answered: an incoming
// call to a user or group of the account, or an outgoing call of the
// transferring user to any other number. Until then c goes on, and an attended
// transfer puts it on hold.
func (x *pbx) transferTo(now time.Time, c *call, t transfer) (*call, error) {
	if err := c.requireEstablished(); err != nil {
		return nil, err
	}
	if c.successor != nil {
		return nil, errTransferring
	}
	if t.Attended {
		x.setHold(now, c, true)
	}
	p := callSpec{
		account: c.account, direction: in, from: c.far, to: t.To, origin: c.origin,
		users: c.account.usersAt(t.To), diversion: c.parties[0].number, previous: c,
	}
	if len(p.users) == 0 {
		p.direction, p.users = out, []*user{c.account.users[0]}
		if c.owner != nil {
			p.users = []*user{c.owner}
		}
	}
	n := x.begin(now, p)
	n.predecessor, n.attended = c, t.Attended
	t.CallID, t.At = n.id, now
	c.successor = n
	c.transfers = append(c.transfers, t)
	return n, nil
}

// forward forwards a ringing call to another number: it ends with the cause
// "forwarded", and a new call in the same call group begins.
func (x *pbx) forward(now time.Time, c *call, to string) (*call, error) {
	if c.phase != ringing {
		return nil, errEnded
	}
	p := callSpec{
		account: c.account, direction: in, from: c.from, to: to, origin: c.origin,
		users: c.account.usersAt(to), diversion: c.to, previous: c,
	}
	if len(p.users) == 0 {
		p.direction, p.users = out, c.users
	}
	x.end(now, c, forwarded)
	c.historyEntry.events[0].forwardedTo = to
	n := x.begin(now, p)
	c.successor, n.predecessor = n, c
	return n, nil
}

// forwardToVoicemail forwards a ringing call to the voicemail, which answers at
// once and records until the call ends.
func (x *pbx) forwardToVoicemail(now time.Time, c *call) (*call, error) {
	if c.phase != ringing {
		return nil, errEnded
	}
	if c.other != nil {
		return x.divertToVoicemail(now, c)
	}
	x.end(now, c, forwarded)
	c.historyEntry.events[0].forwardedTo = "voicemail"
	n := x.begin(now, callSpec{
		account: c.account, direction: in, from: c.from, to: c.to, users: c.users,
		origin: c.origin, diversion: c.to, previous: c, voicemail: true,
	})
	n.audio.startRecording(now)
	c.successor, n.predecessor = n, c
	return n, x.answer(now, n, nil)
}

// number returns the user's own number, in E.164 with "+".
func (u *user) number() string {
	for _, n := range u.account.numbers {
		if n.endpoint == u.phoneline {
			return n.e164
		}
	}
	return ""
}

// groupNumber returns the first number of a group, in E.164 with "+".
func (a *account) groupNumber(g *group) string {
	i := slices.IndexFunc(a.numbers, func(n *number) bool { return n.endpoint == g.id })
	return a.numbers[i].e164
}

// usersAt returns the users whose telephones ring when the number is called.
func (a *account) usersAt(e164 string) []*user {
	i := slices.IndexFunc(a.numbers, func(n *number) bool { return n.e164 == e164 })
	if i < 0 {
		return nil
	}
	end := a.numbers[i].endpoint
	for _, g := range a.groups {
		if g.id == end {
			return g.members
		}
	}
	for _, u := range a.users {
		if u.phoneline == end {
			return []*user{u}
		}
	}
	return nil
}

// userByNumber returns the user with this number, or nil.
func (a *account) userByNumber(e164 string) *user {
	i := slices.IndexFunc(a.numbers, func(n *number) bool { return n.e164 == e164 })
	if i < 0 {
		return nil
	}
	for _, u := range a.users {
		if u.phoneline == a.numbers[i].endpoint {
			return u
		}
	}
	return nil
}

// user returns the user with this id, or nil.
func (a *account) user(id string) *user {
	for _, u := range a.users {
		if u.id == id {
			return u
		}
	}
	return nil
}
