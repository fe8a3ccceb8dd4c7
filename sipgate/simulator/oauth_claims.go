package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// federation is the prefix of the subjects in sipgate's tokens, from the sample
// in its documentation.
const federation = "f:2e724444-e44a-49cc-8ad8-ef0412c44024:"

// subject returns the subject of a user's tokens. It differs from the user's id
// in the API.
func subject(u *user) string {
	h := fnv.New32a()
	h.Write([]byte(u.fullID()))
	return federation + fmt.Sprint(100000+h.Sum32()%900000)
}

// tokenRealm returns the realm in tokens of g.
func (g *grant) tokenRealm() string {
	if g.realm == "" {
		return realms[0]
	}
	return g.realm
}

// issuerOf returns the issuer of the tokens of g. Behind a proxy it is the
// address that the client knows.
func (a *authority) issuerOf(g *grant) string {
	if g.origin != "" {
		return g.origin + "/auth/realms/" + g.tokenRealm()
	}
	return a.issuer(g.tokenRealm())
}

// claims returns the claims that all tokens of g have.
func (a *authority) claims(g *grant, kind string, now time.Time, life time.Duration) map[string]any {
	return map[string]any{
		"jti":           randomUUID(),
		"exp":           now.Add(life).Unix(),
		"nbf":           0,
		"iat":           now.Unix(),
		"iss":           a.issuerOf(g),
		"aud":           g.client.id,
		"sub":           subject(g.user),
		"typ":           kind,
		"azp":           g.client.id,
		"auth_time":     g.signIn.Unix(),
		"session_state": g.session,
	}
}

// accessClaims returns the claims of the sample in sipgate's documentation, and
// the featureScope of newer tokens.
func (a *authority) accessClaims(g *grant, now time.Time) map[string]any {
	c := a.claims(g, "Bearer", now, a.s.opts.TokenLife)
	c["acr"] = "1"
	c["client_session"] = g.session
	c["allowed-origins"] = []string{}
	c["realm_access"] = map[string]any{"roles": strings.Fields(g.scope)}
	c["resource_access"] = map[string]any{
		"account": map[string]any{"roles": []string{"manage-account", "view-profile"}},
	}
	if scope := g.user.account.featureScope(); scope != "" {
		c["featureScope"] = scope
	}
	c["scope"] = g.scope
	return c
}

func (a *authority) refreshClaims(g *grant, now time.Time) map[string]any {
	c := a.claims(g, "Refresh", now, a.s.opts.RefreshLife)
	c["client_session"] = g.session
	c["realm_access"] = map[string]any{"roles": strings.Fields(g.scope)}
	return c
}

// idClaims returns the claims of OpenID Connect Core 1.0, sections 2 and 5.1.
func (a *authority) idClaims(g *grant, now time.Time) map[string]any {
	c := a.claims(g, "ID", now, a.s.opts.TokenLife)
	c["acr"] = "1"
	for name, value := range profile(g.user) {
		c[name] = value
	}
	if g.nonce != "" {
		c["nonce"] = g.nonce
	}
	return c
}

// profile returns the OpenID Connect claims about a user.
func profile(u *user) map[string]any {
	return map[string]any{
		"sub":                subject(u),
		"name":               u.name(),
		"given_name":         u.first,
		"family_name":        u.last,
		"preferred_username": u.email,
		"email":              u.email,
		"locale":             u.account.locale,
	}
}

// challengeOf returns the S256 challenge of a PKCE verifier.
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
