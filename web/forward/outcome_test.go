package forward_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"callboard/web"
	"callboard/web/forward"
)

var nodeTransport = &http.Transport{DisableKeepAlives: true}

// TestOutcomes: of each request for another node it is told how it went, and of no other.
func TestOutcomes(t *testing.T) {
	s := newSite(t)
	came := make(chan string, 1)
	a := s.addNode("a", echo)
	s.addNode("b", func(n *node) {
		echo(n)
		hanging(make(chan *web.Socket, 1), came)(n)
		n.mux.HandleFunc("/dies", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Repeat("x", 64<<10))
			panic(http.ErrAbortHandler)
		})
	})
	s.addNode("c", echo)
	s.mu.Lock()
	s.addrs["gone"] = "127.0.0.1:1"
	s.mu.Unlock()
	for team, home := range map[string]string{"here": "a", "there": "b", "gone": "gone", "moved": "c"} {
		s.settle(team, home)
	}
	get := func(ctx context.Context, path string) {
		r, _ := http.NewRequestWithContext(ctx, "GET", a.url+path, nil)
		r.Host = s.public.Host
		if resp, err := nodeTransport.RoundTrip(r); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	for _, c := range []struct {
		name string
		want string
		do   func()
	}{
		{"at home here", "", func() { a.send("GET", "/echo?team=here", nil) }},
		{"of no team", "", func() { a.send("GET", "/echo", nil) }},
		{"at home there", forward.Answered, func() { a.send("GET", "/echo?team=there", nil) }},
		{"a socket", forward.Answered, func() {
			if c, _, err := a.dialFor(t.Context(), "there"); err == nil {
				c.CloseNow()
			}
		}},
		{"moved", forward.Resent, func() {
			a.view.own["moved"] = "b"
			a.send("GET", "/echo?team=moved", nil)
		}},
		{"home gone", forward.Away, func() { a.send("POST", "/echo?team=gone", nil) }},
		{"no home", forward.Away, func() { a.send("GET", "/echo?team=none", nil) }},
		{"moved in the middle", forward.Unknown, func() {
			go func() { <-came; a.forward.Moved("there", "") }()
			a.send("POST", "/slow?team=there", nil)
		}},
		{"home dies in the middle", forward.Cut, func() {
			get(t.Context(), "/dies?team=there")
		}},
		{"visitor leaves", forward.Abandoned, func() {
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-came; cancel() }()
			get(ctx, "/slow?team=there")
		}},
	} {
		c.do()
		if c.want == "" {
			continue // the next one would get what is told
		}
		if got := <-a.passed; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
