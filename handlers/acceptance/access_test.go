package acceptance

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"
)

// A message is one of the feed, as script reads it.
type message struct {
	Board, Have string
	Put, Parts  []string
}

// What the page shows about the member's sign-in at sipgate is what the server
// does, on every page; and a page that polls gets what the feed would send.
func TestAccessToSipgate(t *testing.T) {
	t.Parallel()
	s, front := harness.NewBehindFront(t)
	v := s.SignIn(t, 0)
	s.Ring("+4930555002", "w0", "established")
	s.Eventually("the call", func() bool { return len(v.Rows()) == 1 })
	hold := "/calls/" + v.Rows()[0] + "/hold"

	t.Run("an old way back from sipgate leads a member to the board", func(t *testing.T) {
		for _, query := range []string{"code=x&state=" + strings.Repeat("A", 43), "error=access_denied", "state=x", "error=login_required&state=y", ""} {
			resp := v.Send("GET", s.URL+"/oauth/callback?"+query, "", nil)
			if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || to != "/" {
				t.Errorf("%s: %d to %q", query, resp.StatusCode, to)
			}
			stranger := s.Anonymous(t)
			if status, page := stranger.Get("/oauth/callback?" + query); status != http.StatusBadRequest || !strings.Contains(page, `action="/login"`) {
				t.Errorf("%s of a stranger: %d, without a button to sign in: %.300s", query, status, page)
			}
		}
		if status, _ := v.Get("/oauth/callback?error=invalid_scope"); status != http.StatusBadRequest {
			t.Errorf("a wrong setting is hidden from a member: %d", status)
		}
	})

	poll := func(have string) (messages []message) {
		t.Helper()
		if err := json.Unmarshal([]byte(v.Page("/feed/poll?have="+url.QueryEscape(have))), &messages); err != nil || len(messages) == 0 {
			t.Fatalf("%v, %v", messages, err)
		}
		return messages
	}
	t.Run("a page that polls gets what has changed", func(t *testing.T) {
		first := poll("")
		if len(first) != 2 || !strings.Contains(first[0].Board, "+49 30 555002") {
			t.Fatalf("the first answer: %.300v", first)
		}
		have := first[1].Have
		if again := poll(have); len(again) != 1 || again[0].Board != "" || len(again[0].Put) > 0 {
			t.Errorf("nothing has changed, and %.300v comes", again)
		}
		s.Ring("+4930555003", "w0", "established")
		s.Eventually("the other call", func() bool {
			next := poll(have)
			return len(next) == 1 && len(next[0].Put) == 1 && strings.Contains(next[0].Put[0], "+49 30 555003")
		})
		if status, _ := s.Anonymous(t).Get("/feed/poll"); status != http.StatusUnauthorized {
			t.Errorf("a stranger gets %d", status)
		}
	})

	t.Run("a thousand pages that come back at once cost sipgate one list", func(t *testing.T) {
		s.Control("DELETE", "requests", nil, nil)
		began := time.Now()
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				for range 50 {
					if status, body := v.Get("/feed/poll"); status != http.StatusOK {
						t.Errorf("%d %.100s", status, body)
						return
					}
				}
			})
		}
		wait.Wait()
		// Meanwhile the board goes on at its own pace.
		if n, limit := s.Requests("GET", "/v2/calls"), 2+int(time.Since(began)/(2*time.Second)); n > limit {
			t.Errorf("%d lists", n)
		}
	})

	t.Run("no answer may be framed, and every one is marked as ours", func(t *testing.T) {
		statuses := map[int]bool{}
		look := func(request string, resp *http.Response) {
			statuses[resp.StatusCode] = true
			if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("%s: %d may be framed: %q", request, resp.StatusCode, csp)
			}
			if resp.Header.Get("Callboard-Answer") == "" {
				t.Errorf("%s: %d is not marked", request, resp.StatusCode)
			}
		}
		for _, request := range []string{"GET /", "GET /login", "GET /nothing", "POST /feed", "GET /feed", "GET /oauth/callback?error=x", "GET /static/x", "GET /a/x", "GET /wall/x",
			"GET /wall/x/poll", "POST /push/x", "GET /push/x", "GET /healthz", "GET /session", "GET /history/x", "POST /announcements", "POST /calls", "POST /calls/x/hold", "GET /calls/x", "GET //x"} {
			method, path, _ := strings.Cut(request, " ")
			for _, who := range []*harness.Client{v, s.Anonymous(t)} {
				look(request, who.Send(method, s.URL+path, harness.FormType, strings.NewReader("")))
			}
		}
		look("too large", v.Send("POST", s.URL+"/calls", harness.FormType, strings.NewReader("callee="+strings.Repeat("1", 70<<10))))
		look("another host", v.Send("GET", s.URL+"/", "", nil, func(r *http.Request) { r.Host = "evil.example" }))
		for _, want := range []int{200, 303, 400, 401, 404, 405, 413, 415, 421, 426} {
			if !statuses[want] {
				t.Errorf("no answer %d was looked at: %v", want, statuses)
			}
		}
	})

	t.Run("all tabs and devices of a member show the same, and only the session that ends is closed", func(t *testing.T) {
		phone := s.SignIn(t, 0)
		tab, other, phones := v.Listen(t), v.Listen(t), phone.Listen(t)
		id := s.Ring("+4930555004", "w0", "established")
		s.Eventually("the call", func() bool { return strings.Contains(v.Page("/"), "+49 30 555004") })
		row := rowOf(v, "+49 30 555004")
		if status, code, _ := phone.Command("/calls/"+row+"/hold", `{"value":true,`+harness.ActionID()+`}`); status >= 300 {
			t.Fatalf("hold: %d %s", status, code)
		}
		is := func(state string) *regexp.Regexp { // in HTML, or in HTML within JSON
			return regexp.MustCompile(`id=\\?"row-` + row + `\\?" data-state=\\?"` + state)
		}
		for where, heard := range map[string]func() string{"a tab": tab, "another tab": other, "the telephone": phones} {
			s.Eventually(where+" shows the call on hold", func() bool { return is("held").MatchString(heard()) })
		}
		phone.Post("/logout", "")
		s.Eventually("the end of the telephone's feed", func() bool { return strings.HasSuffix(phones(), "closed 4401") })
		s.HangUp(id)
		for where, heard := range map[string]func() string{"a tab": tab, "another tab": other} {
			s.Eventually(where+" shows the end", func() bool { return is("ended").MatchString(heard()) })
		}
	})

	t.Run("whoever comes back from sipgate as somebody else gets a page of their own, and the session before ends", func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		browser := &harness.Client{T: t, Stack: s, HTTP: &http.Client{Jar: jar}}
		browser.EndSignIn(browser.BeginSignIn("/"), 0, 0)
		if page := browser.Page("/"); !strings.Contains(page, `class="me-name" title="Anna`) {
			t.Fatalf("Anna is not signed in: %.3000s", page)
		}
		address, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		annas := jar.Cookies(address)
		asAnna := func() int {
			resp := s.Anonymous(t).Send("GET", s.URL+"/session", "", nil, func(r *http.Request) {
				for _, c := range annas {
					r.AddCookie(c)
				}
			})
			return resp.StatusCode
		}
		if status := asAnna(); status >= 300 {
			t.Fatalf("Anna's session: %d", status)
		}
		resp := browser.EndSignIn(browser.BeginSignIn("/team"), 0, 1)
		page, err := io.ReadAll(resp.Body)
		if err != nil || resp.Request.URL.Path != "/team" || !strings.Contains(string(page), `class="me-name" title="Jonas`) {
			t.Errorf("Jonas comes to %s: %v %.3000s", resp.Request.URL, err, page)
		}
		if status := asAnna(); status != http.StatusUnauthorized {
			t.Errorf("Anna's session goes on: %d", status)
		}
	})

	t.Run("after a restart the open pages cost sipgate lists by members, not by pages", func(t *testing.T) {
		people := []*harness.Client{v, s.SignIn(t, 1), s.SignIn(t, 2)}
		s.Restart()
		began := time.Now()
		var heard []func() string
		for range 8 { // a member has at most ten
			for _, who := range people {
				heard = append(heard, who.Listen(t))
			}
		}
		s.Eventually("the call on Anna's pages", func() bool {
			for i, heard := range heard {
				if i%len(people) == 0 && !strings.Contains(heard(), "+49 30 555002") {
					return false
				}
			}
			return true
		})
		if n, limit := s.Requests("GET", "/v2/calls"), 2*len(people)+int(time.Since(began)/(2*time.Second)); n == 0 || n > limit {
			t.Errorf("%d lists for %d pages, want at most %d", n, len(heard), limit)
		}
	})

	t.Run("a sign-in that sipgate no longer accepts is said on every page, and actions are off", func(t *testing.T) {
		const bar, expired = `data-access="expired"`, "Ihre sipgate-Anmeldung ist abgelaufen"
		if page := v.Page("/"); strings.Contains(page, bar) {
			t.Fatal("the sign-in counts as expired before it is")
		}
		s.Control("POST", "faults", map[string]any{"do": "status", "status": 401, "path": "/v2/calls"}, nil)
		s.Control("POST", "faults", map[string]any{"do": "status", "status": 401, "path": "/v2/history"}, nil)
		s.Eventually("the line on the board", func() bool { return strings.Contains(v.Page("/"), bar) })
		for _, path := range []string{"/", "/announcements", "/team", "/figures", "/status", "/audit", "/walls", "/settings"} {
			if page := v.Page(path); !strings.Contains(page, bar) || !strings.Contains(page, `name="next" value="`+path+`"`) {
				t.Errorf("%s does not say it, or does not come back", path)
			}
		}
		if m := poll(""); !strings.Contains(strings.Join(m[1].Parts, ""), bar) {
			t.Errorf("an open page does not learn of it: %v", m[1].Parts)
		}
		status, page := v.Get("/history")
		if status != http.StatusUnauthorized || !strings.Contains(page, expired) || !strings.Contains(page, `action="/login"`) ||
			!strings.Contains(page, `value="/history"`) || strings.Contains(page, "Keine Berechtigung") {
			t.Errorf("the history: %d %.1500s", status, page)
		}
		if !strings.Contains(v.Page("/"), expired+`</`) && !strings.Contains(v.Page("/"), expired+`"`) {
			t.Error("the buttons of the row do not say why they are off")
		}
		s.ExpectNoCommands(t, func() {
			if status, code, _ := v.Command(hold, `{"value":true,`+harness.ActionID()+`}`); status != http.StatusUnauthorized || code != "sign_in_again" {
				t.Errorf("hold: %d %s", status, code)
			}
		})
		s.Control("DELETE", "faults", nil, nil)
		back, resp := s.TrySignIn(t, 0, 0, "/history")
		if to := resp.Request.URL.Path; to != "/history" && resp.Header.Get("Location") != "/history" {
			t.Errorf("signing in again leads to %s", resp.Request.URL)
		}
		v = back
		s.Eventually("the line to go", func() bool { return !strings.Contains(v.Page("/"), bar) })
	})

	t.Run("a scope that sipgate did not grant is said where it is needed", func(t *testing.T) {
		front.Set(harness.FrontRule{Change: func(resp *http.Response) {
			resp.Header.Set("Location", strings.Replace(resp.Header.Get("Location"), "rtcm%3Awrite+", "", 1))
		}})
		limited := s.SignIn(t, 0)
		front.Set(harness.FrontRule{})
		page := limited.Page("/")
		if !strings.Contains(page, `data-access="scope"`) || !strings.Contains(page, "(rtcm:write)") || !strings.Contains(page, "neu anmelden und zustimmen") {
			t.Errorf("the board does not say it: %.3000s", page)
		}
		if page := limited.Page("/announcements"); strings.Contains(page, `data-access="scope"`) {
			t.Error("the announcements say what they do not need")
		}
		s.ExpectNoCommands(t, func() {
			if status, code, _ := limited.Command(hold, `{"value":true,`+harness.ActionID()+`}`); status != http.StatusForbidden || code != "scope_missing" {
				t.Errorf("hold: %d %s", status, code)
			}
		})
	})
}

// rowOf returns the id of the call that the board shows with a text.
func rowOf(v *harness.Client, text string) string {
	v.T.Helper()
	page := v.Page("/")
	before, _, found := strings.Cut(page, text)
	at := strings.LastIndex(before, `id="row-`)
	if !found || at < 0 {
		v.T.Fatalf("no row with %s", text)
	}
	id, _, _ := strings.Cut(before[at+len(`id="row-`):], `"`)
	return id
}
