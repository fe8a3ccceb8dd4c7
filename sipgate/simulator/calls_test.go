package simulator

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestListedCallHasDocumentedFieldsOnly(t *testing.T) {
	r := open(t, Options{})
	r.ring(NewCall{From: "+491713920027"}) // rings
	id := r.ring(NewCall{From: "anonymous", Users: []string{"w0"}, State: "established"})
	if !regexp.MustCompile(`^[0-9A-F]{76}$`).MatchString(id) {
		t.Errorf("callId %q", id)
	}
	text := r.want(200, "GET", "/v2/calls", "")
	want := `{"data":[{"callId":"` + id + `","muted":false,"recording":false,"hold":false,"participants":[` +
		`{"participantId":"","phoneNumber":"492214710110","muted":false,"hold":false,"owner":true},` +
		`{"participantId":"","phoneNumber":"","muted":false,"hold":false,"owner":false}]}]}`
	if got := regexp.MustCompile(`"participantId":"[0-9A-F]{16}"`).ReplaceAllString(text, `"participantId":""`); got != want {
		t.Errorf("GET /calls\n%s\nwant\n%s", got, want)
	}
}

func TestVisibility(t *testing.T) {
	for visibility, seen := range map[string]int{VisibilityOwn: 0, VisibilityAccount: 1} {
		r := open(t, Options{Visibility: visibility})
		id := r.talk()
		colleague := r.as(r.token("", "w1", "all"))
		if list := get[callList](colleague, "/v2/calls"); len(list.Data) != seen {
			t.Errorf("%s: a colleague sees %v", visibility, list)
		}
		status := map[int]int{0: 404, 1: 204}[seen]
		colleague.want(status, "PUT", "/v2/calls/"+id+"/hold", `{"value":true}`)
		if len(get[callList](r, "/v2/calls").Data) != 1 {
			t.Errorf("%s: the owner does not see the call", visibility)
		}
	}
}

func TestHoldMuteAndRecording(t *testing.T) {
	r := open(t, Options{})
	id := r.talk()
	for _, path := range []string{"hold", "muted", "recording"} {
		for _, on := range []string{"true", "true", "false"} { // repeating changes nothing
			body := `{"value":` + on + `}`
			if path == "recording" {
				body = `{"value":` + on + `,"announcement":false}`
			}
			r.want(204, "PUT", "/v2/calls/"+id+"/"+path, body)
			c := get[callList](r, "/v2/calls").Data[0]
			state := map[string]bool{"hold": c.Hold, "muted": c.Muted, "recording": c.Recording}
			owner, far := c.Participants[0], c.Participants[1]
			if state[path] != (on == "true") {
				t.Errorf("%s %s: %+v", path, on, c)
			}
			if far.Muted || owner.Muted != c.Muted || far.Hold != c.Hold || owner.Hold != c.Hold {
				t.Errorf("%s %s: participants %+v", path, on, c.Participants)
			}
		}
	}
}

// In a call between colleagues, each user mutes their own party.
func TestMuteAffectsOwnParty(t *testing.T) {
	r := open(t, Options{})
	id := r.ring(NewCall{Direction: "out", To: "+492214710111", Users: []string{"w0"}, State: "established"})
	colleague := r.as(r.token("", "w1", "all"))
	_, theirSide := r.sidesOf(id)
	colleague.want(204, "PUT", "/v2/calls/"+theirSide+"/muted", `{"value":true}`)
	mine, theirs := get[callList](r, "/v2/calls").Data[0], get[callList](colleague, "/v2/calls").Data[0]
	if mine.Muted || !theirs.Muted || !mine.Participants[1].Muted || mine.Participants[0].Muted {
		t.Errorf("owner sees %+v, colleague %+v", mine, theirs)
	}
}

func TestRingingCallRefusesCommands(t *testing.T) {
	r := open(t, Options{})
	id := r.ring(NewCall{Users: []string{"w0"}})
	for path, body := range map[string]string{
		"PUT hold": `{"value":true}`, "PUT muted": `{"value":true}`, "PUT recording": `{"value":true,"announcement":true}`,
		"POST dtmf": `{"sequence":"1"}`, "POST transfer": `{"attended":true,"phoneNumber":"+4915799912345"}`,
		"POST announcements": `{"url":"http://127.0.0.1:1/"}`,
	} {
		method, action, _ := strings.Cut(path, " ")
		r.want(409, method, "/v2/calls/"+id+"/"+action, body)
	}
	r.want(204, "DELETE", "/v2/calls/"+id, "") // but it can be hung up
	if c := r.call(id); c.Phase != "ended" || c.Cause != "busy" {
		t.Errorf("%+v", c)
	}
	if text := r.want(404, "DELETE", "/v2/calls/"+id, ""); text != "Call not found" {
		t.Errorf("404 says %q", text)
	}
}

func TestTones(t *testing.T) {
	r := open(t, Options{})
	path := "/v2/calls/" + r.talk() + "/dtmf"
	for _, digits := range []string{"*12345#", "0", "ABCD", strings.Repeat("5", 32)} {
		r.want(204, "POST", path, `{"sequence":"`+digits+`"}`)
	}
	for _, digits := range []string{"", " ", "a", "E", "1 2", "w", ",", "+", "＊１", "✱", strings.Repeat("5", 33)} {
		r.want(400, "POST", path, `{"sequence":"`+digits+`"}`)
	}
	if c := r.sim.Calls()[0]; !slices.Equal(c.Tones, []string{"*12345#", "0", "ABCD", strings.Repeat("5", 32)}) {
		t.Errorf("tones %q", c.Tones)
	}
}

func TestTransferRefuses(t *testing.T) {
	r := open(t, Options{})
	path := "/v2/calls/" + r.talk() + "/transfer"
	for _, number := range []string{"", "+", "0157999", "++4915799912345", "+49 157", "sip:a@b", "+4915799912345;ext=1", "12345", "+12345678901234567"} {
		r.want(400, "POST", path, `{"attended":false,"phoneNumber":"`+number+`"}`)
	}
	r.want(400, "POST", path, `{"attended":false,"phoneNumber":"+4915799912345","callerId":"me"}`)
	r.want(204, "POST", path, `{"attended":false,"phoneNumber":"+4915799912345","callerId":"+492110012345"}`)
	r.want(409, "POST", path, `{"attended":false,"phoneNumber":"+4915799912345"}`) // already being transferred
}

func TestTransfer(t *testing.T) {
	for name, test := range map[string]struct {
		attended          string
		to, owner, target string
		direction         string
	}{
		"blind, outside":    {"false", "4915799912345", "w0", "4915799912345", "out"},
		"attended, outside": {"true", "+4915799912345", "w0", "4915799912345", "out"},
		"blind, colleague":  {"false", "+492214710111", "w1", "492214710111", "in"},
		"attended, group":   {"true", "+492214710120", "w2", "492214710112", "in"},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, Options{})
			id := r.talk()
			r.want(204, "POST", "/v2/calls/"+id+"/transfer", `{"attended":`+test.attended+`,"phoneNumber":"`+test.to+`"}`)
			old := r.call(id)
			next := r.call(old.Transfers[0].CallID)
			if next.CallID == id || next.OrigCallID != id || next.XCID != old.XCID || next.Diversion != "+492214710110" ||
				next.Phase != "ringing" || next.From != "+491713920014" || next.Direction != test.direction {
				t.Errorf("new call %+v", next)
			}
			if old.Phase != "established" || old.Hold != (test.attended == "true") {
				t.Errorf("old call meanwhile %+v", old)
			}
			user := ""
			if test.owner != "w0" {
				user = test.owner
			}
			if err := r.sim.Answer(next.CallID, user); err != nil {
				t.Fatal(err)
			}
			if old = r.call(id); old.Phase != "ended" || old.Cause != normalClearing || old.Successor != next.CallID {
				t.Errorf("old call afterwards %+v", old)
			}
			list := get[callList](r.as(r.token("", test.owner, "rtcm:read")), "/v2/calls").Data
			if len(list) != 1 || list[0].CallID != next.CallID || list[0].Participants[0].PhoneNumber != test.target ||
				list[0].Participants[1].PhoneNumber != "491713920014" {
				t.Errorf("%s sees %+v", test.owner, list)
			}
		})
	}
}

func TestFailedTransferKeepsCall(t *testing.T) {
	r := open(t, Options{})
	id := r.talk()
	body := `{"attended":true,"phoneNumber":"+4915799912345"}`
	r.want(204, "POST", "/v2/calls/"+id+"/transfer", body)
	r.sim.HangUp(r.call(id).Successor, noAnswer)
	if c := r.call(id); c.Phase != "established" || c.Successor != "" {
		t.Errorf("%+v", c)
	}
	r.want(204, "POST", "/v2/calls/"+id+"/transfer", body) // another attempt
	next := r.call(id).Successor
	r.want(204, "DELETE", "/v2/calls/"+id, "") // hanging up an attended transfer does not complete it
	if c := r.call(next); c.Phase != "ended" || c.Cause != cancelled {
		t.Errorf("%+v", c)
	}
}

func TestForward(t *testing.T) {
	r := open(t, Options{})
	id := r.ring(NewCall{Users: []string{"w0"}})
	next, err := r.sim.Forward(id, "+4915799912345")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := r.call(id), r.call(next); a.Cause != forwarded || b.OrigCallID != id || b.XCID != a.XCID || b.Phase != "ringing" {
		t.Errorf("%+v\n%+v", a, b)
	}
	if _, err := r.sim.Forward(id, "+4915799912345"); err == nil {
		t.Error("an ended call was forwarded")
	}
	id = r.ring(NewCall{Users: []string{"w0"}})
	box, err := r.sim.Forward(id, "voicemail")
	if err != nil || r.call(box).Phase != "established" {
		t.Fatal(err)
	}
	if list := get[callList](r, "/v2/calls").Data; len(list) != 0 {
		t.Errorf("GET /calls shows a voicemail recording: %v", list)
	}
}

func TestStartCall(t *testing.T) {
	r := open(t, Options{})
	var session struct{ SessionID string }
	decode(t, r.want(200, "POST", "/v2/sessions/calls", `{"caller":"e0","callee":"+4915799912345"}`), &session)
	id := session.SessionID
	c := r.call(id)
	if c.Direction != "out" || c.Phase != "ringing" || c.DeviceCall == "" || c.DevicePickedUp || c.From != "+492214710110" {
		t.Errorf("started %+v", c)
	}
	r.sim.Answer(id, "w0")
	if c = r.call(id); c.Phase != "ringing" || !c.DevicePickedUp {
		t.Errorf("device picked up %+v", c)
	}
	r.sim.Answer(id, "")
	if list := get[callList](r, "/v2/calls").Data; len(list) != 1 || list[0].CallID != id {
		t.Errorf("established %+v", list)
	}
	r.want(204, "DELETE", "/v2/calls/"+c.DeviceCall, "") // the device's callId names the same call
	if r.call(id).Phase != "ended" {
		t.Error("call still there")
	}
}

func TestStartCallRefuses(t *testing.T) {
	r := open(t, Options{})
	colleague := r.as(r.token("", "w1", "all"))
	colleague.want(403, "POST", "/v2/sessions/calls", `{"caller":"e0","callee":"+4915799912345"}`)
	r.want(200, "POST", "/v2/sessions/calls", `{"caller":"e1","callee":"+4915799912345"}`) // an admin
	r.want(200, "POST", "/v2/sessions/calls", `{"caller":"+492214710100","deviceId":"e0","callee":"+4915799912345"}`)
	for body, want := range map[string]string{
		`{"caller":"e0","callee":"0157"}`:                             "User supplied invalid callee number",
		`{"caller":"q0","callee":"+4915799912345"}`:                   "User supplied invalid caller number",
		`{"caller":"+492214710100","callee":"+4915799912345"}`:        "DeviceId is required if caller is a phone number",
		`{"caller":"e0","callee":"+4915799912345","callerId":"Anna"}`: "User supplied invalid caller id",
	} {
		if text := r.want(400, "POST", "/v2/sessions/calls", body); text != want {
			t.Errorf("%s: %q, want %q", body, text, want)
		}
	}
	r.want(403, "POST", "/v2/sessions/calls", `{"caller":"e77","callee":"+4915799912345"}`)
	r.sim.accounts[0].balance = 0
	r.want(402, "POST", "/v2/sessions/calls", `{"caller":"e0","callee":"+4915799912345"}`)
}

func TestAnnouncement(t *testing.T) {
	r := open(t, Options{})
	id := r.talk()
	wav := append(wavHeader(8000), make([]byte, 16000)...)
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/good.wav":
			w.Write(wav)
		case "/late.wav":
			r.sim.HangUp(id, "")
			w.Write(wav)
		default:
			w.Write([]byte("RIFF is not enough"))
		}
	}))
	defer files.Close()
	path := "/v2/calls/" + id + "/announcements"
	r.want(204, "POST", path, `{"url":"`+files.URL+`/good.wav"}`)
	r.want(400, "POST", path, `{"url":"`+files.URL+`/bad.mp3"}`)
	if text := r.want(404, "POST", path, `{"url":"`+files.URL+`/late.wav"}`); text != "Call not found" {
		t.Errorf("404 says %q", text)
	}
	played := r.call(id).Announcements
	if len(played) != 3 || !played[0].Accepted || played[0].Seconds != 1 || played[1].Accepted || played[1].Error == "" || played[2].Accepted {
		t.Errorf("played %+v", played)
	}
}
