package sipgate

// CallID names one leg of a call at sipgate. It is opaque, upper-case hex of
// 76 to about 150 characters in practice, and it changes when a call is
// transferred or forwarded.
type CallID string

// Valid reports whether id can be one: 1 to 200 letters and digits of ASCII,
// - and _. Nothing else is ever put into an address.
func (id CallID) Valid() bool { return isID(string(id), 200) }

// UserID names a user within one account, "w0". It repeats in every account:
// only together with the account's number does it name a person.
type UserID string

// Valid reports whether id can be one: 1 to 64 letters and digits of ASCII,
// - and _.
func (id UserID) Valid() bool { return isID(string(id), 64) }

// DeviceID names a telephone or extension, "e0".
type DeviceID string

// isToken reports whether s is made of 1 to limit characters that need no
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
// no start and no user, and calls that still ring are not listed at all.
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
	Owner  bool   `json:"owner"` // the side whose call this is
}

// Direction says who started a call, seen from the account.
type Direction string

// The directions of a call. Events with any other word have [Unknown].
const (
	Unknown  Direction = ""
	Incoming Direction = "in"
	Outgoing Direction = "out"
)
