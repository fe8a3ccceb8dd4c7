package team

import (
	"fmt"
	"slices"
	"strings"
)

// Accounts says which sipgate accounts may use the instance. The zero value
// allows only the owner: the first account that signs in.
type Accounts struct {
	any  bool
	list []string
}

// ParseAccounts reads the setting: "" for the first account that signs in,
// "any", or the numbers (masterSipId) of accounts, "1234567,7654321".
func ParseAccounts(s string) (Accounts, error) {
	switch s = strings.TrimSpace(s); s {
	case "":
		return Accounts{}, nil
	case "any":
		return Accounts{any: true}, nil
	}
	var a Accounts
	for id := range strings.SplitSeq(s, ",") {
		id = strings.TrimSpace(id)
		if id == "" || len(id) > 20 || strings.Trim(id, "0123456789") != "" {
			return Accounts{}, fmt.Errorf("%q is not the number of an account; say any, or numbers separated by commas", id)
		}
		if !slices.Contains(a.list, id) {
			a.list = append(a.list, id)
		}
	}
	return a, nil
}

// String returns the setting that ParseAccounts reads.
func (a Accounts) String() string {
	if a.any {
		return "any"
	}
	return strings.Join(a.list, ",")
}

// allows reports whether the account may use the instance. Owner is the first
// account that signed in, "" before that.
func (a Accounts) allows(account, owner string) bool {
	switch {
	case account == "":
		return false
	case a.any:
		return true
	case a.list != nil:
		return slices.Contains(a.list, account)
	}
	return owner == "" || account == owner
}
