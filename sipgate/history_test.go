package sipgate

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const historyReply = `{"items":[
 {"id":"100001234","source":"anonymous","target":"01579-9912345","sourceAlias":"Dennis Ritchie","targetAlias":"Ken\u0000 Thompson","type":"CALL","created":"2016-02-10T14:19:39Z","lastModified":"2016-02-10T14:19:39Z","direction":"INCOMING","incoming":true,"status":"PICKUP","connectionIds":["p0"],"read":true,"archived":false,"note":"one\r\ntwo\u0007","endpoints":[{"type":"PICKUP","endpoint":{"extension":"e0","type":"REGISTER"}}],"starred":true,"labels":[],
  "callId":"54566B15","recordings":[{"id":"r1","url":"https://secure.live.sipgate.de/r1.wav"},{"id":2,"url":"https://secure.live.sipgate.de/r2.wav"},{"id":"r3","url":""}],"duration":61,"callStatus":"SUCCESS","responderAlias":"x"},
 {"id":7,"type":"VOICEMAIL","created":"2016-02-10 15:19:39+01:00","recordingUrl":"https://secure.live.sipgate.de/v.mp3","duration":"12","transcription":"hello"},
 {"id":"8","type":"FAX","created":"yesterday","duration":null,"callId":"../x","faxStatusType":"SENT"}
],"totalCount":45}`

func TestHistory(t *testing.T) {
	c, rec := serve(t, answer(http.StatusOK, "application/json", historyReply))
	page, err := c.History(t.Context(), HistoryQuery{
		Types: []string{"CALL", "VOICEMAIL"}, Directions: []string{"INCOMING", "MISSED_INCOMING"},
		From: time.Date(2026, 11, 1, 1, 0, 0, 0, time.FixedZone("", 3600)), To: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC),
		Phonenumber: "+49 1579", Starred: "STARRED", Archived: true, Offset: 20, Limit: 5000, ConnectionIDs: []string{"p0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2016, 2, 10, 14, 19, 39, 0, time.UTC)
	want := HistoryPage{Total: 45, Items: []HistoryEntry{
		{
			ID: "100001234", CallID: "54566B15", Type: "CALL", Source: "anonymous", Target: "01579-9912345",
			SourceAlias: "Dennis Ritchie", TargetAlias: "Ken Thompson", Direction: "INCOMING", Status: "PICKUP",
			CallStatus: "SUCCESS", Note: "one\ntwo ", ConnectionIDs: []string{"p0"}, Endpoints: []string{"e0"}, AnsweredBy: []string{"e0"}, Created: at, Duration: 61 * time.Second,
			Incoming: true, Read: true, Starred: true,
			Recordings: []Recording{{"r1", "https://secure.live.sipgate.de/r1.wav"}, {"2", "https://secure.live.sipgate.de/r2.wav"}},
		},
		{ID: "7", Type: "VOICEMAIL", Created: at, Duration: 12 * time.Second, Transcription: "hello", Recordings: []Recording{{"7", "https://secure.live.sipgate.de/v.mp3"}}},
		{ID: "8", Type: "FAX"},
	}}
	if diff := cmp.Diff(want, page, cmpopts.IgnoreUnexported(HistoryPage{})); diff != "" {
		t.Error(diff)
	}
	const uri = "/below/v2/history?archived=true&connectionIds=p0&directions=INCOMING&directions=MISSED_INCOMING" +
		"&from=2026-11-01T00%3A00%3A00Z&limit=1000&offset=20&phonenumber=%2B49+1579&starred=STARRED" +
		"&to=2026-11-02T00%3A00%3A00Z&types=CALL&types=VOICEMAIL"
	if got := rec.all()[0].URI; got != uri {
		t.Errorf("asked for %s\nwant %s", got, uri)
	}
}

func TestHistoryWithPlainValues(t *testing.T) {
	c, rec := serve(t, answer(http.StatusOK, "application/json", `{"items":[{"id":"1"}]}`))
	page, err := c.History(t.Context(), HistoryQuery{})
	if err != nil || len(page.Items) != 1 || page.Total != 1 {
		t.Errorf("page %+v, %v", page, err)
	}
	if got := rec.all()[0].URI; got != "/below/v2/history" {
		t.Errorf("asked for %s", got)
	}
	c, _ = serve(t, answer(http.StatusBadRequest, "application/json", `{"errors":[]}`))
	if _, err := c.History(t.Context(), HistoryQuery{}); KindOf(err) != Invalid {
		t.Errorf("400 is %v", err)
	}
}

func TestHistoryEntry(t *testing.T) {
	c, rec := serve(t, answer(http.StatusOK, "application/json", `{"id":"100001234","connectionIds":["p0","<x>"],"endpoints":[{"type":"PICKUP","endpoint":{"extension":"e0"}},{}]}`))
	e, err := c.HistoryEntry(t.Context(), "100001234")
	if err != nil || e.ID != "100001234" || !slices.Equal(e.Extensions(), []string{"p0", "e0"}) {
		t.Errorf("got %+v, %v", e, err)
	}
	if got := rec.all()[0]; got.Method != "GET" || got.URI != "/below/v2/history/100001234" {
		t.Errorf("sent %+v", got)
	}
	for _, id := range []string{"", ".", "..", "../users", "a/b", "a?b", "%2e", strings.Repeat("1", 201)} {
		if _, err := c.HistoryEntry(t.Context(), id); KindOf(err) != Invalid {
			t.Errorf("%q: %v", id, err)
		}
	}
	if n := len(rec.all()); n != 1 {
		t.Errorf("%d requests", n)
	}
	c, _ = serve(t, answer(http.StatusNotFound, "", ""))
	if _, err := c.HistoryEntry(t.Context(), "1"); KindOf(err) != NoCall {
		t.Errorf("404 is %v", err)
	}
}

// A hostile entry is truncated and does not affect the others.
func TestHistoryEntryIsCapped(t *testing.T) {
	long := strings.Repeat("ü", 5000)
	recordings := strings.Repeat(`{"id":"x","url":"https://a/1"},`, 60) + `{"id":"y","url":"https://a/` + long + `"}`
	entry := `{"id":"1","source":"` + long + `","note":"` + long + `","duration":1e300,"recordings":[` + recordings + `]}`
	c, _ := serve(t, answer(http.StatusOK, "application/json", `{"items":[`+entry+`],"totalCount":-1}`))
	page, err := c.History(t.Context(), HistoryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	e := page.Items[0]
	if len([]rune(e.Source)) > 200 || len([]rune(e.Note)) > 2000 || e.Duration != 0 || len(e.Recordings) != 1 || page.Total != 1 {
		t.Errorf("entry %d %d %d %v %d", len(e.ID), len(e.Source), len(e.Note), e.Duration, len(e.Recordings))
	}
}

func FuzzHistory(f *testing.F) {
	f.Add([]byte(historyReply))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _, err := listOf(data, "items", (*wireEntry).isEntry)
		if err != nil {
			return
		}
		entries, _ := readable(list, wireEntry.entry)
		for _, e := range entries {
			if e.Duration < 0 || len(e.Recordings) > 50 || e.CallID != "" && !e.CallID.Valid() {
				t.Errorf("%+v", e)
			}
		}
	})
}

// Without a total a full page has a successor, and the last one has none. A total
// is never less than what was received.
func TestHistoryWithoutTotal(t *testing.T) {
	item := `{"id":"1","type":"CALL"}`
	for _, test := range []struct{ entries, limit, offset, total int }{
		{3, 3, 0, 4}, {3, 3, 20, 24}, {2, 3, 20, 22}, {0, 3, 20, 20}, {3, 0, 0, 3}, {1000, 5000, 0, 1001}, {999, 5000, 0, 999},
	} {
		items := strings.TrimSuffix(strings.Repeat(item+",", test.entries), ",")
		c, _ := serve(t, answer(http.StatusOK, "application/json", `{"items":[`+items+`]}`))
		page, err := c.History(t.Context(), HistoryQuery{Limit: test.limit, Offset: test.offset})
		if err != nil || page.Total != test.total {
			t.Errorf("%+v: total %d, %v", test, page.Total, err)
		}
	}
	for _, total := range []string{"0", "1", `"2"`} {
		c, _ := serve(t, answer(http.StatusOK, "application/json", `{"items":[`+item+`,`+item+`],"totalCount":`+total+`}`))
		if page, err := c.History(t.Context(), HistoryQuery{Limit: 2}); err != nil || page.Total != 2 {
			t.Errorf("total %d of two entries, told as %s, %v", page.Total, total, err)
		}
	}
}

func TestChangeEntry(t *testing.T) {
	c, rec := serve(t, answer(http.StatusNoContent, "", ""))
	yes, no, note := true, false, "two\nlines"
	for want, change := range map[string]EntryChange{
		`{"note":"two\nlines"}`:             {Note: &note},
		`{"note":""}`:                       {Note: new(string)},
		`{"starred":true,"read":false}`:     {Starred: &yes, Read: &no},
		`{"archived":false}`:                {Archived: &no},
		`{"starred":false,"archived":true}`: {Starred: &no, Archived: &yes},
	} {
		if err := c.ChangeEntry(t.Context(), "100001234", change); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		all := rec.all()
		if got := all[len(all)-1]; got.Method != "PUT" || got.URI != "/below/v2/history/100001234" || got.Body != want {
			t.Errorf("sent %s %s %s, want %s", got.Method, got.URI, got.Body, want)
		}
	}
	sent, long := len(rec.all()), strings.Repeat("ü", 2001)
	for _, refused := range []struct {
		id     string
		change EntryChange
	}{{"../x", EntryChange{Read: &yes}}, {"", EntryChange{Read: &yes}}, {"1", EntryChange{}}, {"1", EntryChange{Note: &long}}} {
		if err := c.ChangeEntry(t.Context(), refused.id, refused.change); err == nil {
			t.Errorf("%q: not refused", refused.id)
		}
	}
	if len(rec.all()) != sent {
		t.Error("something was sent all the same")
	}
}

func TestChangeEntryFails(t *testing.T) {
	yes := true
	for status, kind := range map[int]Kind{404: NoCall, 403: Forbidden, 400: Invalid, 500: Unavailable} {
		c, rec := serve(t, answer(status, "", ""))
		if err := c.ChangeEntry(t.Context(), "1", EntryChange{Starred: &yes}); KindOf(err) != kind {
			t.Errorf("%d: %v, want kind %v", status, err, kind)
		}
		if n := len(rec.all()); n != 1 {
			t.Errorf("%d: sent %d times", status, n)
		}
	}
}
