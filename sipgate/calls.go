package sipgate

import (
	"context"
	"encoding/json"
	"net/http"
)

// CallList is the undecoded response of GET /calls. Most responses equal the
// previous one: compare the bytes before decoding them.
type CallList []byte

// Limits of a listed call.
const (
	maxParticipants = 50
	maxPartyNumber  = 32  // characters
	maxPartyID      = 200 // characters
)

// Calls lists the established calls that the credentials may see. sipgate does
// not document whether these are the user's own or those of the whole account.
// It takes at most 5 s.
func (c *Client) Calls(ctx context.Context) (CallList, error) {
	data, err := c.do(ctx, request{method: http.MethodGet, path: []string{"calls"}, timeout: pollTimeout})
	return CallList(data), err
}

// Calls decodes the list and returns how many of its calls could not be read:
// those without a valid id, listed twice, or with a repeated field. Of the
// others it returns what can be read; numbers are truncated to 32 characters and
// participants to the first 50. If there is no list, the error is an [*Error] of
// Kind Unreadable.
func (l CallList) Calls() (calls []Call, unreadable int, err error) {
	seen := make(map[CallID]bool)
	list, _, err := listOf(l, "data", func(w *wireCall, item json.RawMessage) bool {
		id := CallID(w.ID)
		ok := id.Valid() && !seen[id] && uniqueKeys(item) == nil
		seen[id] = true
		return ok
	})
	if err == nil && list == nil {
		err = errNoList
	}
	if err != nil {
		return nil, 0, request{method: http.MethodGet, path: []string{"calls"}}.unreadable(err)
	}
	calls, unreadable = readable(list, wireCall.call)
	return calls, unreadable, nil
}

// wireCall is a call as received.
type wireCall struct {
	ID           anyText            `json:"callId"`
	Muted        anyBool            `json:"muted"`
	Recording    anyBool            `json:"recording"`
	Hold         anyBool            `json:"hold"`
	Participants objects[wireParty] `json:"participants"`
}

type wireParty struct {
	ID     anyText `json:"participantId"`
	Number anyText `json:"phoneNumber"`
	Muted  anyBool `json:"muted"`
	Hold   anyBool `json:"hold"`
	Owner  anyBool `json:"owner"`
}

func (w wireCall) call() Call {
	call := Call{ID: CallID(w.ID), Muted: bool(w.Muted), Recording: bool(w.Recording), Hold: bool(w.Hold)}
	for _, p := range w.Participants[:min(len(w.Participants), maxParticipants)] {
		call.Participants = append(call.Participants, Participant{
			ID: oneLine(string(p.ID), maxPartyID), Number: capParty(string(p.Number)),
			Muted: bool(p.Muted), Hold: bool(p.Hold), Owner: bool(p.Owner),
		})
	}
	return call
}
