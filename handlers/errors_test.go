package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/callhistory"
	"callboard/sipgate/directory"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
	"callboard/web/forward"
)

// Whatever sipgate answers is never called our mistake, and an error that is ours
// never sipgate's.
func TestErrorsOfSipgateAreNotOurs(t *testing.T) {
	kinds := 0
	for kind := sipgate.Unauthorized; !strings.HasPrefix(kind.String(), "Kind("); kind++ {
		f := explain(fmt.Errorf("read: %w", &sipgate.Error{Op: "GET /x", Kind: kind, Err: errors.New("x")}))
		if kinds++; f.Status == http.StatusInternalServerError || f.Code == "internal" {
			t.Errorf("%v: %+v", kind, f)
		}
	}
	if kinds < 9 {
		t.Errorf("%d kinds", kinds)
	}
	unreadable := &sipgate.Error{Kind: sipgate.Unreadable, Status: 200, MayHaveArrived: true, Err: errors.New("HTML")}
	noID := &sipgate.Error{Kind: sipgate.Unreadable, Status: 200, MayHaveArrived: true, Err: sipgate.ErrNoCallID}
	timeout := &sipgate.Error{Kind: sipgate.Unavailable, MayHaveArrived: true, Err: errors.New("timeout")}
	for code, test := range map[string]struct {
		err    error
		status int
	}{
		"upstream_unreadable": {unreadable, 502},
		"outcome_unreadable":  {fmt.Errorf("%w: %w", switchboard.ErrOutcomeUnknown, unreadable), 502},
		"started_unknown":     {fmt.Errorf("%w: %w", switchboard.ErrOutcomeUnknown, noID), 502},
		"outcome_unknown":     {fmt.Errorf("%w: %w", switchboard.ErrOutcomeUnknown, timeout), 502},
		"internal":            {errors.New("ours"), 500},
	} {
		if f := explain(test.err); f.Code != code || f.Status != test.status {
			t.Errorf("%v: %d %s, want %d %s", test.err, f.Status, f.Code, test.status, code)
		}
	}
}

// TestWhatBrowsersLearnOfAnError: its status, a code that has a text, the field
// that is wrong, and when to try again; also of an error inside others.
func TestWhatBrowsersLearnOfAnError(t *testing.T) {
	upstream := func(kind sipgate.Kind) error {
		return &sipgate.Error{Kind: kind, RetryAfter: 7 * time.Second, Err: errors.New("x")}
	}
	start := func(kind sipgate.Kind, field string) error {
		return &callcontrol.StartError{Err: &sipgate.Error{Kind: kind, RefusedField: field, Err: errors.New("x")}}
	}
	both := func(a, b error) error { return fmt.Errorf("%w: %w", a, b) }
	denied := func(reason string) error { return team.Denied{Reason: reason} }
	file := func(code announcement.Code) error { return &announcement.Error{Code: code} }
	fault := func(status int, code string) web.Fault { return web.Fault{Status: status, Code: code} }
	of := func(f web.Fault, field string) web.Fault { f.Field = field; return f }
	wait := func(f web.Fault, d time.Duration) web.Fault { f.RetryAfter = d; return f }
	tested := map[error]bool{}
	for _, test := range []struct {
		err  error
		want web.Fault
	}{
		{switchboard.ErrNoCall, fault(404, "not_found")},
		{switchboard.ErrEnded, fault(409, "call_over")},
		{switchboard.ErrNotEstablished, fault(409, "not_established")},
		{switchboard.ErrNotVisible, fault(403, "not_yours")},
		{switchboard.ErrClaimed, fault(409, "attended")},
		{switchboard.ErrNothingToUndo, fault(409, "nothing_to_undo")},
		{switchboard.ErrAlreadyInCall, fault(409, "same_party")},
		{switchboard.ErrIDReused, fault(409, "action_id_reused")},
		{switchboard.ErrOutcomeUnknown, fault(502, "outcome_unknown")},
		{team.ErrAccountNotAllowed, fault(403, "account_not_allowed")},
		{team.ErrRemoved, fault(403, "removed")},
		{team.ErrLastAdmin, fault(409, "last_admin")},
		{team.ErrNotAllowed, fault(403, "role_agent")},
		{team.ErrNoWallboard, fault(404, "not_found")},
		{team.ErrTooManyWallboards, fault(409, "too_many_walls")},
		{team.ErrNoMember, fault(404, "not_found")},
		{team.ErrAuditUnavailable, fault(503, "audit_unavailable")},
		{directory.ErrAmbiguous, of(fault(422, "whom_unclear"), "number")},
		{sipgate.ErrNoCallID, fault(502, "started_unknown")},
		{sipgate.ErrRecordingURL, fault(502, "upstream_url")},
		{callcontrol.ErrDeviceOffline, of(fault(409, "device_offline"), "device")},
		{callcontrol.ErrDeviceNoChannel, of(fault(422, "device_nochannel"), "device")},
		{callcontrol.ErrDeviceUnsuitable, of(fault(422, "device_unfit"), "device")},
		{callcontrol.ErrNotOwnDevice, of(fault(422, "bad_param"), "device")},
		{callhistory.ErrExporting, wait(fault(429, "exporting"), 10*time.Second)},
		{callhistory.ErrNotFound, fault(404, "not_found")},
		{callhistory.ErrUnknownMember, of(fault(422, "bad_param"), "member")},
		{journal.ErrNotFound, fault(404, "not_found")},
		{announcement.ErrNotFound, fault(404, "not_found")},
		{context.DeadlineExceeded, fault(503, "busy")},

		{&switchboard.RateLimitError{Wait: 3 * time.Second}, wait(fault(429, "rate_limited"), 3*time.Second)},
		{web.BadParam("q"), of(fault(422, "bad_param"), "q")},
		{&sipgate.ValueError{Field: "number", Code: "number_invalid"}, of(fault(422, "number_invalid"), "number")},
		{both(fault(502, "login_failed"), errors.New("x")), fault(502, "login_failed")},

		{denied("role_viewer"), fault(403, "role_viewer")},
		{denied(team.ReasonNotOwner), fault(403, "not_yours")},
		{denied(reasonScopeMissing), fault(403, "scope_missing")},
		{denied(team.ReasonSignInExpired), fault(401, "sign_in_again")},
		{denied(team.ReasonNotShared), fault(404, "not_found")}, // nobody learns that it exists

		{upstream(sipgate.Unauthorized), wait(fault(401, "sign_in_again"), 7*time.Second)},
		{upstream(sipgate.Forbidden), wait(fault(403, "forbidden_upstream"), 7*time.Second)},
		{upstream(sipgate.Unsupported), wait(fault(403, "unsupported_upstream"), 7*time.Second)},
		{upstream(sipgate.NoCall), wait(fault(409, "call_over"), 7*time.Second)},
		{upstream(sipgate.Invalid), wait(fault(422, "refused_upstream"), 7*time.Second)},
		{upstream(sipgate.NoCredit), wait(fault(402, "no_credit"), 7*time.Second)},
		{upstream(sipgate.Throttled), wait(fault(503, "upstream_busy"), 7*time.Second)},
		{upstream(sipgate.Unavailable), wait(fault(502, "upstream_unavailable"), 7*time.Second)},
		{upstream(sipgate.Other), fault(500, "internal")},
		{both(switchboard.ErrNotVisible, upstream(sipgate.Unavailable)), wait(fault(502, "upstream_unavailable"), 7*time.Second)},
		{both(switchboard.ErrOutcomeUnknown, upstream(sipgate.Unavailable)), fault(502, "outcome_unknown")},
		{both(switchboard.ErrOutcomeUnknown, upstream(sipgate.Unreadable)), fault(502, "outcome_unreadable")},
		{both(callhistory.ErrNotFound, upstream(sipgate.Unreadable)), fault(404, "not_found")},

		{start(sipgate.Invalid, sipgate.RefusedCallee), of(fault(422, "callee_refused"), "callee")},
		{start(sipgate.Invalid, sipgate.RefusedCallerID), of(fault(422, "callerid_refused"), "callerId")},
		{start(sipgate.Invalid, sipgate.RefusedCaller), of(fault(422, "device_refused"), "device")},
		{start(sipgate.Invalid, sipgate.RefusedDevice), of(fault(422, "device_refused"), "device")},
		{start(sipgate.Invalid, ""), fault(422, "refused_upstream")},
		{start(sipgate.Forbidden, ""), fault(403, "start_forbidden")},
		{start(sipgate.Unsupported, ""), fault(403, "start_unsupported")},
		{start(sipgate.NoCredit, ""), fault(402, "start_no_credit")},
		{start(sipgate.Throttled, ""), fault(503, "upstream_busy")},
		{&sipgate.Error{Kind: sipgate.Invalid, RefusedField: sipgate.RefusedCallee, Err: errors.New("x")}, fault(422, "refused_upstream")},

		{forward.ErrAway, web.Fault{Status: 503, Code: web.CodeRestarting, RetryAfter: 2 * time.Second}},
		{forward.ErrUnknown, fault(502, "outcome_unknown")},

		{file(announcement.NotAudio), fault(415, "not_audio")},
		{file(announcement.TooLarge), fault(413, "too_large")},
		{file(announcement.OverQuota), fault(409, "quota")},
		{file(announcement.StorageFull), fault(507, "storage_full")},
		{file(announcement.TooLong), fault(422, string(announcement.TooLong))},
		{file(announcement.Code("unheard")), fault(500, "internal")},
	} {
		tested[test.err] = true
		for _, err := range []error{test.err, fmt.Errorf("read: %w", test.err)} {
			if got := explain(err); got != test.want {
				t.Errorf("%v: %+v, want %+v", err, got, test.want)
			}
		}
		if text := views.Message(views.English, test.want.Code, test.want.Status); text == views.Message(views.English, "", test.want.Status) {
			t.Errorf("%s has no text of its own", test.want.Code)
		}
	}
	for _, known := range errorFaults {
		if !tested[known.err] {
			t.Errorf("%v is not in the table", known.err)
		}
	}
}
