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

// platform changes the platform of the neo account.
func (r *rig) platform(change func(*Platform)) {
	r.t.Helper()
	p, err := r.sim.Platform(neoID)
	if change(&p); err == nil {
		err = r.sim.SetPlatform(neoID, p)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// neo refuses operations of the classic platform with the observed text; classic
// accounts refuse operations of neo.
func TestPlatformsRefuseForeignOperations(t *testing.T) {
	r := openNeo(t)
	for path, method := range map[string]string{
		"sessions/calls": "POST", "groups": "GET", "groups/g0": "GET", "groups/g0/users": "GET", "w0/phonelines/p0": "GET", "w0/phonelines/p0/devices": "GET", "w0/phonelines": "GET", "w0/phonelines/p0/numbers": "GET",
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
	path := "/v2/calls/" + made.CallSid
	r.want(409, "PUT", path+"/hold", `{"value":true}`) // not yet established
	r.sim.Answer(made.CallSid, "")
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

// A new call without a channel succeeds, and nothing rings.
func TestNeoCallRingsInAChannelOnly(t *testing.T) {
	r := openNeo(t)
	ids := map[string]string{}
	for _, c := range get[struct{ Items []struct{ ID, Name string } }](r, "/v2/channels").Items {
		ids[c.Name] = c.ID
	}
	on := true
	if err := r.sim.SetDevice(neoID, "e10", &on, nil); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		device, channel string
		defaults        bool
		status          int
		rings           bool
	}{
		"telephone":                      {"e0", "", true, 201, true},
		"telephone, its channel":         {"e0", "Levke Petersen", true, 201, true},
		"telephone, shared channel":      {"e0", "Kanzlei", true, 201, true},
		"telephone, colleague's channel": {"e0", "Tarik Yılmaz", true, 400, false},
		"desktop app":                    {"e10", "", true, 201, true},
		"mobile app":                     {"e20", "", true, 201, false},
		"mobile app with a channel":      {"e20", "Levke Petersen", true, 201, false},
		"no default":                     {"e0", "", false, 201, false},
		"no default, with a channel":     {"e0", "Levke Petersen", false, 201, true},
		"no default, app":                {"e10", "", false, 201, false},
	} {
		r.platform(func(p *Platform) { p.DefaultChannels = test.defaults })
		before := len(r.sim.Calls())
		body := map[string]string{"deviceId": test.device, "targetNumber": "4915799912345"}
		if test.channel != "" {
			body["channelId"] = ids[test.channel]
		}
		text := r.want(test.status, "POST", "/v2/calls", mustMarshal(t, body))
		if test.status == 201 && !strings.HasPrefix(text, `{"callSid":"52546B15`) {
			t.Errorf("%s: %s", name, text)
		}
		calls := r.sim.Calls()
		if rang := len(calls) > before; rang != test.rings {
			t.Errorf("%s: rang %v", name, rang)
		}
		if test.rings && test.channel != "" && calls[len(calls)-1].Channel != ids[test.channel] {
			t.Errorf("%s: in channel %s", name, calls[len(calls)-1].Channel)
		}
	}
	r.want(400, "POST", "/v2/calls", `{"deviceId":"e0","targetNumber":"4915799912345","channelId":"unknown"}`)
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
		r.platform(func(p *Platform) { p.Numbers = test.spelled })
		start(test.bare, "e0", "4915799912345")
		start(test.plus, "e0", "+4915799912345")
	}
	for _, device := range []string{"y0", "e1", "e9", "p0", "w0"} { // a mobile, a colleague's device, unknown ones
		if text := start(400, device, "4915799912345"); text != "Invalid invitable device" {
			t.Errorf("%s: %q", device, text)
		}
	}
	r.want(400, "POST", "/v2/calls", `{"deviceId":"e0","targetNumber":"4915799912345","additionalDevices":[{"deviceId":"y0"}]}`)
}

// The facts of neo that differ between accounts are set at run time.
func TestPlatformSettings(t *testing.T) {
	r := openNeo(t)
	path := "/_simulator/platforms/" + neoID
	for body, status := range map[string]int{
		`{"numbers":"roman"}`: 400, `{"platform":"third"}`: 400, `{"featureScope":"X"}`: 400, `{"calls":500}`: 400,
		`{"history":"all"}`: 400, `{"callId":"id"}`: 400, `{"unknown":1}`: 400, `{}`: 200, `{"numbers":"either"}`: 200,
	} {
		r.want(status, "POST", path, body)
	}
	r.want(400, "POST", "/_simulator/platforms/9999999", `{}`)
	r.want(200, "POST", path, `{"callId":"callId"}`) // the others stay
	if text := r.want(201, "POST", "/v2/calls", `{"deviceId":"e0","targetNumber":"+4915799912345"}`); !strings.HasPrefix(text, `{"callId":"`) {
		t.Error(text)
	}
	for calls, text := range map[int]string{403: classicOnly, 404: "", 501: "", 200: `{"data":[]}`} {
		r.platform(func(p *Platform) { p.Calls = calls })
		if got := r.want(calls, "GET", "/v2/calls", ""); got != text {
			t.Errorf("%d: %q", calls, got)
		}
	}
}

// An account that is migrated has channels in place of its groups and phone
// lines, under the same numbers, and its tokens stay valid.
func TestMigration(t *testing.T) {
	r := open(t, Options{})
	r.want(200, "GET", "/v2/groups", "")
	r.want(403, "GET", "/v2/channels", "")
	if text := r.want(200, "GET", "/v2/numbers", ""); !strings.Contains(text, `"endpointId":"g0"`) {
		t.Error(text)
	}
	r.want(200, "POST", "/_simulator/platforms/2814711", `{"platform":"neo"}`)
	r.want(403, "GET", "/v2/groups", "")
	channels := get[struct {
		Items []struct {
			ID, Name, Owner string
			Users           []struct{ DeviceIDs []string }
		}
	}](r, "/v2/channels").Items
	if len(channels) != 5 || channels[3].Name != "Zentrale" || len(channels[3].Users) != 3 || channels[3].Users[1].DeviceIDs[0] != "e1" {
		t.Fatalf("%+v", channels)
	}
	if text := r.want(200, "GET", "/v2/numbers", ""); !strings.Contains(text, `"endpointId":"`+channels[3].ID) || strings.Contains(text, `"g0"`) {
		t.Error(text)
	}
	r.talk()
	r.want(200, "POST", "/_simulator/platforms/2814711", `{"platform":"classic"}`)
	r.want(200, "GET", "/v2/groups", "")
}

// sipgate's app sets the push addresses of a channel; no request can.
func TestChannelWebhooks(t *testing.T) {
	r := openNeo(t)
	for _, method := range []string{"GET", "PUT"} {
		if text := r.want(403, method, "/v2/settings/sipgateio", `{"incomingUrl":"https://calls.example/","outgoingUrl":""}`); text != classicOnly {
			t.Error(text)
		}
	}
	hook := newReceiver(open(t, Options{})) // of a classic account
	set := func(status int, channel, incoming string) {
		t.Helper()
		r.want(status, "POST", "/_simulator/channels/"+channel, mustMarshal(t, map[string]string{"account": neoID, "incomingUrl": incoming, "outgoingUrl": ""}))
	}
	set(400, "p0", "http://calls.example/")
	set(400, "p0", "calls")
	set(400, "p9", hook.url)
	set(200, "p0", "https://calls.example/")
	set(200, "g0", hook.url+"/in")
	r.ring(NewCall{Account: neoID, To: "+494066969511"})
	shared := r.ring(NewCall{Account: neoID, To: "+494066969520"})
	r.pushes(hook, "/in newCall shared", map[string]string{shared: "shared"})
}

// The access token has the platform of the account in each known spelling.
func TestPlatformIsInToken(t *testing.T) {
	r := openNeo(t)
	for _, test := range []struct{ account, set, want string }{
		{neoID, "", `"featureScope":"NEO_PBX"`},
		{"2814711", "", `"featureScope":"CLASSIC_PBX"`},
		{"2814711", ScopeClassic2, `"featureScope":"CLASSIC"`},
		{neoID, ScopeOfNoToken, `"scope":"all"`},
	} {
		p, _ := r.sim.Platform(test.account)
		p.FeatureScope = test.set
		if err := r.sim.SetPlatform(test.account, p); err != nil {
			t.Fatal(err)
		}
		claims, err := base64.RawURLEncoding.DecodeString(strings.Split(r.token(test.account, "w0", "all"), ".")[1])
		if err != nil || !strings.Contains(string(claims), test.want) || test.set == ScopeOfNoToken && strings.Contains(string(claims), "featureScope") {
			t.Errorf("%+v: %s %v", test, claims, err)
		}
	}
}
