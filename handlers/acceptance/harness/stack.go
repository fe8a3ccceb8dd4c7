package harness

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A Stack is the whole program as its users have it: the dashboard and, in
// place of sipgate, the simulator, two processes that talk over the network.
type Stack struct {
	T         testing.TB
	Simulator string   // address, http://127.0.0.1:…
	URL       string   // of the dashboard
	Data      string   // the dashboard's data directory; "" for a demo
	Args      []string // the dashboard's command line
	dir       string   // where the dashboard runs
	plain     bool     // the dashboard has no race detector
	dashboard *Process
	stopped   bool
}

// New starts the simulator, with further arguments, and a dashboard that talks
// to it.
func New(t testing.TB, simulatorArgs ...string) *Stack {
	t.Helper()
	return newStack(t, false, simulatorArgs)
}

// NewPlain is New with the dashboard as its users have it also in raced tests: for
// those that compute or read for a long time, one request after the other.
func NewPlain(t testing.TB, simulatorArgs ...string) *Stack {
	t.Helper()
	return newStack(t, true, simulatorArgs)
}

func newStack(t testing.TB, plain bool, simulatorArgs []string) *Stack {
	t.Helper()
	data := t.TempDir()
	s := NewSimulator(t, simulatorArgs...)
	s.Data, s.dir, s.plain = data, data, plain
	s.Args = s.ServeArgs(s.Simulator)
	s.Start()
	return s
}

// NewSimulator starts the simulator alone and chooses an address for a
// dashboard.
func NewSimulator(t testing.TB, args ...string) *Stack {
	t.Helper()
	simAddr := FreeAddr(t)
	s := &Stack{T: t, Simulator: "http://" + simAddr, URL: "http://" + FreeAddr(t)}
	p := Launch(t, t.TempDir(), append([]string{"simulator", "-addr", simAddr}, args...)...)
	t.Cleanup(func() {
		if err := p.End(os.Interrupt); err != nil {
			t.Errorf("callboard simulator: %v", err)
		}
	})
	s.await(p, s.Simulator+"/_simulator/state")
	return s
}

// NewDemo starts the demo, which has the gallery.
func NewDemo(t testing.TB) *Stack {
	t.Helper()
	return NewDemoIn(t, t.TempDir())
}

// NewDemoIn starts the demo in dir.
func NewDemoIn(t testing.TB, dir string) *Stack {
	t.Helper()
	simAddr, addr := FreeAddr(t), FreeAddr(t)
	s := &Stack{T: t, Simulator: "http://" + simAddr, URL: "http://" + addr, dir: dir,
		Args: []string{"demo", "-addr", addr, "-simulator-addr", simAddr}}
	s.Start()
	return s
}

// ServeArgs returns the command line of a dashboard for the simulator, whose
// login server is reached at login.
func (s *Stack) ServeArgs(login string) []string {
	s.T.Helper()
	key := filepath.Join(s.T.TempDir(), "push.pem")
	if err := os.WriteFile(key, s.Get(s.Simulator+"/_simulator/push-key"), 0o600); err != nil {
		s.T.Fatal(err)
	}
	var state struct {
		Clients []struct {
			ID     string `json:"clientId"`
			Secret string `json:"clientSecret"`
		} `json:"clients"`
	}
	s.Control("GET", "state", nil, &state)
	return []string{"serve", "-addr", s.URL[len("http://"):], "-public-url", s.URL, "-data", s.Data,
		"-api", s.Simulator + "/v2/", "-login", login, "-push-key-file", key, "-country", "DE",
		"-client-id", state.Clients[0].ID, "-client-secret", state.Clients[0].Secret}
}

// StartIn starts the dashboard in dir.
func (s *Stack) StartIn(dir string) {
	s.T.Helper()
	s.dir = dir
	s.Start()
}

// Start starts the dashboard, with more arguments than Args if there are any,
// and waits until it answers.
func (s *Stack) Start(more ...string) {
	s.T.Helper()
	args := append(append([]string(nil), s.Args...), more...)
	program := programFor(args)
	if s.plain {
		program = PlainProgram
	}
	s.dashboard, s.stopped = launch(s.T, program(s.T), s.dir, args), false
	s.T.Cleanup(s.Stop)
	s.await(s.dashboard, s.URL+"/healthz")
}

// Stop asks the dashboard to end and waits for it. It does nothing if the
// dashboard has been stopped or killed.
func (s *Stack) Stop() {
	s.T.Helper()
	if s.stopped {
		return
	}
	s.stopped = true
	if err := s.dashboard.End(os.Interrupt); err != nil {
		s.T.Errorf("callboard %s: %v", s.Args[0], err)
	}
}

// Kill ends the dashboard as kill -9 does.
func (s *Stack) Kill() {
	s.stopped = true
	s.dashboard.End(os.Kill)
}

// Signal sends the dashboard a signal that ends it otherwise than Stop, and
// waits for it.
func (s *Stack) Signal(signal os.Signal) {
	s.stopped = true
	s.dashboard.End(signal)
}

// Restart starts the dashboard again, with more arguments, and empties the
// simulator's log of requests in between.
func (s *Stack) Restart(more ...string) {
	s.T.Helper()
	s.Stop()
	s.Control("DELETE", "requests", nil, nil)
	s.Start(more...)
}

// Log returns the last n bytes of the log of the dashboard that was started
// last.
func (s *Stack) Log(n int) string { return s.dashboard.Log(n) }

// PID returns the process number of the dashboard that was started last.
func (s *Stack) PID() int { return s.dashboard.PID() }

// await waits until an address answers, which a process serves.
func (s *Stack) await(p *Process, url string) {
	s.T.Helper()
	Eventually(s.T, "answer of "+url, func() bool {
		select {
		case <-p.done:
			s.T.Fatalf("callboard %s ended: %v\n%s", p.args[0], p.err, p.Log(4000))
		default:
		}
		return Answers(url)
	})
}

// Answers reports whether an address answers with 200.
func Answers(url string) bool {
	resp, err := http.Get(url)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Eventually fails the test unless ok returns true within a minute.
func (s *Stack) Eventually(what string, ok func() bool) {
	s.T.Helper()
	Eventually(s.T, what, ok)
}

// Get returns the body of an address that answers 200.
func (s *Stack) Get(url string) []byte {
	s.T.Helper()
	resp, err := http.Get(url)
	if err != nil {
		s.T.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.T.Fatalf("GET %s: %s %v", url, resp.Status, err)
	}
	return b
}

// Elapse waits until so much time has passed for the telephones, which play
// announcements in real time.
func (s *Stack) Elapse(seconds int) { <-time.After(time.Duration(seconds) * time.Second) }
