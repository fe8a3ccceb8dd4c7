package views

import (
	"cmp"
	"strings"
)

// Access is what a page says about its reader's sign-in at sipgate.
type Access struct {
	Expired bool   // sipgate no longer accepts it
	Missing string // scopes that the page needs and sipgate did not grant, separated by spaces
	Next    string // the local path to come back to after signing in again
}

// state returns "expired", "scope" or "".
func (a Access) state() string {
	switch {
	case a.Expired:
		return "expired"
	case a.Missing != "":
		return "scope"
	}
	return ""
}

// missingText names what sipgate did not allow, and the scopes for it.
func (a Access) missingText(lang Lang) string {
	var parts []string
	for _, name := range strings.Fields(a.Missing) {
		parts = append(parts, strings.TrimSpace(Scope{Name: name}.purpose(lang)+" ("+name+")"))
	}
	return strings.Join(parts, ", ")
}

// next returns the path to come back to.
func (a Access) next() string { return cmp.Or(a.Next, "/") }
