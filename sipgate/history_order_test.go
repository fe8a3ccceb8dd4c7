package sipgate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// listedEntries is a sipgate that lists entries in its own order.
type listedEntries struct{ all []HistoryEntry }

func (l *listedEntries) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	offset, _ := strconv.Atoi(r.FormValue("offset"))
	limit, _ := strconv.Atoi(r.FormValue("limit"))
	items := []map[string]any{}
	for _, e := range l.all[min(offset, len(l.all)):min(offset+limit, len(l.all))] {
		item := map[string]any{"id": e.ID, "type": "CALL", "duration": int(e.Duration.Seconds()), "read": e.Read}
		if !e.Created.IsZero() {
			item["created"] = e.Created.Format(time.RFC3339)
		}
		items = append(items, item)
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"items": items, "totalCount": len(l.all)})
}

// readPages reads all pages of a search, and calls between after each of them.
func readPages(t *rapid.T, c *Client, want int, keep func(HistoryEntry) bool, between func()) (found []HistoryEntry) {
	q := HistoryQuery{}
	for pages := 0; ; pages++ {
		f, err := c.SearchHistory(t.Context(), q, want, keep)
		if err != nil || pages > 1000 || len(f.Items) > want {
			t.Fatalf("page %d: %d entries, %v", pages, len(f.Items), err)
		}
		found = append(found, f.Items...)
		if !f.More {
			return found
		}
		q = q.Continue(f)
		between()
	}
}

// TestHistoryIsInTheOrderOfTheTimesShown: whether sipgate lists by the beginning
// or the end of calls, all pages together have each entry once, the latest
// beginning first, also while new calls end.
func TestHistoryIsInTheOrderOfTheTimesShown(t *testing.T) {
	list := &listedEntries{}
	c, _ := serve(t, list.ServeHTTP)
	base := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		list.all = nil
		for i := range rapid.IntRange(0, 120).Draw(t, "entries") {
			at := base.Add(time.Duration(rapid.IntRange(0, 1800).Draw(t, "minute")) * time.Minute)
			long := time.Duration(rapid.SampledFrom([]int{0, 1, 5, 30, 200, 1200}).Draw(t, "minutes")) * time.Minute
			list.all = append(list.all, HistoryEntry{ID: fmt.Sprint("e", i), Created: at, Duration: long, Read: i%3 == 0})
		}
		byEnd := rapid.Bool().Draw(t, "by end")
		slices.SortFunc(list.all, func(a, b HistoryEntry) int {
			if byEnd {
				return cmp.Or(b.Created.Add(b.Duration).Compare(a.Created.Add(a.Duration)), cmp.Compare(a.ID, b.ID))
			}
			return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
		})
		keep := func(e HistoryEntry) bool { return e.Read }
		if rapid.Bool().Draw(t, "all") {
			keep = nil
		}
		var want []string
		for _, e := range slices.SortedFunc(slices.Values(list.all), func(a, b HistoryEntry) int {
			return cmp.Or(b.Created.Compare(a.Created), len(a.ID)-len(b.ID), cmp.Compare(a.ID, b.ID))
		}) {
			if keep == nil || keep(e) {
				want = append(want, e.ID)
			}
		}
		ended, arrive := 0, rapid.Bool().Draw(t, "calls end meanwhile")
		var got []string
		for _, e := range readPages(t, c, rapid.IntRange(1, 30).Draw(t, "want"), keep, func() {
			if arrive {
				ended++
				list.all = slices.Insert(list.all, 0, HistoryEntry{ID: fmt.Sprint("new", ended), Created: base.AddDate(0, 0, 30), Read: true})
			}
		}) {
			got = append(got, e.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages have %q, want %q", got, want)
		}
	})
}

// TestEntriesWithoutAPlaceByTimeAreShownOnce: an entry without a readable time,
// or with one that does not fit its place, stays where sipgate lists it, and
// hides no other.
func TestEntriesWithoutAPlaceByTimeAreShownOnce(t *testing.T) {
	list := &listedEntries{}
	c, _ := serve(t, list.ServeHTTP)
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for i := range 80 {
		list.all = append(list.all, HistoryEntry{ID: fmt.Sprintf("e%02d", i), Created: now.Add(-time.Duration(i) * 20 * time.Minute)})
	}
	list.all[0].Created = now.AddDate(0, -3, 0)
	list.all[3].Created = time.Time{}
	list.all[40].Created = now.AddDate(-1, 0, 0)
	list.all[79].Created = time.Time{}
	rapid.Check(t, func(t *rapid.T) {
		var got []string
		for _, e := range readPages(t, c, rapid.IntRange(1, 50).Draw(t, "want"), nil, func() {}) {
			got = append(got, e.ID)
		}
		var want []string
		for _, e := range list.all {
			want = append(want, e.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages have %q", got)
		}
	})
}
