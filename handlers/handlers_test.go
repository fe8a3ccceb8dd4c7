package handlers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// TestHealthAndReadiness: both answer on every host; readiness says in English
// why the database cannot be written.
func TestHealthAndReadiness(t *testing.T) {
	d := bareDeps(t)
	d.Unavailable = func(err error) string {
		if errors.Is(err, io.ErrShortWrite) {
			return "disk_full"
		}
		return ""
	}
	app := newHandlers(d).guarded()
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest("GET", "http://10.0.0.1"+path, nil))
		return w
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := get(path); w.Code != 200 || w.Body.String() != "ok\n" || w.Header().Get("Callboard-Answer") != "ok" {
			t.Errorf("%s: %d %q, marked %q", path, w.Code, w.Body, w.Header().Get("Callboard-Answer"))
		}
	}
	if w := get("/session"); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("/session on another host: %d", w.Code)
	}
	for failure, code := range map[error]string{errors.New("x"): "busy", io.ErrShortWrite: "disk_full"} {
		d.Ready = func(context.Context) error { return failure }
		app = newHandlers(d).guarded()
		if w := get("/readyz"); w.Code != 503 || w.Header().Get("Callboard-Answer") != code || strings.Contains(w.Body.String(), "<") {
			t.Errorf("%v: %d %q %s", failure, w.Code, w.Header().Get("Callboard-Answer"), w.Body)
		}
		if w := get("/healthz"); w.Code != 200 {
			t.Errorf("the process does not run: %d", w.Code)
		}
	}
}

// TestWhatProtectsAllAddresses: the log lacks the secrets in the addresses of
// announcements, push events and wallboards; only push events need no origin;
// forms lead to us and to sipgate's login, with our address and all scopes, and
// not more often than anybody clicks.
func TestWhatProtectsAllAddresses(t *testing.T) {
	var log bytes.Buffer
	d := newDashboard(t, team.ZoneRule{})
	deps := d.h.Deps
	deps.Log = slog.New(slog.NewTextHandler(&log, nil))
	deps.LoginURL = &url.URL{Scheme: "https", Host: "login.example", Path: "/auth"}
	d.app = newHandlers(deps).guarded()
	stranger := &browser{d: d}
	for path, want := range map[string]int{"GET /a/tops3cret": 404, "GET /wall/tops3cret": 404, "POST /push/tops3cret": 404, "POST /login": 403, "POST /logout": 403, "GET /login": 200} {
		method, path, _ := strings.Cut(path, " ")
		w := stranger.send(t.Context(), method, path, "", "Origin", "https://other.example")
		if w.Code != want {
			t.Errorf("%s %s from another site: %d, want %d", method, path, w.Code, want)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://login.example;") {
			t.Errorf("%s: %s", path, csp)
		}
	}
	if strings.Contains(log.String(), "tops3cret") {
		t.Errorf("logged: %s", log.String())
	}
	for n := range 21 {
		w := stranger.post("/login", "next=/history")
		to, _ := url.Parse(w.Header().Get("Location"))
		switch q := to.Query(); {
		case n == 20 && (w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == ""):
			t.Errorf("21 sign-ins in a minute: %d", w.Code)
		case n < 20 && (w.Code != http.StatusSeeOther || q.Get("redirect_uri") != "https://calls.example/oauth/callback" || q.Get("scope") != strings.Join(sipgate.Scopes, " ")):
			t.Errorf("sign-in %d: %d to %s", n, w.Code, to)
		}
	}
}

// TestServeEndsWithItsContext: the dashboard answers on its listener until it is
// told to stop.
func TestServeEndsWithItsContext(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- New(bareDeps(t)).Serve(ctx, ln) }()
	res, err := http.Get((&url.URL{Scheme: "http", Host: ln.Addr().String(), Path: "/healthz"}).String())
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if res.StatusCode != 200 || string(body) != alive {
		t.Errorf("%d %q", res.StatusCode, body)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
