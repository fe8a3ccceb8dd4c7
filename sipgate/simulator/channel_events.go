package simulator

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// channelEvent is one call in a channel: GET /channels/{id}/events lists calls,
// each as one event whose state changes.
type channelEvent struct {
	channel                          *channel
	callSid, direction, state        string
	from, to                         string
	owner                            *user // who talks or talked, nil for missed calls
	started, established, terminated time.Time
	reason                           string // terminatedReason
	forwardedTo                      string // a number or "voicemail"
}

// Kinds of recordings of an event. Their names at sipgate are unknown.
const (
	eventRecording = "RECORDING"
	eventVoicemail = "VOICEMAIL"
)

// id returns the id of the event, which is derived from that of the call.
func (e channelEvent) id() string {
	sum := sha256.Sum256([]byte(e.callSid))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// channelEvents returns the events of the call: one, or one for each side of a
// call between users.
func (c *call) channelEvents() []channelEvent {
	e := channelEvent{
		channel: c.channel, callSid: c.id, direction: eventDirection(c.direction), state: c.channelState(),
		from: c.from, to: c.to, started: c.startedAt, established: c.answeredAt, terminated: c.endedAt,
	}
	if c.direction == out || !c.answeredAt.IsZero() && !c.voicemail {
		e.owner = c.owner
	}
	switch {
	case c.phase != ended:
	case c.answeredAt.IsZero():
		e.reason = "CANCELLED"
	default:
		e.reason = "TERMINATED"
	}
	if c.other == nil {
		return []channelEvent{e}
	}
	callee := e
	callee.channel, callee.callSid, callee.direction, callee.owner = c.account.channelAt(c.to), c.other.id, "INCOMING", c.other.owner
	switch {
	case c.other.owner == nil && (c.other.ended || c.phase == ended):
		callee.state, callee.established, callee.reason = "MISSED", time.Time{}, "CANCELLED"
	case callee.state == "BUSY":
		callee.state = "REJECTED"
	}
	return []channelEvent{e, callee}
}

func eventDirection(direction string) string {
	if direction == out {
		return "OUTGOING"
	}
	return "INCOMING"
}

// channelState returns the state that events of the call have. UNKNOWN is the
// only state that it never returns.
func (c *call) channelState() string {
	talked := !c.answeredAt.IsZero()
	switch {
	case c.phase == ringing:
		return "RINGING"
	case c.phase == established && c.successor != nil:
		return "TRANSFERRING"
	case c.phase == established && len(c.transfers) > 0:
		return "TRANSFER_FAILED"
	case c.phase == established:
		return "ESTABLISHED"
	case c.voicemail:
		return "MISSED"
	case talked && c.successor != nil && c.successor.phase == established:
		return "TRANSFERRED"
	case talked:
		return "FINISHED"
	case c.cause == busy && c.direction == in:
		return "REJECTED"
	case c.cause == busy:
		return "BUSY"
	case c.cause == "congestion", c.cause == "notFound":
		return "CLIENT_ERROR"
	}
	return "MISSED"
}

func (s *Simulator) eventJSON(e channelEvent, entry *historyEntry) map[string]any {
	recordings := []map[string]string{}
	if entry != nil {
		kind := eventRecording
		if entry.kind == "VOICEMAIL" {
			kind = eventVoicemail
		}
		for _, id := range entry.recordings {
			recordings = append(recordings, map[string]string{"type": kind, "downloadUrl": s.recordingURL(id)})
		}
	}
	call := map[string]any{
		"callSid": e.callSid, "channelId": e.channel.id, "direction": e.direction, "state": e.state,
		"from": e.from, "to": e.to, "owner": nil, "startedAt": formatTime(e.started),
		"establishedAt": nilTime(e.established), "terminatedAt": nilTime(e.terminated),
		"terminatedReason": nil, "forwarding": nil,
	}
	if e.owner != nil {
		call["owner"] = e.owner.id
	}
	if e.reason != "" {
		call["terminatedReason"] = e.reason
	}
	if e.forwardedTo != "" {
		kind := "NUMBER"
		if e.forwardedTo == "voicemail" {
			kind = "VOICEMAIL"
		}
		call["forwarding"] = map[string]string{"target": e.forwardedTo, "type": kind}
	}
	return map[string]any{
		"eventId": e.id(), "createdAt": formatTime(e.started), "type": "CALL", "call": call, "recordings": recordings,
	}
}

// nilTime formats a time, and the zero time as null.
func nilTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return formatTime(t)
}

// maxEventLimit is the largest page of events. The one of sipgate is unknown.
const maxEventLimit = 100

// listChannelEvents lists the calls of a channel, the latest first, to its
// members. The events of a personal channel are its owner's alone, admins
// included. "position" in the response is where the next page begins: the id of
// the last event of this one.
func (s *Simulator) listChannelEvents(q *apiRequest) response {
	a := q.auth.account
	i := slices.IndexFunc(a.channels, func(c *channel) bool { return c.id == q.args["channelId"] })
	if i < 0 {
		return notFound
	}
	c := a.channels[i]
	if !slices.Contains(c.users, q.auth.user) && (c.personal() || !q.auth.user.admin) {
		return refuse(http.StatusForbidden, "Forbidden")
	}
	limit, err := parseInt(q.URL.Query(), "limit", 10, maxEventLimit)
	if err != nil {
		return invalid(err)
	}
	position := q.URL.Query().Get("position")
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.eventsOf(c)
	if position != "" {
		at := slices.IndexFunc(list, func(e map[string]any) bool { return e["eventId"] == position })
		if at < 0 {
			return refuse(http.StatusBadRequest, "Invalid position")
		}
		list = list[at+1:]
	}
	list = list[:min(limit, len(list))]
	if len(list) > 0 {
		position = fmt.Sprint(list[len(list)-1]["eventId"])
	}
	return okJSON(map[string]any{"events": orEmpty(list), "position": position, "limit": limit})
}

// eventsOf returns the events of a channel, the latest first.
func (s *Simulator) eventsOf(c *channel) (list []map[string]any) {
	add := func(events []channelEvent, entry *historyEntry) {
		for _, e := range events {
			if e.channel == c {
				list = append(list, s.eventJSON(e, entry))
			}
		}
	}
	for _, e := range c.owner.account.history {
		add(e.events, e)
	}
	for _, live := range s.pbx.order {
		if live.account == c.owner.account && live.phase != ended {
			add(live.channelEvents(), nil)
		}
	}
	slices.SortStableFunc(list, func(a, b map[string]any) int {
		return strings.Compare(fmt.Sprint(b["createdAt"], b["eventId"]), fmt.Sprint(a["createdAt"], a["eventId"]))
	})
	return list
}
