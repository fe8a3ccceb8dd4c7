package simulator

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// mistakesOf returns what is wrong with an identity token that came with an access
// token to the client, at the time now.
func mistakesOf(l *login, token, access string) (wrong []string) {
	l.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > 10_000 {
		return []string{"form"}
	}
	var text [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil {
			return []string{"form"}
		}
		text[i] = b
	}
	check := func(name string, good bool) {
		if !good {
			wrong = append(wrong, name)
		}
	}
	var header struct{ Alg, Kid string }
	var c map[string]any
	if json.Unmarshal(text[0], &header) != nil || json.Unmarshal(text[1], &c) != nil {
		return []string{"form"}
	}
	key, signed := signingKeys.current(), []byte(parts[0]+"."+parts[1])
	sum := sha256.Sum256(signed)
	check("algorithm", header.Alg == "RS256")
	check("key", header.Kid == idOf(key))
	check("signature", rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], text[2]) == nil)
	if header.Alg == "HS256" {
		mac := hmac.New(sha256.New, x509.MarshalPKCS1PublicKey(&key.PublicKey))
		mac.Write(signed)
		check("signature with the public key", hmac.Equal(mac.Sum(nil), text[2]))
	}
	number := func(claim string) time.Time { f, _ := c[claim].(float64); return time.Unix(int64(f), 0) }
	sum = sha256.Sum256([]byte(access))
	check("iss", c["iss"] == l.server.URL+"/auth/realms/third-party")
	check("aud", c["aud"] == l.sim.opts.ClientID)
	check("azp", c["azp"] == l.sim.opts.ClientID)
	check("exp", number("exp").After(l.now))
	check("nbf", !number("nbf").After(l.now))
	check("nonce", c["nonce"] == "n-1")
	check("sub", c["sub"] == subject(l.someone()))
	check("email", c["email"] == l.someone().email)
	check("at_hash", c["at_hash"] == base64.RawURLEncoding.EncodeToString(sum[:16]))
	return wrong
}

// Each spoiled identity token is wrong in the way that is asked for, and in no
// other: so a client that takes it lacks just that check.
func TestSpoiledIdentityTokens(t *testing.T) {
	l := newLogin(t, Options{Control: true})
	spoil := func(body string, want int) {
		t.Helper()
		if status, answer := l.postJSON("/_simulator/id-tokens", body); status != want {
			t.Errorf("%s: %d %s, want %d", body, status, answer, want)
		}
	}
	flaws := map[string]string{
		"none":            "[]",
		"unsigned":        "[algorithm key signature]",
		"hmac":            "[algorithm signature]",
		"otherKey":        "[signature]",
		"unknownKey":      "[key signature]",
		"tampered":        "[signature email]",
		"garbage":         "[form]",
		"huge":            "[form]",
		"otherIssuer":     "[iss]",
		"otherRealm":      "[iss]",
		"otherAudience":   "[aud]",
		"otherParty":      "[azp]",
		"severalAudience": "[aud azp]",
		"expired":         "[exp]",
		"notYetValid":     "[nbf]",
		"withoutExpiry":   "[exp]",
		"otherNonce":      "[nonce]",
		"withoutNonce":    "[nonce]",
		"otherSubject":    "[sub]",
		"withoutSubject":  "[sub]",
		"otherUser":       "[sub]",
		"otherAccess":     "[at_hash]",
	}
	g := l.sim.auth.bearer(fmt.Sprint(l.tokens()["access_token"]))
	for flaw, want := range flaws {
		spoil(`{"flaw":"`+flaw+`"}`, 200)
		if got := fmt.Sprint(mistakesOf(l, l.sim.auth.idToken(g, "an access token", l.now), "an access token")); got != want {
			t.Errorf("%s: wrong are %s, want %s", flaw, got, want)
		}
	}
	spoil(`{"flaw":"missing"}`, 200)
	if token, ok := l.tokens()["id_token"]; ok {
		t.Errorf("there is a token that is to be missing: %v", token)
	}
	spoil(`{"flaw":"boredom","rotate":true}`, 400)
	spoil(`{}`, 200)
	if _, ok := l.tokens()["id_token"]; ok {
		t.Error("a request that changes nothing ended the flaw")
	}
	for flaw := range idFlaws {
		if _, ok := flaws[flaw]; !ok && flaw != "missing" {
			t.Errorf("%s is not tested", flaw)
		}
	}
}

// After a rotation old tokens can be checked with the published keys until the old
// key is forgotten.
func TestKeysAreRotated(t *testing.T) {
	l := newLogin(t, Options{Control: true})
	published := func() (ids []string) {
		_, body := l.get(l.connect("certs"))
		var set struct{ Keys []struct{ Kid string } }
		if err := json.Unmarshal([]byte(body), &set); err != nil {
			t.Fatal(err)
		}
		for _, key := range set.Keys {
			ids = append(ids, key.Kid)
		}
		return ids
	}
	first := published()
	l.postJSON("/_simulator/id-tokens", `{"forget":true}`) // nothing without a rotation
	if got := published(); !slices.Equal(got, first) {
		t.Errorf("keys %v, before %v", got, first)
	}
	l.postJSON("/_simulator/id-tokens", `{"rotate":true}`)
	both := published()
	if len(both) != 2 || both[0] != keyID() || both[0] == first[0] || both[1] != first[0] {
		t.Errorf("keys %v, want a new one and %v", both, first)
	}
	l.postJSON("/_simulator/id-tokens", `{"rotate":true,"forget":true}`)
	if got := published(); len(got) != 1 || slices.Contains(both, got[0]) {
		t.Errorf("keys %v, want none of %v", got, both)
	}
}
