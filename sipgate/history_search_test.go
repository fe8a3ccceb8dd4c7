package sipgate

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestHistoryQueryMatches(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	e := HistoryEntry{
		Type: "CALL", Direction: "MISSED_INCOMING", Source: "01579-9912345", Target: "4921112345610",
		ConnectionIDs: []string{"p0"}, Endpoints: []string{"e0"}, Created: at, Starred: true,
	}
	for name, test := range map[string]struct {
		q    HistoryQuery
		want bool
	}{
		"all":             {HistoryQuery{}, true},
		"type":            {HistoryQuery{Types: []string{"FAX", "CALL"}}, true},
		"other type":      {HistoryQuery{Types: []string{"VOICEMAIL"}}, false},
		"direction":       {HistoryQuery{Directions: []string{"INCOMING", "MISSED_INCOMING"}}, true},
		"other direction": {HistoryQuery{Directions: []string{"INCOMING"}}, false},
		"connection":      {HistoryQuery{ConnectionIDs: []string{"w0", "p0"}}, true},
		"other":           {HistoryQuery{ConnectionIDs: []string{"p1"}}, false},
		"starred":         {HistoryQuery{Starred: "STARRED"}, true},
		"unstarred":       {HistoryQuery{Starred: "UNSTARRED"}, false},
		"archived":        {HistoryQuery{Archived: true}, false},
		"from then":       {HistoryQuery{From: at}, true},
		"from later":      {HistoryQuery{From: at.Add(time.Second)}, false},
		"to then":         {HistoryQuery{To: at}, true},
		"to before":       {HistoryQuery{To: at.Add(-time.Second)}, false},
		"target":          {HistoryQuery{Phonenumber: "+4921112345610"}, true},
		"national source": {HistoryQuery{Phonenumber: "+4915799912345"}, true},
		"other number":    {HistoryQuery{Phonenumber: "+4921112345611"}, false},
	} {
		if got := test.q.Matches(e); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestContainsText(t *testing.T) {
	e := HistoryEntry{Source: "+4930901820", SourceAlias: "Meier & Söhne", Target: "+4921112345610", Note: "An offer by FRIDAY", Transcription: "Guten Tag"}
	for text, want := range map[string]bool{
		"SÖHNE": true, " meier ": true, "friday": true, "tag": true, "annie": true, "schmidt": false,
		"030 90 18": true, "+49 (30) 9018": true, "0211": true, "77": false, "90": false, "1820": true, "a1820": false, "999": false,
	} {
		if got := e.ContainsText(text, "Annie"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if number, name := e.Remote(); number != e.Target || name != "" {
		t.Errorf("outside %s %s", number, name)
	}
	if number, name := e.Local(); number != e.Source || name != "Meier & Söhne" {
		t.Errorf("inside %s %s", number, name)
	}
}

// Both sides of an entry have a number, and a name only if that says more.
func TestSidesOfAnEntry(t *testing.T) {
	e := HistoryEntry{Source: "4930901820", SourceAlias: "Mia", Target: "4921112345610", TargetAlias: "4921112345610"}
	for _, incoming := range []bool{false, true} {
		e.Incoming = incoming
		remote, remoteName := e.Remote()
		local, localName := e.Local()
		if incoming {
			remote, remoteName, local, localName = local, localName, remote, remoteName
		}
		if remote != e.Target || remoteName != "" || local != e.Source || localName != "Mia" {
			t.Errorf("incoming %v: %q %q and %q %q", incoming, remote, remoteName, local, localName)
		}
	}
	for direction, want := range map[string]bool{"MISSED_INCOMING": true, "MISSED_OUTGOING": true, "INCOMING": false, "OUTGOING": false, "": false} {
		if got := (HistoryEntry{Direction: direction}).Missed(); got != want {
			t.Errorf("%s: missed is %v", direction, got)
		}
	}
}

// A search that is to stop returns what it has found, and where to go on.
func TestSearchHistoryStops(t *testing.T) {
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.FormValue("offset"))
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		var items []map[string]any
		for i := range limit {
			items = append(items, map[string]any{"id": fmt.Sprint(offset + i), "type": "CALL", "created": "2026-11-23T12:00:00Z"})
		}
		json.NewEncoder(w).Encode(map[string]any{"items": items, "totalCount": 100_000})
	})
	one := func(e HistoryEntry) bool { return e.ID == "77" }
	for requests, found := range map[int]int{0: 0, 1: 1, 3: 1} {
		before, n := len(rec.all()), 0
		f, err := c.SearchHistoryWhile(t.Context(), HistoryQuery{}, 7, one, func() bool { n++; return n <= requests })
		if sent := len(rec.all()) - before; err != nil || sent != requests || len(f.Items) != found || f.More != (requests > 0) {
			t.Errorf("stopped after %d requests: sent %d, %+v, %v", requests, sent, f, err)
		}
		if want := max(0, firstSearchPage+(requests-1)*searchPage); f.Searched != want {
			t.Errorf("stopped after %d requests: %d entries searched, want %d", requests, f.Searched, want)
		}
	}
}

// Searching one in a hundred of 5,000 entries fills the pages without loss or
// duplicate, and a search without a match ends and reports how far it came.
func TestSearchHistory(t *testing.T) {
	const total = 5000
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.FormValue("offset"))
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		var items []map[string]any
		for i := offset; i < min(offset+limit, total); i++ {
			items = append(items, map[string]any{"id": fmt.Sprint(i), "type": "CALL", "created": "2026-11-23T12:00:00Z"})
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"items": items, "totalCount": total})
	})
	some := func(e HistoryEntry) bool { return strings.HasSuffix(e.ID, "77") }
	var found []string
	pages, q := 0, HistoryQuery{}
	for {
		f, err := c.SearchHistory(t.Context(), q, 7, some)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range f.Items {
			found = append(found, e.ID)
		}
		if pages++; !f.More {
			break
		}
		if q = q.Continue(f); len(f.Items) != 7 || f.Total != -1 {
			t.Fatalf("page %d: %d entries of %d", pages, len(f.Items), f.Total)
		}
	}
	if len(found) != 50 || pages != 8 || found[0] != "77" || found[49] != "4977" {
		t.Errorf("%d on %d pages: %v", len(found), pages, found)
	}
	before := len(rec.all())
	f, err := c.SearchHistory(t.Context(), HistoryQuery{}, 7, func(HistoryEntry) bool { return false })
	if n := len(rec.all()) - before; err != nil || n != maxSearchRequests || !f.More || (HistoryQuery{}).Continue(f).Offset != 2350 || f.Searched != 2350 || f.OldestSearched.IsZero() {
		t.Errorf("%d requests, %+v, %v", n, f, err)
	}
	before = len(rec.all())
	f, err = c.SearchHistory(t.Context(), HistoryQuery{Offset: 4990}, 25, nil)
	if n := len(rec.all()) - before; err != nil || n != 1 || len(f.Items) != 10 || f.More || f.Total != total {
		t.Errorf("the end: %d requests, %+v, %v", n, f, err)
	}
}

func TestSearchHistoryFails(t *testing.T) {
	c, _ := serve(t, answer(http.StatusServiceUnavailable, "", ""))
	_, err := c.SearchHistory(t.Context(), HistoryQuery{}, 5, nil)
	if _, ok := errors.AsType[*Error](err); !ok || KindOf(err) != Unavailable {
		t.Errorf("%v", err)
	}
}
