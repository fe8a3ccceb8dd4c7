package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"callboard/sipgate/simulator"
	"callboard/web"
)

// A realm is a login server that issues identity tokens, and a program into
// which its users log in.
type realm struct {
	*program
	sim     *simulator.Simulator
	keys    atomic.Int32 // requests for the key set
	down    atomic.Bool  // the key set cannot be read
	info    atomic.Pointer[string]
	subject atomic.Pointer[string] // of the last login
}

func newRealm(t *testing.T, required bool) *realm {
	d := &realm{}
	d.subject.Store(new(string))
	d.sim = simulator.New(simulator.Options{ClientID: "client", ClientSecret: "secret", RedirectURIs: []string{"https://app.example/oauth/callback"}})
	t.Cleanup(d.sim.Close)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/certs"):
			if d.keys.Add(1); d.down.Load() {
				http.Error(w, "down", http.StatusBadGateway)
				return
			}
		case strings.HasSuffix(r.URL.Path, "/userinfo") && d.info.Load() != nil:
			fmt.Fprint(w, *d.info.Load())
			return
		}
		d.sim.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	base := srv.URL + "/auth/realms/third-party"
	d.program = serve(t, https...)
	s := people(d.program, openDB(t, t.TempDir()), web.SessionOptions{Secure: true})
	l := &web.Login{DB: openDB(t, t.TempDir()).DB, Secure: true, AuthURL: base + "/protocol/openid-connect/auth",
		TokenURL: base + "/protocol/openid-connect/token", ClientID: "client", ClientSecret: "secret",
		RedirectURL: "https://app.example/oauth/callback", Scopes: []string{"openid"}, HTTP: srv.Client(),
		IDTokens: web.NewIDTokens(web.Issuer{Name: base, KeysURL: base + "/protocol/openid-connect/certs",
			UserInfoURL: base + "/protocol/openid-connect/userinfo", Required: required}),
		Done: func(w http.ResponseWriter, r *http.Request, tokens web.Tokens, next string) error {
			d.subject.Store(&tokens.Subject)
			if err := s.Start(w, r, person{Account: "a"}); err != nil {
				return err
			}
			return web.Redirect(w, r, next)
		}}
	d.handle("GET /login", l.Start)
	d.handle("/oauth/callback", l.Callback)
	return d
}

// signIn goes the whole way and returns the answer of the callback.
func (d *realm) signIn() answer {
	d.t.Helper()
	a := d.do("GET", "/login")
	cookie, _ := a.setCookie("__Host-l")
	form := url.Values{"username": {"w0"}, "password": {d.password()}}
	resp, err := d.http.PostForm(a.Header.Get("Location"), form)
	if err != nil {
		d.t.Fatal(err)
	}
	resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || back.Query().Get("code") == "" {
		d.t.Fatalf("no code: %s %v", resp.Status, back)
	}
	return d.callback(back.RawQuery, cookie)
}

func (d *realm) password() string {
	account := d.sim.State()["accounts"].([]any)[0].(map[string]any)
	return account["users"].([]any)[0].(map[string]any)["password"].(string)
}

// A wrong identity token signs nobody in, whatever is wrong with it. The log
// says what.
func TestWrongIdentityTokenIsRefused(t *testing.T) {
	d := newRealm(t, false)
	good := func(what string) {
		t.Helper()
		if a := d.signIn(); a.StatusCode != 303 || !strings.HasPrefix(*d.subject.Load(), "f:") {
			t.Errorf("%s: %d %s, subject %q", what, a.StatusCode, a.code(), *d.subject.Load())
		}
	}
	good("a good one")
	for flaw, reason := range map[string]string{
		"unsigned": "algorithm", "hmac": "algorithm", "otherKey": "signature", "unknownKey": "signature", "tampered": "signature", "garbage": "malformed",
		"huge": "not a signed token", "otherIssuer": "issued by a different provider", "otherRealm": "issued by a different provider", "otherAudience": "expected audience",
		"otherParty": "another client", "severalAudience": "another client", "expired": "expired", "notYetValid": "not before", "withoutExpiry": "expired",
		"otherNonce": "another login", "withoutNonce": "another login", "otherSubject": "another subject", "withoutSubject": "no subject", "otherUser": "another subject",
		"otherAccess": "another access token",
	} {
		if err := d.sim.SpoilIDTokens(flaw); err != nil {
			t.Fatal(err)
		}
		before := len(d.log.String())
		a := d.signIn()
		a.want(t, 502, "login_failed")
		if c, _ := a.setCookie("__Host-s"); c != "" {
			t.Errorf("%s: there is a session", flaw)
		}
		if log := d.log.String()[before:]; !strings.Contains(log, "id_token_invalid: ") || !strings.Contains(log, reason) || strings.Contains(log, "eyJ") {
			t.Errorf("%s: the log has no %q or too much: %s", flaw, reason, log)
		}
	}
	d.sim.SpoilIDTokens("none")
	good("a good one again")
	if n := d.keys.Load(); n > 4 {
		t.Errorf("the keys were read %d times", n)
	}
}

// Whether sipgate sends an identity token is not known, so one is only required
// if the settings say so.
func TestMissingIdentityToken(t *testing.T) {
	for required, want := range map[bool]int{false: 303, true: 502} {
		d := newRealm(t, required)
		d.sim.SpoilIDTokens("missing")
		if a := d.signIn(); a.StatusCode != want || *d.subject.Load() != "" {
			t.Errorf("required %v: %d, subject %q", required, a.StatusCode, *d.subject.Load())
		}
		if log := d.log.String(); required && !strings.Contains(log, "--require-id-token") {
			t.Errorf("the log: %s", log)
		}
	}
}

// The keys of the issuer are read once, again for a new key, and not at will.
func TestIssuersKeysAreReadRarely(t *testing.T) {
	d := newRealm(t, false)
	expect := func(what string, status int, reads int32) {
		t.Helper()
		before := d.keys.Load()
		if a := d.signIn(); a.StatusCode != status || d.keys.Load()-before != reads {
			t.Errorf("%s: %d after %d reads, want %d after %d", what, a.StatusCode, d.keys.Load()-before, status, reads)
		}
	}
	expect("first", 303, 1)
	expect("second", 303, 0)
	d.sim.RotateKeys(false)
	expect("with a new key", 303, 1)
	d.sim.RotateKeys(true)
	expect("the last one is withdrawn", 303, 1)
	d.sim.SpoilIDTokens("unknownKey")
	for range 5 {
		expect("with unknown keys at once", 502, 0)
	}
	d.sim.SpoilIDTokens("none")
	expect("with a known key meanwhile", 303, 0)
}

// Tokens that cannot be checked sign nobody in; a userinfo endpoint that says
// nothing contradicts nobody.
func TestIssuerIsNotReachable(t *testing.T) {
	d := newRealm(t, false)
	d.down.Store(true)
	d.signIn().want(t, 502, "login_failed")
	d.down.Store(false)
	for info, want := range map[string]int{"": 303, "<html>": 303, "{}": 303, `{"sub":""}`: 303, `{"sub":"f:other"}`: 502, "\ufeff" + `{"sub":"f:other"}`: 502} {
		d.info.Store(&info)
		if a := d.signIn(); a.StatusCode != want {
			t.Errorf("userinfo %q: %d, want %d", info, a.StatusCode, want)
		}
	}
}

// Many logins at once do not read the keys many times.
func TestManyLoginsShareTheKeys(t *testing.T) {
	d := newRealm(t, false)
	var wg sync.WaitGroup
	queries := make([][2]string, 8)
	for i := range queries {
		a := d.do("GET", "/login")
		cookie, _ := a.setCookie("__Host-l")
		resp, err := d.http.PostForm(a.Header.Get("Location"), url.Values{"username": {"w0"}, "password": {d.password()}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		back, _ := url.Parse(resp.Header.Get("Location"))
		queries[i] = [2]string{back.RawQuery, cookie}
	}
	for _, q := range queries {
		wg.Go(func() {
			if a := d.callback(q[0], q[1]); a.StatusCode != 303 {
				t.Errorf("%d %s", a.StatusCode, a.code())
			}
		})
	}
	wg.Wait()
	if n := d.keys.Load(); n > 3 {
		t.Errorf("the keys were read %d times", n)
	}
}

// The login refuses a token of whatever size and shape.
func TestIdentityTokenOfAnyShapeIsRefused(t *testing.T) {
	d := newIDP(t)
	p := loginProgram(t, d, openDB(t, t.TempDir()), func(l *web.Login) {
		l.IDTokens = web.NewIDTokens(web.Issuer{Name: "https://login.example", KeysURL: d.URL + "/keys"})
	})
	for name, token := range map[string]string{
		"900 kB": `"` + strings.Repeat("a", 900_000) + `"`, "dots": `"` + strings.Repeat(".", 100_000) + `"`,
		"number": "1", "object": "{}", "empty": `""`, "null": "null", "list": `["a.b.c"]`,
	} {
		t.Run(name, func(t *testing.T) {
			d.says(200, "application/json", `{"access_token":"SENTINEL-AT","refresh_token":"SENTINEL-RT","token_type":"Bearer","expires_in":300,"id_token":`+token+`}`)
			state, cookie := p.begin("")
			a := p.callback("code=abc&state="+state, cookie)
			if name == "null" { // the same as none
				a.want(t, 303, "")
				return
			}
			a.want(t, 502, "login_failed")
		})
	}
}
