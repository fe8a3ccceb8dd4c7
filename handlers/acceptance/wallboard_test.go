package acceptance

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"

	"github.com/coder/websocket"
)

// wallCanary is the part of a number that no wallboard may show.
const wallCanary = "55543"

const wallShown = "+49 30 •••• 21"

var (
	wallLink   = regexp.MustCompile(`id="wall-link"[^>]* value="([^"]+)"`)
	wallRevoke = regexp.MustCompile(`action="(/walls/[^"]+/revoke)"`)
)

// createWallboard creates a wallboard and returns its link.
func createWallboard(v *harness.Client, name string) string {
	v.T.Helper()
	status, page := v.Post("/walls", url.Values{"name": {name}, "lang": {"en"}}.Encode())
	link := wallLink.FindStringSubmatch(page)
	if status != http.StatusOK || link == nil {
		v.T.Fatalf("a link: %d %s", status, page)
	}
	return html.UnescapeString(link[1])
}

// dialWallboard opens the feed of a link as the page does.
func dialWallboard(s *harness.Stack, link string, header http.Header, host ...string) (*websocket.Conn, *http.Response, error) {
	at, _, _ := strings.Cut(link, "?")
	ctx, cancel := context.WithTimeout(s.T.Context(), 10*time.Second)
	defer cancel()
	return websocket.Dial(ctx, "ws"+strings.TrimPrefix(at, "http")+"/feed?lang=en", &websocket.DialOptions{HTTPHeader: header, Host: strings.Join(host, "")})
}

// A wallboard reveals no numbers, no contacts and no calls that the team may
// not see, in its page and its feed. Without the whole secret it reveals
// nothing, and the secret is not logged.
func TestWallboardRevealsLittle(t *testing.T) {
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	s.Restart()
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	if status, _ := jonas.Get("/walls"); status != http.StatusForbidden {
		t.Errorf("an agent opens the links: %d", status)
	}
	if status, _ := jonas.Post("/walls", url.Values{"name": {"Hall"}, "lang": {"en"}}.Encode()); status != http.StatusForbidden {
		t.Errorf("an agent makes a link: %d", status)
	}
	for name, values := range map[string]url.Values{"no name": {"lang": {"en"}}, "no language": {"name": {"x"}}, "another": {"name": {"x"}, "lang": {"fr"}}} {
		if status, _ := anna.Post("/walls", values.Encode()); status != http.StatusUnprocessableEntity && status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	link := createWallboard(anna, "Hall")
	token := strings.TrimPrefix(strings.TrimSuffix(link, "?lang=en"), s.URL+"/wall/")
	if len(token) != 43 {
		t.Fatalf("the link is %s", link)
	}
	stranger := s.Anonymous(t)

	s.Ring("+4930"+wallCanary+"21", "w0", "established")
	if status, _ := jonas.Post("/settings/wishes", url.Values{"shares": {"false"}}.Encode()); status != http.StatusSeeOther {
		t.Fatalf("wishes: %d", status)
	}
	s.Ring("+4989"+wallCanary+"88", "w1", "established")
	conn, _, err := dialWallboard(s, link, http.Header{"Origin": {s.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	heard := ""
	s.Eventually("the call on the wall", func() bool {
		_, msg, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heard += string(msg)
		return strings.Contains(heard, wallShown)
	})
	resp := stranger.Send("GET", link, "", nil)
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
				t.Errorf("%q appears in the %s", secret, where)
			}
		}
	}
	wallNothing(t, s, stranger, link)
	wallSocket(t, s, anna, conn, link)
	if status, body := stranger.Get(strings.TrimPrefix(link, s.URL)); status != http.StatusNotFound || strings.Contains(body, "Hall") {
		t.Errorf("withdrawn: %d %s", status, body)
	}
	s.Stop()
	if log := s.Log(1 << 24); strings.Contains(log, token) || strings.Contains(log, wallCanary) || !strings.Contains(log, "/wall/…") {
		t.Error("the secret, or a number, is in the log")
	}
}

// wallNothing checks that all wrong links get the same answer.
func wallNothing(t *testing.T, s *harness.Stack, stranger *harness.Client, link string) {
	t.Helper()
	at, _, _ := strings.Cut(strings.TrimPrefix(link, s.URL), "?")
	_, want := stranger.Get("/wall/" + strings.Repeat("A", 43) + "?lang=en")
	for _, path := range []string{at[:len(at)-1], at + "A", strings.ToLower(at), "/wall/x", "/wall/" + strings.Repeat("A", 43) + "/feed", "/wall/%00", "/wall/" + strings.Repeat("z", 4000)} {
		if status, body := stranger.Get(path + "?lang=en"); status != http.StatusNotFound || body != want {
			t.Errorf("%.80s: %d %.200s", path, status, body)
		}
	}
}

// wallSocket checks that the feed serves the own page only, and ends with 4403
// when the link is withdrawn.
func wallSocket(t *testing.T, s *harness.Stack, anna *harness.Client, conn *websocket.Conn, link string) {
	t.Helper()
	for _, from := range [][]string{{}, {"https://evil.example"}, {"null"}, {s.URL, "evil.example"}} {
		host := strings.Join(from[min(len(from), 1):], "")
		c, resp, err := dialWallboard(s, link, http.Header{"Origin": from[:min(len(from), 1)]}, host)
		if err == nil {
			c.CloseNow()
		}
		if err == nil || resp == nil || resp.StatusCode < 400 {
			t.Errorf("from %v: %v", from, err)
		}
	}
	_, page := anna.Get("/walls")
	revoke := wallRevoke.FindStringSubmatch(page)
	if revoke == nil || !strings.Contains(page, "auf einem Bildschirm offen<") {
		t.Fatalf("the page of links: %s", page)
	}
	if status, _ := anna.Post(revoke[1], ""); status != http.StatusSeeOther {
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
	if _, resp, err := dialWallboard(s, link, http.Header{"Origin": {s.URL}}); err == nil || resp == nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("a withdrawn link is let in: %v", err)
	}
	if status, _ := anna.Post(revoke[1], ""); status != http.StatusNotFound {
		t.Errorf("withdrawn twice: %d", status)
	}
}

// A screen that reconnects all day long, in good order or not, leaves nothing
// behind in the program: no goroutine, no file.
func TestWallboardReconnectsLeakNothing(t *testing.T) {
	const few, many = 20, 300
	before, _, _ := wallboardReconnects(t, few, 0)
	after, filesBefore, filesAfter := wallboardReconnects(t, few, many)
	t.Logf("after %d more reconnects: %d goroutines (without: %d), %d files (before: %d)", many, after, before, filesAfter, filesBefore)
	if before == 0 || after > before+5 {
		t.Errorf("%d goroutines after %d reconnects, %d after %d", after, few+many, before, few)
	}
	if filesAfter > filesBefore+5 {
		t.Errorf("%d files after %d reconnects, %d before", filesAfter, many, filesBefore)
	}
}

// wallboardReconnects opens and closes a wallboard's feed few times and then
// more times. It returns how many goroutines the program has in the end, which
// it prints when it is killed with SIGQUIT, and how many files it has open before
// and after the second part.
func wallboardReconnects(t *testing.T, few, more int) (goroutines, filesBefore, filesAfter int) {
	t.Helper()
	s := harness.New(t)
	anna := s.SignIn(t, 0)
	link := createWallboard(anna, "Hall")
	visit := func(i int) {
		conn, _, err := dialWallboard(s, link, http.Header{"Origin": {s.URL}})
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
	files := func() int {
		http.DefaultClient.CloseIdleConnections()
		anna.HTTP.CloseIdleConnections()
		open, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID())) // none on systems without /proc
		return len(open)
	}
	for i := range few {
		visit(i)
	}
	last := -1
	s.Eventually("a steady state", func() bool {
		filesBefore = files()
		same := filesBefore == last
		last = filesBefore
		return same
	})
	for i := range more {
		visit(i)
	}
	s.Eventually("files to be closed", func() bool {
		filesAfter = files()
		return filesAfter <= filesBefore+5
	})
	s.Eventually("no screen to be counted that went", func() bool {
		page := anna.Page("/walls")
		return strings.Contains(page, "Hall") && !strings.Contains(page, "<small>gerade auf")
	})
	files() // closes the connections of the last pages
	s.Elapse(1)
	s.Signal(syscall.SIGQUIT)
	return strings.Count(s.Log(1<<24), "\ngoroutine "), filesBefore, filesAfter
}
