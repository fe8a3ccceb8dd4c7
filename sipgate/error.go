package sipgate

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what an error of sipgate means to the caller, whatever its HTTP
// status was.
type Kind int

// The kinds of errors.
const (
	Other        Kind = iota // none of the below
	Unauthorized             // the access token is not, or no longer, valid
	Forbidden                // the user or the token may not do this
	NoCall                   // no such call, or it has ended
	Invalid                  // sipgate rejects the arguments, or they were not fit to be sent
	NoCredit                 // the account cannot pay for it
	Throttled                // too many requests
	Unavailable              // no answer, or a 5xx
	Unsupported              // the account's platform has no such thing
)

var kindNames = [...]string{
	"Other", "Unauthorized", "Forbidden", "NoCall", "Invalid", "NoCredit", "Throttled", "Unavailable",
	"Unsupported",
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
// Its text is meant for the log: it may quote what sipgate said, shortened and
// without control characters, but never a token and never what was sent.
type Error struct {
	// Op is the method and the path below the base, without the query.
	Op string
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// Kind is what it means.
	Kind Kind
	// MayHaveArrived tells that the request, or a part of it, was given to the
	// network and that no definite answer came: it timed out, the connection
	// broke, sipgate answered 5xx, or it said yes in a form that cannot be
	// read. The action may have been executed, and must not be repeated.
	// When it is false, the action has not been executed.
	MayHaveArrived bool
	// About is what a refused new call was refused for, as far as sipgate's
	// words tell: one of the constants below, or empty.
	RefusedField string
	// RetryAfter is how long sipgate asks to wait, 0 if it did not say.
	RetryAfter time.Duration
	// Err is the cause.
	Err error
}

// What a new call can be refused for.
const (
	RefusedCallee   = "callee"
	RefusedCaller   = "caller"
	RefusedCallerID = "callerId"
	RefusedDevice   = "device"
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

// KindOf reports the Kind of err: that of the [Error] or [OAuthError] in its
// chain, or Other if there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if e, ok := errors.AsType[*OAuthError](err); ok {
		return e.Kind()
	}
	return Other
}

// MayHaveArrived reports whether the request that failed with err may have
// been executed all the same. See [Error].
func MayHaveArrived(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.MayHaveArrived
	}
	if e, ok := errors.AsType[*OAuthError](err); ok {
		return e.MayHaveArrived
	}
	return false
}

// ValueError tells that a value from outside is not what it should be. Neither
// it nor its text contains the value.
type ValueError struct {
	Field string // "number", "digits", "event", "callId"
	Code  string // "number_invalid", "number_blocked", "dtmf_invalid", "hook_invalid", "hook_unknown"
}

// Error implements error.
func (e *ValueError) Error() string { return "sipgate: " + e.Field + ": " + e.Code }
