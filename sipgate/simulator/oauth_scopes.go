package simulator

import (
	"slices"
	"strings"
)

// scopeAreas are the first parts of sipgate's scopes, such as "history" in
// "history:read", from its API description and developer reference.
var scopeAreas = wordSet(`account addresses authorization autorecording balance
	blacklist callrestrictions channels conferencerooms contacts contracts
	devices events faxlines greetings groups history ivrs labels log
	microsoftteams notifications numbers payment phonelines phones portings
	products rtcm sessions settings sms tacs trunk users voicemails`)

// plainScopes are the scopes that do not consist of area and right.
var plainScopes = wordSet("all openid profile email offline_access push_device:register")

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(s) {
		set[word] = true
	}
	return set
}

// unknownScope returns the first of the space-separated scopes that is unknown or
// refused, or "".
func (a *authority) unknownScope(scopes string) string {
	for _, scope := range strings.Fields(scopes) {
		if slices.Contains(strings.Fields(a.s.opts.RefusedScopes), scope) {
			return scope
		}
	}
	return unknownScope(scopes)
}

// unknownScope returns the first unknown one of the space-separated scopes, or
// "".
func unknownScope(scopes string) string {
	for _, scope := range strings.Fields(scopes) {
		area, rest, _ := strings.Cut(scope, ":")
		right := rest[strings.LastIndex(rest, ":")+1:]
		if !plainScopes[scope] && (!scopeAreas[area] || right != "read" && right != "write") {
			return scope
		}
	}
	return ""
}
