package acceptance

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"
)

var (
	historyEntry = regexp.MustCompile(`(?s)<li class="row old" data-entry="([^"]+)".*?</li>`)
	historyNext  = regexp.MustCompile(`rel="next" href="([^"]+)"`)
	historyMore  = regexp.MustCompile(`data-search>.*?href="([^"]+)"`)
)

// historyIDs follows the pages of the history to their end and returns the ids
// of the entries in order.
func historyIDs(v *harness.Client, query string) (ids []string) {
	v.T.Helper()
	at := "/history?" + query
	for pages := 0; at != ""; pages++ {
		status, page := v.Get(at)
		if status != http.StatusOK || pages > 100 {
			v.T.Fatalf("%s: %d on page %d", at, status, pages)
		}
		for _, m := range historyEntry.FindAllStringSubmatch(page, -1) {
			ids = append(ids, m[1])
		}
		at = ""
		for _, link := range []*regexp.Regexp{historyNext, historyMore} {
			if m := link.FindStringSubmatch(page); m != nil {
				at = html.UnescapeString(m[1])
			}
		}
	}
	return ids
}

// A historyRow is a line of the table, by column.
type historyRow map[string]string

// historyTable returns the history as a table, read by readTable.
func historyTable(v *harness.Client, query string) (rows []historyRow) {
	v.T.Helper()
	status, text := v.Get("/history.csv?" + query)
	if status != http.StatusOK {
		v.T.Fatalf("table %s: %d", query, status)
	}
	lines := readTable(v.T, strings.TrimPrefix(text, "\uFEFF"))
	for _, cells := range lines[1:] {
		row := historyRow{}
		for i, c := range cells {
			row[lines[0][i]] = c
		}
		rows = append(rows, row)
	}
	return rows
}

// readTable parses CSV by RFC 4180, section 2, without encoding/csv: fields
// between semicolons, as a German reader gets them, every line ended by CRLF,
// quotes doubled inside of a quoted field.
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
			end := strings.IndexAny(text, ";\r\n\"")
			if end < 0 {
				t.Fatalf("the last line has no end: %q", text)
			}
			cell.WriteString(text[:end])
			text = text[end:]
		}
		line = append(line, cell.String())
		switch {
		case strings.HasPrefix(text, ";"):
			text = text[1:]
		case strings.HasPrefix(text, "\r\n"):
			text = text[2:]
			lines, line = append(lines, line), nil
		default:
			t.Fatalf("neither a semicolon nor the end of a line after %q", cell.String())
		}
	}
	for _, l := range lines {
		if len(l) != len(lines[0]) {
			t.Errorf("%d cells instead of %d: %q", len(l), len(lines[0]), l)
		}
	}
	return lines
}

// Each filter selects the right entries on all pages, and the table has the
// same entries in the same order.
func TestHistoryFilters(t *testing.T) {
	t.Parallel()
	s := harness.NewPlain(t)
	s.FillHistory(400)
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	all := historyTable(anna, "")
	if len(all) < 350 {
		t.Fatalf("%d entries", len(all))
	}
	day := all[100]["time"][:10]
	for query, fits := range map[string]func(historyRow) bool{
		"":                       func(historyRow) bool { return true },
		"direction=in":           func(r historyRow) bool { return r["direction"] == "in" },
		"missed=true":            func(r historyRow) bool { return r["missed"] == "true" },
		"direction=out&missed=1": func(r historyRow) bool { return r["direction"] == "out" && r["missed"] == "true" },
		"type=VOICEMAIL":         func(r historyRow) bool { return r["type"] == "VOICEMAIL" },
		"starred=true":           func(r historyRow) bool { return r["starred"] == "true" },
		"unread=true":            func(r historyRow) bool { return r["read"] == "false" && r["direction"] == "in" },
		"member=w1":              func(r historyRow) bool { return r["inside"] == "Jonas Keller" },
		"q=wiegand":              func(r historyRow) bool { return strings.Contains(r["name"], "Wiegand") },
		"q=angebot":              func(r historyRow) bool { return strings.Contains(r["note"], "Angebot") },
		"q=fahrrad":              func(r historyRow) bool { return strings.Contains(r["transcription"], "Fahrrad") },
		"phonenumber=" + url.QueryEscape("069 / 9000-9640"): func(r historyRow) bool { return strings.Contains(r["number"], "+496990009640") },
		"phonenumber=9640": func(r historyRow) bool {
			return strings.Contains(r["number"], "9640") || strings.Contains(r["inside number"], "9640")
		},
		"from=" + day + "&to=" + day: func(r historyRow) bool {
			at, err := time.Parse(time.RFC3339, r["time"])
			return err == nil && at.Format(time.DateOnly) == day
		},
	} {
		var want []string
		for _, r := range all {
			if fits(r) {
				want = append(want, r["id"])
			}
		}
		if got := historyIDs(anna, query); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: %d entries on the pages, want %d", query, len(got), len(want))
		}
		if query != "" && !strings.HasPrefix(query, "q=a") && !strings.HasPrefix(query, "from=") {
			continue // tables are made at the rate of the live board, which takes seconds each
		}
		var table []string
		for _, r := range historyTable(anna, query) {
			table = append(table, r["id"])
		}
		if !slices.Equal(table, want) {
			t.Errorf("%s: %d entries in the table, want %d", query, len(table), len(want))
		}
	}
	if archived := historyTable(anna, "archived=true"); len(archived) == 0 || archived[0]["archived"] != "true" || len(archived)+len(all) != 400 {
		t.Errorf("%d are archived", len(archived))
	}
	testHistoryOwn(t, anna, jonas)
}

// A member sees own entries only, whatever the filter; a lead chooses a member.
func testHistoryOwn(t *testing.T, anna, jonas *harness.Client) {
	own := historyIDs(jonas, "")
	if !slices.Equal(own, historyIDs(anna, "member=w1")) || !slices.Equal(own, historyIDs(jonas, "member=w1")) || len(own) < 50 {
		t.Errorf("%d own entries", len(own))
	}
	for _, r := range historyTable(jonas, "") {
		if r["inside"] != "Jonas Keller" {
			t.Errorf("a table for Jonas has %v", r)
		}
	}
	for _, path := range []string{"/history?member=w0", "/history.csv?member=w0", "/history/news?after=1&member=w0"} {
		if status, _ := jonas.Get(path); status != http.StatusForbidden {
			t.Errorf("%s: %d", path, status)
		}
	}
	all := historyIDs(anna, "")
	i := slices.IndexFunc(all, func(id string) bool { return !slices.Contains(own, id) })
	if status, _ := jonas.Get("/history/" + all[i]); status != http.StatusNotFound {
		t.Errorf("a colleague's entry: %d", status)
	}
	if status, page := jonas.Get("/history/" + own[0]); status != http.StatusOK || !strings.Contains(page, "Jonas Keller") {
		t.Errorf("an own entry: %d", status)
	}
}

// A filter with a value that it cannot have is refused by its name, on the page,
// in the table and for recent entries.
func TestInvalidHistoryFiltersAreRefused(t *testing.T) {
	s := harness.New(t)
	v := s.SignIn(t, 0)
	for _, q := range []string{"offset=-1", "offset=4294967296", "offset=NaN", "limit=0", "limit=101", "from=9999-99-99", "to=9999-12-31", "type=call",
		"direction=UP", "direction=INCOMING", "missed=perhaps", "starred=2", "archived=x", "unread=-1", "member=nobody", "member=" + url.QueryEscape("' OR 1=1--"),
		"phonenumber=" + url.QueryEscape("' OR 1=1--"), "phonenumber=" + strings.Repeat("1", 40), "phonenumber=%2B", "q=" + strings.Repeat("a", 101), "q=%ff",
		"trail=1.x", "trail=-1", "trail=" + strings.Repeat("1.", 60) + "1"} {
		field, _, _ := strings.Cut(q, "=")
		for _, path := range []string{"/history?", "/history.csv?", "/history/news?after=1&"} {
			resp := v.Send("GET", s.URL+path+q, "", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
			if status, code, f := harness.ReadError(t, resp); status != 422 || code != "bad_param" || f != field {
				t.Errorf("%s%s: %d %s %s", path, q, status, code, f)
			}
		}
	}
	for _, after := range []string{"0", "-1", "x", "99999999999999999999"} {
		if status, _ := v.Get("/history/news?after=" + after); status != 422 && after != "" {
			t.Errorf("after=%s: %d", after, status)
		}
	}
}

// No cell of the table is a formula, and parsing the table returns what was
// written.
func TestHistoryTableHasNoFormulas(t *testing.T) {
	s := harness.New(t)
	s.FillHistory(30)
	v := s.SignIn(t, 0)
	notes := []string{"+4915799912345", "=cmd|'/C calc'!A0", "-1+1", "@SUM(1;2)", "a;=1", "\"quoted\", \"twice\"", "line\n=1", "ä, ö", "plain"}
	ids := historyIDs(v, "")
	for i, note := range notes {
		if status, _ := v.Post("/history/"+ids[i]+"/note", url.Values{"text": {note}}.Encode()); status != http.StatusSeeOther {
			t.Fatalf("%q: %d", note, status)
		}
	}
	for i, row := range historyTable(v, "")[:len(notes)] {
		if got := strings.ReplaceAll(row["note"], "\r\n", "\n"); strings.ReplaceAll(got, "'", "") != strings.ReplaceAll(notes[i], "'", "") {
			t.Errorf("note %q, want %q", got, notes[i])
		}
		for column, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t") || strings.Contains(cell, ";=") || strings.Contains(cell, "\n=") {
				t.Errorf("%s %q is a formula", column, cell)
			}
		}
	}
	_, page := v.Get("/history")
	if !strings.Contains(page, html.EscapeString(notes[1])) {
		t.Error("the page does not show the note")
	}
}
