package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A stack is the whole program as its users have it: the dashboard and, in
// place of sipgate, the simulator, both started from their command lines and
// talking over the network.
type stack struct {
	t         testing.TB
	simulator string // address, http://127.0.0.1:…
	url       string // of the dashboard
	data      string
	args      []string
	stop      func() // ends the dashboard and waits for it
}

// newStack starts the simulator and a dashboard that talks to it.
func newStack(t testing.TB, simulatorArgs ...string) *stack {
	t.Helper()
	simAddr, addr := freeAddr(t), freeAddr(t)
	s := &stack{t: t, simulator: "http://" + simAddr, url: "http://" + addr, data: t.TempDir()}
	stopSim := start(t, append([]string{"simulator", "-addr", simAddr}, simulatorArgs...)...)
	t.Cleanup(stopSim)
	s.await(s.simulator + "/_simulator/state")
	key := filepath.Join(t.TempDir(), "push.pem")
	if err := os.WriteFile(key, s.get(s.simulator+"/_simulator/push-key"), 0o600); err != nil {
		t.Fatal(err)
	}
	var state struct {
		Clients []struct {
			ID     string `json:"clientId"`
			Secret string `json:"clientSecret"`
		} `json:"clients"`
	}
	s.control("GET", "state", nil, &state)
	s.args = []string{"serve", "-addr", addr, "-public-url", s.url, "-data", s.data,
		"-api", s.simulator + "/v2/", "-login", s.simulator, "-push-key-file", key, "-country", "DE",
		"-client-id", state.Clients[0].ID, "-client-secret", state.Clients[0].Secret}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

// start runs the dashboard until s.stop.
func (s *stack) start() {
	s.stop = start(s.t, s.args...)
	s.await(s.url + "/healthz")
}

// start runs a command line of the program; the result ends it and waits.
func start(t testing.TB, args ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var log lockedBuffer
	done := make(chan error, 1)
	go func() { done <- run(ctx, args, io.Discard, &log) }()
	stopped := false
	return func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("callboard %s: %v", args[0], err)
		}
		if t.Failed() {
			t.Logf("log of callboard %s:\n%s", args[0], log.tail(8000))
		}
	}
}

// freeAddr is a loopback address nobody listens on.
func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// await waits until an address answers. The program gives no other sign to
// strangers either.
func (s *stack) await(url string) {
	s.t.Helper()
	s.eventually("answer of "+url, func() bool {
		resp, err := http.Get(url)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// eventually fails the test unless ok becomes true in good time.
func (s *stack) eventually(what string, ok func() bool) {
	s.t.Helper()
	timeout := time.After(30 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if ok() {
			tick.Stop()
			return
		}
		select {
		case <-timeout:
			s.t.Fatalf("waited in vain for: %s", what)
		case <-tick.C:
		}
	}
}

func (s *stack) get(url string) []byte {
	s.t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s %v", url, resp.Status, err)
	}
	return b
}

// control asks the simulator for something, or to do something.
func (s *stack) control(method, path string, in, out any) {
	s.t.Helper()
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			s.t.Fatal(err)
		}
	}
	req, err := http.NewRequest(method, s.simulator+"/_simulator/"+path, &body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	reply, _ := io.ReadAll(resp.Body)
	if resp.StatusCode >= 300 {
		s.t.Fatalf("%s /_simulator/%s: %s %s", method, path, resp.Status, reply)
	}
	if out != nil {
		if err := json.Unmarshal(reply, out); err != nil {
			s.t.Fatalf("%s /_simulator/%s: %v in %s", method, path, err, reply)
		}
	}
}

// api does something at sipgate in a user's name, past the dashboard.
func (s *stack) api(user, method, path string, in any) {
	s.t.Helper()
	var token struct {
		Access string `json:"access_token"`
	}
	s.control("POST", "tokens", map[string]any{"user": user, "scope": "all"}, &token)
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.simulator+"/v2/"+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token.Access)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		reply, _ := io.ReadAll(resp.Body)
		s.t.Fatalf("%s /v2/%s: %s %s", method, path, resp.Status, reply)
	}
}

// passes waits until so much time has passed for the telephones, which play
// announcements in real time.
func (s *stack) passes(seconds int) {
	begun := time.Now()
	s.eventually("time to pass", func() bool { return time.Since(begun) > time.Duration(seconds)*time.Second })
}

// lockedBuffer is a log that is written while the test reads it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// tail is the end of the log, at most n bytes.
func (b *lockedBuffer) tail(n int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.buf.String()
	return s[max(0, len(s)-n):]
}
