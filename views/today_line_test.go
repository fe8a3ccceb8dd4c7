package views

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/stats"
)

// TestTodayIsOneLine: what is known of today's calls stands in one line, in both
// languages; nothing that is not known does.
func TestTodayIsOneLine(t *testing.T) {
	report := func(c stats.Counts) stats.Report {
		return stats.Report{Summary: stats.Summary{Total: c}, Known: true, Fetched: c.Sum(), AsOf: moment}
	}
	busy := stats.Counts{stats.In: 37, stats.Missed: 13, stats.Out: 6}
	tags := regexp.MustCompile(`<[^>]*>`)
	for _, test := range []struct {
		what   string
		m      TodayModel
		en, de string
	}{
		{"a busy day", TodayModel{Report: report(busy), LongestWait: 72 * time.Second}, "Today 56 calls|13 missed|74% answered|longest wait 1:12", "Heute 56 Anrufe|13 verpasst|74 % angenommen|längste Wartezeit 1:12"},
		{"one call that nobody took", TodayModel{Report: report(stats.Counts{stats.Missed: 1})}, "Today 1 call|1 missed|0% answered", "Heute 1 Anruf|1 verpasst|0 % angenommen"},
		{"only outgoing calls", TodayModel{Report: report(stats.Counts{stats.Out: 2})}, "Today 2 calls|0 missed", "Heute 2 Anrufe|0 verpasst"},
		{"no calls", TodayModel{Report: report(stats.Counts{})}, "Today 0 calls|0 missed", "Heute 0 Anrufe|0 verpasst"},
		{"not read yet", TodayModel{Report: stats.Report{Loading: true}, LongestWait: time.Minute}, "", ""},
		{"neo, which has no history", TodayModel{Report: report(stats.Counts{}), Neo: true}, "", ""},
		{"neo, which has one after all", TodayModel{Report: report(busy), Neo: true}, "Today 56 calls|13 missed|74% answered", "Heute 56 Anrufe|13 verpasst|74 % angenommen"},
	} {
		for lang, want := range map[Lang]string{English: test.en, German: test.de} {
			line := html(t, TodayLine(lang, test.m))
			got := strings.Join(strings.Fields(tags.ReplaceAllString(line, "")), " ")
			if want = strings.ReplaceAll(want, "|", " · "); got != want {
				t.Errorf("%s in %s: %q, want %q", test.what, lang, got, want)
			}
			if strings.Contains(line, "data-some") != (test.m.missed() > 0 && want != "") {
				t.Errorf("%s: missed calls are marked: %s", test.what, line)
			}
		}
	}
	for _, may := range []bool{true, false} {
		var pages Names
		if may {
			pages = NamesOf("figures")
		}
		page := html(t, Board(Page{Lang: English, Path: "/", Now: moment, May: pages}, BoardModel{}))
		if strings.Contains(page, `href="/figures" data-today="/figures/today"`) != may {
			t.Errorf("the board of who may see figures: %v has the line %v", may, !may)
		}
	}
}
