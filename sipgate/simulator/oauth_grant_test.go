package simulator

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTokensExpire(t *testing.T) {
	l := newLogin(t, Options{TokenLife: 10 * time.Second, RefreshLife: time.Minute})
	tokens := l.tokens()
	bearer := fmt.Sprint("Bearer ", tokens["access_token"])
	if tokens["expires_in"] != 10.0 || tokens["refresh_expires_in"] != 60.0 {
		t.Errorf("answer %v", tokens)
	}
	l.wait(9 * time.Second)
	if !l.allowed(bearer) {
		t.Error("refused before its time")
	}
	l.wait(time.Second)
	if l.allowed(bearer) {
		t.Error("accepted after its time")
	}
	l.wait(50 * time.Second)
	status, answer := l.post(l.connect("token"), l.refreshForm(tokens["refresh_token"]))
	l.refused("expired refresh token", status, answer, 400, "invalid_grant")
}

func TestAuthenticate(t *testing.T) {
	l := newLogin(t, Options{})
	access := fmt.Sprint(l.tokens()["access_token"])
	pat := l.sim.auth.personalTokens()[1]
	basic := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
	}
	for _, good := range []string{"Bearer " + access, "bearer " + access, basic(pat.id, pat.secret)} {
		if !l.allowed(good) {
			t.Errorf("%.20s… refused", good)
		}
	}
	for name, headers := range map[string][]string{
		"none":            nil,
		"two":             {"Bearer " + access, "Bearer " + access},
		"empty":           {""},
		"no scheme":       {access},
		"other scheme":    {"Digest " + access},
		"changed":         {"Bearer " + access[:len(access)-2] + "AA"},
		"longer":          {"Bearer " + access + " "},
		"empty bearer":    {"Bearer "},
		"wrong token":     {basic(pat.id, pat.secret+"0")},
		"wrong id":        {basic("token-AAAAAA", pat.secret)},
		"e-mail":          {basic(l.someone().email, l.someone().password)},
		"malformed Basic": {"Basic !!!"},
	} {
		if l.allowed(headers...) {
			t.Errorf("%s: accepted", name)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/v2/calls", nil)
	r.SetBasicAuth(pat.id, pat.secret)
	if g, ok := l.sim.authenticate(r); !ok || g.user != pat.user || g.account != pat.user.account || !g.scopes["all"] || g.kind != "basic" {
		t.Errorf("personal token: %+v", g)
	}
}

func TestPersonalTokensDependOnSeed(t *testing.T) {
	one, same, other := newLogin(t, Options{Seed: 7}), newLogin(t, Options{Seed: 7}), newLogin(t, Options{Seed: 8})
	id := regexp.MustCompile(`^token-[a-zA-Z\d]{6}$`)
	secret := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for i, p := range one.sim.auth.personalTokens() {
		if !id.MatchString(p.id) || !secret.MatchString(p.secret) || seen[p.id] {
			t.Errorf("token %s:%s", p.id, p.secret)
		}
		seen[p.id] = true
		if p.secret != same.sim.auth.personalTokens()[i].secret || p.secret == other.sim.auth.personalTokens()[i].secret {
			t.Error("the tokens do not depend on the seed")
		}
	}
}

// claims verifies a token with the published keys and returns its claims.
func (l *login) claims(token any) map[string]any {
	l.Helper()
	_, body := l.get(l.connect("certs"))
	var set struct {
		Keys []struct{ Kid, Kty, Alg, N, E string }
	}
	if err := json.Unmarshal([]byte(body), &set); err != nil || len(set.Keys) != 1 {
		l.Fatalf("keys %s", body)
	}
	n, _ := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	e, _ := base64.RawURLEncoding.DecodeString(set.Keys[0].E)
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	parts := strings.Split(fmt.Sprint(token), ".")
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
		l.Fatal(err)
	}
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	if !strings.Contains(string(header), `"alg":"RS256"`) || !strings.Contains(string(header), set.Keys[0].Kid) {
		l.Errorf("header %s", header)
	}
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		l.Fatal(err)
	}
	return claims
}

func TestTokenClaims(t *testing.T) {
	l := newLogin(t, Options{})
	tokens := l.tokens()
	issuer := l.server.URL + "/auth/realms/third-party"
	for key, typ := range map[string]string{"access_token": "Bearer", "refresh_token": "Refresh", "id_token": "ID"} {
		c := l.claims(tokens[key])
		life := map[string]float64{"Refresh": 2592000}[typ]
		if life == 0 {
			life = 300
		}
		if c["typ"] != typ || c["iss"] != issuer || c["aud"] != l.sim.opts.ClientID || c["azp"] != c["aud"] ||
			c["exp"].(float64)-c["iat"].(float64) != life || c["session_state"] != tokens["session_state"] {
			t.Errorf("%s: %v", key, c)
		}
		if sub := fmt.Sprint(c["sub"]); !strings.HasPrefix(sub, "f:") || strings.Contains(sub, l.someone().id) {
			t.Errorf("%s: subject %s", key, sub)
		}
	}
	if c := l.claims(tokens["id_token"]); c["nonce"] != "n-1" || c["email"] != l.someone().email {
		t.Errorf("id_token: %v", c)
	}
	c := l.claims(tokens["access_token"])
	for _, name := range []string{"jti", "nbf", "acr", "auth_time", "client_session", "allowed-origins", "realm_access", "resource_access"} {
		if _, ok := c[name]; !ok {
			t.Errorf("access token without %s", name)
		}
	}
	for key, size := range map[string]int{"access_token": 1190, "refresh_token": 1140} {
		if n := len(fmt.Sprint(tokens[key])); n < size-150 || n > size+250 {
			t.Errorf("%s of %d bytes, sipgate's has %d", key, n, size)
		}
	}
}

// Tokens of issue are valid in both realms.
func TestIssue(t *testing.T) {
	l := newLogin(t, Options{})
	u := l.sim.accounts[0].users[1]
	b, _ := json.Marshal(l.sim.issue(u, " rtcm:read  history:read"))
	var answer map[string]any
	json.Unmarshal(b, &answer)
	if keys := slices.Sorted(maps.Keys(answer)); !slices.Equal(keys, tokenKeys) {
		t.Fatalf("keys %v", keys)
	}
	r := httptest.NewRequest(http.MethodGet, "/v2/calls", nil)
	r.Header.Set("Authorization", fmt.Sprint("Bearer ", answer["access_token"]))
	g, ok := l.sim.authenticate(r)
	if !ok || g.user != u || g.kind != "bearer" || !maps.Equal(g.scopes, map[string]bool{"rtcm:read": true, "history:read": true}) {
		t.Errorf("grant %+v", g)
	}
	at := l.server.URL + "/login/sipgate-apps/protocol/openid-connect/token"
	if status, answer := l.post(at, l.refreshForm(answer["refresh_token"])); status != 200 {
		t.Errorf("refresh: %d %v", status, answer)
	}
}

// Expired tokens, codes and grants are removed.
func TestExpiredTokensAreRemoved(t *testing.T) {
	l := newLogin(t, Options{RefreshLife: time.Hour})
	for range 5 {
		l.tokens()
		l.wait(time.Hour)
	}
	a := l.sim.auth
	if len(a.accessTokens) > 2 || len(a.refreshTokens) > 2 || len(a.codes) > 2 || len(a.grants) > 4 {
		t.Errorf("kept: %d access, %d refresh, %d codes, %d grants", len(a.accessTokens), len(a.refreshTokens), len(a.codes), len(a.grants))
	}
}
