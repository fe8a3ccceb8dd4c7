package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
)

// TestCheckPublicURL asks servers that answer in every way.
func TestCheckPublicURL(t *testing.T) {
	answer := func(status int, body string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/healthz" {
				t.Errorf("asked for %s", r.URL.Path)
			}
			w.WriteHeader(status)
			w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return s
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	for address, want := range map[string]URLStatus{
		answer(200, "ok\n").URL:                         URLReachable,
		answer(200, "ok\nand more").URL:                 URLOtherReply,
		answer(302, "ok\n").URL:                         URLOtherReply,
		answer(503, "busy").URL:                         URLOtherReply,
		"http://127.0.0.1:1":                            URLNoAnswer, // no system gives this port to a server of a test
		secure.URL:                                      URLBadTLS,
		"https" + answer(200, "ok\n").URL[len("http"):]: URLBadTLS,
		"http://callboard.invalid":                      URLNoHost,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := checkURL(t.Context(), http.DefaultTransport, u, "/healthz", "ok\n"); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	if got := CheckPublicURL(t.Context(), &url.URL{Scheme: "http", Host: "localhost:8080"}, "/healthz", "ok\n"); got != URLLoopback {
		t.Errorf("this machine: %s", got)
	}
}

// A silentServer takes a request and never answers.
type silentServer struct{}

func (silentServer) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestCheckPublicURLInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := checkURL(context.Background(), silentServer{}, &url.URL{Scheme: "https", Host: "calls.example"}, "/healthz", "ok\n"); got != URLTimeout {
			t.Errorf("no answer: %s", got)
		}
	})
}
