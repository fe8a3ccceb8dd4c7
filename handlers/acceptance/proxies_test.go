package acceptance

import (
	"bytes"
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
			if _, err := exec.LookPath(proxy.program); err != nil && os.Getenv("CALLBOARD_DEPLOY_TESTS") != "required" {
				t.Skipf("%s is not installed", proxy.program)
			}
			example, err := os.ReadFile(harness.File(t, proxy.example))
			if err != nil {
				t.Fatal(err)
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
