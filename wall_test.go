package main

import (
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
)

// wallCanary is the part of a number that no wall may show.
const wallCanary = "55543"

const wallShown = "+49 30 •••• 21"

var (
	wallLink   = regexp.MustCompile(`id="wall-link"[^>]* value="([^"]+)"`)
	wallRevoke = regexp.MustCompile(`action="(/walls/[^"]+/revoke)"`)
)

// form posts a form and returns what is answered.
func (v *visitor) form(path string, values url.Values) (status int, body string) {
	v.t.Helper()
	resp := v.send("POST", v.s.url+path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// wall makes a link.
func (v *visitor) wall(name string) string {
	v.t.Helper()
	status, page := v.form("/walls", url.Values{"name": {name}, "lang": {"en"}})
	link := wallLink.FindStringSubmatch(page)
	if status != http.StatusOK || link == nil {
		v.t.Fatalf("a link: %d %s", status, page)
	}
	return html.UnescapeString(link[1])
}

// dialWall opens the feed of a link as a page of ours would.
func (s *stack) dialWall(link string, header http.Header, host ...string) (*websocket.Conn, *http.Response, error) {
	at, _, _ := strings.Cut(link, "?")
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	return websocket.Dial(ctx, "ws"+strings.TrimPrefix(at, "http")+"/feed?lang=en", &websocket.DialOptions{HTTPHeader: header, Host: strings.Join(host, "")})
}

// A link is made by an admin and shown on a screen where nobody is signed in:
// calls ring, talk and wait there, with masked numbers; the screen comes back by
// itself after a restart, and goes dark when the link is withdrawn.
func TestBrowserWall(t *testing.T) {
	t.Parallel()
	s := newStack(t, "-visibility", "account")
	s.pushEvents()
	b := newBrowser(t, s)
	anna, screen := b.person(t), b.person(t)
	anna.signIn("Anna")
	anna.do(chromedp.Navigate(s.url + "/walls"))
	anna.do(chromedp.SendKeys(`input[name=name]`, "Kitchen"))
	anna.do(chromedp.Click(`form[action="/walls"] button`))
	anna.until(`!!document.querySelector("#wall-link")`)
	link := eval[string](anna, `document.querySelector("#wall-link").value`)

	screen.do(chromedp.EmulateViewport(1920, 1080), chromedp.Navigate(link))
	screen.until(`document.querySelector("h1").textContent === "Kitchen" && /No calls/.test(document.querySelector("main").innerText)`)
	const first = `document.querySelector(".calls li")`
	id := s.ring("+4930"+wallCanary+"21", "w0", "ringing")
	screen.until(first + `?.dataset.state === "ringing"`)
	for _, want := range []string{wallShown, "Anna", "Ringing"} {
		if text := eval[string](screen, first+".innerText"); !strings.Contains(text, want) {
			t.Errorf("the wall does not tell %q: %s", want, text)
		}
	}
	s.control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	screen.until(first + `?.dataset.state === "talking"`)
	s.api("w0", "PUT", "calls/"+id+"/hold", map[string]any{"value": true})
	anna.do(chromedp.Navigate(s.url + "/"))
	anna.press("+49 30 "+wallCanary+"21", "h")
	screen.until(first + `?.dataset.state === "held"`)
	screen.until(`/^\d+:\d\d$/.test(document.querySelector(".calls time").textContent)`)
	screen.picture("wall-live")

	s.stop()
	screen.until(`document.querySelector("#wall").hasAttribute("data-off") && /connection is lost/.test(document.querySelector(".stale").innerText)`)
	screen.picture("wall-cut")
	s.start()
	screen.until(`!document.querySelector("#wall").hasAttribute("data-off") && !!` + first)
	page := eval[string](screen, "document.documentElement.outerHTML")
	if strings.Contains(page, wallCanary) || strings.Contains(page, "Bergmann") || eval[string](screen, "document.cookie") != "" {
		t.Errorf("the wall tells too much:\n%s", page)
	}

	anna.do(chromedp.Navigate(s.url + "/walls"))
	anna.until(`/on one screen now/.test(document.body.innerText)`)
	anna.run(`const f = document.querySelector('form[action$="/revoke"]'); f.dataset.sure = "1"; f.requestSubmit()`)
	screen.until(`!document.querySelector("#gone").hidden && document.querySelector("#wall").hidden`)
	screen.picture("wall-gone")
	if text := eval[string](screen, "document.body.innerText"); !strings.Contains(text, "withdrawn") || strings.Contains(text, "+49") {
		t.Errorf("the link was withdrawn, and the screen shows %q", text)
	}
	screen.do(chromedp.Navigate(link))
	screen.until(`/shows nothing/.test(document.body.innerText)`)
	anna.do(chromedp.Navigate(s.url + "/audit"))
	if audit := eval[string](anna, "document.body.innerText"); strings.Count(audit, "Kitchen") < 2 || !strings.Contains(audit, "Wallboards") {
		t.Errorf("the audit does not tell of the link:\n%s", audit)
	}
}

// What a link tells: nothing of numbers, of contacts and of what the team may
// not see, in the page and on the wire; nothing at all without the whole
// secret; and the secret stands in no log.
func TestWallTellsLittle(t *testing.T) {
	s := newStack(t, "-visibility", "account")
	s.pushEvents()
	p := s.relaunch()
	anna, jonas := s.visitor(t, 0), s.visitor(t, 1)
	if status, _ := jonas.get("/walls"); status != http.StatusForbidden {
		t.Errorf("an agent opens the links: %d", status)
	}
	if status, _ := jonas.form("/walls", url.Values{"name": {"Hall"}, "lang": {"en"}}); status != http.StatusForbidden {
		t.Errorf("an agent makes a link: %d", status)
	}
	for name, values := range map[string]url.Values{"no name": {"lang": {"en"}}, "no language": {"name": {"x"}}, "another": {"name": {"x"}, "lang": {"fr"}}} {
		if status, _ := anna.form("/walls", values); status != http.StatusUnprocessableEntity && status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	link := anna.wall("Hall")
	token := strings.TrimPrefix(strings.TrimSuffix(link, "?lang=en"), s.url+"/wall/")
	if len(token) != 43 {
		t.Fatalf("the link is %s", link)
	}
	stranger := &visitor{t: t, s: s, http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}

	s.ring("+4930"+wallCanary+"21", "w0", "established")
	if status, _ := jonas.form("/settings/wishes", url.Values{"shares": {"false"}}); status != http.StatusSeeOther {
		t.Fatalf("wishes: %d", status)
	}
	s.ring("+4989"+wallCanary+"88", "w1", "established")
	conn, _, err := s.dialWall(link, http.Header{"Origin": {s.url}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	heard := ""
	s.eventually("the call on the wall", func() bool {
		_, msg, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heard += string(msg)
		return strings.Contains(heard, wallShown)
	})
	resp := stranger.send("GET", link, "", nil)
	page, _ := io.ReadAll(resp.Body)
	for header, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"} {
		if got := resp.Header.Get(header); got != want {
			t.Errorf("%s is %q", header, got)
		}
	}
	if !strings.Contains(string(page), wallShown) || len(resp.Cookies()) != 0 {
		t.Errorf("the page: %s", page)
	}
	for where, text := range map[string]string{"page": string(page), "feed": heard} {
		for _, secret := range []string{wallCanary, "Bergmann", "Keller", "•••• 88", "+49 89"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is told in the %s", secret, where)
			}
		}
	}
	wallNothing(t, s, stranger, link)
	wallSocket(t, s, anna, conn, link)
	if status, body := stranger.get(strings.TrimPrefix(link, s.url)); status != http.StatusNotFound || strings.Contains(body, "Hall") {
		t.Errorf("withdrawn: %d %s", status, body)
	}
	if err := p.end(os.Interrupt); err != nil {
		t.Errorf("end: %v", err)
	}
	if log := p.log.tail(1 << 24); strings.Contains(log, token) || strings.Contains(log, wallCanary) || !strings.Contains(log, "/wall/…") {
		t.Error("the secret, or a number, is in the log")
	}
}

// wallNothing shows that the answer to every wrong link is the same.
func wallNothing(t *testing.T, s *stack, stranger *visitor, link string) {
	t.Helper()
	at, _, _ := strings.Cut(strings.TrimPrefix(link, s.url), "?")
	_, want := stranger.get("/wall/" + strings.Repeat("A", 43) + "?lang=en")
	for _, path := range []string{at[:len(at)-1], at + "A", strings.ToLower(at), "/wall/x", "/wall/" + strings.Repeat("A", 43) + "/feed", "/wall/%00", "/wall/" + strings.Repeat("z", 4000)} {
		if status, body := stranger.get(path + "?lang=en"); status != http.StatusNotFound || body != want {
			t.Errorf("%.80s: %d %.200s", path, status, body)
		}
	}
}

// wallSocket shows that the feed is for our own page only, and ends with 4403
// when the link is withdrawn.
func wallSocket(t *testing.T, s *stack, anna *visitor, conn *websocket.Conn, link string) {
	t.Helper()
	for _, from := range [][]string{{}, {"https://evil.example"}, {"null"}, {s.url, "evil.example"}} {
		host := strings.Join(from[min(len(from), 1):], "")
		c, resp, err := s.dialWall(link, http.Header{"Origin": from[:min(len(from), 1)]}, host)
		if err == nil {
			c.CloseNow()
		}
		if err == nil || resp == nil || resp.StatusCode < 400 {
			t.Errorf("from %v: %v", from, err)
		}
	}
	_, page := anna.get("/walls")
	revoke := wallRevoke.FindStringSubmatch(page)
	if revoke == nil || !strings.Contains(page, "gerade auf einem Bildschirm<") {
		t.Fatalf("the page of links: %s", page)
	}
	if status, _ := anna.form(revoke[1], nil); status != http.StatusSeeOther {
		t.Fatalf("withdraw: %d", status)
	}
	for {
		if _, _, err := conn.Read(t.Context()); err != nil {
			var closed websocket.CloseError
			if !errors.As(err, &closed) || closed.Code != 4403 {
				t.Errorf("the feed ends with %v", err)
			}
			break
		}
	}
	if _, resp, err := s.dialWall(link, http.Header{"Origin": {s.url}}); err == nil || resp == nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("a withdrawn link is let in: %v", err)
	}
	if status, _ := anna.form(revoke[1], nil); status != http.StatusNotFound {
		t.Errorf("withdrawn twice: %d", status)
	}
}

// A screen that comes back all day long, in good order or not, leaves nothing
// behind: no goroutine, no file.
func TestWallReconnects(t *testing.T) {
	s := newStack(t)
	anna := s.visitor(t, 0)
	link := anna.wall("Hall")
	visit := func(i int) {
		conn, _, err := s.dialWall(link, http.Header{"Origin": {s.url}})
		if err != nil {
			t.Fatal(err)
		}
		conn.SetReadLimit(1 << 20)
		if _, _, err := conn.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			conn.CloseNow()
		} else {
			conn.Close(websocket.StatusGoingAway, "")
		}
	}
	for i := range 20 {
		visit(i)
	}
	used := func() (int, int) {
		http.DefaultClient.CloseIdleConnections()
		anna.http.CloseIdleConnections()
		files, _ := os.ReadDir("/proc/self/fd")
		return runtime.NumGoroutine(), len(files)
	}
	var goroutines, files int
	last := -1
	s.eventually("a steady state", func() bool {
		goroutines, files = used()
		steady := goroutines == last
		last = goroutines
		return steady
	})
	const times = 300
	for i := range times {
		visit(i)
	}
	s.eventually("all that it took to be given back", func() bool {
		g, f := used()
		return g <= goroutines+5 && f <= files+5
	})
	g, f := used()
	t.Logf("after %d reconnects: %d goroutines (before: %d), %d files (before: %d)", times, g, goroutines, f, files)
	s.eventually("no screen to be counted that went", func() bool {
		_, page := anna.get("/walls")
		return strings.Contains(page, "Hall") && !strings.Contains(page, "<small>gerade auf")
	})
}
