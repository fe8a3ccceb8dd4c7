package switchboard

import (
	"context"
	"fmt"
	"testing"
	"time"

	"callboard/sipgate"
)

// makeCalls returns n calls with ids as long as real ones.
func makeCalls(n int) []sipgate.Call {
	calls := make([]sipgate.Call, n)
	for i := range calls {
		calls[i] = sipgate.Call{
			ID: sipgate.CallID(fmt.Sprintf("54566B%0100X", i)), Hold: i%3 == 0,
			Participants: []sipgate.Participant{
				{ID: fmt.Sprintf("p%040X", i), Number: fmt.Sprintf("49157%08d", i)},
				{ID: fmt.Sprintf("q%040X", i), Number: fmt.Sprintf("49211%07d", i), Owner: true},
			},
		}
	}
	return calls
}

// fixedAPI is an API that returns the given lists in turn.
type fixedAPI struct {
	API
	lists []sipgate.CallList
	n     int
}

func (f *fixedAPI) Calls(context.Context) (sipgate.CallList, error) {
	f.n++
	return f.lists[f.n%len(f.lists)], nil
}

// BenchmarkPoll measures lists of 1,000 calls: one without a change (at most 1
// % of decoding it), and applying one with a single change (at most 5 % of
// decoding it).
func BenchmarkPoll(b *testing.B) {
	calls := makeCalls(1000)
	list := encode(calls)
	changed := makeCalls(1000)
	changed[500].Hold = !changed[500].Hold
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := list.Calls(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		board := New(Options{})
		// Equal content in different memory, as from a connection.
		board.Join(Member{ID: "w0", API: &fixedAPI{lists: []sipgate.CallList{list, encode(calls)}}})
		for range 3 {
			board.Poll(b.Context())
		}
		for b.Loop() {
			board.Poll(b.Context())
		}
	})
	b.Run("diff", func(b *testing.B) {
		board := New(Options{})
		board.Join(Member{ID: "w0", API: &fixedAPI{lists: []sipgate.CallList{list}}})
		board.Poll(b.Context())
		decoded := [2][]sipgate.Call{}
		decoded[0], _, _ = list.Calls()
		decoded[1], _, _ = encode(changed).Calls()
		_, sub := board.Subscribe()
		defer sub.Close()
		n := 0
		for b.Loop() {
			n++
			board.applyListNow("w0", decoded[n%2])
			<-sub.Changes()
		}
	})
	b.Run("whole changed poll", func(b *testing.B) {
		board := New(Options{})
		board.Join(Member{ID: "w0", API: &fixedAPI{lists: []sipgate.CallList{list, encode(changed)}}})
		for b.Loop() {
			board.Poll(b.Context())
		}
	})
}

// BenchmarkObserve measures push events on a board of 100 calls: those of a
// call that rings, is answered and ends.
func BenchmarkObserve(b *testing.B) {
	var board *Board
	for n := 0; b.Loop(); n++ {
		if n%50 == 0 {
			b.StopTimer()
			board = New(Options{})
			for i := range 100 {
				board.Observe(newCall(sipgate.CallID(fmt.Sprint("K", i)), sipgate.Incoming, fmt.Sprint(4915790000000+i), doc, "Doc"))
			}
			b.StartTimer()
		}
		e := newCall(sipgate.CallID(fmt.Sprint("A", n)), sipgate.Incoming, jennifer, doc, "Doc")
		board.Observe(e)
		board.Observe(answer(e, "Doc"))
		board.Observe(hangup(e, "normalClearing"))
	}
}

// applyListNow applies a decoded list.
func (b *Board) applyListNow(id MemberID, calls []sipgate.Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.applyList(b.members[id], calls, b.tick(), now)
	b.flush(now)
}
