package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
)

// TestBadInput sends what nobody should send, and expects a clear answer and
// nothing at sipgate.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.pushEvents()
	v := s.visitor(t, 0)
	call := s.ring("+4930555002", "w0", "established")
	s.eventually("row", func() bool { return len(v.rows()) == 1 })
	row := v.rows()[0]
	t.Run("E4", func(t *testing.T) { badPaths(t, s, v, row) })
	t.Run("E7", func(t *testing.T) { badNumbers(t, s, v, row) })
	t.Run("E8", func(t *testing.T) { badBodies(t, s, v, row, call) })
	t.Run("E9", func(t *testing.T) { badUploads(t, s, v) })
}

// silent fails the test if f made anything happen at sipgate.
func (s *stack) silent(t *testing.T, f func()) {
	t.Helper()
	count := func() (n int) {
		for _, m := range []string{"POST", "PUT", "DELETE"} {
			for _, p := range []string{"/v2/calls/*", "/v2/calls/*/*", "/v2/sessions/calls"} {
				n += s.requests(m, p)
			}
		}
		return n
	}
	before := count()
	f()
	if n := count() - before; n != 0 {
		t.Errorf("%d requests reached sipgate", n)
	}
}

// actionID is a fresh action_id as part of a JSON object.
func actionID() string { return `"action_id":"` + rand.Text() + `"` }

func badPaths(t *testing.T, s *stack, v *visitor, row string) {
	s.silent(t, func() {
		for _, c := range []struct{ id, call string }{
			{"B41", ".."}, {"B41", "."}, {"B41", "%2e%2e%2f"}, {"B41", "a%2fb"}, {"B41", "%00"}, {"B41", "%0a"}, {"B41", "%3Fx"}, {"B41", "%23"},
			{"B42", strings.Repeat("A", 65)}, {"B42", ""}, {"B42", "%D9%A1%D9%A2"}, {"B42", "%F0%9F%98%80"},
			{"B43", rand.Text()},
		} {
			for _, action := range []string{"hold", "muted", "recording", "dtmf", "transfer", "announcements", "hangup"} {
				if status, code, _ := v.command("/calls/"+c.call+"/"+action, `{"value":true,`+actionID()+`}`); status != 404 || code != "not_found" {
					t.Errorf("%s: /calls/%s/%s: %d %s, want 404 not_found", c.id, c.call, action, status, code)
				}
			}
		}
	})
	t.Run("B43", func(t *testing.T) {
		ringing := s.ring("+4930555007", "w0", "ringing")
		name := ""
		s.eventually("ringing row", func() bool {
			_, page := v.get("/")
			if i := strings.Index(page, "+49 30 555007"); i > 0 {
				if j := strings.LastIndex(page[:i], `id="row-`); j > 0 {
					name, _, _ = strings.Cut(page[j+len(`id="row-`):], `"`)
				}
			}
			return name != ""
		})
		s.silent(t, func() {
			if status, code, _ := v.command("/calls/"+name+"/hold", `{"value":true,`+actionID()+`}`); status != 409 || code != "not_established" {
				t.Errorf("ringing: %d %s", status, code)
			}
		})
		s.control("POST", "calls/"+ringing+"/hangup", map[string]any{}, nil)
		s.eventually("the end", func() bool {
			status, code, _ := v.command("/calls/"+name+"/hold", `{"value":true,`+actionID()+`}`)
			return status == 409 && code == "call_over"
		})
	})
	token := strings.Repeat("A", 43)
	for _, path := range []string{"/a/" + token[1:] + ".wav", "/a/" + token + "A.wav", "/a/" + token[1:] + "!.wav", "/a/" + token + ".WAV",
		"/a/" + token + ".wav/", "/a/" + token + ".wav?x", "/a/" + token + ".wav", "/a/" + token, "/a/", "/a/..%2f..%2fetc"} {
		if status, body := v.get(path); status != 404 || len(body) > 40 {
			t.Errorf("B44: %s: %d %q", path, status, body)
		}
	}
	if resp := v.send("POST", s.url+"/a/"+token+".wav", "", nil); resp.StatusCode != 405 {
		t.Errorf("B45: POST: %d", resp.StatusCode)
	}
	for _, path := range []string{"//", "//history", "/./history", "/history/..", "/history;x", "/history/", "/%2e%2e/history", "/nothing"} {
		anonymous := &visitor{t: t, s: s, http: &http.Client{CheckRedirect: v.http.CheckRedirect}}
		if status, body := anonymous.get(path); status == 200 || strings.Contains(body, `class="row`) {
			t.Errorf("B47: %s without a session: %d", path, status)
		}
	}
	if status, _ := v.get("/" + strings.Repeat("a", 9000)); status != 414 && status != 404 {
		t.Errorf("B48: %d", status)
	}
	for _, q := range []string{"offset=-1", "offset=4294967296", "offset=NaN", "limit=0", "limit=1000000000", "from=9999-99-99", "to=9999-12-31",
		"type=" + url.QueryEscape("' OR 1=1--"), "direction=UP", "phonenumber=" + url.QueryEscape("' OR 1=1--")} {
		resp := v.send("GET", s.url+"/history?"+q, "", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
		field, _, _ := strings.Cut(q, "=")
		if status, code, f := refused(t, resp); status != 422 || code != "bad_param" || f != field {
			t.Errorf("B49: %s: %d %s %s", q, status, code, f)
		}
	}
	for _, path := range []string{"/history/none/recordings/none", "/history/a%2fb/recordings/c", "/history/../recordings/x"} {
		if status, _ := v.get(path); status != 404 {
			t.Errorf("B50: %s: %d", path, status)
		}
	}
}

func badNumbers(t *testing.T, s *stack, v *visitor, row string) {
	transfer := func(number string) (int, string) {
		status, code, _ := v.command("/calls/"+row+"/transfer", fmt.Sprintf(`{"attended":false,"phoneNumber":%q,%s}`, number, actionID()))
		return status, code
	}
	s.silent(t, func() {
		for _, c := range []struct {
			id, code string
			numbers  []string
		}{
			{"B91", "number_invalid", []string{"", "  ", "+", "+0301234567", "++4930123456"}},
			{"B92", "number_invalid", []string{"+49301", "+4930123456789012"}},
			{"B95", "number_invalid", []string{"＋４９３０１２３４５６７", "+٤٩٣٠١٢٣٤٥٦", "+4930\u200b1234567", "+4930\u200f1234567", "+4930😀1234567"}},
			{"B96", "number_invalid", []string{"+4915799912345;ext=1", "+4915799912345,,123", "p123", "sip:x@y", "tel:+4915799912345"}},
			{"B97", "number_blocked", []string{"110", "112", "+49110", "911"}},
			{"B98", "number_blocked", []string{"+49900123456", "+491371234567", "+4918012345678", "+881612345678", "+882123456789", "+883123456789", "+979123456789"}},
			{"B99", "", []string{"*21*+4930123456#", "**62*+4930123456#", "#31#+4930123456", "*#06#"}},
			{"B100", "number_invalid", []string{strings.Repeat("1", 10_000), "+4930123\r\n4567", `"><script>`}},
		} {
			for _, n := range c.numbers {
				if status, code := transfer(n); status != 422 || c.code != "" && code != c.code {
					t.Errorf("%s: %.40q: %d %s, want 422 %s", c.id, n, status, code, c.code)
				}
			}
		}
		for _, value := range []string{"4930123456", `["+4930123456"]`, "null", "{}"} {
			status, _, _ := v.command("/calls/"+row+"/transfer", `{"attended":false,"phoneNumber":`+value+`,`+actionID()+`}`)
			if status != 422 && status != 400 {
				t.Errorf("B100: %s: %d", value, status)
			}
		}
		if status, code := transfer("+49 30 555002"); status != 409 || code != "same_party" {
			t.Errorf("B101: the number in the call: %d %s", status, code)
		}
	})
	// Whether the simulated telephones take the transfer is not asked here: the
	// call must live on. So they are out of order, and every one that is sent
	// counts towards the limit.
	s.control("POST", "faults", map[string]any{"do": "status", "status": 403, "method": "POST", "path": "/v2/calls/*/transfer"}, nil)
	defer s.control("DELETE", "faults", nil, nil)
	before := s.requests("POST", "/v2/calls/*/transfer")
	for i, n := range []string{"+49 157 / 999-123 45", "004915799912345", "(+49)15799912345", "0157 99912345", "+4915799912345"} {
		if status, code := transfer(n); status != 403 || code != "forbidden_upstream" {
			t.Errorf("B93, B94: %q: %d %s", n, status, code)
		}
		if got := s.lastBody("/v2/calls/*/transfer"); !strings.Contains(got, `"+4915799912345"`) {
			t.Errorf("B93, B94: %q was sent as %s", n, got)
		}
		if sent := s.requests("POST", "/v2/calls/*/transfer") - before; sent != i+1 {
			t.Errorf("B93: %d requests", sent)
		}
	}
	s.silent(t, func() {
		if status, code := transfer("+4915799912345"); status != 429 || code != "rate_limited" {
			t.Errorf("B102: %d %s", status, code)
		}
	})
}

func badBodies(t *testing.T, s *stack, v *visitor, row, call string) {
	tones := func(sequence string) (int, string, string) {
		return v.command("/calls/"+row+"/dtmf", fmt.Sprintf(`{"sequence":%q,%s}`, sequence, actionID()))
	}
	s.silent(t, func() {
		for id, list := range map[string][]string{
			"B111": {"", " ", "a", "E", "1 2", "w", ",", "+"},
			"B112": {strings.Repeat("1", 33)},
			"B114": {"＊１", "✱"},
		} {
			for _, d := range list {
				if status, code, _ := tones(d); status != 422 || code != "dtmf_invalid" {
					t.Errorf("%s: %q: %d %s", id, d, status, code)
				}
			}
		}
		if status, _, _ := tones(strings.Repeat("1", 1_000_000)); status != 413 {
			t.Errorf("B112: a million digits: %d", status)
		}
		for _, c := range []struct {
			id, action, body string
			status           int
			code             string
		}{
			{"B117", "hold", `{"value":"true",` + actionID() + `}`, 422, "bad_param"},
			{"B117", "hold", `{"value":1,` + actionID() + `}`, 422, "bad_param"},
			{"B117", "hold", `{"value":null,` + actionID() + `}`, 422, "bad_param"},
			{"B117", "hold", `{"value":[],` + actionID() + `}`, 422, "bad_param"},
			{"B117", "hold", `{` + actionID() + `}`, 422, "bad_param"},
			{"B118", "hold", `{"value":true,"value":false,` + actionID() + `}`, 400, "bad_json"},
			{"B119", "hold", ``, 400, "bad_json"},
			{"B119", "hold", `{`, 400, "bad_json"},
			{"B119", "hold", `{"value":true,` + actionID() + `} x`, 400, "bad_json"},
			{"B119", "hold", "\ufeff" + `{"value":true,` + actionID() + `}`, 400, "bad_json"},
			{"B119", "hold", "\xff\xfe{\x00}\x00", 400, "bad_json"},
			{"B119", "hold", `{"value":true,"x":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "too_large"},
			{"B120", "hold", `{"value":true,"role":"admin",` + actionID() + `}`, 400, "bad_json"},
			{"B120", "hold", `{"value":true,"team_id":"1",` + actionID() + `}`, 400, "bad_json"},
			{"B120", "hold", `{"value":true,"callId":"X",` + actionID() + `}`, 400, "bad_json"},
			{"B123", "hold", `{"value":true}`, 422, "bad_param"},
			{"B123", "hold", `{"value":true,"action_id":"short"}`, 422, "bad_param"},
			{"B123", "hold", `{"value":true,"action_id":"not url-safe characters!"}`, 422, "bad_param"},
			{"B124", "announcements", `{"announcement":"` + strings.Repeat("A", 43) + `",` + actionID() + `}`, 404, "not_found"},
			{"B124", "announcements", `{"announcement":"https://example.com/x.wav",` + actionID() + `}`, 404, "not_found"},
			{"B124", "announcements", `{"url":"file:///etc/passwd",` + actionID() + `}`, 422, "bad_param"},
			{"B124", "announcements", `{"url":"https://user:pw@example.com/x.wav",` + actionID() + `}`, 422, "bad_param"},
			{"B122", "transfer", `{"attended":"both","phoneNumber":"+4930123456",` + actionID() + `}`, 422, "bad_param"},
			{"B125", "hold", ``, 400, "bad_json"},
		} {
			if status, code, _ := v.command("/calls/"+row+"/"+c.action, c.body); status != c.status || code != c.code {
				t.Errorf("%s: %.60s: %d %s, want %d %s", c.id, c.body, status, code, c.status, c.code)
			}
		}
		if resp := v.send("POST", s.url+"/calls/"+row+"/hold", "text/plain", strings.NewReader(`{"value":true}`)); resp.StatusCode != 415 {
			t.Errorf("B28: text/plain: %d", resp.StatusCode)
		}
	})
	before := s.requests("PUT", "/v2/calls/*/muted")
	body := `{"value":true,` + actionID() + `}`
	for i, again := range []string{body, body, `{"value":true,` + actionID() + `}`} {
		if status, code, _ := v.command("/calls/"+row+"/muted", again); status != 200 {
			t.Errorf("T32, B121: %d: %d %s", i, status, code)
		}
	}
	if n := s.requests("PUT", "/v2/calls/*/muted") - before; n != 2 {
		t.Errorf("T32: two commands, one of them sent twice, made %d requests", n)
	}
	if status, code, _ := v.command("/calls/"+row+"/muted", strings.Replace(body, "true", "false", 1)); status != 409 || code != "action_id_reused" {
		t.Errorf("B123: reused with another body: %d %s", status, code)
	}
	if status, _, _ := v.command("/calls/"+row+"/recording", `{"value":false,"announcement":false,`+actionID()+`}`); status != 200 {
		t.Errorf("B121: stop when not recording: %d", status)
	}
	s.passes(1) // the limit of tones is by the second
	for _, d := range []string{"*12345#", "0", "ABCD"} {
		if status, code, _ := tones(d); status != 200 {
			t.Errorf("B113: %s: %d %s", d, status, code)
		}
	}
	if got := s.call(call).Tones; fmt.Sprint(got) != "[*12345# 0 ABCD]" {
		t.Errorf("B113: sent %q", got)
	}
	limited := 0
	for range 10 {
		if status, _, _ := tones("1"); status == 429 {
			limited++
		}
	}
	if limited < 1 || len(s.call(call).Tones)+limited != 13 {
		t.Errorf("B115: %d of 10 refused, %d sent", limited, len(s.call(call).Tones))
	}
}

func badUploads(t *testing.T, s *stack, v *visitor) {
	form := func(parts ...part) (string, []byte) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for _, p := range parts {
			p.write(w)
		}
		w.Close()
		return w.FormDataContentType(), b.Bytes()
	}
	json := func(r *http.Request) { r.Header.Set("Accept", "application/json") }
	good := toneWAV(500, 1)
	upload := func(contentType string, body []byte, change ...func(*http.Request)) (int, string) {
		status, code, _ := refused(t, v.send("POST", s.url+"/announcements", contentType, bytes.NewReader(body), append(change, json)...))
		return status, code
	}
	anonymous := &visitor{t: t, s: s, http: &http.Client{CheckRedirect: v.http.CheckRedirect}}
	ct, body := form(part{name: "a.wav", data: good})
	if resp := anonymous.send("POST", s.url+"/announcements", ct, bytes.NewReader(body), json); resp.StatusCode != 401 {
		t.Errorf("B131: no session: %d", resp.StatusCode)
	}
	if status, code := upload(ct, body, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }); status != 403 || code != "bad_origin" {
		t.Errorf("B131: bad origin: %d %s", status, code)
	}
	boundary := "multipart/form-data; boundary="
	many := make([]part, 2000)
	for i := range many {
		many[i] = part{field: fmt.Sprint("f", i), data: []byte("x")}
	}
	manyType, manyBody := form(many...)
	for _, c := range []struct {
		id     string
		status int
		code   string
		ct     string
		body   []byte
	}{
		{"B135", 415, "media_type", "audio/wav", good},
		{"B135", 400, "bad_upload", "multipart/form-data", good},
		{"B135", 400, "bad_upload", boundary + strings.Repeat("b", 1000), body},
		{"B135", 400, "bad_upload", manyType, manyBody},
	} {
		if status, code := upload(c.ct, c.body); status != c.status || code != c.code {
			t.Errorf("%s: %.50s: %d %s, want %d %s", c.id, c.ct, status, code, c.status, c.code)
		}
	}
	for _, c := range []struct {
		id     string
		status int
		code   string
		parts  []part
	}{
		{"B135", 400, "bad_upload", []part{{name: "a.wav", ct: "multipart/mixed; boundary=x", data: good}}},
		{"B136", 400, "bad_upload", []part{{name: "a.wav", data: good}, {name: "b.wav", data: good}}},
		{"B136", 400, "bad_upload", []part{{field: "upload", name: "a.wav", data: good}}},
		{"B136", 400, "bad_upload", nil},
		{"B137", 400, "bad_upload", []part{{name: "a.wav", header: strings.Repeat("h", 64<<10), data: good}}},
		{"B141", 422, "bad_extension", []part{{name: "a.exe", data: good}}},
		{"B141", 422, "bad_extension", []part{{name: "a.wav.php", data: good}}},
		{"B141", 422, "bad_extension", []part{{name: "a", data: good}}},
		{"W", 415, "not_audio", []part{{name: "a.wav", data: []byte("<html><script>alert(1)</script></html>")}}},
		{"W", 415, "not_audio", []part{{name: "a.wav", data: make([]byte, 5000)}}},
		{"W", 422, "audio_invalid", []part{{name: "a.wav", data: good[:30]}}},
	} {
		ct, body := form(c.parts...)
		if status, code := upload(ct, body); status != c.status || code != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.id, status, code, c.status, c.code)
		}
	}
	if status, code := upload(ct, body, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }); status != 415 {
		t.Errorf("B138: %d %s", status, code)
	}
	if _, page := v.get("/announcements"); strings.Contains(page, `class="card sound"`) {
		t.Error("something that was refused was stored")
	}
	badLengths(t, s, v, ct, body)
	for i, name := range []string{"../../x.wav", `C:\x.wav`, "a\r\nX: y.wav", strings.Repeat("n", 5000) + ".wav", "\u202efdp.wav", "CON.wav", "b.WAV"} {
		ct, body := form(part{name: name, ct: "text/html", data: toneWAV(400+float64(i), 1)})
		if status, code := upload(ct, body); status != 201 && !(status == 422 && code == "bad_label") {
			t.Errorf("B139, B140: %.20q: %d %s", name, status, code)
		}
	}
	// A header with a NUL is none: the form as a whole is refused.
	ctNUL, bodyNUL := form(part{name: "a\x00.wav", data: good})
	if status, code := upload(ctNUL, bodyNUL); status != 400 || code != "bad_upload" {
		t.Errorf("B140: NUL in the name: %d %s", status, code)
	}
	_, page := v.get("/announcements")
	before := strings.Count(page, `class="card sound"`)
	for range 2 {
		if status, code := upload(ct, body); status != 201 && status != 200 {
			t.Errorf("B142: %d %s", status, code)
		}
	}
	if _, page = v.get("/announcements"); strings.Count(page, `class="card sound"`) != before+1 {
		t.Error("B142: the same file counts twice")
	}
	status, code := 0, ""
	for i := 0; i < 60 && status != 409; i++ {
		ct, body := form(part{name: fmt.Sprint("f", i, ".wav"), data: toneWAV(300+float64(i), 1)})
		status, code = upload(ct, body)
	}
	if status != 409 || code != "quota" {
		t.Errorf("B143: the 51st: %d %s", status, code)
	}
	if _, page = v.get("/announcements"); strings.Count(page, `class="card sound"`) != 50 {
		t.Errorf("B143: %d announcements", strings.Count(page, `class="card sound"`))
	}
}

// badLengths are uploads whose length is not what it seems.
func badLengths(t *testing.T, s *stack, v *visitor, contentType string, body []byte) {
	cookies := ""
	at, _ := url.Parse(s.url)
	for _, c := range v.http.Jar.Cookies(at) {
		cookies += c.String() + "; "
	}
	head := "POST /announcements HTTP/1.1\r\nHost: " + at.Host + "\r\nOrigin: " + s.url + "\r\nAccept: application/json\r\nCookie: " + cookies +
		"\r\nContent-Type: " + contentType + "\r\n"
	raw := func(extra string, write func(net.Conn)) string {
		c, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, head+extra+"\r\n")
		go write(c)
		answer := make([]byte, 16)
		n, _ := io.ReadFull(c, answer)
		return string(answer[:n])
	}
	if got := raw("Content-Length: 33619968\r\n", func(net.Conn) {}); !strings.HasPrefix(got, "HTTP/1.1 413") {
		t.Errorf("B132: %q", got)
	}
	sent := 0
	endless := func(c net.Conn) {
		block := []byte("10000\r\n" + strings.Repeat("x", 0x10000) + "\r\n")
		start := []byte(fmt.Sprintf("%x\r\n", 200) + string(body[:200]) + "\r\n")
		for data := start; sent < 64<<20; data = block {
			n, err := c.Write(data)
			sent += n
			if err != nil {
				return
			}
		}
	}
	if got := raw("Transfer-Encoding: chunked\r\n", endless); !strings.HasPrefix(got, "HTTP/1.1 4") {
		t.Errorf("B133: %q", got)
	}
	raw("Content-Length: "+fmt.Sprint(len(body))+"\r\n", func(c net.Conn) {
		c.Write(body[:len(body)*99/100])
		c.Close()
	})
	if _, page := v.get("/announcements"); strings.Contains(page, `class="card sound"`) {
		t.Error("B145: an upload that broke off was stored")
	}
}

// A part is one part of a multipart form; the field is "file" by default.
type part struct {
	field, name, ct, header string
	data                    []byte
}

func (p part) write(w *multipart.Writer) {
	field := p.field
	if field == "" {
		field = "file"
	}
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", multipart.FileContentDisposition(field, p.name))
	if p.ct != "" {
		h.Set("Content-Type", p.ct)
	}
	if p.header != "" {
		h.Set("X-Long", p.header)
	}
	out, err := w.CreatePart(h)
	if err == nil {
		out.Write(p.data)
	}
}
