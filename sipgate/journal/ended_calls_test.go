package journal

import (
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// The calls that ended since a time come in the order of their ends, as the board had
// them last; those that go on, ended before or are of another account do not.
func TestEndedCallsSinceATime(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours, "w0")
		end := func(id sipgate.CallID, answered bool) {
			e := newCall(id, sipgate.Incoming, jennifer, doc, "Doc")
			x.observe(e)
			if answered {
				x.observe(answer(e, "Doc"))
			}
			x.observe(hangup(e, "cancel"))
			x.poll()
		}
		end("A", true)
		time.Sleep(time.Minute)
		later := time.Now()
		end("B", false)
		end("C", true)
		x.observe(newCall("D", sipgate.Incoming, jennifer, doc, "Doc"))
		x.poll()
		ended, err := j.EndedSince(t.Context(), ours, later)
		if err != nil || len(ended) != 2 || ended[0].CallID != "B" || ended[1].CallID != "C" {
			t.Fatalf("%+v, %v", ended, err)
		}
		for i, was := range []switchboard.Phase{switchboard.Ringing, switchboard.Connected} {
			if c := ended[i]; c.ID == "" || c.PreviousPhase != was || c.Direction != sipgate.Incoming || c.Remote.Number == "" {
				t.Errorf("%+v", c)
			}
		}
		if none, err := j.EndedSince(t.Context(), "another", time.Time{}); len(none) != 0 || err != nil {
			t.Errorf("of another account: %+v, %v", none, err)
		}
		if all, err := j.EndedSince(t.Context(), ours, time.Time{}); len(all) != 3 || err != nil {
			t.Errorf("of all times: %+v, %v", all, err)
		}
	})
}
