package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestLoginPage(t *testing.T) {
	l := newLogin(t, Options{})
	address := l.connect("auth") + "?" + l.authQuery("state", `"><script>`).Encode()
	for accept, want := range map[string][2]string{
		"de-DE,de;q=0.9,en;q=0.8": {`lang="de"`, "Ablehnen"},
		"fr,en;q=0.5":             {`lang="en"`, "Deny"},
		"":                        {`lang="en"`, "rtcm:write"},
	} {
		resp, page := l.get(address, "Accept-Language", accept)
		if resp.StatusCode != 200 || !strings.Contains(page, want[0]) || !strings.Contains(page, want[1]) {
			t.Errorf("%q: %s without %q", accept, resp.Status, want)
		}
		style := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
		sum := sha256.Sum256([]byte(style))
		policy := resp.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Error("the page's own policy forbids its style")
		}
		if !strings.Contains(policy, "form-action 'self' http://127.0.0.1:8080") {
			t.Error("the page's own policy forbids the way back:", policy)
		}
		for _, u := range l.sim.accounts[0].users {
			if !strings.Contains(page, u.email) || !strings.Contains(page, `value="`+u.fullID()+`"`) {
				t.Errorf("user %s is not on the page", u.id)
			}
		}
		if strings.Contains(page, "<script") {
			t.Error("the page contains the state")
		}
	}
}

// The login form accepts name and password.
func TestSignInWithPassword(t *testing.T) {
	l := newLogin(t, Options{})
	u, address := l.someone(), l.connect("auth")+"?"+l.authQuery().Encode()
	for _, name := range []string{u.email, strings.ToUpper(u.email), u.fullID(), u.id} {
		to := l.click(address, url.Values{"username": {name}, "password": {u.password}})
		if to.Query().Get("code") == "" {
			t.Errorf("%s: no code in %s", name, to)
		}
	}
	for _, wrong := range []url.Values{
		{"username": {u.email}, "password": {u.password + "x"}},
		{"username": {u.email}},
		{"username": {""}, "password": {""}},
		{"user": {"999w9"}},
		{},
	} {
		r, _ := http.NewRequest(http.MethodPost, address, strings.NewReader(wrong.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if resp, page := l.do(r); resp.StatusCode != 200 || !strings.Contains(page, `role="alert"`) {
			t.Errorf("%v: %s", wrong, resp.Status)
		}
	}
}

func TestSignInDenied(t *testing.T) {
	l := newLogin(t, Options{})
	to := l.click(l.connect("auth")+"?"+l.authQuery().Encode(), url.Values{"deny": {"1"}})
	if q := to.Query(); q.Get("error") != "access_denied" || q.Get("state") != "a state & more" || q.Has("code") {
		t.Errorf("sent back to %s", to)
	}
}

// Errors in client or redirect address are shown without a redirect.
func TestAuthorizeRedirectsToAllowedAddressesOnly(t *testing.T) {
	open := newLogin(t, Options{})
	listed := newLogin(t, Options{RedirectURIs: []string{"https://board.example/oauth/callback", "http://localhost:8080/"}})
	for _, c := range []struct {
		l    *login
		to   string
		good bool
	}{
		{open, "http://127.0.0.1:1/x", true},
		{open, "https://localhost/x?a=b", true},
		{open, "http://[::1]:99/", true},
		{open, "http://127.0.0.1.evil.example/", false},
		{open, "https://board.example/oauth/callback", false},
		{open, "javascript:alert(1)", false},
		{open, "//127.0.0.1/x", false},
		{open, "http://user@127.0.0.1/x", false},
		{open, "http://127.0.0.1/x#fragment", false},
		{open, `http://127.0.0.1\@evil.example/`, false},
		{open, "", false},
		{listed, "https://board.example/oauth/callback", true},
		{listed, "https://board.example/oauth/callback/deeper", true},
		{listed, "https://board.example/oauth/callback?x=y", true},
		{listed, "http://localhost:8080/anything", true},
		{listed, "https://board.example/oauth/callbackx", false},
		{listed, "https://board.example/oauth/callback/../../evil", false},
		{listed, "https://board.example.evil/oauth/callback", false},
		{listed, "http://board.example/oauth/callback", false},
		{listed, "http://127.0.0.1:8080/oauth/callback", false},
	} {
		resp, page := c.l.get(c.l.connect("auth") + "?" + c.l.authQuery("redirect_uri", c.to).Encode())
		if shown := resp.StatusCode == 200 && formAction.MatchString(page); shown != c.good {
			t.Errorf("redirect_uri %q: %s", c.to, resp.Status)
		}
		if !c.good && (resp.StatusCode != 400 || resp.Header.Get("Location") != "") {
			t.Errorf("redirect_uri %q: %s, to %q", c.to, resp.Status, resp.Header.Get("Location"))
		}
	}
	for _, client := range []string{"", "unknown", passwordClient} {
		if resp, _ := open.get(open.connect("auth") + "?" + open.authQuery("client_id", client).Encode()); resp.StatusCode != 400 {
			t.Errorf("client %q: %s", client, resp.Status)
		}
	}
}

// All other errors are returned to the client, with its state.
func TestAuthorizeReturnsErrorsToClient(t *testing.T) {
	l := newLogin(t, Options{})
	for _, c := range []struct{ name, value, want string }{
		{"response_type", "", "invalid_request"},
		{"response_type", "token", "unsupported_response_type"},
		{"response_mode", "fragment", "invalid_request"},
		{"scope", "", "invalid_scope"},
		{"scope", "openid calls:everything", "invalid_scope"},
		{"scope", "nonsense:read", "invalid_scope"},
		{"code_challenge_method", "plain", "invalid_request"},
		{"code_challenge_method", "", "invalid_request"}, // means plain (RFC 7636)
		{"code_challenge", "", "invalid_request"},
		{"code_challenge", "short", "invalid_request"},
		{"code_challenge", challenge + "=", "invalid_request"},
		{"prompt", "none", "login_required"},
	} {
		resp, _ := l.get(l.connect("auth") + "?" + l.authQuery(c.name, c.value).Encode())
		to, err := resp.Location()
		if err != nil || to.Query().Get("error") != c.want || to.Query().Get("state") != "a state & more" {
			t.Errorf("%s=%q: %s, back to %v", c.name, c.value, resp.Status, to)
		}
	}
	q := l.authQuery()
	q.Add("scope", "all")
	resp, _ := l.get(l.connect("auth") + "?" + q.Encode())
	if to, err := resp.Location(); err != nil || to.Query().Get("error") != "invalid_request" {
		t.Errorf("scope twice: %s", resp.Status)
	}
}

func TestUnknownScope(t *testing.T) {
	for _, known := range []string{
		"", "all", "openid", "rtcm:read rtcm:write sessions:calls:write", "phonelines:sipgateio:log:read",
		"push_device:register", "settings:sipgateio:write log:webhooks:read", "authorization:oauth2:clients:read channels:read",
	} {
		if unknown := unknownScope(known); unknown != "" {
			t.Errorf("%q is not known", unknown)
		}
	}
	for _, unknown := range []string{"rtcm", "rtcm:delete", "rtcm:", "read", ":read", "ALL", "rtcm:Read"} {
		if unknownScope("openid "+unknown) != unknown {
			t.Errorf("%q is known", unknown)
		}
	}
}

// No redirect_uri leads the browser away from the allowed addresses.
func FuzzMayRedirect(f *testing.F) {
	for _, target := range []string{callback, "https://board.example/cb/x", `http://127.0.0.1\@evil.example/`, "https://board.example/cb/%2e%2e/x", "//x", "http://[::1%25]/"} {
		f.Add(target)
	}
	open := &oauthClient{}
	listed := &oauthClient{redirects: []string{"https://board.example/cb"}}
	f.Fuzz(func(t *testing.T, target string) {
		if u, ok := open.mayRedirect(target); ok {
			if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
				t.Errorf("%q leads to %s", target, u)
			}
		}
		if u, ok := listed.mayRedirect(target); ok && !strings.HasPrefix(strings.ToLower(u.String()), "https://board.example/cb") {
			t.Errorf("%q leads to %s", target, u)
		}
	})
}
