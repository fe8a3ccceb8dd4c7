package simulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

type historyPage struct {
	Items []struct {
		ID, CallID, Source, Target, SourceAlias, Type, Direction, Status, CallStatus, Note, Created, RecordingURL, Transcription string
		Incoming, Read, Archived, Starred                                                                                        bool
		Duration                                                                                                                 int
		Recordings                                                                                                               []recordingJSON
	}
	TotalCount int
}

// pastRig returns a rig with a clock that the test sets, and a history of an
// answered, a missed, an outgoing and a voicemail call, an hour apart.
func pastRig(t *testing.T) (*rig, *time.Time) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := open(t, Options{Now: func() time.Time { return now }, TokenLife: 1000 * time.Hour})
	id := r.talk()
	now = now.Add(95 * time.Second)
	r.sim.HangUp(id, "")
	now = now.Add(time.Hour)
	r.sim.HangUp(r.ring(NewCall{From: "anonymous", Users: []string{"w1"}}), "")
	now = now.Add(time.Hour)
	id = r.ring(NewCall{Direction: "out", To: "+4915799912345", Users: []string{"w2"}, State: "established"})
	now = now.Add(10 * time.Second)
	r.sim.HangUp(id, "")
	now = now.Add(time.Hour)
	box, _ := r.sim.Forward(r.ring(NewCall{Users: []string{"w0"}}), "voicemail")
	now = now.Add(12 * time.Second)
	r.sim.HangUp(box, "")
	return r, &now
}

func TestHistoryEntry(t *testing.T) {
	r, _ := pastRig(t)
	h := get[historyPage](r, "/v2/history")
	if h.TotalCount != 5 || len(h.Items) != 5 {
		t.Fatalf("%+v", h)
	}
	first := h.Items[4]
	if first.Source != "+491713920014" || first.SourceAlias != "Sabine Vogt" || first.Type != "CALL" ||
		first.Direction != "INCOMING" || !first.Incoming || first.Status != "PICKUP" || first.CallStatus != "SUCCESS" ||
		first.Duration != 95 || first.Created != "2026-03-02T09:00:00Z" || len(first.CallID) != 76 || first.Recordings == nil {
		t.Errorf("%+v", first)
	}
	if e := h.Items[3]; e.Direction != "MISSED_INCOMING" || e.Status != "NOPICKUP" || e.CallStatus != "MISSED" || e.Source != "anonymous" || e.Read {
		t.Errorf("%+v", e)
	}
	if e := h.Items[1]; e.Status != "FORWARD" {
		t.Errorf("%+v", e)
	}
	box := h.Items[0]
	if box.Type != "VOICEMAIL" || box.Duration != 12 || box.Recordings != nil || box.RecordingURL == "" || box.Transcription == "" || box.CallID != "" {
		t.Errorf("%+v", box)
	}
	if text := r.want(200, "GET", "/v2/history/"+first.ID, ""); !strings.Contains(text, first.CallID) {
		t.Error(text)
	}
}

func TestHistoryFilters(t *testing.T) {
	r, _ := pastRig(t)
	for query, want := range map[string]int{
		"types=CALL": 4, "types=VOICEMAIL": 1, "types=CALL&types=VOICEMAIL": 5, "types=FAX": 0,
		"directions=INCOMING": 2, "directions=MISSED_INCOMING&directions=OUTGOING": 3,
		"from=2026-03-02T10:00:00Z": 4, "to=2026-03-02T10:00:00Z": 1, "from=2026-03-02%2010:00:00%2B00:00&to=2026-03-02T11:30:00Z": 2,
		"from=2026-03-03": 0, "phonenumber=%2B4915799912345": 1, "phonenumber=4915799912345": 1, "phonenumber=49157": 0,
		"archived=true": 0, "archived=false": 5, "starred=STARRED": 0, "starred=UNSTARRED": 5, "starred=STARRED&starred=UNSTARRED": 5,
		"connectionIds=p1": 1, "connectionIds=w2": 1, "unknown=1": 5, "limit=0": 5,
	} {
		if h := get[historyPage](r, "/v2/history?"+query); h.TotalCount != want {
			t.Errorf("%s: %d entries, want %d", query, h.TotalCount, want)
		}
	}
	for _, query := range []string{
		"types=call", "types=CALL,FAX", "directions=UP", "starred=yes", "archived=1", "limit=1001", "limit=-1", "limit=x",
		"offset=-1", "offset=1.5", "from=yesterday", "to=2026-13-01T00:00:00Z",
	} {
		r.want(400, "GET", "/v2/history?"+query, "")
	}
	r.want(403, "GET", "/v2/history?connectionIds=e0", "")
	if h := get[historyPage](r, "/v2/history?offset=1&limit=2"); len(h.Items) != 2 || h.TotalCount != 5 || h.Items[0].Status != "FORWARD" {
		t.Errorf("page %+v", h)
	}
	if h := get[historyPage](r, "/v2/w1/history?types=CALL"); h.TotalCount != 1 {
		t.Errorf("w1 has %+v", h)
	}
	// every user sees the whole account, as at sipgate
	if h := get[historyPage](r.as(r.token("", "w2", "history:read")), "/v2/history"); h.TotalCount != 5 {
		t.Errorf("a plain user sees %d", h.TotalCount)
	}
}

func TestHistoryChanges(t *testing.T) {
	r, now := pastRig(t)
	h := get[historyPage](r, "/v2/history")
	a, b := h.Items[0].ID, h.Items[1].ID
	*now = now.Add(time.Minute)
	r.want(204, "PUT", "/v2/history/"+a, `{"note":"called back","starred":true}`)
	r.want(204, "PUT", "/v2/history", `[{"id":"`+b+`","archived":true,"read":true}]`)
	r.want(404, "PUT", "/v2/history", `[{"id":"`+a+`","read":true},{"id":"1"}]`)
	r.want(400, "PUT", "/v2/history", `[`+strings.Repeat(`{"id":"`+b+`"},`, 149)+`{"id":"`+b+`"}]`)
	h = get[historyPage](r, "/v2/history?starred=STARRED")
	if len(h.Items) != 1 || h.Items[0].Note != "called back" || h.Items[0].Read {
		t.Errorf("%+v", h)
	}
	if h = get[historyPage](r, "/v2/history?archived=true"); len(h.Items) != 1 || !h.Items[0].Read {
		t.Errorf("%+v", h)
	}
	testEntryParts(r, a)
	r.want(204, "DELETE", "/v2/history/"+a, "")
	r.want(404, "GET", "/v2/history/"+a, "")
	r.want(204, "DELETE", "/v2/history", "") // deletes all entries, as at sipgate
	if h = get[historyPage](r, "/v2/history"); h.TotalCount != 0 {
		t.Errorf("%+v", h)
	}
}

// testEntryParts tests the resources note, read and archive of an entry.
func testEntryParts(r *rig, id string) {
	r.t.Helper()
	at := "/v2/history/" + id
	r.want(204, "PUT", at+"/note", `{"note":"two\nlines"}`)
	r.want(204, "PUT", at+"/read", `{"value":true}`)
	r.want(204, "PUT", at+"/archive", `{"value":true}`)
	text := r.want(200, "GET", at, "")
	for _, part := range []string{`"note":"two\nlines"`, `"read":true`, `"archived":true`, `"starred":true`} {
		if !strings.Contains(text, part) {
			r.t.Errorf("%s without %s", text, part)
		}
	}
	for path, body := range map[string]string{
		"/note": `{"value":true}`, "/read": `{"read":true}`, "/archive": `{"value":"true"}`, "": `{"labels":[]}`,
	} {
		r.want(400, "PUT", at+path, body)
	}
	r.want(400, "PUT", at+"/note", `{}`)
	r.want(415, "PUT", at+"/note", `{"note":"x"}`, "Content-Type", "text/plain")
	r.want(404, "PUT", "/v2/history/1/read", `{"value":true}`)
	r.want(405, "POST", at+"/read", `{"value":true}`)
	r.as(r.token("", "w0", "history:read")).want(403, "PUT", at+"/read", `{"value":true}`)
}

// FillHistory adds calls of every kind, the same ones for the same seed.
func TestFillHistory(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	kinds := func(seed uint64) (historyPage, map[string]int) {
		r := open(t, Options{Now: func() time.Time { return now }})
		r.sim.HangUp(r.talk(), "") // stays the newest
		if err := r.sim.FillHistory(HistoryFill{Entries: 1000, Seed: seed}); err != nil {
			t.Fatal(err)
		}
		h, found := get[historyPage](r, "/v2/history?limit=1000"), map[string]int{}
		for i, e := range h.Items {
			found[e.Type+" "+e.Direction]++
			if i > 0 && e.Created > h.Items[i-1].Created {
				t.Fatalf("%s stands after %s", e.Created, h.Items[i-1].Created)
			}
			if e.Starred {
				found["starred"]++
			}
			if e.Note != "" {
				found["note"]++
			}
			if len(e.Recordings) > 0 {
				found["recording"]++
			}
		}
		found["archived"] = get[historyPage](r, "/v2/history?archived=true").TotalCount
		return h, found
	}
	h, found := kinds(1)
	t.Log(found)
	if n := h.TotalCount + found["archived"]; n != 1001 {
		t.Errorf("%d entries", n)
	}
	for _, kind := range []string{"CALL INCOMING", "CALL OUTGOING", "CALL MISSED_INCOMING", "CALL MISSED_OUTGOING", "VOICEMAIL INCOMING", "starred", "note", "recording", "archived"} {
		if found[kind] < 10 {
			t.Errorf("%s: %d", kind, found[kind])
		}
	}
	again, _ := kinds(1)
	other, _ := kinds(2)
	if h.Items[500].Source != again.Items[500].Source || h.Items[500].Created != again.Items[500].Created || h.Items[500].ID != again.Items[500].ID {
		t.Error("the same seed, other entries")
	}
	if h.Items[500].Duration == other.Items[500].Duration && h.Items[501].Duration == other.Items[501].Duration {
		t.Error("another seed, the same entries")
	}
	r := open(t, Options{Control: true})
	if body := r.want(200, "POST", "/_simulator/history", `{"entries":5,"seed":1}`); !strings.Contains(body, "5") || len(r.sim.accounts[0].history) != 5 {
		t.Error(body)
	}
	r.want(400, "POST", "/_simulator/history", `{"entries":2001}`)
	r.want(400, "POST", "/_simulator/history", `{"entries":1,"account":"none"}`)
}

func TestRecordingsInHistory(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := open(t, Options{Now: func() time.Time { return now }})
	id := r.talk()
	for range 2 {
		r.want(204, "PUT", "/v2/calls/"+id+"/recording", `{"value":true,"announcement":true}`)
		now = now.Add(3 * time.Second)
		r.want(204, "PUT", "/v2/calls/"+id+"/recording", `{"value":false,"announcement":false}`)
	}
	r.want(204, "PUT", "/v2/calls/"+id+"/recording", `{"value":true,"announcement":false}`)
	now = now.Add(2 * time.Second)
	r.want(204, "DELETE", "/v2/calls/"+id, "") // ends the third file
	files := get[historyPage](r, "/v2/history").Items[0].Recordings
	if len(files) != 3 || len(r.call(id).Recordings) != 3 {
		t.Fatalf("%+v", files)
	}
	path := strings.TrimPrefix(files[0].URL, r.url)
	wav := r.want(200, "GET", path, "")
	if len(wav) != 44+3*16000 || wav[:4] != "RIFF" {
		t.Errorf("a file of %d bytes", len(wav))
	}
	if part := r.want(http.StatusPartialContent, "GET", path, "", "Range", "bytes=100-199"); part != wav[100:200] {
		t.Error("another range")
	}
	r.as("").want(401, "GET", path, "")
	r.as(r.token(r.sim.accounts[1].id, "w0", "all")).want(404, "GET", path, "")
}

func TestHistoryRecordingsAndCallsAreBounded(t *testing.T) {
	r := open(t, Options{})
	for range maxRecordings + 20 {
		id := r.talk()
		r.want(204, "PUT", "/v2/calls/"+id+"/recording", `{"value":true,"announcement":true}`)
		r.sim.HangUp(id, "")
	}
	h := get[historyPage](r, "/v2/history?limit=1000")
	if len(h.Items[len(h.Items)-1].Recordings) != 0 || len(h.Items[0].Recordings) != 1 || len(r.sim.pbx.recordings) != maxRecordings {
		t.Error("the oldest recordings were not dropped")
	}
	for range maxEntries + maxEnded {
		r.sim.HangUp(r.ring(NewCall{}), "")
	}
	if n := len(r.sim.Calls()); n > maxEnded+200 {
		t.Errorf("%d calls are kept", n)
	}
	if n := len(r.sim.accounts[0].history); n != maxEntries {
		t.Errorf("%d entries are kept", n)
	}
}
