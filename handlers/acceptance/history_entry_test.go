package acceptance

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

	"callboard/handlers/acceptance/harness"
)

// Changes of an entry are form posts that redirect back. They are audited, need
// the permission, and are sent once.
func TestHistoryEntriesAreUpdated(t *testing.T) {
	s := harness.New(t)
	s.FillHistory(60)
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	own := historyIDs(jonas, "")
	jonas.Submit("/history", "/history/"+own[0]+"/star", "value=true")
	jonas.Submit("/history/"+own[0], "/history/"+own[0]+"/archive", "value=true")
	if rows := historyTable(jonas, "archived=true&starred=true"); !slices.ContainsFunc(rows, func(r historyRow) bool { return r["id"] == own[0] }) {
		t.Errorf("archived and starred: %v", rows)
	}
	resp := jonas.Send("POST", s.URL+"/history/"+own[1]+"/read", "application/json", strings.NewReader(`{"value":true,`+harness.ActionID()+`}`))
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || !strings.Contains(string(body), `"read":true`) {
		t.Errorf("as a program: %s %s", resp.Status, body)
	}
	if status, page := jonas.Post("/history/"+own[1]+"/note", "text=x&next="+url.QueryEscape("//evil.example/"), func(r *http.Request) { r.Header.Set("HX-Request", "true") }); status != 200 || !strings.Contains(page, `class="note"`) || strings.Contains(page, "evil") {
		t.Errorf("enhanced: %d %s", status, page)
	}

	all := historyIDs(anna, "")
	others := all[slices.IndexFunc(all, func(id string) bool { return !slices.Contains(own, id) })]
	before := s.Requests("PUT", "/v2/history/*")
	for path, want := range map[string]int{others + "/star": 404, "none/star": 404, "a%2fb/star": 404, own[1] + "/stars": 404, own[1] + "/star": 422} {
		if status, _ := jonas.Post("/history/"+path, "value=perhaps"); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if status, code, field := jonas.Command("/history/"+own[1]+"/note", `{"text":"`+strings.Repeat("x", 2001)+`",`+harness.ActionID()+`}`); status != 422 || code != "note_too_long" || field != "note" {
		t.Errorf("a long note: %d %s %s", status, code, field)
	}
	anna.Post("/team/w1/role", "role=viewer")
	if status, _ := jonas.Post("/history/"+own[1]+"/star", "value=true"); status != http.StatusForbidden {
		t.Errorf("a viewer: %d", status)
	}
	if _, page := jonas.Get("/history"); strings.Contains(page, "/star") || !strings.Contains(page, "row old") {
		t.Error("a viewer is offered what they may not do")
	}
	if n := s.Requests("PUT", "/v2/history/*") - before; n != 0 {
		t.Errorf("%d changes were sent all the same", n)
	}
	if status, _ := anna.Post("/history/"+own[1]+"/star", "value=true"); status != http.StatusSeeOther {
		t.Errorf("a lead on a member's entry: %d", status)
	}
	testMarkUnknown(t, s, anna, own[2])
	_, table := anna.Get("/audit.csv")
	for _, part := range []string{"history.mark;history " + own[0], "star on", "archive on", "history.mark.all;history " + own[1], "refused", "unknown"} {
		if !strings.Contains(table, part) {
			t.Errorf("the audit has no %q:\n%s", part, table)
		}
	}
}

// A change whose answer is lost is not sent again, and its outcome is reported
// as unknown.
func testMarkUnknown(t *testing.T, s *harness.Stack, anna *harness.Client, id string) {
	before := s.Requests("PUT", "/v2/history/*")
	s.Control("POST", "faults", map[string]any{"do": "resetAfter", "method": "PUT", "path": "/v2/history/*", "count": 1}, nil)
	if status, code, _ := anna.Command("/history/"+id+"/star", `{"value":true,`+harness.ActionID()+`}`); status != 502 || code != "outcome_unknown" {
		t.Errorf("the answer is lost: %d %s", status, code)
	}
	if n := s.Requests("PUT", "/v2/history/*") - before; n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// Recordings of calls and voicemails are served to members who may see the
// entry, also in ranges, and downloaded under a name that Callboard makes.
func TestRecordingsAreForThoseWhoseEntriesTheyAre(t *testing.T) {
	s := harness.New(t)
	s.Stop()
	s.Args = append(s.Args, "-accounts", "any")
	s.Start()
	s.FillHistory(60)
	anna, jonas, stranger := s.SignIn(t, 0), s.SignIn(t, 1), s.SignInTo(t, 1, 0, "/")
	for _, kind := range []string{"CALL", "VOICEMAIL"} {
		_, page := jonas.Get("/history?limit=100&type=" + kind)
		m := regexp.MustCompile(`<audio[^>]*src="([^"]+)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("%s: no recording", kind)
		}
		resp := jonas.Send("GET", s.URL+m[1]+"?download=1", "", nil)
		whole, _ := io.ReadAll(resp.Body)
		name := resp.Header.Get("Content-Disposition")
		if resp.StatusCode != 200 || !strings.HasPrefix(string(whole), "RIFF") || resp.Header.Get("Content-Type") != "audio/wav" ||
			!regexp.MustCompile(`^attachment; filename="\d{4}-\d\d-\d\d-\d{4}-(in|out|voicemail)-[!-~]+\.wav"`).MatchString(name) {
			t.Errorf("%s: %s %q", kind, resp.Status, name)
		}
		part := jonas.Send("GET", s.URL+m[1], "", nil, func(r *http.Request) { r.Header.Set("Range", "bytes=100-199") })
		if got, _ := io.ReadAll(part.Body); part.StatusCode != 206 || string(got) != string(whole[100:200]) || part.Header.Get("Content-Range") != "bytes 100-199/"+strconv.Itoa(len(whole)) {
			t.Errorf("%s: a part: %s %s", kind, part.Status, part.Header.Get("Content-Range"))
		}
		if status, outline := jonas.Get(m[1] + "/outline"); status != 200 || strings.Count(outline, ",") < 20 || !strings.Contains(outline, `"seconds":`) {
			t.Errorf("%s: outline %d %.100s", kind, status, outline)
		}
		if status, _ := anna.Get(m[1]); status != 200 {
			t.Errorf("%s: a lead: %d", kind, status)
		}
		for _, path := range []string{m[1], m[1] + "/outline", m[1] + "x", strings.Replace(m[1], "/recordings/", "x/recordings/", 1)} {
			if status, _ := stranger.Get(path); status != 404 {
				t.Errorf("%s: another team: %s: %d", kind, path, status)
			}
		}
	}
	own := historyIDs(jonas, "")
	_, page := anna.Get("/history?limit=100")
	for _, m := range regexp.MustCompile(`<audio[^>]*src="(/history/([^/]+)/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		want := map[bool]int{true: 200, false: 404}[slices.Contains(own, m[2])]
		for _, path := range []string{m[1], m[1] + "/outline"} {
			if status, _ := jonas.Get(path); status != want {
				t.Errorf("%s: %d, want %d", path, status, want)
			}
		}
	}
}

// A call and its history entry share one page; an entry that the journal does
// not know is shown without a timeline.
func TestCallAndItsHistoryEntryShareOnePage(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	s.FillHistory(20)
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	if status, page := anna.Get("/history/" + historyIDs(anna, "")[0]); status != 200 || strings.Contains(page, "timeline") || strings.Contains(page, "/notes") || !strings.Contains(page, "history-entry") {
		t.Errorf("a call of before: %d", status)
	}
	id := s.Ring("+4930555021", "w1", "established")
	s.Eventually("row", func() bool { return len(jonas.Rows()) == 1 })
	row := "/calls/" + jonas.Rows()[0]
	s.API("w1", "PUT", "calls/"+id+"/recording", map[string]any{"value": true, "announcement": true})
	if _, page := jonas.Get(row); strings.Contains(page, "history-entry") {
		t.Error("a running call has a past")
	}
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	// It is in the history at once, and leads to the call's page.
	s.Eventually("entry that leads to the call", func() bool {
		ids := historyIDs(jonas, "")
		resp := jonas.Send("GET", s.URL+"/history/"+ids[0], "", nil)
		return resp.StatusCode == http.StatusSeeOther && resp.Header.Get("Location") == row
	})
	status, page := jonas.Get(row)
	for _, part := range []string{"history-entry", "<audio", `data-kind="answered"`, "/notes", "/star"} {
		if status != 200 || !strings.Contains(page, part) {
			t.Errorf("%d, the page has no %s", status, part)
		}
	}
	if strings.Contains(page, "data-probable") {
		t.Error("what sipgate says is called a guess")
	}
	// A message of which sipgate does not say the call.
	ringing := s.Ring("+4930555022", "w1", "ringing")
	var box struct{ CallID string }
	s.Eventually("row", func() bool { return strings.Contains(jonas.Page("/"), "555022") })
	s.Control("POST", "calls/"+ringing+"/forward", map[string]any{"to": "voicemail"}, &box)
	s.Elapse(1)
	s.Control("POST", "calls/"+box.CallID+"/hangup", map[string]any{}, nil)
	s.Eventually("message that leads to the call", func() bool {
		ids := historyIDs(jonas, "type=VOICEMAIL")
		resp := jonas.Send("GET", s.URL+"/history/"+ids[0], "", nil)
		at := resp.Header.Get("Location")
		return resp.StatusCode == http.StatusSeeOther && strings.Contains(jonas.Page(at), "data-probable")
	})
	s.Control("POST", "faults", map[string]any{"do": "status", "status": 503, "method": "GET", "path": "/v2/history/**", "count": 5}, nil)
	s.Control("POST", "faults", map[string]any{"do": "status", "status": 503, "method": "GET", "path": "/v2/history", "count": 5}, nil)
	if status, page := jonas.Get(row); status != 200 || !strings.Contains(page, `data-history="failed"`) || !strings.Contains(page, `data-kind="answered"`) {
		t.Errorf("without the history: %d", status)
	}
}

// sipgate is asked once for the recent entries of all open pages. Each page
// gets only those that fit its filters and that its member may see.
func TestRecentEntriesAreReadOnceForAllPages(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	after := "/history/news?after=" + strconv.FormatInt(time.Now().UnixMilli(), 10)
	if status, _ := anna.Get(after); status != http.StatusNoContent {
		t.Errorf("nothing is new: %d", status)
	}
	id := s.Ring("+4930555031", "w0", "established")
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	before, polls := s.Requests("GET", "/v2/history"), 0
	s.Eventually("the call in the news", func() bool {
		for range 20 {
			polls++
			if page := anna.Page(after); strings.Contains(page, "555031") && strings.Contains(page, `class="day"`) { // not only as a call to transfer
				return true
			}
		}
		return false
	})
	if n := s.Requests("GET", "/v2/history") - before; n > 3 {
		t.Errorf("%d requests for %d looks", n, polls)
	}
	for path, shown := range map[string]bool{after + "&direction=in": true, after + "&direction=out": false, after + "&missed=true": false,
		after + "&q=555031": true, after + "&q=nobody": false, after + "&member=w0": true, after + "&archived=true": false} {
		if status, page := anna.Get(path); strings.Contains(page, "555031") != shown || shown != (status == 200) {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := jonas.Get(after); status != http.StatusNoContent {
		t.Errorf("a colleague's call is news to a member: %d", status)
	}
	anonymous := s.Anonymous(t)
	if status, _ := anonymous.Get(after); status != http.StatusUnauthorized {
		t.Errorf("without a session: %d", status)
	}
}
