package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/forward"
)

// An installation is a dashboard on several nodes, real servers that share a database
// and a simulated sipgate.
type installation struct {
	*dashboard
	nodes map[string]*realNode

	mu    sync.Mutex
	home  string            // name of the node at which all teams are at home
	addrs map[string]string // internal addresses by the names of nodes
}

// A realNode is one of them.
type realNode struct {
	h    *handlers
	url  string
	stop func()
}

// A nodeView is what a node knows of the others.
type nodeView struct {
	in      *installation
	name    string
	control *callcontrol.Control
}

// Home implements [forward.Homes].
func (v nodeView) Home(ctx context.Context, account string) (string, bool, error) {
	v.in.mu.Lock()
	home, addr := v.in.home, v.in.addrs[v.in.home]
	v.in.mu.Unlock()
	switch home {
	case "":
		return "", false, errors.New("no home")
	case v.name:
		return "", true, v.control.TakeOn(ctx, account)
	}
	return addr, false, nil
}

// Moved implements [forward.Homes].
func (nodeView) Moved(string, string) {}

// newInstallation starts the nodes a and b. All teams are at home at b.
func newInstallation(t testing.TB) *installation {
	t.Helper()
	in := &installation{dashboard: newOffice(t), nodes: map[string]*realNode{}, home: "b", addrs: map[string]string{}}
	for _, name := range []string{"a", "b"} {
		h := in.newNode(team.ZoneRule{}, func(control *callcontrol.Control) *forward.Forwarder {
			f, err := forward.New(forward.Options{Homes: nodeView{in, name, control}, Secret: []byte("installation"), Enter: control.Enter})
			if err != nil {
				t.Fatal(err)
			}
			return f
		})
		app := h.app()
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		in.addrs[name] = freeAddr(t)
		if err := app.ServeNodes(in.addrs[name]); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- app.Serve(ctx, ln) }()
		n := &realNode{h: h, url: "http://" + ln.Addr().String()}
		n.stop = sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		in.nodes[name] = n
		t.Cleanup(n.stop)
	}
	return in
}

// freeAddr returns an address on which nothing listens.
func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// send sends a request of a browser with cookies to a node. It does not follow
// redirects.
func (n *realNode) send(t testing.TB, method, path, body, cookies string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, n.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "calls.example"
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Cookie", cookies)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://calls.example")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := nodeTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

var nodeTransport = &http.Transport{DisableKeepAlives: true}

// cookies returns what a browser sends back of the cookies that an answer sets.
func cookies(resp *http.Response) string {
	var all []string
	for _, c := range resp.Cookies() {
		if c.MaxAge >= 0 {
			all = append(all, c.Name+"="+c.Value)
		}
	}
	return strings.Join(all, "; ")
}

// signInAt signs a user in, through a node, and returns the browser's cookies.
func (in *installation) signInAt(n *realNode, user sipgate.UserID) string {
	in.t.Helper()
	in.h = n.h
	in.grantTokens(user, "")
	resp, _ := n.send(in.t, "POST", "/login", "next=%2Fhistory", "")
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusSeeOther {
		in.t.Fatalf("%d to %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	back, page := n.send(in.t, "GET", "/oauth/callback?code=x&state="+to.Query().Get("state"), "", cookies(resp), "X-Forwarded-For", "203.0.113.9", "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if back.StatusCode != http.StatusSeeOther || back.Header.Get("Location") != "/history" {
		in.t.Fatalf("back from sipgate: %d to %q: %s", back.StatusCode, back.Header.Get("Location"), page)
	}
	return cookies(back)
}

// TestSignInIsCompletedAtHome: a sign-in that another node gets is completed at the
// home of the team, which is known only then. There the member is on the board, with
// a grant; the browser gets its session, without what is left of the sign-in.
func TestSignInIsCompletedAtHome(t *testing.T) {
	in := newInstallation(t)
	a, b := in.nodes["a"], in.nodes["b"]
	got := in.signInAt(a, "w0")
	if !strings.Contains(got, "__Host-s=") || !strings.Contains(got, homeCookie+"=") || strings.Contains(got, "__Host-l=") {
		t.Errorf("the browser has %q", got)
	}
	if members := b.h.Control.Boards.Board(in.account).Members(); len(members) != 1 {
		t.Errorf("%d members on the board at home", len(members))
	}
	anna := team.MemberID{Account: in.account, User: "w0"}
	if b.h.Control.Grants.State(anna) == team.StateNeedsLogin || a.h.Control.ActsFor(in.account) {
		t.Error("the grant is not at home, or not only there")
	}
	r, _ := http.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", got)
	if s, ok, err := b.h.Sessions.Peek(r); err != nil || !ok || s.Value.Address != "203.0.113.9" || s.Value.Browser != "Firefox, Linux" || s.Value.Name != "Anna Bergmann" || !s.Value.Admin {
		t.Errorf("session %+v %v %v", s, ok, err)
	}
	in.mu.Lock()
	in.home = "a"
	in.mu.Unlock()
	if got := in.signInAt(a, "w1"); !strings.Contains(got, "__Host-s=") {
		t.Errorf("at home: the browser has %q", got)
	}
}

// TestTeamIsServedThroughAnyNode: pages, commands, the feed, push events and
// wallboards of a team work through another node than its home, which serves none of
// them itself.
func TestTeamIsServedThroughAnyNode(t *testing.T) {
	in := newInstallation(t)
	a, b := in.nodes["a"], in.nodes["b"]
	cookie := in.signInAt(a, "w0")
	if resp, page := a.send(t, "GET", "/", "", cookie); resp.StatusCode != 200 || !strings.Contains(page, "Anna Bergmann") || resp.Header.Get("Callboard-Answer") != "ok" || len(resp.Header.Values("Cache-Control")) != 1 {
		t.Errorf("the board: %d %v", resp.StatusCode, resp.Header)
	}
	if resp, _ := a.send(t, "GET", "/", "", "__Host-s="+strings.Repeat("x", 43)); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("without a session: %d", resp.StatusCode)
	}
	if resp, page := a.send(t, "GET", "/static/none", "", cookie); resp.StatusCode != 404 {
		t.Errorf("nothing: %d %s", resp.StatusCode, page)
	}

	c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(a.url, "http")+"/feed", &websocket.DialOptions{Host: "calls.example",
		HTTPHeader: http.Header{"Origin": {"https://calls.example"}, "Cookie": {cookie}}, HTTPClient: &http.Client{Transport: nodeTransport}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	in.h = b.h
	call := in.connected(&browser{d: in.dashboard, in: SignIn{Account: in.account, User: "w0"}}, "+4930555123")
	for seen := false; !seen; {
		_, text, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen = strings.Contains(string(text), "+49 30 555123")
	}
	if a.h.server.Sockets() != 0 || b.h.server.Sockets() != 1 || a.h.Nodes.Sockets() != 1 {
		t.Errorf("sockets: %d here, %d at home, %d through here", a.h.server.Sockets(), b.h.server.Sockets(), a.h.Nodes.Sockets())
	}
	if resp, page := a.send(t, "POST", "/calls/"+string(call.ID)+"/hold", "value=true", cookie, "X-Forwarded-For", "203.0.113.9"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("hold: %d %s", resp.StatusCode, page)
	}
	if e := in.audit()[0]; e.Action != team.Hold || e.Outcome != team.OutcomeDone || e.By.User != "w0" {
		t.Errorf("the audit has %+v", e)
	}
	resp, page := a.send(t, "POST", "/calls/none/hold", "value=true", cookie, "Accept", "application/json")
	var fault struct{ Error errorJSON }
	if json.Unmarshal([]byte(page), &fault); resp.StatusCode != 404 || fault.Error.Code != "not_found" || fault.Error.RequestID != resp.Header.Get("X-Request-Id") {
		t.Errorf("no call: %d %s", resp.StatusCode, page)
	}

	_, token, err := b.h.Control.Wallboards.Create(t.Context(), team.Member{MemberID: team.MemberID{Account: in.account, User: "w0"}}, "Hall", false)
	if err != nil {
		t.Fatal(err)
	}
	if resp, page := a.send(t, "GET", "/wall/"+token+"?lang=en", "", ""); resp.StatusCode != 200 || !strings.Contains(page, "Hall") {
		t.Errorf("a wallboard: %d %s", resp.StatusCode, page)
	}
	if resp, _ := a.send(t, "POST", "/push/"+a.h.Key.PushSecret(in.account), "event=hangup", ""); resp.StatusCode != http.StatusForbidden {
		t.Errorf("an event without a signature: %d", resp.StatusCode)
	}
	if on := a.h.Control.TakenOn(); len(on) != 0 {
		t.Errorf("the other node acts for %v", on)
	}
	if resp, _ := a.send(t, "POST", "/logout", "", cookie); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("signed out: %d", resp.StatusCode)
	}
	for err = nil; err == nil; {
		_, _, err = c.Read(t.Context())
	}
	if websocket.CloseStatus(err) != web.CloseSessionGone {
		t.Errorf("the feed ends with %v", err)
	}
}

// TestFeedFollowsTheTeam: when a team leaves its home, the feeds are told to connect
// again, and lead to the new home.
func TestFeedFollowsTheTeam(t *testing.T) {
	in := newInstallation(t)
	a, b := in.nodes["a"], in.nodes["b"]
	cookie := in.signInAt(a, "w0")
	connect := func() *websocket.Conn {
		c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(a.url, "http")+"/feed", &websocket.DialOptions{Host: "calls.example",
			HTTPHeader: http.Header{"Origin": {"https://calls.example"}, "Cookie": {cookie}}, HTTPClient: &http.Client{Transport: nodeTransport}})
		if err != nil {
			t.Fatal(err)
		}
		c.SetReadLimit(-1)
		t.Cleanup(func() { c.CloseNow() })
		return c
	}
	c := connect()
	in.mu.Lock()
	in.home = "a"
	in.mu.Unlock()
	if err := b.h.Control.GiveUp(t.Context(), in.account); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil {
		_, _, err = c.Read(t.Context())
	}
	if websocket.CloseStatus(err) != web.CloseRestart {
		t.Errorf("the feed ends with %v", err)
	}
	if _, _, err := connect().Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a.h.server.Sockets() != 1 || !a.h.Control.ActsFor(in.account) {
		t.Error("the feed is not at the new home")
	}
}

// TestHomeThatDoesNotAnswer: with a home that cannot be reached, a page says that it
// may be loaded again, and a command that nothing was done, in the program's own
// words; what needs no team is served.
func TestHomeThatDoesNotAnswer(t *testing.T) {
	in := newInstallation(t)
	a, b := in.nodes["a"], in.nodes["b"]
	cookie := in.signInAt(a, "w0")
	b.stop()
	for _, home := range []string{"b", ""} {
		in.mu.Lock()
		in.home = home
		in.mu.Unlock()
		for method, path := range map[string]string{"GET": "/history", "POST": "/calls/x/hold"} {
			resp, page := a.send(t, method, path, "", cookie)
			if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "2" || resp.Header.Get("Callboard-Answer") != "restarting" || !strings.Contains(page, "Please try again in a moment") {
				t.Errorf("%s %s: %d %v", method, path, resp.StatusCode, resp.Header)
			}
		}
		for _, path := range []string{"/healthz", "/login"} {
			if resp, _ := a.send(t, "GET", path, "", ""); resp.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", path, resp.StatusCode)
			}
		}
	}
}
