package sipgate

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// OAuth holds the endpoints of sipgate's login and this program's client
// there. Package web gets and exchanges codes; OAuth does what needs no
// browser. It prints as "[redacted]".
//
// Every method sends exactly one request and takes at most 10 s. OAuth is safe
// for concurrent use.
type OAuth struct {
	AuthURL      string // where browsers are sent
	TokenURL     string
	LogoutURL    string
	ClientID     string
	ClientSecret string       // empty for clients without one
	HTTP         *http.Client // nil: shared by all

	hidden
}

// RealmURLs returns the three endpoints of a realm. sipgate gives older
// clients the realm "third-party" and newer ones "sipgate-apps". loginBase is
// "https://login.sipgate.com" in production.
func RealmURLs(loginBase, realm string) (authURL, tokenURL, logoutURL string) {
	base := strings.TrimSuffix(loginBase, "/") + "/auth/realms/" + url.PathEscape(realm) + "/protocol/openid-connect/"
	return base + "auth", base + "token", base + "logout"
}

// An Issuer issues the identity tokens of a realm.
type Issuer struct {
	Name        string // as the tokens name it
	KeysURL     string // of its JSON Web Key Set
	UserInfoURL string // the subject there differs from the user id of the REST API
	Required    bool   // a login without an identity token fails
}

// RealmIssuer returns the issuer of a realm, as OpenID Connect Discovery 1.0
// would.
func RealmIssuer(loginBase, realm string) Issuer {
	name := strings.TrimSuffix(loginBase, "/") + "/auth/realms/" + url.PathEscape(realm)
	return Issuer{Name: name, KeysURL: name + "/protocol/openid-connect/certs", UserInfoURL: name + "/protocol/openid-connect/userinfo"}
}

// PasswordClientID is the client id of the password grant in sipgate's
// documentation.
const PasswordClientID = "sipgate-app-web"

// PasswordTokenURL returns the endpoint of the password grant in sipgate's
// documentation. apiBase is "https://api.sipgate.com" in production.
func PasswordTokenURL(apiBase string) string {
	return strings.TrimSuffix(apiBase, "/") + "/login/sipgate-apps/protocol/openid-connect/token"
}

// OptionalScopes are those of Scopes that a client may not know: they are newer
// than the others. A login is begun again without them if sipgate refuses them.
var OptionalScopes = []string{"channels:read"}

// Scopes lists what the dashboard requests at the login: the minimum for all
// of its functions.
var Scopes = []string{
	"openid",
	"rtcm:read", "rtcm:write",
	"sessions:calls:write",
	"history:read", "history:write",
	"users:read",
	"devices:read",
	"contacts:read", "contacts:write",
	"settings:sipgateio:read", "settings:sipgateio:write",
	"log:webhooks:read",
	"phonelines:read",
	"numbers:read",
	"groups:read",
	"channels:read",
	"account:read",
	"balance:read",
}

// Refresh exchanges a refresh token, which it uses up, for new tokens.
//
// Whatever the error, Tokens.Refresh is set if a new refresh token could be
// read from the response, even a truncated one: it must be stored, since the
// old one is void. If a valid response has no new one, Tokens.Refresh is the
// old one, which remains valid. The error is an [*OAuthError]; with
// MayHaveArrived and without a new refresh token, it is unknown whether the
// old one was used up.
func (o *OAuth) Refresh(ctx context.Context, refresh string) (Tokens, error) {
	t, err := o.token(ctx, "refresh", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refresh},
	})
	if err == nil && t.Refresh == "" {
		t.Refresh = refresh
	}
	return t, err
}

// Password gets tokens for a user's name and password, the first of the two
// methods that sipgate documents. There may be no refresh token. Without a
// ClientID it uses PasswordClientID.
func (o *OAuth) Password(ctx context.Context, user, password string) (Tokens, error) {
	return o.token(ctx, "password", url.Values{
		"grant_type": {"password"}, "username": {user}, "password": {password},
	})
}

// Logout ends the session at sipgate that the refresh token belongs to, which
// voids its tokens. Without a LogoutURL it does nothing.
func (o *OAuth) Logout(ctx context.Context, refresh string) error {
	if o.LogoutURL == "" {
		return nil
	}
	status, data, err := o.post(ctx, "logout", o.LogoutURL, url.Values{"refresh_token": {refresh}})
	if err != nil || status >= 200 && status < 300 {
		return err
	}
	return oauthError("logout", status, readTokens(data))
}

// token sends a request to the token endpoint.
func (o *OAuth) token(ctx context.Context, op string, form url.Values) (Tokens, error) {
	status, data, err := o.post(ctx, op, o.TokenURL, form)
	if status == 0 {
		return Tokens{}, err
	}
	reply := readTokens(data)
	if status < 200 || status > 299 {
		return Tokens{}, oauthError(op, status, reply)
	}
	tokens := reply.tokens()
	malformed := func(err error) (Tokens, error) {
		return Tokens{Refresh: tokens.Refresh}, &OAuthError{Op: op, Status: status, MayHaveArrived: true, Err: err}
	}
	switch {
	case err != nil:
		return malformed(err)
	case reply.code != "":
		e := oauthError(op, status, reply)
		return Tokens{Refresh: tokens.Refresh}, e
	case reply.err != nil:
		return malformed(reply.err)
	case tokens.Access == "":
		return malformed(errors.New("no access token in response"))
	case !strings.EqualFold(reply.text["token_type"], "bearer") && reply.text["token_type"] != "":
		return malformed(errors.New("unexpected token type"))
	}
	return tokens, nil
}

// maxTokens is the maximum size of a response of the token endpoint, in bytes.
const maxTokens = 64 << 10

// post sends the form. With an error, a status of 0 means that there was no
// response, else data is the part of it that could be read.
func (o *OAuth) post(ctx context.Context, op, address string, form url.Values) (int, []byte, error) {
	form.Set("client_id", o.ClientID)
	if o.ClientID == "" {
		form.Set("client_id", PasswordClientID)
	}
	if o.ClientSecret != "" {
		form.Set("client_secret", o.ClientSecret)
	}
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	req, err := newRequest(ctx, http.MethodPost, address, []byte(form.Encode()))
	if err != nil {
		return 0, nil, &OAuthError{Op: op, Err: withoutURL(err)}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, arrived, err := send(o.HTTP, req)
	if err != nil {
		return 0, nil, &OAuthError{Op: op, MayHaveArrived: arrived, Err: err}
	}
	defer resp.Body.Close()
	data, err := readAll(resp.Body, maxTokens)
	return resp.StatusCode, data, err
}
