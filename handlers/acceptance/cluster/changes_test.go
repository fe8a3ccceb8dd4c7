package cluster

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"testing"

	"github.com/coder/websocket"

	"callboard/handlers/acceptance/harness"
	"callboard/web"
	"callboard/web/database/databasetest"
)

// wasClosed reports whether a socket of the page was closed with a code.
func (v *viewer) wasClosed(code websocket.StatusCode) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Contains(v.closed, code)
}

// browser returns a browser whose requests to Callboard go to one node.
func (r *rig) browser(n *node, cookies ...*http.Cookie) *harness.Client {
	r.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	jar.SetCookies(r.address(), cookies)
	return at(&harness.Client{T: r.t, Stack: r.Stack, HTTP: &http.Client{Jar: jar}}, n)
}

func (r *rig) address() *url.URL {
	u, err := url.Parse(r.URL)
	if err != nil {
		r.t.Fatal(err)
	}
	return u
}

// A session that ends elsewhere than at its team's home, since its browser signs in to
// another team or a tool removes it, ends at once: its open page is closed, and its
// cookie is worth nothing at any node.
func TestSessionsThatEndElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(t, databasetest.Postgres(t), 3, "-accounts", "2")
	for what, end := range map[string]func(c *harness.Client){
		"signs in to another team": func(c *harness.Client) {
			c = at(c, r.nodes[1])
			c.EndSignIn(c.BeginSignIn("/"), 1, 0)
		},
		"a tool removes it": func(*harness.Client) {
			if _, err := r.db.Exec(`delete from web_session`); err != nil {
				t.Fatal(err)
			}
		},
	} {
		c := r.browser(r.nodes[0])
		c.EndSignIn(c.BeginSignIn("/"), 0, 0)
		cookies := c.HTTP.Jar.Cookies(r.address())
		page := view(t, r.browser(r.nodes[2], cookies...))
		r.Eventually(what+": the page is open", func() bool { return page.has("<") })
		end(c)
		r.Eventually(what+": the page is closed", func() bool { return page.wasClosed(web.CloseSessionGone) })
		for _, n := range r.nodes {
			r.Eventually("no session at "+n.name, func() bool {
				status, _ := r.browser(n, cookies...).Get("/feed/poll?have=")
				return status == http.StatusUnauthorized
			})
		}
	}
}
