package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// started returns the bodies of the requests to sipgate that start calls.
func (d *dashboard) started() (bodies []string) {
	for _, r := range d.sim.Requests() {
		if r.Method == http.MethodPost && r.Path == "/v2/sessions/calls" {
			bodies = append(bodies, r.Body)
		}
	}
	return bodies
}

// setOnline makes a device ring or not, and waits until that is known.
func (d *dashboard) setOnline(user sipgate.UserID, device string, online bool) {
	d.t.Helper()
	if err := d.sim.SetDevice(d.account, device, &online, nil); err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.h.Control.Rosters.Of(d.account).CurrentDevices(d.t.Context(), user); err != nil {
		d.t.Fatal(err)
	}
}

// TestACallIsStartedAsTheFormSays: sipgate is asked once for each action, with
// the device, the callee and the caller id of the form, and the audit has it. A
// browser is led to the progress of the call, a script gets it, and a program the
// call's id. What is wrong with a form is said, and starts nothing.
func TestACallIsStartedAsTheFormSays(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	d.readContacts(anna)
	for _, test := range []struct{ body, callee, sent string }{
		{"device=e0&callee=0221+555001", "+49 221 555001", `"callee":"+49221555001"`},
		{"device=e0&callee=Sabine+Vogt&callerId=%2B492214710110", "+49 171 3920014", `"callerId":"+492214710110"`},
		{"device=e0&callee=vogt&choice=%2B4930555002", "+49 30 555002", `"callee":"+4930555002"`},
	} {
		before := len(d.started())
		w := anna.post("/calls", test.body)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusSeeOther || !strings.HasPrefix(to.Path, "/starting/") || to.Query().Get("callee") != test.callee || to.Query().Has("sound") {
			t.Errorf("%s: %d to %q", test.body, w.Code, w.Header().Get("Location"))
		}
		sent := d.started()
		if len(sent) != before+1 || !strings.Contains(sent[before], test.sent) || !strings.Contains(sent[before], `"deviceId":"e0"`) {
			t.Errorf("%s: sipgate got %q", test.body, sent[before:])
		}
		if e := d.audit()[0]; e.Action != team.StartCall || e.Outcome != team.OutcomeDone || !strings.HasSuffix(e.Parameters, " from e0") || e.By != anna.in.Member() {
			t.Errorf("%s: audit %+v", test.body, e)
		}
	}
	before := len(d.started())
	const body = `{"action_id":"0123456789abcdef","device":"e0","callee":"+4930555003"}`
	first := anna.program("/calls", body)
	if id, _ := fields(t, first)["callId"].(string); first.Code != http.StatusCreated || !sipgate.CallID(id).Valid() {
		t.Errorf("a program gets %d %s", first.Code, first.Body)
	}
	if again := anna.program("/calls", body); again.Body.String() != first.Body.String() || len(d.started()) != before+1 {
		t.Errorf("again: %s, %d requests", again.Body, len(d.started())-before)
	}
	if w := anna.script("/calls", "device=e0&callee=%2B4930555004"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "+49 30 555004") || !strings.Contains(w.Body.String(), `id="originate"`) || strings.Contains(w.Body.String(), "<html") {
		t.Errorf("a script gets %d: %.300s", w.Code, w.Body)
	}
	before = len(d.started())
	for _, bad := range []struct {
		body, field, code string
	}{
		{`{"action_id":"0123456789abcde1","device":"e0","callee":"Sabine Vogt"}`, "number", "number_invalid"},
		{`{"action_id":"0123456789abcde2","device":"e0","callee":"110"}`, "number", "number_blocked"},
		{`{"action_id":"0123456789abcde3","device":"e0","callee":"+4930555003","callerId":"x"}`, "number", "number_invalid"},
		{`{"action_id":"0123456789abcde4","device":"e1","callee":"+4930555003"}`, "device", "bad_param"},
		{`{"action_id":"0123456789abcde5","device":"e0","callee":"+4930555003","choice":"x"}`, "", "bad_json"},
		{`{"device":"e0","callee":"+4930555003"}`, "action_id", "bad_param"},
	} {
		w := anna.program("/calls", bad.body)
		fault, _ := fields(t, w)["error"].(map[string]any)
		if field, _ := fault["field"].(string); w.Code < 400 || w.Code >= 500 || fault["code"] != bad.code || field != bad.field {
			t.Errorf("%s: %d %s", bad.body, w.Code, w.Body)
		}
	}
	if sent := d.started(); len(sent) != before {
		t.Errorf("sipgate got %q", sent[before:])
	}
}

// TestADeviceThatWouldNotRingIsNamed: it is not what a dialog starts with, and is
// rung only if the member says so.
func TestADeviceThatWouldNotRingIsNamed(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	if page := anna.get("/calls/new").Body.String(); !strings.Contains(page, `value="e0" required checked`) || !strings.Contains(page, "Tischtelefon Anna") || strings.Contains(page, `name="anyway"`) {
		t.Error("a device that rings is not chosen")
	}
	d.setOnline("w0", "e0", false)
	if page := anna.get("/calls/new").Body.String(); !strings.Contains(page, `name="anyway"`) || !strings.Contains(page, `data-state="offline"`) {
		t.Error("a device that is offline is not shown as such")
	}
	if w := anna.program("/calls", `{"action_id":"0123456789abcdef","device":"e0","callee":"+4930555003"}`); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `"device_offline"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if n := len(d.started()); n != 0 {
		t.Errorf("%d calls were started", n)
	}
	if w := anna.post("/calls", "device=e0&callee=%2B4930555003&anyway=true"); w.Code != http.StatusSeeOther || len(d.started()) != 1 {
		t.Errorf("all the same: %d", w.Code)
	}
}

// TestALinkFillsInTheNumber: a tel: link, however a browser passes it on, or the
// number of an entry is in the field and calls nobody; one that cannot be called
// is there too, with the reason.
func TestALinkFillsInTheNumber(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	if w := anna.post("/settings/calls", "grace=4&number=%2B492214710110"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	long := strings.Repeat("9", 60)
	for _, test := range []struct{ query, value, notice string }{
		{"", "", ""},
		{"?to=%2B4930555003", "+49 30 555003", ""},
		{"?to=tel:+49-30-555003;phone=x", "+49 30 555003", ""},
		{"?to=x%0A" + long, "x " + long[:38], "number_invalid"},
		{"?x=1&to=tel%3A%2B4930555003", "+49 30 555003", ""},
		{"?to=tel:110", "110", "number_blocked"},
		{"?to=tel:030555003;ext=7", "tel:030555003;ext=7", "number_extension"},
		{"?to=mailto:a@b", "mailto:a@b", "number_invalid"},
		{"?to=%zz", "%zz", "number_invalid"},
	} {
		w := anna.get("/calls/new" + test.query)
		page := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(page, `name="callee" type="text" value="`+test.value+`"`) {
			_, after, _ := strings.Cut(page, `name="callee"`)
			t.Errorf("%s: %d, the field is %.80s", test.query, w.Code, after)
		}
		if strings.Contains(page, `data-error=`) != (test.notice != "") || !strings.Contains(page, `data-error="`+test.notice+`"`) && test.notice != "" {
			t.Errorf("%s: not refused as %q", test.query, test.notice)
		}
		if !strings.Contains(page, `<option value="+492214710110" selected`) {
			t.Error("the member's number is not chosen")
		}
	}
	if len(d.started()) != 0 {
		t.Error("a link called somebody")
	}
}

// TestAnAmbiguousNameIsAskedBack: the form comes again with all whom the name
// fits, and names the one typed; nothing is started or transferred.
func TestAnAmbiguousNameIsAskedBack(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	if err := d.sim.AddContacts(simulator.NewContacts{Account: d.account, Contacts: []simulator.NewContact{
		{Name: "Lena Vogt", Number: "+4930555010"}, {Name: "Otto Vogt", Number: "+4930555011"}}}); err != nil {
		t.Fatal(err)
	}
	d.readContacts(anna)
	c := d.connected(anna, "+4930555001")
	for path, body := range map[string]string{"/calls": "device=e0&callee=a", "/calls/" + string(c.ID) + "/transfer": "attended=false&phoneNumber=a"} {
		w := anna.post(path, body)
		page := w.Body.String()
		if w.Code != http.StatusUnprocessableEntity || strings.Count(page, `name="choice"`) < 2 || !strings.Contains(page, `type="text" value="a"`) {
			t.Errorf("%s: %d with %d choices", path, w.Code, strings.Count(page, `name="choice"`))
		}
		if w := anna.script(path, body); w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), `name="choice"`) || !strings.Contains(w.Body.String(), `data-error="whom_unclear"`) {
			t.Errorf("%s: a script gets %d %.200s", path, w.Code, w.Body)
		}
	}
	if len(d.started()) != 0 || len(d.state(c).Transfers) != 0 {
		t.Error("somebody was called")
	}
}

// TestTheProgressOfACallIsShown: a page without a script comes again by itself
// until the call is connected; a script waits for another stage. The callee is
// shown as it was dialled, whatever the address says.
func TestTheProgressOfACallIsShown(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	c := d.connected(anna, "+4930555001")
	w := anna.get("/starting/" + string(c.CallID) + "?callee=%2B49+30+555001")
	if page := w.Body.String(); w.Code != http.StatusOK || w.Header().Get("Refresh") != "" || !strings.Contains(page, "+49 30 555001") || !strings.Contains(page, "/calls/"+string(c.ID)) || !strings.Contains(page, "<html") {
		t.Errorf("a connected call: %d, again %q", w.Code, w.Header().Get("Refresh"))
	}
	for turn, again := range map[string]string{"3": "turn=4", "x": "turn=1", "-5": "turn=1", "": "turn=1"} {
		w = anna.get("/starting/unheard-of?callee=x%00y&sound=Hello&turn=" + turn)
		if refresh := w.Header().Get("Refresh"); w.Code != http.StatusOK || !strings.Contains(refresh, "/starting/unheard-of?callee=xy&sound=Hello&") || !strings.HasSuffix(refresh, again) {
			t.Errorf("turn %q of a call that is not heard of: %d, again %q", turn, w.Code, refresh)
		}
	}
	if w := anna.get("/starting/x%20y"); w.Code != http.StatusNotFound {
		t.Errorf("no id of a call: %d", w.Code)
	}
	w = anna.send(t.Context(), http.MethodGet, "/starting/"+string(c.CallID)+"?callee=x&stage=own", "", "HX-Request", "true")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `data-stage="`) || strings.Contains(w.Body.String(), "<html") || w.Header().Get("Refresh") != "" {
		t.Errorf("a script: %d, again %q", w.Code, w.Header().Get("Refresh"))
	}
	waiting, leave := context.WithCancel(t.Context())
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		anna.send(waiting, http.MethodGet, "/starting/"+string(c.CallID)+"?stage=talking", "", "HX-Request", "true")
	}()
	select {
	case <-answered:
		t.Error("a script does not wait for the next stage")
	case <-time.After(20 * time.Millisecond):
	}
	leave()
	<-answered
}

// TestAnAnnouncementIsPlayedOnTheMembersDevice: the dialog offers the devices and
// the account's numbers, the one that rings at the member chosen; the device
// rings, and the progress names the announcement.
func TestAnAnnouncementIsPlayedOnTheMembersDevice(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	clip := d.addSound(anna, "Office hours")
	path := "/announcements/" + clip.ID + "/play-to-me"
	page := anna.get(path).Body.String()
	own := d.h.Control.OwnNumber(t.Context(), actorOf(anna).Actor)
	if own == "" || !strings.Contains(page, "Office hours") || !strings.Contains(page, `value="e0" required checked`) || !strings.Contains(page, `<option value="`+own+`" selected`) {
		t.Errorf("the dialog lacks the announcement, the device or the number %q", own)
	}
	for _, test := range []struct{ body, callee string }{{"device=e0", own}, {"device=e0&number=%2B492214710120", "+492214710120"}} {
		before := len(d.started())
		w := anna.post(path, test.body)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusSeeOther || !strings.HasPrefix(to.Path, "/starting/") || to.Query().Get("sound") != "Office hours" || to.Query().Get("callee") != sipgate.DisplayNumber(test.callee) {
			t.Errorf("%s: %d to %q", test.body, w.Code, w.Header().Get("Location"))
		}
		if sent := d.started(); len(sent) != before+1 || !strings.Contains(sent[before], `"callee":"`+test.callee+`"`) {
			t.Errorf("%s: sipgate got %q", test.body, sent[before:])
		}
	}
	before := len(d.started())
	for body, status := range map[string]int{"device=e0&number=110": 422, "device=e1": 422, "device=e0&anyway=maybe": 422} {
		if w := anna.post(path, body); w.Code != status {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	d.setOnline("w0", "e0", false)
	if w := anna.post(path, "device=e0"); w.Code != http.StatusConflict || len(d.started()) != before {
		t.Errorf("an offline device: %d", w.Code)
	}
	if page := anna.get(path).Body.String(); !strings.Contains(page, `name="anyway"`) {
		t.Error("an offline device cannot be chosen all the same")
	}
	if w := anna.post(path, "device=e0&anyway=true"); w.Code != http.StatusSeeOther || len(d.started()) != before+1 {
		t.Errorf("an offline device all the same: %d", w.Code)
	}
	for _, w := range []int{anna.get("/announcements/none/play-to-me").Code, anna.post("/announcements/none/play-to-me", "device=e0").Code} {
		if w != http.StatusNotFound {
			t.Errorf("an announcement that does not exist: %d", w)
		}
	}
}

// TestRecipientsAreFound: what is typed is searched for, in the form that the page
// or a program wants; a call's own party is marked.
func TestRecipientsAreFound(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	search := func(query string) map[string]any {
		t.Helper()
		w := anna.send(t.Context(), http.MethodGet, "/search"+query, "", "Accept", "application/json")
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
			t.Errorf("%s: %d, %q", query, w.Code, w.Header().Get("Cache-Control"))
		}
		return fields(t, w)
	}
	names := func(of map[string]any) (all string) {
		for _, p := range of["people"].([]any) {
			person := p.(map[string]any)
			all += person["name"].(string) + " " + person["number"].(string)
			if refused, _ := person["refused"].(string); refused != "" {
				all += " " + refused
			}
			all += "; "
		}
		return all
	}
	if got := names(search("?q=jonas")); got != "Jonas Keller +492214710111; " {
		t.Errorf("found %q", got)
	}
	for query, want := range map[string][2]string{"0221%20555001": {"+49221555001", ""}, "110": {"", "number_blocked"}, "zzz": {"", ""}} {
		of := search("?q=" + query)
		refused, _ := of["refused"].(string)
		if number, _ := of["number"].(string); number != want[0] && want[1] == "" || refused != want[1] {
			t.Errorf("%s: %v", query, of)
		}
	}
	if got := names(search("?q=110")); got != "" {
		t.Errorf("an emergency number finds %s, whom Enter would call", got)
	}
	c := d.connected(anna, "+492214710111") // Jonas's number
	if got := names(search("?q=jonas&call=" + string(c.ID))); got != "Jonas Keller +492214710111 same_party; " {
		t.Errorf("for the call with Jonas: %q", got)
	}
	if got := names(search("?q=&call=" + string(c.ID))); strings.Contains(got, "Jonas") || !strings.Contains(got, "Mira") {
		t.Errorf("before anything is typed: %q", got)
	}
	if page := anna.get("/search?q=jonas").Body.String(); !strings.Contains(page, `data-shown="+49 221 4710111"`) {
		t.Errorf("the page gets %.300s", page)
	}
	for query, status := range map[string]int{"?q=" + strings.Repeat("a", 200): 200, "?q=" + strings.Repeat("a", 201): 422, "?q=a&call=none": 404} {
		if w := anna.get("/search" + query); w.Code != status {
			t.Errorf("%.20s: %d", query, w.Code)
		}
	}
}

// awaitEnd reads the lists of calls until the board has noticed the end of one.
func (d *dashboard) awaitEnd(b *browser, c switchboard.Call) {
	d.t.Helper()
	for range 100 {
		d.h.Control.Boards.Board(d.account).Poll(d.t.Context())
		if now, err := d.h.Control.Call(d.t.Context(), actorOf(b).Actor, c.ID); err != nil || now.Phase == switchboard.Ended {
			return
		}
	}
	d.t.Fatal("the call is still on the board")
}

// TestDialogsAreForRunningCalls: each dialog names its call and what it offers; a
// call that is over has none.
func TestDialogsAreForRunningCalls(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	d.addSound(anna, "Office hours")
	c, other := d.connected(anna, "+4930555001"), d.connected(anna, "+4930555002")
	at := "/calls/" + string(c.ID)
	for path, texts := range map[string][]string{
		"/transfer?to=%2B4930555009": {`type="text" value="+49 30 555009"`, `<option value="+492214710110"`, `action="` + at + `/transfer"`},
		"/keypad":                    {`action="` + at + `/dtmf"`},
		"/record":                    {`action="` + at + `/recording"`},
		"/announce":                  {"Office hours", `action="` + at + `/announcements"`},
	} {
		page := anna.get(at + path).Body.String()
		for _, text := range append(texts, "+49 30 555001") {
			if !strings.Contains(page, text) {
				t.Errorf("%s lacks %q", path, text)
			}
		}
	}
	if page := anna.get("/calls/hangup").Body.String(); !strings.Contains(page, `value="`+string(c.ID)+`"`) || !strings.Contains(page, `value="`+string(other.ID)+`"`) {
		t.Error("a call that may be hung up is not offered")
	}
	if w := anna.post(at+"/hangup", "at_once=true"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	d.awaitEnd(anna, c)
	if page := anna.get("/calls/hangup").Body.String(); strings.Contains(page, `value="`+string(c.ID)+`"`) || !strings.Contains(page, `value="`+string(other.ID)+`"`) {
		t.Error("what may be hung up is not what runs")
	}
	for _, path := range []string{"/transfer", "/keypad", "/record", "/announce"} {
		if w := anna.get(at + path); w.Code != http.StatusConflict {
			t.Errorf("%s of a call that is over: %d", path, w.Code)
		}
		if w := anna.get("/calls/none" + path); w.Code != http.StatusNotFound {
			t.Errorf("%s of no call: %d", path, w.Code)
		}
	}
	mira := d.signIn("w2", team.Agent)
	if page := mira.get("/calls/hangup").Body.String(); strings.Contains(page, `value="`+string(other.ID)+`"`) {
		t.Error("an agent is offered another's call to hang up")
	}
	if _, err := d.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: 503, Path: "/v2/numbers"}); err != nil {
		t.Fatal(err)
	}
	if w := anna.get("/calls/" + string(other.ID) + "/transfer"); w.Code != http.StatusOK {
		t.Errorf("without the account's numbers: %d", w.Code)
	}
	if d.h.Control.Board(actorOf(anna).Actor).Snapshot().Calls[0].Phase == switchboard.Ringing {
		t.Error("a dialog rang somebody")
	}
}
