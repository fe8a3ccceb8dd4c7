package harness

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"callboard/handlers"
	"callboard/sipgate/team"
)

// A Call is what the simulator knows of a call.
type Call struct {
	CallID, OrigCallID, Account, Phase, Cause, From, To string
	Owner, Successor                                    string
	DeviceCall                                          string `json:"deviceCallId"`
	Users                                               []string
	Hold, Muted, Recording                              bool
	Tones                                               []string
	Parties                                             []struct{ PhoneNumber string }
	Announcements                                       []struct {
		Accepted bool
		Seconds  float64
	}
	Transfers []struct {
		To       string
		Attended bool
		CallID   string
	}
}

// A Request is a request in the simulator's log.
type Request struct {
	Time                      time.Time
	Host                      string // by which the client knows the simulator
	Method, Path, Query, Body string
	Auth, User, Account       string
	Status                    int
}

// Control asks the simulator's control API.
func (s *Stack) Control(method, path string, in, out any) {
	s.T.Helper()
	var body io.Reader = http.NoBody
	if in != nil {
		body = marshal(s.T, in)
	}
	reply := s.roundTrip(method, s.Simulator+"/_simulator/"+path, "", body)
	if out != nil {
		if err := json.Unmarshal(reply, out); err != nil {
			s.T.Fatalf("%s /_simulator/%s: %v in %s", method, path, err, reply)
		}
	}
}

func marshal(t testing.TB, in any) io.Reader {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(body)
}

func (s *Stack) roundTrip(method, address, auth string, body io.Reader) []byte {
	s.T.Helper()
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		s.T.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.T.Fatal(err)
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		s.T.Fatalf("%s %s: %s %v %s", method, address, resp.Status, err, reply)
	}
	return reply
}

// bearer returns an Authorization header for a user of the first account.
func (s *Stack) bearer(user string) string {
	s.T.Helper()
	var token struct {
		Access string `json:"access_token"`
	}
	s.Control("POST", "tokens", map[string]any{"user": user, "scope": "all"}, &token)
	return "Bearer " + token.Access
}

// API sends a request to the simulated sipgate in a user's name, past the
// dashboard.
func (s *Stack) API(user, method, path string, in any) {
	s.T.Helper()
	s.roundTrip(method, s.Simulator+"/v2/"+path, s.bearer(user), marshal(s.T, in))
}

// ReadAs returns what the simulated sipgate answers a user at an address.
func (s *Stack) ReadAs(user, address string) []byte {
	s.T.Helper()
	return s.roundTrip(http.MethodGet, address, s.bearer(user), http.NoBody)
}

// Ring makes a call come in for a user, in state "ringing" or "established",
// and returns its id.
func (s *Stack) Ring(from, user, state string) string {
	s.T.Helper()
	var made struct{ CallID string }
	s.Control("POST", "calls", map[string]any{"direction": "in", "from": from, "users": []string{user}, "state": state}, &made)
	return made.CallID
}

// HangUp ends a call at the telephones.
func (s *Stack) HangUp(id string) {
	s.T.Helper()
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
}

// Call returns what the simulator knows of one call.
func (s *Stack) Call(id string) (c Call) {
	s.T.Helper()
	s.Control("GET", "calls/"+id, nil, &c)
	return c
}

// Calls returns all calls, ended ones too, oldest first.
func (s *Stack) Calls() (all []Call) {
	s.T.Helper()
	s.Control("GET", "calls", nil, &all)
	return all
}

// Live returns the calls that have not ended.
func (s *Stack) Live() []Call {
	s.T.Helper()
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return c.Phase == "ended" })
}

// RequestLog returns the requests that the simulator received, oldest first.
func (s *Stack) RequestLog() (all []Request) {
	s.T.Helper()
	s.Control("GET", "requests", nil, &all)
	return all
}

// Requests counts the requests that the API received; path is a pattern of
// [filepath.Match].
func (s *Stack) Requests(method, path string) (n int) {
	s.T.Helper()
	for _, r := range s.RequestLog() {
		if ok, _ := filepath.Match(path, r.Path); ok && r.Method == method {
			n++
		}
	}
	return n
}

// LastBody returns the body of the last request that the API received at a
// path, which is a pattern.
func (s *Stack) LastBody(path string) (body string) {
	s.T.Helper()
	for _, r := range s.RequestLog() {
		if ok, _ := filepath.Match(path, r.Path); ok {
			body = r.Body
		}
	}
	return body
}

// ExpectNoCommands fails the test if f makes the dashboard send a command on a
// call to sipgate.
func (s *Stack) ExpectNoCommands(t *testing.T, f func()) {
	t.Helper()
	count := func() (n int) {
		for _, r := range s.RequestLog() {
			for _, p := range []string{"/v2/calls/*", "/v2/calls/*/*", "/v2/sessions/calls"} {
				if ok, _ := filepath.Match(p, r.Path); ok && r.Method != "GET" {
					n++
				}
			}
		}
		return n
	}
	before := count()
	f()
	if n := count() - before; n != 0 {
		t.Errorf("%d requests reached sipgate", n)
	}
}

// AddContacts adds contacts to the first account: name, number, and the user to
// whom the contact is private, "" for a shared one.
func (s *Stack) AddContacts(contacts ...[3]string) {
	s.T.Helper()
	var list []map[string]any
	for _, c := range contacts {
		list = append(list, map[string]any{"name": c[0], "number": c[1], "user": c[2]})
	}
	s.Control("POST", "contacts", map[string]any{"contacts": list}, nil)
}

// FillHistory adds past calls at sipgate.
func (s *Stack) FillHistory(entries int) {
	s.T.Helper()
	s.Control("POST", "history", map[string]any{"entries": entries, "seed": 1}, nil)
}

// AccountID returns the id of the first account.
func (s *Stack) AccountID() string {
	s.T.Helper()
	var state struct{ Accounts []struct{ ID string } }
	s.Control("GET", "state", nil, &state)
	return state.Accounts[0].ID
}

// Channel returns the id of the channel of a phone line or group of an account.
func (s *Stack) Channel(account, endpoint string) string {
	s.T.Helper()
	var state struct {
		Accounts []struct {
			ID       string
			Channels []struct{ ID, Endpoint string }
		}
	}
	s.Control("GET", "state", nil, &state)
	for _, a := range state.Accounts {
		for _, c := range a.Channels {
			if a.ID == account && c.Endpoint == endpoint {
				return c.ID
			}
		}
	}
	s.T.Fatalf("no channel of %s in account %s", endpoint, account)
	return ""
}

// PushAddress returns the address to which sipgate sends an account's events.
func (s *Stack) PushAddress(account string) string {
	s.T.Helper()
	key, err := team.LoadKey(filepath.Join(s.Data, "key"), "")
	if err != nil {
		s.T.Fatal(err)
	}
	public, err := url.Parse(s.URL)
	if err != nil {
		s.T.Fatal(err)
	}
	return handlers.PushURL(public, key, account)
}

// PushEvents makes sipgate send the first account's events to the dashboard,
// as the administrator of the account does.
func (s *Stack) PushEvents() {
	s.T.Helper()
	address := s.PushAddress(s.AccountID())
	s.API("w0", "PUT", "settings/sipgateio", map[string]any{"incomingUrl": address, "outgoingUrl": address, "log": false, "whitelist": nil})
}
