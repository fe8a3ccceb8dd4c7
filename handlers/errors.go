package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/callhistory"
	"callboard/sipgate/directory"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/forward"
)

// kindFaults says what each kind of error of sipgate means to the browser.
var kindFaults = map[sipgate.Kind]web.Fault{
	sipgate.Unauthorized: {Status: http.StatusUnauthorized, Code: team.ReasonSignInExpired},
	sipgate.Forbidden:    {Status: http.StatusForbidden, Code: "forbidden_upstream"},
	sipgate.Unsupported:  {Status: http.StatusForbidden, Code: "unsupported_upstream"},
	sipgate.NoCall:       {Status: http.StatusConflict, Code: "call_over"},
	sipgate.Invalid:      {Status: http.StatusUnprocessableEntity, Code: "refused_upstream"},
	sipgate.NoCredit:     {Status: http.StatusPaymentRequired, Code: "no_credit"},
	sipgate.Throttled:    {Status: http.StatusServiceUnavailable, Code: "upstream_busy"},
	sipgate.Unavailable:  {Status: http.StatusBadGateway, Code: "upstream_unavailable"},
	sipgate.Unreadable:   {Status: http.StatusBadGateway, Code: "upstream_unreadable"},
}

// errorFaults says what each error that has a name means to the browser.
var errorFaults = []struct {
	err   error
	fault web.Fault
}{
	{switchboard.ErrNoCall, web.Fault{Status: http.StatusNotFound, Code: "not_found"}},
	{switchboard.ErrEnded, web.Fault{Status: http.StatusConflict, Code: "call_over"}},
	{switchboard.ErrNotEstablished, web.Fault{Status: http.StatusConflict, Code: "not_established"}},
	{switchboard.ErrNotVisible, web.Fault{Status: http.StatusForbidden, Code: "not_yours"}},
	{switchboard.ErrClaimed, web.Fault{Status: http.StatusConflict, Code: "attended"}},
	{switchboard.ErrNothingToUndo, web.Fault{Status: http.StatusConflict, Code: "nothing_to_undo"}},
	{team.ErrAccountNotAllowed, web.Fault{Status: http.StatusForbidden, Code: "account_not_allowed"}},
	{team.ErrRemoved, web.Fault{Status: http.StatusForbidden, Code: "removed"}},
	{team.ErrLastAdmin, web.Fault{Status: http.StatusConflict, Code: "last_admin"}},
	{team.ErrNotAllowed, web.Fault{Status: http.StatusForbidden, Code: "role_agent"}},
	{team.ErrNoWallboard, web.Fault{Status: http.StatusNotFound, Code: "not_found"}},
	{team.ErrTooManyWallboards, web.Fault{Status: http.StatusConflict, Code: "too_many_walls"}},
	{team.ErrNoMember, web.Fault{Status: http.StatusNotFound, Code: "not_found"}},
	{team.ErrAuditUnavailable, web.Fault{Status: http.StatusServiceUnavailable, Code: "audit_unavailable"}},
	{directory.ErrAmbiguous, web.Fault{Status: http.StatusUnprocessableEntity, Code: "whom_unclear", Field: "number"}},
	{switchboard.ErrAlreadyInCall, web.Fault{Status: http.StatusConflict, Code: "same_party"}},
	{switchboard.ErrIDReused, web.Fault{Status: http.StatusConflict, Code: "action_id_reused"}},
	{sipgate.ErrNoCallID, web.Fault{Status: http.StatusBadGateway, Code: "started_unknown"}},
	{switchboard.ErrOutcomeUnknown, web.Fault{Status: http.StatusBadGateway, Code: "outcome_unknown"}},
	{sipgate.ErrRecordingURL, web.Fault{Status: http.StatusBadGateway, Code: "upstream_url"}},
	{callcontrol.ErrDeviceOffline, web.Fault{Status: http.StatusConflict, Code: "device_offline", Field: "device"}},
	{callcontrol.ErrDeviceNoChannel, web.Fault{Status: http.StatusUnprocessableEntity, Code: "device_nochannel", Field: "device"}},
	{callcontrol.ErrDeviceUnsuitable, web.Fault{Status: http.StatusUnprocessableEntity, Code: "device_unfit", Field: "device"}},
	{callcontrol.ErrNotOwnDevice, web.BadParam("device")},
	{callhistory.ErrExporting, web.Fault{Status: http.StatusTooManyRequests, Code: "exporting", RetryAfter: 10 * time.Second}},
	{callhistory.ErrNotFound, web.Fault{Status: http.StatusNotFound, Code: "not_found"}},
	{callhistory.ErrUnknownMember, web.BadParam("member")},
	{journal.ErrNotFound, web.Fault{Status: http.StatusNotFound, Code: "not_found"}},
	{announcement.ErrNotFound, web.Fault{Status: http.StatusNotFound, Code: "not_found"}},
	{forward.ErrAway, web.Fault{Status: http.StatusServiceUnavailable, Code: web.CodeRestarting, RetryAfter: 2 * time.Second}},
	{forward.ErrUnknown, web.Fault{Status: http.StatusBadGateway, Code: "outcome_unknown"}},
	{context.DeadlineExceeded, web.Fault{Status: http.StatusServiceUnavailable, Code: "busy"}},
}

// originateRefusal is why sipgate did not start a call, and the field it refused.
type originateRefusal struct {
	kind  sipgate.Kind
	field string
}

// originateFaults says what refusals mean where a call was to be started. It
// takes precedence over kindFaults.
var originateFaults = map[originateRefusal]web.Fault{
	{sipgate.Invalid, sipgate.RefusedCallee}:   {Status: http.StatusUnprocessableEntity, Code: "callee_refused", Field: "callee"},
	{sipgate.Invalid, sipgate.RefusedCallerID}: {Status: http.StatusUnprocessableEntity, Code: "callerid_refused", Field: "callerId"},
	{sipgate.Invalid, sipgate.RefusedCaller}:   {Status: http.StatusUnprocessableEntity, Code: "device_refused", Field: "device"},
	{sipgate.Invalid, sipgate.RefusedDevice}:   {Status: http.StatusUnprocessableEntity, Code: "device_refused", Field: "device"},
	{sipgate.Forbidden, ""}:                    {Status: http.StatusForbidden, Code: "start_forbidden"},
	{sipgate.Unsupported, ""}:                  {Status: http.StatusForbidden, Code: "start_unsupported"},
	{sipgate.NoCredit, ""}:                     {Status: http.StatusPaymentRequired, Code: "start_no_credit"},
}

// uploadStatuses are the statuses of refused uploads. The code is that of the
// announcement package.
var uploadStatuses = map[announcement.Code]int{
	announcement.NotAudio:     http.StatusUnsupportedMediaType,
	announcement.Invalid:      http.StatusUnprocessableEntity,
	announcement.Unsupported:  http.StatusUnprocessableEntity,
	announcement.Empty:        http.StatusUnprocessableEntity,
	announcement.TooLong:      http.StatusUnprocessableEntity,
	announcement.BadExtension: http.StatusUnprocessableEntity,
	announcement.BadLabel:     http.StatusUnprocessableEntity,
	announcement.TooLarge:     http.StatusRequestEntityTooLarge,
	announcement.OverQuota:    http.StatusConflict,
	announcement.StorageFull:  http.StatusInsufficientStorage,
}

var (
	errUnauthenticated = web.Fault{Status: http.StatusUnauthorized, Code: "unauthenticated"}
	errNotFound        = web.Fault{Status: http.StatusNotFound, Code: web.CodeNotFound}
)

// explain is the one place where errors become faults. An unknown error is a
// mistake of ours: 500, with the details only in the log.
func explain(err error) web.Fault {
	if e, ok := errors.AsType[*switchboard.RateLimitError](err); ok {
		return web.Fault{Status: http.StatusTooManyRequests, Code: web.CodeRateLimited, RetryAfter: e.Wait}
	}
	if errors.Is(err, switchboard.ErrNotVisible) { // because the list could not be read, or because it lacks the call
		if e, ok := errors.AsType[*sipgate.Error](err); ok {
			return upstreamFault(e)
		}
	}
	for _, b := range errorFaults {
		if !errors.Is(err, b.err) {
			continue
		}
		if b.err == switchboard.ErrOutcomeUnknown && sipgate.KindOf(err) == sipgate.Unreadable {
			return web.Fault{Status: http.StatusBadGateway, Code: "outcome_unreadable"}
		}
		return b.fault
	}
	if e, ok := errors.AsType[team.Denied](err); ok {
		switch e.Reason {
		case team.ReasonNotShared:
			return errNotFound
		case team.ReasonSignInExpired:
			return kindFaults[sipgate.Unauthorized]
		}
		return web.Fault{Status: http.StatusForbidden, Code: e.Reason}
	}
	if f, ok := errors.AsType[web.Fault](err); ok {
		return f
	}
	if e, ok := errors.AsType[*sipgate.ValueError](err); ok {
		return web.Fault{Status: http.StatusUnprocessableEntity, Code: e.Code, Field: e.Field}
	}
	if e, ok := errors.AsType[*announcement.Error](err); ok && uploadStatuses[e.Code] != 0 {
		return web.Fault{Status: uploadStatuses[e.Code], Code: string(e.Code)}
	}
	if e, ok := errors.AsType[*sipgate.Error](err); ok {
		if _, ok := errors.AsType[*callcontrol.StartError](err); ok {
			if f, ok := originateFaults[originateRefusal{e.Kind, e.RefusedField}]; ok {
				return f
			}
		}
		return upstreamFault(e)
	}
	return web.Fault{Status: http.StatusInternalServerError, Code: "internal"}
}

// upstreamFault returns what an error of sipgate means to the browser.
func upstreamFault(e *sipgate.Error) web.Fault {
	f, ok := kindFaults[e.Kind]
	if !ok {
		return web.Fault{Status: http.StatusInternalServerError, Code: "internal"}
	}
	f.RetryAfter = e.RetryAfter
	return f
}
