package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
)

// What the public address answers, and what that is called.
func TestAsk(t *testing.T) {
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
	closed := answer(200, "")
	closed.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	for address, want := range map[string]Reach{
		answer(200, "ok\n").URL:         ReachOK,
		answer(200, "ok\nand more").URL: ReachOther,
		answer(302, "ok\n").URL:         ReachOther,
		answer(503, "busy").URL:         ReachOther,
		closed.URL:                      ReachNone,
		secure.URL:                      ReachTLS,
		"https" + answer(200, "ok\n").URL[len("http"):]: ReachTLS,
		"http://callboard.invalid":                      ReachName,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t.Context(), http.DefaultTransport, u, "/healthz", "ok\n"); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	if got := Ask(t.Context(), &url.URL{Scheme: "http", Host: "localhost:8080"}, "/healthz", "ok\n"); got != ReachLocal {
		t.Errorf("this machine: %s", got)
	}
}

// silent takes a request and never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestAskInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := ask(context.Background(), silent{}, &url.URL{Scheme: "https", Host: "calls.example"}, "/healthz", "ok\n"); got != ReachSlow {
			t.Errorf("no answer: %s", got)
		}
	})
}
