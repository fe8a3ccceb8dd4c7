package harness

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// FormType is the media type of forms without files.
const FormType = "application/x-www-form-urlencoded"

// A Client is a person without a browser: an HTTP client with the cookies of
// one session. It does not follow redirects.
type Client struct {
	T     testing.TB
	Stack *Stack
	HTTP  *http.Client
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Anonymous returns a client without a session and without cookies.
func (s *Stack) Anonymous(t testing.TB) *Client {
	return &Client{T: t, Stack: s, HTTP: &http.Client{CheckRedirect: noRedirect}}
}

// SignIn signs in over HTTP alone, as a user of the first account.
func (s *Stack) SignIn(t testing.TB, user int) *Client {
	t.Helper()
	return s.SignInTo(t, 0, user, "/")
}

// SignInTo signs in as a user of one of the simulator's accounts who asked for
// the page next.
func (s *Stack) SignInTo(t testing.TB, account, user int, next string) *Client {
	t.Helper()
	v, resp := s.TrySignIn(t, account, user, next)
	if resp.StatusCode != http.StatusOK || resp.Request.URL.String() != s.URL+next {
		t.Fatalf("signed in to %s: %s", resp.Request.URL, resp.Status)
	}
	return v
}

var formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)

// TrySignIn goes the whole way of signing in and returns the last answer.
func (s *Stack) TrySignIn(t testing.TB, account, user int, next string) (*Client, *http.Response) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &Client{T: t, Stack: s, HTTP: &http.Client{Jar: jar}}
	resp := v.EndSignIn(v.BeginSignIn(next), account, user)
	v.HTTP.CheckRedirect = noRedirect
	return v, resp
}

// BeginSignIn asks to sign in and returns the address of sipgate's form.
func (v *Client) BeginSignIn(next string) (form string) {
	v.T.Helper()
	resp := v.Send("POST", v.Stack.URL+"/login", FormType, strings.NewReader(url.Values{"next": {next}}.Encode()))
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		v.T.Fatal(err)
	}
	action := formAction.FindSubmatch(page)
	if action == nil {
		v.T.Fatalf("no form on the sign-in page: %s %s", resp.Status, page)
	}
	at, err := resp.Request.URL.Parse(html.UnescapeString(string(action[1])))
	if err != nil {
		v.T.Fatal(err)
	}
	return at.String()
}

// EndSignIn fills in sipgate's form as a user, and returns the last answer.
func (v *Client) EndSignIn(form string, account, user int) *http.Response {
	v.T.Helper()
	var state struct {
		Accounts []struct {
			Users []struct{ Username, Password string }
		}
	}
	v.Stack.Control("GET", "state", nil, &state)
	who := state.Accounts[account].Users[user]
	return v.Send("POST", form, FormType, strings.NewReader(url.Values{"username": {who.Username}, "password": {who.Password}}.Encode()))
}

// Send sends a request as a page of the dashboard does; change may change it
// first.
func (v *Client) Send(method, address, contentType string, body io.Reader, change ...func(*http.Request)) *http.Response {
	v.T.Helper()
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		v.T.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("Origin", v.Stack.URL)
	for _, f := range change {
		f(req)
	}
	resp, err := v.HTTP.Do(req)
	if err != nil {
		v.T.Fatalf("%s %s: %v", method, address, err)
	}
	v.T.Cleanup(func() { resp.Body.Close() })
	return resp
}

// Get returns a page.
func (v *Client) Get(path string) (status int, body string) {
	v.T.Helper()
	resp := v.Send("GET", v.Stack.URL+path, "", nil)
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.T.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// Page returns the body of a page, whatever its status.
func (v *Client) Page(path string) string {
	v.T.Helper()
	_, page := v.Get(path)
	return page
}

// Post sends an encoded form.
func (v *Client) Post(path, form string, change ...func(*http.Request)) (status int, page string) {
	v.T.Helper()
	resp := v.Send("POST", v.Stack.URL+path, FormType, strings.NewReader(form), change...)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.T.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

var (
	postForm    = regexp.MustCompile(`(?s)<form[^>]*method="post".*?</form>`)
	formTarget  = regexp.MustCompile(` (?:form)?action="([^"]+)"`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
)

// Submit opens a page, fills in the form that leads to action, by itself or by one
// of its buttons, and sends it as a browser without JavaScript does. The answer must be a redirect.
func (v *Client) Submit(page, action, filled string) {
	v.T.Helper()
	_, text := v.Get(page)
	for _, form := range postForm.FindAllString(text, -1) {
		if !slices.ContainsFunc(formTarget.FindAllStringSubmatch(form, -1), func(m []string) bool { return m[1] == action }) {
			continue
		}
		values, err := url.ParseQuery(filled)
		if err != nil {
			v.T.Fatal(err)
		}
		for _, f := range hiddenField.FindAllStringSubmatch(form, -1) {
			if !values.Has(f[1]) {
				values.Set(f[1], html.UnescapeString(f[2]))
			}
		}
		if strings.HasSuffix(action, "/announcements") && !strings.Contains(form, `name="url"`) {
			continue // the other form of that dialog
		}
		status, body := v.Post(action, values.Encode())
		// The simulator refuses the address without a sound, and the page says so.
		refused := status == http.StatusUnprocessableEntity && strings.Contains(filled, "nothing.wav")
		if status != http.StatusSeeOther && !refused {
			v.T.Errorf("%s: %d %s", action, status, body)
		}
		return
	}
	v.T.Errorf("no form to %s on %s: %s", action, page, fmt.Sprintf("%.3000s", text))
}

// A Part is one part of a multipart form; its field is "file" by default.
type Part struct {
	Field, Name, ContentType, Header string
	Data                             []byte
}

// Write adds the part to a form.
func (p Part) Write(w *multipart.Writer) {
	field := p.Field
	if field == "" {
		field = "file"
	}
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", multipart.FileContentDisposition(field, p.Name))
	if p.ContentType != "" {
		h.Set("Content-Type", p.ContentType)
	}
	if p.Header != "" {
		h.Set("X-Long", p.Header)
	}
	out, err := w.CreatePart(h)
	if err == nil {
		out.Write(p.Data)
	}
}

// Multipart returns a form of parts and its media type.
func Multipart(parts ...Part) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		p.Write(w)
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// Upload sends a sound file as the form of the page does.
func (v *Client) Upload(name string, wav []byte) {
	v.T.Helper()
	contentType, body := Multipart(Part{Name: name, Data: wav})
	if resp := v.Send("POST", v.Stack.URL+"/announcements", contentType, bytes.NewReader(body)); resp.StatusCode != http.StatusSeeOther {
		v.T.Fatalf("upload: %s", resp.Status)
	}
}

// ActionID returns a fresh action_id as a member of a JSON object.
func ActionID() string { return `"action_id":"` + rand.Text() + `"` }

// Command sends a command as a program does, and returns the status and, if it
// is refused, the code of the error and the field that it names.
func (v *Client) Command(path, body string) (status int, code, field string) {
	v.T.Helper()
	return ReadError(v.T, v.Send("POST", v.Stack.URL+path, "application/json", strings.NewReader(body)))
}

// ReadError reads the JSON error of an answer. Every answer from 400 on must
// have one.
func ReadError(t testing.TB, resp *http.Response) (status int, code, field string) {
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
			t.Errorf("%s %s: not a JSON error: %s", resp.Request.Method, resp.Request.URL.Path, b)
		}
	}
	return resp.StatusCode, envelope.Error.Code, envelope.Error.Field
}

// AsProgram makes a request ask for JSON.
func AsProgram(r *http.Request) { r.Header.Set("Accept", "application/json") }

var rowForm = regexp.MustCompile(`action="/calls/([^/"]+)/hold"`)

// Rows returns the ids of the calls that the board shows with buttons.
func (v *Client) Rows() (ids []string) {
	v.T.Helper()
	for _, m := range rowForm.FindAllStringSubmatch(v.Page("/"), -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// Listen reads the feed of the board until the test ends. heard returns all
// that has come, and at the end "closed " and the code if the feed was closed.
func (v *Client) Listen(t testing.TB) (heard func() string) {
	t.Helper()
	at, err := url.Parse(v.Stack.URL)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Origin": {v.Stack.URL}}
	for _, c := range v.HTTP.Jar.Cookies(at) {
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
			mu.Lock()
			text.Write(msg)
			if err != nil {
				fmt.Fprintf(&text, "closed %d", websocket.CloseStatus(err))
			}
			mu.Unlock()
			if err != nil {
				return
			}
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
