package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A logged is a request as the simulator's log has it.
type logged struct {
	Time                     time.Time
	Method, Path, Auth, User string
	Account                  string
	Status                   int
}

func (s *stack) log() (all []logged) {
	s.t.Helper()
	s.control("GET", "requests", nil, &all)
	return all
}

// listedBy counts the lists that a user was given, by a kind of credential.
func (s *stack) listedBy(user, kind string) (n int) {
	s.t.Helper()
	for _, r := range s.log() {
		if r.Path == "/v2/calls" && r.Method == "GET" && r.User == user && r.Auth == kind && r.Status == 200 {
			n++
		}
	}
	return n
}

// serviceArgs are the settings of a service account that is user n of the
// account a.
func (s *stack) serviceArgs(a, n int, password bool) []string {
	s.t.Helper()
	var state struct {
		Accounts []struct {
			ID    string
			Users []struct{ ID, Username, Password string }
		}
		Tokens []struct{ Account, User, TokenID, Token string } `json:"personalAccessTokens"`
	}
	s.control("GET", "state", nil, &state)
	u := state.Accounts[a].Users[n]
	if password {
		return []string{"-service-user", u.Username, "-service-password", u.Password}
	}
	for _, t := range state.Tokens {
		if t.Account == state.Accounts[a].ID && t.User == u.ID {
			return []string{"-service-token-id", t.TokenID, "-service-token", t.Token}
		}
	}
	s.t.Fatal("no token")
	return nil
}

// relaunch starts the dashboard anew with more settings, as a process whose
// log can be read.
func (s *stack) relaunch(more ...string) *process {
	s.t.Helper()
	s.stop()
	s.control("DELETE", "requests", nil, nil)
	p := launch(s.t, s.t.TempDir(), append(s.args, more...)...)
	s.await(s.url + "/healthz")
	return p
}

// Without anybody signed in, calls are watched through the service account,
// and only through it; who signs in then finds them, from their beginning.
func TestServiceAccount(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		password bool
		kind     string
	}{"token": {false, "basic"}, "password": {true, "bearer"}} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, "-visibility", "account")
			if n := len(s.log()); n != 0 {
				t.Fatalf("%d requests without members and service account", n)
			}
			id := s.ring("+4930555020", "w1", "established")
			p := s.relaunch(s.serviceArgs(0, 0, tt.password)...)
			s.eventually("a list", func() bool { return s.listedBy("w0", tt.kind) == 1 })
			s.eventually("its names", func() bool { return s.requests("GET", "/v2/contacts") > 0 })
			if warned := strings.Contains(p.log.tail(8000), "personal access token is the better way"); warned != tt.password {
				t.Errorf("warned of the password: %v", warned)
			}
			for _, r := range s.log() {
				if r.Method != "GET" && !strings.HasSuffix(r.Path, "/token") || r.Account == "2390015" {
					t.Errorf("the service account did %+v", r)
				}
			}

			v := s.visitor(t, 1)
			s.eventually("the call", func() bool { return len(v.rows()) == 1 })
			row := v.rows()[0]
			if status, _, _ := v.command("/calls/"+row+"/hold", `{"value":true,`+actionID()+`}`); status >= 300 {
				t.Fatalf("hold: %d", status)
			}
			s.eventually("hold", func() bool { return s.call(id).Hold })
			for _, r := range s.log() {
				if r.Method == "PUT" && (r.Auth != "bearer" || r.User != "w1") {
					t.Errorf("the command went through %s of %s", r.Auth, r.User)
				}
			}
			s.notAPerson(t)

			// The row outlives those who look at it.
			if resp := v.send("POST", s.url+"/logout", "", nil); resp.StatusCode >= 400 {
				t.Fatalf("sign-out: %s", resp.Status)
			}
			again := s.visitor(t, 1)
			s.eventually("the call again", func() bool { rows := again.rows(); return len(rows) == 1 && rows[0] == row })
			if err := p.end(os.Interrupt); err != nil {
				t.Errorf("end: %v", err)
			}
			if strings.Contains(p.log.tail(1<<20), "demo-anna") {
				t.Error("the password is in the log")
			}
		})
	}
}

var signedIn = regexp.MustCompile(`(Members signed in|Angemeldete Mitglieder)</dt>\s*<dd[^>]*>\s*2\s*<`)

// notAPerson shows the pages that list people to an admin.
func (s *stack) notAPerson(t *testing.T) {
	t.Helper()
	admin := s.visitor(t, 0)
	if status, page := admin.get("/team"); status != 200 || strings.Contains(page, "Service account") || strings.Contains(page, "/team/service") {
		t.Errorf("the team page (%d) shows the service account", status)
	}
	status, page := admin.get("/status")
	if status != 200 || !signedIn.MatchString(page) {
		t.Errorf("the status page (%d) does not count two people", status)
	}
}

// What sipgate refuses is said once and clearly, and not tried again and again;
// the dashboard works all the same.
func TestServiceAccountRefused(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	for name, args := range map[string][]string{
		"token":    {"-service-token-id", "token-XXXXXX", "-service-token", "SENTINEL-wrong"},
		"password": {"-service-user", "anna.bergmann@lindenhof.example", "-service-password", "SENTINEL-wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.relaunch(args...)
			p.t = t
			s.eventually("a line in the log", func() bool { return strings.Contains(p.log.tail(8000), "sipgate refuses the service account") })
			v := s.visitor(t, 1)
			s.ring("+4930555021", "w1", "established")
			s.eventually("the call", func() bool { return len(v.rows()) > 0 })
			refused := 0
			for _, r := range s.log() {
				if r.Status == 401 {
					refused++
				}
			}
			if refused != 1 {
				t.Errorf("%d requests with what is refused", refused)
			}
			if err := p.end(os.Interrupt); err != nil {
				t.Errorf("end: %v", err)
			}
			if log := p.log.tail(1 << 20); strings.Count(log, "refuses the service account") != 1 || strings.Contains(log, "SENTINEL") {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}

// sipgate need not answer for the dashboard to start, and the service account
// of another sipgate account than those allowed does not watch.
func TestServiceAccountElsewhere(t *testing.T) {
	s := newStack(t)
	s.control("POST", "faults", map[string]any{"do": "status", "status": 503, "path": "/v2/authorization/userinfo"}, nil)
	p := s.relaunch(s.serviceArgs(0, 0, false)...)
	s.eventually("a line in the log", func() bool { return strings.Contains(p.log.tail(8000), "the service account does not watch") })
	if err := p.end(os.Interrupt); err != nil {
		t.Error(err)
	}
	s.control("DELETE", "faults", nil, nil)
	p = s.relaunch(append(s.serviceArgs(1, 0, false), "-accounts", "2814711")...)
	s.eventually("a line in the log", func() bool { return strings.Contains(p.log.tail(8000), "-accounts does not allow") })
	if n := s.requests("GET", "/v2/calls"); n != 0 {
		t.Errorf("%d lists of an account that is not allowed", n)
	}
}

func TestServiceSettings(t *testing.T) {
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
		{[]string{"-service-token-id", "token-A"}, "-service-token: is needed together with -service-token-id"},
		{[]string{"-service-token", "x"}, "-service-token-id: is needed together with -service-token"},
		{[]string{"-service-user", "u"}, "-service-password: is needed together with -service-user"},
		{[]string{"-service-password-file", file}, "-service-user: is needed together with -service-password"},
		{[]string{"-service-token-id", "token-A", "-service-token", "x", "-service-token-file", file}, "-service-token: is given twice"},
		{[]string{"-service-user", "u", "-service-password-file", "/nonexistent"}, "-service-password: open /nonexistent"},
		{[]string{"-service-token-id", "token-A", "-service-token", "x", "-service-user", "u", "-service-password", "x"}, "-service-token-id: and -service-user name the service account twice"},
	} {
		// The missing client id keeps the program from starting.
		args := append([]string{"-public-url", "http://127.0.0.1:1", "-client-secret", "y"}, c.args...)
		err := run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{})
		lines := strings.Split(err.Error(), "\n")
		if want := 1 + min(1, len(c.want)); len(lines) != want || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v:\n%v", c.args, err)
		}
	}
}
