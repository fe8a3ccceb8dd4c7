package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A program is healthy if it says that it is ready, and nothing else is.
func TestHealthcheck(t *testing.T) {
	answer := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(answer)
		w.Write([]byte("database is locked\n"))
	}))
	defer srv.Close()
	_, port, _ := strings.Cut(srv.Listener.Addr().String(), ":")
	check := func(addr string) error {
		s := HealthcheckSettings{Addr: addr, Timeout: 5 * time.Second}
		return s.Healthcheck(t.Context())
	}
	for _, addr := range []string{"127.0.0.1:" + port, ":" + port, "0.0.0.0:" + port} {
		if err := check(addr); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	answer = http.StatusServiceUnavailable
	if err := check(":" + port); err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "database is locked") {
		t.Errorf("not ready: %v", err)
	}
	srv.Close()
	for addr, want := range map[string]string{"127.0.0.1:" + port: "not reachable", "8080": "--addr", "[::1": "--addr"} {
		if err := check(addr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", addr, err, want)
		}
	}
}
