package simulator

import (
	"encoding/base64"
	"strings"
	"testing"
)

const neoID = "2951604"

// openNeo returns a rig with a token of the neo account's first user.
func openNeo(t *testing.T) *rig {
	r := open(t, Options{})
	return r.as(r.token(neoID, "w0", "all"))
}

// neo refuses operations of the classic platform with the observed text; classic
// accounts refuse operations of neo.
func TestPlatformsRefuseForeignOperations(t *testing.T) {
	r := openNeo(t)
	for path, method := range map[string]string{
		"sessions/calls": "POST", "groups": "GET", "groups/g0/users": "GET", "w0/phonelines": "GET", "w0/phonelines/p0/numbers": "GET",
	} {
		if text := r.want(403, method, "/v2/"+path, `{"caller":"e0","callee":"+4915799912345"}`); text != classicOnly {
			t.Errorf("%s: %q", path, text)
		}
	}
	classic := r.as(r.token("", "w0", "all"))
	classic.want(403, "POST", "/v2/calls", `{"deviceId":"e0","targetNumber":"4915799912345"}`)
	classic.want(403, "GET", "/v2/channels", "")
	if n := len(r.sim.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestNeoStartCall(t *testing.T) {
	r := openNeo(t)
	var made struct{ CallSid string }
	decode(t, r.want(201, "POST", "/v2/calls", `{"deviceId":"e0","targetNumber":"4915799912345","callerId":"494066969511"}`), &made)
	c := r.call(made.CallSid)
	if c.Account != neoID || c.Phase != "ringing" || c.From != "+494066969511" || c.To != "+4915799912345" || c.DeviceCall == "" {
		t.Errorf("%+v", c)
	}
	r.sim.Answer(made.CallSid, "")
	path := "/v2/calls/" + made.CallSid
	r.want(501, "PUT", path+"/muted", `{"value":true}`)
	r.want(400, "PUT", path+"/recording", `{"value":true,"announcement":false}`)
	r.want(204, "PUT", path+"/recording", `{"value":true,"announcement":true}`)
	r.want(204, "PUT", path+"/hold", `{"value":true}`)
	r.want(204, "DELETE", path, "")
	if text := r.want(200, "GET", "/v2/history", ""); !strings.Contains(text, `"totalCount":0`) {
		t.Errorf("a call is in the history: %s", text)
	}
	r.want(404, "GET", "/v2/history/"+r.call(made.CallSid).HistoryID, "")
}

func TestNeoNumbersAndDevices(t *testing.T) {
	r := openNeo(t)
	start := func(status int, device, number string) string {
		t.Helper()
		return r.want(status, "POST", "/v2/calls", `{"deviceId":"`+device+`","targetNumber":"`+number+`"}`)
	}
	for _, test := range []struct {
		spelled    string
		bare, plus int
	}{{NumbersBare, 201, 400}, {NumbersPlus, 400, 201}, {NumbersEither, 201, 201}} {
		r.want(200, "POST", "/_simulator/numbers", `{"account":"`+neoID+`","numbers":"`+test.spelled+`"}`)
		start(test.bare, "e0", "4915799912345")
		start(test.plus, "e0", "+4915799912345")
	}
	for _, device := range []string{"y0", "e1", "e9", "p0", "w0"} { // a mobile, a colleague's device, unknown ones
		if text := start(400, device, "4915799912345"); text != "Invalid invitable device" {
			t.Errorf("%s: %q", device, text)
		}
	}
	r.want(400, "POST", "/v2/calls", `{"deviceId":"e0","targetNumber":"4915799912345","additionalDevices":[{"deviceId":"y0"}]}`)
	r.want(400, "POST", "/_simulator/numbers", `{"numbers":"bare"}`)
	r.want(400, "POST", "/_simulator/numbers", `{"account":"`+neoID+`","numbers":"roman"}`)
	text := r.want(200, "GET", "/v2/w0/devices", "")
	for _, kind := range []string{"REGISTER", "DESKTOP_APP", "MOBILE"} {
		if !strings.Contains(text, kind) {
			t.Errorf("no device of type %s in %s", kind, text)
		}
	}
}

// The access token has the platform of the account.
func TestPlatformIsInToken(t *testing.T) {
	r := openNeo(t)
	for account, want := range map[string]string{neoID: "NEO_PBX", "2814711": "CLASSIC_PBX"} {
		claims, err := base64.RawURLEncoding.DecodeString(strings.Split(r.token(account, "w0", "all"), ".")[1])
		if err != nil || !strings.Contains(string(claims), `"featureScope":"`+want+`"`) {
			t.Errorf("%s: %s %v", account, claims, err)
		}
	}
	if text := r.want(200, "GET", "/v2/channels", ""); !strings.Contains(text, `"owner":"w1"`) {
		t.Error(text)
	}
	r.want(400, "PUT", "/v2/settings/sipgateio", `{"incomingUrl":"http://calls.example/","outgoingUrl":""}`)
	r.want(204, "PUT", "/v2/settings/sipgateio", `{"incomingUrl":"https://calls.example/","outgoingUrl":"http://127.0.0.1:1/"}`)
}
