package views

import (
	"strings"
	"testing"
)

// A screen does not leave out calls without a word.
func TestWallboardSaysHowManyCallsCouldNotBeRead(t *testing.T) {
	for _, lang := range Langs {
		list := StatusModel{ListedAt: moment, Now: moment, SignedIn: 1}
		for unreadable, want := range map[int]string{0: "", 1: lang.T("unreadable.calls", 1), 2: lang.T("unreadable.calls", 2)} {
			list.Unreadable = unreadable
			page, err := WallboardHTML(t.Context(), lang, WallboardModel{Now: moment, List: list})
			if err != nil {
				t.Fatal(err)
			}
			if hidden := strings.Contains(string(page), `<p class="stale" role="status" hidden>`); hidden != (want == "") || !strings.Contains(string(page), "<span>"+want+"</span>") {
				t.Errorf("%s, %d: %s", lang, unreadable, page)
			}
		}
	}
}
