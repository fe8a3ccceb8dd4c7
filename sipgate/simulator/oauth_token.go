package simulator

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// maxForm is the largest form that is read, in bytes.
const maxForm = 64 << 10

var verifierPattern = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// oauthError is an OAuth error (RFC 6749) with a description like Keycloak's.
type oauthError struct {
	status            int
	code, description string
}

func invalidGrant(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_grant", description}
}

func invalidRequest(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_request", description}
}

func (e *oauthError) write(w http.ResponseWriter) {
	writeToken(w, e.status, map[string]any{"error": e.code, "error_description": e.description})
}

// writeToken responds with JSON that must not be cached.
func writeToken(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// token serves the token endpoint. It takes the client's secret from the form
// only: sipgate's samples never send it by HTTP Basic.
func (a *authority) token(w http.ResponseWriter, r *http.Request, realm string) {
	a.tokenRequests.Add(1)
	form, oauthErr := readForm(w, r)
	if oauthErr != nil {
		oauthErr.write(w)
		return
	}
	var answer map[string]any
	switch form.Get("grant_type") {
	case "authorization_code":
		answer, oauthErr = a.exchangeCode(form, realm)
	case "refresh_token":
		answer, oauthErr = a.refreshGrant(form, realm)
	case "password":
		answer, oauthErr = a.passwordGrant(form, realm)
	case "":
		oauthErr = invalidRequest("Missing form parameter: grant_type")
	default:
		oauthErr = &oauthError{http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type"}
	}
	if oauthErr != nil {
		oauthErr.write(w)
		return
	}
	writeToken(w, http.StatusOK, answer)
}

// readForm returns the form in the body. It refuses duplicate fields and an
// Authorization header.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, *oauthError) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, &oauthError{http.StatusUnsupportedMediaType, "invalid_request", "HTTP 415 Unsupported Media Type"}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, invalidRequest("Malformed form")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return nil, invalidRequest("duplicated parameter: " + name)
		}
	}
	if r.Header.Get("Authorization") != "" {
		return nil, &oauthError{http.StatusUnauthorized, "invalid_client", "The client's secret must be in the form"}
	}
	return r.PostForm, nil
}

// authenticateClient returns the client of a form after checking its secret.
func (a *authority) authenticateClient(form url.Values) (*oauthClient, *oauthError) {
	c := a.client(form.Get("client_id"))
	if c == nil || c.secret != "" && !equalSecrets(c.secret, form.Get("client_secret")) {
		return nil, &oauthError{http.StatusUnauthorized, "invalid_client", "Invalid client or Invalid client credentials"}
	}
	return c, nil
}

// exchangeCode exchanges an authorization code for tokens. Every attempt uses
// the code up; a second attempt revokes the grant.
func (a *authority) exchangeCode(form url.Values, realm string) (map[string]any, *oauthError) {
	c, oauthErr := a.authenticateClient(form)
	if oauthErr != nil {
		return nil, oauthErr
	}
	if form.Get("code") == "" {
		return nil, invalidRequest("Missing parameter: code")
	}
	code, oauthErr := a.takeCode(form.Get("code"))
	if oauthErr != nil {
		return nil, oauthErr
	}
	if oauthErr := code.check(form, c, realm); oauthErr != nil {
		return nil, oauthErr
	}
	m := a.mint(code.grant)
	a.mu.Lock()
	defer a.mu.Unlock()
	if code.grant.revoked {
		return nil, invalidGrant("Code not valid")
	}
	return a.register(code.grant, m), nil
}

func (a *authority) takeCode(secret string) (*authCode, *oauthError) {
	a.mu.Lock()
	defer a.mu.Unlock()
	code := a.codes[digestOf(secret)]
	switch {
	case code == nil:
		return nil, invalidGrant("Code not valid")
	case code.used:
		a.revoke(code.grant)
		return nil, invalidGrant("Code not valid")
	}
	code.used = true
	if !a.s.now().Before(code.expires) {
		return nil, invalidGrant("Code is expired")
	}
	return code, nil
}

// check compares a token request with the request for which the code was issued.
func (code *authCode) check(form url.Values, c *oauthClient, realm string) *oauthError {
	verifier := form.Get("code_verifier")
	switch {
	case code.grant.client.id != c.id:
		return invalidGrant("Auth error: code of another client")
	case code.grant.realm != realm:
		return invalidGrant("Code not valid")
	case code.redirect != form.Get("redirect_uri"):
		return invalidGrant("Incorrect redirect_uri")
	case code.challenge == "" && verifier != "":
		return invalidGrant("PKCE code challenge not specified")
	case code.challenge == "":
		return nil
	case verifier == "":
		return invalidGrant("PKCE code verifier not specified")
	case !verifierPattern.MatchString(verifier):
		return invalidGrant("PKCE invalid code verifier")
	case !equalSecrets(challengeOf(verifier), code.challenge):
		return invalidGrant("PKCE verification failed")
	}
	return nil
}

// refreshGrant exchanges a refresh token for new tokens. Using a refresh token a
// second time revokes the grant.
func (a *authority) refreshGrant(form url.Values, realm string) (map[string]any, *oauthError) {
	a.refreshRequests.Add(1)
	c, oauthErr := a.authenticateClient(form)
	if oauthErr != nil {
		return nil, oauthErr
	}
	if form.Get("refresh_token") == "" {
		return nil, invalidRequest("No refresh token")
	}
	key := digestOf(form.Get("refresh_token"))
	a.mu.Lock()
	t := a.refreshTokens[key]
	a.mu.Unlock()
	if t == nil || t.grant.client.id != c.id || t.grant.realm != "" && t.grant.realm != realm {
		return nil, invalidGrant("Invalid refresh token")
	}
	if exceedsScope(form.Get("scope"), t.grant.scopes) {
		return nil, &oauthError{http.StatusBadRequest, "invalid_scope", "Invalid scopes: " + form.Get("scope")}
	}
	m := a.mint(t.grant) // without the lock: signing takes milliseconds
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case t.used:
		a.refreshReuse.Add(1)
		a.revoke(t.grant)
		return nil, invalidGrant("Maximum allowed refresh token reuse exceeded")
	case t.grant.revoked:
		return nil, invalidGrant("Session not active")
	case !a.s.now().Before(t.expires):
		return nil, invalidGrant("Refresh token expired")
	}
	t.used = true
	return a.register(t.grant, m), nil
}

// exceedsScope reports whether scope has a scope that was not granted.
func exceedsScope(scope string, granted map[string]bool) bool {
	for _, s := range strings.Fields(scope) {
		if !granted[s] {
			return true
		}
	}
	return false
}

// passwordGrant serves the password grant of sipgate's guide to real time call
// manipulation, which sends no secret. Without a scope it grants all rights.
// Options.PasswordAnswer chooses one of the two documented responses.
func (a *authority) passwordGrant(form url.Values, realm string) (map[string]any, *oauthError) {
	c, oauthErr := a.authenticateClient(form)
	if oauthErr != nil {
		return nil, oauthErr
	}
	if !c.passwordOnly {
		return nil, &oauthError{http.StatusBadRequest, "unauthorized_client", "Client not allowed for direct access grants"}
	}
	if !form.Has("username") || !form.Has("password") {
		return nil, invalidRequest("Missing parameter: username or password")
	}
	scope := form.Get("scope")
	if a.unknownScope(scope) != "" {
		return nil, &oauthError{http.StatusBadRequest, "invalid_scope", "Invalid scopes: " + scope}
	}
	u := a.login(form.Get("username"), form.Get("password"))
	if u == nil {
		return nil, &oauthError{http.StatusUnauthorized, "invalid_grant", "Invalid user credentials"}
	}
	if strings.TrimSpace(scope) == "" {
		scope = "all"
	}
	g := a.newGrant(c, u, realm, scope, "")
	m := a.mint(g)
	a.mu.Lock()
	defer a.mu.Unlock()
	answer := a.register(g, m)
	if a.s.opts.PasswordAnswer == "token" {
		return map[string]any{"token": m.access}, nil
	}
	return answer, nil
}
