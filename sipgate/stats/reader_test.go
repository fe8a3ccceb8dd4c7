package stats

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// A fakeSource has a history with one call per second, some of them archived, and
// records its requests.
type fakeSource struct {
	calls, archived int
	slow            time.Duration
	fail            error

	mu    sync.Mutex
	asked []time.Time
	busy  int // requests under way
	most  int // requests at the same time
}

func (s *fakeSource) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, time.Now())
	s.busy++
	s.most = max(s.most, s.busy)
}

func (s *fakeSource) maxAtOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

func (s *fakeSource) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
}

func (s *fakeSource) History(ctx context.Context, q sipgate.HistoryQuery) (sipgate.HistoryPage, error) {
	s.begin()
	defer s.end()
	select {
	case <-time.After(s.slow):
	case <-ctx.Done():
		return sipgate.HistoryPage{}, ctx.Err()
	}
	if s.fail != nil {
		return sipgate.HistoryPage{}, s.fail
	}
	total, name := s.calls, "call"
	if q.Archived {
		total, name = s.archived, "archived"
	}
	page := sipgate.HistoryPage{Total: total}
	for i := q.Offset; i < min(total, q.Offset+q.Limit); i++ {
		page.Items = append(page.Items, sipgate.HistoryEntry{ID: fmt.Sprint(name, i), Type: "CALL", Direction: "INCOMING", Created: q.From.Add(time.Duration(i) * time.Second)})
	}
	return page, nil
}

// everyTwoSeconds returns a budget of one request every two seconds, for all
// accounts together.
func everyTwoSeconds() Reserve {
	var mu sync.Mutex
	var next time.Time
	return func(ctx context.Context, _ string) error {
		mu.Lock()
		at := next
		if now := time.Now(); at.Before(now) {
			at = now
		}
		next = at.Add(2 * time.Second)
		mu.Unlock()
		select {
		case <-time.After(time.Until(at)):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// checkInterval fails if requests overlap or follow each other too fast.
func (s *fakeSource) checkInterval(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 1; i < len(s.asked); i++ {
		if gap := s.asked[i].Sub(s.asked[i-1]); gap < 2*time.Second {
			t.Errorf("request %d follows after %v", i, gap)
		}
	}
	if s.most > 1 {
		t.Errorf("%d requests at the same time", s.most)
	}
}

func (s *fakeSource) sources() []Source { return []Source{s} }

func (s *fakeSource) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// A hundred callers of three spans cost two requests for each span, two seconds
// apart, and none within the next minute.
func TestReadsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := NewReader(everyTwoSeconds(), nil), &fakeSource{calls: 30, archived: 12, slow: 300 * time.Millisecond}
		time.Sleep(time.Hour) // yesterday ended an hour ago
		now := time.Now()
		spans := []Span{Day(now), Day(now.AddDate(0, 0, -1)), Days(now, 7)}
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				got := r.Read(t.Context(), "1", spans[i%3], s.sources)
				if got.Total.Sum() != 42 || !got.Complete() || got.Fetched != 42 || got.Available != 42 || got.Loading || got.Err != nil {
					t.Errorf("read %+v: %d of %d, %v", got.Total, got.Fetched, got.Available, got.Err)
				}
			})
		}
		all.Wait()
		if s.count() != 6 {
			t.Errorf("%d requests", s.count())
		}
		s.checkInterval(t)
		time.Sleep(currentMaxAge - 11*time.Second)
		for range 100 {
			r.Read(t.Context(), "1", spans[0], s.sources)
		}
		if s.count() != 6 {
			t.Errorf("%d requests within a minute", s.count())
		}
		time.Sleep(currentMaxAge)
		for range 3 {
			r.Read(t.Context(), "1", spans[0], s.sources)
			r.Read(t.Context(), "1", spans[1], s.sources) // ended, and read since
		}
		if s.count() != 8 {
			t.Errorf("%d requests after a minute", s.count())
		}
		r.Close()
	})
}

// A span with too many entries is read in five requests and reported as incomplete.
func TestLargeSpansAreIncomplete(t *testing.T) {
	for _, test := range []struct {
		calls, archived, have, of, asked int
		complete                         bool
	}{
		{0, 0, 0, 0, 2, true},
		{1000, 0, 1000, 1000, 2, true},
		{1001, 3, 1004, 1004, 3, true},
		{3999, 1000, 4999, 4999, 5, true},
		{5000, 1, 5000, 5000, 5, false}, // the archive is not reached
		{6340, 0, 5000, 6340, 5, false},
		{2500, 2500, 4500, 5000, 5, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, s := NewReader(everyTwoSeconds(), nil), &fakeSource{calls: test.calls, archived: test.archived}
			got := r.Read(t.Context(), "1", Day(time.Now()), s.sources)
			if got.Fetched != test.have || got.Available != test.of || got.Complete() != test.complete || got.Total.Sum() != test.have || s.count() != test.asked {
				t.Errorf("%+v: %d of %d, complete %v, counted %d, %d requests", test, got.Fetched, got.Available, got.Complete(), got.Total.Sum(), s.count())
			}
			s.checkInterval(t)
			r.Close()
		})
	}
}

// A caller waits no longer than its context, a failed read keeps the last report,
// and the next source is used if sipgate refuses the first.
func TestWaitingAndFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := NewReader(everyTwoSeconds(), nil), &fakeSource{calls: 7, slow: 10 * time.Second}
		span := Day(time.Now())
		short, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		begun := time.Now()
		if got := r.Read(short, "1", span, s.sources); got.Known || !got.Loading || time.Since(begun) != 4*time.Second {
			t.Errorf("%+v after %v", got, time.Since(begun))
		}
		if got := r.Read(t.Context(), "1", span, s.sources); !got.Known || got.Total.Sum() != 7 || s.count() != 2 {
			t.Errorf("%+v after %d requests", got.Total, s.count())
		}
		asOf := r.Read(t.Context(), "1", span, s.sources).AsOf

		s.fail, s.slow = &sipgate.Error{Kind: sipgate.Throttled}, 0
		time.Sleep(2 * currentMaxAge)
		got := r.Read(t.Context(), "1", span, s.sources)
		if got.Total.Sum() != 7 || !got.AsOf.Equal(asOf) || sipgate.KindOf(got.Err) != sipgate.Throttled {
			t.Errorf("after a failure: %+v of %v, %v", got.Total, got.AsOf, got.Err)
		}
		if r.Read(t.Context(), "1", span, s.sources); s.count() != 3 {
			t.Errorf("%d requests: retried at once", s.count())
		}
		time.Sleep(retryDelay)
		s.fail = &sipgate.Error{Kind: sipgate.Forbidden}
		other := &fakeSource{calls: 9}
		got = r.Read(t.Context(), "1", span, func() []Source { return []Source{s, other} })
		if got.Total.Sum() != 9 || got.Err != nil || other.count() != 2 {
			t.Errorf("through the next source: %+v, %v", got.Total, got.Err)
		}
		if got := r.Read(t.Context(), "2", span, func() []Source { return nil }); got.Err != ErrNoSource {
			t.Errorf("without a source: %v", got.Err)
		}
		r.Close()
		if got := r.Read(t.Context(), "3", span, other.sources); got.Known || got.Loading {
			t.Error("read after Close")
		}
	})
}

// The number of cached spans is bounded.
func TestOldSpansAreEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := NewReader(everyTwoSeconds(), nil), &fakeSource{}
		for i := range 50 {
			r.Read(t.Context(), "1", Day(time.Now().AddDate(0, 0, -i)), s.sources)
		}
		if n := r.accounts["1"].spans.Len(); n > maxSpans {
			t.Errorf("%d cached spans", n)
		}
		r.Close()
	})
}
