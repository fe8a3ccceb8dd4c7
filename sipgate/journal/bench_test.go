package journal

import (
	"fmt"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// BenchmarkFollow updates 100 rows and flushes after every 100 updates.
func BenchmarkFollow(b *testing.B) {
	j := newJournal(b, openDB(b, tempFile(b)))
	f := &follower{
		journal: j, account: j.state(ours), board: subscribeOnly{},
		rows: map[switchboard.RowID]*trackedRow{}, merged: map[switchboard.RowID][]*trackedRow{}, dirty: map[switchboard.RowID]bool{},
	}
	n := 0
	for b.Loop() {
		c := call(switchboard.Connected, 5)
		c.ID, c.CallID = switchboard.RowID(fmt.Sprint("row", n%100)), sipgate.CallID(fmt.Sprint("C", n%100))
		c.Hold.On = n/100%2 == 0
		if err := f.update(b.Context(), *c); err != nil {
			b.Fatal(err)
		}
		if n++; n%100 == 0 {
			if err := f.flush(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkRowLookup measures what a board calls under its lock.
func BenchmarkRowLookup(b *testing.B) {
	j := newJournal(b, openDB(b, tempFile(b)))
	for i := range maxCachedCalls {
		j.state(ours).cacheRow(sipgate.CallID(fmt.Sprint("C", i)), "row", time.Now())
	}
	lookup := j.RowLookup(ours)
	for b.Loop() {
		lookup("C77")
	}
}
