// Package team keeps what Callboard knows of the teams that use it. A team is
// one sipgate account.
//
//   - [Members] are the people who signed in, each with a [Role], their consent
//     to what others may do on their calls, and their [Preferences].
//   - [Member.May] and [Member.MayOnCall] are the policy: they decide whether a
//     member has a [Permission].
//   - [Audit] records every action before it is done, and every denied one.
//   - [Grants] is the only custodian of tokens. Code that needs an access token
//     asks it each time; nothing else stores, refreshes or passes on a token.
//   - [CapabilityStore], [ReplacedWebhooks], [Wallboards] and [PrivateNames]
//     keep what Callboard learned about an account, and what its admins and
//     members set up.
//
// All of it is stored in the database handed in, in the tables of [Migrations],
// except PrivateNames, which is in memory only. One process uses a database at
// a time: what the types keep in memory is the truth as long as no other
// process writes. A user id alone identifies nobody, since "w0" repeats in
// every account; the key of a member is a [MemberID].
package team

import (
	"embed"
	"fmt"
	"io/fs"
	"time"

	"callboard/sipgate"
)

// MemberID identifies a member: the user id alone repeats in every account.
type MemberID struct {
	Account string // sipgate's masterSipId
	User    sipgate.UserID
}

// String returns "2556404/w0".
func (id MemberID) String() string { return id.Account + "/" + string(id.User) }

// Member is a copy of what is known of a member at some moment. The zero
// Member has no permission.
type Member struct {
	MemberID
	Name string
	Role Role
	Consent
	Stated      bool // the member has chosen the Consent; else it is the team's default
	Joined      time.Time
	LastActive  time.Time // set by [Members.SignIn] and [Members.MarkActive]
	Removed     bool      // has no permission and cannot sign in
	Unconfirmed bool      // sipgate has not said yet who the member is, nor whether an admin
}

// Consent is what a member lets the team see and do.
type Consent struct {
	SharesCalls bool // the team may see the member's calls
	AllowsLeads bool // leads may act on the member's calls
}

// String returns "2556404/w0 (agent)", without the name.
func (m Member) String() string { return fmt.Sprintf("%v (%v)", m.MemberID, m.Role) }

//go:embed migrations/*.sql
var files embed.FS

// Migrations creates the tables of this package, in goose's format.
var Migrations = must(fs.Sub(files, "migrations"))

func must(f fs.FS, err error) fs.FS {
	if err != nil {
		panic(err)
	}
	return f
}
