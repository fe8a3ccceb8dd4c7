package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// idFlaws are the ways in which [Simulator.SpoilIDTokens] can spoil identity
// tokens. Each changes the claims, or what stands around them.
var idFlaws = map[string]func(a *authority, g *grant, claims map[string]any) string{
	"none":            nil, // a good one
	"missing":         func(*authority, *grant, map[string]any) string { return "" },
	"unsigned":        unsignedJWT,
	"hmac":            hmacJWT,
	"otherKey":        func(a *authority, g *grant, c map[string]any) string { return signJWTWith(strayKey(), keyID(), c) },
	"unknownKey":      func(a *authority, g *grant, c map[string]any) string { return signJWTWith(strayKey(), "unknown", c) },
	"tampered":        tamperedJWT,
	"garbage":         func(*authority, *grant, map[string]any) string { return "not.a.token" },
	"huge":            func(*authority, *grant, map[string]any) string { return strings.Repeat("a.", 100_000) },
	"otherIssuer":     changed("iss", "https://login.example.com/auth/realms/third-party"),
	"otherRealm":      func(a *authority, g *grant, c map[string]any) string { c["iss"] = a.issuer("other"); return signJWT(c) },
	"otherAudience":   changed("aud", "another-client"),
	"otherParty":      changed("azp", "another-client"),
	"severalAudience": severalAudiences,
	"expired": func(a *authority, g *grant, c map[string]any) string {
		c["exp"] = a.s.now().Add(-time.Minute).Unix()
		return signJWT(c)
	},
	"notYetValid": func(a *authority, g *grant, c map[string]any) string {
		c["nbf"] = a.s.now().Add(time.Hour).Unix()
		return signJWT(c)
	},
	"withoutExpiry":  removed("exp"),
	"otherNonce":     changed("nonce", "another-nonce"),
	"withoutNonce":   removed("nonce"),
	"otherSubject":   changed("sub", federation+"1"),
	"withoutSubject": removed("sub"),
	"otherUser":      changed("sub", "w999"),
	"otherAccess":    changed("at_hash", base64.RawURLEncoding.EncodeToString(make([]byte, 16))),
}

// SpoilIDTokens spoils the identity tokens of later answers of the token
// endpoint in the named way, or no longer with "none".
func (s *Simulator) SpoilIDTokens(flaw string) error {
	if _, ok := idFlaws[flaw]; !ok {
		return errors.New("no such flaw of identity tokens: " + flaw)
	}
	a := s.auth
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idFlaw = flaw
	return nil
}

// RotateKeys signs later tokens with a new key. The key set has the new key and
// the last one, or the new key alone if forget is true.
func (s *Simulator) RotateKeys(forget bool) {
	signingKeys.rotate(forget)
}

// controlIDTokens changes how identity tokens are made.
func (s *Simulator) controlIDTokens(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Flaw   string `json:"flaw"`
		Rotate bool   `json:"rotate"`
		Forget bool   `json:"forget"`
	}
	if !readControl(w, r, &in) {
		return
	}
	var err error
	if in.Flaw != "" {
		err = s.SpoilIDTokens(in.Flaw)
	}
	if in.Rotate && err == nil {
		s.RotateKeys(in.Forget)
	}
	writeResult(w, map[string]string{"flaw": in.Flaw}, err)
}

// idToken returns the identity token of a grant that is issued with an access
// token, or "" if there is to be none.
func (a *authority) idToken(g *grant, access string, now time.Time) string {
	a.mu.Lock()
	spoil := idFlaws[a.idFlaw]
	a.mu.Unlock()
	claims := a.idClaims(g, now)
	sum := sha256.Sum256([]byte(access))
	claims["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:16])
	if spoil == nil {
		return signJWT(claims)
	}
	return spoil(a, g, claims)
}

func changed(claim string, value any) func(*authority, *grant, map[string]any) string {
	return func(_ *authority, _ *grant, c map[string]any) string {
		c[claim] = value
		return signJWT(c)
	}
}

func removed(claim string) func(*authority, *grant, map[string]any) string {
	return func(_ *authority, _ *grant, c map[string]any) string {
		delete(c, claim)
		return signJWT(c)
	}
}

func severalAudiences(_ *authority, g *grant, c map[string]any) string {
	c["aud"] = []string{"another-client", g.client.id}
	delete(c, "azp")
	return signJWT(c)
}

func unsignedJWT(_ *authority, _ *grant, c map[string]any) string {
	return jsonPart(map[string]string{"alg": "none", "typ": "JWT"}) + "." + jsonPart(c) + "."
}

// hmacJWT signs with the public key as if it were a shared secret, which a
// careless verifier takes.
func hmacJWT(_ *authority, _ *grant, c map[string]any) string {
	signed := jsonPart(map[string]string{"alg": "HS256", "typ": "JWT", "kid": keyID()}) + "." + jsonPart(c)
	mac := hmac.New(sha256.New, x509.MarshalPKCS1PublicKey(&signingKeys.current().PublicKey))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// tamperedJWT exchanges the claims of a signed token.
func tamperedJWT(_ *authority, _ *grant, c map[string]any) string {
	parts := strings.Split(signJWT(c), ".")
	c["email"] = "somebody.else@example.com"
	return parts[0] + "." + jsonPart(c) + "." + parts[2]
}

// strayKey signs what the issuer has not signed.
var strayKey = sync.OnceValue(newTokenKey)
