package views

import (
	"strings"
	"testing"
	"time"
)

// The tray shows whom to call back, and what others have done about it; without
// anybody it takes no room.
func TestTrayOfMissedCalls(t *testing.T) {
	now := time.Date(2026, 11, 29, 13, 40, 0, 0, time.UTC)
	p := Page{Lang: English, Now: now}
	lenz := CallBackTask{ID: "a", Title: "Frau Lenz", Number: "+49 30 23125271", At: now.Add(-12 * time.Minute), Calls: 2, For: "Support", Callee: "+493023125271", ActionID: "x"}
	done := CallBackTask{ID: "b", Title: "+49 40 66969158", Number: "+49 40 66969158", At: now.Add(-time.Hour), Calls: 1, Callee: "+494066969158", Done: CallBackNote{At: now, By: "Jonas"}}
	page := html(t, CallBackTray(p, []CallBackTask{lenz, done}))
	for _, want := range []string{"1 missed", "Frau Lenz", "2 calls", "+49 30 23125271 · <time", "12 min ago</time> · Support", `value="+493023125271"`, "called back by Jonas, <time", ">13:40</time>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the tray has no %q: %s", want, page)
		}
	}
	if strings.Contains(page, `value="+494066969158"`) || strings.Count(page, `name="usual"`) != 2 {
		t.Errorf("who was called back can be called: %s", page)
	}
	for _, tasks := range [][]CallBackTask{nil, {done}} {
		if page := html(t, CallBackTray(p, tasks)); !strings.Contains(page, `id="missed" hidden`) {
			t.Errorf("a tray without anybody to call takes room: %s", page)
		}
	}
	lenz.Callee, lenz.Tried = "", CallBackNote{At: now, By: "Jonas"}
	if page := html(t, CallBackTray(p, []CallBackTask{lenz})); strings.Contains(page, "<form") || !strings.Contains(page, "Jonas got no answer, <time") {
		t.Errorf("for a viewer: %s", page)
	}
}
