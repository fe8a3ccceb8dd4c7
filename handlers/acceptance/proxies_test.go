package acceptance

import (
	"bytes"
	"html"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// A reverseProxy is one that there is an example for.
type reverseProxy struct {
	program, example string
	plain            func(example, public, backend, dir string) string // the example without TLS, for these addresses
	args             func(file string) []string

	// visitor is who made a request that says it comes from 203.0.113.9: nginx
	// and Apache believe a client on this machine, Caddy believes none.
	visitor string
}

var reverseProxies = map[string]reverseProxy{
	"nginx": {"nginx", "deploy/nginx/callboard.conf", func(example, public, backend, dir string) string {
		example = regexp.MustCompile(`(?s)server \{\s+listen 80;.*?\n\}\n`).ReplaceAllString(example, "")
		example = regexp.MustCompile(`(?m)^ +(listen \[::\]:443|ssl_).*\n`).ReplaceAllString(example, "")
		example = strings.NewReplacer("listen 443 ssl", "listen "+public, "server_name calls.example.com", "server_name 127.0.0.1", "127.0.0.1:8080", backend).Replace(example)
		return "daemon off;\npid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\nclient_body_temp_path " + dir + "/body;\nproxy_temp_path " + dir + "/proxy;\n" +
			"fastcgi_temp_path " + dir + "/f;\nuwsgi_temp_path " + dir + "/u;\nscgi_temp_path " + dir + "/s;\n" + example + "}\n"
	}, func(file string) []string { return []string{"-c", file, "-e", "stderr"} }, "203.0.113.9"},
	"Caddy": {"caddy", "deploy/caddy/Caddyfile", func(example, public, backend, _ string) string {
		return "{\n\tadmin off\n}\n" + strings.NewReplacer("calls.example.com", "http://"+public, "127.0.0.1:8080", backend).Replace(example)
	}, func(file string) []string { return []string{"run", "--adapter", "caddyfile", "--config", file} }, "127.0.0.1"},
	"Apache": {"apache2", "deploy/apache/callboard.conf", func(example, public, backend, dir string) string {
		example = regexp.MustCompile(`(?m)^ +SSL.*\n`).ReplaceAllString(example, "")
		head := "ServerName 127.0.0.1\nErrorLog /dev/stderr\nPidFile " + dir + "/pid\nListen " + public + "\n"
		for _, module := range []string{"mpm_event", "authz_core", "proxy", "proxy_http"} {
			head += "LoadModule " + module + "_module /usr/lib/apache2/modules/mod_" + module + ".so\n"
		}
		return head + strings.NewReplacer("*:443", public, "127.0.0.1:8080", backend).Replace(example)
	}, func(file string) []string { return []string{"-D", "FOREGROUND", "-f", file} }, "203.0.113.9"},
}

// Behind a reverse proxy that is set up as its example says, pages, the feed and
// uploads work, and the log has the visitor's address.
func TestBehindReverseProxies(t *testing.T) {
	for name, proxy := range reverseProxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBehind(t, proxy, nil)
			s.PushEvents()

			v := s.SignIn(t, 0)
			heard := v.Listen(t)
			s.Ring("+4930555123", "w0", "ringing")
			s.Eventually("the call in the feed", func() bool { return strings.Contains(heard(), "+49 30 555123") })
			v.Upload("Long.wav", harness.ToneWAV(440, 60)) // megabytes
			if page := v.Page("/announcements"); !strings.Contains(page, "Long") {
				t.Error("the announcement is missing")
			}
			v.Send("GET", s.URL+"/history", "", nil, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.9") })
			line := regexp.MustCompile(`path=/history status=200 .* ip=(\S+)`)
			s.Eventually("the request in the log", func() bool { return line.MatchString(s.Log(1 << 16)) })
			if got := line.FindStringSubmatch(s.Log(1 << 16))[1]; got != proxy.visitor {
				t.Errorf("the visitor has the address %s, want %s", got, proxy.visitor)
			}
		})
	}
}

// newBehind starts a dashboard behind a reverse proxy that is set up as its example
// says, without the lines that match a pattern.
func newBehind(t *testing.T, proxy reverseProxy, without *regexp.Regexp) *harness.Stack {
	t.Helper()
	if _, err := exec.LookPath(proxy.program); err != nil && os.Getenv("CALLBOARD_DEPLOY_TESTS") != "required" {
		t.Skipf("%s is not installed", proxy.program)
	}
	example, err := os.ReadFile(harness.File(t, proxy.example))
	if err != nil {
		t.Fatal(err)
	}
	if without != nil {
		if !without.Match(example) {
			t.Fatalf("%s has no line %s", proxy.example, without)
		}
		example = without.ReplaceAll(example, nil)
	}
	s := harness.NewSimulator(t)
	s.Data = t.TempDir()
	s.Args = s.ServeArgs(s.Simulator)
	backend, dir := harness.FreeAddr(t), t.TempDir()
	for i, arg := range s.Args {
		if arg == "-addr" {
			s.Args[i+1] = backend
		}
	}
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(proxy.plain(string(example), s.URL[len("http://"):], backend, dir)), 0o644); err != nil {
		t.Fatal(err)
	}
	runProxy(t, proxy, dir, file)
	s.StartIn(s.Data)
	return s
}

// A reverse proxy whose settings lack a line of its example is recognised. The log, and
// the status page if there is one, name the line.
func TestWrongReverseProxiesAreRecognised(t *testing.T) {
	for name, c := range map[string]struct {
		proxy, without string
		message, line  string
	}{
		"nginx without upgrades":  {"nginx", `(?m)^ +proxy_set_header (Upgrade|Connection) .*\n`, "reverse proxy drops upgrades to websockets", "proxy_set_header Upgrade $http_upgrade;"},
		"Apache without upgrades": {"Apache", ` upgrade=websocket`, "reverse proxy drops upgrades to websockets", "upgrade=websocket"},
		"nginx without Host":      {"nginx", `(?m)^ +proxy_set_header Host .*\n`, "reverse proxy changes the header Host", "proxy_set_header Host $http_host;"},
		"Apache without Host":     {"Apache", `(?m)^ +ProxyPreserveHost .*\n`, "reverse proxy changes the header Host", "ProxyPreserveHost On"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBehind(t, reverseProxies[c.proxy], regexp.MustCompile(c.without))
			if strings.HasSuffix(name, "Host") {
				for range 3 {
					if resp := s.Anonymous(t).Send("GET", s.URL+"/", "", nil); resp.StatusCode != http.StatusMisdirectedRequest {
						t.Errorf("the first page: %s", resp.Status)
					}
				}
			} else {
				v := s.SignIn(t, 0)
				v.Send("GET", s.URL+"/feed", "", nil, func(r *http.Request) {
					for _, h := range []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="} {
						name, value, _ := strings.Cut(h, ": ")
						r.Header.Set(name, value)
					}
				})
				s.Eventually("the warning on the status page", func() bool { return strings.Contains(html.UnescapeString(v.Page("/status")), c.line) })
			}
			s.Eventually("the warning", func() bool { return strings.Contains(s.Log(1<<16), c.message) })
			if log := s.Log(1 << 16); strings.Count(log, c.message) != 1 ||
				strings.Count(log, `msg="reverse proxy`) != 1 || !strings.Contains(log, c.line) {
				t.Errorf("not one warning with %q:\n%s", c.line, log)
			}
		})
	}
}

// runProxy runs a reverse proxy until the test ends.
func runProxy(t *testing.T, proxy reverseProxy, dir, file string) {
	t.Helper()
	var log bytes.Buffer
	cmd := exec.Command(proxy.program, proxy.args(file)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", proxy.program, log.String())
		}
	})
}
