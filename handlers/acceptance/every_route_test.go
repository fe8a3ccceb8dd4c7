package acceptance

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"callboard/handlers"
	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/team"
)

// sweepCanary must not appear in an answer or in the log. sweepPath, which is
// sent as part of a path, may appear in the log.
const (
	sweepCanary = "zq7canary"
	sweepPath   = "zq7path"
)

// A crawler requests every route of the dashboard.
type crawler struct {
	*harness.Stack
	t     *testing.T
	names *strings.Replacer // for what stands in braces, things that there are
}

// Every route is requested without a session, with a lower role, for objects of
// another account, with invalid bodies and with every method. The routes come
// from the route table, so that a new one is tested as well.
func TestEveryRoute(t *testing.T) {
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	s.FillHistory(12)
	s.Restart("-accounts", "any")
	anna, jonas, viewer := s.SignIn(t, 0), s.SignIn(t, 1), s.SignIn(t, 2)
	foreign := s.SignInTo(t, 1, 0, "/")
	s.Ring("+4930555002", "w0", "established")
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	anna.Upload("a.wav", harness.ToneWAV(500, 1))
	if status, _ := anna.Post("/team/w2/role", "role=viewer"); status != http.StatusSeeOther {
		t.Fatalf("a viewer: %d", status)
	}
	link := createWallboard(anna, "Hall")
	token := strings.TrimPrefix(strings.TrimSuffix(link, "?lang=en"), s.URL+"/wall/")
	w := crawler{s, t, strings.NewReplacer("{$}", "", "{token}", token, "{user}", "w1", "{file}", "x.wav", "{secret}", "x", "{name}", "x", "{recording}", "r")}
	_, sounds := anna.Get("/announcements")
	_, walls := anna.Get("/walls")
	ids := map[string]string{
		"/calls/": anna.Rows()[0], "/history/": historyIDs(anna, "")[0], "/starting/": "X1", "/sessions/": "X1",
		"/announcements/": regexp.MustCompile(`/announcements/([^/"]+)/audio`).FindStringSubmatch(sounds)[1],
		"/walls/":         regexp.MustCompile(`/walls/([^/"]+)/revoke`).FindStringSubmatch(walls)[1],
	}
	t.Run("anonymous", func(t *testing.T) { w.anonymous(t, ids) })
	t.Run("crawl", func(t *testing.T) { w.crawl(t, anna, ids) })
	t.Run("roles", func(t *testing.T) {
		w.roles(t, map[team.Role]*harness.Client{team.Agent: jonas, team.Viewer: viewer}, ids)
	})
	t.Run("bodies", func(t *testing.T) { w.bodies(t, anna, ids) })
	t.Run("foreign", func(t *testing.T) { w.foreign(t, foreign, ids) })
	t.Run("parameters", func(t *testing.T) { s.ExpectNoCommands(t, func() { w.parameters(t, anna, ids) }) })
	t.Run("without database", func(t *testing.T) { w.withoutDatabase(t, anna, ids) })
	s.Stop()
	for _, secret := range []string{token, sweepCanary, "555002"} {
		if log := s.Log(1 << 24); strings.Contains(log, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// each calls f with every route of a method that needs a session, except those
// that end the session or wait for news.
func (w *crawler) each(method string, ids map[string]string, f func(route, path string)) {
	w.t.Helper()
	called := 0
	defer func() {
		if called < 20 {
			w.t.Errorf("only %d routes with %s", called, method)
		}
	}()
	for _, r := range handlers.Routes() {
		route := r.Pattern
		m, path, _ := strings.Cut(route, " ")
		if m != method || r.Permission == "" || slices.Contains([]string{"POST /logout", "POST /sessions/end", "GET /feed"}, route) {
			continue
		}
		for prefix, id := range ids {
			if strings.HasPrefix(path, prefix+"{id}") {
				path = strings.Replace(path, "{id}", id, 1)
			}
		}
		called++
		f(route, w.names.Replace(path))
	}
}

// ask sends a request and returns the answer and its body, without the id of
// the request.
func (w *crawler) ask(v *harness.Client, method, path, contentType, body string, change ...func(*http.Request)) (*http.Response, string) {
	w.T.Helper()
	resp := v.Send(method, w.URL+path, contentType, strings.NewReader(body), change...)
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.T.Errorf("%s %s: %v", method, path, err)
	}
	for header, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'",
		"Referrer-Policy": "", "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=()"} {
		if got := resp.Header.Get(header); got == "" || !strings.Contains(got, want) {
			w.T.Errorf("%s %s: %s is %q", method, path, header, got)
		}
	}
	if text := string(b); strings.HasPrefix(resp.Header.Get("Content-Type"), "text/") && (!utf8.ValidString(text) || strings.Contains(text, "\x00")) {
		w.T.Errorf("%s %s: the answer is no text", method, path)
	}
	id := resp.Header.Get("X-Request-Id")
	if resp.StatusCode >= 500 || id == "" || strings.Contains(string(b), sweepCanary) && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		w.T.Errorf("%s %s: %d, request %q: %s", method, path, resp.StatusCode, id, b)
	}
	return resp, strings.ReplaceAll(string(b), id, "")
}

func (w *crawler) anonymous(t *testing.T, ids map[string]string) {
	anonymous := w.Stack.Anonymous(t)
	w.each("GET", ids, func(route, path string) {
		if resp, _ := w.ask(anonymous, "GET", path, "", ""); resp.StatusCode != 401 && !(resp.StatusCode == 303 && strings.HasPrefix(resp.Header.Get("Location"), "/login?next=")) {
			t.Errorf("%s: %d", route, resp.StatusCode)
		}
		if resp, _ := w.ask(anonymous, "GET", path, "", "", harness.AsProgram); resp.StatusCode != 401 {
			t.Errorf("%s for a program: %d", route, resp.StatusCode)
		}
	})
	w.each("POST", ids, func(route, path string) {
		if resp, _ := w.ask(anonymous, "POST", path, harness.FormType, ""); resp.StatusCode != 401 {
			t.Errorf("%s: %d", route, resp.StatusCode)
		}
	})
}

// crawl opens every page and checks that this changes nothing at sipgate.
func (w *crawler) crawl(t *testing.T, v *harness.Client, ids map[string]string) {
	changes := func() (n int) {
		for _, l := range w.RequestLog() {
			if l.Method != "GET" && strings.HasPrefix(l.Path, "/v2/") {
				n++
			}
		}
		return n
	}
	before := changes()
	w.each("GET", ids, func(route, path string) {
		got, _ := w.ask(v, "GET", path, "", "")
		head, body := w.ask(v, "HEAD", path, "", "")
		if head.StatusCode != got.StatusCode || body != "" {
			t.Errorf("%s: %d, as HEAD %d", route, got.StatusCode, head.StatusCode)
		}
		for _, method := range []string{"OPTIONS", "PUT", "PATCH", "DELETE"} {
			if resp, _ := w.ask(v, method, path, "", ""); resp.StatusCode != 405 || resp.Header.Get("Allow") == "" {
				t.Errorf("%s %s: %d, allowed %q", method, path, resp.StatusCode, resp.Header.Get("Allow"))
			}
		}
	})
	if n := changes() - before; n != 0 {
		t.Errorf("opening pages made %d changes at sipgate", n)
	}
}

// roles requests every route with roles that do not have the permission.
func (w *crawler) roles(t *testing.T, who map[team.Role]*harness.Client, ids map[string]string) {
	for role, v := range who {
		refused := 0
		defer func() {
			if refused < 10 {
				t.Errorf("only %d routes are refused to %s", refused, role)
			}
		}()
		for _, method := range []string{"GET", "POST"} {
			w.each(method, ids, func(route, path string) {
				if minRole, ok := minRole(route); !ok || role >= minRole {
					return
				}
				refused++
				resp, body := w.ask(v, method, path, harness.FormType, "", harness.AsProgram)
				if code := codeOf(body); resp.StatusCode != 403 || code != "role_"+role.String() {
					t.Errorf("%s as %s: %d %s", route, role, resp.StatusCode, code)
				}
			})
		}
	}
}

// minRole returns the lowest role that may request a route, and whether it needs
// one at all.
func minRole(route string) (team.Role, bool) {
	for _, r := range handlers.Routes() {
		if r.Pattern == route {
			return team.MinRole(r.Permission)
		}
	}
	return 0, false
}

func codeOf(body string) string {
	var envelope struct{ Error struct{ Code string } }
	if json.Unmarshal([]byte(body), &envelope) != nil {
		return "none"
	}
	return envelope.Error.Code
}

// withoutFields are the routes that take no form fields.
var withoutFields = []string{"POST /sessions/{id}/end", "POST /setup/done", "POST /setup/roles", "POST /walls/{id}/revoke", "POST /announcements/{id}/delete", "POST /calls/{id}/undo",
	"POST /team/{user}/remove", "POST /team/{user}/restore", "POST /team/{user}/sign-out", "POST /status/platform", "POST /relay/{id}/remove"}

// bodies sends invalid bodies to all routes that take a form.
func (w *crawler) bodies(t *testing.T, v *harness.Client, ids map[string]string) {
	w.ExpectNoCommands(t, func() {
		w.each("POST", ids, func(route, path string) {
			if resp, body := w.ask(v, "POST", path, harness.FormType, "", harness.AsProgram, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }); resp.StatusCode != 403 || codeOf(body) != "bad_origin" {
				t.Errorf("%s from elsewhere: %d", route, resp.StatusCode)
			}
			if slices.Contains(withoutFields, route) {
				return
			}
			for what, c := range map[string]struct {
				contentType, body string
				status            int
			}{
				"text":       {"text/plain", sweepCanary, 415},
				"nothing":    {"", "", 415},
				"parts":      {"multipart/form-data; boundary=x", "--x--\r\n", 415},
				"half":       {harness.FormType, "value=%zz" + sweepCanary, 400},
				"too large":  {harness.FormType, "value=" + strings.Repeat("x", 70<<10), 413},
				"twice":      {"application/json", `{"value":true,"value":true}`, 400},
				"no object":  {"application/json", `[]`, 422},
				"null":       {"application/json", `null`, 422},
				"half JSON":  {"application/json", `{"` + sweepCanary, 400},
				"other JSON": {"application/json", `{"` + sweepCanary + `":1,` + harness.ActionID() + `}`, 400},
				"no action":  {"application/json", `{}`, 422},
			} {
				want := c.status
				if route == "POST /announcements" { // takes a file, and nothing else
					want = map[bool]int{true: 400, false: 415}[what == "parts"]
				}
				resp, body := w.ask(v, "POST", path, c.contentType, c.body, harness.AsProgram)
				if resp.StatusCode != want || codeOf(body) == "none" {
					t.Errorf("%s with %s: %d, want %d: %s", route, what, resp.StatusCode, want, body)
				}
			}
		})
	})
}

// foreign requests objects of another account. The answers must equal those for
// objects that do not exist.
func (w *crawler) foreign(t *testing.T, v *harness.Client, ids map[string]string) {
	invented := maps.Clone(ids)
	for prefix := range invented {
		invented[prefix] = strings.Repeat("A", 16)
	}
	paths, compared := map[string]string{}, 0
	for _, method := range []string{"GET", "POST"} {
		w.each(method, invented, func(route, path string) { paths[route] = strings.Replace(path, "/w1/", "/w99/", 1) })
		w.each(method, ids, func(route, path string) {
			if path == paths[route] || strings.HasPrefix(path, "/starting/") || route == "POST /team/{user}/favourite" {
				return // the last: every account has a colleague w1, who need not be a member
			}
			compared++
			theirs, body := w.ask(v, method, path, harness.FormType, "value=true&text=x&label=x&role=agent", harness.AsProgram)
			missing, other := w.ask(v, method, paths[route], harness.FormType, "value=true&text=x&label=x&role=agent", harness.AsProgram)
			if theirs.StatusCode != 404 || missing.StatusCode != 404 || body != other {
				t.Errorf("%s: of another account %d %s, of none %d %s", route, theirs.StatusCode, body, missing.StatusCode, other)
			}
		})
	}
	if compared < 20 {
		t.Errorf("only %d routes name an object", compared)
	}
}

// parameters sends invalid values of fields.
func (w *crawler) parameters(t *testing.T, v *harness.Client, ids map[string]string) {
	call, entry, sound := ids["/calls/"], ids["/history/"], ids["/announcements/"]
	for _, c := range []struct {
		path, form string // no form: GET
		status     int
		field      string
	}{
		{"/search?q=" + strings.Repeat("x", 201), "", 422, "q"},
		{"/search?q=x&call=" + sweepCanary, "", 404, ""},
		{"/search?team=1&call=" + sweepCanary, "", 404, ""},
		{"/figures?span=" + sweepCanary, "", 422, "span"},
		{"/announcements?order=" + sweepCanary, "", 422, "order"},
		{"/starting/" + sweepPath + "%0a", "", 404, ""},
		{"/history?q=" + strings.Repeat("ä", 101), "", 422, "q"},
		{"/history?q=a%00b", "", 422, "q"},
		{"/history?q=%ff", "", 422, "q"},
		{"/history/news?after=" + sweepCanary, "", 422, "after"},
		{"/calls", "device=" + sweepCanary + "&callee=%2B49301234567", 422, "device"},
		{"/calls", "device=e0&callee=110", 422, "number"},
		{"/calls", "device=e0&callee=" + sweepCanary + "12", 422, "number"},
		{"/calls", "device=e0&device=e1&callee=%2B49301234567", 422, "device"},
		{"/calls", "device=e0&callee=%2B49301234567&anyway=" + sweepCanary, 422, "anyway"},
		{"/calls/hangup", "", 422, "call"},
		{"/calls/hangup", "call=" + sweepCanary, 404, ""},
		{"/calls/hangup", "call=" + call + "&action_id=" + sweepCanary, 422, "action_id"},
		{"/calls/" + call + "/notes", "text=", 422, "note"},
		{"/calls/" + call + "/notes", "text=a&text=b", 422, "text"},
		{"/calls/" + call + "/claim", "verb=see", 422, "verb"},
		{"/calls/" + call + "/claim", "verb=hold&override=" + sweepCanary, 422, "override"},
		{"/history/" + entry + "/note", "value=true", 422, "text"},
		{"/history/" + entry + "/star", "value=" + sweepCanary, 422, "value"},
		{"/history/" + entry + "/archive", "", 422, "value"},
		{"/history/" + entry + "/read", "value=true&value=false", 422, "value"},
		{"/announcements/" + sound + "/favourite", "value=" + sweepCanary, 422, "value"},
		{"/announcements/" + sound + "/rename", "label=", 422, ""},
		{"/announcements/" + sound + "/play-to-me", "device=" + sweepCanary, 422, "device"},
		{"/announcements/" + sound + "/play-to-me", "device=e0&number=112", 422, "number"},
		{"/walls", "name=x&lang=" + sweepCanary, 422, "lang"},
		{"/walls", "name=&lang=en", 422, "name"},
		{"/walls", "name=x&lang=en&names=" + sweepCanary, 422, "names"},
		{"/team/w1/favourite", "value=" + sweepCanary, 422, "value"},
		{"/team/" + sweepPath + "/favourite", "value=true", 404, ""},
		{"/team/w1/role", "role=" + sweepCanary, 422, "role"},
		{"/greetings", "number=" + sweepCanary + "&text=x", 422, "number"},
		{"/team/" + sweepPath + "/role", "role=agent", 404, ""},
		{"/team/" + sweepPath + "/sign-out", "x=", 404, ""},
		{"/status/webhooks", "do=" + sweepCanary, 422, "do"},
		{"/settings/wishes", "shares=" + sweepCanary, 422, "shares"},
		{"/settings/display", "lang=" + sweepCanary, 422, "lang"},
		{"/settings/calls", "grace=4&device=%ff%00", 422, "device"},
		{"/settings/calls", "grace=4&number=%ff%00", 422, "number"},
		{"/calls/" + call + "/notes", "text=%ff", 422, "text"},
		{"/calls/" + call + "/notes", "text=a%00b", 422, "text"},
		{"/history/" + entry + "/note", "text=%ff", 422, "text"},
		{"/announcements/" + sound + "/rename", "label=a%00b", 422, "label"},
		{"/calls/new?to=%ff%00" + sweepCanary, "", 200, ""},
		{"/calls/" + call + "/transfer?to=%ff%00" + sweepCanary, "", 200, ""},
		{"/starting/X1?callee=%ff%00&sound=%ff%00&stage=x&turn=x", "", 200, ""},
		{"/settings?saved=%ff%00" + sweepCanary, "", 200, ""},
		{"/settings/toggle", "notify=" + sweepCanary, 422, "notify"},
		{"/sessions/" + sweepPath + "/end", "x=", 404, ""},
	} {
		method, contentType := "POST", harness.FormType
		if c.form == "" && (strings.Contains(c.path, "?") || strings.Contains(c.path, "%")) {
			method, contentType = "GET", ""
		}
		ways := []func(*http.Request){harness.AsProgram, func(*http.Request) {}, func(r *http.Request) { r.Header.Set("HX-Request", "true") }}
		if c.status == http.StatusOK {
			ways = ways[:2] // for our own script the answer may wait for news
		}
		for _, as := range ways {
			resp, body := w.ask(v, method, c.path, contentType, c.form, as)
			var envelope struct{ Error struct{ Field string } }
			program := json.Unmarshal([]byte(body), &envelope) == nil
			if resp.StatusCode != c.status || program && envelope.Error.Field != c.field {
				t.Errorf("%s %s: %d %q, want %d %q: %.300s", c.path, c.form, resp.StatusCode, envelope.Error.Field, c.status, c.field, body)
			}
		}
	}
	if _, table := v.Get("/audit.csv"); strings.Contains(table, sweepCanary) {
		t.Error("the audit holds what was refused before anything was done")
	}
	if resp, _ := w.ask(v, "GET", "/gallery", "", ""); resp.StatusCode != 404 {
		t.Errorf("the gallery outside of the demo: %d", resp.StatusCode)
	}
}
