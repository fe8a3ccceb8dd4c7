package handlers

import (
	"errors"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/callhistory"
	"callboard/web"
)

// TestAddressesOfTheHistory: the fields of an address select what they say, and
// links of the page keep them.
func TestAddressesOfTheHistory(t *testing.T) {
	h := bare(t)
	h.Control.Numbers = sipgate.NumberRules{Region: "DE"}
	everything := strings.Repeat("ä", maxSearchText)
	type query = sipgate.HistoryQuery
	type filter = callhistory.Filter
	for address, want := range map[string]filter{
		"":                                       {},
		"type=CALL":                              {HistoryQuery: query{Types: []string{"CALL"}}},
		"type=VOICEMAIL":                         {HistoryQuery: query{Types: []string{"VOICEMAIL"}}},
		"type=SMS":                               {HistoryQuery: query{Types: []string{"SMS"}}},
		"type=FAX":                               {HistoryQuery: query{Types: []string{"FAX"}}},
		"direction=in":                           {HistoryQuery: query{Directions: []string{"INCOMING", "MISSED_INCOMING"}}},
		"direction=out":                          {HistoryQuery: query{Directions: []string{"OUTGOING", "MISSED_OUTGOING"}}},
		"missed=true":                            {HistoryQuery: query{Directions: []string{"MISSED_INCOMING", "MISSED_OUTGOING"}}},
		"direction=in&missed=true":               {HistoryQuery: query{Directions: []string{"MISSED_INCOMING"}}},
		"direction=out&missed=true":              {HistoryQuery: query{Directions: []string{"MISSED_OUTGOING"}}},
		"starred=true":                           {HistoryQuery: query{Starred: "STARRED"}},
		"archived=true":                          {HistoryQuery: query{Archived: true}},
		"unread=true":                            {Unread: true},
		"member=w1":                              {Member: "w1"},
		"q=" + everything:                        {Text: everything},
		"q=++Vogt+":                              {Text: "Vogt"},
		"phonenumber=0211+555-0123":              {HistoryQuery: query{Phonenumber: "+492115550123"}},
		"phonenumber=%2B492115550123":            {HistoryQuery: query{Phonenumber: "+492115550123"}},
		"phonenumber=555+-+01":                   {NumberPart: "555 - 01"},
		"phonenumber=110":                        {NumberPart: "110"}, // may be searched for, although not called
		"phonenumber=%E2%80%8B":                  {},                  // a space that cannot be seen
		"phonenumber=" + strings.Repeat("1", 32): {NumberPart: strings.Repeat("1", 32)},
		"from=2026-11-03":                        {HistoryQuery: query{From: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)}},
		"to=2026-11-03":                          {HistoryQuery: query{To: time.Date(2026, 11, 3, 23, 59, 59, 0, time.UTC)}},
		"from=2000-01-01&to=2100-12-31":          {HistoryQuery: query{From: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2100, 12, 31, 23, 59, 59, 0, time.UTC)}},
		"offset=1000000":                         {HistoryQuery: query{Offset: 1_000_000}},
		"offset=25&shown=1700000000~17":          {HistoryQuery: query{Offset: 25, ShownAt: time.Unix(1_700_000_000, 0), ShownID: "17"}},
		"shown=0~17":                             {HistoryQuery: query{ShownAt: time.Unix(0, 0), ShownID: "17"}},
		"shown=1099511627776~" + strings.Repeat("x", 200):       {HistoryQuery: query{ShownAt: time.Unix(1<<40, 0), ShownID: strings.Repeat("x", 200)}},
		"type=CALL&direction=out&unread=1&q=a&member=w2":        {HistoryQuery: query{Types: []string{"CALL"}, Directions: []string{"OUTGOING", "MISSED_OUTGOING"}}, Unread: true, Text: "a", Member: "w2"},
		"missed=false&starred=0&archived=false&unread=F":        {},
		"limit=1&trail=" + strings.Repeat("7.", 39) + "1000000": {},
		"limit=100&trail=0.25~1700000000~x":                     {},
	} {
		sent, err := url.ParseQuery(address)
		if err != nil {
			t.Fatal(err)
		}
		f, err := h.parseHistoryFilter(actor{}, sent)
		if err != nil || !reflect.DeepEqual(f.Filter, want) {
			t.Errorf("%q: %+v, %v; want %+v", address, f.Filter, err, want)
		}
		// A link with the same filters keeps them, and shows the newest entries.
		for _, place := range []string{"offset", "shown", "trail"} {
			sent.Del(place)
		}
		for field, value := range sent {
			if on, err := strconv.ParseBool(value[0]); err == nil && field != "limit" {
				if sent.Set(field, "true"); !on {
					sent.Del(field)
				}
			}
		}
		if got := f.address("/history", nil); got != "/history?"+sent.Encode() {
			t.Errorf("%q leads to %s", address, got)
		}
		if first := f.Offset == 0 && f.ShownID == ""; f.isFirstPage() != first {
			t.Errorf("%q begins with the newest entry: %v", address, f.isFirstPage())
		}
	}
}

// TestMistakesInAddressesOfTheHistory: each is refused by the name of its field.
func TestMistakesInAddressesOfTheHistory(t *testing.T) {
	h := bare(t)
	h.Control.Numbers = sipgate.NumberRules{Region: "DE"}
	for field, values := range map[string][]string{
		"type":        {"call", "CALLS", " CALL"},
		"direction":   {"up", "INCOMING", "in,out"},
		"missed":      {"perhaps", "yes", " "},
		"starred":     {"2"},
		"archived":    {"-"},
		"unread":      {"on"},
		"from":        {"today", "2026-13-01", "1999-12-31"},
		"to":          {"today", "2101-01-01"},
		"limit":       {"0", "-1", "101", "1.5", "ten"},
		"offset":      {"-1", "1000001", "x"},
		"shown":       {"x", "1", "~", "-1~a", "x~a", "1099511627777~a", "1~a.b", "1~a~b", "1~" + strings.Repeat("x", 201)},
		"trail":       {".", "x", "-1", "1000001", "25~x", "0..25", "25~1~a~b", strings.Repeat("7.", maxTrail) + "7"},
		"phonenumber": {"abc", "(", "+", "- /", "12a", "１２３４５", strings.Repeat("1", 33)},
		"q":           {strings.Repeat("ä", maxSearchText+1), "a\x00b", "\xff"},
	} {
		for _, value := range values {
			_, err := h.parseHistoryFilter(actor{}, url.Values{field: {value}})
			if f, ok := errors.AsType[web.Fault](err); !ok || f.Field != field || f.Status != 422 {
				t.Errorf("%s: %q: %v", field, value, err)
			}
		}
	}
}

// TestPagesOfTheHistoryFollowEachOther: older pages remember the newer ones, as
// many as an address holds, and the first page has no place.
func TestPagesOfTheHistoryFollowEachOther(t *testing.T) {
	f := historyFilter{limit: historyPage}
	last := sipgate.HistoryQuery{Offset: 25, ShownAt: time.Unix(1_700_000_000, 0), ShownID: "17"}
	for _, test := range []struct {
		place string
		trail []string
		want  string
	}{
		{place(sipgate.HistoryQuery{}), nil, "/history?"},
		{place(sipgate.HistoryQuery{Offset: 50}), nil, "/history?offset=50"},
		{place(last), []string{"0"}, "/history?offset=25&shown=1700000000~17&trail=0"},
		{place(last), []string{"0", "25~1~a"}, "/history?offset=25&shown=1700000000~17&trail=0.25~1~a"},
		{"0", make([]string, 60), "/history?trail=" + strings.Repeat(".", maxTrail-1)},
	} {
		got, err := url.QueryUnescape(f.pageAddress(test.place, test.trail))
		if err != nil || got != test.want {
			t.Errorf("page at %q after %q: %s, want %s", test.place, test.trail, got, test.want)
		}
	}
	h := bare(t)
	for _, test := range []struct {
		at       string
		found    sipgate.HistoryResult
		newer    string
		older    bool
		total    int
		searched int // said to the reader
	}{
		{"", sipgate.HistoryResult{Total: 3, Searched: 3}, "", false, 3, 0},
		{"", sipgate.HistoryResult{Total: -1, Searched: 9}, "", false, 0, 0},
		{"limit=2", sipgate.HistoryResult{More: true, Searched: 9, Items: make([]sipgate.HistoryEntry, 2)}, "", true, 0, 0},
		{"limit=2", sipgate.HistoryResult{More: true, Searched: 9, Items: make([]sipgate.HistoryEntry, 1)}, "", true, 0, 9},
		{"offset=25", sipgate.HistoryResult{}, "/history?", false, 0, 0},
		{"shown=5~a", sipgate.HistoryResult{}, "/history?", false, 0, 0},
		{"offset=50&trail=0.25~5~a", sipgate.HistoryResult{}, "/history?offset=25&shown=5~a&trail=0", false, 0, 0},
		{"offset=25&trail=0", sipgate.HistoryResult{}, "/history?", false, 0, 0},
	} {
		q, _ := url.ParseQuery(test.at)
		f, err := h.parseHistoryFilter(actor{}, q)
		if err != nil {
			t.Fatal(err)
		}
		m := f.page(test.found)
		if newer, _ := url.QueryUnescape(m.Newer); newer != test.newer || (m.Older != "") != test.older || m.Total != test.total || m.Searched != test.searched {
			t.Errorf("page at %q with %+v: newer %q, older %q, %d in all, searched %d", test.at, test.found, newer, m.Older, m.Total, m.Searched)
		}
	}
}
