package main

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	// Most tests wait for something most of the time.
	flag.Parse()
	if err := flag.Set("test.parallel", "3"); err != nil {
		panic(err)
	}
	code := m.Run()
	stopShared()
	if dir, err := built(); err == nil && dir != "" {
		os.RemoveAll(filepath.Dir(dir))
	}
	os.Exit(code)
}

// built is the program, built once, in a directory without anything else.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "callboard-test-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "callboard")
	out, err := exec.Command("go", "build", "-o", name, ".").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return name, nil
})

// A process is the program as an administrator runs it.
type process struct {
	t   testing.TB
	cmd *exec.Cmd
	log lockedBuffer
}

// launch runs the built program alone in an empty directory.
func launch(t testing.TB, dir string, args ...string) *process {
	t.Helper()
	name, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(name, args...)}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.log, &p.log
	p.cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir, "PATH=/nonexistent"}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		if t.Failed() {
			t.Logf("%v:\n%s", args, p.log.tail(4000))
		}
	})
	return p
}

// end asks the program to stop and reports how it did.
func (p *process) end(signal os.Signal) error {
	p.cmd.Process.Signal(signal)
	return p.cmd.Wait()
}

// The program needs nothing but itself: no files, no shell, no network.
func TestAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	addr, simAddr := freeAddr(t), freeAddr(t)
	demo := launch(t, dir, "demo", "-addr", addr, "-simulator-addr", simAddr)
	s := &stack{t: t, url: "http://" + addr, simulator: "http://" + simAddr}
	s.await(s.url + "/healthz")
	checkPage(t, s)
	v := s.visitor(t, 0)
	s.eventually("calls on the board", func() bool { return len(v.rows()) > 0 })
	if err := demo.end(os.Interrupt); err != nil {
		t.Errorf("demo: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("the demo left %v", left)
	}
	serve := launch(t, dir, "-addr", addr, "-public-url", s.url, "-client-id", "id", "-client-secret", "secret")
	s.await(s.url + "/healthz")
	checkPage(t, s)
	second := launch(t, dir, "-addr", freeAddr(t), "-public-url", s.url, "-client-id", "id", "-client-secret", "secret")
	if err := second.cmd.Wait(); err == nil || !strings.Contains(second.log.tail(500), "in use by pid") {
		t.Errorf("F37: a second process on the same data: %v %s", err, second.log.tail(500))
	}
	if err := serve.end(os.Interrupt); err != nil {
		t.Errorf("serve: %v", err)
	}
}

var asset = regexp.MustCompile(`(?:href|src)="(/static/[^"#]+)"`)

// checkPage gets the first page and everything it is made of.
func checkPage(t *testing.T, s *stack) {
	t.Helper()
	for lang, word := range map[string]string{"de": "Mit sipgate anmelden", "en": "Sign in with sipgate"} {
		req, err := http.NewRequest("GET", s.url+"/login", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Language", lang)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var page bytes.Buffer
		page.ReadFrom(resp.Body)
		resp.Body.Close()
		if !strings.Contains(page.String(), word) {
			t.Errorf("no %q on the sign-in page", word)
		}
		found := asset.FindAllStringSubmatch(page.String(), -1)
		if len(found) < 4 {
			t.Errorf("only %d files in the page", len(found))
		}
		for _, m := range found {
			if len(s.get(s.url+m[1])) == 0 {
				t.Errorf("%s is empty", m[1])
			}
		}
	}
}

// Sessions, grants and announcements are there after a kill -9: nobody has to
// sign in again, and the board is live.
func TestKill(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.stop()
	process := launch(t, s.data, s.args...)
	s.await(s.url + "/healthz")
	v := s.visitor(t, 0)
	v.upload("Closed today.wav", toneWAV(440, 1))
	process.end(os.Kill)

	s.start()
	s.ring("+4930555009", "w0", "established")
	s.eventually("the call, seen with the grant from before", func() bool { return len(v.rows()) == 1 })
	_, page := v.get("/announcements")
	src := regexp.MustCompile(`/announcements/[^/"]+/audio`).FindString(page)
	if !strings.Contains(page, "Closed today") || src == "" {
		t.Fatalf("the announcement is gone: %s", page)
	}
	if status, wav := v.get(src); status != http.StatusOK || len(wav) != 44+2*8000 {
		t.Errorf("its sound: %d, %d bytes", status, len(wav))
	}
	var state struct{ RefreshReuse int }
	s.control("GET", "state", nil, &state)
	if state.RefreshReuse != 0 {
		t.Errorf("a refresh token was used twice")
	}
}

// All mistakes are told at once, each in a line that names its flag.
func TestSettings(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{}, []string{"-public-url: is needed", "-client-id: is needed", "-client-secret: is needed"}},
		{[]string{"-public-url", "http://calls.example.com", "-api", "api.sipgate.com", "-login", "http://login.example.com", "-addr", "8080", "-country", "Germany",
			"-push-key-file", "/nonexistent", "-recording-origin", "ftp://x"},
			[]string{"-public-url:", "-api:", "-login:", "-addr:", "-country:", "-push-key-file:", "-recording-origin:", "-client-id:", "-client-secret:"}},
		{[]string{"-public-url", "https://calls.example.com/path", "-client-id", "x", "-client-secret", "y", "-client-secret-file", "z"},
			[]string{"-public-url:", "-client-secret: is given twice"}},
		{[]string{"-public-url", "https://calls.example.com", "-client-id", "x", "-client-secret", "y", "-announcement-files", "0", "-announcement-megabytes", "0", "-announcement-level=loud"},
			[]string{"-announcement-files:", "-announcement-megabytes:", "-announcement-level: \"loud\""}},
		{[]string{"-nonsense"}, []string{"nonsense"}},
		{[]string{"simulator", "-addr", "0.0.0.0:18090"}, []string{"loopback"}},
		{[]string{"simulator", "-script", "circus"}, []string{"office"}},
	} {
		err := run(t.Context(), c.args, &bytes.Buffer{}, &bytes.Buffer{})
		if err == nil {
			t.Errorf("%v was taken", c.args)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(c.want) {
			t.Errorf("%v: %d mistakes, want %d:\n%v", c.args, len(lines), len(c.want), err)
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v: %q is not in\n%v", c.args, w, err)
			}
		}
	}
}

// The help names every setting with its variable, and the README has them all.
func TestHelp(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, command := range []string{"serve", "demo", "simulator"} {
		var help bytes.Buffer
		if err := run(t.Context(), []string{command, "-h"}, &help, &help); err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`--([a-z][a-z-]+)[ =]`).FindAllStringSubmatch(help.String(), -1) {
			variable := "CALLBOARD_" + strings.ToUpper(strings.ReplaceAll(m[1], "-", "_"))
			if m[1] == "help" {
				continue
			}
			n++
			if !strings.Contains(help.String(), variable) {
				t.Errorf("%s -h does not name %s", command, variable)
			}
			if !bytes.Contains(readme, []byte("`-"+m[1]+"`")) || !bytes.Contains(readme, []byte(variable)) {
				t.Errorf("README.md does not explain -%s and %s", m[1], variable)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d settings found", n)
	}
}

// A setting can come from the environment, and a secret from a file.
func TestEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret, err := secretOf("", file)
	if err != nil || secret != "from a file" {
		t.Errorf("secret %q, %v", secret, err)
	}
	t.Setenv("CALLBOARD_PUBLIC_URL", "ftp://from.the.environment")
	err = run(t.Context(), []string{"-client-id", "x", "-client-secret-file", file}, &bytes.Buffer{}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "from.the.environment") || strings.Contains(err.Error(), "client") {
		t.Errorf("CALLBOARD_PUBLIC_URL: %v", err)
	}
}
