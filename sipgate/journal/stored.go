package journal

import (
	"encoding/json"
	"fmt"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// storedVersion is the shape of [storedCall]. Rows without a version have the
// shape of [unversionedCall].
const storedVersion = 1

// A storedCall is what column journal_rows.state holds of a call, as JSON. It
// has field names and values of its own, so that switchboard.Call can change
// without losing what was written.
type storedCall struct {
	Version         int                 `json:"version"`
	CallID          string              `json:"call_id"` // at sipgate
	Phase           phaseName           `json:"phase"`
	PreviousPhase   phaseName           `json:"previous_phase"`
	Direction       string              `json:"direction"`
	Internal        bool                `json:"internal,omitempty"`
	Voicemail       bool                `json:"voicemail,omitempty"`
	Remote          storedParty         `json:"remote"`
	Local           storedParty         `json:"local"`
	Users           []string            `json:"users,omitempty"`
	Members         []string            `json:"members,omitempty"` // ids of Users
	PreviousParties []storedParty       `json:"previous_parties,omitempty"`
	Hold            storedToggle        `json:"hold"`
	Mute            storedToggle        `json:"mute"`
	Recording       storedToggle        `json:"recording"`
	StartedAt       time.Time           `json:"started_at"`
	Since           time.Time           `json:"since"`
	Approximate     bool                `json:"approximate,omitempty"`
	LastCommand     *storedCommand      `json:"last_command,omitempty"`
	Announcement    *storedAnnouncement `json:"announcement,omitempty"`
	PendingHangup   *storedHangup       `json:"pending_hangup,omitempty"`
	Cause           string              `json:"cause,omitempty"`
	EndedAt         time.Time           `json:"ended_at,omitzero"`
}

type storedParty struct {
	Number string `json:"number,omitempty"`
	Name   string `json:"name,omitempty"`
}

type storedToggle struct {
	On        bool `json:"on"`
	Requested bool `json:"requested,omitempty"`
	Pending   bool `json:"pending,omitempty"`
}

type storedCommand struct {
	Verb    string      `json:"verb"`
	By      string      `json:"by"` // member id
	Name    string      `json:"name"`
	Outcome outcomeName `json:"outcome"`
	At      time.Time   `json:"at"`
	Detail  string      `json:"detail,omitempty"`
}

type storedAnnouncement struct {
	Title string    `json:"title"`
	Since time.Time `json:"since"`
}

type storedHangup struct {
	By   string    `json:"by"` // member id
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// phaseName is a phase that is stored as a word.
type phaseName switchboard.Phase

var phaseNames = words[phaseName]{
	phaseName(switchboard.Ringing):   "ringing",
	phaseName(switchboard.Connected): "connected",
	phaseName(switchboard.Ended):     "ended",
}

// MarshalText implements [encoding.TextMarshaler].
func (p phaseName) MarshalText() ([]byte, error) { return phaseNames.marshal(p) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *phaseName) UnmarshalText(text []byte) error { return phaseNames.unmarshal(text, p) }

// outcomeName is a command's outcome that is stored as a word.
type outcomeName switchboard.Outcome

var outcomeNames = words[outcomeName]{
	outcomeName(switchboard.Pending):     "pending",
	outcomeName(switchboard.Confirmed):   "confirmed",
	outcomeName(switchboard.Failed):      "failed",
	outcomeName(switchboard.Unknown):     "unknown",
	outcomeName(switchboard.Accepted):    "accepted",
	outcomeName(switchboard.Unconfirmed): "unconfirmed",
}

// MarshalText implements [encoding.TextMarshaler].
func (o outcomeName) MarshalText() ([]byte, error) { return outcomeNames.marshal(o) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (o *outcomeName) UnmarshalText(text []byte) error { return outcomeNames.unmarshal(text, o) }

// words maps the constants of T to the words that are stored for them.
type words[T ~int] map[T]string

func (w words[T]) marshal(v T) ([]byte, error) {
	word, ok := w[v]
	if !ok {
		return nil, fmt.Errorf("no word for %T(%d)", v, int(v))
	}
	return []byte(word), nil
}

func (w words[T]) unmarshal(text []byte, v *T) error {
	for constant, word := range w {
		if word == string(text) {
			*v = constant
			return nil
		}
	}
	return fmt.Errorf("unknown %T %q", *v, text)
}

// encodeCall returns what is stored of a call.
func encodeCall(c *switchboard.Call) (string, error) {
	s := storedCall{
		Version: storedVersion, CallID: string(c.CallID), Phase: phaseName(c.Phase), PreviousPhase: phaseName(c.PreviousPhase),
		Direction: string(c.Direction), Internal: c.Internal, Voicemail: c.Voicemail, Remote: storedParty(c.Remote), Local: storedParty(c.Local),
		Users: c.UserNames, Members: convert(c.MemberIDs, func(m switchboard.MemberID) string { return string(m) }),
		PreviousParties: convert(c.PreviousParties, func(p switchboard.Party) storedParty { return storedParty(p) }),
		Hold:            storeToggle(c.Hold), Mute: storeToggle(c.Mute), Recording: storeToggle(c.Recording),
		StartedAt: c.Started, Since: c.Since, Approximate: c.Approximate, Cause: c.Cause, EndedAt: c.EndedAt,
	}
	if o := c.LastCommand; o != nil {
		s.LastCommand = &storedCommand{string(o.Verb), string(o.By), o.Name, outcomeName(o.Outcome), o.At, o.Detail}
	}
	if p := c.Playback; p != nil {
		s.Announcement = &storedAnnouncement{p.Title, p.Since}
	}
	if l := c.PendingHangup; l != nil {
		s.PendingHangup = &storedHangup{string(l.By), l.Name, l.At}
	}
	data, err := json.Marshal(s)
	return string(data), err
}

// decodeCall returns the call that was stored, in any shape that a released
// program wrote. What is not stored is zero.
func decodeCall(state string) (switchboard.Call, error) {
	var shape struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal([]byte(state), &shape); err != nil {
		return switchboard.Call{}, fmt.Errorf("decode stored call: %w", err)
	}
	var s storedCall
	var err error
	switch shape.Version {
	case 0:
		s, err = decodeUnversioned(state)
	case storedVersion:
		err = json.Unmarshal([]byte(state), &s)
	default:
		err = fmt.Errorf("unknown version %d", shape.Version)
	}
	if err != nil {
		return switchboard.Call{}, fmt.Errorf("decode stored call: %w", err)
	}
	return s.call(), nil
}

func (s *storedCall) call() switchboard.Call {
	c := switchboard.Call{
		CallID: sipgate.CallID(s.CallID), Phase: switchboard.Phase(s.Phase), PreviousPhase: switchboard.Phase(s.PreviousPhase),
		Direction: sipgate.Direction(s.Direction), Internal: s.Internal, Voicemail: s.Voicemail, Remote: switchboard.Party(s.Remote), Local: switchboard.Party(s.Local),
		UserNames: s.Users, MemberIDs: convert(s.Members, func(m string) switchboard.MemberID { return switchboard.MemberID(m) }),
		PreviousParties: convert(s.PreviousParties, func(p storedParty) switchboard.Party { return switchboard.Party(p) }),
		Hold:            s.Hold.toggle(), Mute: s.Mute.toggle(), Recording: s.Recording.toggle(),
		Started: s.StartedAt, Since: s.Since, Approximate: s.Approximate, Cause: s.Cause, EndedAt: s.EndedAt,
	}
	if o := s.LastCommand; o != nil {
		c.LastCommand = &switchboard.LastCommand{
			Verb: switchboard.Verb(o.Verb), By: switchboard.MemberID(o.By), Name: o.Name,
			Outcome: switchboard.Outcome(o.Outcome), At: o.At, Detail: o.Detail,
		}
	}
	if p := s.Announcement; p != nil {
		c.Playback = &switchboard.Playback{Title: p.Title, Since: p.Since}
	}
	if l := s.PendingHangup; l != nil {
		c.PendingHangup = &switchboard.PendingHangup{By: switchboard.MemberID(l.By), Name: l.Name, At: l.At}
	}
	return c
}

func storeToggle(t switchboard.Toggle) storedToggle {
	return storedToggle{On: t.On, Requested: t.Requested, Pending: t.Pending}
}

func (t storedToggle) toggle() switchboard.Toggle {
	return switchboard.Toggle{On: t.On, Requested: t.Requested, Pending: t.Pending}
}

// convert returns f of each element, nil for an empty slice.
func convert[From, To any](all []From, f func(From) To) []To {
	if len(all) == 0 {
		return nil
	}
	converted := make([]To, len(all))
	for i, v := range all {
		converted[i] = f(v)
	}
	return converted
}
