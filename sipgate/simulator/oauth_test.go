package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	callback = "http://127.0.0.1:8080/oauth/callback"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	// challenge belongs to verifier (RFC 7636, appendix B).
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// login is a simulator behind an HTTP server, with a clock that tests set.
type login struct {
	*testing.T
	sim    *Simulator
	server *httptest.Server

	mu  sync.Mutex
	now time.Time
}

func newLogin(t *testing.T, opts Options) *login {
	t.Helper()
	l := &login{T: t, now: time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)}
	opts.Now = func() time.Time { l.mu.Lock(); defer l.mu.Unlock(); return l.now }
	l.sim = New(opts)
	l.server = httptest.NewServer(l.sim)
	t.Cleanup(func() { l.server.Close(); l.sim.Close() })
	return l
}

func (l *login) wait(d time.Duration) { l.mu.Lock(); l.now = l.now.Add(d); l.mu.Unlock() }

// connect returns the URL of an endpoint of the realm third-party.
func (l *login) connect(endpoint string) string {
	return l.server.URL + "/auth/realms/third-party/protocol/openid-connect/" + endpoint
}

// do sends a request without following redirects.
func (l *login) do(r *http.Request) (*http.Response, string) {
	l.Helper()
	client := *l.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		l.Fatal(err)
	}
	return resp, string(body)
}

func (l *login) get(address string, header ...string) (*http.Response, string) {
	l.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		l.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return l.do(r)
}

// post sends a form and returns the status and the JSON of the response.
func (l *login) post(address string, form url.Values) (int, map[string]any) {
	l.Helper()
	r, _ := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, body := l.do(r)
	var answer map[string]any
	if body != "" {
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			l.Fatalf("%s answered %s: %q", address, resp.Status, body)
		}
	}
	return resp.StatusCode, answer
}

// postJSON posts JSON to a path and returns the status and the response.
func (l *login) postJSON(path, body string) (int, string) {
	l.Helper()
	r, _ := http.NewRequest(http.MethodPost, l.server.URL+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	resp, answer := l.do(r)
	return resp.StatusCode, answer
}

// altered returns base with these names and values; the value "" removes a name.
func altered(base url.Values, pairs ...string) url.Values {
	v := maps.Clone(base)
	for i := 0; i < len(pairs); i += 2 {
		if v.Del(pairs[i]); pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

func (l *login) authQuery(pairs ...string) url.Values {
	return altered(url.Values{
		"client_id":             {l.sim.opts.ClientID},
		"redirect_uri":          {callback},
		"response_type":         {"code"},
		"scope":                 {"openid rtcm:read rtcm:write"},
		"state":                 {"a state & more"},
		"nonce":                 {"n-1"},
		"code_challenge":        {challenge},
		"code_challenge_method": {"S256"},
	}, pairs...)
}

func (l *login) codeForm(code string, pairs ...string) url.Values {
	return altered(url.Values{
		"grant_type":    {"authorization_code"},
		"client_id":     {l.sim.opts.ClientID},
		"client_secret": {l.sim.opts.ClientSecret},
		"redirect_uri":  {callback},
		"code":          {code},
		"code_verifier": {verifier},
	}, pairs...)
}

func (l *login) refreshForm(refresh any, pairs ...string) url.Values {
	return altered(url.Values{
		"grant_type":    {"refresh_token"},
		"client_id":     {l.sim.opts.ClientID},
		"client_secret": {l.sim.opts.ClientSecret},
		"refresh_token": {fmt.Sprint(refresh)},
	}, pairs...)
}

var formAction = regexp.MustCompile(`action="([^"]+)"`)

// click opens the login page, sends fields with its form and returns the URL to
// which the browser is redirected.
func (l *login) click(auth string, fields url.Values) *url.URL {
	l.Helper()
	resp, page := l.get(auth)
	action := formAction.FindStringSubmatch(page)
	if resp.StatusCode != http.StatusOK || action == nil {
		l.Fatalf("no login page at %s: %s", auth, resp.Status)
	}
	r, _ := http.NewRequest(http.MethodPost, l.server.URL+action[1], strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, page = l.do(r)
	to, err := resp.Location()
	if err != nil {
		l.Fatalf("not sent back after the click: %s\n%s", resp.Status, page)
	}
	return to
}

// someone returns the first user.
func (l *login) someone() *user { return l.sim.accounts[0].users[0] }

// code signs the first user in by one click and returns the code.
func (l *login) code(pairs ...string) string {
	l.Helper()
	to := l.click(l.connect("auth")+"?"+l.authQuery(pairs...).Encode(), url.Values{"user": {l.someone().fullID()}})
	return to.Query().Get("code")
}

// tokens signs the first user in and returns the tokens.
func (l *login) tokens() map[string]any {
	l.Helper()
	status, answer := l.post(l.connect("token"), l.codeForm(l.code()))
	if status != http.StatusOK {
		l.Fatalf("token endpoint: %d %v", status, answer)
	}
	return answer
}

// allowed reports whether a request with this Authorization header is
// authenticated.
func (l *login) allowed(authorization ...string) bool {
	r := httptest.NewRequest(http.MethodGet, "/v2/calls", nil)
	r.Header["Authorization"] = authorization
	_, ok := l.sim.authenticate(r)
	return ok
}

func (l *login) refused(name string, status int, answer map[string]any, wantStatus int, want string) {
	l.Helper()
	if status != wantStatus || answer["error"] != want || answer["error_description"] == "" {
		l.Errorf("%s: %d %v, want %d %s", name, status, answer, wantStatus, want)
	}
}

var tokenKeys = []string{
	"access_token", "expires_in", "id_token", "not-before-policy", "refresh_expires_in",
	"refresh_token", "scope", "session_state", "token_type",
}

// Sign-in, refresh and logout work in both realms at both addresses.
func TestSignInAtEveryAddress(t *testing.T) {
	l := newLogin(t, Options{})
	for _, realm := range []string{"third-party", "sipgate-apps"} {
		for _, place := range []string{"/auth/realms/", "/login/"} {
			at := l.server.URL + place + realm + "/protocol/openid-connect/"
			t.Run(place+realm, func(t *testing.T) {
				to := l.click(at+"auth?"+l.authQuery().Encode(), url.Values{"user": {l.someone().fullID()}})
				q := to.Query()
				if !strings.HasPrefix(to.String(), callback+"?") || q.Get("state") != "a state & more" || q.Get("session_state") == "" {
					t.Fatalf("sent back to %s", to)
				}
				status, answer := l.post(at+"token", l.codeForm(q.Get("code")))
				if keys := slices.Sorted(maps.Keys(answer)); status != 200 || !slices.Equal(keys, tokenKeys) {
					t.Fatalf("%d, keys %v", status, keys)
				}
				if answer["expires_in"] != 300.0 || answer["refresh_expires_in"] != 2592000.0 || answer["token_type"] != "bearer" ||
					answer["not-before-policy"] != 0.0 || answer["scope"] != "openid rtcm:read rtcm:write" {
					t.Errorf("answer %v", answer)
				}
				status, renewed := l.post(at+"token", l.refreshForm(answer["refresh_token"]))
				if status != 200 || renewed["refresh_token"] == answer["refresh_token"] || renewed["access_token"] == answer["access_token"] {
					t.Fatalf("refresh: %d %v", status, renewed)
				}
				resp, who := l.get(at+"userinfo", "Authorization", fmt.Sprint("Bearer ", renewed["access_token"]))
				if resp.StatusCode != 200 || !strings.Contains(who, l.someone().email) {
					t.Errorf("userinfo: %s %s", resp.Status, who)
				}
				status, _ = l.post(at+"logout", l.refreshForm(renewed["refresh_token"], "grant_type", ""))
				if status != 204 || l.allowed(fmt.Sprint("Bearer ", renewed["access_token"])) {
					t.Errorf("logout: %d, or the access token outlives it", status)
				}
				status, answer = l.post(at+"token", l.refreshForm(renewed["refresh_token"]))
				l.refused("refresh after logout", status, answer, 400, "invalid_grant")
			})
		}
	}
}

func TestUnknownRealm(t *testing.T) {
	l := newLogin(t, Options{})
	for _, path := range []string{"/auth/realms/master", "/login/other"} {
		if resp, _ := l.get(l.server.URL + path + "/protocol/openid-connect/certs"); resp.StatusCode != 404 {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

func TestDiscoveredEndpointsAreServed(t *testing.T) {
	l := newLogin(t, Options{})
	_, body := l.get(l.server.URL + "/auth/realms/sipgate-apps/.well-known/openid-configuration")
	var d map[string]any
	json.Unmarshal([]byte(body), &d)
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"} {
		address, _ := d[name].(string)
		if resp, _ := l.get(address); !strings.HasPrefix(address, fmt.Sprint(d["issuer"])) || resp.StatusCode == 404 {
			t.Errorf("%s %q answers %s", name, address, resp.Status)
		}
	}
}
