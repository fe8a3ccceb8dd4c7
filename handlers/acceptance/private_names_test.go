package acceptance

import (
	"net/http"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// A number in one member's private contacts has its name for that member only:
// on the board, in the feed, on the call's page and in dialogs. Colleagues and
// members of another account whom the same number calls see where the number is
// from.
func TestPrivateNames(t *testing.T) {
	s := harness.New(t, "-visibility", "account")
	s.Stop()
	s.Args = append(s.Args, "-accounts", "any")
	s.Start()
	const number, secret, place = "+498999998399", "Canary Grandma", "München"
	addPrivateContact(s, "w0", secret, number)
	addPrivateContact(s, "w0", "Canary Nobody", "+498999998310") // the team knows it as Kettenwerk Großhandel
	anna, jonas, stranger := s.SignIn(t, 0), s.SignIn(t, 1), s.SignInTo(t, 1, 0, "/")
	annas, jonass, strangers := anna.Listen(t), jonas.Listen(t), stranger.Listen(t)
	s.Ring(number, "w1", "established")
	s.Control("POST", "calls", map[string]any{"direction": "in", "from": number, "account": "2390015", "users": []string{"w0"}, "state": "established"}, nil)
	s.Ring("+498999998310", "w1", "established")

	shows := func(v *harness.Client, what string) func() bool {
		return func() bool { _, page := v.Get("/"); return strings.Contains(page, what) }
	}
	s.Eventually("her name for a number", shows(anna, secret))
	s.Eventually("the same, sent by itself", func() bool { return strings.Contains(annas(), secret) })
	for _, v := range []*harness.Client{jonas, stranger} {
		s.Eventually("where a number is from", shows(v, "<p>"+place+"</p>"))
	}
	s.Eventually("what the team calls a number", shows(anna, "Kettenwerk"))
	s.Eventually("buttons on own calls", func() bool { return len(jonas.Rows()) >= 2 })

	compared := 0
	for _, id := range jonas.Rows() {
		if checkOnlyFor(s, anna, jonas, "/calls/"+id, secret, place) && checkOnlyFor(s, anna, jonas, "/calls/"+id+"/keypad", secret, "") {
			compared++
		}
		for _, v := range []*harness.Client{jonas, stranger} {
			checkWithout(s, v, "Canary", "/", "/calls/"+id, "/calls/"+id+"/transfer", "/calls/"+id+"/keypad", "/calls/hangup", "/history", "/audit", "/team", "/calls/new")
		}
	}
	if compared != 1 {
		t.Errorf("%d calls of the number were compared", compared)
	}
	for _, heard := range []func() string{jonass, strangers} {
		if text := heard(); text == "" || strings.Contains(text, "Canary") {
			t.Errorf("the feed of another member: %.500s", text)
		}
	}
	if _, page := anna.Get("/"); strings.Contains(page, "Canary Nobody") {
		t.Error("a private name wins over the team's")
	}

	addPrivateContact(s, "w1", "Jonas' customer", number) // read at the next sign-in
	again := s.SignIn(t, 1)
	s.Eventually("a name that is new", func() bool { return strings.Contains(jonass(), "Jonas&#39; customer") })
	s.Stop()
	s.Start()
	s.Eventually("her name after a restart", shows(anna, secret))
	s.Eventually("his name after a restart", shows(again, "Jonas&#39; customer"))
}

// addPrivateContact adds a private contact of a user of the first account.
func addPrivateContact(s *harness.Stack, user, name, number string) {
	s.T.Helper()
	s.API(user, "POST", "contacts", map[string]any{"name": name, "scope": "PRIVATE",
		"numbers": []map[string]any{{"number": number, "type": []string{"home"}}}})
}

// checkOnlyFor checks that a page about a call shows the secret to its owner
// and the public text to another member. It reports whether the page is about
// the number.
func checkOnlyFor(s *harness.Stack, owner, other *harness.Client, path, secret, public string) (about bool) {
	s.T.Helper()
	_, hers := owner.Get(path)
	status, his := other.Get(path)
	about = strings.Contains(his, "89 99998399")
	if status != http.StatusOK || strings.Contains(hers, secret) != about || about && !strings.Contains(his, public) {
		s.T.Errorf("%s: %d, about the number: %v, named for its owner: %v", path, status, about, strings.Contains(hers, secret))
	}
	return about
}

// checkWithout checks that no page of a member contains a text.
func checkWithout(s *harness.Stack, v *harness.Client, text string, paths ...string) {
	s.T.Helper()
	for _, path := range paths {
		if _, page := v.Get(path); strings.Contains(page, text) {
			s.T.Errorf("%s of another contains %q", path, text)
		}
	}
}
