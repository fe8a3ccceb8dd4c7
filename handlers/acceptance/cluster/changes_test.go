package cluster

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/web"
	"callboard/web/database/databasetest"
)

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

// What a member changes through one node takes effect on the page and the socket that
// another member has through a second one, while the team is at home at a third: consent,
// a role, a sign-out and a removal.
func TestChangesTakeEffectEverywhere(t *testing.T) {
	t.Parallel()
	// Lists that show all calls of the account would show the call to Bob whatever Anna wants.
	s := newSceneWith(t, databasetest.Postgres(t), 3, "-visibility", "own")
	through := s.others(s.home(s.team))
	anna, bob := at(s.anna, through[0]), at(s.bob, through[1])
	page := view(t, bob)
	s.Eventually("the page is open", func() bool { return page.has(s.row) })
	change := func(path, form string) {
		t.Helper()
		page.reset()
		if status, answer := anna.Post(path, form); status != http.StatusSeeOther {
			t.Fatalf("%s: %d %.500s", path, status, answer)
		}
	}
	over := func(what string) {
		t.Helper()
		s.Eventually(what, func() bool { return page.wasClosed(web.CloseSessionGone) })
		if status, _ := bob.Get("/feed/poll?have="); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", what, status)
		}
	}

	change("/settings/wishes", "shares=false")
	s.Eventually("the call leaves the page", func() bool { return page.has(s.row) || page.wasOpened() })
	if strings.Contains(bob.Page("/"), "+49 30 555001") {
		t.Error("the call is still shown")
	}
	change("/settings/wishes", "shares=true&lendable=true")
	s.Eventually("the call comes back", func() bool { return page.has("+49 30 555001") })

	change("/team/w1/role", "role=viewer")
	s.Eventually("the row without buttons", func() bool { return page.has(s.row) })
	if status := s.hold(bob, true); status != http.StatusForbidden || s.holds() != 0 {
		t.Errorf("hold: %d, %d commands", status, s.holds())
	}

	change("/team/w1/sign-out", "")
	over("signed out")
	bob = s.browser(through[1])
	bob.EndSignIn(bob.BeginSignIn("/"), 0, 1)
	page = view(t, bob)
	s.Eventually("the page is open again", func() bool { return page.has("<") })
	change("/team/w1/remove", "")
	over("removed")
}
