package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A browser is one open board: a session, the page and its socket.
type browser struct {
	site    *site
	team    *team
	index   int // among those of the team
	user    simulatedUser
	address string // its address on the network, as a reverse proxy tells it
	cookie  string

	language string // that the browser prefers
	feed     string // where its page says that the socket is

	stops   bool         // it stops reading when the changes begin
	stopped atomic.Bool  // it does not read
	port    atomic.Int32 // of its end of the socket

	mu      sync.Mutex
	sent    traffic // what the socket got since the last reset
	samples []sample
	closed  int             // how often the socket ended
	away    []time.Duration // from the end of a socket to the next one
}

// back records that there is a socket again after one that ended then.
func (b *browser) back(ended time.Time) {
	if !ended.IsZero() {
		b.mu.Lock()
		b.away = append(b.away, time.Since(ended))
		b.mu.Unlock()
	}
}

// traffic counts websocket messages.
type traffic struct{ messages, bytes int }

// A sample is how long a change took to reach a browser.
type sample struct {
	kind      kind
	took      time.Duration
	overtaken bool
}

// A site is the dashboard as browsers reach it: through a reverse proxy that
// sends the address of each in X-Forwarded-For.
type site struct {
	url       string                 // public
	addr      atomic.Pointer[string] // of the node that the browsers reach there
	transport *http.Transport
}

// newSite returns the dashboard at its public address as the node at addr serves it.
func newSite(public, addr string) *site {
	s := &site{url: "http://" + public, transport: newTransport()}
	s.addr.Store(&addr)
	s.transport.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		if to == public {
			to = *s.addr.Load()
		}
		return new(net.Dialer).DialContext(ctx, network, to)
	}
	return s
}

// forwarded adds the address of a browser, as a proxy does.
type forwarded struct {
	*site
	address string
}

// RoundTrip implements [http.RoundTripper].
func (f forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", f.address)
	r.Header.Set("Origin", f.url)
	return f.transport.RoundTrip(r)
}

const formType = "application/x-www-form-urlencoded"

var signInForm = regexp.MustCompile(`<form method="post" action="([^"]+)"`)

// signIn goes the whole way of signing in: our page, sipgate's, and back.
func (b *browser) signIn(ctx context.Context) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, Transport: forwarded{b.site, b.address}}
	resp, page, err := post(ctx, client, b.site.url+"/login", url.Values{"next": {"/settings"}})
	if err != nil {
		return err
	}
	action := signInForm.FindStringSubmatch(page)
	if action == nil {
		return fmt.Errorf("sign in %s: no form at %s: %s", b.user.Username, resp.Request.URL, resp.Status)
	}
	at, err := resp.Request.URL.Parse(html.UnescapeString(action[1]))
	if err != nil {
		return err
	}
	resp, _, err = post(ctx, client, at.String(), url.Values{"username": {b.user.Username}, "password": {b.user.Password}})
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || resp.Request.URL.String() != b.site.url+"/settings" {
		return fmt.Errorf("sign in %s: %s at %s", b.user.Username, resp.Status, resp.Request.URL)
	}
	var cookies []string
	for _, c := range jar.Cookies(resp.Request.URL) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	b.cookie = strings.Join(cookies, "; ")
	return nil
}

func post(ctx context.Context, client *http.Client, address string, form url.Values) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Content-Type", formType)
	return do(client, req)
}

func do(client *http.Client, req *http.Request) (*http.Response, string, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// request sends a request of the signed-in browser and returns the answer's body.
func (b *browser) request(ctx context.Context, method, path string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, b.site.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Cookie", b.cookie)
	req.Header.Set("Accept-Language", b.language)
	if form != nil {
		req.Header.Set("Content-Type", formType)
		req.Header.Set("HX-Request", "true")
	}
	resp, body, err := do(&http.Client{Transport: forwarded{b.site, b.address}, CheckRedirect: noRedirect}, req)
	if err == nil && resp.StatusCode >= 400 {
		err = fmt.Errorf("%s %s: %s %.300s", method, path, resp.Status, body)
	}
	return body, err
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// feedAddress finds where the page says that its socket is.
var feedAddress = regexp.MustCompile(`(?:hx-ws:connect|data-feed)="([^"]+)"`)

// open opens the board once.
func (b *browser) open(ctx context.Context) error {
	page, err := b.request(ctx, http.MethodGet, "/", nil)
	if err != nil {
		return err
	}
	m := feedAddress.FindStringSubmatch(page)
	if m == nil {
		return errors.New("the page names no socket")
	}
	b.feed = html.UnescapeString(m[1])
	b.team.learnRows([]byte(page))
	return nil
}

// shownWithin is how long a member waits for the row of a call: a page shows the truth
// so long after its team has moved, at the latest.
const shownWithin = 5 * time.Second

// setHold puts a call on hold or resumes it, through the form of its row.
func (b *browser) setHold(ctx context.Context, c *call, on bool) error {
	shown, cancel := context.WithTimeout(ctx, shownWithin)
	defer cancel()
	row := c.row.Load()
	for ; row == nil; row = c.row.Load() {
		if !sleepUntil(shown, time.Now().Add(10*time.Millisecond)) {
			return fmt.Errorf("the call of %s is on no board", c.number)
		}
	}
	id := strings.TrimPrefix(*row, rowPrefix)
	_, err := b.request(ctx, http.MethodPost, "/calls/"+id+"/hold",
		url.Values{"value": {fmt.Sprint(on)}, "action_id": {rand.Text()}})
	return err
}
