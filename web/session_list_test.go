package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"callboard/web"
)

// TestSessionsOfASubject: a person sees their sessions, the newest first and the
// current one marked, and ends one of them without affecting other people's.
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

// TestStoredSessionsAreRead reads a row as releases have always written it:
// the cookie's SHA-256 in hex, the value as JSON, times in Unix milliseconds.
// Fields that a value has no place for are ignored, missing ones are empty.
func TestStoredSessionsAreRead(t *testing.T) {
	p, db := serve(t), openDB(t, t.TempDir())
	people(p, db, web.SessionOptions{})
	cookie := strings.Repeat("Ab3_-", 8) + "xyz"
	hash := sha256.Sum256([]byte(cookie))
	now := time.Now().UnixMilli()
	if _, err := db.Exec(`insert into web_session (id, subject, value, created, seen) values ($1, $2, $3, $4, $5)`,
		hex.EncodeToString(hash[:]), "a", `{"Account":"a","Name":"desk","dropped":[1,2]}`, now-3600_000, now-60_000); err != nil {
		t.Fatal(err)
	}
	a := p.do("GET", "/me", "Cookie: s="+cookie)
	if a.want(t, 200, ""); a.body != "a desk" {
		t.Errorf("read %q", a.body)
	}
	p.do("POST", "/out", "Cookie: s="+cookie).want(t, 200, "")
	p.do("GET", "/me", "Cookie: s="+cookie).want(t, 401, "unauthenticated")
}
