package team

import (
	"fmt"
	"time"

	"callboard/sipgate"
)

// Role says how much a person may do. A greater role may do all that a lesser
// one may.
type Role int

// The roles. Nobody who signed in has NoRole.
const (
	NoRole Role = iota
	Viewer      // sees the team's calls
	Agent       // and does everything on own calls, and starts calls
	Lead        // and on all of the team's calls
	Admin       // and manages people, announcements, webhooks and settings
)

var roleNames = [...]string{NoRole: "none", Viewer: "viewer", Agent: "agent", Lead: "lead", Admin: "admin"}

// String returns "viewer", "agent", "lead", "admin" or "none".
func (r Role) String() string {
	if !r.Valid() {
		return roleNames[NoRole]
	}
	return roleNames[r]
}

// Valid reports whether a person can have the role.
func (r Role) Valid() bool { return r >= Viewer && r <= Admin }

// ParseRole is the inverse of String. For anything else, "none" included, it
// returns a [*sipgate.ValueError] with Code "role_invalid".
func ParseRole(s string) (Role, error) {
	for r := Viewer; r <= Admin; r++ {
		if s == r.String() {
			return r, nil
		}
	}
	return NoRole, &sipgate.ValueError{Field: "role", Code: "role_invalid"}
}

// A Person is a member of a team as it was at some moment. The zero Person
// may do nothing.
type Member struct {
	MemberID
	Name        string
	Role        Role
	SharesCalls bool // "my team sees my calls"
	AllowsLeads bool // "leads may act on my calls"
	Joined      time.Time
	LastActive  time.Time // at sign-in, or later by [People.Touch]
	Removed     bool      // from the team: may do nothing and not come in
}

// String returns "2556404/w0 (agent)", without the name.
func (p Member) String() string { return fmt.Sprintf("%v (%v)", p.MemberID, p.Role) }
