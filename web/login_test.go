package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callboard/web"
	"callboard/web/database"
)

// An idp is a login server whose token endpoint answers as it is told.
type idp struct {
	*httptest.Server
	tokens   atomic.Int32 // token requests
	mu       sync.Mutex
	form     url.Values // of the last token request
	header   http.Header
	answer   func(w http.ResponseWriter, r *http.Request)
	redirect atomic.Int32 // requests to where it redirected
}

const goodTokens = `{"access_token":"SENTINEL-AT","refresh_token":"SENTINEL-RT","token_type":"Bearer","expires_in":300,"scope":"openid rtcm:read","id_token":"a.b.c"}`

func newIDP(t testing.TB) *idp {
	d := &idp{}
	d.says(200, "application/json", goodTokens)
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			d.redirect.Add(1)
			return
		}
		d.tokens.Add(1)
		r.ParseForm()
		d.mu.Lock()
		d.form, d.header = r.PostForm, r.Header
		answer := d.answer
		d.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *idp) says(status int, contentType, body string) {
	d.does(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

func (d *idp) does(f func(w http.ResponseWriter, r *http.Request)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = f
}

// loginProgram is a program into which one can log in with d.
func loginProgram(t testing.TB, d *idp, db *database.DB, tune ...func(*web.Login)) *program {
	p := serve(t, https...)
	s := people(p, db, web.SessionOptions{Secure: true})
	l := &web.Login{
		DB: db.DB, Secure: true, AuthURL: "https://login.example/auth/realms/r/protocol/openid-connect/auth", TokenURL: d.URL + "/token",
		ClientID: "client", ClientSecret: "SENTINEL-CS", RedirectURL: "https://app.example/oauth/callback", Scopes: []string{"openid", "offline_access"},
		HTTP: d.Client(),
		Done: func(w http.ResponseWriter, r *http.Request, tokens web.Tokens, next string) error {
			if tokens.Access != "SENTINEL-AT" || tokens.Refresh != "SENTINEL-RT" {
				t.Errorf("tokens %q %q", tokens.Access, tokens.Refresh)
			}
			if err := s.Start(w, r, person{Account: "a", Name: "logged in"}); err != nil {
				return err
			}
			http.Redirect(w, r, next, http.StatusSeeOther)
			return nil
		},
	}
	for _, f := range tune {
		f(l)
	}
	p.handle("GET /login", l.Start)
	p.handle("/oauth/callback", l.Callback)
	return p
}

// begin starts a login and returns the state and the cookie of the browser.
func (p *program) begin(query string, headers ...string) (state, cookie string) {
	p.t.Helper()
	a := p.do("GET", "/login"+query, headers...)
	if a.StatusCode != 303 {
		p.t.Fatalf("login: %d %s", a.StatusCode, a.body)
	}
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil {
		p.t.Fatal(err)
	}
	cookie, _ = a.setCookie("__Host-l")
	return u.Query().Get("state"), cookie
}

func (p *program) callback(query, cookie string) answer {
	p.t.Helper()
	return p.do("GET", "/oauth/callback?"+query, "Origin: ", "Cookie: "+cookie)
}

// refuse expects a callback to be refused without a token request or session.
func (d *idp) refuse(t *testing.T, a answer, status int, code string) {
	t.Helper()
	a.want(t, status, code)
	if n := d.tokens.Load(); n != 0 {
		t.Errorf("%d token requests", n)
	}
	if c, _ := a.setCookie("__Host-s"); c != "" {
		t.Error("there is a session")
	}
}

func TestLogin(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	a := p.do("GET", "/login?next=/calls%3Fx%3D1")
	line := a.Header.Get("Set-Cookie")
	_, c := a.setCookie("__Host-l")
	if c == nil || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 600 || len(line) > 200 {
		t.Errorf("cookie: %s", line)
	}
	auth, _ := url.Parse(a.Header.Get("Location"))
	q := auth.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != "client" || q.Get("redirect_uri") != "https://app.example/oauth/callback" || q.Get("scope") != "openid offline_access" {
		t.Errorf("authorization request %v", q)
	}
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || q.Has("code_verifier") || len(q.Get("state")) != 43 || strings.Contains(a.Header.Get("Location"), "SENTINEL") {
		t.Errorf("authorization request %v", q)
	}
	back := p.callback("code=abc&state="+q.Get("state")+"&session_state=x&iss="+url.QueryEscape("https://login.example/auth/realms/r"), "__Host-l="+c.Value)
	if back.StatusCode != 303 || back.Header.Get("Location") != "/calls?x=1" {
		t.Fatalf("callback: %d %s", back.StatusCode, back.body)
	}
	form := d.form
	if d.tokens.Load() != 1 || form.Get("code") != "abc" || len(form.Get("code_verifier")) < 43 || form.Get("client_secret") != "SENTINEL-CS" || form.Get("grant_type") != "authorization_code" || d.header.Get("Authorization") != "" {
		t.Errorf("token request %v, %d of them", form, d.tokens.Load())
	}
	session, _ := back.setCookie("__Host-s")
	p.do("GET", "/me", "Cookie: "+session).want(t, 200, "")
	if _, c := back.setCookie("__Host-l"); c == nil || c.MaxAge >= 0 {
		t.Error("the login's cookie stays")
	}
	if strings.Contains(p.log.String(), "SENTINEL") || strings.Contains(p.log.String(), q.Get("state")) {
		t.Errorf("the log:\n%s", p.log)
	}
}

func TestLoginIsBoundToTheBrowser(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	state, cookie := p.begin("")
	_, otherCookie := p.begin("")
	good := "code=abc&state="
	d.refuse(t, p.callback(good+state+"A", cookie), 400, "oauth_state")
	d.refuse(t, p.callback(good+strings.ToLower(state), cookie), 400, "oauth_state")
	d.refuse(t, p.callback(good+state, ""), 400, "oauth_state") // this one uses it up
	d.refuse(t, p.callback(good+state, cookie), 400, "oauth_state")
	state, _ = p.begin("")
	d.refuse(t, p.callback(good+state, otherCookie), 400, "oauth_state")
	state, cookie = p.begin("")
	d.refuse(t, p.callback(good+state, cookie+"; "+otherCookie), 400, "oauth_state")
	state, cookie = p.begin("")
	if a := p.callback(good+state, cookie); a.StatusCode != 303 {
		t.Errorf("the right one: %d", a.StatusCode)
	}
	p.callback(good+state, cookie).want(t, 400, "oauth_state")
	if n := d.tokens.Load(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestCallbackTwiceAtOnce(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	state, cookie := p.begin("")
	var wg sync.WaitGroup
	var in, refused atomic.Int32
	for range 8 {
		wg.Go(func() {
			switch a := p.callback("code=abc&state="+state, cookie); a.StatusCode {
			case 303:
				in.Add(1)
			case 400:
				refused.Add(1)
			default:
				t.Errorf("%d", a.StatusCode)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 || refused.Load() != 7 || d.tokens.Load() != 1 {
		t.Errorf("%d in, %d refused, %d token requests; want 1, 7, 1", in.Load(), refused.Load(), d.tokens.Load())
	}
}

func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{
		"": "/", "/": "/", "/calls?x=1": "/calls?x=1", "/calls/": "/calls/", "/a%2Fb": "/a%2Fb", "/ä?ö=ü": "/%C3%A4?ö=ü", "/x#frag": "/x",
		"//evil": "/", "///evil": "/", `/\evil`: "/", `\\evil`: "/", "/%09/evil": "/", "/\t/evil": "/", "https:evil": "/", "https://evil": "/",
		"/%5cevil": "/", "/%2f/evil": "/", "/%2fevil": "/", "/.//evil": "/", "/x/..//evil": "/", "/../x": "/", "javascript:alert(1)": "/", "evil": "/", "?x": "/", "/%0d%0aSet-Cookie:x": "/",
		"/\r\nx": "/", "/" + strings.Repeat("a", 8<<10): "/", "/%": "/", "/%ff": "/", "/x?a=\\b": "/", "@evil": "/", "/x\x7f": "/", " /x": "/",
	} {
		if got := web.LocalPath(in); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", in, got, want)
		}
	}
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	for _, next := range []string{"//evil", `/\evil`, "/%09/evil", "https:evil"} {
		state, cookie := p.begin("?next=" + url.QueryEscape(next))
		a := p.callback("code=abc&state="+state, cookie)
		if got := a.Header.Get("Location"); a.StatusCode != 303 || got != "/" {
			t.Errorf("next %q: %d %q", next, a.StatusCode, got)
		}
	}
}

// FuzzLocalPath: whatever comes in, a browser stays on this site.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "//e", `/\e`, "/%09/e", "/calls?x=1", "https:e", "/.//e"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://app.example/login")
	f.Fuzz(func(t *testing.T, s string) {
		got := web.LocalPath(s)
		u, err := base.Parse(got)
		if err != nil || u.Host != "app.example" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t\x00") {
			t.Errorf("LocalPath(%q) = %q", s, got)
		}
		if again := web.LocalPath(got); again != got {
			t.Errorf("LocalPath(%q) = %q, and of that %q", s, got, again)
		}
	})
}

func TestInvalidCallbacksAreRefused(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	for _, test := range []struct {
		name, query string // STATE stands for a good one
		code        string
	}{
		{"nothing", "", "oauth_state"},
		{"no state", "code=abc", "oauth_state"},
		{"empty state", "code=abc&state=", "oauth_state"},
		{"no code", "state=STATE", "oauth_code"},
		{"unknown", "code=abc&state=" + strings.Repeat("A", 43), "oauth_state"},
		{"denied", "error=access_denied&error_description=%3Cscript%3E&state=STATE", "oauth_denied"},
		{"client", "error=unauthorized_client&state=STATE", "oauth_client"},
		{"redirect", "error=invalid_request&error_description=Invalid%20redirect_uri&state=STATE", "oauth_client"},
		{"scope", "error=invalid_scope&state=STATE", "oauth_scope"},
		{"took too long there", "error=temporarily_unavailable&error_description=authentication_expired&state=STATE", "oauth_expired"},
		{"needs another sign-in", "error=login_required&state=STATE", "oauth_expired"},
		{"took too long, of another browser", "error=login_required&state=" + strings.Repeat("A", 43), "oauth_denied"},
		{"an error and a code", "error=x&code=abc&state=STATE", "oauth_denied"},
		{"long", "state=STATE&code=" + strings.Repeat("a", 2049), "oauth_code"},
		{"NUL", "state=STATE&code=a%00b", "oauth_code"},
		{"CRLF", "state=STATE&code=a%0d%0ab", "oauth_code"},
		{"junk", "state=STATE&code=%ff%fe", "oauth_code"},
		{"states", "code=abc&state=STATE&state=STATE", "oauth_state"},
		{"codes", "code=abc&code=abd&state=STATE", "oauth_state"},
		{"another issuer", "code=abc&state=STATE&iss=https%3A%2F%2Fevil", "oauth_state"},
		{"our issuer without TLS", "code=abc&state=STATE&iss=http%3A%2F%2Flogin.example%2Fauth%2Frealms%2Fr", "oauth_state"},
		{"userinfo", "code=abc&state=STATE&iss=https%3A%2F%2Fx@login.example", "oauth_state"},
		{"semicolon", "code=abc;state=STATE", "oauth_state"},
		{"bad escape", "code=%zz&state=STATE", "oauth_state"},
	} {
		t.Run(test.name, func(t *testing.T) {
			state, cookie := p.begin("")
			a := p.callback(strings.ReplaceAll(test.query, "STATE", state), cookie)
			d.refuse(t, a, 400, test.code)
			if strings.Contains(a.body, "script") || strings.Contains(p.log.String(), "script") {
				t.Error("what the login server said is echoed")
			}
		})
	}
	for _, code := range []string{"access_denied", "unauthorized_client", "invalid_scope", "temporarily_unavailable"} { // the first of each kind
		if !strings.Contains(p.log.String(), code) {
			t.Errorf("the log does not have the code %s", code)
		}
	}
	t.Run("10 kB", func(t *testing.T) {
		state, cookie := p.begin("")
		a := p.callback("state="+state+"&code="+strings.Repeat("a", 10_000), cookie)
		if d.tokens.Load() != 0 || a.StatusCode != 414 && a.StatusCode != 400 {
			t.Errorf("%d", a.StatusCode)
		}
	})
	for _, method := range []string{"POST", "HEAD", "PUT"} {
		t.Run(method, func(t *testing.T) {
			state, cookie := p.begin("")
			a := p.do(method, "/oauth/callback?code=abc&state="+state, "Cookie: "+cookie)
			if a.StatusCode != 405 || a.Header.Get("Allow") != "GET" || d.tokens.Load() != 0 {
				t.Errorf("%d, Allow %q", a.StatusCode, a.Header.Get("Allow"))
			}
		})
	}
}

// A login server that is out of order is no mistake of the member.
func TestLoginServerOutOfOrder(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	for _, code := range []string{"server_error", "temporarily_unavailable", "slow_down"} {
		state, cookie := p.begin("")
		d.refuse(t, p.callback("error="+code+"&error_description=SENTINEL&state="+state, cookie), 502, "login_failed")
		if log := p.log.String(); !strings.Contains(log, "login server answered "+code) || strings.Contains(log, "SENTINEL") {
			t.Errorf("%s: the log is %s", code, log)
		}
	}
}

func TestLoginTakesTenMinutesAtMost(t *testing.T) {
	d := newIDP(t)
	db := openDB(t, t.TempDir())
	p := loginProgram(t, d, db)
	state, cookie := p.begin("")
	db.Exec(`update web_login set created = created - 600000`)
	d.refuse(t, p.callback("code=abc&state="+state, cookie), 400, "oauth_expired")
	state, _ = p.begin("")
	_, other := p.begin("")
	db.Exec(`update web_login set created = created - 600000`)
	d.refuse(t, p.callback("code=abc&state="+state, other), 400, "oauth_state") // of another browser: nothing is told of it
	state, cookie = p.begin("")
	db.Exec(`update web_login set created = created + 3600000`)
	d.refuse(t, p.callback("code=abc&state="+state, cookie), 400, "oauth_state") // the clock was set back
}

// A proxy or a gateway may mark the answer as UTF-8, or call it what it is not.
func TestMarkedTokenAnswersSignIn(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	for _, contentType := range []string{"application/json", "application/json;charset=UTF-8", "text/plain", "text/html", "application/x-www-form-urlencoded", "nonsense;"} {
		for _, answer := range []string{goodTokens, "\ufeff" + goodTokens, "\ufeff" + "\r\n " + goodTokens + "\n"} {
			d.says(200, contentType, answer)
			state, cookie := p.begin("")
			if a := p.callback("code=abc&state="+state, cookie); a.StatusCode != 303 {
				t.Errorf("%s %.9q: %d %s", contentType, answer, a.StatusCode, a.body)
			}
		}
		d.says(400, contentType, "\ufeff"+`{"error":"invalid_client"}`)
		state, cookie := p.begin("")
		p.callback("code=abc&state="+state, cookie).want(t, 502, "oauth_client")
	}
}

func TestOddTokenAnswersAreRefused(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	for _, test := range []struct {
		name, contentType, body string
		status                  int
	}{
		{"500", "text/plain", "SENTINEL", 500},
		{"500 empty", "", "", 500},
		{"no access", "application/json", `{"refresh_token":"SENTINEL-RT","token_type":"bearer"}`, 200},
		{"no refresh", "application/json", `{"access_token":"SENTINEL-AT","token_type":"bearer"}`, 200},
		{"type", "application/json", `{"access_token":"SENTINEL-AT","refresh_token":"SENTINEL-RT","token_type":"mac"}`, 200},
		{"html", "text/html", `<html>SENTINEL</html>`, 200},
		{"empty", "application/json", ``, 200},
		{"number", "application/json", `{"access_token":SENTINEL}`, 200},
		{"200 and error", "application/json", `{"error":"SENTINEL-AT","access_token":"SENTINEL-AT","refresh_token":"SENTINEL-RT"}`, 200},
		{"huge", "application/json", `{"access_token":"SENTINEL-AT","id_token":"` + strings.Repeat(".", 2<<20) + `"}`, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.tokens.Store(0)
			d.says(test.status, test.contentType, test.body)
			state, cookie := p.begin("")
			a := p.callback("code=abc&state="+state, cookie)
			a.want(t, 502, "login_failed")
			if c, _ := a.setCookie("__Host-s"); c != "" || d.tokens.Load() != 1 {
				t.Errorf("session %q, %d token requests", c, d.tokens.Load())
			}
			if strings.Contains(p.log.String()+a.body, "SENTINEL") {
				t.Errorf("the answer is in the log:\n%s", p.log)
			}
			p.callback("code=abc&state="+state, cookie).want(t, 400, "oauth_state")
		})
	}
	for _, status := range []int{301, 302, 307, 308} {
		t.Run(fmt.Sprint("redirect ", status), func(t *testing.T) {
			d.tokens.Store(0)
			d.does(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", status) })
			state, cookie := p.begin("")
			p.callback("code=abc&state="+state, cookie).want(t, 502, "login_failed")
			if d.tokens.Load() != 1 || d.redirect.Load() != 0 {
				t.Errorf("%d token requests, %d redirected", d.tokens.Load(), d.redirect.Load())
			}
		})
	}
	t.Run("reset", func(t *testing.T) {
		d.tokens.Store(0)
		d.does(func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
		state, cookie := p.begin("")
		p.callback("code=abc&state="+state, cookie).want(t, 502, "login_failed")
		if d.tokens.Load() != 1 {
			t.Errorf("%d token requests", d.tokens.Load())
		}
	})
}

// TestLoginGoesOnWhenTheTabIsClosed: the user leaves while the code is exchanged.
func TestLoginGoesOnWhenTheTabIsClosed(t *testing.T) {
	d := newIDP(t)
	done := make(chan error, 1)
	p := loginProgram(t, d, openDB(t, t.TempDir()), func(l *web.Login) {
		l.Done = func(w http.ResponseWriter, r *http.Request, tokens web.Tokens, next string) error {
			<-r.Context().Done()
			done <- nil
			return nil
		}
	})
	asked, goOn := make(chan struct{}), make(chan struct{})
	d.does(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-goOn
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, goodTokens)
	})
	state, cookie := p.begin("")
	r, _ := http.NewRequest("GET", "http://"+p.addr+"/oauth/callback?code=abc&state="+state, nil)
	r.Host = "app.example"
	r.Header.Set("Cookie", cookie)
	tr := &http.Transport{DisableKeepAlives: true}
	go tr.RoundTrip(r.WithContext(contextUntil(asked)))
	<-asked
	tr.CloseIdleConnections()
	close(goOn)
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("the tokens were lost")
	}
}

func TestSignInEndsTheSessionBefore(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	old := p.login("b", "before")
	state, cookie := p.begin("", "Cookie: "+old)
	a := p.callback("code=abc&state="+state, old+"; "+cookie)
	session, _ := a.setCookie("__Host-s")
	p.do("GET", "/me", "Cookie: "+old).want(t, 401, "unauthenticated")
	if me := p.do("GET", "/me", "Cookie: "+session); me.body != "a logged in" {
		t.Errorf("%d %s", me.StatusCode, me.body)
	}
}

func TestOldestPendingLoginIsDropped(t *testing.T) {
	d := newIDP(t)
	db := openDB(t, t.TempDir())
	p := loginProgram(t, d, db)
	first, cookie := p.begin("")
	db.Exec(`update web_login set created = created - 1000`)
	var last string
	for range 5 {
		var same string
		last, same = p.begin("", "Cookie: "+cookie)
		if same != cookie {
			t.Error("a browser with a login under way got another cookie")
		}
	}
	d.refuse(t, p.callback("code=abc&state="+first, cookie), 400, "oauth_state")
	if a := p.callback("code=abc&state="+last, cookie); a.StatusCode != 303 {
		t.Errorf("the latest: %d", a.StatusCode)
	}
	planted := "__Host-l=" + strings.Repeat("A", 43)
	if _, got := p.begin("", "Cookie: "+planted); got == planted {
		t.Error("a cookie that only the client vouches for is taken")
	}
}

func TestSignInsOfOneAddressAreLimited(t *testing.T) {
	p := loginProgram(t, newIDP(t), openDB(t, t.TempDir()), func(l *web.Login) { l.Limit = web.NewLimiter(20) })
	for range 20 {
		p.begin("")
	}
	a := p.do("GET", "/login")
	a.want(t, 429, "rate_limited")
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// TestPendingLoginsAreBounded: the table of pending logins is bounded.
func TestPendingLoginsAreBounded(t *testing.T) {
	db := openDB(t, t.TempDir())
	p := loginProgram(t, newIDP(t), db)
	if _, err := db.Exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 10050)
		insert into web_login select 's' || i, 'b' || i, '', '', cast($1 as bigint) + i from n`, time.Now().UnixMilli()-20_000); err != nil {
		t.Fatal(err)
	}
	p.begin("")
	var n int
	if db.QueryRow(`select count(*) from web_login`).Scan(&n); n != 10_000 {
		t.Errorf("%d pending logins, want 10000", n)
	}
}

// TestLoginSurvivesARestart between leaving for the login page and coming back.
func TestLoginSurvivesARestart(t *testing.T) {
	d, dir := newIDP(t), t.TempDir()
	db := openDB(t, dir)
	state, cookie := loginProgram(t, d, db).begin("?next=/x")
	db.Close()
	if a := loginProgram(t, d, openDB(t, dir)).callback("code=abc&state="+state, cookie); a.Header.Get("Location") != "/x" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

func TestLoginStoreBusy(t *testing.T) {
	db := openDB(t, t.TempDir())
	p := loginProgram(t, newIDP(t), db)
	state, cookie := p.begin("")
	db.Close()
	p.do("GET", "/login").want(t, 503, "busy")
	p.callback("code=abc&state="+state, cookie).want(t, 503, "busy")
}

func TestTokensPrintRedacted(t *testing.T) {
	secret := web.Tokens{Access: "SENTINEL", Refresh: "SENTINEL"}
	text := fmt.Sprintf("%v %+v %#v %s %v %#v", secret, secret, secret, secret, &secret, struct{ T web.Tokens }{secret})
	j := &journal{}
	j.logger().Info("x", "t", secret, "p", &secret, "err", fmt.Errorf("%v", secret))
	if text += j.String(); strings.Contains(text, "SENTINEL") {
		t.Error(text)
	}
}

func TestIssuerAndUnusualLifetimes(t *testing.T) {
	d := newIDP(t)
	var life time.Duration
	p := loginProgram(t, d, openDB(t, t.TempDir()), func(l *web.Login) {
		l.Issuer = "https://login.example/auth/realms/r"
		l.Done = func(w http.ResponseWriter, r *http.Request, tokens web.Tokens, next string) error {
			life = tokens.Life
			return errors.New("x")
		}
	})
	try := func(iss string) answer {
		state, cookie := p.begin("")
		return p.callback("code=abc&state="+state+"&iss="+url.QueryEscape(iss), cookie)
	}
	try("https://login.example/auth/realms/other").want(t, 400, "oauth_state")
	try("https://login.example/auth/realms/r").want(t, 500, "internal") // Done's error is passed on
	for text, want := range map[string]time.Duration{`300`: 300 * time.Second, `"300"`: 300 * time.Second, `-5`: 0, `0`: 0} {
		body, _ := json.Marshal(map[string]any{"access_token": "a", "refresh_token": "r", "expires_in": json.RawMessage(text)})
		d.says(200, "application/json", string(body))
		life = -1
		if try("https://login.example/auth/realms/r"); life != want {
			t.Errorf("expires_in %s: %v, want %v", text, life, want)
		}
	}
}
