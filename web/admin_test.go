package web

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Health answers everyone. Profiles are for programs on this machine, and the
// command line, which may contain secrets, for nobody.
func TestAdminAccess(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	h := adminHandler(AdminOptions{Health: ok, Metrics: ok})
	const local, other = "127.0.0.1:50000", "10.0.0.7:50000"
	for _, c := range []struct {
		path, from, host, forwarded string
		want                        int
	}{
		{"/", other, "callboard:9090", "", 200},
		{"/healthz", other, "callboard:9090", "", 200},
		{"/readyz", other, "10.0.0.1", "", 200},
		{"/metrics", other, "callboard:9090", "", 200},
		{"/board", local, "localhost", "", 404},
		{"/debug/pprof/", local, "127.0.0.1:9090", "", 200},
		{"/debug/pprof/goroutine", "[::1]:50000", "[::1]:9090", "", 200},
		{"/debug/pprof/symbol", local, "localhost:9090", "", 200},
		{"/debug/pprof/cmdline", local, "localhost", "", 404},
		{"/debug/pprof/heap", other, "localhost", "", 403},
		{"/debug/pprof/heap", local, "attacker.example", "", 403},
		{"/debug/pprof/profile", local, "localhost", "203.0.113.9", 403},
		{"/debug/pprof/trace", other, "10.0.0.1", "", 403},
	} {
		r := httptest.NewRequest("GET", c.path, nil)
		r.RemoteAddr, r.Host = c.from, c.host
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%s of %s from %s (%s): %d, want %d", c.path, c.host, c.from, c.forwarded, w.Code, c.want)
		}
	}
}

// A program on this machine reads and sets the level of the log.
func TestLogLevelIsSet(t *testing.T) {
	var log bytes.Buffer
	level := new(slog.LevelVar)
	o := AdminOptions{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level})), Level: level, Health: http.NotFoundHandler(), Metrics: http.NotFoundHandler()}
	h := adminHandler(o)
	for _, c := range []struct {
		method, body, from string
		code               int
		want               slog.Level
	}{
		{"GET", "", "127.0.0.1:50000", 200, slog.LevelInfo},
		{"PUT", "debug\n", "127.0.0.1:50000", 200, slog.LevelDebug},
		{"PUT", "ERROR", "127.0.0.1:50000", 200, slog.LevelError},
		{"PUT", "info+4", "127.0.0.1:50000", 400, slog.LevelError},
		{"PUT", "warn and much more", "127.0.0.1:50000", 400, slog.LevelError},
		{"PUT", "debug", "10.0.0.7:50000", 403, slog.LevelError},
		{"POST", "debug", "127.0.0.1:50000", 405, slog.LevelError},
	} {
		r := httptest.NewRequest(c.method, "http://localhost/log-level", strings.NewReader(c.body))
		r.RemoteAddr = c.from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.code || level.Level() != c.want {
			t.Errorf("%s %q from %s: %d, level %v, want %d, %v", c.method, c.body, c.from, w.Code, level, c.code, c.want)
		}
		if answer := strings.TrimSpace(w.Body.String()); c.code == 200 && !strings.EqualFold(answer, c.want.String()) {
			t.Errorf("%s %q: answered %q", c.method, c.body, answer)
		}
	}
	if n := strings.Count(log.String(), "log level set"); n != 2 {
		t.Errorf("logged %d times: %s", n, &log)
	}
}

// The listener answers until it is stopped; without an address there is none,
// and an address that is taken is named with its flag.
func TestStartAdmin(t *testing.T) {
	var log bytes.Buffer
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	o := AdminOptions{Log: slog.New(slog.NewTextHandler(&log, nil)), Health: http.NotFoundHandler(), Metrics: http.NotFoundHandler()}
	if _, err := StartAdmin(addr, o); err == nil || !strings.HasPrefix(err.Error(), "--admin-addr: ") {
		t.Errorf("on an address that is taken: %v", err)
	}
	ln.Close()
	stop, err := StartAdmin(addr, o)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + addr + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if !strings.Contains(string(body), "/readyz") {
		t.Errorf("the index: %s", body)
	}
	stop()
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("it answers after it was stopped")
	}
	none, err := StartAdmin("", o)
	if err != nil {
		t.Fatal(err)
	}
	none()
}

// An address without a host is on this machine.
func TestAdminAddr(t *testing.T) {
	for in, want := range map[string]string{"": "", ":9090": "127.0.0.1:9090", "0.0.0.0:9090": "0.0.0.0:9090", "[::1]:9090": "[::1]:9090"} {
		if got, err := adminAddr(in); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
	if _, err := adminAddr("9090"); err == nil || !strings.HasPrefix(err.Error(), "--admin-addr: ") {
		t.Errorf("without a colon: %v", err)
	}
}
