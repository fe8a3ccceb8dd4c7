package main

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// A visitor is a person without a browser: a client with cookies that sends
// what it is told.
type visitor struct {
	t    testing.TB
	s    *stack
	http *http.Client
}

var formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)

// visitor signs in over HTTP alone, with the password of a demo user.
func (s *stack) visitor(t testing.TB, user int) *visitor { return s.visitorTo(t, user, "/") }

// visitorTo is visitor for somebody who wanted to go to a certain page.
func (s *stack) visitorTo(t testing.TB, user int, next string) *visitor {
	t.Helper()
	return s.visitorOf(t, 0, user, next)
}

// visitorOf is visitorTo for a user of any of the simulator's accounts.
func (s *stack) visitorOf(t testing.TB, account, user int, next string) *visitor {
	t.Helper()
	v, resp := s.attempt(t, account, user, next)
	if resp.StatusCode != http.StatusOK || resp.Request.URL.String() != s.url+next {
		t.Fatalf("signed in to %s: %s", resp.Request.URL, resp.Status)
	}
	return v
}

// attempt goes the whole way of signing in and returns where it ended.
func (s *stack) attempt(t testing.TB, account, user int, next string) (*visitor, *http.Response) {
	t.Helper()
	var state struct {
		Accounts []struct {
			Users []struct{ Username, Password string }
		}
	}
	s.control("GET", "state", nil, &state)
	who := state.Accounts[account].Users[user]
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, s: s, http: &http.Client{Jar: jar}}
	resp := v.send("POST", s.url+"/login", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"next": {next}}.Encode()))
	page, _ := io.ReadAll(resp.Body)
	action := formAction.FindSubmatch(page)
	if action == nil {
		t.Fatalf("no form on the sign-in page: %s %s", resp.Status, page)
	}
	at, err := resp.Request.URL.Parse(html.UnescapeString(string(action[1])))
	if err != nil {
		t.Fatal(err)
	}
	resp = v.send("POST", at.String(), "application/x-www-form-urlencoded",
		strings.NewReader(url.Values{"username": {who.Username}, "password": {who.Password}}.Encode()))
	v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return v, resp
}

// send sends a request as a page of ours would.
func (v *visitor) send(method, address, contentType string, body io.Reader, change ...func(*http.Request)) *http.Response {
	v.t.Helper()
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("Origin", v.s.url)
	for _, f := range change {
		f(req)
	}
	resp, err := v.http.Do(req)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, address, err)
	}
	v.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// get is a page.
func (v *visitor) get(path string) (status int, body string) {
	v.t.Helper()
	resp := v.send("GET", v.s.url+path, "", nil)
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// upload sends a sound file as the form does.
func (v *visitor) upload(name string, wav []byte) {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part{name: name, data: wav}.write(w)
	w.Close()
	if resp := v.send("POST", v.s.url+"/announcements", w.FormDataContentType(), &body); resp.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("upload: %s", resp.Status)
	}
}

// command sends a command as a program does, and returns the status and the
// code of the refusal, if it is one.
func (v *visitor) command(path, body string) (status int, code, field string) {
	v.t.Helper()
	resp := v.send("POST", v.s.url+path, "application/json", strings.NewReader(body))
	return refused(v.t, resp)
}

// refused reads the envelope of a refusal.
func refused(t testing.TB, resp *http.Response) (status int, code, field string) {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var envelope struct {
		Error struct{ Code, Field, Message string }
	}
	if resp.StatusCode >= 400 {
		if err := json.NewDecoder(bytes.NewReader(b)).Decode(&envelope); err != nil || envelope.Error.Message == "" {
			t.Errorf("%s %s: not the envelope of a refusal: %s", resp.Request.Method, resp.Request.URL.Path, b)
		}
	}
	return resp.StatusCode, envelope.Error.Code, envelope.Error.Field
}

var rowForm = regexp.MustCompile(`action="/calls/([^/"]+)/hold"`)

// rows are the ids of the calls with buttons that the board shows.
func (v *visitor) rows() (ids []string) {
	v.t.Helper()
	_, page := v.get("/")
	for _, m := range rowForm.FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// listen reads the visitor's feed; the result tells all that came.
func (v *visitor) listen(t testing.TB) (heard func() string) {
	t.Helper()
	at, err := url.Parse(v.s.url)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Origin": {v.s.url}}
	for _, c := range v.http.Jar.Cookies(at) {
		header.Add("Cookie", c.String())
	}
	conn, _, err := websocket.Dial(context.Background(), "ws://"+at.Host+"/feed", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	var mu sync.Mutex
	var text strings.Builder
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, msg, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			mu.Lock()
			text.Write(msg)
			mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		conn.CloseNow()
		<-done
	})
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}
