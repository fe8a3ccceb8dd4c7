package acceptance

import (
	"bufio"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// A sender sends push events, signed with a key that the program accepts in
// place of sipgate's.
type sender struct {
	t       testing.TB
	s       *harness.Stack
	key     *rsa.PrivateKey
	account string
	address string // where the account's events go
}

func newSender(t testing.TB) *sender {
	t.Helper()
	p := &sender{t: t, s: harness.New(t)}
	var err error
	if p.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&p.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "own.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	p.s.Args[slices.Index(p.s.Args, "-push-key-file")+1] = file
	p.restart()
	p.account = p.s.AccountID()
	p.address = p.s.PushAddress(p.account)
	return p
}

// restart starts the program again, which then has forgotten who sent how much.
func (p *sender) restart() {
	p.t.Helper()
	p.s.Stop()
	p.s.Start()
}

func (p *sender) sign(body string) string {
	sum := sha256.Sum256([]byte(body))
	sig, err := rsa.SignPKCS1v15(nil, p.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is long enough
	}
	return base64.StdEncoding.EncodeToString(sig)
}

// request returns an event as sipgate sends it.
func (p *sender) request(body string) *http.Request {
	req, err := http.NewRequest("POST", p.address, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	req.Header.Set("User-Agent", "sipgate.io")
	req.Header.Set(signatureHeader, p.sign(body))
	return req
}

// send sends a request after change has changed it.
func (p *sender) send(req *http.Request, change ...func(*http.Request)) (status int, body string) {
	for _, f := range change {
		f(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Errorf("%s: %v", req.Method, err)
		return 0, ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Error(err)
	}
	return resp.StatusCode, string(b)
}

func (p *sender) post(body string, change ...func(*http.Request)) (status int, reply string) {
	return p.send(p.request(body), change...)
}

// expectReply sends an event and expects one of the two constant documents.
func (p *sender) expectReply(id, body, want string) {
	if status, reply := p.post(body); status != 200 || reply != want {
		p.t.Errorf("%s: %d %s, want %s", id, status, reply, want)
	}
}

// expectStatus sends an event and expects a status with an empty body.
func (p *sender) expectStatus(id, body string, want int, change ...func(*http.Request)) {
	if status, reply := p.post(body, change...); status != want || reply != "" {
		p.t.Errorf("%s: %d %q, want an empty %d", id, status, reply, want)
	}
}

// subscribe is the reply that asks sipgate to send the call's answer and hangup.
func (p *sender) subscribe() string {
	return xmlHead + `<Response onAnswer="` + p.address + `" onHangup="` + p.address + "\"/>\n"
}

const (
	signatureHeader = "X-Sipgate-Signature"
	xmlHead         = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	neutral         = xmlHead + "<Response/>\n" // asks for nothing
)

// newCall returns the newCall event of a user of the first account, with more
// fields.
func (p *sender) newCall(id, from string, more ...string) string {
	return strings.Join(append([]string{"event=newCall&direction=in&from=" + from + "&to=492214710110&callId=" + id + "&origCallId=" + id +
		"&user%5B%5D=Anna+Bergmann&userId%5B%5D=w0&fullUserId%5B%5D=" + p.account + "w0"}, more...), "&")
}

var rowHead = regexp.MustCompile(`(?s)<li class="row" id="row-[^"]+" data-state="([^"]+)".*?<h3[^>]*>(?:<a[^>]*>)?(.*?)(?:</a>)?</h3>`)

// boardLines returns the title and the state of each call on the board.
func boardLines(v *harness.Client) (lines []string) {
	v.T.Helper()
	_, page := v.Get("/")
	for _, m := range rowHead.FindAllStringSubmatch(page, -1) {
		lines = append(lines, html.UnescapeString(m[2])+" "+m[1])
	}
	return lines
}

func headers(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del(name)
		for _, v := range values {
			r.Header.Add(name, v)
		}
	}
}

// Push events that are forged, malformed, too large or repeated change nothing,
// or only what they may.
func TestBadPushEvents(t *testing.T) {
	p := newSender(t)
	v := p.s.SignIn(t, 0)
	t.Run("refused", func(t *testing.T) { p.forgeries(t) })
	t.Run("accounts", func(t *testing.T) { p.accounts() })
	t.Run("sizes", func(t *testing.T) { p.sizes(t) })
	if b := boardLines(v); len(b) != 0 {
		t.Errorf("what was refused is on the board: %q", b)
	}
	t.Run("ignored", func(t *testing.T) { p.ignored() })
	t.Run("smuggling", func(t *testing.T) { p.smuggling(t) })
	if b := boardLines(v); len(b) != 0 {
		t.Errorf("what was ignored is on the board: %q", b)
	}
	p.restart()
	t.Run("shown", func(t *testing.T) { p.shown(t, v) })
	p.restart()
	t.Run("duplicates", func(t *testing.T) { p.duplicates(t, v) })
	if got := p.s.Requests("POST", "/v2/*"); got != 0 {
		t.Errorf("an event made %d requests at sipgate", got)
	}
}

// forgeries sends forgeries of all kinds, and events to wrong addresses.
func (p *sender) forgeries(t *testing.T) {
	body := p.newCall("A", "4930555001")
	good := p.sign(body)
	raw, _ := base64.StdEncoding.DecodeString(good)
	std := base64.StdEncoding.EncodeToString
	sum256, sum1 := sha256.Sum256([]byte(body)), sha1.Sum([]byte(body))
	old, err := rsa.SignPKCS1v15(nil, p.key, crypto.SHA1, sum1[:])
	if err != nil {
		t.Fatal(err)
	}
	pss, err := rsa.SignPSS(rand.Reader, p.key, crypto.SHA256, sum256[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	sig := func(values ...string) func(*http.Request) { return headers(signatureHeader, values...) }
	at := func(path string) func(*http.Request) {
		return func(r *http.Request) { r.URL, _ = url.Parse(p.s.URL + path) }
	}
	_, secret, _ := strings.Cut(p.address, "/push/")
	last := map[bool]string{true: "B", false: "A"}[strings.HasSuffix(secret, "A")]
	for _, c := range []struct {
		id, body string
		change   func(*http.Request)
		status   int
	}{
		{"secret with another character", body, at("/push/" + secret[:len(secret)-1] + last), 404},
		{"secret cut short", body, at("/push/" + secret[:len(secret)-1]), 404},
		{"address of 7 kB", body, at("/push/" + strings.Repeat("A", 7000)), 404},
		{"JSON", body, headers("Content-Type", "application/json"), 415},
		{"multipart", body, headers("Content-Type", "multipart/form-data; boundary=x"), 415},
		{"no media type, not signed", body, func(r *http.Request) { headers("Content-Type")(r); sig()(r) }, 403},
		{"no signature", body, sig(), 403},
		{"empty signature", body, sig(""), 403},
		{"signature AAAA", body, sig("AAAA"), 403},
		{"two signatures", body, sig(good, good), 403},
		{"signature not base64", body, sig(strings.Repeat("*", len(good))), 403},
		{"signature in URL base64", body, sig("-_" + good[2:]), 403},
		{"signature of another body", body, sig(p.sign("event=hangup&callId=A")), 403},
		{"newline after the signed body", body + "\n", sig(good), 403},
		{"body encoded otherwise", strings.ReplaceAll(body, "%5B%5D", "[]"), sig(good), 403},
		{"SHA-1", body, sig(std(old)), 403},
		{"PSS", body, sig(std(pss)), 403},
		{"another key", body, sig(std(make([]byte, len(raw)))), 403},
		{"511 bytes", body, sig(std(make([]byte, 511))), 403},
		{"512 bytes", body, sig(std(make([]byte, 512))), 403},
		{"513 bytes", body, sig(std(make([]byte, 513))), 403},
	} {
		p.expectStatus(c.id, c.body, c.status, c.change)
	}
	for _, path := range []string{"/push/", "/push", "/push/" + secret + "/", "/push/" + secret + "/x", "/push/..%2f" + secret} {
		if status, _ := p.post(body, at(path)); status != 404 && status != 403 {
			t.Errorf("%.40s: %d", path, status)
		}
	}
	if status, _ := p.post(body, at("/push/"+strings.Repeat("A", 10_000))); status != 404 && status != 414 {
		t.Errorf("address of 10 kB: %d", status)
	}
	for _, method := range []string{"GET", "PUT", "HEAD", "DELETE", "PATCH", "TRACE"} {
		if status, reply := p.post(body, func(r *http.Request) { r.Method, r.Body, r.ContentLength = method, nil, 0 }); status != 405 || strings.Contains(reply, secret) {
			t.Errorf("method %s: %d", method, status)
		}
	}
}

// accounts sends events of other accounts: sipgate signs those of all customers
// with one key.
func (p *sender) accounts() {
	body := p.newCall("A", "4930555001")
	p.expectStatus("event of another account", strings.ReplaceAll(body, p.account+"w0", "999w0"), 403)
	p.expectStatus("user of another account among ours", body+"&fullUserId%5B%5D=999w0", 403)
	p.expectStatus("our event, address of a team that is not served", body, 404, func(r *http.Request) { r.URL, _ = url.Parse(p.s.PushAddress("999")) })
}

// sizes sends bodies that are too large, and expects an answer before their
// end.
func (p *sender) sizes(t *testing.T) {
	body := p.newCall("A", "4930555001")
	p.expectStatus("65 KiB", body+"&x="+strings.Repeat("x", 65<<10), 413)
	head := func(more string) string {
		u, _ := url.Parse(p.address)
		return "POST " + u.Path + " HTTP/1.1\r\nHost: " + u.Host + "\r\n" + signatureHeader + ": " + p.sign(body) + "\r\n" + more + "\r\n\r\n"
	}
	if status := p.raw(t, head("Content-Length: 10000000000")+body); status != 413 {
		t.Errorf("10 GB: %d", status)
	}
	chunk := "400\r\n" + strings.Repeat("x", 1024) + "\r\n"
	if status := p.raw(t, head("Transfer-Encoding: chunked")+strings.Repeat(chunk, 400)); status != 413 {
		t.Errorf("without end: %d", status)
	}
}

// smuggling sends requests whose end is ambiguous.
func (p *sender) smuggling(t *testing.T) {
	u, _ := url.Parse(p.address)
	body := p.newCall("A", "4930555001")
	head := "POST " + u.Path + " HTTP/1.1\r\nHost: " + u.Host + "\r\n" + signatureHeader + ": " + p.sign(body) + "\r\n"
	for name, text := range map[string]string{
		"both lengths, chunked first": head + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nzz\r\n" + body,
		"chunked twice":               head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"bad chunk":                   head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + body,
		"two lengths":                 head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
	} {
		if status := p.raw(t, text); status != 0 && status != 400 && status != 501 {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// raw sends bytes and returns the status of the answer, 0 if there is none.
func (p *sender) raw(t *testing.T, text string) int {
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, text) // ends at the latest when conn is closed
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// ignored sends events that sipgate signed and Callboard does not understand.
func (p *sender) ignored() {
	for id, body := range map[string]string{
		"unknown event":        "event=unknown&callId=A",
		"no event":             "callId=A",
		"two events":           "event=newCall&event=hangup&callId=A",
		"no callId":            "event=newCall",
		"empty callId":         "event=newCall&callId=",
		"long callId":          "event=newCall&callId=" + strings.Repeat("A", 300),
		"callId with brackets": "event=newCall&callId=%3Cx%3E",
		"callId with NUL":      "event=newCall&callId=A%00",
		"callId not text":      "event=newCall&callId=%zz%ff%c0%af",
		"callId with XML":      "event=newCall&callId=%22%2F%3E%3CDial%3E%3CNumber%3E%2B49900",
	} {
		p.expectReply(id, body, neutral)
	}
}

// shown checks what the page shows of odd values.
func (p *sender) shown(t *testing.T, v *harness.Client) {
	hangup := "event=hangup&cause=%3Cscript%3E&direction=in&callId="
	p.expectReply("end of a call never seen", hangup+"N&from=4930555099&to=492214710110", neutral)
	p.expectReply("its beginning", p.newCall("N", "4930555099"), p.subscribe())
	p.expectReply("anonymous", p.newCall("A", "anonymous"), p.subscribe())
	p.expectReply("no number", p.newCall("B", ""), p.subscribe())
	p.expectReply("number with plus", p.newCall("C", "%2B4930555003"), p.subscribe())
	p.expectReply("40 digits", p.newCall("D", strings.Repeat("9", 40)), p.subscribe())
	p.expectReply("letters", p.newCall("E", "Jennifer"), p.subscribe())
	p.expectReply("unknown direction", strings.Replace(p.newCall("F", "4930555006"), "direction=in", "direction=sideways", 1), p.subscribe())
	p.expectReply("two ids", p.newCall("G", "4930555007", "callId=H", "user=x"+strings.Repeat("&user%5B%5D=u", 900)), p.subscribe())
	p.expectReply("number not text", p.newCall("I", "%zz%ff"), p.subscribe())
	p.expectReply("number with XML", p.newCall("J", `"/><Dial><Number>%2B49900`), p.subscribe())
	p.expectReply("number with a log line", p.newCall("K", "a%0d%0a%7B%22level%22%3A%22x%22%7D"), p.subscribe())
	got := boardLines(v)
	slices.Sort(got)
	want := []string{"+49 30 555003 ringing", "+49 30 555006 ringing", "+49 30 555007 ringing", "Jennifer ringing",
		strings.Repeat("9", 32) + " ringing"}
	for _, w := range want {
		if !slices.Contains(got, w) && !slices.Contains(got, "+"+w) {
			t.Errorf("%q is not on the board: %q", w, got)
		}
	}
	if len(got) != 10 || slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, "555099") }) {
		t.Errorf("%d rows: %q", len(got), got)
	}
	if _, page := v.Get("/"); strings.Contains(page, "<Dial>") || strings.Contains(page, "<script>") {
		t.Error("an event writes into the page")
	}
	for _, id := range []string{"A", "B", "C", "D", "E", "F", "G", "I", "J", "K"} {
		p.expectReply("unknown cause", hangup+id+"&from=x&to=492214710110", neutral)
	}
	if b := boardLines(v); slices.ContainsFunc(b, func(l string) bool { return strings.HasSuffix(l, "ringing") }) {
		t.Errorf("after all have ended: %q", b)
	}
}

// duplicates sends a hundred copies of an event at once, which are one call
// with one end, and one of them again later, which is ignored.
func (p *sender) duplicates(t *testing.T, v *harness.Client) {
	body := p.newCall("Z", "4930555100")
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { p.expectReply("copy", body, p.subscribe()) })
	}
	all.Wait()
	if b := boardLines(v); !slices.Equal(b, []string{"+49 30 555100 ringing"}) {
		t.Errorf("after a hundred copies: %q", b)
	}
	p.s.Eventually("allowance", func() bool {
		status, _ := p.post("event=hangup&cause=busy&callId=Z&direction=in&from=4930555100&to=492214710110")
		return status == 200
	})
	p.s.Eventually("allowance", func() bool { status, _ := p.post(body); return status == 200 })
	if b := boardLines(v); slices.ContainsFunc(b, func(l string) bool { return strings.HasSuffix(l, "ringing") }) {
		t.Errorf("a replayed newCall rings again: %q", b)
	}
}

// Events are delivered twice and out of order while the database is locked and
// sipgate's API fails. The answers wait for neither, and the board is right.
func TestPushEventsWaitForNothing(t *testing.T) {
	s := harness.New(t)
	s.PushEvents()
	v := s.SignIn(t, 0)
	boardLines(v)
	db, err := sql.Open("sqlite", filepath.Join(s.Data, "callboard.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	s.Control("POST", "faults", map[string]any{"on": "api", "do": "status", "status": 503}, nil)
	s.Control("POST", "faults", map[string]any{"on": "push", "do": "double"}, nil)

	id := s.Ring("+4930555200", "w0", "ringing")
	s.Eventually("ringing", func() bool { return slices.Equal(boardLines(v), []string{"+49 30 555200 ringing"}) })
	s.Control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	s.Eventually("answered", func() bool { return slices.Equal(boardLines(v), []string{"+49 30 555200 talking"}) })
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	s.Eventually("over", func() bool { return !slices.Contains(boardLines(v), "+49 30 555200 talking") })

	s.Control("DELETE", "faults", nil, nil)
	s.Control("POST", "faults", map[string]any{"on": "push", "do": "reorder", "event": "answer", "delay": "50ms"}, nil)
	id = s.Ring("+4930555201", "w0", "ringing")
	s.Control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	s.Eventually("answered", func() bool { return slices.Contains(boardLines(v), "+49 30 555201 talking") })
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	s.Eventually("over", func() bool { return !slices.Contains(boardLines(v), "+49 30 555201 talking") })
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Errorf("the lock was not held: %v", err)
	}
}

// BenchmarkPushEvents measures events over the network.
func BenchmarkPushEvents(b *testing.B) {
	p := newSender(b)
	b.Run("unknown address", func(b *testing.B) {
		address := p.s.URL + "/push/" + p.account + ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		for b.Loop() {
			req, err := http.NewRequest("POST", address, strings.NewReader("x"))
			if err != nil {
				b.Fatal(err)
			}
			if status, _ := p.send(req); status != 404 {
				b.Fatal(status)
			}
		}
	})
	b.Run("good", func(b *testing.B) {
		taken := 0
		for i := 0; b.Loop(); i++ {
			if status, _ := p.post(p.newCall(fmt.Sprint("A", i), "4930555001")); status == 200 {
				taken++
			}
		}
		b.ReportMetric(float64(taken)/b.Elapsed().Seconds(), "taken/s")
	})
}
