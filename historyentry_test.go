package main

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Marks are form posts that lead back to where they were made; they are on
// record, decided by the policy, and sent once.
func TestHistoryMarks(t *testing.T) {
	s := newStack(t)
	s.fillHistory(60)
	anna, jonas := s.visitor(t, 0), s.visitor(t, 1)
	own := jonas.history("")
	jonas.submit("/history", "/history/"+own[0]+"/star", "value=true")
	jonas.submit("/history/"+own[0], "/history/"+own[0]+"/archive", "value=true")
	if rows := jonas.pastTable("archived=true&starred=true"); !slices.ContainsFunc(rows, func(r pastRow) bool { return r["id"] == own[0] }) {
		t.Errorf("archived and starred: %v", rows)
	}
	resp := jonas.send("POST", s.url+"/history/"+own[1]+"/read", "application/json", strings.NewReader(`{"value":true,`+actionID()+`}`))
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || !strings.Contains(string(body), `"read":true`) {
		t.Errorf("as a program: %s %s", resp.Status, body)
	}
	if status, page := jonas.post("/history/"+own[1]+"/note", "text=x&next="+url.QueryEscape("//evil.example/"), func(r *http.Request) { r.Header.Set("HX-Request", "true") }); status != 200 || !strings.Contains(page, `class="note"`) || strings.Contains(page, "evil") {
		t.Errorf("enhanced: %d %s", status, page)
	}

	all := anna.history("")
	others := all[slices.IndexFunc(all, func(id string) bool { return !slices.Contains(own, id) })]
	before := s.requests("PUT", "/v2/history/*")
	for path, want := range map[string]int{others + "/star": 404, "none/star": 404, "a%2fb/star": 404, own[1] + "/stars": 404, own[1] + "/star": 422} {
		if status, _ := jonas.post("/history/"+path, "value=perhaps"); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if status, code, field := jonas.command("/history/"+own[1]+"/note", `{"text":"`+strings.Repeat("x", 2001)+`",`+actionID()+`}`); status != 422 || code != "note_too_long" || field != "note" {
		t.Errorf("a long note: %d %s %s", status, code, field)
	}
	anna.post("/team/w1/role", "role=viewer")
	if status, _ := jonas.post("/history/"+own[1]+"/star", "value=true"); status != http.StatusForbidden {
		t.Errorf("a viewer: %d", status)
	}
	if _, page := jonas.get("/history"); strings.Contains(page, "/star") || !strings.Contains(page, "row old") {
		t.Error("a viewer is offered what they may not do")
	}
	if n := s.requests("PUT", "/v2/history/*") - before; n != 0 {
		t.Errorf("%d changes were sent all the same", n)
	}
	if status, _ := anna.post("/history/"+own[1]+"/star", "value=true"); status != http.StatusSeeOther {
		t.Errorf("a lead on a member's entry: %d", status)
	}
	testMarkUnknown(t, s, anna, own[2])
	_, table := anna.get("/audit.csv")
	for _, part := range []string{"history.mark,history " + own[0], "star on", "archive on", "history.mark.all,history " + own[1], "refused", "unknown"} {
		if !strings.Contains(table, part) {
			t.Errorf("the audit has no %q:\n%s", part, table)
		}
	}
}

// A change whose answer is lost is not sent again, and nothing is claimed.
func testMarkUnknown(t *testing.T, s *stack, anna *visitor, id string) {
	before := s.requests("PUT", "/v2/history/*")
	s.control("POST", "faults", map[string]any{"do": "resetAfter", "method": "PUT", "path": "/v2/history/*", "count": 1}, nil)
	if status, code, _ := anna.command("/history/"+id+"/star", `{"value":true,`+actionID()+`}`); status != 502 || code != "outcome_unknown" {
		t.Errorf("the answer is lost: %d %s", status, code)
	}
	if n := s.requests("PUT", "/v2/history/*") - before; n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// T28: recordings, of calls and of voicemails, are heard by those whose entries
// they are, in parts too, and kept under a name of ours.
func TestT28History(t *testing.T) {
	s := newStack(t)
	s.stop()
	s.args = append(s.args, "-accounts", "any")
	s.start()
	s.fillHistory(60)
	anna, jonas, stranger := s.visitor(t, 0), s.visitor(t, 1), s.visitorOf(t, 1, 0, "/")
	for _, kind := range []string{"CALL", "VOICEMAIL"} {
		_, page := jonas.get("/history?limit=100&type=" + kind)
		m := regexp.MustCompile(`<audio[^>]*src="([^"]+)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("%s: no recording", kind)
		}
		resp := jonas.send("GET", s.url+m[1]+"?download=1", "", nil)
		whole, _ := io.ReadAll(resp.Body)
		name := resp.Header.Get("Content-Disposition")
		if resp.StatusCode != 200 || !strings.HasPrefix(string(whole), "RIFF") || resp.Header.Get("Content-Type") != "audio/wav" ||
			!regexp.MustCompile(`^attachment; filename="\d{4}-\d\d-\d\d-\d{4}-(in|out|voicemail)-[!-~]+\.wav"`).MatchString(name) {
			t.Errorf("%s: %s %q", kind, resp.Status, name)
		}
		part := jonas.send("GET", s.url+m[1], "", nil, func(r *http.Request) { r.Header.Set("Range", "bytes=100-199") })
		if got, _ := io.ReadAll(part.Body); part.StatusCode != 206 || string(got) != string(whole[100:200]) || part.Header.Get("Content-Range") != "bytes 100-199/"+strconv.Itoa(len(whole)) {
			t.Errorf("%s: a part: %s %s", kind, part.Status, part.Header.Get("Content-Range"))
		}
		if status, outline := jonas.get(m[1] + "/outline"); status != 200 || strings.Count(outline, ",") < 20 || !strings.Contains(outline, `"seconds":`) {
			t.Errorf("%s: outline %d %.100s", kind, status, outline)
		}
		if status, _ := anna.get(m[1]); status != 200 {
			t.Errorf("%s: a lead: %d", kind, status)
		}
		for _, path := range []string{m[1], m[1] + "/outline", m[1] + "x", strings.Replace(m[1], "/recordings/", "x/recordings/", 1)} {
			if status, _ := stranger.get(path); status != 404 {
				t.Errorf("%s: another team: %s: %d", kind, path, status)
			}
		}
	}
	own := jonas.history("")
	_, page := anna.get("/history?limit=100")
	for _, m := range regexp.MustCompile(`<audio[^>]*src="(/history/([^/]+)/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		want := map[bool]int{true: 200, false: 404}[slices.Contains(own, m[2])]
		for _, path := range []string{m[1], m[1] + "/outline"} {
			if status, _ := jonas.get(path); status != want {
				t.Errorf("%s: %d, want %d", path, status, want)
			}
		}
	}
}

// The page of a call and that of its entry are one, and what the journal does
// not know is shown without a timeline.
func TestOnePage(t *testing.T) {
	t.Parallel()
	s := newStack(t, "-visibility", "account")
	s.pushEvents()
	s.fillHistory(20)
	anna, jonas := s.visitor(t, 0), s.visitor(t, 1)
	if status, page := anna.get("/history/" + anna.history("")[0]); status != 200 || strings.Contains(page, "timeline") || strings.Contains(page, "/notes") || !strings.Contains(page, "past-entry") {
		t.Errorf("a call of before: %d", status)
	}
	id := s.ring("+4930555021", "w1", "established")
	s.eventually("row", func() bool { return len(jonas.rows()) == 1 })
	row := "/calls/" + jonas.rows()[0]
	s.api("w1", "PUT", "calls/"+id+"/recording", map[string]any{"value": true, "announcement": true})
	if _, page := jonas.get(row); strings.Contains(page, "past-entry") {
		t.Error("a running call has a past")
	}
	s.control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	// It is in the history at once, and leads to the call's page.
	s.eventually("entry that leads to the call", func() bool {
		ids := jonas.history("")
		resp := jonas.send("GET", s.url+"/history/"+ids[0], "", nil)
		return resp.StatusCode == http.StatusSeeOther && resp.Header.Get("Location") == row
	})
	status, page := jonas.get(row)
	for _, part := range []string{"past-entry", "<audio", `data-kind="answered"`, "/notes", "/star"} {
		if status != 200 || !strings.Contains(page, part) {
			t.Errorf("%d, the page has no %s", status, part)
		}
	}
	if strings.Contains(page, "data-probably") {
		t.Error("what sipgate says is called a guess")
	}
	// A message of which sipgate does not say the call.
	ringing := s.ring("+4930555022", "w1", "ringing")
	var box struct{ CallID string }
	s.eventually("row", func() bool { return strings.Contains(get(jonas, "/"), "555022") })
	s.control("POST", "calls/"+ringing+"/forward", map[string]any{"to": "voicemail"}, &box)
	s.passes(1)
	s.control("POST", "calls/"+box.CallID+"/hangup", map[string]any{}, nil)
	s.eventually("message that leads to the call", func() bool {
		ids := jonas.history("type=VOICEMAIL")
		resp := jonas.send("GET", s.url+"/history/"+ids[0], "", nil)
		at := resp.Header.Get("Location")
		return resp.StatusCode == http.StatusSeeOther && strings.Contains(get(jonas, at), "data-probably")
	})
	s.control("POST", "faults", map[string]any{"do": "status", "status": 503, "method": "GET", "path": "/v2/history/**", "count": 5}, nil)
	s.control("POST", "faults", map[string]any{"do": "status", "status": 503, "method": "GET", "path": "/v2/history", "count": 5}, nil)
	if status, page := jonas.get(row); status != 200 || !strings.Contains(page, `data-past="failed"`) || !strings.Contains(page, `data-kind="answered"`) {
		t.Errorf("without the history: %d", status)
	}
}

func get(v *visitor, path string) string {
	_, page := v.get(path)
	return page
}

// However many pages are open, sipgate is asked once for all of them; and each
// is told only what it filters and its reader may see.
func TestHistoryNews(t *testing.T) {
	t.Parallel()
	s := newStack(t, "-visibility", "account")
	s.pushEvents()
	anna, jonas := s.visitor(t, 0), s.visitor(t, 1)
	after := "/history/news?after=" + strconv.FormatInt(time.Now().UnixMilli(), 10)
	if status, _ := anna.get(after); status != http.StatusNoContent {
		t.Errorf("nothing is new: %d", status)
	}
	id := s.ring("+4930555031", "w0", "established")
	s.eventually("row", func() bool { return len(anna.rows()) == 1 })
	s.control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	before, polls := s.requests("GET", "/v2/history"), 0
	s.eventually("the call in the news", func() bool {
		for range 20 {
			polls++
			if strings.Contains(get(anna, after), "555031") {
				return true
			}
		}
		return false
	})
	if n := s.requests("GET", "/v2/history") - before; n > 3 {
		t.Errorf("%d requests for %d looks", n, polls)
	}
	for path, shown := range map[string]bool{after + "&direction=in": true, after + "&direction=out": false, after + "&missed=true": false,
		after + "&q=555031": true, after + "&q=nobody": false, after + "&member=w0": true, after + "&archived=true": false} {
		if status, page := anna.get(path); strings.Contains(page, "555031") != shown || shown != (status == 200) {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := jonas.get(after); status != http.StatusNoContent {
		t.Errorf("a colleague's call is news to a member: %d", status)
	}
	anonymous := &visitor{t: t, s: s, http: &http.Client{}}
	if status, _ := anonymous.get(after); status != http.StatusUnauthorized {
		t.Errorf("without a session: %d", status)
	}
}
