package web_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/web"
	"callboard/web/database"
	"callboard/web/database/databasetest"
)

// people are the sessions of a program with pages to log in and out.
func people(p *program, db *database.DB, o web.SessionOptions) *web.Sessions[person] {
	s := web.NewSessions[person](db.DB, o)
	s.Subject = func(v person) string { return v.Account }
	p.handle("POST /in", func(w http.ResponseWriter, r *http.Request) error {
		if err := s.Start(w, r, person{r.FormValue("account"), r.FormValue("name")}); err != nil {
			return err
		}
		return ok(w, r)
	})
	p.handle("POST /out", func(w http.ResponseWriter, r *http.Request) error { return s.End(w, r) })
	p.handle("GET /me", func(w http.ResponseWriter, r *http.Request) error {
		v, found, err := s.Get(r)
		if err != nil {
			return err
		}
		if !found {
			s.Forget(w, r)
			return web.Fault{Status: 401, Code: "unauthenticated"}
		}
		_, err = io.WriteString(w, v.Value.Account+" "+v.Value.Name)
		return err
	})
	p.t.Cleanup(s.Close)
	return s
}

func (p *program) login(account, name string, headers ...string) (cookie string) {
	p.t.Helper()
	a := p.do("POST", "/in?account="+account+"&name="+name, headers...)
	a.want(p.t, 200, "")
	c := a.Cookies()[0]
	return c.Name + "=" + c.Value
}

func TestCookieFlags(t *testing.T) {
	p := serve(t, https...)
	people(p, openDB(t, t.TempDir()), web.SessionOptions{Secure: true})
	a := p.do("POST", "/in?account=a")
	line := a.Header.Get("Set-Cookie")
	_, c := a.setCookie("__Host-s")
	if c == nil || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 7*24*3600 || len(line) > 200 || len(c.Value) != 43 {
		t.Errorf("%d bytes: %s", len(line), line)
	}
	out := p.do("POST", "/out", "Cookie: __Host-s="+c.Value)
	if _, c := out.setCookie("__Host-s"); c == nil || c.MaxAge >= 0 || !c.Secure || c.Value != "" {
		t.Errorf("logout sets %v", c)
	}
	p = serve(t)
	people(p, openDB(t, t.TempDir()), web.SessionOptions{})
	if _, c := p.do("POST", "/in").setCookie("s"); c == nil || c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("on plain http: %v", c)
	}
}

func TestOddCookiesAreNoSession(t *testing.T) {
	p := serve(t, https...)
	s := people(p, openDB(t, t.TempDir()), web.SessionOptions{Secure: true})
	cookie := p.login("a", "x")
	value := strings.TrimPrefix(cookie, "__Host-s=")
	p.do("GET", "/me", "Cookie: "+cookie).want(t, 200, "")
	p.do("GET", "/me", "Cookie: a=b; "+cookie+"; c=d").want(t, 200, "")
	other := p.login("b", "y")
	bad := map[string]string{
		"empty": "__Host-s=", "random": "__Host-s=" + strings.Repeat("A", 43), "name only": "__Host-s",
		"8 kB": "__Host-s=" + strings.Repeat("A", 8<<10), "100 cookies": strings.Repeat("x=y; ", 100) + "__Host-s=z",
		"two": cookie + "; " + other, "the same twice": cookie + "; " + cookie, "bad second": cookie + "; __Host-s=\"", "empty second": cookie + "; __Host-s",
		"without the prefix": "s=" + value, "quoted": `__Host-s="` + value + `"`, "comma": cookie + ",", "non-ASCII": cookie + "é", "space": "__Host-s= " + value,
		"the other cookie": "__Host-l=" + value, "longer": cookie + "A", "shorter": cookie[:len(cookie)-1], "case": "__HOST-s=" + value,
	}
	for name, c := range bad {
		t.Run(name, func(t *testing.T) {
			a := p.do("GET", "/me", "Cookie: "+c)
			a.want(t, 401, "unauthenticated")
			if _, forgotten := a.setCookie("__Host-s"); strings.Contains(c, "__Host-s") != (forgotten != nil) {
				t.Errorf("Set-Cookie: %v", a.Header["Set-Cookie"])
			}
		})
	}
	t.Run("two lines", func(t *testing.T) {
		p.do("GET", "/me", "Cookie: "+cookie, "Cookie: "+other).want(t, 401, "unauthenticated")
	})
	t.Run("5000 cookies", func(t *testing.T) {
		resp := p.raw("GET /me HTTP/1.1\r\nHost: app.example\r\nCookie: " + strings.Repeat("abcde=f; ", 5000) + "\r\n\r\n")
		if resp == nil || resp.StatusCode != 431 {
			t.Errorf("%v", resp)
		}
	})
	t.Run("NUL", func(t *testing.T) {
		resp := p.raw("GET /me HTTP/1.1\r\nHost: app.example\r\nCookie: " + cookie + "\x00\r\n\r\n")
		if resp == nil || resp.StatusCode != 400 {
			t.Errorf("%v", resp)
		}
	})
	t.Run("every bit", func(t *testing.T) {
		for i := range value {
			for bit := range 8 {
				b := []byte(value)
				b[i] ^= 1 << bit
				r := httptest.NewRequest("GET", "/", nil)
				r.Header["Cookie"] = []string{"__Host-s=" + string(b)}
				if _, found, err := s.Get(r); found || err != nil {
					t.Fatalf("byte %d, bit %d: %v, %v", i, bit, found, err)
				}
			}
		}
	})
	p.do("GET", "/me", "Cookie: "+cookie).want(t, 200, "") // none of it did any harm
	t.Run("after signing out", func(t *testing.T) {
		p.do("POST", "/out", "Cookie: "+cookie).want(t, 200, "")
		p.do("GET", "/me", "Cookie: "+cookie).want(t, 401, "unauthenticated")
	})
	t.Run("another browser", func(t *testing.T) {
		p.do("GET", "/me", "Cookie: "+other, "User-Agent: another").want(t, 200, "")
	})
}

func TestSessionFixation(t *testing.T) {
	p := serve(t)
	people(p, openDB(t, t.TempDir()), web.SessionOptions{})
	before := p.login("a", "x")
	after := p.login("a", "x", "Cookie: "+before)
	planted := "s=" + strings.Repeat("B", 43)
	mine := p.login("a", "x", "Cookie: "+planted)
	if before == after || mine == planted {
		t.Error("the id stayed the same")
	}
	p.do("GET", "/me", "Cookie: "+before).want(t, 401, "unauthenticated")
	p.do("GET", "/me", "Cookie: "+planted).want(t, 401, "unauthenticated")
	p.do("GET", "/me", "Cookie: "+after).want(t, 200, "")
}

// What is refused to a member is logged one by one, from the request that signs in
// on; what is refused to strangers is summed up.
func TestRefusalsOfMembersAreLoggedEach(t *testing.T) {
	p, db := serve(t), openDB(t, t.TempDir())
	s := people(p, db, web.SessionOptions{})
	refuse := web.Fault{Status: 403, Code: "not_yours"}
	for pattern, use := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /got":    func(w http.ResponseWriter, r *http.Request) error { _, _, err := s.Get(r); return err },
		"GET /peeked": func(w http.ResponseWriter, r *http.Request) error { _, _, err := s.Peek(r); return err },
		"GET /begun":  func(w http.ResponseWriter, r *http.Request) error { return s.Start(w, r, person{}) },
	} {
		p.handle(pattern, func(w http.ResponseWriter, r *http.Request) error {
			if err := use(w, r); err != nil {
				return err
			}
			return refuse
		})
	}
	for _, c := range []struct {
		path, cookie string
		lines        int // with the request's path
	}{{"/got", p.login("a", "x"), 3}, {"/peeked", p.login("b", "x"), 3}, {"/begun", "", 3}, {"/got", "", 1}} {
		before := len(p.log.String())
		for range 3 {
			p.do("GET", c.path, "Cookie: "+c.cookie).want(t, 403, "not_yours")
		}
		if got := strings.Count(p.log.String()[before:], `"path":"`+c.path+`"`); got != c.lines {
			t.Errorf("%s, cookie %q: %d lines in the log, want %d", c.path, c.cookie, got, c.lines)
		}
	}
}

// TestSessionContext: every way in which a session ends ends its context.
func TestSessionContext(t *testing.T) {
	db := openDB(t, t.TempDir())
	s := web.NewSessions[person](db.DB, web.SessionOptions{PerSubject: 2})
	s.Subject = func(v person) string { return v.Account }
	defer s.Close()
	with := func(cookie string) *http.Request {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", cookie)
		return r
	}
	start := func(account, cookie string) string {
		w := httptest.NewRecorder()
		if err := s.Start(w, with(cookie), person{Account: account}); err != nil {
			t.Fatal(err)
		}
		return "s=" + w.Result().Cookies()[0].Value
	}
	get := func(cookie string) <-chan struct{} {
		v, found, err := s.Get(with(cookie))
		if !found || err != nil {
			t.Fatalf("%v, %v", found, err)
		}
		again, _, _ := s.Peek(with(cookie))
		if again.Context != v.Context {
			t.Error("two contexts for one session")
		}
		return v.Context.Done()
	}
	closed := func(done <-chan struct{}) bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	a, other := start("a", ""), start("b", "")
	doneA, doneOther := get(a), get(other)
	if closed(doneA) {
		t.Fatal("closed at the beginning")
	}
	if err := s.End(httptest.NewRecorder(), with(a)); err != nil || !closed(doneA) {
		t.Errorf("End: %v, closed %v", err, closed(doneA))
	}
	b := start("a", "")
	doneB := get(b)
	c := start("a", b)
	if doneC := get(c); !closed(doneB) || closed(doneC) {
		t.Error("Start leaves the old one")
	}
	doneC := get(c)
	start("a", "")
	if closed(doneC) {
		t.Error("two sessions are one too many")
	}
	start("a", "")
	if !closed(doneC) {
		t.Error("the oldest of three sessions is not dropped")
	}
	d := get(start("a", ""))
	if err := s.EndAll(t.Context(), "a"); err != nil || !closed(d) {
		t.Errorf("EndAll: %v, closed %v", err, closed(d))
	}
	if closed(doneOther) {
		t.Error("another's session ended too")
	}
	if vs, err := s.All(t.Context()); err != nil || len(vs) != 1 || vs[0].Account != "b" {
		t.Errorf("All: %v, %v", vs, err)
	}
}

// TestSessionTime runs in a bubble in which time is not real: the figures of
// the documentation, to the second.
func TestSessionLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := database.Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := migrate(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		s := web.NewSessions[person](db.DB, web.SessionOptions{})
		defer s.Close()
		start := func() *http.Request {
			w := httptest.NewRecorder()
			if err := s.Start(w, httptest.NewRequest("GET", "/", nil), person{}); err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.AddCookie(w.Result().Cookies()[0])
			return r
		}
		alive := func(r *http.Request) bool {
			_, found, err := s.Get(r)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		closed := func(done <-chan struct{}) bool {
			synctest.Wait()
			select {
			case <-done:
				return true
			default:
				return false
			}
		}

		idle := start()
		v, _, _ := s.Get(idle)
		time.Sleep(4 * time.Hour)
		s.Peek(idle) // what a page does by itself is no use
		time.Sleep(4*time.Hour - time.Second)
		if closed(v.Context.Done()) {
			t.Error("closed before 8 h")
		}
		time.Sleep(time.Second)
		if !closed(v.Context.Done()) || alive(idle) {
			t.Error("alive after 8 h without use")
		}

		used := start()
		v, _, _ = s.Get(used)
		for range 7*24 - 1 {
			time.Sleep(time.Hour)
			if !alive(used) {
				t.Fatal("dead although it was used")
			}
		}
		time.Sleep(time.Hour - time.Second)
		if !alive(used) || closed(v.Context.Done()) {
			t.Error("dead before 7 days")
		}
		time.Sleep(time.Second)
		if alive(used) || !closed(v.Context.Done()) {
			t.Error("alive after 7 days")
		}

		// A restart forgets nothing of this: only the database counts.
		old := start()
		time.Sleep(30 * time.Second)
		alive(old) // within the minute: not stored
		s2 := web.NewSessions[person](db.DB, web.SessionOptions{})
		defer s2.Close()
		time.Sleep(8*time.Hour - 30*time.Second)
		if _, found, _ := s2.Get(old); found {
			t.Error("alive after 8 h in another process")
		}

		// Set back by an hour, the clock must not make a session live longer.
		r := start()
		if _, err := db.Exec(`update web_session set created = created + 3600000, seen = seen + 3600000`); err != nil {
			t.Fatal(err)
		}
		if alive(r) {
			t.Error("a session from the future is alive")
		}
		var rows int
		start()
		if db.QueryRow(`select count(*) from web_session where created < $1`, time.Now().UnixMilli()).Scan(&rows); rows != 0 {
			t.Errorf("%d expired rows are left", rows)
		}
	})
}

// While the database can be read only, members stay signed in and go on reading.
// It is asked to store the use once a minute, not with each request.
func TestReadingGoesOnWithoutWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, s, r := oneSession(t)
		seen := func() (at int64) {
			if err := db.QueryRow(`select seen from web_session`).Scan(&at); err != nil {
				t.Fatal(err)
			}
			return at
		}
		use := func() {
			t.Helper()
			if _, found, err := s.Get(r); err != nil || !found {
				t.Fatalf("%v, %v", found, err)
			}
		}
		use()
		before := seen()
		time.Sleep(2 * time.Minute)
		db.Exec(`pragma query_only = 1`)
		for range 3 {
			use()
		}
		db.Exec(`pragma query_only = 0`)
		use() // was tried within the minute
		if seen() != before {
			t.Error("each request tries to store the use")
		}
		time.Sleep(time.Minute)
		use()
		if seen() == before {
			t.Error("the use is not stored again")
		}
	})
}

func TestLastUseIsStoredRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, s, r := oneSession(t)
		seen := func() (n int) {
			db.QueryRow(`select seen from web_session`).Scan(&n)
			return n
		}
		before := seen()
		for range 10 {
			s.Get(r)
			time.Sleep(time.Second)
		}
		if seen() != before {
			t.Error("each use writes to the database")
		}
		time.Sleep(time.Minute)
		s.Get(r)
		if seen() == before {
			t.Error("a use after a minute is not stored")
		}
	})
}

// oneSession returns sessions of which there is one, that of the request.
func oneSession(t *testing.T) (*database.DB, *web.Sessions[person], *http.Request) {
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // pragmas are those of a connection
	s := web.NewSessions[person](db.DB, web.SessionOptions{})
	t.Cleanup(s.Close)
	w := httptest.NewRecorder()
	if err := s.Start(w, httptest.NewRequest("GET", "/", nil), person{Name: "x"}); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	return db, s, r
}

// A page needs no query for the session if another did within the second. A session
// that is removed from the database while the program runs ends all the same.
func TestSessionIsReadOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, s, r := oneSession(t)
		get := func() string {
			v, found, err := s.Get(r)
			if err != nil {
				t.Fatal(err)
			}
			if !found {
				return "none"
			}
			return v.Value.Name
		}
		set := func(query string) {
			if _, err := db.Exec(query); err != nil {
				t.Fatal(err)
			}
		}
		get()
		set(`update web_session set value = '{"name":"y"}'`)
		if name := get(); name != "x" {
			t.Errorf("%q: it was read again at once", name)
		}
		time.Sleep(time.Second)
		if name := get(); name != "y" {
			t.Errorf("%q: it was not read again", name)
		}
		set(`delete from web_session`)
		time.Sleep(time.Second)
		if name := get(); name != "none" {
			t.Errorf("%q after the session was removed", name)
		}
	})
}

// TestSessionsSurviveARestart: a login survives the program.
func TestSessionsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	db := openDB(t, dir)
	p := serve(t)
	s := people(p, db, web.SessionOptions{})
	cookie := p.login("a", "x")
	s.Close()
	db.Close()
	p.do("GET", "/me", "Cookie: "+cookie).want(t, 503, "busy") // and never a 500
	p.do("POST", "/in", "Cookie: "+cookie).want(t, 503, "busy")

	p = serve(t)
	s = people(p, openDB(t, dir), web.SessionOptions{})
	if a := p.do("GET", "/me", "Cookie: "+cookie); a.body != "a x" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if vs, err := s.All(t.Context()); err != nil || len(vs) != 1 || vs[0] != (person{"a", "x"}) {
		t.Errorf("All: %v, %v", vs, err)
	}
}

// TestKilledWhileSigningIn: every cookie that was sent has a session, also after
// kill -9.
func TestKilledWhileSigningIn(t *testing.T) {
	databasetest.NeedsSQLite(t)
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cookies := map[string]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var name, value string
		if n, _ := fmt.Sscan(lines.Text(), &name, &value); n != 2 {
			t.Fatal(lines.Text())
		}
		cookies[name] = value
		if len(cookies) == 20 {
			_, err := database.Open(t.Context(), dir)
			if want := fmt.Sprintf("in use by pid %d", cmd.Process.Pid); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	s := web.NewSessions[person](openDB(t, dir).DB, web.SessionOptions{})
	defer s.Close()
	for name, value := range cookies {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: "s", Value: value})
		if v, found, err := s.Get(r); err != nil || !found || v.Value.Name != name {
			t.Errorf("session %s: %v, %v", name, found, err)
		}
	}
	t.Logf("%d sessions were started and found", len(cookies))
}

// TestStoreHoldsNoSecret: no cookie can be made from a copy of the database.
func TestStoreHoldsNoSecret(t *testing.T) {
	databasetest.NeedsSQLite(t)
	dir := t.TempDir()
	db := openDB(t, dir)
	p := serve(t)
	people(p, db, web.SessionOptions{})
	_, value, _ := strings.Cut(p.login("a", "x"), "=")
	for _, name := range []string{"callboard.db", "callboard.db-wal"} {
		if text, err := os.ReadFile(dir + "/" + name); err != nil || strings.Contains(string(text), value) {
			t.Errorf("%s: %v, or it holds the cookie", name, err)
		}
	}
}

func BenchmarkSessionGet(b *testing.B) {
	db := openDB(b, b.TempDir())
	s := web.NewSessions[person](db.DB, web.SessionOptions{})
	defer s.Close()
	w := httptest.NewRecorder()
	s.Start(w, httptest.NewRequest("GET", "/", nil), person{"a", "x"})
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	b.ReportAllocs()
	for b.Loop() {
		if _, found, err := s.Get(r); !found || err != nil {
			b.Fatal(err)
		}
	}
}
