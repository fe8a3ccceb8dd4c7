package stats

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// A listSource is a colleague of a team whose board is open: it counts the lists of
// calls.
type listSource struct {
	switchboard.API // commands, which nobody gives
	fakeSource
	lists atomic.Int32
}

func (s *listSource) Calls(context.Context) (sipgate.CallList, error) {
	s.lists.Add(1)
	return sipgate.CallList(`{"data":[]}`), nil
}

// However much of the history is counted while somebody looks at the board, sipgate
// is asked no more often than for a board alone, and the board still gets its lists.
func TestStatisticsAndListsShareTheAccountsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		boards := switchboard.NewBoards(func(string) *switchboard.Board { return switchboard.New(switchboard.Options{}) })
		defer boards.Close()
		s := &listSource{fakeSource: fakeSource{calls: 6000}}
		board := boards.Board("1")
		board.Join(switchboard.Member{ID: "w0", API: s})
		_, sub := board.Subscribe()
		defer sub.Close()
		r := NewReader(boards.Reserve, nil)
		defer r.Close()
		time.Sleep(10 * time.Second)
		before, begun := s.lists.Load(), time.Now()
		for _, span := range []Span{Day(time.Now()), Days(time.Now(), 7)} {
			if got := r.Read(t.Context(), "1", span, func() []Source { return []Source{s} }); got.Fetched != maxPages*pageSize || got.Err != nil {
				t.Errorf("read %d entries, %v", got.Fetched, got.Err)
			}
		}
		lists, took := int(s.lists.Load()-before), time.Since(begun).Seconds()
		if rate := float64(s.count()+lists-2) / took; rate > 0.55 || s.count() != 2*maxPages || lists < maxPages {
			t.Errorf("%d requests and %d lists in %.0f s", s.count(), lists, took)
		}
	})
}
