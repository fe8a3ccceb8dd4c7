package simulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// passwordClient is the client of sipgate's own web application. sipgate's guide
// to real time call manipulation uses it, without a secret, for the password
// grant.
const passwordClient = "sipgate-app-web"

// authority simulates login.sipgate.com: clients, sign-in, grants and tokens.
// Both realms have the same clients and users; a code or refresh token is valid
// only in the realm that issued it.
type authority struct {
	s              *Simulator
	clients        []*oauthClient // besides the registrations
	personalTokens func() []personalToken
	origin         atomic.Pointer[string] // of the latest request

	tokenRequests, refreshRequests, refreshReuse atomic.Int64

	clientsMu     sync.Mutex
	registrations map[string]*registration // by client id; protected by clientsMu

	// mu protects the following fields and those of codes, tokens and grants.
	// It is not held while tokens are signed.
	mu            sync.Mutex
	codes         map[digest]*authCode
	accessTokens  map[digest]*accessToken
	refreshTokens map[digest]*refreshToken
	grants        map[*grant]bool // not revoked
	lastSweep     time.Time
	idFlaw        string // see idFlaws
}

// digest is the SHA-256 of a secret. Looking secrets up by digest leaks nothing
// through timing.
type digest [sha256.Size]byte

func digestOf(secret string) digest { return sha256.Sum256([]byte(secret)) }

// equalSecrets compares two secrets in constant time.
func equalSecrets(a, b string) bool {
	x, y := digestOf(a), digestOf(b)
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// oauthClient is a program that may request tokens.
type oauthClient struct {
	id, name     string
	secret       string           // "" for a public client
	redirects    []string         // see mayRedirect
	patterns     []*regexp.Regexp // likewise; not nil for a client of the API
	passwordOnly bool             // may use the password grant, and nothing else
}

// personalToken authenticates a user by HTTP Basic, as id:secret, with all
// scopes.
type personalToken struct {
	id, secret string
	user       *user
}

func newAuthority(s *Simulator) *authority {
	a := &authority{
		s: s,
		clients: []*oauthClient{
			{id: s.opts.ClientID, name: "Callboard", secret: s.opts.ClientSecret, redirects: s.opts.RedirectURIs},
			{id: passwordClient, name: "sipgate App", passwordOnly: true},
		},
		registrations: map[string]*registration{},
		codes:         map[digest]*authCode{},
		accessTokens:  map[digest]*accessToken{},
		refreshTokens: map[digest]*refreshToken{},
		grants:        map[*grant]bool{},
	}
	a.personalTokens = sync.OnceValue(a.makePersonalTokens)
	return a
}

// client returns the client with this id, or nil.
func (a *authority) client(id string) *oauthClient {
	for _, c := range a.clients {
		if c.id == id {
			return c
		}
	}
	return a.registered(id)
}

// makePersonalTokens returns a token for each user, derived from the seed.
func (a *authority) makePersonalTokens() []personalToken {
	const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
	var list []personalToken
	for _, acc := range a.s.accounts {
		for _, u := range acc.users {
			seed := binary.BigEndian.AppendUint64([]byte("personal access token"), a.s.opts.Seed)
			sum := sha256.Sum256(append(seed, u.fullID()...))
			id := []byte("token-")
			for _, x := range sum[16:22] {
				id = append(id, letters[int(x)%len(letters)])
			}
			list = append(list, personalToken{string(id), uuid([16]byte(sum[:16])), u})
		}
	}
	return list
}

// login returns the user with this name and password, or nil. The name is the
// e-mail address, the full id ("1234567w0") or, in the first account, the id
// ("w0").
func (a *authority) login(name, password string) *user {
	for i, acc := range a.s.accounts {
		for _, u := range acc.users {
			known := strings.EqualFold(name, u.email) || name == u.fullID() || i == 0 && name == u.id
			if known && equalSecrets(password, u.password) {
				return u
			}
		}
	}
	return nil
}

// userByFullID returns the user with an id such as "1234567w0", or nil.
func (a *authority) userByFullID(id string) *user {
	for _, acc := range a.s.accounts {
		for _, u := range acc.users {
			if u.fullID() == id {
				return u
			}
		}
	}
	return nil
}

// mayRedirect parses target and reports whether the browser may be redirected
// there. It must be an absolute http or https URL without user and fragment, at
// or below a registered address of the client. A client without registered
// addresses may use loopback addresses. One that was made with the API may use
// addresses that fit its patterns.
func (c *oauthClient) mayRedirect(target string) (*url.URL, bool) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		u.User != nil || u.Fragment != "" || strings.ContainsAny(target, "\\#") {
		return nil, false
	}
	if c.passwordOnly {
		return nil, false
	}
	if c.patterns != nil {
		fits := func(p *regexp.Regexp) bool { return p.MatchString(target) }
		return u, !strings.Contains(u.Path, "..") && slices.ContainsFunc(c.patterns, fits)
	}
	if len(c.redirects) == 0 {
		host := u.Hostname()
		ip := net.ParseIP(host)
		return u, host == "localhost" || ip != nil && ip.IsLoopback()
	}
	for _, registered := range c.redirects {
		if r, err := url.Parse(registered); err == nil && isBelow(u, r) {
			return u, true
		}
	}
	return nil, false
}

// isBelow reports whether u is root or a path below root.
func isBelow(u, root *url.URL) bool {
	if u.Scheme != root.Scheme || !strings.EqualFold(u.Host, root.Host) || strings.Contains(u.Path, "..") {
		return false
	}
	rest, ok := strings.CutPrefix(u.Path, root.Path)
	return ok && (rest == "" || strings.HasPrefix(rest, "/") || root.Path == "" || strings.HasSuffix(root.Path, "/"))
}

// noteOrigin stores the origin of a request for base.
func (a *authority) noteOrigin(r *http.Request) {
	if a.s.opts.Base != "" || r.Host == "" {
		return
	}
	origin := originOf(r)
	if last := a.origin.Load(); last == nil || *last != origin {
		a.origin.Store(&origin)
	}
}

// originOf returns the origin under which the sender of r reaches the simulator.
func originOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// base returns the origin of the simulator without a trailing slash: Options.Base
// or the origin of the latest request.
func (a *authority) base() string {
	if base := a.s.opts.Base; base != "" {
		return strings.TrimSuffix(base, "/")
	}
	if last := a.origin.Load(); last != nil {
		return *last
	}
	return "http://sipgate.invalid"
}

// issuer returns the issuer of a realm's tokens.
func (a *authority) issuer(realm string) string { return a.base() + "/auth/realms/" + realm }

// oauthState returns the part of State that concerns OAuth.
func (s *Simulator) oauthState() map[string]any {
	a := s.auth
	clients, tokens := []map[string]any{}, []map[string]any{}
	for _, c := range a.clients {
		clients = append(clients, map[string]any{
			"clientId":     c.id,
			"clientSecret": c.secret,
			"redirectUris": append([]string{}, c.redirects...),
		})
	}
	for _, p := range a.personalTokens() {
		tokens = append(tokens, map[string]any{
			"account": p.user.account.id,
			"user":    p.user.id,
			"tokenId": p.id,
			"token":   p.secret,
			"scope":   "all",
		})
	}
	a.mu.Lock()
	grants := len(a.grants)
	a.mu.Unlock()
	return map[string]any{
		"clients":              clients,
		"realms":               realms,
		"personalAccessTokens": tokens,
		"grants":               grants,
		"tokenRequests":        a.tokenRequests.Load(),
		"refreshRequests":      a.refreshRequests.Load(),
		"refreshReuse":         a.refreshReuse.Load(),
	}
}
