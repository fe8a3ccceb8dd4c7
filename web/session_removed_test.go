package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"callboard/web"
)

// A session that another process ends is over here when this one hears of it, and so is
// one of which it did not hear when it hears that any may have ended. Others go on.
func TestSessionsThatAnotherProcessEnds(t *testing.T) {
	db := openDB(t, t.TempDir())
	here, there := web.NewSessions[person](db.DB, web.SessionOptions{}), web.NewSessions[person](db.DB, web.SessionOptions{})
	defer here.Close()
	defer there.Close()
	with := func(cookie string) *http.Request {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", cookie)
		return r
	}
	var cookies []string
	var sessions []context.Context
	for range 3 {
		w := httptest.NewRecorder()
		if err := here.Start(w, with(""), person{}); err != nil {
			t.Fatal(err)
		}
		cookies = append(cookies, "s="+w.Result().Cookies()[0].Value)
		s, ok, err := here.Get(with(cookies[len(cookies)-1]))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		sessions = append(sessions, s.Context)
	}
	var first string
	if err := db.QueryRow(`select id from ` + web.SessionTable + ` order by created limit 1`).Scan(&first); err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{first, ""} {
		if err := there.End(httptest.NewRecorder(), with(cookies[i])); err != nil {
			t.Fatal(err)
		}
		if sessions[i].Err() != nil {
			t.Fatal("this process heard of it otherwise")
		}
		if err := here.Removed(t.Context(), id); err != nil || sessions[i].Err() == nil {
			t.Errorf("%q: %v, the session goes on %v", id, err, sessions[i].Err() == nil)
		}
		if _, ok, _ := here.Peek(with(cookies[i])); ok {
			t.Error("who had it is let in")
		}
	}
	if sessions[2].Err() != nil {
		t.Error("another session has ended")
	}
}
