package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// rig is a Simulator behind an HTTP server, and a client with a token of w0.
type rig struct {
	t   *testing.T
	sim *Simulator
	url string
	tok string
}

// open returns a rig in which only the test picks up telephones.
func open(t *testing.T, o Options) *rig {
	t.Helper()
	o.Control = true
	if o.Pickup == 0 {
		o.Pickup = -1
	}
	sim := New(o)
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		server.Close()
		sim.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	r := &rig{t: t, sim: sim, url: server.URL}
	r.tok = r.token("", "w0", "all")
	return r
}

func (r *rig) token(account, user, scope string) string {
	r.t.Helper()
	answer, err := r.sim.Token(account, user, scope)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer["access_token"].(string)
}

// as returns the rig with another token.
func (r *rig) as(token string) *rig {
	other := *r
	other.tok = token
	return &other
}

// send sends a request with a JSON body and a bearer token.
func (r *rig) send(method, path, body string, header ...string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if r.tok != "" {
		req.Header.Set("Authorization", "Bearer "+r.tok)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// want sends a request and checks the status.
func (r *rig) want(status int, method, path, body string, header ...string) string {
	r.t.Helper()
	got, text := r.send(method, path, body, header...)
	if got != status {
		r.t.Errorf("%s %s %s: status %d (%s), want %d", method, path, body, got, text, status)
	}
	return text
}

// get sends a GET request and decodes the response.
func get[T any](r *rig, path string) (v T) {
	r.t.Helper()
	decode(r.t, r.want(200, "GET", path, ""), &v)
	return v
}

func decode(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

func (r *rig) ring(n NewCall) string {
	r.t.Helper()
	id, err := r.sim.Ring(n)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// talk returns an established incoming call of w0.
func (r *rig) talk() string {
	r.t.Helper()
	return r.ring(NewCall{From: "+491713920014", To: "+492214710110", Users: []string{"w0"}, State: "established"})
}

func (r *rig) call(id string) CallState {
	r.t.Helper()
	c, err := r.sim.Call(id)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

type callList struct{ Data []callJSON }

func stringBody(s string) io.Reader { return strings.NewReader(s) }
