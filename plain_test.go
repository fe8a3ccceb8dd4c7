package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Everything can be done with links and forms alone: every form is taken as
// the page shows it and sent as a browser without JavaScript sends it.
func TestWithoutScript(t *testing.T) {
	s := newStack(t)
	v := s.visitor(t, 0)
	id := s.ring("+4930555002", "w0", "established")
	s.eventually("row", func() bool { return len(v.rows()) == 1 })
	row := "/calls/" + v.rows()[0]
	c := func() truth { return s.call(id) }

	v.submit("/", row+"/hold", "value=true")
	if !c().Hold {
		t.Error("not on hold")
	}
	v.submit("/", row+"/hold", "value=false")
	v.submit("/", row+"/muted", "value=true")
	if c().Hold || !c().Muted {
		t.Error("still on hold, or not muted")
	}
	v.submit(row+"/record", row+"/recording", "announcement=false")
	if !c().Recording {
		t.Error("not recording")
	}
	v.submit("/", row+"/recording", "value=false")
	v.submit(row+"/keypad", row+"/dtmf", "sequence=12%23")
	if c().Recording || !slices.Equal(c().Tones, []string{"12#"}) {
		t.Errorf("recording %v, tones %q", c().Recording, c().Tones)
	}
	v.submit(row+"/announce", row+"/announcements", "url="+url.QueryEscape(s.url+"/nothing.wav"))
	if got := s.lastBody("/v2/calls/*/announcements"); !strings.Contains(got, s.url+"/nothing.wav") {
		t.Errorf("announcement by address: %s", got)
	}
	v.submit(row+"/transfer", row+"/transfer", "phoneNumber=030+666003&attended=true&callerId=%2B492214710100")
	if got := s.lastBody("/v2/calls/*/transfer"); !strings.Contains(got, `"attended":true`) || !strings.Contains(got, "+4930666003") || !strings.Contains(got, "+492214710100") {
		t.Errorf("transfer: %s", got)
	}
	v.submit("/", row+"/hangup", "")
	if c().Phase == "ended" {
		t.Error("hung up at once: nobody could take it back")
	}
	v.submit("/", row+"/undo", "")
	v.submit("/", row+"/hangup", "at_once=true")
	if c().Phase != "ended" {
		t.Errorf("after hanging up at once: %s", c().Phase)
	}
	v.submit("/calls/new", "/calls", "callee=030+777004&device=e0")
	if got := s.lastBody("/v2/sessions/calls"); !strings.Contains(got, "+4930777004") || !strings.Contains(got, "e0") {
		t.Errorf("new call: %s", got)
	}
	v.submit("/", "/logout", "")
	if status, _ := v.get("/"); status != http.StatusSeeOther {
		t.Errorf("after signing out: %d", status)
	}
}

var (
	form  = regexp.MustCompile(`(?s)<form[^>]*method="post"[^>]*action="([^"]+)".*?</form>`)
	field = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
)

// submit opens a page, fills the form that leads to action and sends it; the
// answer must lead back to the board.
func (v *visitor) submit(page, action, filled string) {
	v.t.Helper()
	_, text := v.get(page)
	for _, m := range form.FindAllStringSubmatch(text, -1) {
		if m[1] != action {
			continue
		}
		values, err := url.ParseQuery(filled)
		if err != nil {
			v.t.Fatal(err)
		}
		for _, f := range field.FindAllStringSubmatch(m[0], -1) {
			if !values.Has(f[1]) {
				values.Set(f[1], html.UnescapeString(f[2]))
			}
		}
		if strings.HasSuffix(action, "/announcements") && !strings.Contains(m[0], `name="url"`) {
			continue // the other form of that sheet
		}
		resp := v.send("POST", v.s.url+action, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
		body, _ := io.ReadAll(resp.Body)
		// The simulator refuses the address that has no sound: that is told, too.
		refused := resp.StatusCode == http.StatusUnprocessableEntity && strings.Contains(filled, "nothing.wav")
		if resp.StatusCode != http.StatusSeeOther && !refused {
			v.t.Errorf("%s: %s %s", action, resp.Status, body)
		}
		return
	}
	v.t.Errorf("no form to %s on %s: %s", action, page, fmt.Sprintf("%.3000s", text))
}

// Who wanted to go somewhere gets there after signing in.
func TestNext(t *testing.T) {
	s := newStack(t)
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(s.url + "/history?type=CALL")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if to := resp.Header.Get("Location"); to != "/login?next=%2Fhistory%3Ftype%3DCALL" {
		t.Errorf("sent to %q", to)
	}
	v := s.visitorTo(t, 0, "/history?type=CALL")
	if status, _ := v.get("/history"); status != http.StatusOK {
		t.Errorf("history: %d", status)
	}
}

// The public address of an announcement serves that file, whole or in parts,
// and nothing else (B45, B46, T26).
func TestPublicAnnouncement(t *testing.T) {
	s := newStack(t)
	v := s.visitor(t, 0)
	id := s.ring("+4930555002", "w0", "established")
	s.eventually("row", func() bool { return len(v.rows()) == 1 })
	v.upload("Closed.wav", toneWAV(440, 1))
	_, page := v.get("/calls/" + v.rows()[0] + "/announce")
	choice := regexp.MustCompile(`name="announcement" value="([^"]+)"`).FindStringSubmatch(page)
	if choice == nil {
		t.Fatalf("no announcement to choose: %s", page)
	}
	if status, code, _ := v.command("/calls/"+v.rows()[0]+"/announcements", `{"announcement":"`+choice[1]+`",`+actionID()+`}`); status != 200 {
		t.Fatalf("play: %d %s", status, code)
	}
	if a := s.call(id).Announcements; len(a) != 1 || !a[0].Accepted {
		t.Fatalf("played: %+v", a)
	}
	address := regexp.MustCompile(`http[^"]+\.wav`).FindString(s.lastBody("/v2/calls/*/announcements"))
	if !strings.HasPrefix(address, s.url+"/a/") || len(address) != len(s.url)+len("/a/")+43+len(".wav") {
		t.Fatalf("fetched from %q", address)
	}
	for ask, want := range map[string]int{"": 200, "bytes=0-0": 206, "bytes=-1": 206, "bytes=9999999-": 416, "bytes=a": 416} {
		req, err := http.NewRequest("GET", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ask != "" {
			req.Header.Set("Range", ask)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want || want == 206 && len(body) != 1 || want == 200 && len(body) != 44+16000 {
			t.Errorf("B46: %q: %s, %d bytes", ask, resp.Status, len(body))
		}
		for name, value := range map[string]string{"Content-Type": "audio/wav", "X-Content-Type-Options": "nosniff",
			"Content-Disposition": `attachment; filename="announcement.wav"`, "Content-Security-Policy": "sandbox; default-src 'none'",
			"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "Set-Cookie": ""} {
			if got := resp.Header.Get(name); got != value && want != 416 {
				t.Errorf("T23, T26: %s is %q, want %q", name, got, value)
			}
		}
	}
	// The file is deleted: the address dies with it.
	v.submit("/announcements", "/announcements/"+choice[1]+"/delete", "")
	if status, _ := v.get(strings.TrimPrefix(address, s.url)); status != 404 {
		t.Errorf("B45: deleted: %d", status)
	}
}
