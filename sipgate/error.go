package sipgate

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Kind is the meaning of an error of sipgate for the caller, whatever its HTTP
// status is.
type Kind int

// The kinds of errors.
const (
	Other        Kind = iota // no error of sipgate
	Unauthorized             // the access token is invalid or expired
	Forbidden                // the user or the token lacks the permission
	NoCall                   // the call does not exist or has ended
	Invalid                  // sipgate rejected the arguments, or they were not sent because they are invalid
	NoCredit                 // the account has no credit
	Throttled                // too many requests
	Unavailable              // no response, or status 5xx
	Unsupported              // the account's platform lacks the operation
	Unreadable               // sipgate's answer is not one that the request can have: HTML, no list, a redirect
)

var kindNames = [...]string{
	"Other", "Unauthorized", "Forbidden", "NoCall", "Invalid", "NoCredit", "Throttled", "Unavailable",
	"Unsupported", "Unreadable",
}

// String returns the name of the constant, for logs.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// Error is the error of every method of [Client].
//
// Its text is for the log: it may quote sipgate, truncated and without control
// characters, but never a token or anything that was sent.
type Error struct {
	// Op is the method and the path below the base, without the query.
	Op string
	// Status is the HTTP status, 0 without a response.
	Status int
	// Kind is the meaning of the error.
	Kind Kind
	// MayHaveArrived reports that the request, or a part of it, was sent and
	// that no definite response came: it timed out, the connection broke,
	// sipgate responded 5xx or with an unreadable 2xx. The action may have
	// been executed and must not be repeated. Otherwise the action was not
	// executed.
	MayHaveArrived bool
	// RefusedField is the field for which a new call or a recording was refused, as
	// far as sipgate's text tells: one of the constants below, or "".
	RefusedField string
	// RetryAfter is the delay that sipgate requested, 0 if none.
	RetryAfter time.Duration
	// Err is the cause. It is [ErrNoCallID] if a call was started and the
	// response does not tell its id.
	Err error
}

// ErrNoCallID is wrapped by the error of starting a call that sipgate accepted
// without telling the id of the call.
var ErrNoCallID = errors.New("no call id in answer")

// Values of Error.RefusedField.
const (
	RefusedCallee   = "callee"
	RefusedCaller   = "caller"
	RefusedCallerID = "callerId"
	RefusedDevice   = "device"
	RefusedSilence  = "announcement" // of a recording without one
)

// Error implements error.
func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("sipgate: %s: %d: %v", e.Op, e.Status, e.Err)
	}
	return fmt.Sprintf("sipgate: %s: %v", e.Op, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the Kind of the [Error] or [OAuthError] in err's chain, or
// Other if there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if e, ok := errors.AsType[*OAuthError](err); ok {
		return e.Kind()
	}
	return Other
}

// Lacks reports whether an error says that the account has no such operation: it is
// Unsupported, or its path, which names no call or entry, is not found.
func Lacks(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Kind == Unsupported || e.Status == http.StatusNotFound && e.Kind != NoCall)
}

// MayHaveArrived reports whether the request that failed with err may have
// been executed. See [Error].
func MayHaveArrived(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.MayHaveArrived
	}
	if e, ok := errors.AsType[*OAuthError](err); ok {
		return e.MayHaveArrived
	}
	return false
}

// ValueError reports an invalid value from outside. Neither its fields nor its
// text contain the value.
type ValueError struct {
	Field string // "number", "digits", "event", "callId"
	Code  string // "number_invalid", "number_blocked", "dtmf_invalid", "hook_invalid", "hook_unknown"
}

// Error implements error.
func (e *ValueError) Error() string { return "sipgate: " + e.Field + ": " + e.Code }
