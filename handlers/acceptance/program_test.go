package acceptance

import (
	"bytes"
	"debug/elf"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// The program needs no other file, no shell and no network.
func TestProgramNeedsNothingButItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := harness.NewDemoIn(t, dir)
	checkSignInPage(t, s)
	v := s.SignIn(t, 0)
	s.Eventually("calls on the board", func() bool { return len(v.Rows()) > 0 })
	s.Stop()
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 0 {
		t.Errorf("the demo left %v %v", left, err)
	}
	addr := strings.TrimPrefix(s.URL, "http://")
	s.Args = []string{"-addr", addr, "-public-url", s.URL, "-client-id", "id", "-client-secret", "secret"}
	s.Start()
	checkSignInPage(t, s)
	second := harness.Launch(t, dir, "-addr", harness.FreeAddr(t), "-public-url", s.URL, "-client-id", "id", "-client-secret", "secret")
	if err := second.Wait(); err == nil || !strings.Contains(second.Log(500), "in use by pid") {
		t.Errorf("a second process on the same data: %v %s", err, second.Log(500))
	}
	s.Stop()
}

// The program is one file that loads no other, so that it runs in an empty
// container.
func TestProgramIsStatic(t *testing.T) {
	f, err := elf.Open(harness.PlainProgram(t))
	if err != nil {
		t.Skip("not an ELF file: ", err)
	}
	defer f.Close()
	if libraries, err := f.ImportedLibraries(); err != nil || len(libraries) != 0 {
		t.Errorf("it needs %v, %v", libraries, err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it needs a dynamic linker")
		}
	}
}

// The program survives a closed log pipe and a hang-up of its terminal. A stop
// signal ends it in good order afterwards.
func TestNoSuddenDeath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	addr := harness.FreeAddr(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(harness.Program(t), "serve", "-addr", addr, "-public-url", "http://"+addr, "-client-id", "id", "-client-secret", "secret", "-data", dir)
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	write.Close()
	harness.Eventually(t, "answer", func() bool { return harness.Answers("http://" + addr + "/readyz") })
	read.Close()
	cmd.Process.Signal(syscall.SIGHUP)
	for range 20 { // each writes a line
		if !harness.Answers("http://" + addr + "/readyz") {
			t.Fatal("the program has ended")
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// The numbers of simulated accounts and users are checked. The variable of the
// dashboard's accounts, which has another meaning, does not disturb them.
func TestSizeOfTheSimulation(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"demo", "simulator"} {
		for flag, variable := range map[string]string{"--accounts": "CALLBOARD_SIMULATED_ACCOUNTS", "--users": "CALLBOARD_SIMULATED_USERS"} {
			for _, env := range [][]string{nil, {variable + "=501"}} {
				args := []string{command}
				if env == nil {
					args = append(args, flag, "501")
				}
				if _, stderr, status := harness.Run(t, env, args...); status == 0 || !strings.Contains(stderr, flag) || !strings.Contains(stderr, "to 500") {
					t.Errorf("%v %v: status %d, %s", env, args, status, stderr)
				}
			}
		}
	}
	if _, stderr, status := harness.Run(t, []string{"CALLBOARD_ACCOUNTS=2814711,any", "CALLBOARD_USERS=none"}, "version"); status != 0 {
		t.Errorf("with the dashboard's variable: status %d, %s", status, stderr)
	}
}

// The log says which secrets others can read. Those that Docker or Kubernetes
// mounts, which cannot be kept more private, are accepted.
func TestReadableSecretsAreSaid(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make what Docker mounts")
	}
	dir := t.TempDir()
	key, secret := filepath.Join(dir, "key-file"), filepath.Join(dir, "client-secret")
	write := func(name, text string, mode os.FileMode) {
		os.Remove(name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chmod(name, mode)
	}
	const random = "2IgoZGi6PDQoSeQ5hZCwL3V4nQ9wkN2kPVYh3GkYw8c="
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o440: true, 0o444: true, 0o640: false, 0o644: false, 0o660: false, 0o666: false} {
		write(key, random, mode)
		write(secret, "secret", mode)
		// The address cannot be listened on, so the program ends by itself.
		_, stderr, status := harness.Run(t, nil, "serve", "-addr", "192.0.2.1:1", "-public-url", "http://localhost:1", "-client-id", "id",
			"-client-secret-file", secret, "-key-file", key, "-data", filepath.Join(dir, "data"))
		if refused := strings.Contains(stderr, "others can read it"); status == 0 || refused == ok || ok && !strings.Contains(stderr, "192.0.2.1:1") {
			t.Errorf("mode %o: %s", mode, stderr)
		}
		for _, name := range []string{key, secret} {
			if warned := strings.Contains(stderr, "others can read a secret\" file="+name); warned != (mode&0o077 != 0) {
				t.Errorf("mode %o: said of %s: %v\n%s", mode, name, warned, stderr)
			}
		}
		if strings.Contains(stderr, random) {
			t.Error("the key is in the log")
		}
	}
}

var asset = regexp.MustCompile(`(?:href|src)="(/static/[^"#]+)"`)

// checkSignInPage gets the sign-in page in both languages, and all that it
// loads.
func checkSignInPage(t *testing.T, s *harness.Stack) {
	t.Helper()
	for lang, word := range map[string]string{"de": "Mit sipgate anmelden", "en": "Sign in with sipgate"} {
		req, err := http.NewRequest("GET", s.URL+"/login", nil)
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
			if len(s.Get(s.URL+m[1])) == 0 {
				t.Errorf("%s is empty", m[1])
			}
		}
	}
}

// Sessions, grants and announcements survive a kill -9: members stay signed in
// and the board is live.
func TestDataSurvivesKill(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	v := s.SignIn(t, 0)
	v.Upload("Closed today.wav", harness.ToneWAV(440, 1))
	s.Kill()

	s.Start()
	s.Ring("+4930555009", "w0", "established")
	s.Eventually("the call, seen with the grant from before", func() bool { return len(v.Rows()) == 1 })
	_, page := v.Get("/announcements")
	src := regexp.MustCompile(`/announcements/[^/"]+/audio`).FindString(page)
	if !strings.Contains(page, "Closed today") || src == "" {
		t.Fatalf("the announcement is gone: %s", page)
	}
	if status, wav := v.Get(src); status != http.StatusOK || len(wav) != 44+2*8000 {
		t.Errorf("its sound: %d, %d bytes", status, len(wav))
	}
	var state struct{ RefreshReuse int }
	s.Control("GET", "state", nil, &state)
	if state.RefreshReuse != 0 {
		t.Errorf("a refresh token was used twice")
	}
}

// All mistakes in the settings are reported at once, each in a line that names
// its flag.
func TestAllMistakesInSettingsAreReported(t *testing.T) {
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
		{[]string{"-public-url", "https://calls.example.com", "-client-id", "x", "-client-secret", "y", "-audit-days", "0", "-journal-days", "0", "-note-days=-1",
			"-announcement-days=-1", "-backup-keep", "0", "-tls-cert", "only.pem", "-timezone", "Mars", "-accounts", "w0"},
			[]string{"-audit-days:", "-journal-days:", "-note-days:", "-announcement-days:", "-backup-keep:", "-tls-", "-timezone:", "-accounts:"}},
		{[]string{"-nonsense"}, []string{"nonsense"}},
		{[]string{"simulator", "-addr", "0.0.0.0:18090"}, []string{"loopback"}},
		{[]string{"simulator", "-script", "circus"}, []string{"office"}},
	} {
		_, stderr, status := harness.Run(t, nil, c.args...)
		if status != 1 {
			t.Errorf("%v: exit status %d", c.args, status)
			continue
		}
		lines := strings.Split(strings.TrimSpace(stderr), "\n")
		if len(lines) != len(c.want) {
			t.Errorf("%v: %d mistakes, want %d:\n%v", c.args, len(lines), len(c.want), stderr)
		}
		for _, w := range c.want {
			if !strings.Contains(stderr, w) {
				t.Errorf("%v: %q is not in\n%v", c.args, w, stderr)
			}
		}
	}
}

// The help names every setting with its variable, and so does the manual:
// README.md and the pages of docs.
func TestHelpAndManualNameEverySetting(t *testing.T) {
	pages, err := filepath.Glob(harness.File(t, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var manual []byte
	for _, page := range append(pages, harness.File(t, "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		manual = append(manual, text...)
	}
	n := 0
	for _, command := range []string{"serve", "demo", "simulator"} {
		help, stderr, status := harness.Run(t, nil, command, "-h")
		if status != 0 || stderr != "" {
			t.Fatalf("%s -h: status %d, %s", command, status, stderr)
		}
		for _, m := range regexp.MustCompile(`--([a-z][a-z-]+)[ =]`).FindAllStringSubmatch(help, -1) {
			variable := "CALLBOARD_" + strings.ToUpper(strings.ReplaceAll(m[1], "-", "_"))
			switch {
			case m[1] == "help":
				continue
			case command != "serve" && (m[1] == "accounts" || m[1] == "users"): // how many are simulated, not which may sign in
				variable = "CALLBOARD_SIMULATED_" + strings.ToUpper(m[1])
			}
			n++
			if !strings.Contains(help, variable) {
				t.Errorf("%s -h does not name %s", command, variable)
			}
			if !bytes.Contains(manual, []byte("`--"+m[1]+"`")) || !bytes.Contains(manual, []byte(variable)) {
				t.Errorf("the manual does not explain --%s and %s", m[1], variable)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d settings found", n)
	}
}

// A setting can come from the environment.
func TestSettingsFromEnvironment(t *testing.T) {
	file := secretFile(t, "from a file")
	_, stderr, status := harness.Run(t, []string{"CALLBOARD_PUBLIC_URL=ftp://from.the.environment"}, "-client-id", "x", "-client-secret-file", file)
	if status != 1 || !strings.Contains(stderr, "from.the.environment") || strings.Contains(stderr, "client") {
		t.Errorf("CALLBOARD_PUBLIC_URL: status %d %s", status, stderr)
	}
	// What a compose file leaves empty is not set: the defaults count.
	empty := []string{"CALLBOARD_AUDIT_DAYS=", "CALLBOARD_ANNOUNCEMENT_FILES= ", "CALLBOARD_LOG=", "CALLBOARD_KEY=", "CALLBOARD_TRUSTED_PROXIES=",
		"CALLBOARD_COUNTRY=", "CALLBOARD_API=", "CALLBOARD_REALM=", "CALLBOARD_REQUIRE_ID_TOKEN=", "CALLBOARD_CLIENT_SECRET=", "TZ="}
	_, stderr, status = harness.Run(t, empty, "-public-url", "ftp://x", "-client-id", "x", "-client-secret-file", file)
	if lines := strings.Count(stderr, "\n"); status != 1 || lines != 1 || !strings.Contains(stderr, "--public-url") {
		t.Errorf("empty variables: status %d %s", status, stderr)
	}
}

// A secret can come from a file, in which a line end does not count.
func TestSecretFromFile(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	s.Stop()
	at := slices.Index(s.Args, "-client-secret")
	s.Args = slices.Replace(s.Args, at, at+2, "-client-secret-file", secretFile(t, s.Args[at+1]))
	s.Start()
	v := s.SignIn(t, 0) // sipgate takes the secret
	if status, _ := v.Get("/"); status != http.StatusOK {
		t.Errorf("the board: %d", status)
	}
}

// secretFile writes a secret as an editor does.
func secretFile(t *testing.T, secret string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
