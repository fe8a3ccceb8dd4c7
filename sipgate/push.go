package sipgate

import (
	"encoding/xml"
	"strings"
	"unicode"
)

// EventKind is the kind of a push event.
type EventKind string

// The kinds of push events. sipgate sends answer and hangup only for calls
// whose newCall was answered with a reply that requests them, see [PushReply].
const (
	EventNewCall EventKind = "newCall"
	EventAnswer  EventKind = "answer"
	EventHangup  EventKind = "hangup"
	EventDTMF    EventKind = "dtmf"
)

// CauseUnknown replaces every hangup cause that sipgate does not document.
const CauseUnknown = "unknown"

// knownCauses lists the documented causes.
var knownCauses = map[string]bool{
	"normalClearing": true, "busy": true, "cancel": true, "noAnswer": true,
	"congestion": true, "notFound": true, "forwarded": true,
}

// Event is a push event. Events may be lost, repeated or reordered.
type Event struct {
	Kind   EventKind
	CallID CallID // always valid
	// OrigCallID is the id of the first leg, and XCID is common to all legs,
	// of a call that was transferred or forwarded. Both may be empty.
	OrigCallID CallID
	XCID       string
	// From and To are digits without a plus sign, "anonymous", or empty. They
	// are truncated to 32 characters, since callers can send anything.
	From, To  string
	Direction Direction
	// Users, UserIDs and FullUserIDs are the users concerned, at most 50 each:
	// names, "w0", and "1234567w0" with the account's number in front. Any of
	// them may be empty.
	Users       []string
	UserIDs     []UserID
	FullUserIDs []string
	// AnsweringNumber is the number that answered, Diversion the one that
	// forwarded the call.
	AnsweringNumber, Diversion string
	// Cause is why the call ended: a documented value or [CauseUnknown]. It is
	// empty unless the event is a hangup.
	Cause string
	// Digits are the tones of a dtmf event. They may be a PIN.
	Digits string
}

// Limits of an event. sipgate documents none.
const (
	MaxEventSize = 64 << 10 // bytes of a body
	maxEventUser = 50       // of each list
	maxEventText = 100      // characters of a name
	maxEventID   = 200      // bytes of a full user id, of an xcid
)

// ParseEvent parses the body of a push event, a form. It is lenient: of a
// repeated field it uses the first value, broken escapes and invalid UTF-8
// become U+FFFD, undocumented values become [Unknown] or [CauseUnknown], and
// long values are truncated. The error is a [ValueError]: "hook_unknown" if
// the body is not exactly one event, "hook_invalid" if it has no valid callId
// or is larger than [MaxEventSize].
func ParseEvent(body []byte) (Event, error) {
	if len(body) > MaxEventSize {
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

// setUsers sets the lists of users, without empty names.
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

// capParty truncates a number or a text in its place.
func capParty(s string) string { return truncate(oneLine(s, maxEventText), maxPartyNumber) }

// SplitFullUserID splits "1234567w0" into the account's number and the user's
// id. ok reports whether full has that form.
func SplitFullUserID(full string) (account string, user UserID, ok bool) {
	i := strings.IndexFunc(full, func(r rune) bool { return !unicode.IsDigit(r) })
	if i <= 0 || !isID(full, maxEventID) {
		return "", "", false
	}
	account, user = full[:i], UserID(full[i:])
	if !user.IsPerson() {
		return "", "", false
	}
	return account, user, true
}

// Persons returns the ids of the users that the event names, without
// voicemails, groups and queues.
func (e *Event) Persons() []UserID {
	var ids []UserID
	for _, id := range e.UserIDs {
		if id.IsPerson() {
			ids = append(ids, id)
		}
	}
	if len(e.UserIDs) > 0 {
		return ids
	}
	for _, full := range e.FullUserIDs {
		if _, id, ok := SplitFullUserID(full); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// PushReplyType is the Content-Type of a [PushReply]. sipgate ignores replies
// of any other type.
const PushReplyType = "application/xml"

// PushReply returns the reply to a newCall event that makes sipgate send the
// call's answer and hangup events to address. If address is empty, it is the
// reply that requests nothing. The reply depends only on address and can be
// reused.
func PushReply(address string) []byte {
	var b strings.Builder
	b.WriteString(xml.Header)
	b.WriteString("<Response")
	if address != "" {
		var escaped strings.Builder
		xml.EscapeText(&escaped, []byte(address)) // writing to memory does not fail
		b.WriteString(` onAnswer="` + escaped.String() + `" onHangup="` + escaped.String() + `"`)
	}
	b.WriteString("/>\n")
	return []byte(b.String())
}
