package simulator

import (
	"time"
)

// CallState is the complete state of one call, including what the API does not
// show. Numbers are in E.164 with "+".
type CallState struct {
	CallID         string    `json:"callId"`
	OrigCallID     string    `json:"origCallId"`
	XCID           string    `json:"xcid"`
	Account        string    `json:"account"`
	Origin         string    `json:"origin"` // control, api or script
	Direction      string    `json:"direction"`
	Phase          string    `json:"phase"` // ringing, established, ended
	From           string    `json:"from"`
	To             string    `json:"to"`
	Diversion      string    `json:"diversion,omitempty"`
	Users          []string  `json:"users"`           // called users, or the calling user
	Owner          string    `json:"owner,omitempty"` // the user who talks
	Voicemail      bool      `json:"voicemail"`
	Channel        string    `json:"channelId"`              // the inbox on neo
	DeviceCall     string    `json:"deviceCallId,omitempty"` // callId that rings the caller's device
	DevicePickedUp bool      `json:"devicePickedUp"`
	CalleeCall     string    `json:"calleeCallId,omitempty"` // callId of the callee's side of a call between users
	Began          time.Time `json:"began"`
	Answered       time.Time `json:"answered,omitzero"`
	Ended          time.Time `json:"ended,omitzero"`
	Cause          string    `json:"cause,omitempty"`
	Hold           bool      `json:"hold"`
	Muted          bool      `json:"muted"`
	Recording      bool      `json:"recording"`
	Parties        []Party   `json:"parties"`
	Successor      string    `json:"successor,omitempty"`   // callId
	Predecessor    string    `json:"predecessor,omitempty"` // callId

	Tones         []string         `json:"tones"` // the digits of each command
	Announcements []playback       `json:"announcements"`
	Transfers     []transfer       `json:"transfers"`
	Recordings    []recordingStart `json:"recordings"`
	HistoryID     string           `json:"historyId,omitempty"`
}

// Party is one party of an answered call. The owner is the first party.
type Party struct {
	ID     string `json:"participantId"`
	Number string `json:"phoneNumber"`
	User   string `json:"user,omitempty"`
	Owner  bool   `json:"owner"`
	Muted  bool   `json:"muted"`
	Hold   bool   `json:"hold"`
}

// Calls returns the state of all calls, oldest first. It includes at least the
// last 1,000 calls that ended.
func (s *Simulator) Calls() []CallState {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]CallState, 0, len(s.pbx.order))
	for _, c := range s.pbx.order {
		list = append(list, c.state())
	}
	return list
}

func (c *call) state() CallState {
	t := CallState{
		CallID: c.id, OrigCallID: c.origID, XCID: c.xcid, Account: c.account.id, Origin: c.origin,
		Direction: c.direction, Phase: string(c.phase), From: c.from, To: c.to, Diversion: c.diversion,
		Users: []string{}, Voicemail: c.voicemail, Channel: c.channel.id, DeviceCall: c.deviceCall, DevicePickedUp: c.devicePickedUp,
		Began: c.startedAt, Answered: c.answeredAt, Ended: c.endedAt, Cause: c.cause,
		Hold: c.hold, Recording: c.recording, Parties: []Party{},
		Tones: orEmpty(c.tones), Announcements: []playback{},
		Transfers: orEmpty(c.transfers), Recordings: orEmpty(c.recordingStarts),
	}
	for _, u := range c.users {
		t.Users = append(t.Users, u.id)
	}
	for _, p := range c.parties {
		party := Party{ID: p.id, Number: p.number, Owner: p.owner, Muted: p.muted, Hold: p.hold}
		if p.user != nil {
			party.User = p.user.id
		}
		t.Parties = append(t.Parties, party)
		t.Muted = t.Muted || p.muted && p.owner
	}
	for _, p := range c.announcements {
		t.Announcements = append(t.Announcements, *p)
	}
	if c.owner != nil {
		t.Owner = c.owner.id
	}
	if c.other != nil {
		t.CalleeCall = c.other.id
	}
	if c.successor != nil {
		t.Successor = c.successor.id
	}
	if c.predecessor != nil {
		t.Predecessor = c.predecessor.id
	}
	if c.historyEntry != nil {
		t.HistoryID = c.historyEntry.id
	}
	return t
}

// Call returns the state of one call, found by its callId or deviceCallId, or
// ErrNoCall.
func (s *Simulator) Call(callID string) (t CallState, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.pbx.calls[callID]
	if c == nil {
		return CallState{}, ErrNoCall
	}
	return c.state(), nil
}
