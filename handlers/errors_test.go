package handlers

import (
	"fmt"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Who has just signed in while sipgate is down is told that sipgate cannot be
// reached, and not that the call is somebody else's.
func TestUnreadListIsSipgatesFault(t *testing.T) {
	unread := func(kind sipgate.Kind) error {
		return fmt.Errorf("%w: read list: %w", switchboard.ErrNotVisible, &sipgate.Error{Op: "GET /calls", Kind: kind})
	}
	for _, test := range []struct {
		err    error
		status int
		code   string
	}{
		{unread(sipgate.Unavailable), 502, "upstream_unavailable"},
		{unread(sipgate.Throttled), 503, "upstream_busy"},
		{unread(sipgate.Unauthorized), 401, "sign_in_again"},
		{switchboard.ErrNotVisible, 403, "not_yours"},
		{team.Denied{Reason: team.ReasonNotShared}, 404, "not_found"},
		{team.Denied{Reason: team.ReasonNeverSignedIn, Name: "Mira"}, 403, "never_signed_in"},
		{&callcontrol.ClaimedError{ClaimedError: &switchboard.ClaimedError{}}, 409, "attended"},
	} {
		if f := explain(test.err); f.Status != test.status || f.Code != test.code {
			t.Errorf("%v: %d %s, want %d %s", test.err, f.Status, f.Code, test.status, test.code)
		}
	}
}
