package handlers

import (
	"net/http"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// The board's tray lists an unanswered call. One form without choices calls back.
// Viewers see the call without buttons.
func TestMissedCallsAreListedAndCalledBack(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, viewer := d.signIn("w0", team.Admin), d.signIn("w1", team.Viewer)
	d.loadRoster()
	const from = "+4930555077"
	for _, kind := range []sipgate.EventKind{sipgate.EventNewCall, sipgate.EventHangup} {
		d.h.Control.Boards.Board(d.account).Observe(sipgate.Event{Kind: kind, CallID: "MISSED", Direction: sipgate.Incoming, From: from[1:], To: "4921170000001",
			UserIDs: []sipgate.UserID{"w0"}, Users: []string{"Anna"}})
	}
	page := anna.get("/missed").Body.String()
	shows(t, "the tray", page, "+49 30 555077", `value="`+from+`"`, "1 missed", "!<html")
	shows(t, "the board", anna.get("/").Body.String(), `id="missed"`, "+49 30 555077")
	shows(t, "a viewer's tray", viewer.get("/missed").Body.String(), "+49 30 555077", "!<form")

	w := anna.program("/calls", `{"callee":"`+from+`","usual":true,"action_id":"`+strings.Repeat("m", 20)+`"}`)
	if w.Code != http.StatusBadRequest {
		t.Errorf("a program that names no device: %d %s", w.Code, w.Body)
	}
	w = anna.post("/calls", "callee=%2B4930555077&usual=true&action_id="+strings.Repeat("m", 20))
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/starting/") {
		t.Errorf("called back: %d %s", w.Code, w.Body)
	}
}
