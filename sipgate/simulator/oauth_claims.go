package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// federation is the id of the user store in the subjects of sipgate's tokens
// (sample in sipgate's documentation of authentication).
const federation = "f:2e724444-e44a-49cc-8ad8-ef0412c44024:"

// subject names a user in tokens. It is not the user id of the API.
func subject(u *user) string {
	h := fnv.New32a()
	h.Write([]byte(u.fullID()))
	return federation + fmt.Sprint(100000+h.Sum32()%900000)
}

// tokenRealm is the realm that tokens of g name.
func (g *grant) tokenRealm() string {
	if g.realm == "" {
		return realms[0]
	}
	return g.realm
}

// claims are those that all tokens of g have.
func (a *authority) claims(g *grant, kind string, now time.Time, life time.Duration) map[string]any {
	return map[string]any{
		"jti":           randomUUID(),
		"exp":           now.Add(life).Unix(),
		"nbf":           0,
		"iat":           now.Unix(),
		"iss":           a.issuer(g.tokenRealm()),
		"aud":           g.client.id,
		"sub":           subject(g.user),
		"typ":           kind,
		"azp":           g.client.id,
		"auth_time":     g.signIn.Unix(),
		"session_state": g.session,
	}
}

// accessClaims are those of the sample in sipgate's documentation, and the
// featureScope that newer tokens have.
func (a *authority) accessClaims(g *grant, now time.Time) map[string]any {
	c := a.claims(g, "Bearer", now, a.s.opts.TokenLife)
	c["acr"] = "1"
	c["client_session"] = g.session
	c["allowed-origins"] = []string{}
	c["realm_access"] = map[string]any{"roles": strings.Fields(g.scope)}
	c["resource_access"] = map[string]any{
		"account": map[string]any{"roles": []string{"manage-account", "view-profile"}},
	}
	c["featureScope"] = g.user.account.platform()
	return c
}

func (a *authority) refreshClaims(g *grant, now time.Time) map[string]any {
	c := a.claims(g, "Refresh", now, a.s.opts.RefreshLife)
	c["client_session"] = g.session
	c["realm_access"] = map[string]any{"roles": strings.Fields(g.scope)}
	return c
}

// idClaims are those of OpenID Connect Core 1.0, sections 2 and 5.1.
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

// profile is what OpenID Connect tells of a user.
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

// challengeOf is the PKCE challenge of a verifier by method S256.
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
