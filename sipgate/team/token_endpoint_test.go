package team

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"callboard/sipgate"
)

// A tokenEndpoint is a token endpoint over HTTP, as strict as sipgate's may be: a
// refresh token works once, and using it again ends the whole grant.
type tokenEndpoint struct {
	*httptest.Server
	tb testing.TB

	mu       sync.Mutex
	newest   string          // the only refresh token that works
	used     map[string]bool // refresh tokens that were exchanged
	reused   bool            // one of them was sent again: the grant has ended
	requests []string        // the refresh tokens sent, in order
	before   func()          // called for a valid request, before the exchange
	after    func()          // called after it, before the response is sent
	respond  func(w http.ResponseWriter, access, refresh string)
}

// newTokenEndpoint starts an endpoint that accepts the refresh token "RT-0"
// first.
func newTokenEndpoint(tb testing.TB) *tokenEndpoint {
	e := &tokenEndpoint{tb: tb, newest: "RT-0", used: map[string]bool{}}
	e.Server = httptest.NewServer(e)
	tb.Cleanup(e.Close)
	return e
}

func (e *tokenEndpoint) oauth() *sipgate.OAuth {
	return &sipgate.OAuth{TokenURL: e.URL + "/token", ClientID: "id", ClientSecret: "SENTINEL-CS", HTTP: e.Client()}
}

// direct returns a client that calls the endpoint without a network, so that the
// time of a synctest bubble can advance.
func (e *tokenEndpoint) direct() *sipgate.OAuth {
	return &sipgate.OAuth{
		TokenURL: "http://login.test/token", ClientID: "id", ClientSecret: "SENTINEL-CS",
		HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			return w.Result(), nil
		})},
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// ServeHTTP implements [http.Handler].
func (e *tokenEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := r.ParseForm()
	want := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {"id"}, "client_secret": {"SENTINEL-CS"},
		"refresh_token": {r.PostForm.Get("refresh_token")},
	}
	if err != nil || r.Method != "POST" || r.URL.Path != "/token" || r.PostForm.Encode() != want.Encode() {
		e.tb.Errorf("%s %s is not a token request", r.Method, r.URL.Path)
		http.Error(w, `{"error":"invalid_request"}`, 400)
		return
	}
	e.mu.Lock()
	before, after := e.before, e.after
	e.mu.Unlock()
	if before != nil {
		before()
	}
	access, refresh, respond := e.exchange(r.PostForm.Get("refresh_token"))
	if after != nil {
		after()
	}
	if access == "" {
		http.Error(w, `{"error":"invalid_grant","error_description":"Stale token"}`, 400)
		return
	}
	respond(w, access, refresh)
}

// exchange returns the new tokens for a refresh token, and how to send them.
func (e *tokenEndpoint) exchange(sent string) (access, refresh string, respond func(http.ResponseWriter, string, string)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests = append(e.requests, sent)
	if e.used[sent] {
		e.reused = true
	}
	if e.reused || sent != e.newest {
		return "", "", nil
	}
	e.used[sent] = true
	e.newest = fmt.Sprintf("RT-%d", len(e.used))
	if respond = e.respond; respond == nil {
		respond = sendTokens
	}
	return fmt.Sprintf("AT-%d", len(e.used)), e.newest, respond
}

// sendTokens sends the ordinary response.
func sendTokens(w http.ResponseWriter, access, refresh string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"expires_in":300,"token_type":"bearer"}`, access, refresh)
}

// block makes each valid request send to arrived, and then wait until the test
// closes proceed or sends to it.
func (e *tokenEndpoint) block() (arrived <-chan bool, proceed chan<- bool) {
	a, p := make(chan bool), make(chan bool)
	e.intercept(func() { a <- true; <-p }, nil)
	return a, p
}

// intercept sets the functions that are called before and after the exchange of
// a valid request.
func (e *tokenEndpoint) intercept(before, after func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.before, e.after = before, after
}

// received returns the refresh tokens sent so far, and whether one was reused.
func (e *tokenEndpoint) received() (requests []string, reused bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.requests...), e.reused
}

// wantRequests fails the test unless exactly these refresh tokens were sent.
func (e *tokenEndpoint) wantRequests(want ...string) {
	e.tb.Helper()
	if got, _ := e.received(); strings.Join(got, " ") != strings.Join(want, " ") {
		e.tb.Errorf("token requests with %v, want %v", got, want)
	}
}
