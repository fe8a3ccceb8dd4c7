package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// reasonScopeMissing is why a member's own sign-in at sipgate does not allow an
// action that the policy does allow: sipgate did not grant the scope.
const reasonScopeMissing = "scope_missing"

// Scopes of sipgate that single features need.
const (
	scopeReadCalls   = "rtcm:read"
	scopeControl     = "rtcm:write"
	scopeStartCalls  = "sessions:calls:write"
	scopeReadHistory = "history:read"
	scopeEditHistory = "history:write"
	scopeWebhooks    = "settings:sipgateio:write"
	scopeChannels    = "channels:read" // on neo
)

// neededScopes are the scopes that changes need which sipgate carries out.
var neededScopes = map[team.Permission]string{
	team.Hold: scopeControl, team.Mute: scopeControl, team.Record: scopeControl, team.Transfer: scopeControl,
	team.SendTones: scopeControl, team.PlayAnnouncement: scopeControl, team.HangUp: scopeControl,
	team.StartCall: scopeStartCalls, team.EditOwnHistory: scopeEditHistory, team.ManageWebhooks: scopeWebhooks,
}

// pageScopes are the scopes that the features of a page need, by the first
// segment of its path.
var pageScopes = map[string][]string{
	"":              {scopeReadCalls, scopeControl, scopeStartCalls},
	"calls":         {scopeControl, scopeStartCalls},
	"history":       {scopeReadHistory, scopeEditHistory},
	"figures":       {scopeReadHistory},
	"announcements": {scopeStartCalls},
	"setup":         {scopeWebhooks},
}

// channelPages are those of pageScopes whose features need channels on an account
// that has some.
var channelPages = []string{"", "calls", "history", "figures", "announcements"}

// granted reports whether sipgate granted the actor a scope, by whatever name
// it has.
func (a actor) granted(scope string) bool {
	if scope == scopeStartCalls {
		return a.SignIn.Granted(scope, "sessions:write")
	}
	return a.SignIn.Granted(scope)
}

// accessReason returns why the actor's sign-in at sipgate does not allow p, ""
// if it does.
func (a actor) accessReason(p team.Permission) string {
	scope, needed := neededScopes[p]
	switch {
	case !needed:
		return ""
	case a.expired:
		return team.ReasonSignInExpired
	case !a.granted(scope):
		return reasonScopeMissing
	}
	return ""
}

// deniedReason returns why policy or sipgate does not allow the actor p, "" if
// both do.
func (a actor) deniedReason(p team.Permission) string {
	return cmp.Or(a.May(p).Reason, a.accessReason(p))
}

// checkAccess denies what sipgate would not carry out for the actor, and audits
// that.
func (h *handlers) checkAccess(r *http.Request, p team.Permission, a actor) error {
	if reason := a.accessReason(p); reason != "" {
		return h.Control.Deny(r.Context(), a.Actor, p, r.PathValue("id"), web.ActionID(r), team.Decision{Reason: reason})
	}
	return nil
}

// accessOf returns what a page says about the actor's sign-in at sipgate.
func accessOf(r *http.Request, a actor) views.Access {
	next := "/"
	if r.Method == http.MethodGet {
		next = r.URL.RequestURI()
	}
	return accessTo(a, r.URL.Path, next)
}

// accessTo returns what the page with a path says about the actor's sign-in at
// sipgate. A new sign-in leads to next.
func accessTo(a actor, path, next string) views.Access {
	if a.SignIn.User == "" {
		return views.Access{Next: "/"}
	}
	access := views.Access{Expired: a.expired, Next: next}
	var missing []string
	segment, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	needed := pageScopes[segment]
	if a.neo && slices.Contains(channelPages, segment) {
		needed = append(slices.Clone(needed), scopeChannels)
	}
	for _, scope := range needed {
		if !a.granted(scope) {
			missing = append(missing, scope)
		}
	}
	access.Missing = strings.Join(missing, " ")
	return access
}
