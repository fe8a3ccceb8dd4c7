package gallery

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	nethtml "golang.org/x/net/html"

	"callboard/sipgate/switchboard"
	"callboard/static"
	"callboard/views"
)

var moment = time.Date(2026, 11, 23, 14, 3, 20, 0, time.UTC)

// packed returns the size of content after gzip.
func packed(t *testing.T, content []byte) int {
	t.Helper()
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Len()
}

// TestFirstVisit limits the first visit of a board with 50 calls to 60 KB, and to
// 14 KB before the first paint.
func TestFirstVisit(t *testing.T) {
	var calls []switchboard.Call
	for range 4 {
		calls = append(calls, exampleCalls(moment)...)
	}
	m, err := exampleFormat.BoardFor(context.Background(), calls[:50], allowedOn, views.German)
	if err != nil {
		t.Fatal(err)
	}
	page := html(t, views.Board(views.Page{Lang: views.German, MemberName: "Mia Brandt", Path: "/", Now: moment}, m))
	first := packed(t, []byte(page))
	style, err := os.ReadFile("../../static/dist/app.css")
	if err != nil {
		t.Fatal(err)
	}
	critical := first + packed(t, style)
	all := critical
	for _, path := range []string{"dist/overlays.css", "dist/icons.otf", "dist/board.js", "icons.svg", "favicon.svg"} {
		name := strings.TrimPrefix(path, "dist/")
		if !strings.Contains(page, static.URL(name)) {
			t.Errorf("the board does not use %s", name)
		}
		content, err := os.ReadFile("../../static/" + path)
		if err != nil {
			t.Fatal(err)
		}
		all += packed(t, content)
	}
	t.Logf("page %d bytes, with style sheet %d, all %d", first, critical, all)
	if all > 45_000 || critical > 14_400 {
		t.Errorf("page %d bytes, with style sheet %d, all %d", first, critical, all)
	}
}

// TestReferencesExist checks that every icon and element that a page refers to
// exists, and that ids are unique.
func TestReferencesExist(t *testing.T) {
	symbols, err := os.ReadFile("../../static/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range views.Langs {
		for _, example := range Examples(lang) {
			page := html(t, example.View)
			for _, m := range regexp.MustCompile(`icons\.[0-9a-f]+\.svg#([a-z-]+)"`).FindAllStringSubmatch(page, -1) {
				if !bytes.Contains(symbols, []byte(`<symbol id="`+m[1]+`"`)) {
					t.Errorf("%s: no icon %s", example.Name, m[1])
				}
			}
			for _, m := range regexp.MustCompile(`(?:aria-labelledby|list|href)="#?([a-z][a-z-]*)"`).FindAllStringSubmatch(page, -1) {
				if !strings.Contains(page, `id="`+m[1]+`"`) {
					t.Errorf("%s: no element with id %s", example.Name, m[1])
				}
			}
			ids := map[string]bool{}
			for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
				if ids[m[1]] {
					t.Errorf("%s: duplicate id %s", example.Name, m[1])
				}
				ids[m[1]] = true
			}
		}
	}
}

// TestRowsAreSmall keeps the row of a call within 1.5 KB, one with several chips or an undo button
// within 1.7 KB, and the few with a consultation, which has buttons of its own,
// within 2.3 KB.
func TestRowsAreSmall(t *testing.T) {
	for _, lang := range views.Langs {
		for _, c := range append(sharedCalls(moment), exampleCalls(moment)...) {
			row, err := exampleFormat.RowHTMLFor(context.Background(), c, allowedOn(c), lang)
			if err != nil {
				t.Fatal(err)
			}
			limit := 1500
			switch chips := bytes.Count(row, []byte(`class="chip"`)); {
			case c.Consultation != nil:
				limit = 2300
			case chips > 1, bytes.Contains(row, []byte(`class="undo"`)):
				limit = 1700
			}
			if len(row) > limit {
				t.Errorf("%s in %s takes %d bytes", c.ID, lang, len(row))
			}
		}
	}
}

func TestBoardSections(t *testing.T) {
	b, err := exampleFormat.BoardFor(context.Background(), exampleCalls(moment), allowedOn, views.English)
	if err != nil {
		t.Fatal(err)
	}
	if got := [3]int{len(b.Sections[0]), len(b.Sections[1]), len(b.Sections[2])}; got != [3]int{3, 12, 1} || b.Live != [4]int{3, 11, 1} {
		t.Errorf("sections %v, live %d", got, b.Live)
	}
	page := html(t, views.BoardList(views.English, views.BoardModel{}))
	if !strings.Contains(page, `<div class="empty" id="empty">`) || strings.Count(page, "\" hidden>") != 5 {
		t.Error("the empty board does not say so, or shows empty sections")
	}
}

// TestContentSecurityPolicy checks that no view needs more than the
// Content-Security-Policy allows: no inline script or style, no event handler
// attributes, nothing that htmx would have to evaluate.
func TestContentSecurityPolicy(t *testing.T) {
	for _, example := range Examples(views.German) {
		page := html(t, example.View)
		root, err := nethtml.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Data == "style" || n.Data == "script" && n.FirstChild != nil {
				t.Errorf("%s: <%s> with content", example.Name, n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") ||
					strings.HasPrefix(a.Val, "js:") || strings.HasPrefix(a.Val, "javascript:") || a.Key == "hx-trigger" && strings.Contains(a.Val, "[") {
					t.Errorf("%s: %s=%q", example.Name, a.Key, a.Val)
				}
			}
		}
	}
}

// TestPseudoTextsAreComplete renders every example in the pseudo language.
func TestPseudoTextsAreComplete(t *testing.T) {
	for _, example := range Examples(views.Pseudo) {
		page := html(t, example.View)
		if strings.Contains(page, "<html ") && !strings.Contains(page, `lang="en-XA"`) {
			t.Errorf("%s is in another language", example.Name)
		}
		if strings.Contains(page, "missing words") {
			t.Errorf("%s: words are missing", example.Name)
		}
	}
}

func TestStatusPageHidesSecrets(t *testing.T) {
	for _, m := range []views.StatusPageModel{exampleStatus(moment), foreignWebhooksStatus(moment), webhooksSetStatus(moment)} {
		page := html(t, views.StatusPage(views.Page{Lang: views.English}, m))
		if strings.Contains(page, "Qx2Lr8Tn5") || strings.Contains(page, "s3cret") {
			t.Errorf("a secret is shown:\n%s", page)
		}
	}
}

func TestCallPage(t *testing.T) {
	m := exampleCallPage(sharedCalls(moment)[0], moment, views.English)
	page := html(t, views.CallPage(views.Page{Lang: views.English}, m))
	for _, want := range []string{"Put on hold", "Failed", "Transfer", `action="/calls/transferring/notes"`, " data-live", "Wants an offer by Friday.\nCall back"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in the page", want)
		}
	}
	if strings.Count(page, "Wants an offer by Friday") != 1 {
		t.Error("a note is shown twice")
	}
	if part := html(t, views.CallPage(views.Page{Lang: views.English, Fragment: true}, m)); !strings.HasPrefix(part, `<div id="call"`) || strings.Contains(part, "<textarea") {
		t.Error("the fragment is not the part that changes")
	}
}

// Dates are said as people say them, as "Today 14:32" or "Fri 27 Nov 14:32": no page
// spells out the year of today beside a time, except in titles.
func TestDatesAreSaidAsPeopleSayThem(t *testing.T) {
	tags, long := regexp.MustCompile(`(?s)<(style|script|title).*?</(style|script|title)>|<[^>]*>`), regexp.MustCompile(`(\d{1,2} [A-Z][a-z]{2} |\d\d\.\d\d\.)20\d\d,? \d\d:\d\d`)
	for _, lang := range views.Langs {
		for _, e := range Examples(lang) {
			if found := long.FindString(tags.ReplaceAllString(html(t, e.View), " ")); found != "" {
				t.Errorf("%s in %s: %s", e.Name, lang, found)
			}
		}
	}
}
