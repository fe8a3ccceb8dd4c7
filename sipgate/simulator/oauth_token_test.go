package simulator

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCodeIsBoundToRequest(t *testing.T) {
	l := newLogin(t, Options{})
	for name, change := range map[string][]string{
		"other redirect_uri": {"redirect_uri", callback + "x"},
		"no redirect_uri":    {"redirect_uri", ""},
		"no verifier":        {"code_verifier", ""},
		"short verifier":     {"code_verifier", "short"},
		"other verifier":     {"code_verifier", strings.Repeat("a", 43)},
		"challenge itself":   {"code_verifier", challenge},
		"public client":      {"client_id", passwordClient, "client_secret", ""},
	} {
		code := l.code()
		status, answer := l.post(l.connect("token"), l.codeForm(code, change...))
		l.refused(name, status, answer, 400, "invalid_grant")
		status, answer = l.post(l.connect("token"), l.codeForm(code))
		l.refused(name+": a second attempt", status, answer, 400, "invalid_grant")
	}
	code := l.code()
	status, answer := l.post(strings.Replace(l.connect("token"), "third-party", "sipgate-apps", 1), l.codeForm(code))
	l.refused("other realm", status, answer, 400, "invalid_grant")
	status, answer = l.post(l.connect("token"), l.codeForm(l.code("code_challenge", "", "code_challenge_method", "")))
	l.refused("verifier without challenge", status, answer, 400, "invalid_grant")
	status, _ = l.post(l.connect("token"), l.codeForm(l.code("code_challenge", "", "code_challenge_method", ""), "code_verifier", ""))
	if status != 200 {
		t.Errorf("a client without PKCE: %d", status)
	}
	code = l.code()
	l.wait(59 * time.Second)
	if status, answer = l.post(l.connect("token"), l.codeForm(code)); status != 200 {
		t.Errorf("code after 59 s: %d %v", status, answer)
	}
	code = l.code()
	l.wait(60 * time.Second)
	status, answer = l.post(l.connect("token"), l.codeForm(code))
	l.refused("code after 60 s", status, answer, 400, "invalid_grant")
}

// Using a code twice revokes the tokens of the first use.
func TestReusedCodeRevokesTokens(t *testing.T) {
	l := newLogin(t, Options{})
	code := l.code()
	_, first := l.post(l.connect("token"), l.codeForm(code))
	status, answer := l.post(l.connect("token"), l.codeForm(code))
	l.refused("second use", status, answer, 400, "invalid_grant")
	if l.allowed(fmt.Sprint("Bearer ", first["access_token"])) {
		t.Error("the tokens of the first use still work")
	}
}

func TestTokenEndpointRefuses(t *testing.T) {
	l := newLogin(t, Options{})
	at := l.connect("token")
	for _, c := range []struct {
		name   string
		form   url.Values
		status int
		want   string
	}{
		{"nothing", url.Values{}, 400, "invalid_request"},
		{"unknown grant type", url.Values{"grant_type": {"client_credentials"}}, 400, "unsupported_grant_type"},
		{"no code", l.codeForm(""), 400, "invalid_request"},
		{"unknown code", l.codeForm("x"), 400, "invalid_grant"},
		{"no client", l.codeForm("x", "client_id", ""), 401, "invalid_client"},
		{"unknown client", l.codeForm("x", "client_id", "y"), 401, "invalid_client"},
		{"no secret", l.codeForm("x", "client_secret", ""), 401, "invalid_client"},
		{"wrong secret", l.refreshForm("x", "client_secret", "y"), 401, "invalid_client"},
		{"no refresh token", l.refreshForm(""), 400, "invalid_request"},
		{"unknown refresh token", l.refreshForm("x"), 400, "invalid_grant"},
		{"code twice", url.Values{"grant_type": {"authorization_code"}, "code": {"a", "b"}}, 400, "invalid_request"},
	} {
		status, answer := l.post(at, c.form)
		l.refused(c.name, status, answer, c.status, c.want)
	}
	for name, change := range map[string]func(r *http.Request){
		"JSON":         func(r *http.Request) { r.Header.Set("Content-Type", "application/json") },
		"no type":      func(r *http.Request) { r.Header.Del("Content-Type") },
		"Basic":        func(r *http.Request) { r.SetBasicAuth(l.sim.opts.ClientID, l.sim.opts.ClientSecret) },
		"query string": func(r *http.Request) { r.URL.RawQuery, r.Body, r.ContentLength = l.codeForm("x").Encode(), nil, 0 },
	} {
		r, _ := http.NewRequest(http.MethodPost, at, strings.NewReader(l.codeForm(l.code()).Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		change(r)
		if resp, body := l.do(r); resp.StatusCode < 400 || resp.StatusCode >= 500 || !strings.Contains(body, `"error"`) {
			t.Errorf("%s: %s %s", name, resp.Status, body)
		}
	}
	if resp, _ := l.get(at); resp.StatusCode != 405 {
		t.Errorf("GET: %s", resp.Status)
	}
}

func TestRefreshRotatesAndReuseRevokesGrant(t *testing.T) {
	l := newLogin(t, Options{})
	first := l.tokens()
	_, second := l.post(l.connect("token"), l.refreshForm(first["refresh_token"]))
	_, third := l.post(l.connect("token"), l.refreshForm(second["refresh_token"]))
	if !l.allowed(fmt.Sprint("Bearer ", third["access_token"])) {
		t.Fatal("the newest access token does not work")
	}
	status, answer := l.post(l.connect("token"), l.refreshForm(first["refresh_token"]))
	l.refused("reuse", status, answer, 400, "invalid_grant")
	if l.allowed(fmt.Sprint("Bearer ", third["access_token"])) {
		t.Error("the grant survives the reuse of a refresh token")
	}
	status, answer = l.post(l.connect("token"), l.refreshForm(third["refresh_token"]))
	l.refused("newest one after reuse", status, answer, 400, "invalid_grant")
	state := l.sim.oauthState()
	if state["refreshReuse"] != int64(1) || state["refreshRequests"] != int64(4) || state["tokenRequests"] != int64(5) {
		t.Errorf("state %v", state)
	}
}

// Of parallel refreshes one succeeds; the others count as reuse.
func TestParallelRefreshIsReuse(t *testing.T) {
	l := newLogin(t, Options{})
	refresh := l.tokens()["refresh_token"]
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wg.Go(func() { statuses[i], _ = l.post(l.connect("token"), l.refreshForm(refresh)) })
	}
	wg.Wait()
	slices.Sort(statuses)
	if statuses[0] != 200 || statuses[1] != 400 {
		t.Errorf("statuses %v, want one 200", statuses)
	}
	if state := l.sim.oauthState(); state["refreshReuse"] != int64(7) || state["grants"] != 0 {
		t.Errorf("state %v", state)
	}
}

func TestRefreshScopeMayNotGrow(t *testing.T) {
	l := newLogin(t, Options{})
	status, answer := l.post(l.connect("token"), l.refreshForm(l.tokens()["refresh_token"], "scope", "openid all"))
	l.refused("more scope", status, answer, 400, "invalid_scope")
}

// The request in sipgate's guide works at the address in the guide.
func TestPasswordGrant(t *testing.T) {
	for _, key := range []string{"access_token", "token"} {
		l := newLogin(t, Options{PasswordAnswer: key})
		at := l.server.URL + "/login/sipgate-apps/protocol/openid-connect/token"
		u := l.someone()
		ask := url.Values{"client_id": {"sipgate-app-web"}, "grant_type": {"password"}, "username": {u.email}, "password": {u.password}}
		status, answer := l.post(at, ask)
		access, _ := answer[key].(string)
		if status != 200 || !l.allowed("Bearer "+access) {
			t.Fatalf("%s: %d %v", key, status, answer)
		}
		if keys := slices.Sorted(maps.Keys(answer)); key == "token" && len(keys) != 1 || key != "token" && !slices.Equal(keys, tokenKeys) {
			t.Errorf("%s: keys %v", key, keys)
		}
		for name, change := range map[string][]string{
			"wrong password": {"password", "x"}, "unknown user": {"username", "nobody@example.com"},
		} {
			status, answer := l.post(at, altered(ask, change...))
			l.refused(name, status, answer, 401, "invalid_grant")
		}
		status, answer = l.post(at, altered(ask, "password", ""))
		l.refused("no password", status, answer, 400, "invalid_request")
		status, answer = l.post(at, altered(ask, "client_id", l.sim.opts.ClientID, "client_secret", l.sim.opts.ClientSecret))
		l.refused("other client", status, answer, 400, "unauthorized_client")
		if refresh, ok := answer["refresh_token"]; ok {
			status, answer = l.post(at, l.refreshForm(refresh, "client_id", passwordClient, "client_secret", ""))
			if status != 200 {
				t.Errorf("refresh without a secret: %d %v", status, answer)
			}
		}
	}
}

func TestUserInfoRefuses(t *testing.T) {
	l := newLogin(t, Options{})
	pat := l.sim.auth.personalTokens()[0]
	for _, header := range []string{"", "Bearer x", "Basic " + base64.StdEncoding.EncodeToString([]byte(pat.id+":"+pat.secret))} {
		if resp, _ := l.get(l.connect("userinfo"), "Authorization", header); resp.StatusCode != 401 {
			t.Errorf("%q: %s", header, resp.Status)
		}
	}
}

func TestLogout(t *testing.T) {
	l := newLogin(t, Options{})
	at := l.connect("logout")
	old := l.tokens()
	_, fresh := l.post(l.connect("token"), l.refreshForm(old["refresh_token"]))
	status, answer := l.post(at, l.refreshForm(old["refresh_token"], "client_secret", "x"))
	l.refused("wrong secret", status, answer, 401, "invalid_client")
	status, answer = l.post(at, l.refreshForm("unknown"))
	l.refused("unknown token", status, answer, 400, "invalid_grant")
	status, answer = l.post(at, l.refreshForm(""))
	l.refused("no token", status, answer, 400, "invalid_request")
	for range 2 { // with the older token, twice
		if status, answer := l.post(at, l.refreshForm(old["refresh_token"])); status != 204 {
			t.Errorf("logout: %d %v", status, answer)
		}
	}
	if l.allowed(fmt.Sprint("Bearer ", fresh["access_token"])) {
		t.Error("the access token outlives the logout")
	}
	back := url.Values{"client_id": {l.sim.opts.ClientID}, "post_logout_redirect_uri": {"http://127.0.0.1:8080/bye"}, "state": {"s"}}
	if resp, _ := l.get(at + "?" + back.Encode()); resp.Header.Get("Location") != "http://127.0.0.1:8080/bye?state=s" {
		t.Errorf("GET: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	for _, bad := range []url.Values{altered(back, "client_id", ""), altered(back, "post_logout_redirect_uri", "https://evil.example/")} {
		if resp, _ := l.get(at + "?" + bad.Encode()); resp.StatusCode != 400 || resp.Header.Get("Location") != "" {
			t.Errorf("GET %v: %s", bad, resp.Status)
		}
	}
	if resp, page := l.get(at); resp.StatusCode != 200 || !strings.Contains(page, "signed out") {
		t.Errorf("GET: %s", resp.Status)
	}
}
