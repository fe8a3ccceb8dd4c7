package simulator

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// authRequest is a valid request to the authorize endpoint.
type authRequest struct {
	realm     string
	client    *oauthClient
	redirect  *url.URL
	returnTo  string // redirect as the client wrote it; the code is bound to it
	state     string
	nonce     string
	scope     string
	challenge string // PKCE, S256, or ""
	query     string // of the request
}

var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// authorize shows the login page (GET) and receives its forms (POST). An error
// in client or redirect address is shown to the user; all other errors are
// returned to the client.
func (a *authority) authorize(w http.ResponseWriter, r *http.Request, realm string) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	query := r.URL.RawQuery
	if packed := r.URL.Query().Get("request"); packed != "" {
		if raw, err := base64.RawURLEncoding.DecodeString(packed); err == nil {
			query = string(raw)
		}
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		a.showError(w, r, "malformed query")
		return
	}
	req, problem := a.target(realm, query, values)
	if problem != "" {
		a.showError(w, r, problem)
		return
	}
	if oauthErr := a.check(req, values); oauthErr != nil {
		req.back(w, r, "error", oauthErr.code, "error_description", oauthErr.description)
		return
	}
	if r.Method == http.MethodPost {
		a.signIn(w, r, req)
		return
	}
	if values.Get("prompt") == "none" {
		req.back(w, r, "error", "login_required")
		return
	}
	a.showLogin(w, r, req, false)
}

// target returns the client and the redirect address. problem is empty if both
// are valid.
func (a *authority) target(realm, query string, q url.Values) (req *authRequest, problem string) {
	if len(q["client_id"]) != 1 || len(q["redirect_uri"]) != 1 {
		return nil, "client_id and redirect_uri are required, once each"
	}
	c := a.client(q.Get("client_id"))
	if c == nil {
		return nil, "client not found"
	}
	redirect, ok := c.mayRedirect(q.Get("redirect_uri"))
	if !ok {
		return nil, "invalid parameter: redirect_uri"
	}
	return &authRequest{
		realm:    realm,
		client:   c,
		redirect: redirect,
		returnTo: q.Get("redirect_uri"),
		state:    q.Get("state"),
		nonce:    q.Get("nonce"),
		query:    query,
	}, ""
}

// check validates the other parameters and stores scope and challenge.
func (a *authority) check(req *authRequest, q url.Values) *oauthError {
	for name, values := range q {
		if len(values) > 1 {
			return &oauthError{code: "invalid_request", description: "duplicated parameter: " + name}
		}
	}
	if mode := q.Get("response_mode"); mode != "" && mode != "query" {
		return &oauthError{code: "invalid_request", description: "Invalid parameter: response_mode"}
	}
	switch q.Get("response_type") {
	case "code":
	case "":
		return &oauthError{code: "invalid_request", description: "Missing parameter: response_type"}
	default:
		return &oauthError{code: "unsupported_response_type", description: "Only response_type code is supported"}
	}
	req.scope = q.Get("scope")
	if unknown := a.unknownScope(req.scope); unknown != "" || strings.TrimSpace(req.scope) == "" {
		return &oauthError{code: "invalid_scope", description: "Invalid scopes: " + req.scope}
	}
	return req.checkChallenge(q)
}

// checkChallenge accepts PKCE with S256, or no PKCE.
func (req *authRequest) checkChallenge(q url.Values) *oauthError {
	if !q.Has("code_challenge") && !q.Has("code_challenge_method") {
		return nil
	}
	if q.Get("code_challenge_method") != "S256" {
		return &oauthError{code: "invalid_request", description: "Invalid parameter: code_challenge_method, must be S256"}
	}
	req.challenge = q.Get("code_challenge")
	if !challengePattern.MatchString(req.challenge) {
		return &oauthError{code: "invalid_request", description: "Invalid parameter: code_challenge"}
	}
	return nil
}

// signIn receives the click on a user or on Deny, or a name and password.
func (a *authority) signIn(w http.ResponseWriter, r *http.Request, req *authRequest) {
	if err := r.ParseForm(); err != nil {
		a.showError(w, r, "malformed form")
		return
	}
	if r.PostForm.Has("deny") {
		req.back(w, r, "error", "access_denied", "error_description", "User denied access")
		return
	}
	u := a.userByFullID(r.PostForm.Get("user"))
	if u == nil {
		u = a.login(r.PostForm.Get("username"), r.PostForm.Get("password"))
	}
	if u == nil {
		a.showLogin(w, r, req, true)
		return
	}
	code, g := randomUUID()+"."+randomUUID(), a.newGrant(req.client, u, req.realm, req.scope, req.nonce)
	g.origin = originOf(r)
	a.mu.Lock()
	a.sweep(a.s.now())
	a.codes[digestOf(code)] = &authCode{
		grant:     g,
		redirect:  req.returnTo,
		challenge: req.challenge,
		expires:   a.s.now().Add(codeLife),
	}
	a.mu.Unlock()
	req.back(w, r, "session_state", g.session, "code", code)
}

// back redirects the browser to the client with these parameters and the state.
func (req *authRequest) back(w http.ResponseWriter, r *http.Request, pairs ...string) {
	to := *req.redirect
	q := to.Query()
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if req.state != "" {
		q.Set("state", req.state)
	}
	to.RawQuery = q.Encode()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to.String(), http.StatusFound)
}
