package acceptance

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// Invalid requests get a clear error and cause no request to sipgate.
func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	s.PushEvents()
	v := s.SignIn(t, 0)
	call := s.Ring("+4930555002", "w0", "established")
	s.Eventually("row", func() bool { return len(v.Rows()) == 1 })
	row := v.Rows()[0]
	t.Run("paths", func(t *testing.T) { badPaths(t, s, v, row) })
	t.Run("numbers", func(t *testing.T) { badNumbers(t, s, v, row) })
	t.Run("bodies", func(t *testing.T) { badBodies(t, s, v, row, call) })
	t.Run("uploads", func(t *testing.T) {
		s := harness.NewPlain(t)
		badUploads(t, s, s.SignIn(t, 0))
	})
}

func badPaths(t *testing.T, s *harness.Stack, v *harness.Client, row string) {
	s.ExpectNoCommands(t, func() {
		for _, c := range []struct{ id, call string }{
			{"odd path", ".."}, {"odd path", "."}, {"odd path", "%2e%2e%2f"}, {"odd path", "a%2fb"}, {"odd path", "%00"}, {"odd path", "%0a"}, {"odd path", "%3Fx"}, {"odd path", "%23"},
			{"impossible id", strings.Repeat("A", 65)}, {"impossible id", ""}, {"impossible id", "%D9%A1%D9%A2"}, {"impossible id", "%F0%9F%98%80"},
			{"unknown call", rand.Text()},
		} {
			for _, action := range []string{"hold", "muted", "recording", "dtmf", "transfer", "announcements", "hangup"} {
				if status, code, _ := v.Command("/calls/"+c.call+"/"+action, `{"value":true,`+harness.ActionID()+`}`); status != 404 || code != "not_found" {
					t.Errorf("%s: /calls/%s/%s: %d %s, want 404 not_found", c.id, c.call, action, status, code)
				}
			}
		}
	})
	t.Run("ringing and ended calls", func(t *testing.T) {
		ringing := s.Ring("+4930555007", "w0", "ringing")
		name := ""
		s.Eventually("ringing row", func() bool {
			_, page := v.Get("/")
			if i := strings.Index(page, "+49 30 555007"); i > 0 {
				if j := strings.LastIndex(page[:i], `id="row-`); j > 0 {
					name, _, _ = strings.Cut(page[j+len(`id="row-`):], `"`)
				}
			}
			return name != ""
		})
		s.ExpectNoCommands(t, func() {
			if status, code, _ := v.Command("/calls/"+name+"/hold", `{"value":true,`+harness.ActionID()+`}`); status != 409 || code != "not_established" {
				t.Errorf("ringing: %d %s", status, code)
			}
		})
		s.Control("POST", "calls/"+ringing+"/hangup", map[string]any{}, nil)
		s.Eventually("the end", func() bool {
			status, code, _ := v.Command("/calls/"+name+"/hold", `{"value":true,`+harness.ActionID()+`}`)
			return status == 409 && code == "call_over"
		})
	})
	t.Run("page of a call that does not exist", func(t *testing.T) {
		path := "/starting/NoSuchCall1"
		for turn := range 30 {
			resp := v.Send("GET", s.URL+path, "", nil)
			_, next, again := strings.Cut(resp.Header.Get("Refresh"), "url=")
			if !again {
				if turn == 0 {
					t.Errorf("asked once: %d", resp.StatusCode)
				}
				return
			}
			path = next
		}
		t.Error("a page without a script asks for ever")
	})
	token := strings.Repeat("A", 43)
	for _, path := range []string{"/a/" + token[1:] + ".wav", "/a/" + token + "A.wav", "/a/" + token[1:] + "!.wav", "/a/" + token + ".WAV",
		"/a/" + token + ".wav/", "/a/" + token + ".wav?x", "/a/" + token + ".wav", "/a/" + token, "/a/", "/a/..%2f..%2fetc"} {
		if status, body := v.Get(path); status != 404 || len(body) > 40 {
			t.Errorf("address of an announcement %s: %d %q", path, status, body)
		}
	}
	if resp := v.Send("POST", s.URL+"/a/"+token+".wav", "", nil); resp.StatusCode != 405 {
		t.Errorf("POST to an announcement: %d", resp.StatusCode)
	}
	for _, path := range []string{"//", "//history", "/./history", "/history/..", "/history;x", "/history/", "/%2e%2e/history", "/nothing"} {
		anonymous := s.Anonymous(t)
		if status, body := anonymous.Get(path); status == 200 || strings.Contains(body, `class="row`) {
			t.Errorf("%s without a session: %d", path, status)
		}
	}
	if status, _ := v.Get("/" + strings.Repeat("a", 9000)); status != 414 && status != 404 {
		t.Errorf("long path: %d", status)
	}
	for _, q := range []string{"offset=-1", "offset=4294967296", "offset=NaN", "limit=0", "limit=1000000000", "from=9999-99-99", "to=9999-12-31",
		"type=" + url.QueryEscape("' OR 1=1--"), "direction=UP", "phonenumber=" + url.QueryEscape("' OR 1=1--")} {
		resp := v.Send("GET", s.URL+"/history?"+q, "", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
		field, _, _ := strings.Cut(q, "=")
		if status, code, f := harness.ReadError(t, resp); status != 422 || code != "bad_param" || f != field {
			t.Errorf("history with %s: %d %s %s", q, status, code, f)
		}
	}
	for _, path := range []string{"/history/none/recordings/none", "/history/a%2fb/recordings/c", "/history/../recordings/x"} {
		if status, _ := v.Get(path); status != 404 {
			t.Errorf("recording %s: %d", path, status)
		}
	}
}

func badNumbers(t *testing.T, s *harness.Stack, v *harness.Client, row string) {
	transfer := func(number string) (int, string) {
		status, code, _ := v.Command("/calls/"+row+"/transfer", fmt.Sprintf(`{"attended":false,"phoneNumber":%q,%s}`, number, harness.ActionID()))
		return status, code
	}
	s.ExpectNoCommands(t, func() {
		for _, c := range []struct {
			id, code string
			numbers  []string
		}{
			{"no digits", "number_invalid", []string{"", "  ", "+", "+0301234567", "++4930123456"}},
			{"wrong length", "number_invalid", []string{"+49301", "+4930123456789012"}},
			{"foreign characters", "number_invalid", []string{"＋４９３０１２３４５６７", "+٤٩٣٠١٢٣٤٥٦", "+4930\u202e1234567", "+4930😀1234567"}},
			{"extension or address", "number_invalid", []string{"+4915799912345;ext=1", "+4915799912345,,123", "p123", "sip:x@y", "tel:+4915799912345"}},
			{"emergency number", "number_blocked", []string{"110", "112", "+49110", "911"}},
			{"premium or satellite number", "number_blocked", []string{"+49900123456", "+491371234567", "+4918012345678", "+881612345678", "+882123456789", "+883123456789", "+979123456789"}},
			{"service code", "", []string{"*21*+4930123456#", "**62*+4930123456#", "#31#+4930123456", "*#06#"}},
			{"not a number", "number_invalid", []string{strings.Repeat("1", 10_000), "+4930123a4567", `"><script>`}},
		} {
			for _, n := range c.numbers {
				if status, code := transfer(n); status != 422 || c.code != "" && code != c.code {
					t.Errorf("%s: %.40q: %d %s, want 422 %s", c.id, n, status, code, c.code)
				}
			}
		}
		for _, value := range []string{"4930123456", `["+4930123456"]`, "null", "{}"} {
			status, _, _ := v.Command("/calls/"+row+"/transfer", `{"attended":false,"phoneNumber":`+value+`,`+harness.ActionID()+`}`)
			if status != 422 && status != 400 {
				t.Errorf("number %s: %d", value, status)
			}
		}
		if status, code := transfer("+49 30 555002"); status != 409 || code != "same_party" {
			t.Errorf("the number in the call: %d %s", status, code)
		}
	})
	// Whether the simulated telephones take the transfer is not asked here: the
	// call must live on. So they are out of order, and every one that is sent
	// counts towards the limit.
	s.Control("POST", "faults", map[string]any{"do": "status", "status": 403, "method": "POST", "path": "/v2/calls/*/transfer"}, nil)
	defer s.Control("DELETE", "faults", nil, nil)
	before := s.Requests("POST", "/v2/calls/*/transfer")
	for i, n := range []string{"+49 157 / 999-123 45", "004915799912345", "(+49)15799912345", "0157 99912345", "+4915799912345"} {
		if status, code := transfer(n); status != 403 || code != "forbidden_upstream" {
			t.Errorf("spelled %q: %d %s", n, status, code)
		}
		if got := s.LastBody("/v2/calls/*/transfer"); !strings.Contains(got, `"+4915799912345"`) {
			t.Errorf("%q was sent as %s", n, got)
		}
		if sent := s.Requests("POST", "/v2/calls/*/transfer") - before; sent != i+1 {
			t.Errorf("%d requests", sent)
		}
	}
	s.ExpectNoCommands(t, func() {
		if status, code := transfer("+4915799912345"); status != 429 || code != "rate_limited" {
			t.Errorf("transfers above the limit: %d %s", status, code)
		}
	})
}

func badBodies(t *testing.T, s *harness.Stack, v *harness.Client, row, call string) {
	tones := func(sequence string) (int, string, string) {
		return v.Command("/calls/"+row+"/dtmf", fmt.Sprintf(`{"sequence":%q,%s}`, sequence, harness.ActionID()))
	}
	s.ExpectNoCommands(t, func() {
		for id, list := range map[string][]string{
			"no keypad tones":    {"", " ", "a", "E", "1 2", "w", ",", "+"},
			"too many tones":     {strings.Repeat("1", 33)},
			"similar characters": {"＊１", "✱"},
		} {
			for _, d := range list {
				if status, code, _ := tones(d); status != 422 || code != "dtmf_invalid" {
					t.Errorf("%s: %q: %d %s", id, d, status, code)
				}
			}
		}
		if status, _, _ := tones(strings.Repeat("1", 1_000_000)); status != 413 {
			t.Errorf("a million digits: %d", status)
		}
		for _, c := range []struct {
			id, action, body string
			status           int
			code             string
		}{
			{"value of another type", "hold", `{"value":"true",` + harness.ActionID() + `}`, 422, "bad_param"},
			{"value of another type", "hold", `{"value":1,` + harness.ActionID() + `}`, 422, "bad_param"},
			{"value of another type", "hold", `{"value":null,` + harness.ActionID() + `}`, 422, "bad_param"},
			{"value of another type", "hold", `{"value":[],` + harness.ActionID() + `}`, 422, "bad_param"},
			{"value of another type", "hold", `{` + harness.ActionID() + `}`, 422, "bad_param"},
			{"member given twice", "hold", `{"value":true,"value":false,` + harness.ActionID() + `}`, 400, "bad_json"},
			{"not a JSON object", "hold", ``, 400, "bad_json"},
			{"not a JSON object", "hold", `{`, 400, "bad_json"},
			{"not a JSON object", "hold", `{"value":true,` + harness.ActionID() + `} x`, 400, "bad_json"},
			{"not a JSON object", "hold", "\ufeff" + `{"value":true,` + harness.ActionID() + `}`, 400, "bad_json"},
			{"not a JSON object", "hold", "\xff\xfe{\x00}\x00", 400, "bad_json"},
			{"not a JSON object", "hold", `{"value":true,"x":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "too_large"},
			{"unknown member", "hold", `{"value":true,"role":"admin",` + harness.ActionID() + `}`, 400, "bad_json"},
			{"unknown member", "hold", `{"value":true,"team_id":"1",` + harness.ActionID() + `}`, 400, "bad_json"},
			{"unknown member", "hold", `{"value":true,"callId":"X",` + harness.ActionID() + `}`, 400, "bad_json"},
			{"missing or bad action_id", "hold", `{"value":true}`, 422, "bad_param"},
			{"missing or bad action_id", "hold", `{"value":true,"action_id":"short"}`, 422, "bad_param"},
			{"missing or bad action_id", "hold", `{"value":true,"action_id":"not url-safe characters!"}`, 422, "bad_param"},
			{"unknown or foreign sound", "announcements", `{"announcement":"` + strings.Repeat("A", 43) + `",` + harness.ActionID() + `}`, 404, "not_found"},
			{"unknown or foreign sound", "announcements", `{"announcement":"https://example.com/x.wav",` + harness.ActionID() + `}`, 404, "not_found"},
			{"unknown or foreign sound", "announcements", `{"url":"file:///etc/passwd",` + harness.ActionID() + `}`, 422, "bad_param"},
			{"unknown or foreign sound", "announcements", `{"url":"https://user:pw@example.com/x.wav",` + harness.ActionID() + `}`, 422, "bad_param"},
			{"attended is not a bool", "transfer", `{"attended":"both","phoneNumber":"+4930123456",` + harness.ActionID() + `}`, 422, "bad_param"},
			{"empty body", "hold", ``, 400, "bad_json"},
		} {
			if status, code, _ := v.Command("/calls/"+row+"/"+c.action, c.body); status != c.status || code != c.code {
				t.Errorf("%s: %.60s: %d %s, want %d %s", c.id, c.body, status, code, c.status, c.code)
			}
		}
		if resp := v.Send("POST", s.URL+"/calls/"+row+"/hold", "text/plain", strings.NewReader(`{"value":true}`)); resp.StatusCode != 415 {
			t.Errorf("text/plain: %d", resp.StatusCode)
		}
	})
	before := s.Requests("PUT", "/v2/calls/*/muted")
	body := `{"value":true,` + harness.ActionID() + `}`
	for i, again := range []string{body, body, `{"value":true,` + harness.ActionID() + `}`} {
		if status, code, _ := v.Command("/calls/"+row+"/muted", again); status != 200 {
			t.Errorf("request %d: %d %s", i, status, code)
		}
	}
	if n := s.Requests("PUT", "/v2/calls/*/muted") - before; n != 2 {
		t.Errorf("two commands, one of them sent twice, made %d requests", n)
	}
	if status, code, _ := v.Command("/calls/"+row+"/muted", strings.Replace(body, "true", "false", 1)); status != 409 || code != "action_id_reused" {
		t.Errorf("action_id reused with another body: %d %s", status, code)
	}
	if status, _, _ := v.Command("/calls/"+row+"/recording", `{"value":false,"announcement":false,`+harness.ActionID()+`}`); status != 200 {
		t.Errorf("stop when not recording: %d", status)
	}
	s.Elapse(1) // the limit of tones is by the second
	for _, d := range []string{"*12345#", "0", "ABCD"} {
		if status, code, _ := tones(d); status != 200 {
			t.Errorf("tones %s: %d %s", d, status, code)
		}
	}
	if got := s.Call(call).Tones; fmt.Sprint(got) != "[*12345# 0 ABCD]" {
		t.Errorf("tones sent %q", got)
	}
	limited := 0
	for range 10 {
		if status, _, _ := tones("1"); status == 429 {
			limited++
		}
	}
	if limited < 1 || len(s.Call(call).Tones)+limited != 13 {
		t.Errorf("%d of 10 refused, %d sent", limited, len(s.Call(call).Tones))
	}
}

func badUploads(t *testing.T, s *harness.Stack, v *harness.Client) {
	form := func(parts ...harness.Part) (string, []byte) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for _, p := range parts {
			p.Write(w)
		}
		w.Close()
		return w.FormDataContentType(), b.Bytes()
	}
	json := func(r *http.Request) { r.Header.Set("Accept", "application/json") }
	good := harness.ToneWAV(500, 1)
	upload := func(contentType string, body []byte, change ...func(*http.Request)) (int, string) {
		status, code, _ := harness.ReadError(t, v.Send("POST", s.URL+"/announcements", contentType, bytes.NewReader(body), append(change, json)...))
		return status, code
	}
	anonymous := s.Anonymous(t)
	ct, body := form(harness.Part{Name: "a.wav", Data: good})
	if resp := anonymous.Send("POST", s.URL+"/announcements", ct, bytes.NewReader(body), json); resp.StatusCode != 401 {
		t.Errorf("no session: %d", resp.StatusCode)
	}
	if status, code := upload(ct, body, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }); status != 403 || code != "bad_origin" {
		t.Errorf("bad origin: %d %s", status, code)
	}
	boundary := "multipart/form-data; boundary="
	many := make([]harness.Part, 2000)
	for i := range many {
		many[i] = harness.Part{Field: fmt.Sprint("f", i), Data: []byte("x")}
	}
	manyType, manyBody := form(many...)
	for _, c := range []struct {
		id     string
		status int
		code   string
		ct     string
		body   []byte
	}{
		{"not one multipart form", 415, "media_type", "audio/wav", good},
		{"not one multipart form", 400, "bad_upload", "multipart/form-data", good},
		{"not one multipart form", 400, "bad_upload", boundary + strings.Repeat("b", 1000), body},
		{"not one multipart form", 400, "bad_upload", manyType, manyBody},
	} {
		if status, code := upload(c.ct, c.body); status != c.status || code != c.code {
			t.Errorf("%s: %.50s: %d %s, want %d %s", c.id, c.ct, status, code, c.status, c.code)
		}
	}
	for _, c := range []struct {
		id     string
		status int
		code   string
		parts  []harness.Part
	}{
		{"not one multipart form", 400, "bad_upload", []harness.Part{{Name: "a.wav", ContentType: "multipart/mixed; boundary=x", Data: good}}},
		{"not one file", 400, "bad_upload", []harness.Part{{Name: "a.wav", Data: good}, {Name: "b.wav", Data: good}}},
		{"not one file", 400, "bad_upload", []harness.Part{{Field: "upload", Name: "a.wav", Data: good}}},
		{"not one file", 400, "bad_upload", nil},
		{"long header", 400, "bad_upload", []harness.Part{{Name: "a.wav", Header: strings.Repeat("h", 64<<10), Data: good}}},
		{"other extension", 422, "bad_extension", []harness.Part{{Name: "a.exe", Data: good}}},
		{"other extension", 422, "bad_extension", []harness.Part{{Name: "a.wav.php", Data: good}}},
		{"other extension", 422, "bad_extension", []harness.Part{{Name: "a", Data: good}}},
		{"not this kind of audio", 415, "not_audio", []harness.Part{{Name: "a.wav", Data: []byte("<html><script>alert(1)</script></html>")}}},
		{"not this kind of audio", 415, "not_audio", []harness.Part{{Name: "a.wav", Data: make([]byte, 5000)}}},
		{"not this kind of audio", 422, "audio_invalid", []harness.Part{{Name: "a.wav", Data: good[:30]}}},
	} {
		ct, body := form(c.parts...)
		if status, code := upload(ct, body); status != c.status || code != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.id, status, code, c.status, c.code)
		}
	}
	if status, code := upload(ct, body, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }); status != 415 {
		t.Errorf("compressed: %d %s", status, code)
	}
	if _, page := v.Get("/announcements"); strings.Contains(page, `class="card sound"`) {
		t.Error("something that was refused was stored")
	}
	badLengths(t, s, v, ct, body)
	for i, name := range []string{"../../x.wav", `C:\x.wav`, "a\r\nX: y.wav", strings.Repeat("n", 5000) + ".wav", "\u202efdp.wav", "CON.wav", "b.WAV"} {
		ct, body := form(harness.Part{Name: name, ContentType: "text/html", Data: harness.ToneWAV(400+float64(i), 1)})
		if status, code := upload(ct, body); status != 201 && !(status == 422 && code == "bad_label") {
			t.Errorf("file name %.20q: %d %s", name, status, code)
		}
	}
	// The form as a whole is refused if a header contains a NUL.
	ctNUL, bodyNUL := form(harness.Part{Name: "a\x00.wav", Data: good})
	if status, code := upload(ctNUL, bodyNUL); status != 400 || code != "bad_upload" {
		t.Errorf("NUL in the name: %d %s", status, code)
	}
	_, page := v.Get("/announcements")
	before := strings.Count(page, `class="card sound"`)
	for range 2 {
		if status, code := upload(ct, body); status != 201 && status != 200 {
			t.Errorf("the same file: %d %s", status, code)
		}
	}
	if _, page = v.Get("/announcements"); strings.Count(page, `class="card sound"`) != before+1 {
		t.Error("the same file counts twice")
	}
	status, code := 0, ""
	for i := 0; i < 60 && status != 409; i++ {
		ct, body := form(harness.Part{Name: fmt.Sprint("f", i, ".wav"), Data: harness.ToneWAV(300+float64(i), 1)})
		status, code = upload(ct, body)
	}
	if status != 409 || code != "quota" {
		t.Errorf("the 51st: %d %s", status, code)
	}
	if _, page = v.Get("/announcements"); strings.Count(page, `class="card sound"`) != 50 {
		t.Errorf("%d announcements", strings.Count(page, `class="card sound"`))
	}
}

// badLengths sends uploads whose length is not the announced one.
func badLengths(t *testing.T, s *harness.Stack, v *harness.Client, contentType string, body []byte) {
	cookies := ""
	at, _ := url.Parse(s.URL)
	for _, c := range v.HTTP.Jar.Cookies(at) {
		cookies += c.String() + "; "
	}
	head := "POST /announcements HTTP/1.1\r\nHost: " + at.Host + "\r\nOrigin: " + s.URL + "\r\nAccept: application/json\r\nCookie: " + cookies +
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
		t.Errorf("too large by its length: %q", got)
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
		t.Errorf("without end: %q", got)
	}
	raw("Content-Length: "+fmt.Sprint(len(body))+"\r\n", func(c net.Conn) {
		c.Write(body[:len(body)*99/100])
		c.Close()
	})
	if _, page := v.Get("/announcements"); strings.Contains(page, `class="card sound"`) {
		t.Error("an upload that broke off was stored")
	}
}
