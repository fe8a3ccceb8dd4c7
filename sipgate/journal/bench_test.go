package journal

import (
	"fmt"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// BenchmarkFollow takes over changes of 100 calls and writes them in bursts of
// 100.
func BenchmarkFollow(b *testing.B) {
	j := newJournal(b, openDB(b, tempFile(b)))
	f := &follower{
		journal: j, account: j.account(ours), board: deaf{},
		lines: map[switchboard.RowID]*line{}, merged: map[switchboard.RowID][]*line{}, unwritten: map[switchboard.RowID]bool{},
	}
	n := 0
	for b.Loop() {
		c := call(switchboard.Talking, 5)
		c.ID, c.Upstream = switchboard.RowID(fmt.Sprint("row", n%100)), sipgate.CallID(fmt.Sprint("C", n%100))
		c.Hold.On = n/100%2 == 0
		if err := f.seen(b.Context(), *c); err != nil {
			b.Fatal(err)
		}
		if n++; n%100 == 0 {
			if err := f.write(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkRowOf is what a board waits for, under its lock.
func BenchmarkRowOf(b *testing.B) {
	j := newJournal(b, openDB(b, tempFile(b)))
	for i := range mostCalls {
		j.account(ours).sight(sipgate.CallID(fmt.Sprint("C", i)), "row", time.Now())
	}
	rowOf := j.RowOf(ours)
	for b.Loop() {
		rowOf("C77")
	}
}
