package handlers

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
)

// hiddenLink is the link to hang up several calls while there are not several
// that the reader may hang up.
var hiddenLink = regexp.MustCompile(`<p class="several" id="several" hidden>.*?</p>`)

// notFollowed matches addresses of what is not a page, and of the figures, which
// wait for the history.
var notFollowed = regexp.MustCompile(`/feed|/figures|\.csv$|/recordings/|/audio$`)

// TestNoPageLeadsWhereItsReaderMayNot follows, as each role, every link from the
// board on. No page has a link or a form that is refused to its reader's role.
func TestNoPageLeadsWhereItsReaderMayNot(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	readers := map[team.Role]*browser{team.Admin: d.signIn("w0", team.Admin), team.Agent: d.signIn("w1", team.Agent),
		team.Viewer: d.signIn("w2", team.Viewer)}
	d.loadRoster()
	if err := d.sim.FillHistory(simulator.HistoryFill{Account: d.account, Entries: 10}); err != nil {
		t.Fatal(err)
	}
	d.connected(readers[team.Viewer], "+4930555001")
	mux := d.h.mux()
	for role, reader := range readers {
		seen, open := map[string]bool{}, []string{"/"}
		for len(open) > 0 {
			at := open[0]
			open = open[1:]
			w := reader.get(at)
			if w.Code >= http.StatusBadRequest || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				continue
			}
			shown := hiddenLink.ReplaceAllString(w.Body.String(), "")
			for _, m := range address.FindAllStringSubmatch(shown, -1) {
				path, _, _ := strings.Cut(strings.ReplaceAll(m[2], "&amp;", "&"), "#")
				method := http.MethodGet
				if m[1] != "" || strings.Contains(m[0], "hx-post") {
					method = http.MethodPost
				}
				_, pattern := mux.Handler(httptest.NewRequest(method, path, nil))
				if least, private := leastRoles[pattern]; private && role < least {
					t.Errorf("%s leads %s to %s %s", at, role, method, path)
				}
				if kind := method + " " + pattern; !seen[kind] {
					seen[kind] = true
					if method == http.MethodGet && leastRoles[pattern] <= role && !notFollowed.MatchString(pattern) {
						open = append(open, path)
					}
				}
			}
		}
		if len(seen) < 20 {
			t.Errorf("%s is led to %d kinds of addresses only", role, len(seen))
		}
	}
}
