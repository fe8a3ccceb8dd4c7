package simulator

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// neoRig is a neo account whose clock the test moves.
type neoRig struct {
	*rig
	clock    time.Time
	channels map[string]string // by name
}

func openNeoClock(t *testing.T) *neoRig {
	n := &neoRig{clock: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), channels: map[string]string{}}
	n.rig = open(t, Options{Now: func() time.Time { return n.clock }})
	n.tok = n.token(neoID, "w0", "all")
	for _, c := range get[struct{ Items []struct{ ID, Name string } }](n.rig, "/v2/channels").Items {
		n.channels[c.Name] = c.ID
	}
	return n
}

func (n *neoRig) wait(d time.Duration) { n.clock = n.clock.Add(d) }

// events returns the events of a channel.
func (n *neoRig) events(name, query string) (list eventPage) {
	n.t.Helper()
	return get[eventPage](n.rig, "/v2/channels/"+n.channels[name]+"/events"+query)
}

type eventPage struct {
	Events   []shownEvent
	Position string
	Limit    int
}

type shownEvent struct {
	EventID, CreatedAt, Type string
	Call                     struct {
		CallSid, ChannelID, Direction, State, From, To string
		Owner, StartedAt, EstablishedAt, TerminatedAt  string
		TerminatedReason                               string
		Forwarding                                     struct{ Target, Type string }
	}
	Recordings []struct{ Type, DownloadURL string }
}

// An event shows the state of its call, from its beginning to after its end.
func TestChannelEventStates(t *testing.T) {
	const levke, outside = "+494066969510", "+491713920014"
	in := NewCall{Account: neoID, From: outside, To: levke}
	out := NewCall{Account: neoID, Direction: "out", From: levke, To: outside}
	talking := func(c NewCall) NewCall { c.State = "established"; return c }
	hangUp := func(cause string) func(*neoRig, string) {
		return func(n *neoRig, id string) { n.sim.HangUp(id, cause) }
	}
	transfer := func(more func(n *neoRig, next string)) func(*neoRig, string) {
		return func(n *neoRig, id string) {
			n.want(204, "POST", "/v2/calls/"+id+"/transfer", `{"attended":false,"phoneNumber":"+493023125862"}`)
			more(n, n.call(id).Successor)
		}
	}
	for name, test := range map[string]struct {
		call                           NewCall
		then                           func(*neoRig, string)
		state, owner, reason, forwards string
	}{
		"ringing":             {in, nil, "RINGING", "", "", ""},
		"ringing, outgoing":   {out, nil, "RINGING", "w0", "", ""},
		"established":         {talking(in), nil, "ESTABLISHED", "w0", "", ""},
		"finished":            {talking(out), hangUp(""), "FINISHED", "w0", "TERMINATED", ""},
		"missed":              {in, hangUp(""), "MISSED", "", "CANCELLED", ""},
		"no answer":           {out, hangUp("noAnswer"), "MISSED", "w0", "CANCELLED", ""},
		"rejected":            {in, hangUp("busy"), "REJECTED", "", "CANCELLED", ""},
		"busy":                {out, hangUp("busy"), "BUSY", "w0", "CANCELLED", ""},
		"wrong number":        {out, hangUp("notFound"), "CLIENT_ERROR", "w0", "CANCELLED", ""},
		"transferring":        {talking(in), transfer(func(*neoRig, string) {}), "TRANSFERRING", "w0", "", ""},
		"transferred":         {talking(in), transfer(func(n *neoRig, next string) { n.sim.Answer(next, "") }), "TRANSFERRED", "w0", "TERMINATED", ""},
		"transfer failed":     {talking(in), transfer(func(n *neoRig, next string) { n.sim.HangUp(next, "") }), "TRANSFER_FAILED", "w0", "", ""},
		"forwarded":           {in, func(n *neoRig, id string) { n.sim.Forward(id, outside) }, "MISSED", "", "CANCELLED", outside},
		"forwarded voicemail": {in, func(n *neoRig, id string) { n.sim.Forward(id, "voicemail") }, "MISSED", "", "CANCELLED", "voicemail"},
	} {
		n := openNeoClock(t)
		id := n.ring(test.call)
		first := n.events("Levke Petersen", "").Events[0].EventID
		n.wait(7 * time.Second)
		if test.then != nil {
			test.then(n, id)
		}
		events := n.events("Levke Petersen", "").Events
		i := slices.IndexFunc(events, func(e shownEvent) bool { return e.Call.CallSid == id })
		c := events[i].Call
		if events[i].EventID != first || c.State != test.state || c.Owner != test.owner || c.TerminatedReason != test.reason || c.Forwarding.Target != test.forwards {
			t.Errorf("%s: %+v", name, events[i])
		}
		if c.StartedAt != "2026-11-02T09:00:00Z" || (c.TerminatedAt != "") != (test.reason != "") || c.ChannelID != n.channels["Levke Petersen"] {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// Events are paged by position, the latest first; each is in the channel of its
// call only.
func TestChannelEventPages(t *testing.T) {
	n := openNeoClock(t)
	var want []string
	for i := range 7 {
		id := n.ring(NewCall{Account: neoID, To: "+494066969520", State: "established"})
		if i < 6 {
			n.sim.HangUp(id, "")
		}
		want = append([]string{id}, want...)
		n.wait(20 * time.Second)
	}
	n.ring(NewCall{Account: neoID, To: "+494066969510"})
	var got []string
	query := "?limit=3"
	for {
		page := n.events("Kanzlei", query)
		if page.Limit != 3 || len(page.Events) > 3 {
			t.Fatalf("%+v", page)
		}
		if len(page.Events) == 0 {
			break
		}
		for _, e := range page.Events {
			got = append(got, e.Call.CallSid)
		}
		query = "?limit=3&position=" + page.Position
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	n.want(400, "GET", "/v2/channels/"+n.channels["Kanzlei"]+"/events?limit=101", "")
	n.want(400, "GET", "/v2/channels/"+n.channels["Kanzlei"]+"/events?position=other", "")
	n.want(404, "GET", "/v2/channels/unknown/events", "")
}

// A private inbox is its owner's alone, also for admins; a shared one is its
// members'.
func TestChannelEventsOfOthers(t *testing.T) {
	n := openNeoClock(t)
	path := func(name string) string { return "/v2/channels/" + n.channels[name] + "/events" }
	n.want(403, "GET", path("Tarik Yılmaz"), "")
	tarik := n.as(n.token(neoID, "w1", "channels:read"))
	tarik.want(403, "GET", path("Levke Petersen"), "")
	tarik.want(200, "GET", path("Tarik Yılmaz"), "")
	tarik.want(200, "GET", path("Kanzlei"), "")
	n.as(n.token(neoID, "w1", "history:read")).want(403, "GET", path("Kanzlei"), "")
	n.as(n.token("", "w0", "all")).want(403, "GET", path("Kanzlei"), "") // classic
}

// A call between users is an event in the channel of each; recordings and
// voicemails have addresses.
func TestChannelEventsOfBothSidesAndRecordings(t *testing.T) {
	n := openNeoClock(t)
	id := n.ring(NewCall{Account: neoID, Direction: "out", Users: []string{"w0"}, To: "+494066969511", State: "established"})
	n.want(204, "PUT", "/v2/calls/"+id+"/recording", `{"value":true,"announcement":true}`)
	n.wait(10 * time.Second)
	n.sim.HangUp(id, "")
	n.wait(time.Second)
	tarik := *n
	tarik.rig = n.as(n.token(neoID, "w1", "all"))
	mine, his := n.events("Levke Petersen", "").Events[0], tarik.events("Tarik Yılmaz", "").Events[0]
	if mine.Call.Direction != "OUTGOING" || his.Call.Direction != "INCOMING" || his.Call.Owner != "w1" || mine.Call.CallSid == his.Call.CallSid {
		t.Errorf("%+v\n%+v", mine, his)
	}
	if len(mine.Recordings) != 1 || mine.Recordings[0].Type != "RECORDING" {
		t.Fatalf("%+v", mine)
	}
	n.want(200, "GET", strings.TrimPrefix(mine.Recordings[0].DownloadURL, n.url), "")
	call := n.ring(NewCall{Account: neoID, To: "+494066969510"})
	voicemail, err := n.sim.Forward(call, "voicemail")
	if err != nil {
		t.Fatal(err)
	}
	n.wait(5 * time.Second)
	n.sim.HangUp(voicemail, "")
	for _, e := range n.events("Levke Petersen", "").Events {
		if e.Call.CallSid == voicemail && (e.Call.State != "MISSED" || len(e.Recordings) != 1 || e.Recordings[0].Type != "VOICEMAIL" || e.Call.Owner != "") {
			t.Errorf("%+v", e)
		}
	}
}

// The history of a neo account lists nothing, faxes only, or everything.
func TestNeoHistory(t *testing.T) {
	n := openNeoClock(t)
	n.sim.HangUp(n.ring(NewCall{Account: neoID, State: "established"}), "")
	n.want(200, "POST", "/_simulator/faxes", `{"account":"`+neoID+`","from":"+493023125862"}`)
	for variant, want := range map[string]map[string]int{
		HistoryEmpty:    {"": 0, "?types=CALL": 0, "?types=FAX": 0},
		HistoryFax:      {"": 1, "?types=CALL": 0, "?types=VOICEMAIL": 0, "?types=FAX": 1},
		HistoryMigrated: {"": 2, "?types=CALL": 1, "?types=FAX": 1},
	} {
		n.platform(func(p *Platform) { p.History = variant })
		for query, entries := range want {
			if got := get[struct{ TotalCount int }](n.rig, "/v2/history"+query).TotalCount; got != entries {
				t.Errorf("%s %s: %d entries, want %d", variant, query, got, entries)
			}
		}
	}
	if n := len(n.events("Levke Petersen", "").Events); n != 1 {
		t.Errorf("%d events", n)
	}
}
