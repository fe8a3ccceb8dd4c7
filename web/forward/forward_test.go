package forward_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callboard/web"
	"callboard/web/forward"
)

// TestRequestIsServedAtHome: whichever node gets a request, its team's home answers
// it, and sees what the visitor sent: the method, the query as it is, the host, the
// address, the id of the request, the body.
func TestRequestIsServedAtHome(t *testing.T) {
	s := newSite(t)
	a, b := s.addNode("a", echo), s.addNode("b", echo)
	s.settle("red", "a")
	s.settle("blue", "b")
	var ids []string
	for _, team := range []string{"red", "blue"} {
		home := s.homes[team]
		for _, n := range []*node{a, b} {
			resp, text := n.send("POST", "/echo?team="+team+"&q=%zz;x", strings.NewReader("value=true"), "X-Forwarded-For", "203.0.113.9", "Content-Type", "text/plain")
			id := resp.Header.Get("X-Request-Id")
			want := "node " + home + "\nPOST /echo?team=" + team + "&q=%zz;x host app.example from 127.0.0.1 id " + id + "\nvalue=true"
			if resp.StatusCode != 200 || text != want {
				t.Errorf("asked %s: %d %q, want %q", n.name, resp.StatusCode, text, want)
			}
			for _, name := range []string{"X-Twice", "X-Request-Id", "Content-Security-Policy", "Set-Cookie"} {
				if got := resp.Header.Values(name); len(got) != 1 {
					t.Errorf("asked %s for %s: %s is %q", n.name, team, name, got)
				}
			}
			ids = append(ids, id)
		}
	}
	if _, text := a.send("GET", "/echo", nil); !strings.HasPrefix(text, "node a") {
		t.Errorf("without a team: %q", text)
	}
	a.stop()
	b.stop()
	for _, id := range ids {
		if strings.Count(a.log.String()+b.log.String(), id) != 1 {
			t.Errorf("request %s is not logged once:\n%s%s", id, a.log, b.log)
		}
	}
}

// TestHeadersOfNodesCannotBeForged: what a visitor writes in the name of a node is
// read nowhere, neither by the node that gets it nor by the home.
func TestHeadersOfNodesCannotBeForged(t *testing.T) {
	s := newSite(t)
	var got atomic.Value
	dump := func(n *node) {
		n.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			got.Store(n.name + " " + web.ClientIP(r).String() + " " + web.RequestID(r.Context()))
			for name := range r.Header {
				if n.name == "b" && strings.HasPrefix(name, web.NodeHeader) {
					t.Errorf("the handler got %s", name)
				}
			}
			w.Header().Set("X-Node-Elsewhere-Not", "x")
		})
	}
	a, _ := s.addNode("a", dump), s.addNode("b", dump)
	s.settle("red", "a")
	s.settle("blue", "b")
	for team, home := range map[string]string{"red": "a", "blue": "b"} {
		resp, _ := a.send("GET", "/?team="+team, nil, "X-Node-Client", "203.0.113.66", "x-node-request", "forged", "X-Node-Team", "red",
			"Connection", "X-Node-Client, X-Node-Team, X-Node-Request")
		if want := home + " 127.0.0.1 " + resp.Header.Get("X-Request-Id"); got.Load() != want {
			t.Errorf("%s saw %q, want %q", home, got.Load(), want)
		}
	}
	if resp, _ := a.send("GET", "/?team=blue", nil); resp.Header.Get("X-Node-Elsewhere-Not") != "" {
		t.Error("a header of nodes reaches the browser")
	}
}

// TestRequestIsNeverPassedOnTwice: two nodes that take each other for the home do
// not send a request to and fro.
func TestRequestIsNeverPassedOnTwice(t *testing.T) {
	s := newSite(t)
	var served atomic.Int32
	count := func(n *node) { n.mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) { served.Add(1) }) }
	a, b := s.addNode("a", count), s.addNode("b", count)
	a.view.own["red"], b.view.own["red"] = "b", "a"
	s.settle("red", "b") // what a learns when it asks again
	resp, text := a.send("POST", "/?team=red", strings.NewReader("x=1"))
	if resp.StatusCode != http.StatusServiceUnavailable || text != "away\n" || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%d %q", resp.StatusCode, text)
	}
	if served.Load() != 0 || s.asked > 12 {
		t.Errorf("served %d times, homes were asked for %d times", served.Load(), s.asked)
	}
}

// TestHomeThatMovedIsAskedOnce: if the node that was taken for the home has not got
// the team, or cannot be reached, the request goes to the new one whole, once.
func TestHomeThatMovedIsAskedOnce(t *testing.T) {
	for _, size := range []int{0, 10, 64 << 10, 64<<10 + 1, 1 << 20} {
		for _, now := range []string{"a", "c"} {
			for _, old := range []string{"b", "dead"} {
				s := newSite(t)
				a := s.addNode("a", echo)
				s.addNode("b", echo)
				s.addNode("c", echo)
				s.addrs["dead"] = closedAddr(t)
				a.view.own["red"] = old
				s.settle("red", now)
				var body io.Reader
				if size > 0 {
					body = strings.NewReader(strings.Repeat("x", size))
				}
				resp, text := a.send("POST", "/echo?team=red", body)
				if resp.StatusCode != 200 || !strings.HasPrefix(text, "node "+now) || strings.Count(text, "x") < size {
					t.Errorf("%d bytes, from %s to %s: %d %.60q", size, old, now, resp.StatusCode, text)
				}
			}
		}
	}
}

// TestTeamThatIsMovingIsWaitedFor: a request that comes while a team leaves its home, here
// or there, has done nothing, and is sent again until the team has arrived, for a while.
func TestTeamThatIsMovingIsWaitedFor(t *testing.T) {
	for _, home := range []string{"a", "b"} {
		for refusals, status := range map[int32]int{1: 200, 4: 200, 1 << 20: 503} {
			s := newSite(t)
			nodes := map[string]*node{"a": s.addNode("a", echo), "b": s.addNode("b", echo)}
			s.settle("red", home)
			nodes[home].refusals.Store(refusals)
			for _, size := range []int{1, 100 << 10} {
				resp, text := nodes["a"].send("POST", "/echo?team=red", strings.NewReader(strings.Repeat("x", size)))
				if resp.StatusCode != status || status == 200 && !strings.HasSuffix(text, "\n"+strings.Repeat("x", size)) {
					t.Errorf("home %s, %d refusals, %d bytes: %d %.80q", home, refusals, size, resp.StatusCode, text)
				}
			}
			for name, n := range nodes {
				n.stop()
				if got := n.inside.Load(); got != 0 {
					t.Errorf("%d requests have not left %s", got, name)
				}
			}
		}
	}
}

// TestMovingTeamIsAskedForAgain: a node that knows that a team is moving waits, too.
func TestMovingTeamIsAskedForAgain(t *testing.T) {
	for moving, status := range map[int]int{1: 200, 4: 200, 1 << 20: 503} {
		s := newSite(t)
		a := s.addNode("a", echo)
		s.addNode("b", echo)
		s.settle("red", "b")
		a.view.moving = moving
		if resp, text := a.send("POST", "/echo?team=red", strings.NewReader("value=true")); resp.StatusCode != status {
			t.Errorf("moving %d times: %d %q", moving, resp.StatusCode, text)
		}
	}
}

// TestSealedOpensOnce: what one node seals another one opens, once, and nobody else.
func TestSealedOpensOnce(t *testing.T) {
	var nodes []*forward.Forwarder
	for _, secret := range []string{"one", "one", "other"} {
		f, err := forward.New(forward.Options{Secret: []byte(secret)})
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, f)
	}
	sealed := nodes[0].Seal([]byte("tokens"))
	if _, err := nodes[2].Open(sealed); err == nil {
		t.Error("a stranger opened it")
	}
	if text, err := nodes[1].Open(sealed); err != nil || string(text) != "tokens" {
		t.Errorf("%q %v", text, err)
	}
	for range 2000 { // others in between do not make it good again, as long as it may be under way
		nodes[1].Open(nil)
	}
	if _, err := nodes[1].Open(sealed); err == nil {
		t.Error("it was opened twice")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := nodes[0].Open(sealed); err == nil {
		t.Error("it was changed")
	}
}

// closedAddr returns an address at which nothing listens.
func closedAddr(t testing.TB) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// TestHomeThatDiesIsNotAskedAgain: a home that ends while it answers leaves a page
// that may be loaded again, and a command of which nobody knows whether it has been
// carried out. It is sent to no other node.
func TestHomeThatDiesIsNotAskedAgain(t *testing.T) {
	for _, test := range []struct {
		method, body string
		status       int
		text         string
	}{
		{"GET", "", 503, "away\n"},
		{"POST", "", 502, "outcome_unknown\n"},
		{"POST", "value=true", 502, "outcome_unknown\n"},
		{"POST", strings.Repeat("x", 1<<20), 502, "outcome_unknown\n"},
	} {
		s := newSite(t)
		var arrived atomic.Int32
		die := func(n *node) {
			n.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				arrived.Add(1)
				s.settle("red", "c")
				panic(http.ErrAbortHandler)
			})
		}
		a := s.addNode("a", die)
		s.addNode("b", die)
		s.addNode("c", die)
		s.settle("red", "b")
		resp, text := a.send(test.method, "/?team=red", strings.NewReader(test.body), "Idempotency-Key", "1", "X-Idempotency-Key", "1")
		if resp.StatusCode != test.status || text != test.text || arrived.Load() != 1 {
			t.Errorf("%s with %d bytes: %d %q, arrived %d times", test.method, len(test.body), resp.StatusCode, text, arrived.Load())
		}
	}
}

// TestHalfAnAnswerIsCutOff: a home that ends in the middle of its answer does not
// make a whole one of it.
func TestHalfAnAnswerIsCutOff(t *testing.T) {
	s := newSite(t)
	a := s.addNode("a", echo)
	s.addNode("b", func(n *node) {
		n.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "half")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
	})
	s.settle("red", "b")
	r, _ := http.NewRequest("GET", a.url+"/?team=red", nil)
	r.Host = s.public.Host
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); string(text) != "half" || err == nil {
		t.Errorf("%q, %v: the answer looks whole", text, err)
	}
}

// TestLateHomeIsGivenUp: a home that does not begin to answer in the time of the
// route is given up, by the clock of a connection that is not read.
func TestLateHomeIsGivenUp(t *testing.T) {
	s := newSite(t)
	ended := make(chan struct{})
	a := s.addNode("a", echo)
	s.addNode("b", func(n *node) {
		n.mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
				close(ended)
				panic(http.ErrAbortHandler) // an answer could still come first
			}
		})
	})
	s.settle("red", "b")
	a.send("GET", "/?team=red", nil) // they are connected
	at := func(w http.ResponseWriter, r *http.Request) error {
		return a.forward.At(w, r, "red", 100*time.Millisecond, nil)
	}
	render := func(w http.ResponseWriter, _ *http.Request, f web.Fault) { http.Error(w, f.Code, f.Status) }
	w := &answer{header: http.Header{}}
	r, _ := http.NewRequest("POST", "https://app.example/", strings.NewReader("x=1"))
	(&web.Errors{Explain: explain, Render: render}).Handle(at).ServeHTTP(w, r)
	if w.status != http.StatusBadGateway {
		t.Errorf("%d, want that the outcome is unknown", w.status)
	}
	<-ended // the home learns that nobody waits
}

// An answer is a ResponseWriter.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) Write(p []byte) (int, error) { return len(p), nil }
func (a *answer) WriteHeader(status int)      { a.status = status }

// TestOutsidersAreRefused: at the internal listener, whoever has not the
// installation's secret is neither answered nor taken for a node.
func TestOutsidersAreRefused(t *testing.T) {
	s := newSite(t)
	var served atomic.Int32
	n := s.addNode("a", func(n *node) { n.mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) { served.Add(1) }) })
	s.settle("red", "a")
	foreign, err := forward.NewTLS([]byte("another secret"))
	if err != nil {
		t.Fatal(err)
	}
	foreign.InsecureSkipVerify = true // it wants to be let in
	own, _ := forward.NewTLS(s.secret)
	old := own.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	get := func(transport http.RoundTripper, url string) (int, error) {
		r, _ := http.NewRequest("GET", url, nil)
		r.Header.Set("X-Node-Team", "red")
		resp, err := transport.RoundTrip(r)
		if err != nil {
			return 0, err
		}
		resp.Body.Close()
		return resp.StatusCode, nil
	}
	at := "https://" + s.addrs["a"] + "/"
	for name, config := range map[string]*tls.Config{"no certificate": {InsecureSkipVerify: true}, "another key": foreign, "TLS 1.2": old} {
		if status, err := get(&http.Transport{TLSClientConfig: config, DisableKeepAlives: true}, at); err == nil {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, err := get(&http.Transport{DisableKeepAlives: true}, "http://"+s.addrs["a"]+"/"); err == nil && status != http.StatusBadRequest {
		t.Errorf("plain http: %d", status)
	}
	if served.Load() != 0 {
		t.Error("an outsider was served")
	}
	if status, err := get(&http.Transport{TLSClientConfig: own, DisableKeepAlives: true}, at); err != nil || status != 200 {
		t.Errorf("a node: %d %v", status, err)
	}
	// A node does not speak to a listener of another installation either.
	b := newSite(t)
	b.secret = []byte("another secret")
	b.addNode("x", echo)
	s.addrs["x"] = b.addrs["x"]
	s.settle("blue", "x")
	if resp, text := n.send("POST", "/?team=blue", strings.NewReader("x=1")); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("passed on to a foreign node: %d %q", resp.StatusCode, text)
	}
}
