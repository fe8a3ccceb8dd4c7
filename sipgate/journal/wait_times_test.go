package journal

import (
	"testing"
	"time"

	"callboard/sipgate"
)

// The longest wait is that of an incoming call that was seen ringing from its start and
// no longer rings. Each event takes three seconds.
func TestWaitTimes(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		begun := time.Now()
		x := openBoard(t, j, ours, "w0")
		ringing := func(id sipgate.CallID, d sipgate.Direction, wait time.Duration, end func(e sipgate.Event) sipgate.Event) {
			e := newCall(id, d, jennifer, doc, "Doc")
			if d == sipgate.Outgoing {
				e = newCall(id, d, doc, jennifer, "Doc")
			}
			x.observe(e)
			time.Sleep(wait)
			if end != nil {
				x.observe(end(e))
				time.Sleep(time.Second)
				x.observe(hangup(e, "normalClearing"))
			}
		}
		answered := func(e sipgate.Event) sipgate.Event { return answer(e, "Doc") }
		ringing("A", sipgate.Incoming, 7*time.Second, answered)
		ringing("B", sipgate.Incoming, 19*time.Second, func(e sipgate.Event) sipgate.Event { return hangup(e, "cancel") })
		ringing("C", sipgate.Outgoing, 40*time.Second, answered)
		x.add("D", jennifer, doc) // connected when it is seen first
		x.poll()
		x.remove("D")
		x.poll()
		later := time.Now()
		ringing("E", sipgate.Incoming, 3*time.Second, answered)
		ringing("F", sipgate.Incoming, time.Minute, nil) // still rings
		x.poll()
		for since, want := range map[time.Time]WaitTimes{begun: {3, 22 * time.Second}, later: {1, 6 * time.Second}, time.Now(): {}} {
			if got, err := j.WaitTimes(t.Context(), ours, since); got != want || err != nil {
				t.Errorf("since %v: %+v, want %+v, %v", since, got, want, err)
			}
		}
		// They come from the timelines: no stored call is decoded for them.
		if _, err := j.db.Exec(`update journal_rows set state = 'no call'`); err != nil {
			t.Fatal(err)
		}
		if got, err := j.WaitTimes(t.Context(), ours, begun); got != (WaitTimes{3, 22 * time.Second}) || err != nil {
			t.Errorf("without the calls: %+v, %v", got, err)
		}
		if got, err := j.WaitTimes(t.Context(), theirs, begun); got != (WaitTimes{}) || err != nil {
			t.Errorf("another account: %+v, %v", got, err)
		}
	})
}
