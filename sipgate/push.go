package sipgate

import (
	"encoding/xml"
	"strings"
	"unicode"
)

// EventKind is what a push event tells.
type EventKind string

// The kinds of push events. Answer and hangup are sent only for calls whose
// newCall was answered with a reply that asks for them, see [PushReply].
const (
	EventNewCall EventKind = "newCall"
	EventAnswer  EventKind = "answer"
	EventHangup  EventKind = "hangup"
	EventDTMF    EventKind = "dtmf"
)

// CauseUnknown stands for every cause of a hangup that sipgate does not
// document.
const CauseUnknown = "unknown"

// causes are the documented ones.
var knownCauses = map[string]bool{
	"normalClearing": true, "busy": true, "cancel": true, "noAnswer": true,
	"congestion": true, "notFound": true, "forwarded": true,
}

// Event is a push event. Events get lost, doubled and reordered.
type Event struct {
	Kind   EventKind
	CallID CallID // always valid
	// OrigCallID is that of the first leg, and XCID is common to all legs, of a
	// call that was transferred or forwarded. Both may be empty.
	OrigCallID CallID
	XCID       string
	// From and To are digits without a plus sign, "anonymous", or empty; at
	// most 32 characters, since nothing keeps a caller from sending others.
	From, To  string
	Direction Direction
	// Users, UserIDs and FullUserIDs are the people concerned, at most 50 each:
	// their names, "w0", and "1234567w0" with the account's number in front.
	// Any of them may be empty.
	Users       []string
	UserIDs     []UserID
	FullUserIDs []string
	// AnsweringNumber is who answered, Diversion who forwarded the call.
	AnsweringNumber, Diversion string
	// Cause is why the call ended: a documented word, or [CauseUnknown]. It is
	// empty for events that are no hangup.
	Cause string
	// Digits are the tones of a dtmf event. They may be a PIN.
	Digits string
}

// Limits of an event. They are choices of ours.
const (
	MaxEvent     = 64 << 10 // bytes of a body
	maxEventUser = 50       // of each list
	maxEventText = 100      // characters of a name
	maxEventID   = 200      // bytes of a full user id, of an xcid
)

// ParseEvent reads the body of a push event, a form. It is lenient: of a field
// that appears twice the first counts, broken escapes and bytes that are not
// UTF-8 become U+FFFD, words that are not documented become [Unknown] or
// [CauseUnknown], and what is too long is cut. The error is a [ValueError]:
// code "hook_unknown" if it is none of the events, or more than one,
// "hook_invalid" if it names no call or is larger than [MaxEvent].
func ParseEvent(body []byte) (Event, error) {
	if len(body) > MaxEvent {
		return Event{}, &ValueError{Field: "body", Code: "hook_invalid"}
	}
	f := parseForm(string(body))
	e := Event{Kind: EventKind(f.first("event"))}
	switch e.Kind {
	case EventNewCall, EventAnswer, EventHangup, EventDTMF:
	default:
		return Event{}, &ValueError{Field: "event", Code: "hook_unknown"}
	}
	if len(f["event"]) > 1 {
		return Event{}, &ValueError{Field: "event", Code: "hook_unknown"}
	}
	if e.CallID = CallID(f.first("callId")); !e.CallID.Valid() {
		return Event{}, &ValueError{Field: "callId", Code: "hook_invalid"}
	}
	if id := CallID(f.first("origCallId")); id.Valid() {
		e.OrigCallID = id
	}
	if xcid := f.first("xcid"); isID(xcid, maxEventID) {
		e.XCID = xcid
	}
	e.From, e.To = capParty(f.first("from")), capParty(f.first("to"))
	e.AnsweringNumber, e.Diversion = capParty(f.first("answeringNumber")), capParty(f.first("diversion"))
	if d := Direction(f.first("direction")); d == Incoming || d == Outgoing {
		e.Direction = d
	}
	e.setUsers(f)
	switch e.Kind {
	case EventHangup:
		if e.Cause = f.first("cause"); !knownCauses[e.Cause] {
			e.Cause = CauseUnknown
		}
	case EventDTMF:
		if d := DTMF(f.first("dtmf")); d.Valid() {
			e.Digits = string(d)
		}
	}
	return e, nil
}

// users takes over the lists of people, empty names left out.
func (e *Event) setUsers(f form) {
	for _, u := range f.list("user") {
		e.Users = append(e.Users, oneLine(u, maxEventText))
	}
	for _, u := range f.list("userId") {
		if id := UserID(u); id.Valid() {
			e.UserIDs = append(e.UserIDs, id)
		}
	}
	for _, u := range f.list("fullUserId") {
		e.FullUserIDs = append(e.FullUserIDs, oneLine(u[:min(len(u), maxEventID)], maxEventID))
	}
}

// party caps a number or what stands in its place.
func capParty(s string) string { return truncate(oneLine(s, maxEventText), maxPartyNumber) }

// SplitFullUserID takes "1234567w0" apart: the account's number, and the user
// within it. ok reports whether it has that form.
func SplitFullUserID(full string) (account string, user UserID, ok bool) {
	i := strings.IndexFunc(full, func(r rune) bool { return !unicode.IsDigit(r) })
	if i <= 0 || !isID(full, maxEventID) {
		return "", "", false
	}
	account, user = full[:i], UserID(full[i:])
	number := strings.TrimPrefix(string(user), "w")
	ok = len(number) < len(user) && number != "" && strings.Trim(number, "0123456789") == ""
	if !ok {
		return "", "", false
	}
	return account, user, true
}

// PushReplyType is the Content-Type of a [PushReply]; sipgate ignores replies
// of any other.
const PushReplyType = "application/xml"

// PushReply returns the reply to a newCall event that asks sipgate to send the
// call's answer and hangup to address; if it is empty, the neutral reply, which
// asks for nothing. It depends on nothing else: make it once.
func PushReply(address string) []byte {
	var b strings.Builder
	b.WriteString(xml.Header)
	b.WriteString("<Response")
	if address != "" {
		var escaped strings.Builder
		xml.EscapeText(&escaped, []byte(address)) // into memory: it does not fail
		b.WriteString(` onAnswer="` + escaped.String() + `" onHangup="` + escaped.String() + `"`)
	}
	b.WriteString("/>\n")
	return []byte(b.String())
}
