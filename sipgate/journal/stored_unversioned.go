package journal

import (
	"encoding/json"
	"fmt"
	"time"
)

// An unversionedCall is what was stored of a call before [storedCall]: the
// exported fields of switchboard.Call of that time, under their Go names.
type unversionedCall struct {
	CallID          string        `json:"Upstream"`
	Phase           int           `json:"Phase"`
	PreviousPhase   int           `json:"Was"`
	Direction       string        `json:"Direction"`
	Remote          storedParty   `json:"Outside"` // "Number", "Name": field names match in any case
	Local           storedParty   `json:"Inside"`
	Users           []string      `json:"Users"`
	Members         []string      `json:"People"`
	PreviousParties []storedParty `json:"Earlier"`

	Hold      unversionedToggle `json:"Hold"`
	Mute      unversionedToggle `json:"Mute"`
	Recording unversionedToggle `json:"Recording"`

	StartedAt   time.Time `json:"Started"`
	Since       time.Time `json:"Since"`
	Approximate bool      `json:"About"`

	LastCommand *struct {
		Verb    string    `json:"Verb"`
		By      string    `json:"By"`
		Name    string    `json:"Name"`
		Outcome int       `json:"Outcome"`
		At      time.Time `json:"At"`
		Detail  string    `json:"Detail"`
	} `json:"Last"`
	Announcement *struct {
		Title string    `json:"Title"`
		Since time.Time `json:"Since"`
	} `json:"Playing"`
	PendingHangup *struct {
		By   string    `json:"By"`
		Name string    `json:"Name"`
		At   time.Time `json:"At"`
	} `json:"Leaving"`

	Cause   string    `json:"Cause"`
	EndedAt time.Time `json:"Gone"`
}

type unversionedToggle struct {
	On        bool `json:"On"`
	Requested bool `json:"Want"`
	Pending   bool `json:"Pending"`
}

// The numbers that phases and outcomes were stored as.
var (
	unversionedPhases   = []string{"ringing", "connected", "ended"}
	unversionedOutcomes = []string{"pending", "confirmed", "failed", "unknown"}
)

func decodeUnversioned(state string) (storedCall, error) {
	var u unversionedCall
	if err := json.Unmarshal([]byte(state), &u); err != nil {
		return storedCall{}, err
	}
	s := storedCall{
		Version: storedVersion, CallID: u.CallID, Direction: u.Direction, Remote: u.Remote, Local: u.Local,
		Users: u.Users, Members: u.Members, PreviousParties: u.PreviousParties,
		Hold: storedToggle(u.Hold), Mute: storedToggle(u.Mute), Recording: storedToggle(u.Recording),
		StartedAt: u.StartedAt, Since: u.Since, Approximate: u.Approximate, Cause: u.Cause, EndedAt: u.EndedAt,
	}
	if err := numbered(unversionedPhases, u.Phase, &s.Phase); err != nil {
		return storedCall{}, err
	}
	if err := numbered(unversionedPhases, u.PreviousPhase, &s.PreviousPhase); err != nil {
		return storedCall{}, err
	}
	if o := u.LastCommand; o != nil {
		s.LastCommand = &storedCommand{Verb: o.Verb, By: o.By, Name: o.Name, At: o.At, Detail: o.Detail}
		if err := numbered(unversionedOutcomes, o.Outcome, &s.LastCommand.Outcome); err != nil {
			return storedCall{}, err
		}
	}
	if p := u.Announcement; p != nil {
		s.Announcement = &storedAnnouncement{p.Title, p.Since}
	}
	if h := u.PendingHangup; h != nil {
		s.PendingHangup = &storedHangup{h.By, h.Name, h.At}
	}
	return s, nil
}

// numbered sets v to the constant whose word is the i-th one.
func numbered(words []string, i int, v interface{ UnmarshalText([]byte) error }) error {
	if i < 0 || i >= len(words) {
		return fmt.Errorf("unknown %T %d", v, i)
	}
	return v.UnmarshalText([]byte(words[i]))
}
