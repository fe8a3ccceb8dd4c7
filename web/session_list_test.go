package web_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"callboard/web"
)

// A person sees the own sessions, newest first, knows which is this one, and
// ends one of them without touching anybody else's.
func TestSessionsOfASubject(t *testing.T) {
	p, db := serve(t), openDB(t, t.TempDir())
	s := people(p, db, web.SessionOptions{})
	p.handle("GET /mine", func(w http.ResponseWriter, r *http.Request) error {
		v, _, err := s.Get(r)
		if err != nil {
			return err
		}
		list, err := s.Of(r, v.Value.Account)
		for _, l := range list {
			fmt.Fprintln(w, l.ID, l.Value.Name, l.Current)
		}
		return err
	})
	p.handle("POST /end", func(w http.ResponseWriter, r *http.Request) error {
		done, err := s.EndOne(r.Context(), r.FormValue("account"), r.FormValue("id"))
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, fmt.Sprint(done))
		return err
	})
	first, second, other := p.login("a", "desk"), p.login("a", "phone"), p.login("b", "elsewhere")
	lines := strings.Split(strings.TrimSpace(p.do("GET", "/mine", "Cookie: "+first).body), "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], "phone false") || !strings.HasSuffix(lines[1], "desk true") {
		t.Fatalf("%q", lines)
	}
	id, _, _ := strings.Cut(lines[0], " ")
	if strings.Contains(second, id) {
		t.Error("the list tells the cookie")
	}
	for _, c := range []struct{ account, id, want string }{{"b", id, "false"}, {"a", "nothing", "false"}, {"a", id, "true"}, {"a", id, "false"}} {
		if got := p.do("POST", "/end?account="+c.account+"&id="+c.id).body; got != c.want {
			t.Errorf("ending %s of %s: %s, want %s", c.id, c.account, got, c.want)
		}
	}
	for cookie, status := range map[string]int{first: 200, second: 401, other: 200} {
		if a := p.do("GET", "/me", "Cookie: "+cookie); a.StatusCode != status {
			t.Errorf("afterwards: %d, want %d", a.StatusCode, status)
		}
	}
}
