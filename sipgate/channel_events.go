package sipgate

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxEvents is how many calls of a channel are asked for at once.
const maxEvents = 100

// eventPrefix begins the ids of entries that are made of channel events.
const eventPrefix = "event_"

// FromChannel reports whether the entry was made of the events of a channel:
// sipgate keeps no notes, stars and archive for it.
func (e HistoryEntry) FromChannel() bool { return strings.HasPrefix(e.ID, eventPrefix) }

// eventPage is a part of the calls of a channel, the latest first.
type eventPage struct {
	calls      []wireEvent    // all of them
	entries    []HistoryEntry // of those that have ended
	length     int            // number of events that sipgate listed
	position   string         // where the next page begins
	unreadable int
}

// wireEvent is one call in a channel.
type wireEvent struct {
	EventID   anyText `json:"eventId"`
	CreatedAt anyTime `json:"createdAt"`
	Call      struct {
		CallSid       anyText `json:"callSid"`
		CallID        anyText `json:"callId"`
		Direction     anyText `json:"direction"`
		State         anyText `json:"state"`
		From          anyText `json:"from"`
		To            anyText `json:"to"`
		Owner         anyText `json:"owner"`
		StartedAt     anyTime `json:"startedAt"`
		EstablishedAt anyTime `json:"establishedAt"`
		TerminatedAt  anyTime `json:"terminatedAt"`
		Forwarding    struct {
			Target anyText `json:"target"`
		} `json:"forwarding"`
	} `json:"call"`
	Recordings objects[wireEventRecording] `json:"recordings"`
}

type wireEventRecording struct {
	Type anyText `json:"type"`
	URL  anyText `json:"downloadUrl"`
}

// isVoicemail reports whether the recording is the message of a caller.
func (r wireEventRecording) isVoicemail() bool {
	return strings.Contains(strings.ToUpper(string(r.Type)), "VOICE")
}

// runningStates are those of calls that have not ended.
var runningStates = []string{"RINGING", "ESTABLISHED", "TRANSFERRING", "TRANSFER_FAILED"}

// ended reports whether the call is over: it says so, or its state does.
func (w wireEvent) ended() bool {
	return !time.Time(w.Call.TerminatedAt).IsZero() || !slices.Contains(runningStates, string(w.Call.State))
}

// outcomes are the status and the call status of calls that were not answered,
// by state.
var outcomes = map[string][2]string{
	"REJECTED": {"BUSY", "REJECTED"}, "BUSY": {"BUSY", "BUSY"}, "CLIENT_ERROR": {"NOPICKUP", "FAILURE"},
}

// callID returns the id of the call, or "".
func (w wireEvent) callID() CallID {
	for _, id := range []anyText{w.Call.CallSid, w.Call.CallID} {
		if id := CallID(id); id.Valid() {
			return id
		}
	}
	return ""
}

// entry returns the event as the history would list it.
func (w wireEvent) entry(in Channel) HistoryEntry {
	c := w.Call
	started, established, ended := time.Time(c.StartedAt), time.Time(c.EstablishedAt), time.Time(c.TerminatedAt)
	if started.IsZero() {
		started = time.Time(w.CreatedAt)
	}
	e := HistoryEntry{
		ID: eventPrefix + in.ID + "_" + string(w.EventID), Type: "CALL", Source: oneLine(string(c.From), maxName), Target: oneLine(string(c.To), maxName),
		Direction: "OUTGOING", Status: "PICKUP", CallStatus: "SUCCESS", Created: started, Incoming: strings.HasPrefix(string(c.Direction), "IN"),
		Read: true, ConnectionIDs: []string{in.ID},
	}
	e.CallID = w.callID()
	if e.Incoming {
		e.Direction = "INCOMING"
	}
	voicemail := slices.ContainsFunc(w.Recordings, wireEventRecording.isVoicemail)
	talked := !established.IsZero() && c.State != "MISSED" && !voicemail
	switch {
	case voicemail:
		e.Type, e.CallID = "VOICEMAIL", "" // as the history has them
	case !talked:
		e.Direction, e.Status, e.CallStatus = "MISSED_"+e.Direction, "NOPICKUP", "MISSED"
		if o, known := outcomes[string(c.State)]; known {
			e.Status, e.CallStatus = o[0], o[1]
		} else if c.Forwarding.Target != "" {
			e.Status = "FORWARD"
		}
	}
	if !established.IsZero() && ended.After(established) && (talked || voicemail) {
		e.Duration = ended.Sub(established).Truncate(time.Second)
	}
	e.Endpoints, e.AnsweredBy = eventOwners(in, UserID(c.Owner), talked)
	for i, r := range w.Recordings {
		e.addRecording(strconv.Itoa(i+1), string(r.URL))
	}
	return e
}

// eventOwners returns whose call it is: its owner's, else that of all users of
// the channel.
func eventOwners(in Channel, owner UserID, talked bool) (endpoints, answered []string) {
	if owner.Valid() {
		if endpoints = []string{string(owner)}; talked {
			answered = endpoints
		}
		return endpoints, answered
	}
	for _, u := range in.Users {
		endpoints = append(endpoints, string(u.ID))
	}
	return extensions(endpoints), nil
}

// channelEvents returns a page of the calls of a channel. Kind Forbidden means
// that it is another user's private inbox, or that a scope is missing.
func (c *Client) channelEvents(ctx context.Context, in Channel, position string) (eventPage, error) {
	q := url.Values{"limit": {strconv.Itoa(maxEvents)}}
	if position != "" {
		q.Set("position", position)
	}
	r := request{method: http.MethodGet, path: []string{"channels", in.ID, "events"}, query: q, timeout: actionTimeout}
	data, err := c.do(ctx, r)
	if err != nil {
		return eventPage{}, err
	}
	isEvent := func(w *wireEvent, _ json.RawMessage) bool { return isID(string(w.EventID), 64) }
	list, other, err := listOf(data, "events", isEvent)
	if err != nil {
		return eventPage{}, r.unreadable(err)
	}
	page := eventPage{length: len(list)}
	events, unreadable := readable(list, func(w wireEvent) wireEvent { return w })
	page.unreadable = unreadable
	c.report(unreadable, "channels/events")
	page.calls = events
	for _, w := range events {
		if w.ended() {
			page.entries = append(page.entries, w.entry(in))
		}
	}
	var next anyText
	if raw, found := other["position"]; found && json.Unmarshal(raw, &next) == nil && string(next) != position {
		page.position = string(next)
	}
	return page, nil
}

// CallInChannel reports whether a call is one of the latest of a channel, and
// whether it is over. The errors are those of reading the channel.
func (c *Client) CallInChannel(ctx context.Context, channel string, id CallID) (found, ended bool, err error) {
	page, err := c.channelEvents(ctx, Channel{ID: channel}, "")
	for _, w := range page.calls {
		if w.callID() == id {
			return true, w.ended(), nil
		}
	}
	return false, false, err
}
