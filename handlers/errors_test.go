package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
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
