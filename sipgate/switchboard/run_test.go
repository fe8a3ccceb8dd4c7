package switchboard

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// panickingAPI panics instead of listing.
type panickingAPI struct{ API }

func (panickingAPI) Calls(context.Context) (sipgate.CallList, error) { panic("in the test") }

// After a panic the board starts a new epoch within a second.
func TestPanicStartsNewEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.add("A", jennifer, doc)
		b := runningBoard(t, u, "w0")
		s, sub := b.Subscribe()
		time.Sleep(time.Second)
		m := u.member("w0")
		b.Join(Member{ID: "w0", API: panickingAPI{m.API}})
		synctest.Wait()
		b.Join(m)
		for range sub.Changes() {
		}
		u.add("B", stranger, doc)
		time.Sleep(panicPause)
		synctest.Wait()
		if got := b.Snapshot(); got.Epoch == s.Epoch || len(got.Calls) != 2 {
			t.Errorf("snapshot %+v", got)
		}
	})
}
