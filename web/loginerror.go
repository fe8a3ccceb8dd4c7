package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// againSuffix ends the state of an attempt that [Login.Restart] began. It is in the
// state, not in a cookie, so that a browser without cookies is not sent around in
// a circle.
const againSuffix = ".again"

// lessSuffix ends the state of an attempt that [Login.RestartWithout] began.
const lessSuffix = ".less"

// A RefusedScope is wrapped in the Fault "oauth_scope" of an attempt that this
// browser began: the login server refuses a scope.
type RefusedScope struct {
	Next string // the local path to lead to
}

// Error implements error.
func (*RefusedScope) Error() string { return "the login server refuses a scope" }

// An ExpiredLogin is wrapped in the Fault "oauth_expired": the attempt took too
// long, here or at the login server.
type ExpiredLogin struct {
	Next string // the local path to lead to
}

// Error implements error.
func (*ExpiredLogin) Error() string { return "the login has expired" }

// expired returns the Fault 400 "oauth_expired" with its reason for the log.
func expired(next, why string) error {
	return fmt.Errorf("%w: %w: %s", Fault{Status: http.StatusBadRequest, Code: CodeOAuthExpired}, &ExpiredLogin{next}, why)
}

// Restart begins an attempt anew in place of the one that r came back from, which
// has expired, and reports whether it did: not if that one was begun by Restart,
// too.
func (l *Login) Restart(w http.ResponseWriter, r *http.Request, e *ExpiredLogin) (begun bool, err error) {
	if strings.HasSuffix(r.URL.Query().Get("state"), againSuffix) {
		return false, nil
	}
	return true, l.begin(w, r, secret()+againSuffix, e.Next)
}

// RestartWithout begins an attempt without the scopes of Optional, in place of the
// one that r came back from, which was refused because of a scope. It reports
// whether it did: not if that one asked for no others either.
func (l *Login) RestartWithout(w http.ResponseWriter, r *http.Request, e *RefusedScope) (begun bool, err error) {
	if len(l.Optional) == 0 || strings.HasSuffix(r.URL.Query().Get("state"), lessSuffix) {
		return false, nil
	}
	return true, l.begin(w, r, secret()+lessSuffix, e.Next)
}

// Error codes of the login server: RFC 6749 (4.1.2.1, 5.2), OpenID Connect Core
// (3.1.2.6).
var (
	clientErrors = []string{"invalid_client", "unauthorized_client", "invalid_request", "unsupported_response_type", "unsupported_grant_type", "invalid_redirect_uri"}
	serverErrors = []string{"server_error", "temporarily_unavailable", "slow_down"}
	againErrors  = []string{"login_required", "interaction_required", "account_selection_required"}
)

// loginError tells the errors apart with which the login server sends a browser
// back. Only those of an attempt that this browser began may begin another one.
func loginError(code, description string, p pending, ok bool) error {
	logged := clip(oauthCode(code), 64)
	switch {
	case slices.Contains(clientErrors, code):
		return refused(CodeOAuthClient, "login server answered "+logged)
	case code == "invalid_scope" && ok:
		return fmt.Errorf("%w: %w: login server answered %s", Fault{Status: http.StatusBadRequest, Code: CodeOAuthScope}, &RefusedScope{p.next}, logged)
	case code == "invalid_scope":
		return refused(CodeOAuthScope, "login server answered "+logged)
	case ok && (description == "authentication_expired" || slices.Contains(againErrors, code)): // the former is Keycloak's
		return expired(p.next, "login server answered "+logged)
	case slices.Contains(serverErrors, code):
		return fmt.Errorf("%w: login server answered %s", Fault{Status: http.StatusBadGateway, Code: CodeLoginFailed}, logged)
	}
	return refused(CodeOAuthDenied, "login server answered "+logged)
}

// A tokenError is an error of the token endpoint.
type tokenError struct {
	status int
	code   string
}

func (e *tokenError) Error() string {
	return fmt.Sprintf("token endpoint answered %d %s", e.status, clip(oauthCode(e.code), 64))
}

// fault returns what the browser learns about e.
func (e *tokenError) fault(p pending) error {
	switch {
	case e.code == "invalid_grant": // the code has expired, or was used
		return expired(p.next, e.Error())
	case slices.Contains(clientErrors, e.code):
		return fmt.Errorf("%w: %w", Fault{Status: http.StatusBadGateway, Code: CodeOAuthClient}, e)
	case e.code == "invalid_scope":
		return fmt.Errorf("%w: %w", Fault{Status: http.StatusBadGateway, Code: CodeOAuthScope}, e)
	}
	return fmt.Errorf("%w: %w", Fault{Status: http.StatusBadGateway, Code: CodeLoginFailed}, e)
}
