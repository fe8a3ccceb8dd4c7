package simulator

import (
	"slices"
	"strconv"
	"time"
)

// Limits of what is kept.
const (
	maxEntries    = 2000 // of history, per account
	maxRecordings = 100  // of all accounts
)

// addToHistory adds the call that has just ended and was in phase was.
func (x *pbx) addToHistory(now time.Time, c *call, was phase) {
	x.lastEntry++
	e := &historyEntry{
		id: strconv.Itoa(100001233 + x.lastEntry), callID: c.id, kind: "CALL",
		source: c.from, target: c.to,
		sourceAlias: c.account.alias(c.from), targetAlias: c.account.alias(c.to),
		created: c.startedAt, modified: now, users: c.involvedUsers(), read: was == established,
	}
	if was == established {
		e.duration = now.Sub(c.answeredAt).Truncate(time.Second)
	}
	if c.voicemail {
		e.kind, e.read, e.callID = "VOICEMAIL", false, ""
		e.transcription = voicemailTexts[c.audio.seed%uint64(len(voicemailTexts))]
	}
	e.direction, e.status, e.callStatus = outcome(c, was)
	e.endpoints = endpoints(c, was)
	for _, u := range e.users {
		e.connections = append(e.connections, u.phoneline)
	}
	for _, f := range c.audio.files {
		e.recordings = append(e.recordings, x.storeRecording(c, e, f))
	}
	e.events = c.channelEvents()
	c.historyEntry = e
	a := c.account
	a.history = append(a.history, e)
	if n := len(a.history) - maxEntries; n > 0 {
		a.history = slices.Delete(a.history, 0, n)
	}
}

// storeRecording stores a recording and returns its id, which is hard to guess.
func (x *pbx) storeRecording(c *call, e *historyEntry, f *audioFile) string {
	r := &recording{id: hexDigits(x.rng, 32), account: c.account, file: f, entry: e}
	x.recordings = append(x.recordings, r)
	x.trimRecordings()
	return r.id
}

// trimRecordings drops the oldest recordings beyond maxRecordings.
func (x *pbx) trimRecordings() {
	n := len(x.recordings) - maxRecordings
	if n <= 0 {
		return
	}
	for _, old := range x.recordings[:n] {
		old.entry.recordings = slices.DeleteFunc(old.entry.recordings, func(id string) bool { return id == old.id })
	}
	x.recordings = slices.Delete(x.recordings, 0, n)
}

// involvedUsers returns the users who took part in a call that has ended, and
// those whose telephones rang.
func (c *call) involvedUsers() []*user {
	var users []*user
	for _, u := range c.account.users {
		if c.involves(u) {
			users = append(users, u)
		}
	}
	return users
}

// outcome returns how the history describes the end of a call.
func outcome(c *call, was phase) (direction, status, callStatus string) {
	direction = "INCOMING"
	if c.direction == out {
		direction = "OUTGOING"
	}
	if was == established {
		return direction, "PICKUP", "SUCCESS"
	}
	direction = "MISSED_" + direction
	switch c.cause {
	case busy:
		return direction, "BUSY", "BUSY"
	case forwarded:
		return direction, "FORWARD", "MISSED"
	case "congestion", "notFound":
		return direction, "NOPICKUP", "FAILURE"
	}
	return direction, "NOPICKUP", "MISSED"
}

func endpoints(c *call, was phase) []historyEndpoint {
	if c.voicemail {
		return []historyEndpoint{{"FORWARDED", "v0", "VOICEMAIL"}}
	}
	if was == established && c.owner != nil {
		return []historyEndpoint{{"PICKUP", c.owner.id, "USER"}}
	}
	var list []historyEndpoint
	for _, u := range c.users {
		list = append(list, historyEndpoint{"ROUTED", u.id, "USER"})
	}
	return list
}

// alias returns the name of a number: of a user, a number of the account or a
// contact, or "".
func (a *account) alias(e164 string) string {
	for _, n := range a.numbers {
		if n.e164 == e164 {
			return n.alias
		}
	}
	for _, c := range a.contacts {
		for _, n := range c.numbers {
			if n.Number == e164 {
				return c.name
			}
		}
	}
	return ""
}
