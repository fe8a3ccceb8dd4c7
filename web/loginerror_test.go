package web_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"callboard/web"
)

// Each reason for which the token endpoint refuses a code has its own answer, and
// the log has the code.
func TestTokenErrorsAreToldApart(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()))
	for _, test := range []struct {
		code     string
		status   int
		want     int
		wantCode string
	}{
		{"invalid_grant", 400, 400, "oauth_expired"},
		{"invalid_client", 401, 502, "oauth_client"},
		{"unauthorized_client", 400, 502, "oauth_client"},
		{"invalid_scope", 400, 502, "oauth_scope"},
		{"something_else", 400, 502, "login_failed"},
	} {
		d.says(test.status, "application/json", `{"error":"`+test.code+`","error_description":"SENTINEL"}`)
		state, cookie := p.begin("")
		a := p.callback("code=abc&state="+state, cookie)
		a.want(t, test.want, test.wantCode)
		if log := p.log.String(); !strings.Contains(log, test.code) || strings.Contains(log+a.body, "SENTINEL") {
			t.Errorf("%s: the log is %s", test.code, log)
		}
	}
}

// A sign-in that took too long begins again by itself, to the same page; one that
// was begun so does not, also in a browser that keeps no cookies.
func TestExpiredLoginBeginsAgainOnce(t *testing.T) {
	d := newIDP(t)
	db := openDB(t, t.TempDir())
	p := serve(t, https...)
	login := &web.Login{DB: db.DB, Secure: true, AuthURL: "https://login.example/auth", TokenURL: d.URL + "/token", ClientID: "client",
		RedirectURL: "https://app.example/oauth/callback", HTTP: d.Client(),
		Done: func(w http.ResponseWriter, r *http.Request, _ web.Tokens, next string) error {
			return web.Redirect(w, r, next)
		}}
	p.handle("GET /login", login.Start)
	p.handle("/oauth/callback", func(w http.ResponseWriter, r *http.Request) error {
		err := login.Callback(w, r)
		if e, ok := errors.AsType[*web.ExpiredLogin](err); ok {
			if begun, againErr := login.Restart(w, r, e); begun {
				return againErr
			}
		}
		return err
	})
	location := func(a answer) (state string) {
		t.Helper()
		if a.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		u, err := a.Location()
		if err != nil || u.Host != "login.example" {
			t.Fatalf("leads to %v (%v)", u, err)
		}
		return u.Query().Get("state")
	}

	state, cookie := p.begin("?next=/history")
	again := p.callback("error=login_required&state="+state, cookie)
	second := location(again)
	if c, _ := again.setCookie("__Host-l"); c != "" {
		cookie = c
	}
	p.callback("error=login_required&state="+second, cookie).want(t, 400, "oauth_expired")

	state, cookie = p.begin("?next=/history")
	db.Exec(`update web_login set created = created - 600000`)
	again = p.callback("code=abc&state="+state, cookie)
	third := location(again)
	cookie, _ = again.setCookie("__Host-l")
	if a := p.callback("code=abc&state="+third, cookie); a.StatusCode != 303 || a.Header.Get("Location") != "/history" {
		t.Errorf("after beginning again: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
}

// A sign-in that is refused because of a scope begins again without the optional
// ones, once.
func TestRefusedScopeBeginsAgainWithoutIt(t *testing.T) {
	d := newIDP(t)
	db := openDB(t, t.TempDir())
	p := serve(t, https...)
	login := &web.Login{DB: db.DB, Secure: true, AuthURL: "https://login.example/auth", TokenURL: d.URL + "/token", ClientID: "client",
		RedirectURL: "https://app.example/oauth/callback", HTTP: d.Client(), Scopes: []string{"calls", "newer", "users"}, Optional: []string{"newer"},
		Done: func(w http.ResponseWriter, r *http.Request, _ web.Tokens, next string) error {
			return web.Redirect(w, r, next)
		}}
	p.handle("GET /login", login.Start)
	p.handle("/oauth/callback", func(w http.ResponseWriter, r *http.Request) error {
		err := login.Callback(w, r)
		if e, ok := errors.AsType[*web.RefusedScope](err); ok {
			if begun, lessErr := login.RestartWithout(w, r, e); begun {
				return lessErr
			}
		}
		return err
	})
	state, cookie := p.begin("?next=/history")
	p.callback("error=invalid_scope&state=another", cookie).want(t, 400, "oauth_scope") // not an attempt of this browser
	a := p.callback("error=invalid_scope&state="+state, cookie)
	to, err := a.Location()
	if err != nil || to.Query().Get("scope") != "calls users" {
		t.Fatalf("%d to %v", a.StatusCode, to)
	}
	if c, _ := a.setCookie("__Host-l"); c != "" {
		cookie = c
	}
	second := to.Query().Get("state")
	if a := p.callback("code=abc&state="+second, cookie); a.StatusCode != 303 || a.Header.Get("Location") != "/history" {
		t.Errorf("%d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	state, cookie = p.begin("")
	a = p.callback("error=invalid_scope&state="+state, cookie)
	to, _ = a.Location()
	if c, _ := a.setCookie("__Host-l"); c != "" {
		cookie = c
	}
	p.callback("error=invalid_scope&state="+to.Query().Get("state"), cookie).want(t, 400, "oauth_scope")
}
