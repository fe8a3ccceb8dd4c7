package views

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/announcement"
)

// TestFavouritesArePlayedWithOneClick: the dialog begins with the reader's
// favourites as they were marked or, without any, with those played last; of
// nothing played it says how to get favourites.
func TestFavouritesArePlayedWithOneClick(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	all := []announcement.Announcement{{ID: "a", Label: "Lunch"}, {ID: "b", Label: "Closed"}, {ID: "c", Label: "Holiday"}, {ID: "d", Label: "Queue"}, {ID: "e", Label: "Fair"}, {ID: "f", Label: "Storm"}}
	played := append([]announcement.Announcement(nil), all...)
	for i, minutes := range []int{50, 10, 0, 40, 20, 30} {
		if minutes > 0 {
			played[i].LastPlayed = now.Add(-time.Duration(minutes) * time.Minute)
		}
	}
	button := regexp.MustCompile(`<button class="btn tile"[^>]* value="(\w+)"`)
	for _, test := range []struct {
		what       string
		list       []announcement.Announcement
		favourites []string
		want       string
		title      string
		hint       bool
	}{
		{"favourites", played, []string{"f", "gone", "a"}, "f a", "Favourites", false},
		{"none marked", played, nil, "b e f d", "Played recently", true},
		{"only deleted ones marked", played, []string{"gone"}, "b e f d", "Played recently", true},
		{"none played", all, nil, "", "", true},
	} {
		p := Page{Lang: English, Fragment: true}
		page := html(t, AnnounceDialog(p, AnnounceModel{Call: CallRef{ID: "r1", ActionID: "0123456789abcdef"}, Announcements: test.list, Favourites: test.favourites}))
		var got []string
		for _, m := range button.FindAllStringSubmatch(page, -1) {
			got = append(got, m[1])
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s: %q, want %q", test.what, s, test.want)
		}
		if strings.Contains(page, `id="one-click-title">`+test.title) != (test.title != "") {
			t.Errorf("%s: not titled %q", test.what, test.title)
		}
		if strings.Contains(page, "No favourites yet.") != test.hint {
			t.Errorf("%s: hint %v", test.what, !test.hint)
		}
		if n := strings.Count(page, "autofocus"); n != min(1, len(got)) {
			t.Errorf("%s: %d buttons have the focus", test.what, n)
		}
		if search := strings.Index(page, `type="search"`); search >= 0 && strings.LastIndex(page[:search], "<form") > strings.LastIndex(page[:search], "</form>") {
			t.Errorf("%s: Enter in the search plays the first one", test.what)
		}
	}
}
