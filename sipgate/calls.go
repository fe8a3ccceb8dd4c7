package sipgate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// CallList is the undecoded response of GET /calls. Most responses equal the
// previous one: compare the bytes before decoding them.
type CallList []byte

// Limits of a listed call.
const (
	maxParticipants = 50
	maxPartyNumber  = 32  // characters
	maxPartyID      = 200 // bytes
)

// Calls lists the established calls that the credentials may see. sipgate does
// not document whether these are the user's own or those of the whole account.
// It takes at most 5 s.
func (c *Client) Calls(ctx context.Context) (CallList, error) {
	data, err := c.do(ctx, request{method: http.MethodGet, path: []string{"calls"}, timeout: pollTimeout})
	return CallList(data), err
}

// Calls decodes the list. If any part of it is not as documented (an invalid
// id, a repeated field, invalid UTF-8, control characters, no list), it
// returns no calls and an [*Error] of Kind Other. Numbers are truncated to 32
// characters and participants to the first 50.
func (l CallList) Calls() ([]Call, error) {
	calls, err := decodeCalls(l)
	if err != nil {
		return nil, &Error{Op: "GET /calls", Status: http.StatusOK, Kind: Other, Err: err}
	}
	return calls, nil
}

func decodeCalls(data []byte) ([]Call, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("invalid UTF-8")
	}
	var reply struct {
		Data *[]*Call `json:"data"`
	}
	if err := json.Unmarshal(data, &reply); err != nil {
		return nil, err
	}
	if err := uniqueKeys(data); err != nil {
		return nil, err
	}
	if reply.Data == nil {
		return nil, errors.New("no list")
	}
	calls := make([]Call, 0, len(*reply.Data))
	seen := make(map[CallID]bool, len(*reply.Data))
	for _, call := range *reply.Data {
		switch {
		case call == nil:
			return nil, errors.New("call is null")
		case !call.ID.Valid():
			return nil, errors.New("invalid call id")
		case seen[call.ID]:
			return nil, errors.New("call listed twice")
		}
		seen[call.ID] = true
		if err := call.validate(); err != nil {
			return nil, err
		}
		calls = append(calls, *call)
	}
	return calls, nil
}

// validate checks the call's id and participants, and truncates the latter.
func (call *Call) validate() error {
	if len(call.Participants) > maxParticipants {
		call.Participants = call.Participants[:maxParticipants:maxParticipants]
	}
	for i := range call.Participants {
		p := &call.Participants[i]
		if hasControl(p.Number) || hasControl(p.ID) || len(p.ID) > maxPartyID {
			return fmt.Errorf("invalid participant %d", i)
		}
		p.Number = truncate(p.Number, maxPartyNumber)
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || 0x7f <= r && r < 0xa0 })
}
