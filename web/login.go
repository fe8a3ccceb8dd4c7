package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Login is the OAuth 2.0 authorization code flow with PKCE (RFC 7636, S256).
// Every attempt is a row in the database, is bound by a cookie to the browser that
// began it, and is valid for ten minutes and one try. Set the fields before the
// first use; DB, the addresses, ClientID and Done are required.
type Login struct {
	DB     *sql.DB // has the tables of Migrations
	Secure bool    // https: the cookie is __Host-l. Otherwise l

	AuthURL      string // of the login page
	TokenURL     string // of the token endpoint
	Issuer       string // the name of the login server; "" derives its origin from AuthURL
	ClientID     string
	ClientSecret string
	RedirectURL  string // of this program's Callback, absolute
	Scopes       []string
	// Optional are those of Scopes without which [Login.RestartWithout] asks.
	Optional []string

	// IDTokens verifies the identity token; nil means that it is ignored.
	IDTokens *IDTokens
	// HTTP sends the token request, without following redirects and within
	// 10 s; nil means a client of its own.
	HTTP *http.Client
	// Limit limits the attempts that Start begins; nil means no limit.
	Limit *Limiter
	Log   *slog.Logger

	// Done answers r for a user who has logged in, with the user's tokens and
	// the local path to lead to.
	Done func(w http.ResponseWriter, r *http.Request, t Tokens, next string) error
}

// Tokens are the login server's tokens for a code. They print as "[redacted]".
type Tokens struct {
	Access, Refresh string
	Scope           string        // as granted, which may be less than requested; "": all that Login.Scopes has
	Life            time.Duration // of the access token, from now; 0 if unknown
	Subject         string        // of the verified identity token; "" if there was none
}

// String implements fmt.Stringer.
func (Tokens) String() string { return "[redacted]" }

// GoString implements fmt.GoStringer.
func (Tokens) GoString() string { return "[redacted]" }

// LogValue implements slog.LogValuer.
func (Tokens) LogValue() slog.Value { return slog.StringValue("[redacted]") }

const (
	loginLife    = 10 * time.Minute
	exchangeTime = 10 * time.Second
	maxCode      = 2048 // bytes; Keycloak's codes have about 110
	perBrowser   = 5    // pending attempts
	maxPending   = 10_000
)

// Start leads the browser to the login server. The field "next" may hold the
// local path to lead to afterwards. Errors are the Faults 429 "rate_limited" and
// 503 "busy".
func (l *Login) Start(w http.ResponseWriter, r *http.Request) error {
	if l.Limit != nil {
		if err := l.Limit.Check(r); err != nil {
			return err
		}
	}
	return l.begin(w, r, secret(), LocalPath(r.FormValue("next")))
}

// begin leads the browser to the login server, with a state and the path to lead
// to afterwards.
func (l *Login) begin(w http.ResponseWriter, r *http.Request, state, next string) error {
	browser, _ := cookieValue(r, l.cookieName())
	p := pending{verifier: oauth2.GenerateVerifier(), next: next}
	browser, err := l.remember(r.Context(), state, browser, p)
	if err != nil {
		return busy(err)
	}
	http.SetCookie(w, l.cookie(browser, int(loginLife/time.Second)))
	http.Redirect(w, r, l.config(state).AuthCodeURL(state, oauth2.S256ChallengeOption(p.verifier), oidc.Nonce(nonceOf(p.verifier))), http.StatusSeeOther)
	return nil
}

// Callback handles the browser's return from the login server. Its errors wrap
// the Faults 400 "oauth_state", "oauth_code" and "oauth_denied", 405
// "method_not_allowed", 502 "login_failed" and 503 "busy", or are Done's. It
// deletes the attempt before it requests tokens, so there is at most one such
// request. It goes on if the client leaves.
func (l *Login) Callback(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		return Fault{Status: http.StatusMethodNotAllowed, Code: CodeMethod}
	}
	code, p, err := l.accept(r)
	if err != nil {
		return err
	}
	t, err := l.exchange(r.Context(), code, p.verifier)
	if e, ok := errors.AsType[*tokenError](err); ok {
		return e.fault(p)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", Fault{Status: http.StatusBadGateway, Code: CodeLoginFailed}, err)
	}
	if state := r.URL.Query().Get("state"); t.Scope == "" && strings.HasSuffix(state, lessSuffix) {
		t.Scope = strings.Join(l.scopes(state), " ")
	}
	http.SetCookie(w, l.cookie("", -1))
	return l.Done(w, r, t, p.next)
}

// refused returns the Fault 400 code with its reason for the log.
func refused(code, why string) error {
	return fmt.Errorf("%w: %s", Fault{Status: http.StatusBadRequest, Code: code}, why)
}

// accept checks a callback as far as that is possible without the login server,
// and deletes its attempt.
func (l *Login) accept(r *http.Request) (code string, p pending, err error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(q["state"]) > 1 || len(q["code"]) > 1 || len(q["iss"]) > 1 {
		return "", p, refused(CodeOAuthState, "query is ambiguous")
	}
	browser, _ := cookieValue(r, l.cookieName())
	p, ok, err := l.take(r.Context(), q.Get("state"), browser)
	code = q.Get("code")
	switch {
	case err != nil:
		return "", p, busy(err)
	case q.Has("error"):
		return "", p, loginError(q.Get("error"), q.Get("error_description"), p, ok)
	case q.Get("state") == "":
		return "", p, refused(CodeOAuthState, "no state")
	case q.Has("iss") && !l.issued(q.Get("iss")):
		return "", p, refused(CodeOAuthState, "another issuer")
	case !validCode(code):
		return "", p, refused(CodeOAuthCode, "no valid code")
	case p.expired:
		return "", p, expired(p.next, "begun too long ago")
	case !ok:
		return "", p, refused(CodeOAuthState, "state is unknown, used, expired or of another browser")
	}
	return code, p, nil
}

// issued reports whether iss (RFC 9207) is our issuer or, if that is not known,
// has the origin of the login page.
func (l *Login) issued(iss string) bool {
	if l.Issuer != "" {
		return iss == l.Issuer
	}
	got, err1 := url.Parse(iss)
	want, err2 := url.Parse(l.AuthURL)
	return err1 == nil && err2 == nil && got.User == nil && got.Scheme == want.Scheme && got.Host == want.Host
}

// validCode reports whether s is a code as RFC 6749, appendix A.11, defines it.
func validCode(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return s != "" && len(s) <= maxCode
}

// exchange requests the tokens, exactly once. Its errors hold nothing that the
// login server sent, which may be a token.
func (l *Login) exchange(ctx context.Context, code, verifier string) (Tokens, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
	defer cancel()
	client := http.Client{}
	if l.HTTP != nil {
		client = *l.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Transport = plainJSON{client.Transport}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &client)
	t, err := l.config("").Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return Tokens{}, &tokenError{e.Response.StatusCode, e.ErrorCode}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return Tokens{}, errors.New("token endpoint did not answer in time")
	case err != nil:
		return Tokens{}, fmt.Errorf("token endpoint: %w", withoutURL(err))
	case t.RefreshToken == "":
		return Tokens{}, errors.New("token endpoint sent no refresh token")
	case !strings.EqualFold(t.Type(), "bearer"):
		return Tokens{}, errors.New("token endpoint sent no bearer token")
	}
	subject := ""
	if l.IDTokens != nil {
		if subject, err = l.IDTokens.verify(ctx, &client, t.Extra("id_token"), l.ClientID, t.AccessToken, nonceOf(verifier)); err != nil {
			return Tokens{}, err
		}
	}
	scope, _ := t.Extra("scope").(string)
	return Tokens{Subject: subject, Access: t.AccessToken, Refresh: t.RefreshToken, Scope: scope, Life: max(0, time.Duration(t.ExpiresIn)*time.Second)}, nil
}

// oauthCode returns the error code s if it has the form of one.
func oauthCode(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "(unknown error)"
	}
	return s
}

// withoutURL returns err without the address that net/http adds to it.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// scopes returns what the attempt with a state asks for.
func (l *Login) scopes(state string) []string {
	if !strings.HasSuffix(state, lessSuffix) {
		return l.Scopes
	}
	return slices.DeleteFunc(slices.Clone(l.Scopes), func(s string) bool { return slices.Contains(l.Optional, s) })
}

// config returns the configuration of one use. No token source is made of it.
func (l *Login) config(state string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: l.ClientID, ClientSecret: l.ClientSecret, RedirectURL: l.RedirectURL, Scopes: l.scopes(state),
		Endpoint: oauth2.Endpoint{
			AuthURL: l.AuthURL, TokenURL: l.TokenURL,
			// Without it the library repeats the request in another style
			// after any error, which sends the same code twice.
			AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

func (l *Login) cookieName() string { return cookieName("l", l.Secure) }

func (l *Login) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: l.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		Secure: l.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
