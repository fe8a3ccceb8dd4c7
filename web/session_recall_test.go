package web_test

import (
	"net/http"
	"testing"

	"callboard/web"
)

// TestRecallReadsASessionOnce: what a session says for all time is known without the
// database from the second request on, also when the session has ended; what is no
// session is known never.
func TestRecallReadsASessionOnce(t *testing.T) {
	p, db := serve(t), openDB(t, t.TempDir())
	s := people(p, db, web.SessionOptions{})
	recall := func(cookie, want string) {
		t.Helper()
		r, _ := http.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", cookie)
		v, ok, err := s.Recall(r)
		if err != nil || ok != (want != "") || v.Account != want {
			t.Errorf("%+v %v %v, want %q", v, ok, err, want)
		}
	}
	first, second := p.login("a", "desk"), p.login("b", "phone")
	recall(first, "a")
	recall("s=nothing", "")
	recall("", "")
	p.do("POST", "/out", "Cookie: "+first).want(t, 200, "")
	p.do("POST", "/out", "Cookie: "+second).want(t, 200, "")
	recall(second, "")
	db.Close()
	recall(first, "a")
}
