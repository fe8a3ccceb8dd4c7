package simulator

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestControlCalls(t *testing.T) {
	r := open(t, Options{}).as("") // no token is needed
	type made struct{ CallID string }
	var c made
	decode(t, r.want(200, "POST", "/_simulator/calls",
		`{"direction":"in","from":"+491713920014","to":"+492214710110","users":["w0"],"state":"ringing"}`), &c)
	if got := get[CallState](r, "/_simulator/calls/"+c.CallID); got.Phase != "ringing" || !slices.Equal(got.Users, []string{"w0"}) {
		t.Errorf("%+v", got)
	}
	r.want(200, "POST", "/_simulator/calls/"+c.CallID+"/answer", `{"user":"w0"}`)
	r.want(200, "POST", "/_simulator/calls/"+c.CallID+"/answer", ``, "Content-Type", "text/plain") // already
	if got := get[[]CallState](r, "/_simulator/calls")[0]; got.Phase != "established" || got.Owner != "w0" || len(got.Parties) != 2 || got.Parties[1].Number != "+491713920014" {
		t.Errorf("%+v", got)
	}
	r.want(200, "POST", "/_simulator/calls/"+c.CallID+"/hangup", `{"cause":"congestion"}`)
	if got := get[[]CallState](r, "/_simulator/calls/")[0]; got.Phase != "ended" || got.Cause != "congestion" || got.HistoryID == "" || got.Ended.IsZero() {
		t.Errorf("%+v", got)
	}
	r.want(409, "POST", "/_simulator/calls/"+c.CallID+"/hangup", `{}`)
	r.want(409, "POST", "/_simulator/calls/"+c.CallID+"/answer", `{}`)
	r.want(404, "POST", "/_simulator/calls/X/hangup", `{}`)
	r.want(404, "POST", "/_simulator/calls/X/answer", `{}`)
	r.want(404, "GET", "/_simulator/calls/X", "")
	decode(t, r.want(200, "POST", "/_simulator/calls", `{}`), &c)
	r.want(400, "POST", "/_simulator/calls/"+c.CallID+"/hangup", `{"cause":"boredom"}`)
	r.want(400, "POST", "/_simulator/calls/"+c.CallID+"/answer", `{"user":"w9"}`)
	r.want(400, "POST", "/_simulator/calls/"+c.CallID+"/forward", `{"to":"x"}`)
	r.want(200, "POST", "/_simulator/calls/"+c.CallID+"/forward", `{"to":"+4915799912345"}`)
	for _, bad := range []string{
		`{"direction":"up"}`, `{"state":"ended"}`, `{"users":["w9"]}`, `{"account":"0"}`, `{"from":"Anna Maria"}`, `{"to":"0"`,
		`{"user":"w0"}`, `[]`, `{"from":"a","from":"b"}`, `{"to":"00491713920014"}`,
	} {
		r.want(400, "POST", "/_simulator/calls", bad)
	}
}

func TestControlDefaults(t *testing.T) {
	r := open(t, Options{})
	for _, test := range []struct {
		n     NewCall
		from  string
		to    string
		users string
	}{
		{NewCall{}, "+491713920014", "+492214710110", "w0"},
		{NewCall{To: "+492214710100"}, "+491713920014", "+492214710100", "w0 w1 w2"},
		{NewCall{To: "492214710120"}, "+491713920014", "+492214710120", "w1 w2"},
		{NewCall{Users: []string{"w2", "w2"}, From: "anonymous"}, "anonymous", "+492214710112", "w2"},
		{NewCall{Direction: "out"}, "+492214710110", "+491713920014", "w0"},
		{NewCall{Direction: "out", From: "+492214710111", To: "110"}, "+492214710111", "110", "w1"},
		{NewCall{Account: "2390015"}, "+496990009210", "+493023125110", "w0"},
	} {
		c := r.call(r.ring(test.n))
		if c.From != test.from || c.To != test.to || strings.Join(c.Users, " ") != test.users {
			t.Errorf("%+v became %s %s %v", test.n, c.From, c.To, c.Users)
		}
	}
}

func TestControlRequests(t *testing.T) {
	r := open(t, Options{})
	id := r.talk()
	r.want(204, "PUT", "/v2/calls/"+id+"/hold", `{"value":true}`)
	r.as("").want(401, "GET", "/v2/history?types=CALL", "")
	list := get[[]Request](r, "/_simulator/requests")
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	a, b := list[0], list[1]
	if a.Method != "PUT" || a.Path != "/v2/calls/"+id+"/hold" || a.Body != `{"value":true}` || a.Status != 204 || a.User != "w0" || a.Auth != "bearer" || a.Time.IsZero() {
		t.Errorf("%+v", a)
	}
	if b.Path != "/v2/history" || b.Query != "types=CALL" || b.Status != 401 || b.User != "" {
		t.Errorf("%+v", b)
	}
	r.want(204, "DELETE", "/_simulator/requests", "")
	if list = get[[]Request](r, "/_simulator/requests"); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestControlFaultsTokensState(t *testing.T) {
	r := open(t, Options{})
	r.want(200, "POST", "/_simulator/faults", `{"status":503,"delay":"10ms","path":"/v2/**","count":2}`)
	r.want(503, "GET", "/v2/calls", "")
	if f := get[[]Fault](r, "/_simulator/faults"); len(f) != 1 || f[0].Count != 1 || f[0].Delay != Duration(10*time.Millisecond) {
		t.Errorf("%+v", f)
	}
	r.want(204, "DELETE", "/_simulator/faults", "")
	r.want(200, "POST", "/_simulator/faults", `{"delay":1.5}`)
	for _, bad := range []string{`{"status":"503"}`, `{"delay":"soon"}`, `{"delay":true}`, `{"sattus":503}`, `{"status":503,"status":500}`} {
		r.want(400, "POST", "/_simulator/faults", bad)
	}
	var tokens map[string]any
	decode(t, r.want(200, "POST", "/_simulator/tokens", `{"user":"w1","scope":"rtcm:read"}`), &tokens)
	other := r.as(tokens["access_token"].(string))
	other.want(200, "GET", "/v2/calls", "")
	other.want(403, "GET", "/v2/users", "")
	r.want(400, "POST", "/_simulator/tokens", `{"user":"w7","scope":"all"}`)
	var state struct {
		Accounts []struct {
			ID    string
			Users []struct {
				ID, Email, Password string
				Devices             []struct{ ID string }
			}
		}
		Clients []map[string]any
	}
	decode(t, r.want(200, "GET", "/_simulator/state", ""), &state)
	if len(state.Accounts) < 2 || len(state.Clients) == 0 {
		t.Fatalf("%+v", state)
	}
	for i, u := range state.Accounts[0].Users {
		n := string(rune('0' + i))
		if u.ID != "w"+n || u.Devices[0].ID != "e"+n || u.Password == "" || u.Email == "" {
			t.Errorf("%+v", u)
		}
	}
	if key := r.want(200, "GET", "/_simulator/push-key", ""); key != string(r.sim.PushKey()) || !strings.HasPrefix(key, "-----BEGIN PUBLIC KEY-----") {
		t.Error(key)
	}
	account, id, token := r.sim.AdminToken()
	if account != r.sim.accounts[0].id {
		t.Error(account)
	}
	req := httptest.NewRequest("GET", "/v2/settings/sipgateio", nil)
	req.SetBasicAuth(id, token)
	w := httptest.NewRecorder()
	if r.sim.ServeHTTP(w, req); w.Code != 200 {
		t.Error(w.Code)
	}
}

func TestControlIsLocalOnly(t *testing.T) {
	s := New(Options{Control: true})
	defer s.Close()
	for name, test := range map[string]struct {
		peer, host string
		header     [2]string
		status     int
	}{
		"loopback":       {"127.0.0.1:5", "127.0.0.1:18090", [2]string{}, 200},
		"IPv6":           {"[::1]:5", "[::1]:18090", [2]string{}, 200},
		"by name":        {"127.0.0.1:5", "localhost:18090", [2]string{}, 200},
		"in the process": {"", "sim.invalid", [2]string{}, 200},
		"own page":       {"127.0.0.1:5", "localhost:1", [2]string{"Origin", "http://localhost:1"}, 200},
		"other machine":  {"192.0.2.7:5", "127.0.0.1:18090", [2]string{}, 403},
		"rebound name":   {"127.0.0.1:5", "rebind.evil", [2]string{}, 403},
		"other page":     {"127.0.0.1:5", "localhost:1", [2]string{"Origin", "http://evil.example"}, 403},
		"null":           {"127.0.0.1:5", "localhost:1", [2]string{"Origin", "null"}, 403},
		"fetch":          {"127.0.0.1:5", "localhost:1", [2]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"behind a proxy": {"127.0.0.1:5", "localhost:1", [2]string{"X-Forwarded-For", "192.0.2.7"}, 403},
	} {
		req := httptest.NewRequest("GET", "/_simulator/state", nil)
		req.RemoteAddr, req.Host = test.peer, test.host
		if test.header[0] != "" {
			req.Header.Set(test.header[0], test.header[1])
		}
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, req); w.Code != test.status {
			t.Errorf("%s: %d, want %d", name, w.Code, test.status)
		}
	}
	closed := New(Options{})
	defer closed.Close()
	req := httptest.NewRequest("GET", "/_simulator/state", nil)
	req.RemoteAddr, req.Host = "127.0.0.1:5", "127.0.0.1:1"
	w := httptest.NewRecorder()
	if closed.ServeHTTP(w, req); w.Code != http.StatusNotFound {
		t.Errorf("without Options.Control: %d", w.Code)
	}
}
