package sipgate

import "testing"

// Every documented cause of an end is kept; others become CauseUnknown.
func TestDocumentedCausesAreKept(t *testing.T) {
	for _, cause := range []string{"normalClearing", "busy", "cancel", "noAnswer", "congestion", "notFound", "forwarded"} {
		e, err := ParseEvent([]byte("event=hangup&callId=A&from=4930123456&to=4921170000001&direction=in&cause=" + cause))
		if err != nil || e.Cause != cause {
			t.Errorf("%s: %q, %v", cause, e.Cause, err)
		}
	}
	if e, err := ParseEvent([]byte("event=hangup&callId=A&cause=lightning")); err != nil || e.Cause != CauseUnknown {
		t.Errorf("unknown: %q, %v", e.Cause, err)
	}
}
