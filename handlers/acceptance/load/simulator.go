package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// A simulator is the control API of the simulated sipgate.
type simulator struct {
	ctx    context.Context
	url    string // http://127.0.0.1:…
	client *http.Client
}

// A simulatedUser is a user who can sign in.
type simulatedUser struct{ ID, Username, Password string }

// A simulatorState is what the simulator says about itself.
type simulatorState struct {
	Accounts []struct {
		ID       string
		Platform string
		Users    []simulatedUser
	}
	Clients []struct{ ClientID, ClientSecret string }
}

// A request is an entry of the simulator's log.
type request struct {
	Time                  time.Time
	Method, Path, Account string
}

// control sends in as JSON and decodes the answer into out, if that is not nil.
func (s *simulator) control(method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := s.send(method, path, body)
	if err == nil && out != nil {
		err = json.Unmarshal(answer, out)
	}
	return err
}

func (s *simulator) send(method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(s.ctx, method, s.url+"/_simulator/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("simulator: %s %s: %s %s", method, path, resp.Status, answer)
	}
	return answer, err
}

// ring makes a call come in for a user and returns its id.
func (s *simulator) ring(account, user, number, state string) (string, error) {
	var made struct{ CallID string }
	err := s.control("POST", "calls", map[string]any{"account": account, "users": []string{user}, "from": number, "state": state}, &made)
	return made.CallID, err
}

func (s *simulator) pickUp(id, user string) error {
	return s.control("POST", "calls/"+id+"/answer", map[string]string{"user": user}, nil)
}

func (s *simulator) hangUp(id string) error {
	return s.control("POST", "calls/"+id+"/hangup", struct{}{}, nil)
}

// clearRequests empties the log of requests.
func (s *simulator) clearRequests() error { return s.control("DELETE", "requests", nil, nil) }

// requests returns the requests since clearRequests, or the last 10,000.
func (s *simulator) requests() (all []request, err error) {
	err = s.control("GET", "requests", nil, &all)
	return all, err
}

// held returns the call that a request puts on hold or resumes, "" of another request.
func (r request) held() string {
	id, ofCall := strings.CutPrefix(r.Path, "/v2/calls/")
	id, isHold := strings.CutSuffix(id, "/hold")
	if r.Method != http.MethodPut || !ofCall || !isHold {
		return ""
	}
	return id
}

// isList reports whether a request is for a list of calls.
func (r request) isList() bool { return r.Method == http.MethodGet && r.Path == "/v2/calls" }

// lists counts the requests for lists of calls.
func lists(all []request) (n int) {
	for _, r := range all {
		if r.isList() {
			n++
		}
	}
	return n
}
