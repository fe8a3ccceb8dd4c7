package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"callboard/web"
)

// BenchmarkGuard measures what a Guard adds to every request.
func BenchmarkGuard(b *testing.B) {
	h := web.Guard(web.GuardOptions{Log: (&journal{}).logger(), AccessLog: (&journal{}).logger(), PublicURL: appURL}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	r := httptest.NewRequest("POST", "https://app.example/x", nil)
	r.Header.Set("Origin", "https://app.example")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
