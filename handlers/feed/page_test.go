package feed

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// html returns a page as a browser without compression gets it.
func (p Page) html(t *testing.T, page views.Page) string {
	t.Helper()
	pieces, err := p.Pieces(t.Context(), page, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := web.ShowPieces(w, httptest.NewRequest("GET", "/", nil), 200, pieces...); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

// A page that is put together from what was made for others equals one that is
// rendered for its reader, whatever has changed since the others: the board, the
// reader's preferences, the time.
func TestPagesEqualThoseRenderedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := switchboard.New(switchboard.Options{}), New(quiet)
		defer f.Close()
		anna, carl := newViewer("anna", views.English), newViewer("carl", views.English)
		anna.team = []views.Tile{{User: "w1", Name: "Jonas", State: "free"}}
		page := views.Page{Lang: views.English, Path: "/", MemberName: "Anna"}
		for step, change := range []func(){
			func() {},
			func() { b.Observe(newCall("one", "4930555001")) },
			func() { time.Sleep(10 * time.Millisecond) },
			func() { time.Sleep(2 * time.Second) },
			func() { time.Sleep(300 * time.Millisecond) },
			func() { time.Sleep(300 * time.Millisecond) },
			func() { time.Sleep(300 * time.Millisecond) },
			func() { page.Preferences.Density = team.Compact },
			func() { page.MemberName = "Anna & <b>" },
			func() { carl.change(func() { carl.denied["+4930555001"] = "not_yours" }); b.Invalidate() },
			func() { b.SetNames(map[string]string{"+4930555001": "Meier"}) },
		} {
			change()
			for _, v := range []*viewer{anna, carl, anna} {
				loaded, err := f.Page(b, v)
				if err != nil {
					t.Fatal(err)
				}
				page.Now = time.Now()
				var m views.BoardModel
				for _, c := range b.Snapshot().Calls {
					variant, _ := v.Variant(&c)
					row, err := v.Row(t.Context(), &c, variant)
					if err != nil {
						t.Fatal(err)
					}
					m.Add(&c, row, variant.Allowed)
				}
				v.Begin(&m, page.Now)
				m.Version, m.CanCall, m.Status = loaded.Have, true, views.NewStatus(loaded.Health, page.Now)
				m.Team = v.Team()
				var want bytes.Buffer
				if err := views.Board(page, m).Render(t.Context(), &want); err != nil {
					t.Fatal(err)
				}
				if got := loaded.html(t, page); got != want.String() {
					t.Fatalf("step %d, %s:\n%s\nwant\n%s", step, v.key, got, &want)
				}
			}
		}
	})
}

// A member's private name appears in no page of another member, not even before the
// hub learns of it.
func TestPrivateNamesAreInNoPageOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := switchboard.New(switchboard.Options{}), New(quiet)
		defer f.Close()
		b.Observe(newCall("one", "4930555001"))
		anna, carl := newViewer("anna", views.English), newViewer("carl", views.English)
		load := func(v *viewer) string {
			p, err := f.Page(b, v)
			if err != nil {
				t.Fatal(err)
			}
			return string(p.list.html)
		}
		load(anna)
		load(carl)
		b.Observe(newCall("two", "4930555002")) // no list is there yet
		anna.change(func() { anna.names["+4930555001"] = "Aunt Emma" })
		if page := load(anna); !strings.Contains(page, "Aunt Emma") {
			t.Errorf("her page lacks the name: %s", page)
		}
		if page := load(carl); strings.Contains(page, "Aunt Emma") {
			t.Errorf("it is in another's page: %s", page)
		}
	})
}
