package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/time/rate"
)

// An Issuer issues identity tokens.
type Issuer struct {
	Name        string // as the tokens name it
	KeysURL     string // of its JSON Web Key Set
	UserInfoURL string // of its userinfo endpoint; "" for none
	Required    bool   // a login without an identity token fails
}

// IDTokens verify the identity token that an issuer sends with the tokens of a
// login (OpenID Connect Core 1.0, section 3.1.3.7): its signature by a key of
// the issuer, its algorithm, issuer, audience, authorized party, expiry, nonce
// and access token, and its subject against that of the userinfo endpoint.
type IDTokens struct {
	issuer Issuer
	reads  *rate.Limiter // of the key set

	mu    sync.Mutex
	keys  *oidc.RemoteKeySet // read at need, and again for a key that is not known
	since time.Time          // when keys was made
}

// NewIDTokens returns an IDTokens that has not read any keys.
func NewIDTokens(o Issuer) *IDTokens {
	return &IDTokens{issuer: o, reads: rate.NewLimiter(rate.Every(readsEvery), readsBurst)}
}

const (
	maxIDToken  = 16 << 10 // bytes; sipgate's sample has about 1,200
	maxKeySet   = 256 << 10
	maxUserInfo = 64 << 10
	keysLife    = time.Hour        // a key that the issuer withdraws is trusted no longer
	readsEvery  = 10 * time.Second // reads of the key set, at most
	readsBurst  = 3
)

// idAlgorithms are the signatures that count: those with a public key.
var idAlgorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.ES256, oidc.ES384, oidc.EdDSA}

// errIDToken is wrapped by all errors about identity tokens.
var errIDToken = errors.New("id_token_invalid")

// nonceOf returns the nonce of the login with this PKCE verifier, from which it
// cannot be told.
func nonceOf(verifier string) string {
	sum := sha256.Sum256([]byte("nonce " + verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// verify checks raw, which came with the access token, and returns its subject,
// or "" if there is no identity token and none is required. Errors hold no part
// of a token.
func (t *IDTokens) verify(ctx context.Context, client *http.Client, raw any, clientID, access, nonce string) (subject string, err error) {
	text, ok := raw.(string)
	switch {
	case raw == nil && !t.issuer.Required:
		return "", nil
	case raw == nil:
		return "", fmt.Errorf("%w: there is none, and --require-id-token is set", errIDToken)
	case !ok || len(text) > maxIDToken || strings.Count(text, ".") != 2:
		return "", fmt.Errorf("%w: not a signed token", errIDToken)
	}
	config := &oidc.Config{ClientID: clientID, SupportedSigningAlgs: idAlgorithms}
	token, err := oidc.NewVerifier(t.issuer.Name, t.keySet(client), config).Verify(ctx, text)
	if err != nil {
		return "", fmt.Errorf("%w: %s", errIDToken, clip(strings.ToValidUTF8(err.Error(), "?"), maxLogged))
	}
	var claims struct {
		Party *string `json:"azp"`
	}
	switch err := token.Claims(&claims); {
	case err != nil:
		return "", fmt.Errorf("%w: its authorized party cannot be read", errIDToken)
	case token.Subject == "":
		return "", fmt.Errorf("%w: it names no subject", errIDToken)
	case token.Nonce != nonce:
		return "", fmt.Errorf("%w: it is of another login", errIDToken)
	case claims.Party != nil && *claims.Party != clientID, claims.Party == nil && len(token.Audience) > 1:
		return "", fmt.Errorf("%w: it is for another client", errIDToken)
	case token.AccessTokenHash != "" && token.VerifyAccessToken(access) != nil:
		return "", fmt.Errorf("%w: it belongs to another access token", errIDToken)
	}
	return token.Subject, t.compare(ctx, client, access, token.Subject)
}

// compare checks the subject against the userinfo endpoint. An endpoint that
// does not answer, or names nobody, contradicts nobody.
func (t *IDTokens) compare(ctx context.Context, client *http.Client, access, subject string) error {
	if t.issuer.UserInfoURL == "" {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.issuer.UserInfoURL, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+access)
	resp, err := client.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	var info struct {
		Subject string `json:"sub"`
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxUserInfo))
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(body, &info) != nil || info.Subject == "" {
		return nil
	}
	if info.Subject != subject {
		return fmt.Errorf("%w: userinfo names another subject", errIDToken)
	}
	return nil
}

// keySet returns the keys of the issuer, which it reads with client.
func (t *IDTokens) keySet(client *http.Client) *oidc.RemoteKeySet {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keys == nil || time.Since(t.since) > keysLife {
		bounded := *client
		bounded.Timeout = exchangeTime
		bounded.Transport = boundedReads{client.Transport, t.reads}
		t.keys = oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), &bounded), t.issuer.KeysURL)
		t.since = time.Now()
	}
	return t.keys
}

// boundedReads limits how often and how much is read.
type boundedReads struct {
	next  http.RoundTripper
	limit *rate.Limiter
}

// RoundTrip implements http.RoundTripper.
func (b boundedReads) RoundTrip(r *http.Request) (*http.Response, error) {
	if !b.limit.Allow() {
		return nil, errors.New("the keys were read a moment ago")
	}
	resp, err := b.next.RoundTrip(r)
	if err == nil {
		resp.Body = readCloser{io.LimitReader(resp.Body, maxKeySet), resp.Body}
	}
	return resp, err
}
