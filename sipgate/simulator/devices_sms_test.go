package simulator

import (
	"slices"
	"strings"
	"testing"
)

// Devices are listed by type; without one, apps are missing.
func TestDevicesByType(t *testing.T) {
	r := openNeo(t)
	for query, want := range map[string][]string{
		"":               {"REGISTER", "MOBILE"},
		"?type=all":      {"REGISTER", "DESKTOP_APP", "MOBILE_APP", "MOBILE"},
		"?type=app":      {"DESKTOP_APP", "MOBILE_APP"},
		"?type=register": {"REGISTER"},
		"?type=mobile":   {"MOBILE"},
		"?type=external": nil,
	} {
		var got []string
		for _, d := range get[struct{ Items []struct{ Type string } }](r, "/v2/w0/devices"+query).Items {
			got = append(got, d.Type)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", query, got)
		}
	}
	r.want(400, "GET", "/v2/w0/devices?type=fax", "")
}

// Users change their own devices, admins all.
func TestDeviceSettings(t *testing.T) {
	r := open(t, Options{})
	jonas := r.as(r.token("", "w1", "all"))
	for _, test := range []struct {
		as                 *rig
		status             int
		method, path, body string
	}{
		{r, 204, "PUT", "devices/e0", `{"dnd":true}`},
		{r, 204, "PUT", "devices/e1", `{"dnd":true,"emergencyAddressId":7}`},
		{r, 400, "PUT", "devices/e0", `{"dnd":"yes"}`},
		{r, 404, "PUT", "devices/e9", `{"dnd":true}`},
		{jonas, 403, "PUT", "devices/e0", `{"dnd":false}`},
		{jonas, 204, "PUT", "devices/e1/alias", `{"value":"Werkbank"}`},
		{jonas, 403, "PUT", "devices/e9/alias", `{"value":"Werkbank"}`},
		{jonas, 204, "PUT", "devices/e1/callerid", `{"value":"+492214710100"}`},
		{jonas, 400, "PUT", "devices/e1/callerid", `{"value":"Zentrale"}`},
		{r.as(r.token("", "w1", "devices:read")), 403, "PUT", "devices/e1", `{"dnd":false}`},
		{r, 404, "GET", "devices/e9", ""},
	} {
		test.as.want(test.status, test.method, "/v2/"+test.path, test.body)
	}
	type device struct {
		ID, Alias string
		DND       bool
	}
	if d := get[device](r, "/v2/devices/e1"); d != (device{"e1", "Werkbank", true}) {
		t.Errorf("%+v", d)
	}
	if text := r.want(200, "GET", "/v2/devices/e1/callerid", ""); text != `{"value":"+492214710100"}` {
		t.Error(text)
	}
	var made struct{ SessionID string }
	decode(t, jonas.want(200, "POST", "/v2/sessions/calls", `{"caller":"e1","callee":"+4915799912345"}`), &made)
	if c := r.call(made.SessionID); c.From != "+492214710100" {
		t.Errorf("shows %s", c.From)
	}
}

// A text message is in the history, and costs money.
func TestTextMessages(t *testing.T) {
	r := open(t, Options{})
	for _, test := range []struct {
		status             int
		method, path, body string
	}{
		{200, "GET", "w0/sms", ""},
		{200, "GET", "w0/sms/s0/callerids", ""},
		{404, "GET", "w0/sms/s1/callerids", ""},
		{204, "PUT", "w0/sms/s0/callerids/1", `{"defaultNumber":true}`},
		{204, "PUT", "w0/sms/s0/callerids/1", `{"defaultNumber":"true"}`}, // as sipgate's own client does
		{400, "PUT", "w0/sms/s0/callerids/1", `{"defaultNumber":"yes"}`},
		{404, "PUT", "w0/sms/s0/callerids/2", `{"defaultNumber":true}`},
		{204, "POST", "sessions/sms", `{"smsId":"s0","recipient":"+4915799912345","message":"Ihr Rad ist fertig"}`},
		{204, "POST", "sessions/sms", `{"smsId":"s0","recipient":"+4915799912345","message":"x","sendAt":1795000000}`},
		{403, "POST", "sessions/sms", `{"smsId":"s1","recipient":"+4915799912345","message":"x"}`},
		{400, "POST", "sessions/sms", `{"smsId":"s0","recipient":"Sabine","message":"x"}`},
		{400, "POST", "sessions/sms", `{"smsId":"s0","recipient":"+4915799912345","message":""}`},
		{400, "POST", "sessions/sms", `{"smsId":"s0","recipient":"+4915799912345"}`},
	} {
		r.want(test.status, test.method, "/v2/"+test.path, test.body)
	}
	r.as(r.token("", "w0", "sessions:sms:write")).want(204, "POST", "/v2/sessions/sms", `{"smsId":"s0","recipient":"+4915799912345","message":"x"}`)
	if text := r.want(200, "GET", "/v2/history?types=SMS&limit=1&offset=2", ""); !strings.Contains(text, `"smsContent":"Ihr Rad ist fertig"`) || !strings.Contains(text, `"totalCount":3`) {
		t.Error(text)
	}
	r.sim.SetBalance("", 0)
	r.want(402, "POST", "/v2/sessions/sms", `{"smsId":"s0","recipient":"+4915799912345","message":"x"}`)
}

// The list of blocked numbers answers errors in the form of sipgate's description.
func TestBlacklist(t *testing.T) {
	r := open(t, Options{})
	const path, refused = "/v2/blacklist/incoming", `{"errors":[{"detail":"`
	for _, test := range []struct {
		status                   int
		method, more, body, want string
	}{
		{200, "GET", "", "", `{"items":[]}`},
		{201, "POST", "", `{"phoneNumber":"+4902117654321","isBlock":true}`, `{"phoneNumber":"+4902117654321","isBlock":true}`},
		{409, "POST", "", `{"phoneNumber":"4902117654321","isBlock":true}`, refused + `IncomingEntry already exists"`},
		{400, "POST", "", `{"phoneNumber":"nobody","isBlock":true}`, refused + `Invalid phoneNumber supplied"`},
		{400, "POST", "", `{}`, refused},
		{200, "GET", "", "", `{"items":[{"phoneNumber":"+4902117654321","isBlock":true}]}`},
		{404, "DELETE", "/+49301", "", refused + `IncomingEntry not found"`},
		{400, "DELETE", "/nobody", "", refused},
		{204, "DELETE", "/+4902117654321", "", ""},
		{200, "GET", "", "", `{"items":[]}`},
	} {
		if text := r.want(test.status, test.method, path+test.more, test.body); !strings.HasPrefix(text, test.want) {
			t.Errorf("%s %s %s: %s", test.method, test.more, test.body, text)
		}
	}
	r.as(r.token("", "w0", "contacts:write")).want(403, "GET", path, "")
}

// What sipgate answers without a token, and what only its own application asks.
func TestPublicAndInternalOperations(t *testing.T) {
	r := open(t, Options{})
	stranger := r.as("")
	stranger.want(200, "GET", "/health", "")
	stranger.want(200, "GET", "/v2/translations/de_DE", "")
	stranger.want(401, "GET", "/v2/app/events", "")
	if text := r.want(200, "GET", "/v2/app/events", ""); text != `{"items":[]}` {
		t.Error(text)
	}
	if text := r.want(200, "GET", "/v2/voicemails", ""); !strings.Contains(text, `"belongsToEndpoint":{"extension":"p0","type":"PHONELINE"}`) {
		t.Error(text)
	}
}

// One group and one phone line can be asked for; contacts may have a part of an
// address.
func TestSingleResources(t *testing.T) {
	r := open(t, Options{})
	for path, want := range map[string]string{
		"groups/g1":                `"alias":"Werkstatt"`,
		"w1/phonelines/p1":         `"alias":"Jonas Keller"`,
		"w1/phonelines/p1/devices": `"id":"e1"`,
	} {
		if text := r.want(200, "GET", "/v2/"+path, ""); !strings.Contains(text, want) {
			t.Errorf("%s: %s", path, text)
		}
	}
	for _, path := range []string{"groups/g9", "w1/phonelines/p0", "w9/phonelines/p0"} {
		r.want(404, "GET", "/v2/"+path, "")
	}
	r.want(204, "POST", "/v2/contacts", `{"given":"Ada","scope":"SHARED","addresses":[{"locality":"Köln"}]}`)
	if text := r.want(200, "GET", "/v2/contacts", ""); !strings.Contains(text, `"locality":"Köln"`) {
		t.Error(text)
	}
}
