package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// listsBy counts the lists of calls that a user got with a kind of credential.
func listsBy(s *harness.Stack, user, kind string) (n int) {
	s.T.Helper()
	for _, r := range s.RequestLog() {
		if r.Path == "/v2/calls" && r.Method == "GET" && r.User == user && r.Auth == kind && r.Status == 200 {
			n++
		}
	}
	return n
}

// serviceArgs returns the settings of a service account that is user n of
// account a.
func serviceArgs(s *harness.Stack, a, n int, password bool) []string {
	s.T.Helper()
	var state struct {
		Accounts []struct {
			ID    string
			Users []struct{ ID, Username, Password string }
		}
		Tokens []struct{ Account, User, TokenID, Token string } `json:"personalAccessTokens"`
	}
	s.Control("GET", "state", nil, &state)
	u := state.Accounts[a].Users[n]
	if password {
		return []string{"-service-user", u.Username, "-service-password", u.Password}
	}
	for _, t := range state.Tokens {
		if t.Account == state.Accounts[a].ID && t.User == u.ID {
			return []string{"-service-token-id", t.TokenID, "-service-token", t.Token}
		}
	}
	s.T.Fatal("no token")
	return nil
}

// While no member is signed in, calls are watched through the service account
// only. A member who signs in finds them with their start times.
func TestServiceAccountWatches(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		password bool
		kind     string
	}{"token": {false, "basic"}, "password": {true, "bearer"}} {
		t.Run(name, func(t *testing.T) {
			s := harness.New(t, "-visibility", "account")
			if n := len(s.RequestLog()); n != 0 {
				t.Fatalf("%d requests without members and service account", n)
			}
			id := s.Ring("+4930555020", "w1", "established")
			s.Restart(serviceArgs(s, 0, 0, tt.password)...)
			s.Eventually("a list", func() bool { return listsBy(s, "w0", tt.kind) == 1 })
			s.Eventually("its names", func() bool { return s.Requests("GET", "/v2/contacts") > 0 })
			if warned := strings.Contains(s.Log(8000), "personal access token"); warned != tt.password {
				t.Errorf("warned of the password: %v", warned)
			}
			for _, r := range s.RequestLog() {
				if r.Method != "GET" && !strings.HasSuffix(r.Path, "/token") || r.Account == "2390015" {
					t.Errorf("the service account did %+v", r)
				}
			}

			v := s.SignIn(t, 1)
			s.Eventually("the call", func() bool { return len(v.Rows()) == 1 })
			row := v.Rows()[0]
			if status, _, _ := v.Command("/calls/"+row+"/hold", `{"value":true,`+harness.ActionID()+`}`); status >= 300 {
				t.Fatalf("hold: %d", status)
			}
			s.Eventually("hold", func() bool { return s.Call(id).Hold })
			for _, r := range s.RequestLog() {
				if r.Method == "PUT" && (r.Auth != "bearer" || r.User != "w1") {
					t.Errorf("the command went through %s of %s", r.Auth, r.User)
				}
			}
			checkNotAMember(s, t)

			// The row outlives those who look at it.
			if resp := v.Send("POST", s.URL+"/logout", "", nil); resp.StatusCode >= 400 {
				t.Fatalf("sign-out: %s", resp.Status)
			}
			again := s.SignIn(t, 1)
			s.Eventually("the call again", func() bool { rows := again.Rows(); return len(rows) == 1 && rows[0] == row })
			s.Stop()
			if strings.Contains(s.Log(1<<20), "demo-anna") {
				t.Error("the password is in the log")
			}
		})
	}
}

var signedIn = regexp.MustCompile(`(Members signed in|Angemeldete Mitglieder)</dt>\s*<dd[^>]*>\s*2\s*<`)

// checkNotAMember checks that no page lists the service account as a member.
func checkNotAMember(s *harness.Stack, t *testing.T) {
	t.Helper()
	admin := s.SignIn(t, 0)
	if status, page := admin.Get("/team"); status != 200 || strings.Contains(page, "Service account") || strings.Contains(page, "/team/service") {
		t.Errorf("the team page (%d) shows the service account", status)
	}
	status, page := admin.Get("/status")
	if status != 200 || !signedIn.MatchString(page) {
		t.Errorf("the status page (%d) does not count two people", status)
	}
}

// A service account that sipgate refuses is logged once and not tried again;
// the dashboard works without it.
func TestServiceAccountRefused(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	for name, args := range map[string][]string{
		"token":    {"-service-token-id", "token-XXXXXX", "-service-token", "SENTINEL-wrong"},
		"password": {"-service-user", "anna.bergmann@lindenhof.example", "-service-password", "SENTINEL-wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			s.Restart(args...)
			s.Eventually("a line in the log", func() bool { return strings.Contains(s.Log(8000), "sipgate refuses the service account") })
			v := s.SignIn(t, 1)
			s.Ring("+4930555021", "w1", "established")
			s.Eventually("the call", func() bool { return len(v.Rows()) > 0 })
			refused := 0
			for _, r := range s.RequestLog() {
				if r.Status == 401 {
					refused++
				}
			}
			if refused != 1 {
				t.Errorf("%d requests with what is refused", refused)
			}
			s.Stop()
			if log := s.Log(1 << 20); strings.Count(log, "refuses the service account") != 1 || strings.Contains(log, "SENTINEL") {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}

// The dashboard starts although sipgate does not answer, and does not watch
// through a service account of an account that is not allowed.
func TestServiceAccountThatCannotWatch(t *testing.T) {
	s := harness.New(t)
	s.Control("POST", "faults", map[string]any{"do": "status", "status": 503, "path": "/v2/authorization/userinfo"}, nil)
	s.Restart(serviceArgs(s, 0, 0, false)...)
	s.Eventually("a line in the log", func() bool { return strings.Contains(s.Log(8000), "service account does not watch") })
	s.Stop()
	s.Control("DELETE", "faults", nil, nil)
	s.Restart(append(serviceArgs(s, 1, 0, false), "-accounts", "2814711")...)
	s.Eventually("a line in the log", func() bool { return strings.Contains(s.Log(8000), "-accounts does not allow") })
	if n := s.Requests("GET", "/v2/calls"); n != 0 {
		t.Errorf("%d lists of an account that is not allowed", n)
	}
}

func TestServiceAccountSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string // the only mistake; "" if there is none
	}{
		{[]string{"-service-token-id", "token-A", "-service-token", "x"}, ""},
		{[]string{"-service-token-id", "token-A", "-service-token-file", file}, ""},
		{[]string{"-service-user", "u", "-service-password", "x"}, ""},
		{[]string{"-service-user", "u", "-service-password-file", file}, ""},
		{[]string{"-service-token-id", "token-A"}, "-service-token: is needed together with --service-token-id"},
		{[]string{"-service-token", "x"}, "-service-token-id: is needed together with --service-token"},
		{[]string{"-service-user", "u"}, "-service-password: is needed together with --service-user"},
		{[]string{"-service-password-file", file}, "-service-user: is needed together with --service-password"},
		{[]string{"-service-token-id", "token-A", "-service-token", "x", "-service-token-file", file}, "-service-token: is given twice"},
		{[]string{"-service-user", "u", "-service-password-file", file + ".missing"}, "-service-password: open " + file + ".missing"},
		{[]string{"-service-token-id", "token-A", "-service-token", "x", "-service-user", "u", "-service-password", "x"}, "-service-token-id: and --service-user name the service account twice"},
	} {
		// The missing client id keeps the program from starting.
		args := append([]string{"-public-url", "http://127.0.0.1:1", "-client-secret", "y"}, c.args...)
		_, stderr, status := harness.Run(t, nil, args...)
		lines := strings.Split(strings.TrimSpace(stderr), "\n")
		if want := 1 + min(1, len(c.want)); status != 1 || len(lines) != want || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: status %d\n%v", c.args, status, stderr)
		}
	}
}
