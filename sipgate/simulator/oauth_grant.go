package simulator

import (
	"net/http"
	"strings"
	"time"
)

// codeLife is the lifetime of an authorization code.
const codeLife = 60 * time.Second

// grant is what a user has allowed a client in one sign-in. Revoking it
// invalidates all its tokens.
type grant struct {
	client  *oauthClient
	user    *user
	realm   string // "" is valid in every realm
	scope   string // space-separated
	scopes  map[string]bool
	nonce   string
	session string
	signIn  time.Time
	origin  string // under which the browser reached the login page; "" without one

	revoked bool // protected by authority.mu, as are the structs below
}

// authCode is an authorization code: the client exchanges it for tokens.
type authCode struct {
	grant     *grant
	redirect  string
	challenge string // PKCE, S256; "" if the client sent none
	expires   time.Time
	used      bool
}

type accessToken struct {
	grant   *grant
	expires time.Time
}

type refreshToken struct {
	grant   *grant
	expires time.Time
	used    bool // has been exchanged for new tokens
}

// principal is the authenticated user of a request, with scopes.
type principal struct {
	account *account
	user    *user
	scopes  map[string]bool
	kind    string // "bearer", "basic"
}

func (a *authority) newGrant(c *oauthClient, u *user, realm, scope, nonce string) *grant {
	return &grant{
		client:  c,
		user:    u,
		realm:   realm,
		scope:   strings.Join(strings.Fields(scope), " "),
		scopes:  wordSet(scope),
		nonce:   nonce,
		session: randomUUID(),
		signIn:  a.s.now(),
	}
}

// authenticate authenticates a request by a bearer token, or by a personal access
// token in HTTP Basic. It returns false unless there is exactly one credential
// and that is valid.
func (s *Simulator) authenticate(r *http.Request) (*principal, bool) {
	s.auth.noteOrigin(r)
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return nil, false
	}
	if id, secret, ok := r.BasicAuth(); ok {
		return s.auth.basic(id, secret)
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, false
	}
	g := s.auth.bearer(token)
	if g == nil {
		return nil, false
	}
	return &principal{g.user.account, g.user, g.scopes, "bearer"}, true
}

// basic authenticates a personal access token.
func (a *authority) basic(id, secret string) (*principal, bool) {
	for _, p := range a.personalTokens() {
		if p.id == id && equalSecrets(p.secret, secret) {
			return &principal{p.user.account, p.user, map[string]bool{"all": true}, "basic"}, true
		}
	}
	return nil, false
}

// bearer returns the grant of a valid access token, or nil.
func (a *authority) bearer(token string) *grant {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.accessTokens[digestOf(token)]
	if t == nil || t.grant.revoked || !a.s.now().Before(t.expires) {
		return nil
	}
	return t.grant
}

// tokenSet is a set of signed tokens.
type tokenSet struct{ access, refresh, id string }

// mint signs tokens for g. They are valid after register.
func (a *authority) mint(g *grant) tokenSet {
	now := a.s.now()
	m := tokenSet{access: signJWT(a.accessClaims(g, now)), refresh: signJWT(a.refreshClaims(g, now))}
	m.id = a.idToken(g, m.access, now)
	return m
}

// register makes m valid and returns the response of the token endpoint. The
// caller holds a.mu.
func (a *authority) register(g *grant, m tokenSet) map[string]any {
	now, opts := a.s.now(), a.s.opts
	a.sweep(now)
	a.grants[g] = true
	a.accessTokens[digestOf(m.access)] = &accessToken{g, now.Add(opts.TokenLife)}
	a.refreshTokens[digestOf(m.refresh)] = &refreshToken{grant: g, expires: now.Add(opts.RefreshLife)}
	answer := map[string]any{
		"access_token":       m.access,
		"expires_in":         wholeSeconds(opts.TokenLife),
		"refresh_expires_in": wholeSeconds(opts.RefreshLife),
		"refresh_token":      m.refresh,
		"token_type":         "bearer",
		"id_token":           m.id,
		"not-before-policy":  0,
		"session_state":      g.session,
		"scope":              g.scope,
	}
	if m.id == "" {
		delete(answer, "id_token")
	}
	return answer
}

// wholeSeconds rounds up, so that a lifetime of half a second is not zero.
func wholeSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// revoke invalidates g and all its tokens. The caller holds a.mu.
func (a *authority) revoke(g *grant) {
	g.revoked = true
	delete(a.grants, g)
}

// sweep removes what has expired, at most once a minute. The caller holds a.mu.
func (a *authority) sweep(now time.Time) {
	if now.Sub(a.lastSweep) < time.Minute {
		return
	}
	a.lastSweep = now
	for key, t := range a.accessTokens {
		if !now.Before(t.expires) || t.grant.revoked {
			delete(a.accessTokens, key)
		}
	}
	for key, t := range a.refreshTokens {
		if !now.Before(t.expires) {
			delete(a.refreshTokens, key)
		}
	}
	for key, c := range a.codes {
		if now.Sub(c.expires) > codeLife {
			delete(a.codes, key)
		}
	}
	for g := range a.grants {
		if now.Sub(g.signIn) > 2*a.s.opts.RefreshLife && !a.refreshable(g) {
			delete(a.grants, g)
		}
	}
}

func (a *authority) refreshable(g *grant) bool {
	for _, t := range a.refreshTokens {
		if t.grant == g && !t.used {
			return true
		}
	}
	return false
}

// issue returns tokens of the registered client for u without a sign-in, valid
// in both realms, as the token endpoint returns them.
func (s *Simulator) issue(u *user, scope string) map[string]any {
	a := s.auth
	g := a.newGrant(a.clients[0], u, "", scope, "")
	m := a.mint(g)
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.register(g, m)
}
