package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/web"
)

// TestUnsafeRequestsNeedOurOrigin is the rule for unsafe requests, written the other way round:
// what passes is listed, everything else must not.
func TestUnsafeRequestsNeedOurOrigin(t *testing.T) {
	p := serve(t, https...)
	reached := 0
	p.handle("POST /act", func(w http.ResponseWriter, r *http.Request) error { reached++; return ok(w, r) })
	const same = "https://app.example"
	for _, origin := range []string{"", same, "http://app.example", "https://evil.example", "null", "https://sub.app.example", "https://app.example.evil", "https://app.example:444", "HTTPS://APP.EXAMPLE", "https://app.example/"} {
		for _, site := range []string{"", "same-origin", "same-site", "cross-site", "none", "nonsense"} {
			for _, ct := range []string{"application/x-www-form-urlencoded", "application/json", "text/plain", ""} {
				contradicts := site != "" && site != "same-origin" && site != "none"
				pass := origin == same && !contradicts || origin == "" && site == "same-origin"
				before := reached
				a := p.do("POST", "/act", "Origin: ", "Origin: "+origin, "Sec-Fetch-Site: "+site, "Content-Type: "+ct)
				switch {
				case pass && (a.StatusCode != 200 || reached != before+1):
					t.Errorf("Origin %q, Sec-Fetch-Site %q, %q: %d, want 200", origin, site, ct, a.StatusCode)
				case !pass && (a.StatusCode != 403 || a.code() != "bad_origin" || reached != before):
					t.Errorf("Origin %q, Sec-Fetch-Site %q, %q: %d %s, want 403", origin, site, ct, a.StatusCode, a.code())
				}
			}
		}
	}
	p.do("POST", "/act", "Origin: "+same).want(t, 403, "bad_origin") // two of them
}

func TestOtherOriginsAreRefused(t *testing.T) {
	p := serve(t, https...)
	p.handle("POST /act", ok)
	p.handle("POST /push/{secret}", ok)
	for _, o := range []string{"https://evil.example", "null", "http://app.example", "https://app.example:8443"} {
		t.Run("origin "+o, func(t *testing.T) { p.do("POST", "/act", "Origin: ", "Origin: "+o).want(t, 403, "bad_origin") })
	}
	t.Run("no origin", func(t *testing.T) { p.do("POST", "/act", "Origin: ").want(t, 403, "bad_origin") })
	t.Run("exempt", func(t *testing.T) { p.do("POST", "/push/secret", "Origin: ").want(t, 200, "") })
	for _, path := range []string{"/push/../act", "/push/%2e%2e/act", "/push//../../act", "/PUSH/../act", "/pushx"} {
		t.Run("not exempt "+path, func(t *testing.T) { p.do("POST", path, "Origin: ").want(t, 403, "bad_origin") })
	}
}

func TestOtherHostsAreRefused(t *testing.T) {
	p := serve(t, https...)
	p.handle("GET /x", ok)
	for _, host := range []string{"app.example", "APP.Example", "app.example:443"} {
		t.Run("good "+host, func(t *testing.T) { p.do("GET", "/x", "Host: "+host).want(t, 200, "") })
	}
	for _, host := range []string{"evil", "evil:443", "rebind.evil", "app.example.evil", "app.example.", "app.example:81", "app.example:80", "127.0.0.1", "[::1]", "xapp.example"} {
		t.Run("bad "+host, func(t *testing.T) {
			a := p.do("GET", "/x", "Host: "+host)
			a.want(t, 421, "bad_host")
			if strings.Contains(a.body, "evil") {
				t.Error("the host is echoed")
			}
		})
	}
	for _, host := range []string{"app'example", "app.example'", "'"} {
		p.do("GET", "/x", "Host: "+host).want(t, 400, "bad_host")
	}
	for name, text := range map[string]string{
		"none":         "GET /x HTTP/1.1\r\n\r\n",
		"two":          "GET /x HTTP/1.1\r\nHost: app.example\r\nHost: evil\r\n\r\n",
		"space":        "GET /x HTTP/1.1\r\nHost: app.example evil\r\n\r\n",
		"at":           "GET /x HTTP/1.1\r\nHost: app.example@evil\r\n\r\n",
		"CR":           "GET /x HTTP/1.1\r\nHost: app\rexample\r\n\r\n",
		"absolute URL": "GET http://evil.example/x HTTP/1.1\r\nHost: app.example\r\n\r\n",
		"HTTP/1.0":     "GET /x HTTP/1.0\r\n\r\n",
		"HTTP/0.9":     "GET /x\r\n\r\n",
		"h2c":          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"TE and CL":    "POST /x HTTP/1.1\r\nHost: app.example\r\nOrigin: https://app.example\r\nContent-Length: 4\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"CL neg":       "POST /x HTTP/1.1\r\nHost: app.example\r\nContent-Length: -1\r\n\r\n",
		"CL twice":     "POST /x HTTP/1.1\r\nHost: app.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"TE":           "POST /x HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: xchunked\r\n\r\n",
		"OPTIONS":      "OPTIONS * HTTP/1.1\r\nHost: app.example\r\n\r\n",
		"CONNECT":      "CONNECT app.example:443 HTTP/1.1\r\nHost: app.example:443\r\n\r\n",
		"TRACE":        "TRACE /x HTTP/1.1\r\nHost: app.example\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			want := []int{400}
			switch name {
			case "absolute URL", "HTTP/1.0":
				want = []int{421}
			case "CONNECT", "TRACE":
				want = []int{405}
			case "h2c":
				want = []int{400, 405, 421, 505}
			case "TE and CL", "TE":
				want = []int{400, 501}
			}
			resp := p.raw(text)
			for _, status := range want {
				if resp != nil && resp.StatusCode == status {
					return
				}
			}
			t.Errorf("%v, want %v", resp, want)
		})
	}
	t.Run("headers of proxies", func(t *testing.T) {
		a := p.do("GET", "/x", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "X-Forwarded-For: 217.116.118.254",
			"Forwarded: for=1.2.3.4;host=evil.example", "X-Original-URL: /y", "X-Rewrite-URL: /y", "X-HTTP-Method-Override: DELETE")
		a.want(t, 200, "")
		if strings.Contains(p.log.String(), "217.116") || !strings.Contains(p.log.String(), `"ip":"127.0.0.1"`) {
			t.Error("the log believes a header")
		}
	})
}

// A request whose length is given in two ways gets one answer, and what follows
// on the connection none: a proxy may have taken it for the body.
func TestAmbiguousLengthEndsTheConnection(t *testing.T) {
	p := serve(t)
	reached := 0
	p.handle("POST /x", func(w http.ResponseWriter, r *http.Request) error {
		reached++
		io.Copy(io.Discard, r.Body)
		return ok(w, r)
	})
	head := "POST /x HTTP/1.1\r\nHost: " + p.addr + "\r\nOrigin: http://" + p.addr + "\r\n"
	next := head + "Content-Length: 2\r\n\r\nab"
	for name, request := range map[string]string{
		"TE after CL": head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"CL after TE": head + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
		"long CL":     head + "Content-Length: 4000\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"two CL":      head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nab",
	} {
		t.Run(name, func(t *testing.T) {
			before := reached
			c, err := net.Dial("tcp", p.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(10 * time.Second))
			io.WriteString(c, request+next)
			all, err := io.ReadAll(c) // ends with the connection
			if n := strings.Count(string(all), "HTTP/1.1 "); n != 1 || reached-before > 1 {
				t.Errorf("%d answers, %d requests handled, %v:\n%s", n, reached-before, err, all)
			}
		})
	}
	t.Run("one length", func(t *testing.T) {
		c, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, next+next)
		br := bufio.NewReader(c)
		for range 2 {
			resp, err := http.ReadResponse(br, nil)
			if err != nil || resp.StatusCode != 200 || resp.Close {
				t.Fatalf("%v, %v", resp, err)
			}
			io.Copy(io.Discard, resp.Body)
		}
	})
}

func TestTooManyHeadersAreRefused(t *testing.T) {
	p := serve(t)
	p.handle("GET /x", ok)
	head := "GET /x HTTP/1.1\r\nHost: " + p.addr + "\r\n"
	for name, test := range map[string]struct {
		text string
		want int
	}{
		"33 KiB":      {head + "X-Big: " + strings.Repeat("a", 33<<10) + "\r\n\r\n", 431},
		"200 headers": {head + strings.Repeat("X-Many: a\r\n", 200) + "\r\n", 431},
		"20 KiB":      {head + "X-Big: " + strings.Repeat("a", 20<<10) + "\r\n\r\n", 200},
		"long path":   {"GET /" + strings.Repeat("a", 9<<10) + " HTTP/1.1\r\nHost: " + p.addr + "\r\n\r\n", 414},
	} {
		t.Run(name, func(t *testing.T) {
			if resp := p.raw(test.text); resp == nil || resp.StatusCode != test.want {
				t.Errorf("%v, want %d", resp, test.want)
			}
		})
	}
}

func TestOddPathsReachNoOtherHandler(t *testing.T) {
	p := serve(t)
	p.handle("GET /dir/", ok)
	p.do("GET", "/dir/").want(t, 200, "")
	p.do("GET", "/dir//").want(t, 404, "not_found")
	p.handle("GET /dash", func(w http.ResponseWriter, r *http.Request) error {
		return web.Fault{Status: 401, Code: "unauthenticated"}
	})
	p.handle("GET /", func(w http.ResponseWriter, r *http.Request) error { return web.Fault{Status: 404, Code: "not_found"} })
	for _, path := range []string{"//dash", "/./dash", "/dash/..", "/%64ash", "/dash;x", "/x/../dash", "/dash%00", "/dash/", "/%2e/dash", "/%2fdash"} {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(method+" "+path, func(t *testing.T) {
				a := p.do(method, path)
				if a.StatusCode == 200 || a.StatusCode >= 500 {
					t.Errorf("%d", a.StatusCode)
				}
				if loc := a.Header.Get("Location"); loc != "" {
					if u, err := url.Parse(loc); err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
						t.Errorf("Location %q", loc)
					}
				}
			})
		}
	}
}

// TestEveryAnswerHasSecurityHeaders: on every answer, errors of every origin included.
func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; connect-src 'self'; manifest-src 'self'; " +
		"form-action 'self' https://login.sipgate.com; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
	p := serve(t, https...)
	p.handle("GET /x", ok)
	p.handle("GET /static/app.css", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		return ok(w, r)
	})
	p.handle("GET /fails", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("Content-Length", "3")
		w.Header().Set("Etag", `"x"`)
		return errors.New("x")
	})
	p.handle("GET /panics", func(http.ResponseWriter, *http.Request) error { panic("x") })
	p.handle("POST /large", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 10))
		return err
	})
	ids := map[string]bool{}
	for path, want := range map[string]int{"/x": 200, "/static/app.css": 200, "/fails": 500, "/panics": 500, "/none": 404, "/x?bad": 421, "/large": 413, "/x" + strings.Repeat("x", 9<<10): 414} {
		host := "app.example"
		if want == 421 {
			host = "evil"
		}
		a := p.do("GET", path, "Host: "+host)
		if want == 413 {
			a = p.send("POST", path, strings.NewReader(strings.Repeat("x", 11)), "Host: "+host)
		}
		if a.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, a.StatusCode, want)
		}
		cache := "no-store"
		if path == "/static/app.css" {
			cache = "public, max-age=31536000, immutable"
		}
		for name, value := range map[string]string{
			"Content-Security-Policy": csp, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), usb=()",
			"Cache-Control":      cache, "Strict-Transport-Security": "max-age=63072000", "Server": "", "X-Powered-By": "", "Access-Control-Allow-Origin": "",
		} {
			if got := a.Header.Get(name); got != value {
				t.Errorf("%s: %s: %q, want %q", path, name, got, value)
			}
		}
		if want >= 500 && a.Header.Get("Etag") != "" {
			t.Errorf("%s: an error with the answer's Etag", path)
		}
		id := a.Header.Get("X-Request-Id")
		if len(id) < 16 || ids[id] {
			t.Errorf("%s: request id %q", path, id)
		}
		ids[id] = true
		if !strings.Contains(p.log.String(), `"id":"`+id+`"`) {
			t.Errorf("%s: id is not in the log", path)
		}
	}
	if got := web.PermissionsPolicy("microphone"); !strings.Contains(got, "microphone=(self)") || !strings.Contains(got, "camera=()") {
		t.Errorf("a page with a microphone: %q", got)
	}
	if a := serve(t).do("GET", "/"); a.Header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS over plain http")
	}
	// Nothing of ours is served at addresses that scanners try.
	for _, path := range []string{"/debug/pprof/", "/metrics", "/debug/vars", "/.git/HEAD", "/.env"} {
		p.do("GET", path).want(t, 404, "not_found")
	}
}

func TestErrors(t *testing.T) {
	p := serve(t)
	cause := errors.New("the cause")
	p.errs.Explain = func(err error) web.Fault {
		if errors.Is(err, cause) {
			return web.Fault{Status: 409, Code: "call_over"}
		}
		return web.Fault{Status: 500, Code: "internal"}
	}
	p.handle("GET /explained", func(http.ResponseWriter, *http.Request) error { return cause })
	p.handle("GET /fault", func(http.ResponseWriter, *http.Request) error {
		return fmt.Errorf("%w: %w", web.Fault{Status: 429, Code: "rate_limited", RetryAfter: 1500 * time.Millisecond}, cause)
	})
	p.handle("GET /other", func(http.ResponseWriter, *http.Request) error { return io.EOF })
	p.handle("POST /body", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 10))
		return err
	})
	p.do("GET", "/explained").want(t, 409, "call_over")
	a := p.do("GET", "/fault")
	a.want(t, 429, "rate_limited")
	if got := a.Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2", got)
	}
	p.do("GET", "/other").want(t, 500, "internal")
	p.send("POST", "/body", strings.NewReader(strings.Repeat("x", 11))).want(t, 413, "too_large")
	p.do("GET", "/nothing").want(t, 404, "not_found")
	a = p.do("POST", "/fault")
	a.want(t, 405, "method_not_allowed")
	if got := a.Header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow %q", got)
	}
	if !strings.Contains(p.log.String(), "the cause") {
		t.Error("the cause is not in the log")
	}
	p.handle("GET /tree/", func(http.ResponseWriter, *http.Request) error { return nil })
	if a := p.do("GET", "/tree"); a.StatusCode/100 != 3 || a.Header.Get("Location") != "/tree/" { // a redirect of the mux is no error
		t.Errorf("/tree: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
}

func TestPanicIsAnswered(t *testing.T) {
	p := serve(t)
	p.handle("GET /before", func(http.ResponseWriter, *http.Request) error { panic("before") })
	p.handle("GET /after", func(w http.ResponseWriter, r *http.Request) error {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic("after")
	})
	p.do("GET", "/before").want(t, 500, "internal")
	resp, err := p.http.Get("http://" + p.addr + "/after")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("half an answer looks like a whole one")
	}
	resp.Body.Close()
	p.do("GET", "/before").want(t, 500, "internal")
	if n := strings.Count(p.log.String(), `"msg":"panic"`); n != 3 {
		t.Errorf("%d panics in the log, want 3", n)
	}
}

// A handler that gives up cuts the connection, and that is no panic.
func TestGivingUpIsNoPanic(t *testing.T) {
	p := serve(t)
	p.mux.HandleFunc("GET /gives-up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if resp, err := p.http.Get("http://" + p.addr + "/gives-up"); err == nil {
		resp.Body.Close()
		t.Errorf("answered %s", resp.Status)
	}
	if strings.Contains(p.log.String(), `"msg":"panic"`) {
		t.Error("the log calls it a panic")
	}
}

// A database that cannot do its work is no mistake of ours, whoever asked it and
// whatever they made of its error.
func TestUnavailableDatabase(t *testing.T) {
	gone := errors.New("disk is gone")
	p := serve(t)
	var shown web.Fault
	p.errs.Render = func(w http.ResponseWriter, r *http.Request, f web.Fault) { shown = f; renderCode(w, r, f) }
	p.errs.Unavailable = func(err error) string {
		if errors.Is(err, gone) {
			return "database_gone"
		}
		return ""
	}
	conflict := errors.New("conflict")
	p.errs.Explain = func(err error) web.Fault {
		if errors.Is(err, conflict) {
			return web.Fault{Status: 409, Code: "call_over"}
		}
		return web.Fault{Status: 500, Code: "internal"}
	}
	busy := web.Fault{Status: 503, Code: web.CodeBusy}
	for path, test := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"/plain":     {fmt.Errorf("store: %w", gone), 503, "database_gone"},
		"/busy":      {fmt.Errorf("%w: %w", busy, gone), 503, "database_gone"},
		"/only-busy": {busy, 503, "busy"},
		"/explained": {fmt.Errorf("%w: %w", conflict, gone), 409, "call_over"},
		"/decided":   {fmt.Errorf("%w: %w", web.Fault{Status: 404, Code: "not_found"}, gone), 404, "not_found"},
		"/mistake":   {errors.New("other"), 500, "internal"},
	} {
		p.handle("GET "+path, func(http.ResponseWriter, *http.Request) error { return test.err })
		a := p.do("GET", path)
		a.want(t, test.status, test.code)
		if wait := a.Header.Get("Retry-After"); (wait != "") != (test.code == "database_gone") {
			t.Errorf("%s: Retry-After %q", path, wait)
		}
		if explained := path != "/only-busy" && path != "/decided"; explained != errors.Is(shown.Cause, test.err) {
			t.Errorf("%s: the page gets the cause %v", path, shown.Cause)
		}
	}
}

// An error after the client has left is not worth an alarm.
func TestErrorsOfClientsThatLeftAreNoAlarm(t *testing.T) {
	log := &journal{}
	h := (&web.Errors{Log: log.logger()}).Handle(func(http.ResponseWriter, *http.Request) error { return errors.New("broken") })
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	lines := strings.Split(log.String(), "\n")
	if !strings.Contains(lines[0], `"level":"ERROR"`) || !strings.Contains(lines[1], `"level":"INFO"`) {
		t.Errorf("%s", log)
	}
}

// The body of a refused request is not waited for.
func TestRefusedBodyIsNotRead(t *testing.T) {
	p := serve(t)
	a := p.send("POST", "/x", strings.NewReader("body"), "Origin: https://evil.example")
	if a.StatusCode != 403 || !a.Close {
		t.Errorf("%d, connection closed: %v", a.StatusCode, a.Close)
	}
	if a := p.do("GET", "/x", "Host: evil"); a.StatusCode != 421 || a.Close {
		t.Errorf("without a body: %d, connection closed: %v", a.StatusCode, a.Close)
	}
}

// TestAccessLog: what is logged, and what never is.
func TestAccessLog(t *testing.T) {
	p := serve(t)
	p.handle("/", func(w http.ResponseWriter, r *http.Request) error { return ok(w, r) })
	for _, path := range []string{"/a/SENTINEL", "/A/SENTINEL", "/x/../a/SENTINEL", "//a/SENTINEL", "/%61/SENTINEL", "/push/SENTINEL/x", "/callback?code=SENTINEL&state=SENTINEL"} {
		p.do("GET", path, "Cookie: s=SENTINEL", "Authorization: Bearer SENTINEL")
	}
	if strings.Contains(p.log.String(), "SENTINEL") {
		t.Errorf("a secret is in the log:\n%s", p.log)
	}
	p.do("GET", "/push/")
	if !strings.Contains(p.log.String(), `"path":"/push/",`) || !strings.Contains(p.log.String(), `"path":"/push/…",`) {
		t.Errorf("the log does not tell a path with a secret from one without:\n%s", p.log)
	}
	p.do("GET", "/evil%0d%0a%7B%22level%22:%22x%22%7D"+strings.Repeat("y", 1000))
	lines := strings.Split(strings.TrimSpace(p.log.String()), "\n")
	for _, line := range lines {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		if path, _ := entry["path"].(string); len(path) > 260 {
			t.Errorf("path of %d bytes", len(path))
		}
	}
	if last := lines[len(lines)-1]; !strings.Contains(last, `"method":"GET"`) || !strings.Contains(last, `"bytes":2`) || !strings.Contains(last, `"ms":`) {
		t.Errorf("access log: %s", last)
	}
}

// Without an access log, only what is refused to strangers is logged, in its
// summary.
func TestNoAccessLog(t *testing.T) {
	p := serve(t, func(o *web.GuardOptions) { o.AccessLog = nil })
	p.handle("GET /", ok)
	p.do("GET", "/")
	p.do("GET", "/", "Host: other.example")
	p.stop()
	p.done <- <-p.done // everything has ended
	if log := p.log.String(); strings.Contains(log, `"msg":"request"`) || !strings.Contains(log, "bad_host") {
		t.Errorf("logged:\n%s", log)
	}
}

// Each answer is reported with the pattern of its route, which has no id, also a
// refused one.
func TestAnswersAreReported(t *testing.T) {
	var mu sync.Mutex
	var got []string
	p := serve(t, func(o *web.GuardOptions) {
		o.OnAnswer = func(pattern string, status int, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprint(pattern, " ", status, " ", took > 0))
		}
	})
	p.handle("GET /calls/{id}", ok)
	p.handle("POST /calls/{id}", func(http.ResponseWriter, *http.Request) error { return web.Fault{Status: 409, Code: "ended"} })
	p.do("GET", "/calls/secret")
	p.do("POST", "/calls/secret")
	p.do("POST", "/calls/secret", "Origin: https://evil.example")
	p.do("GET", "/secret")
	want := []string{"GET /calls/{id} 200 true", "POST /calls/{id} 409 true", " 403 true", " 404 true"}
	p.stop()
	p.done <- <-p.done // everything has ended
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestGuardKeepsOptionalInterfaces: flush, deadlines and fast copying.
func TestGuardKeepsOptionalInterfaces(t *testing.T) {
	p := serve(t)
	p.handle("GET /x", func(w http.ResponseWriter, r *http.Request) error {
		rc := http.NewResponseController(w)
		if err := errors.Join(rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(time.Time{}), rc.Flush()); err != nil {
			t.Error(err)
		}
		if _, ok := w.(io.ReaderFrom); !ok {
			t.Error("no ReadFrom")
		}
		_, err := io.Copy(w, strings.NewReader("copied"))
		return err
	})
	if a := p.do("GET", "/x"); a.body != "copied" {
		t.Errorf("%q", a.body)
	}
}

// TestSlowBodyEndsTheRequest: a body that does not come ends the request, and one that
// came lets the handler take its time.
func TestSlowBodyEndsTheRequest(t *testing.T) {
	p := serve(t, func(o *web.GuardOptions) { o.BodyTimeout = 50 * time.Millisecond })
	read := make(chan error, 1)
	p.handle("POST /x", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		read <- err
		if err != nil {
			return web.Fault{Status: 408, Code: "timeout"}
		}
		select {
		case <-r.Context().Done():
			return web.Fault{Status: 500, Code: "cancelled"}
		case <-time.After(150 * time.Millisecond): // beyond the body's time
			return ok(w, r)
		}
	})
	head := "POST /x HTTP/1.1\r\nHost: " + p.addr + "\r\nOrigin: http://" + p.addr + "\r\nContent-Length: 10\r\n\r\n"
	if resp := p.raw(head + "123"); resp == nil || resp.StatusCode != 408 || <-read == nil {
		t.Errorf("slow body: %v", resp)
	}
	if resp := p.raw(head + "1234567890"); resp == nil || resp.StatusCode != 200 {
		t.Errorf("slow handler: %v", resp)
	}
}

// The log, the audit and the limits go by the visitor's address: what a believed
// proxy says it is, and nothing that the visitor wrote.
func TestVisitorsAddressBehindProxies(t *testing.T) {
	var got, counted netip.Addr
	h := func(proxies []string) http.Handler {
		ps, err := web.ParseProxies(proxies)
		if err != nil {
			t.Fatal(err)
		}
		return web.Guard(web.GuardOptions{PublicURL: appURL, Proxies: ps}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, counted = web.ClientIP(r), web.ClientNetwork(r)
		}))
	}
	const net6 = "2001:db8:1:2:3:4:5:6"
	for _, test := range []struct {
		peer, forwarded, proxies, want string
	}{
		{"192.0.2.1:5", "217.116.118.254", "", "192.0.2.1"},
		{"198.51.100.7:5", "217.116.118.254", "192.0.2.0/24", "198.51.100.7"},
		{"192.0.2.1:5", "217.116.118.254", "192.0.2.0/24", "217.116.118.254"},
		{"192.0.2.1:5", "217.116.118.254", "192.0.2.1", "217.116.118.254"},
		{"192.0.2.1:5", "217.116.118.254", "192.0.2.77/24", "217.116.118.254"},
		{"192.0.2.1:5", "6.6.6.6, 217.116.118.254", "192.0.2.0/24", "217.116.118.254"},
		{"192.0.2.1:5", "6.6.6.6, 217.116.118.254, 192.0.2.9", "192.0.2.0/24", "217.116.118.254"},
		{"192.0.2.1:5", "6.6.6.6,217.116.118.254,10.1.2.3,fd00::1", "192.0.2.0/24 10.0.0.0/8 fd00::/8", "217.116.118.254"},
		{"192.0.2.1:5", "10.1.2.3, 10.1.2.4", "192.0.2.0/24 10.0.0.0/8", "10.1.2.3"}, // from inside
		{"192.0.2.1:5", "6.6.6.6, nonsense, 192.0.2.9", "192.0.2.0/24", "192.0.2.9"},
		{"192.0.2.1:5", "6.6.6.6, unknown", "192.0.2.0/24", "192.0.2.1"},
		{"192.0.2.1:5", "6.6.6.6, ", "192.0.2.0/24", "192.0.2.1"},
		{"192.0.2.1:5", "6.6.6.6 217.116.118.254", "192.0.2.0/24", "192.0.2.1"},
		{"192.0.2.1:5", "", "192.0.2.0/24", "6.6.6.6"}, // of Forwarded
		{"192.0.2.1:5", "217.116.118.254:41000", "192.0.2.0/24", "217.116.118.254"},
		{"192.0.2.1:5", net6, "192.0.2.0/24", net6},
		{"192.0.2.1:5", "[" + net6 + "]", "192.0.2.0/24", net6},
		{"192.0.2.1:5", `"[` + net6 + `]:41000"`, "192.0.2.0/24", net6},
		{"192.0.2.1:5", "::ffff:217.116.118.254", "192.0.2.0/24", "217.116.118.254"},
		{"[::1]:5", "217.116.118.254", "::1", "217.116.118.254"},
		{"[fe80::1%eth0]:5", "217.116.118.254", "fe80::/10", "217.116.118.254"},
		{"[::ffff:192.0.2.1]:5", "217.116.118.254", "::ffff:192.0.2.0/120", "217.116.118.254"},
		{"192.0.2.1:5", "217.116.118.254, 10.1.2.3", "::ffff:0.0.0.0/96", "217.116.118.254"}, // all of IPv4
		{"[" + net6 + "]:5", "", "", net6},
		{"[::ffff:192.0.2.1]:5", "", "", "192.0.2.1"},
		{"@", "217.116.118.254", "192.0.2.0/24", "invalid IP"},
		{"127.8.8.8:5", "217.116.118.254", "loopback", "217.116.118.254"},
		{"[::1]:5", "217.116.118.254", "loopback", "217.116.118.254"},
		{"10.1.1.1:5", "217.116.118.254", "loopback", "10.1.1.1"},
		{"172.31.0.2:5", "217.116.118.254, 10.1.2.3, 192.168.3.4, fd12::3", "private", "217.116.118.254"},
		{"172.32.0.2:5", "217.116.118.254", "private", "172.32.0.2"},
		{"127.0.0.1:5", "217.116.118.254", "private", "127.0.0.1"},
		{"10.1.1.1:5", "217.116.118.254", "none", "10.1.1.1"},
	} {
		r := httptest.NewRequest("GET", "https://app.example/", nil)
		r.RemoteAddr = test.peer
		r.Header.Set("Forwarded", "for=6.6.6.6")
		r.Header["X_forwarded_for"] = []string{"6.6.6.6"}
		r.Header.Set("X-Real-Ip", "6.6.6.6")
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-For", test.forwarded)
		}
		h(strings.Fields(test.proxies)).ServeHTTP(httptest.NewRecorder(), r)
		if got.String() != test.want {
			t.Errorf("%+v: %v", test, got)
		}
		if want := strings.Replace(test.want, net6, "2001:db8:1:2::", 1); counted.String() != want {
			t.Errorf("%+v: counted as %v", test, counted)
		}
	}
	t.Run("Forwarded", func(t *testing.T) {
		for forwarded, want := range map[string]string{
			`for=217.116.118.254`:                                "217.116.118.254",
			`For="[` + net6 + `]:4711";proto=https;by=192.0.2.1`: net6,
			`proto=https; for=217.116.118.254:80`:                "217.116.118.254",
			`for=6.6.6.6, for=217.116.118.254, for=192.0.2.9`:    "217.116.118.254",
			`for=6.6.6.6, for=unknown, for=192.0.2.9`:            "192.0.2.9",
			`for=6.6.6.6, for=_hidden`:                           "192.0.2.1",
			`for=6.6.6.6, proto=https`:                           "192.0.2.1",
			`fort=6.6.6.6`:                                       "192.0.2.1",
			``:                                                   "192.0.2.1",
			`for="6.6.6.6, for=217.116.118.254`:                  "217.116.118.254", // a quote that does not end
		} {
			r := httptest.NewRequest("GET", "https://app.example/", nil)
			r.RemoteAddr = "192.0.2.1:5"
			r.Header.Set("Forwarded", forwarded)
			h([]string{"192.0.2.0/24"}).ServeHTTP(httptest.NewRecorder(), r)
			if got.String() != want {
				t.Errorf("%s: %v, want %s", forwarded, got, want)
			}
			h([]string{"loopback"}).ServeHTTP(httptest.NewRecorder(), r)
			if got.String() != "192.0.2.1" {
				t.Errorf("%s of a stranger: %v", forwarded, got)
			}
		}
	})
	t.Run("several lines", func(t *testing.T) {
		r := httptest.NewRequest("GET", "https://app.example/", nil)
		r.RemoteAddr = "192.0.2.1:5"
		r.Header["X-Forwarded-For"] = []string{"6.6.6.6", "", "217.116.118.254"}
		h([]string{"192.0.2.1"}).ServeHTTP(httptest.NewRecorder(), r)
		if got.String() != "217.116.118.254" {
			t.Errorf("%v", got)
		}
	})
}

// Behind one proxy each visitor has limits of their own.
func TestLimitsAreThoseOfTheVisitor(t *testing.T) {
	proxies, _ := web.ParseProxies([]string{"127.0.0.1"})
	p := serve(t, func(o *web.GuardOptions) { o.Proxies = proxies })
	limit := web.NewLimiter(2)
	p.handle("GET /x", func(w http.ResponseWriter, r *http.Request) error {
		if err := limit.Check(r); err != nil {
			return err
		}
		return ok(w, r)
	})
	for _, visitor := range []string{"203.0.113.1", "203.0.113.2"} {
		for _, want := range []int{200, 200, 429} {
			if a := p.do("GET", "/x", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: "+visitor); a.StatusCode != want {
				t.Errorf("%s: %d, want %d", visitor, a.StatusCode, want)
			}
		}
	}
	p.do("GET", "/x", "X-Forwarded-For: 203.0.113.3, 203.0.113.1").want(t, 429, "rate_limited")
	for range 5 { // a proxy that does not say who its visitors are
		p.do("GET", "/x").want(t, 200, "")
		p.do("GET", "/x", "X-Forwarded-For: unknown").want(t, 200, "")
	}
	p = serve(t) // trusts none
	p.handle("GET /x", func(w http.ResponseWriter, r *http.Request) error { return limit.Check(r) })
	p.do("GET", "/x", "X-Forwarded-For: 203.0.113.3")
	p.do("GET", "/x", "X-Forwarded-For: 203.0.113.4")
	p.do("GET", "/x", "X-Forwarded-For: 203.0.113.5").want(t, 429, "rate_limited")
}

func TestListenSettings(t *testing.T) {
	good := web.ListenSettings{Addr: ":80", MaxConnections: 5000, SocketsPerMember: 3, TrustedProxies: []string{"10.0.0.1", " 10.0.0.0/8 ", "fd00::/8", "::1", "", "fe80::1%eth0"}}
	if o, err := good.Options(); err != nil || len(o.Proxies) != 5 || o.MaxConns != 5000 || o.MaxSocketsPerSubject != 3 {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := (&web.ListenSettings{Addr: ":80", MaxConnections: 1, SocketsPerMember: 1}).Options(); err != nil || len(o.Proxies) != 0 {
		t.Errorf("without proxies %+v, %v", o, err)
	}
	for _, n := range []int{0, -1} { // for a server, none is the default and a negative number no limit
		_, err := (&web.ListenSettings{Addr: ":80", MaxConnections: n, SocketsPerMember: n}).Options()
		if err == nil || !strings.Contains(err.Error(), "--max-connections: ") || !strings.Contains(err.Error(), "--sockets-per-member: ") {
			t.Errorf("%d: %v, want both mistakes", n, err)
		}
	}
	for _, bad := range []string{"proxy.example", "10.0.0.0/33", "10.0.0", "10.0.0.0/8/8", "10.0.0.0-10.0.0.9", "*", "fd00::/129", "fe80::%eth0/10"} {
		s := web.ListenSettings{Addr: "nonsense", TrustedProxies: []string{"10.0.0.1", bad}}
		_, err := s.Options()
		if err == nil || !strings.Contains(err.Error(), "--addr: ") || !strings.Contains(err.Error(), "--trusted-proxies: \""+bad) {
			t.Errorf("%s: %v, want both mistakes", bad, err)
		}
	}
}

// A setting that compose files and unit files leave empty is not set.
func TestEmptyVariablesAreUnset(t *testing.T) {
	for name, value := range map[string]string{"CBTEST_A": "", "CBTEST_B": " \t", "CBTEST_C": "x", "OTHERTEST_A": "", "CBTEST_ZONE_": "", "ZONETEST": ""} {
		t.Setenv(name, value)
	}
	web.UnsetEmpty("CBTEST_", "ZONETEST")
	for name, want := range map[string]bool{"CBTEST_A": false, "CBTEST_B": false, "CBTEST_C": true, "OTHERTEST_A": true, "CBTEST_ZONE_": false, "ZONETEST": false} {
		if _, set := os.LookupEnv(name); set != want {
			t.Errorf("%s set: %v", name, set)
		}
	}
}

// Monitoring that knows only an address gets an answer, and no page of ours.
func TestSomePathsAreServedOnEveryHost(t *testing.T) {
	p := serve(t, append(https, func(o *web.GuardOptions) { o.AnyHost = []string{"/healthz"} })...)
	p.handle("GET /healthz", ok)
	p.handle("POST /healthz", ok)
	p.handle("GET /", ok)
	for _, host := range []string{"10.1.2.3:8080", "localhost", "evil.example", "app.example", "[::1]:8080", "callboard"} {
		p.do("GET", "/healthz", "Host: "+host).want(t, 200, "")
		p.do("HEAD", "/healthz", "Host: "+host).want(t, 200, "")
	}
	if resp := p.raw("GET /healthz HTTP/1.0\r\n\r\n"); resp == nil || resp.StatusCode != 200 {
		t.Errorf("without a host: %v", resp)
	}
	for _, path := range []string{"/", "/healthz/", "/healthzx", "/healthz/../", "//healthz", "/HEALTHZ", "/%2e/healthz"} {
		if a := p.do("GET", path, "Host: evil.example"); a.StatusCode != 421 {
			t.Errorf("%s on another host: %d", path, a.StatusCode)
		}
	}
	p.do("POST", "/healthz", "Host: evil.example").want(t, 421, "bad_host")
}

// The log of a wrong host says what came, what was expected, and what to do.
func TestWrongHostIsExplainedInTheLog(t *testing.T) {
	p := serve(t, https...)
	p.do("GET", "/", "Host: 10.1.2.3:8080").want(t, 421, "bad_host")
	if log := p.log.String(); !strings.Contains(log, `"host":"10.1.2.3:8080"`) || !strings.Contains(log, `"expected":"app.example"`) ||
		!strings.Contains(log, "--public-url") || strings.Contains(log, "proxy_set_header") {
		t.Errorf("%s", log)
	}
	p = serve(t, https...)
	p.do("GET", "/", "Host: "+strings.Repeat("x", 1000), "X-Forwarded-For: 203.0.113.1").want(t, 421, "bad_host")
	if log := p.log.String(); !strings.Contains(log, "proxy_set_header Host") || len(log) > 1500 {
		t.Errorf("behind a proxy: %s", log)
	}
}

// A flood of refused requests is one line a minute for each reason. What members
// do, and what is our fault, is logged one by one.
func TestRefusedStrangersAreSummedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &journal{}
		errs := &web.Errors{Log: log.logger()}
		h := web.Guard(web.GuardOptions{Log: log.logger(), AccessLog: log.logger(), PublicURL: appURL}, errs.Handle(func(w http.ResponseWriter, r *http.Request) error {
			switch r.URL.Path {
			case "/member":
				web.Identified(r, "")
				return web.Fault{Status: 403, Code: "not_yours"}
			case "/broken":
				return errors.New("broken")
			case "/sign-in":
				web.Refused(r, "unauthenticated")
				return web.Redirect(w, r, "/login")
			case "/good":
				return ok(w, r)
			case "/plain":
				w.WriteHeader(404)
				return nil
			}
			return fmt.Errorf("%w: the reason", web.Fault{Status: 401, Code: "unauthenticated"})
		}))
		send := func(host, path string) {
			r := httptest.NewRequest("GET", path, nil)
			r.Host, r.RemoteAddr = host, "203.0.113.1:1"
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		lines := func() []string {
			synctest.Wait()
			all := strings.Split(strings.TrimSpace(log.String()), "\n")
			log.mu.Lock()
			log.buf.Reset()
			log.mu.Unlock()
			return all
		}
		for range 1000 {
			send("app.example", "/x")
			send("app.example", "/sign-in")
			send("evil.example", "/x")
			send("app.example", "/plain")
		}
		first := lines()
		if len(first) != 3 || !strings.Contains(first[0], "the reason") || !strings.Contains(first[0], `"count":1,`) || !strings.Contains(first[0], `"ip":"203.0.113.1"`) {
			t.Errorf("at once:\n%s", strings.Join(first, "\n"))
		}
		time.Sleep(time.Minute)
		counts := strings.Join(lines(), "\n")
		for _, want := range []string{`"code":"unauthenticated","count":1999,`, `"code":"bad_host","count":999,`, `"code":"Not Found","count":999,`} {
			if !strings.Contains(counts, want) {
				t.Errorf("after a minute there is no %s in\n%s", want, counts)
			}
		}
		time.Sleep(10 * time.Minute)
		if quiet := lines(); quiet[0] != "" {
			t.Errorf("a quiet time: %q", quiet)
		}
		send("app.example", "/x")
		if again := lines(); len(again) != 1 || !strings.Contains(again[0], `"count":1,`) {
			t.Errorf("after the quiet time: %q", again)
		}
		for _, path := range []string{"/member", "/broken", "/good"} {
			for range 3 {
				send("app.example", path)
			}
			if n, want := len(lines()), map[string]int{"/member": 6, "/broken": 6, "/good": 3}[path]; n != want {
				t.Errorf("%s: %d lines, want %d", path, n, want)
			}
		}
		time.Sleep(2 * time.Minute)
	})
}

func TestParsePublicURL(t *testing.T) {
	for _, s := range []string{"https://app.example", "https://app.example/", "https://App.example:8443", "http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:8080"} {
		if _, err := web.ParsePublicURL(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "app.example", "http://app.example", "http://192.168.1.1", "https://", "https://:443", "https://a@b", "https://app.example/x", "https://app.example?x", "https://app.example/#x", "ftp://app.example", "https://app.example?", "%"} {
		if _, err := web.ParsePublicURL(s); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one line", s, err)
		}
	}
}

// A public URL with an umlaut is that of its ASCII form, which is what browsers
// send as Host and Origin.
func TestPublicURLWithUmlaut(t *testing.T) {
	for in, want := range map[string]string{
		"https://büro.example":        "https://xn--bro-hoa.example",
		"https://BÜRO.Example:8443/":  "https://xn--bro-hoa.example:8443",
		"https://bu\u0308ro.example":  "https://xn--bro-hoa.example",
		"https://b%C3%BCro.example":   "https://xn--bro-hoa.example",
		"https://xn--bro-hoa.example": "https://xn--bro-hoa.example",
		"https://straße.example":      "https://xn--strae-oqa.example",
		"https://telefon.москва":      "https://telefon.xn--80adxhks",
		"https://calls_1.example":     "https://calls_1.example",
		"https://[2001:db8::1]:8443":  "https://[2001:db8::1]:8443",
		"https://ｃａｌｌｓ.example":       "https://calls.example",
	} {
		u, err := web.ParsePublicURL(in)
		if err != nil || u.String() != want {
			t.Errorf("%s: %v, %v; want %s", in, u, err, want)
		}
	}
	for _, bad := range []string{"https://bü ro.example", "https://ü-.example", "https://\u202eü.example", "https://" + strings.Repeat("ü", 80) + ".example"} {
		if u, err := web.ParsePublicURL(bad); err == nil {
			t.Errorf("%q: %v", bad, u)
		}
	}
	public, _ := web.ParsePublicURL("https://büro.example")
	p := serve(t, func(o *web.GuardOptions) { o.PublicURL = public })
	p.handle("POST /x", ok)
	p.do("POST", "/x", "Host: xn--bro-hoa.example", "Origin: ", "Origin: https://xn--bro-hoa.example").want(t, 200, "")
	p.do("GET", "/x", "Host: XN--BRO-HOA.example:443").want(t, 405, "method_not_allowed")
	p.do("POST", "/x", "Host: buro.example").want(t, 421, "bad_host")
	p.do("POST", "/x", "Host: xn--bro-hoa.example", "Origin: ", "Origin: https://buro.example").want(t, 403, "bad_origin")
}

func TestLimiter(t *testing.T) {
	l := web.NewLimiter(20)
	r := httptest.NewRequest("GET", "/login", nil)
	r.RemoteAddr = "192.0.2.1:1"
	for i := range 20 {
		if err := l.Check(r); err != nil {
			t.Fatalf("attempt %d: %v", i+1, err)
		}
	}
	if f, ok := errors.AsType[web.Fault](l.Check(r)); !ok || f.Status != 429 || f.Code != "rate_limited" || f.RetryAfter <= 0 {
		t.Errorf("attempt 21: %v", f)
	}
	r.RemoteAddr = "192.0.2.2:1"
	if err := l.Check(r); err != nil {
		t.Errorf("another address: %v", err)
	}
	for i := range 20_000 { // bounded: it goes on
		r.RemoteAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 1).String()
		if err := l.Check(r); err != nil {
			t.Fatal(err)
		}
	}
}
