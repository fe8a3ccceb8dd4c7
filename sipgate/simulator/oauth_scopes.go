package simulator

import "strings"

// scopeAreas are the first words of the scopes that sipgate knows, as in
// "history:read" (sipgate's description of its API, and its developer
// reference for channels).
var scopeAreas = wordSet(`account addresses authorization autorecording balance
	blacklist callrestrictions channels conferencerooms contacts contracts
	devices events faxlines greetings groups history ivrs labels log
	microsoftteams notifications numbers payment phonelines phones portings
	products rtcm sessions settings sms tacs trunk users voicemails`)

// plainScopes are the scopes that are no pair of area and right.
var plainScopes = wordSet("all openid profile email offline_access push_device:register")

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(s) {
		set[word] = true
	}
	return set
}

// unknownScope returns the first of the space-separated scopes that sipgate
// does not have, or "".
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
