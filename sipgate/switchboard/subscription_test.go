package switchboard

import (
	"context"
	"sync"
	"testing"

	"callboard/sipgate"
)

// With many commands of many members on few calls, all subscribers, whenever
// they subscribe, see the same state at the same sequence number, without
// gaps.
func TestSubscribersAgree(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0", "w1", "w2")
	for i := range 8 {
		u.add(sipgate.CallID("C"+string(rune('0'+i))), jennifer, doc)
	}
	pollAll(t, b)
	ids := wantCalls(t, b, 8)
	stop := make(chan struct{})
	var busy, watching sync.WaitGroup
	for w := range 4 {
		busy.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				b.Execute(context.Background(), Command{By: MemberID("w" + string(rune('0'+i%3))), Call: ids[(i*7+w)%8].ID, Action: Hold{i%2 == 0}})
				if i%5 == w {
					b.Poll(context.Background())
				}
			}
		})
	}
	pictures := make(chan map[uint64]string, 64)
	for n := range 32 {
		watching.Go(func() { pictures <- followChanges(t, b, 30+n) })
	}
	watching.Wait()
	close(stop)
	busy.Wait()
	close(pictures)
	all := map[uint64]string{}
	for p := range pictures {
		for seq, s := range p {
			if other, ok := all[seq]; ok && other != s {
				t.Fatalf("two subscribers at %d disagree:%s\nand%s", seq, s, other)
			}
			all[seq] = s
		}
	}
}

// followChanges follows n changes and returns the resulting description of the
// board by sequence number.
func followChanges(t *testing.T, b *Board, n int) map[uint64]string {
	s, sub := b.Subscribe()
	defer sub.Close()
	f := follow(s)
	for range n {
		c, ok := <-sub.Changes()
		if !ok {
			return nil
		}
		if err := f.apply(c); err != nil {
			t.Error(err)
		}
	}
	return map[uint64]string{f.seq: f.describe()}
}

func TestSlowSubscriberIsDropped(t *testing.T) {
	_, b, row := establishedCall(t)
	_, slow := b.Subscribe()
	_, quick := b.Subscribe()
	for i := range subscriptionBuffer {
		b.Execute(t.Context(), hold(row, i%2 == 0))
		for range 2 {
			if _, ok := <-quick.Changes(); !ok {
				t.Fatal("the quick subscriber was dropped")
			}
		}
	}
	n := 0
	for range slow.Changes() {
		n++
	}
	if n != subscriptionBuffer {
		t.Errorf("the slow subscriber received %d changes", n)
	}
	slow.Close() // a second time: no panic
	s, again := b.Subscribe()
	if err := follow(s).compare(b.Snapshot()); err != nil {
		t.Error(err)
	}
	again.Close()
	quick.Close()
}
