package simulator

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
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

// login is a simulator that is asked over HTTP, by a clock that tests set.
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

// connect is the address of an endpoint of third-party.
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

// post sends a form and returns the status and the JSON answered.
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

// altered returns base with these names and values; a name with "" is left out.
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

// click opens the login page and sends fields with the form that stands there.
// It returns where the browser goes.
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

// someone is the first user.
func (l *login) someone() *user { return l.sim.accounts[0].users[0] }

// code signs the first user in by one click.
func (l *login) code(pairs ...string) string {
	l.Helper()
	to := l.click(l.connect("auth")+"?"+l.authQuery(pairs...).Encode(), url.Values{"user": {l.someone().fullID()}})
	return to.Query().Get("code")
}

// tokens signs the first user in and fetches the tokens.
func (l *login) tokens() map[string]any {
	l.Helper()
	status, answer := l.post(l.connect("token"), l.codeForm(l.code()))
	if status != http.StatusOK {
		l.Fatalf("token endpoint: %d %v", status, answer)
	}
	return answer
}

// allowed says whether a request with this Authorization header is authorised.
func (l *login) allowed(authorization ...string) bool {
	r := httptest.NewRequest(http.MethodGet, "/v2/calls", nil)
	r.Header["Authorization"] = authorization
	_, ok := l.sim.authorise(r)
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

// The whole way through every realm in every form of its address.
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

func TestDiscoveryPointsToWhatIsServed(t *testing.T) {
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
			t.Error("the state is on the page")
		}
	}
}

// Programs sign in by name and password, to the page's form or to its address.
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

func TestDenied(t *testing.T) {
	l := newLogin(t, Options{})
	to := l.click(l.connect("auth")+"?"+l.authQuery().Encode(), url.Values{"deny": {"1"}})
	if q := to.Query(); q.Get("error") != "access_denied" || q.Get("state") != "a state & more" || q.Has("code") {
		t.Errorf("sent back to %s", to)
	}
}

// What is wrong with client or address is shown; the browser is sent nowhere.
func TestAuthorizeSendsNobodyToStrangers(t *testing.T) {
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

// All other mistakes are told to the client, with its state.
func TestAuthorizeTellsTheClient(t *testing.T) {
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

func TestCodeIsBound(t *testing.T) {
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

// T02: a code that comes twice gives nothing, and ends what it gave before.
func TestT02CodeUsedTwice(t *testing.T) {
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

func TestRefreshRotatesAndReuseKillsTheGrant(t *testing.T) {
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

// F06, the other way round: a client that refreshes in parallel is found out.
func TestF06ParallelRefreshIsReuse(t *testing.T) {
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

func TestAuthorise(t *testing.T) {
	l := newLogin(t, Options{})
	access := fmt.Sprint(l.tokens()["access_token"])
	pat := l.sim.auth.pats()[1]
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
	if g, ok := l.sim.authorise(r); !ok || g.user != pat.user || g.account != pat.user.account || !g.scopes["all"] || g.kind != "basic" {
		t.Errorf("personal token: %+v", g)
	}
}

func TestPersonalTokensFollowFromTheSeed(t *testing.T) {
	one, same, other := newLogin(t, Options{Seed: 7}), newLogin(t, Options{Seed: 7}), newLogin(t, Options{Seed: 8})
	id := regexp.MustCompile(`^token-[a-zA-Z\d]{6}$`)
	secret := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for i, p := range one.sim.auth.pats() {
		if !id.MatchString(p.id) || !secret.MatchString(p.secret) || seen[p.id] {
			t.Errorf("token %s:%s", p.id, p.secret)
		}
		seen[p.id] = true
		if p.secret != same.sim.auth.pats()[i].secret || p.secret == other.sim.auth.pats()[i].secret {
			t.Error("the seed does not rule the tokens")
		}
	}
}

// The guide's own request, word for word, at its own address.
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

// claims decodes a token after checking it with the published keys.
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

func TestTokensLookReal(t *testing.T) {
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

// issue gives the test's own tokens, good in both realms.
func TestIssue(t *testing.T) {
	l := newLogin(t, Options{})
	u := l.sim.accounts[0].users[1]
	b, _ := json.Marshal(l.sim.issue(u.account, u, " rtcm:read  history:read"))
	var answer map[string]any
	json.Unmarshal(b, &answer)
	if keys := slices.Sorted(maps.Keys(answer)); !slices.Equal(keys, tokenKeys) {
		t.Fatalf("keys %v", keys)
	}
	r := httptest.NewRequest(http.MethodGet, "/v2/calls", nil)
	r.Header.Set("Authorization", fmt.Sprint("Bearer ", answer["access_token"]))
	g, ok := l.sim.authorise(r)
	if !ok || g.user != u || g.kind != "bearer" || !maps.Equal(g.scopes, map[string]bool{"rtcm:read": true, "history:read": true}) {
		t.Errorf("grant %+v", g)
	}
	at := l.server.URL + "/login/sipgate-apps/protocol/openid-connect/token"
	if status, answer := l.post(at, l.refreshForm(answer["refresh_token"])); status != 200 {
		t.Errorf("refresh: %d %v", status, answer)
	}
}

func TestUserInfoRefuses(t *testing.T) {
	l := newLogin(t, Options{})
	pat := l.sim.auth.pats()[0]
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
	for range 2 { // with the older token, and again
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

// What has expired is forgotten, what may still come is not.
func TestExpiredIsForgotten(t *testing.T) {
	l := newLogin(t, Options{RefreshLife: time.Hour})
	for range 5 {
		l.tokens()
		l.wait(time.Hour)
	}
	a := l.sim.auth
	if len(a.access) > 2 || len(a.refresh) > 2 || len(a.codes) > 2 || len(a.grants) > 4 {
		t.Errorf("kept: %d access, %d refresh, %d codes, %d grants", len(a.access), len(a.refresh), len(a.codes), len(a.grants))
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
