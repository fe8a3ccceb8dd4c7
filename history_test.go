package main

import (
	"html"
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

var (
	pastEntry = regexp.MustCompile(`(?s)<li class="row old" data-entry="([^"]+)".*?</li>`)
	pastNext  = regexp.MustCompile(`rel="next" href="([^"]+)"`)
	pastMore  = regexp.MustCompile(`data-search>.*?href="([^"]+)"`)
)

// history follows the pages of the history to their end, and returns the
// entries in their order.
func (v *visitor) history(query string) (ids []string) {
	v.t.Helper()
	at := "/history?" + query
	for pages := 0; at != ""; pages++ {
		status, page := v.get(at)
		if status != http.StatusOK || pages > 100 {
			v.t.Fatalf("%s: %d on page %d", at, status, pages)
		}
		for _, m := range pastEntry.FindAllStringSubmatch(page, -1) {
			ids = append(ids, m[1])
		}
		at = ""
		for _, link := range []*regexp.Regexp{pastNext, pastMore} {
			if m := link.FindStringSubmatch(page); m != nil {
				at = html.UnescapeString(m[1])
			}
		}
	}
	return ids
}

// A pastRow is a line of the table, by column.
type pastRow map[string]string

// pastTable is the history as a table, read by rules of its own.
func (v *visitor) pastTable(query string) (rows []pastRow) {
	v.t.Helper()
	status, text := v.get("/history.csv?" + query)
	if status != http.StatusOK {
		v.t.Fatalf("table %s: %d", query, status)
	}
	lines := readTable(v.t, text)
	for _, cells := range lines[1:] {
		row := pastRow{}
		for i, c := range cells {
			row[lines[0][i]] = c
		}
		rows = append(rows, row)
	}
	return rows
}

// readTable reads RFC 4180, section 2, letter by letter: fields between commas,
// lines between CRLF, the last one ended too; a field with quotes around it may
// hold all of them, and quotes twice.
func readTable(t testing.TB, text string) (lines [][]string) {
	t.Helper()
	var line []string
	for text != "" {
		var cell strings.Builder
		if text[0] == '"' {
			for text = text[1:]; ; {
				before, after, ok := strings.Cut(text, `"`)
				if !ok {
					t.Fatal("a quote is not closed")
				}
				cell.WriteString(before)
				if text = after; !strings.HasPrefix(text, `"`) {
					break
				}
				cell.WriteByte('"')
				text = text[1:]
			}
		} else {
			end := strings.IndexAny(text, ",\r\n\"")
			if end < 0 {
				t.Fatalf("the last line has no end: %q", text)
			}
			cell.WriteString(text[:end])
			text = text[end:]
		}
		line = append(line, cell.String())
		switch {
		case strings.HasPrefix(text, ","):
			text = text[1:]
		case strings.HasPrefix(text, "\r\n"):
			text = text[2:]
			lines, line = append(lines, line), nil
		default:
			t.Fatalf("neither a comma nor the end of a line after %q", cell.String())
		}
	}
	for _, l := range lines {
		if len(l) != len(lines[0]) {
			t.Errorf("%d cells instead of %d: %q", len(l), len(lines[0]), l)
		}
	}
	return lines
}

// Each filter gives what it says, on all pages, and the table has the same
// entries in the same order.
func TestHistoryFilters(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.fillHistory(400)
	anna, jonas := s.visitor(t, 0), s.visitor(t, 1)
	all := anna.pastTable("")
	if len(all) < 350 {
		t.Fatalf("%d entries", len(all))
	}
	day := all[100]["time"][:10]
	for query, fits := range map[string]func(pastRow) bool{
		"":                       func(pastRow) bool { return true },
		"direction=in":           func(r pastRow) bool { return r["direction"] == "in" },
		"missed=true":            func(r pastRow) bool { return r["missed"] == "true" },
		"direction=out&missed=1": func(r pastRow) bool { return r["direction"] == "out" && r["missed"] == "true" },
		"type=VOICEMAIL":         func(r pastRow) bool { return r["type"] == "VOICEMAIL" },
		"starred=true":           func(r pastRow) bool { return r["starred"] == "true" },
		"unread=true":            func(r pastRow) bool { return r["read"] == "false" },
		"member=w1":              func(r pastRow) bool { return r["inside"] == "Jonas Keller" },
		"q=wiegand":              func(r pastRow) bool { return strings.Contains(r["name"], "Wiegand") },
		"q=angebot":              func(r pastRow) bool { return strings.Contains(r["note"], "Angebot") },
		"q=fahrrad":              func(r pastRow) bool { return strings.Contains(r["transcription"], "Fahrrad") },
		"phonenumber=" + url.QueryEscape("069 / 9000-9640"): func(r pastRow) bool { return strings.Contains(r["number"], "+496990009640") },
		"phonenumber=9640": func(r pastRow) bool {
			return strings.Contains(r["number"], "9640") || strings.Contains(r["inside number"], "9640")
		},
		"from=" + day + "&to=" + day: func(r pastRow) bool {
			at, err := time.Parse(time.RFC3339, r["time"])
			return err == nil && at.Local().Format(time.DateOnly) == day
		},
	} {
		var want []string
		for _, r := range all {
			if fits(r) {
				want = append(want, r["id"])
			}
		}
		if got := anna.history(query); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: %d entries on the pages, want %d", query, len(got), len(want))
		}
		var table []string
		for _, r := range anna.pastTable(query) {
			table = append(table, r["id"])
		}
		if !slices.Equal(table, want) {
			t.Errorf("%s: %d entries in the table, want %d", query, len(table), len(want))
		}
	}
	if archived := anna.pastTable("archived=true"); len(archived) == 0 || archived[0]["archived"] != "true" || len(archived)+len(all) != 400 {
		t.Errorf("%d are archived", len(archived))
	}
	testHistoryOwn(t, anna, jonas)
}

// A member sees own entries only, whatever is asked for; a lead chooses.
func testHistoryOwn(t *testing.T, anna, jonas *visitor) {
	own := jonas.history("")
	if !slices.Equal(own, anna.history("member=w1")) || !slices.Equal(own, jonas.history("member=w1")) || len(own) < 50 {
		t.Errorf("%d own entries", len(own))
	}
	for _, r := range jonas.pastTable("") {
		if r["inside"] != "Jonas Keller" {
			t.Errorf("a table for Jonas has %v", r)
		}
	}
	for _, path := range []string{"/history?member=w0", "/history.csv?member=w0", "/history/news?after=1&member=w0"} {
		if status, _ := jonas.get(path); status != http.StatusForbidden {
			t.Errorf("%s: %d", path, status)
		}
	}
	all := anna.history("")
	i := slices.IndexFunc(all, func(id string) bool { return !slices.Contains(own, id) })
	if status, _ := jonas.get("/history/" + all[i]); status != http.StatusNotFound {
		t.Errorf("a colleague's entry: %d", status)
	}
	if status, page := jonas.get("/history/" + own[0]); status != http.StatusOK || !strings.Contains(page, "Jonas Keller") {
		t.Errorf("an own entry: %d", status)
	}
}

// B49: what no filter can be is refused by name, on the page, in the table and
// for news.
func TestB49HistoryFilters(t *testing.T) {
	s := newStack(t)
	v := s.visitor(t, 0)
	for _, q := range []string{"offset=-1", "offset=4294967296", "offset=NaN", "limit=0", "limit=101", "from=9999-99-99", "to=9999-12-31", "type=call",
		"direction=UP", "direction=INCOMING", "missed=perhaps", "starred=2", "archived=x", "unread=-1", "member=nobody", "member=" + url.QueryEscape("' OR 1=1--"),
		"phonenumber=" + url.QueryEscape("' OR 1=1--"), "phonenumber=" + strings.Repeat("1", 40), "phonenumber=%2B", "q=" + strings.Repeat("a", 101), "q=%ff",
		"trail=1.x", "trail=-1", "trail=" + strings.Repeat("1.", 60) + "1"} {
		field, _, _ := strings.Cut(q, "=")
		for _, path := range []string{"/history?", "/history.csv?", "/history/news?after=1&"} {
			resp := v.send("GET", s.url+path+q, "", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
			if status, code, f := refused(t, resp); status != 422 || code != "bad_param" || f != field {
				t.Errorf("%s%s: %d %s %s", path, q, status, code, f)
			}
		}
	}
	for _, after := range []string{"0", "-1", "x", "99999999999999999999"} {
		if status, _ := v.get("/history/news?after=" + after); status != 422 && after != "" {
			t.Errorf("after=%s: %d", after, status)
		}
	}
}

// T39: no cell of the history's table is a formula, and reading it again gives
// what was written.
func TestT39History(t *testing.T) {
	s := newStack(t)
	s.fillHistory(30)
	v := s.visitor(t, 0)
	notes := []string{"+4915799912345", "=cmd|'/C calc'!A0", "-1+1", "@SUM(1;2)", "a;=1", "\"quoted\", \"twice\"", "line\n=1", "ä, ö", "plain"}
	ids := v.history("")
	for i, note := range notes {
		if status, _ := v.post("/history/"+ids[i]+"/note", url.Values{"text": {note}}.Encode()); status != http.StatusSeeOther {
			t.Fatalf("%q: %d", note, status)
		}
	}
	for i, row := range v.pastTable("")[:len(notes)] {
		if got := strings.ReplaceAll(row["note"], "\r\n", "\n"); strings.ReplaceAll(got, "'", "") != strings.ReplaceAll(notes[i], "'", "") {
			t.Errorf("note %q, want %q", got, notes[i])
		}
		for column, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t") || strings.Contains(cell, ";=") || strings.Contains(cell, "\n=") {
				t.Errorf("%s %q is a formula", column, cell)
			}
		}
	}
	_, page := v.get("/history")
	if !strings.Contains(page, html.EscapeString(notes[1])) {
		t.Error("the page does not show the note")
	}
}

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
