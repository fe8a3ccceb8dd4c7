// Package team knows the people of a telephone team: who they are, and the
// grants by which Callboard acts for them at sipgate.
//
// [Grants] is the one custodian of tokens. Whoever needs an access token asks
// it each time; nothing else stores, refreshes or passes on a token.
package team

import (
	"embed"
	"io/fs"

	"callboard/sipgate"
)

// Member is the key of a person. The user alone is none: "w0" repeats in every
// account.
type MemberID struct {
	Account string // sipgate's masterSipId
	User    sipgate.UserID
}

// String returns "2556404/w0".
func (m MemberID) String() string { return m.Account + "/" + string(m.User) }

//go:embed migrations/*.sql
var files embed.FS

// Migrations makes this package's tables, in goose's format.
var Migrations = must(fs.Sub(files, "migrations"))

func must(f fs.FS, err error) fs.FS {
	if err != nil {
		panic(err)
	}
	return f
}
