package simulator

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

// operations lists the operations of the API with a valid body, a sufficient
// scope and the expected status. %s is an established call.
var operations = []struct {
	method, path, body, scope string
	status                    int
}{
	{"GET", "/v2/calls", "", "rtcm:read", 200},
	{"PUT", "/v2/calls/%s/hold", `{"value":true}`, "rtcm:write", 204},
	{"PUT", "/v2/calls/%s/muted", `{"value":true}`, "rtcm:write", 204},
	{"PUT", "/v2/calls/%s/recording", `{"value":true,"announcement":true}`, "rtcm:write", 204},
	{"POST", "/v2/calls/%s/announcements", `{"url":"http://127.0.0.1:1/x.wav"}`, "rtcm:write", 400},
	{"POST", "/v2/calls/%s/transfer", `{"attended":false,"phoneNumber":"+4915799912345"}`, "rtcm:write", 204},
	{"POST", "/v2/calls/%s/dtmf", `{"sequence":"*12345#"}`, "rtcm:write", 204},
	{"DELETE", "/v2/calls/%s", "", "rtcm:write", 204},
	{"POST", "/v2/sessions/calls", `{"caller":"e0","callee":"+4915799912345"}`, "sessions:calls:write", 200},
	{"POST", "/v2/sessions/calls", `{"caller":"p0","callee":"4915799912345","callerId":"+492214710100"}`, "sessions:write", 200},
	{"GET", "/v2/history", "", "history:read", 200},
	{"GET", "/v2/w0/history", "", "history:read", 200},
	{"PUT", "/v2/history", `[]`, "history:write", 204},
	{"DELETE", "/v2/history?id=none", "", "history:write", 204},
	{"GET", "/v2/history/export?limit=5", "", "history:read", 200},
	{"GET", "/v2/history/1", "", "history:read", 404},
	{"PUT", "/v2/history/1", `{"read":true}`, "history:write", 404},
	{"DELETE", "/v2/history/1", "", "history:write", 404},
	{"GET", "/v2/authorization/userinfo", "", "openid", 200},
	{"GET", "/v2/authorization/oauth2/clients", "", "authorization:oauth2:clients:read", 200},
	{"POST", "/v2/authorization/oauth2/clients", oauthClientBody, "authorization:oauth2:clients:write", 200},
	{"GET", "/v2/authorization/oauth2/clients/x", "", "authorization:oauth2:clients:read", 404},
	{"PUT", "/v2/authorization/oauth2/clients/x", oauthClientBody, "authorization:oauth2:clients:write", 404},
	{"DELETE", "/v2/authorization/oauth2/clients/x", "", "authorization:oauth2:clients:write", 404},
	{"GET", "/v2/users", "", "users:read", 200},
	{"GET", "/v2/users/w1", "", "users:read", 200},
	{"GET", "/v2/users/w9", "", "users:read", 404},
	{"GET", "/v2/w0/devices", "", "devices:read", 200},
	{"GET", "/v2/w9/devices", "", "devices:read", 404},
	{"GET", "/v2/contacts", "", "contacts:read", 200},
	{"POST", "/v2/contacts", `{"scope":"SHARED","name":"Ada"}`, "contacts:write", 204},
	{"POST", "/v2/contacts/import/csv", `{"base64Content":"Zmlyc3RuYW1lLGxhc3RuYW1lLG51bWJlcgpBZGEsTG92ZWxhY2UsKzQ5MTU3OTk5MTIzNDUK"}`, "contacts:write", 204},
	{"PUT", "/v2/contacts/x", `{"scope":"SHARED"}`, "contacts:write", 404},
	{"DELETE", "/v2/contacts/x", "", "contacts:write", 404},
	{"DELETE", "/v2/contacts", "", "contacts:write", 204},
	{"GET", "/v2/contacts/internal", "", "contacts:read", 200},
	{"GET", "/v2/numbers", "", "numbers:read", 200},
	{"GET", "/v2/w0/numbers", "", "numbers:read", 200},
	{"GET", "/v2/groups", "", "groups:read", 200},
	{"GET", "/v2/groups/g0/users", "", "groups:users:read", 200},
	{"GET", "/v2/groups/g0/numbers", "", "groups:numbers:read", 200},
	{"GET", "/v2/w0/phonelines", "", "phonelines:read", 200},
	{"GET", "/v2/w0/phonelines/p0/numbers", "", "phonelines:numbers:read", 200},
	{"GET", "/v2/account", "", "account:read", 200},
	{"GET", "/v2/balance", "", "balance:read", 200},
	{"GET", "/v2/settings/sipgateio", "", "settings:sipgateio:read", 200},
	{"GET", "/v2/settings/sipgateio", "", "settings:read", 200},
	{"PUT", "/v2/settings/sipgateio", `{"incomingUrl":"","outgoingUrl":"","log":true,"whitelist":null}`, "settings:write", 204},
	{"GET", "/v2/log/webhooks", "", "log:webhooks:read", 200},
}

func TestEveryOperation(t *testing.T) {
	r := open(t, Options{})
	for _, op := range operations {
		t.Run(op.method+" "+op.path, func(t *testing.T) {
			path := op.path
			fill := func() string {
				if strings.Contains(op.path, "%s") {
					path = fmt.Sprintf(op.path, r.talk())
				}
				return path
			}
			r := *r
			r.t = t
			able, unable := r.as(r.token("", "w0", op.scope)), r.as(r.token("", "w0", "fax:read"))
			able.want(op.status, op.method, fill(), op.body)
			withSlash := strings.Replace(fill(), "?", "/?", 1)
			if withSlash == path {
				withSlash += "/"
			}
			r.want(op.status, op.method, withSlash, op.body, "Content-Type", "application/json; charset=UTF-8")
			if text := r.as("").want(401, op.method, fill(), op.body); text != "" {
				t.Errorf("401 with body %q", text)
			}
			r.as("eyJ.no.token").want(401, op.method, path, op.body)
			r.want(405, "PATCH", path, op.body)
			if op.scope == "openid" {
				unable.want(op.status, op.method, path, op.body)
			} else {
				unable.want(403, op.method, path, op.body)
			}
			if op.method == "PUT" || op.method == "POST" {
				refusesBadBodies(t, &r, op.method, path, op.body)
			}
		})
	}
}

func refusesBadBodies(t *testing.T, r *rig, method, path, body string) {
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/jsonx"} {
		r.want(415, method, path, body, "Content-Type", contentType)
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(body, "{"), "}")
	bad := []string{"", "{", "null", "7", body + "{}", body + "x", "\ufeff" + body, "\"x\""}
	if inner != body {
		bad = append(bad, "[]", "{"+inner+",\"x\":1}", "{"+inner+","+inner+"}")
		for _, field := range strings.Split(inner, ",") {
			name, _, _ := strings.Cut(field, ":")
			bad = append(bad, "{"+strings.Replace(inner, field, name+":{}", 1)+"}")
			if name != `"whitelist"` {
				bad = append(bad, "{"+strings.Replace(inner, field, name+":null", 1)+"}")
			}
		}
	}
	for _, body := range bad {
		r.want(400, method, path, body)
	}
	r.want(413, method, path, `{"value":"`+strings.Repeat("x", maxBody)+`"}`)
}

func TestUnknownPaths(t *testing.T) {
	r := open(t, Options{})
	for _, path := range []string{
		"/v2", "/v2/", "/v2/nothing", "/v2/calls/X/hold/more", "/v2//calls", "/v2/calls//hold", "/v2/x0/history",
		"/v2/wx/devices", "/v2/w/devices", "/v3/calls", "/", "/v2/calls/X%2Fhold",
	} {
		if status, _ := r.send("GET", path, ""); status != 404 && !(status == 405 && strings.Contains(path, "%2F")) {
			t.Errorf("GET %s: status %d", path, status)
		}
	}
	r.as("").want(404, "GET", "/v2/nothing", "")
}

// A request line may contain an absolute URL.
func TestAbsoluteRequestURL(t *testing.T) {
	r := open(t, Options{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET http://api.sipgate.com/v2/calls HTTP/1.1\r\nHost: api.sipgate.com\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", r.tok)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("%v %v", resp, err)
	}
}

func TestAccountsSeeNothingOfEachOther(t *testing.T) {
	r := open(t, Options{Visibility: VisibilityAccount})
	id := r.talk()
	other := r.as(r.token(r.sim.accounts[1].id, "w0", "all"))
	if list := get[callList](other, "/v2/calls"); len(list.Data) != 0 {
		t.Errorf("another account sees %v", list.Data)
	}
	if text := other.want(404, "PUT", "/v2/calls/"+id+"/hold", `{"value":true}`); text != "Call not found" {
		t.Errorf("404 says %q", text)
	}
	other.want(404, "DELETE", "/v2/calls/"+id, "")
	r.sim.HangUp(id, "")
	if h := get[struct{ TotalCount int }](other, "/v2/history"); h.TotalCount != 0 {
		t.Errorf("another account sees %d entries of the history", h.TotalCount)
	}
	if u := get[map[string]string](other, "/v2/authorization/userinfo"); u["sub"] != "w0" || u["masterSipId"] != r.sim.accounts[1].id {
		t.Errorf("userinfo %v", u)
	}
}

func TestUsersDevicesNumbersContacts(t *testing.T) {
	r := open(t, Options{})
	type list struct {
		Items      []map[string]any
		TotalCount int
	}
	users := get[list](r, "/v2/users").Items
	if len(users) != 3 || users[0]["id"] != "w0" || users[0]["admin"] != true || users[2]["defaultDevice"] != "e2" {
		t.Errorf("users %v", users)
	}
	if d := get[list](r, "/v2/w1/devices").Items; len(d) != 1 || d[0]["id"] != "e1" || d[0]["type"] != "REGISTER" {
		t.Errorf("devices %v", d)
	}
	if n := get[list](r, "/v2/numbers?offset=1&limit=2").Items; len(n) != 2 || n[0]["endpointId"] != "p1" {
		t.Errorf("numbers %v", n)
	}
	r.want(400, "GET", "/v2/numbers?limit=-1", "")
	if c := get[list](r, "/v2/contacts?phonenumbers=491713920014"); len(c.Items) != 1 || c.TotalCount != 1 || c.Items[0]["name"] != "Sabine Vogt" {
		t.Errorf("contacts %v", c)
	}
	r.as(r.token("", "w1", "all")).want(403, "GET", "/v2/balance", "")
}

func TestContactsCanBeChanged(t *testing.T) {
	r := open(t, Options{})
	r.want(204, "POST", "/v2/contacts", `{"given":"Ada","family":"Lovelace","scope":"PRIVATE","numbers":[{"number":"+4915799912345","type":["cell"]}]}`)
	type list struct{ Items []map[string]any }
	find := func(r *rig) []map[string]any { return get[list](r, "/v2/contacts?phonenumbers=%2B4915799912345").Items }
	got := find(r)
	if len(got) != 1 || got[0]["name"] != "Ada Lovelace" || got[0]["scope"] != "PRIVATE" {
		t.Fatalf("contacts %v", got)
	}
	colleague := r.as(r.token("", "w1", "all"))
	if len(find(colleague)) != 0 {
		t.Error("a colleague sees a private contact")
	}
	path := "/v2/contacts/" + got[0]["id"].(string)
	colleague.want(404, "DELETE", path, "")
	r.want(400, "PUT", path, `{"scope":"INTERNAL"}`)
	r.want(204, "PUT", path, `{"scope":"SHARED","name":"A. L.","numbers":[{"number":"+4915799912345","type":[]}]}`)
	if len(find(colleague)) != 1 {
		t.Error("a colleague does not see a shared contact")
	}
	r.want(204, "DELETE", path, "")
	if len(find(r)) != 0 {
		t.Error("deleted contact is still there")
	}
}
