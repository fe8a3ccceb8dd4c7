package team

import "callboard/sipgate"

// Role says how much a member may do. A greater role has all permissions of a
// lesser one.
type Role int

// The roles, each with the permissions of the ones above it. No member who
// signed in has NoRole.
const (
	NoRole Role = iota
	Viewer      // sees the team's calls
	Agent       // starts calls and acts on own calls
	Lead        // acts on the calls of members who allow it
	Admin       // manages members, announcements, webhooks and settings
)

var roleNames = [...]string{NoRole: "none", Viewer: "viewer", Agent: "agent", Lead: "lead", Admin: "admin"}

// String returns "viewer", "agent", "lead", "admin" or "none".
func (r Role) String() string {
	if !r.Valid() {
		return roleNames[NoRole]
	}
	return roleNames[r]
}

// Valid reports whether a member can have the role: NoRole is not valid.
func (r Role) Valid() bool { return r >= Viewer && r <= Admin }

// ParseRole is the inverse of String. For anything else, including "none", it
// returns a [*sipgate.ValueError] with Code "role_invalid".
func ParseRole(s string) (Role, error) {
	for r := Viewer; r <= Admin; r++ {
		if s == r.String() {
			return r, nil
		}
	}
	return NoRole, &sipgate.ValueError{Field: "role", Code: "role_invalid"}
}
