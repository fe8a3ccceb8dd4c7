package main

import (
	"net/http"
	"strings"
	"testing"
)

// A number that stands in one member's private contacts alone has a name for
// that member, on the board, in the feed, on the call's page and in sheets.
// Colleagues see where it is from, and so does another account that the same
// number calls: whatever is shared, the name never gets there (I6).
func TestPrivateNames(t *testing.T) {
	s := newStack(t, "-visibility", "account")
	s.stop()
	s.args = append(s.args, "-accounts", "any")
	s.start()
	const number, secret, place = "+498999998399", "Canary Grandma", "München"
	s.addPrivate("w0", secret, number)
	s.addPrivate("w0", "Canary Nobody", "+498999998310") // the team knows it as Kettenwerk Großhandel
	anna, jonas, stranger := s.visitor(t, 0), s.visitor(t, 1), s.visitorOf(t, 1, 0, "/")
	annas, jonass, strangers := anna.listen(t), jonas.listen(t), stranger.listen(t)
	s.ring(number, "w1", "established")
	s.control("POST", "calls", map[string]any{"direction": "in", "from": number, "account": "2390015", "users": []string{"w0"}, "state": "established"}, nil)
	s.ring("+498999998310", "w1", "established")

	shows := func(v *visitor, what string) func() bool {
		return func() bool { _, page := v.get("/"); return strings.Contains(page, what) }
	}
	s.eventually("her name for a number", shows(anna, secret))
	s.eventually("the same, sent by itself", func() bool { return strings.Contains(annas(), secret) })
	for _, v := range []*visitor{jonas, stranger} {
		s.eventually("where a number is from", shows(v, "<p>"+place+"</p>"))
	}
	s.eventually("what the team calls a number", shows(anna, "Kettenwerk"))

	compared := 0
	for _, id := range jonas.rows() {
		if s.onlyFor(anna, jonas, "/calls/"+id, secret, place) && s.onlyFor(anna, jonas, "/calls/"+id+"/keypad", secret, "") {
			compared++
		}
		for _, v := range []*visitor{jonas, stranger} {
			s.without(v, "Canary", "/", "/calls/"+id, "/calls/"+id+"/transfer", "/calls/"+id+"/keypad", "/calls/hangup", "/history", "/audit", "/team", "/calls/new")
		}
	}
	if compared != 1 {
		t.Errorf("%d calls of the number were compared", compared)
	}
	for _, heard := range []func() string{jonass, strangers} {
		if text := heard(); text == "" || strings.Contains(text, "Canary") {
			t.Errorf("a feed of somebody else: %.500s", text)
		}
	}
	if _, page := anna.get("/"); strings.Contains(page, "Canary Nobody") {
		t.Error("a private name wins over the team's")
	}

	s.addPrivate("w1", "Jonas' customer", number) // told at the next sign-in
	again := s.visitor(t, 1)
	s.eventually("a name that is new", func() bool { return strings.Contains(jonass(), "Jonas&#39; customer") })
	s.stop()
	s.start()
	s.eventually("her name after a restart", shows(anna, secret))
	s.eventually("his name after a restart", shows(again, "Jonas&#39; customer"))
}

// addPrivate adds to the contacts that only one user of the first account has.
func (s *stack) addPrivate(user, name, number string) {
	s.t.Helper()
	s.api(user, "POST", "contacts", map[string]any{"name": name, "scope": "PRIVATE",
		"numbers": []map[string]any{{"number": number, "type": []string{"home"}}}})
}

// onlyFor shows that of a page about a call its owner sees the secret, if it is
// about that call at all, and another person the public part.
func (s *stack) onlyFor(owner, other *visitor, path, secret, public string) (about bool) {
	s.t.Helper()
	_, hers := owner.get(path)
	status, his := other.get(path)
	about = strings.Contains(his, "89 99998399")
	if status != http.StatusOK || strings.Contains(hers, secret) != about || about && !strings.Contains(his, public) {
		s.t.Errorf("%s: %d, about the number: %v, named for its owner: %v", path, status, about, strings.Contains(hers, secret))
	}
	return about
}

// without shows that no page of a person contains a text.
func (s *stack) without(v *visitor, text string, paths ...string) {
	s.t.Helper()
	for _, path := range paths {
		if _, page := v.get(path); strings.Contains(page, text) {
			s.t.Errorf("%s of another contains %q", path, text)
		}
	}
}
