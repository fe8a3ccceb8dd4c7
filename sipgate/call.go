package sipgate

import "strings"

// CallID identifies one leg of a call at sipgate. It is opaque: in practice
// upper-case hex digits, 76 to about 150 of them. A transfer or forward gives
// a call a new one.
type CallID string

// Valid reports whether id has the form of a CallID: 1 to 200 ASCII letters,
// digits, - and _. No other CallID is ever put into an address.
func (id CallID) Valid() bool { return isID(string(id), 200) }

// UserID identifies a user within one account, "w0". Every account has the
// same ids: only with the account's number does one identify a person.
type UserID string

// Valid reports whether id has the form of a UserID: 1 to 64 ASCII letters,
// digits, - and _.
func (id UserID) Valid() bool { return isID(string(id), 64) }

// IsPerson reports whether id is that of a user, "w0". Events also name
// voicemails, groups and queues where they name users ("v0", "g1").
func (id UserID) IsPerson() bool {
	number, ok := strings.CutPrefix(string(id), "w")
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// DeviceID identifies a telephone or extension, "e0".
type DeviceID string

// isID reports whether s consists of 1 to limit characters that need no
// escaping anywhere.
func isID(s string, limit int) bool {
	if len(s) == 0 || len(s) > limit {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !isDigit(c) && !('A' <= c && c <= 'Z') && !('a' <= c && c <= 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Call is an established call as GET /calls reports it. It has no direction,
// no start time and no user. Ringing calls are not listed.
type Call struct {
	ID           CallID        `json:"callId"`
	Muted        bool          `json:"muted"`
	Recording    bool          `json:"recording"`
	Hold         bool          `json:"hold"`
	Participants []Participant `json:"participants"`
}

// Participant is one party of a [Call]. Number is what sipgate sent: digits
// with or without a leading "+", or empty for an anonymous caller.
type Participant struct {
	ID     string `json:"participantId"`
	Number string `json:"phoneNumber"`
	Muted  bool   `json:"muted"`
	Hold   bool   `json:"hold"`
	Owner  bool   `json:"owner"` // the participant is the side whose call this is
}

// Direction is the direction of a call, seen from the account.
type Direction string

// The directions of a call. Events with any other value have [Unknown].
const (
	Unknown  Direction = ""
	Incoming Direction = "in"
	Outgoing Direction = "out"
)
