package callhistory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// scriptedSipgate is a sipgate with so many entries, each a minute older than the
// one before, and no calls. It notes when it is asked.
type scriptedSipgate struct {
	entries int
	delay   time.Duration // of each answer about the history

	mu             sync.Mutex
	lists, history []time.Time // requests
	newest         time.Time
	fail           int // the request about the history that fails, counted from 1
}

func (s *scriptedSipgate) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/calls") {
		time.Sleep(s.delay)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/calls") {
		s.lists = append(s.lists, time.Now())
		return answer(r, 200, `{"data":[]}`), nil
	}
	s.history = append(s.history, time.Now())
	if len(s.history) == s.fail {
		return answer(r, 500, `{}`), nil
	}
	q := r.URL.Query()
	var offset, limit int
	fmt.Sscan(q.Get("offset"), &offset)
	fmt.Sscan(q.Get("limit"), &limit)
	var items []string
	for i := offset; i < min(offset+limit, s.entries); i++ {
		items = append(items, fmt.Sprintf(`{"id":"%d","type":"CALL","direction":"INCOMING","created":"%s"}`, i,
			s.newest.Add(-time.Duration(i)*time.Minute).Format(time.RFC3339)))
	}
	return answer(r, 200, fmt.Sprintf(`{"items":[%s],"totalCount":%d}`, strings.Join(items, ","), s.entries)), nil
}

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Request: r, Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Type": {"application/json"}}, ProtoMajor: 1, ProtoMinor: 1}
}

// exportFixture calls f in a bubble with a History of a scripted sipgate, a lead,
// and the board of the lead's account.
func exportFixture(t *testing.T, s *scriptedSipgate, f func(*testing.T, *History, team.Member, *switchboard.Board)) {
	synctest.Test(t, func(t *testing.T) {
		s.newest = time.Now()
		client := &sipgate.Client{Base: &url.URL{Scheme: "https", Host: "sipgate.test", Path: "/v2/"}, HTTP: &http.Client{Transport: s}, Auth: sipgate.Bearer("x")}
		boards := switchboard.NewBoards(func(string) *switchboard.Board { return switchboard.New(switchboard.Options{}) })
		defer boards.Close()
		h := New(Options{Log: slog.New(slog.DiscardHandler), Boards: boards, Private: &team.PrivateNames{},
			Client: func(team.MemberID) *sipgate.Client { return client }})
		board := boards.Board("1")
		board.Join(switchboard.Member{ID: "w0", API: client})
		f(t, h, team.Member{MemberID: team.MemberID{Account: "1", User: "w0"}, Role: team.Lead}, board)
	})
}

// A table has all entries if there are not too many, each once.
func TestExportOfAShortHistoryIsComplete(t *testing.T) {
	for _, entries := range []int{0, 1, 250, 251, 1000} {
		s := &scriptedSipgate{entries: entries}
		exportFixture(t, s, func(t *testing.T, h *History, m team.Member, _ *switchboard.Board) {
			ids := map[string]bool{}
			cut, err := h.Export(t.Context(), m, Filter{}, func(e sipgate.HistoryEntry) bool {
				ids[e.ID] = true
				return true
			})
			if err != nil || !cut.IsZero() || len(ids) != entries || len(s.history) > 1+entries/200 {
				t.Errorf("%d entries: %d in %d requests, cut %v, %v", entries, len(ids), len(s.history), cut, err)
			}
		})
	}
}

// A long history costs a bounded number of requests in a bounded time, at a rate
// that the board's lists share, and the table says where it was cut.
func TestExportOfALongHistoryIsCutAndSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		watched bool
		delay   time.Duration
	}{"nobody watches": {}, "somebody watches": {watched: true}, "slow answers": {delay: 9 * time.Second}} {
		s := &scriptedSipgate{entries: 1_000_000, delay: c.delay}
		exportFixture(t, s, func(t *testing.T, h *History, m team.Member, board *switchboard.Board) {
			if c.watched {
				_, sub := board.Subscribe()
				defer sub.Close()
				time.Sleep(10 * time.Second)
			}
			begun, n := time.Now(), 0
			s.mu.Lock()
			before := len(s.lists)
			s.mu.Unlock()
			var oldest time.Time
			cut, err := h.Export(t.Context(), m, Filter{}, func(e sipgate.HistoryEntry) bool {
				n, oldest = n+1, e.Created
				return true
			})
			took := time.Since(begun)
			s.mu.Lock()
			defer s.mu.Unlock()
			requests := len(s.history)
			if err != nil || cut.IsZero() || cut.After(oldest) || oldest.Sub(cut) > time.Hour || n < requests*exportPage/2 {
				t.Errorf("%s: %d entries in %d requests, cut %v, oldest %v, %v", name, n, requests, cut, oldest, err)
			}
			if took > exportTime+c.delay || requests > maxExportPages || requests < 5 {
				t.Errorf("%s: %d requests in %v", name, requests, took)
			}
			lists := s.lists[before:]
			if rate := float64(requests+len(lists)-2) / took.Seconds(); c.delay == 0 && rate > 0.6 {
				t.Errorf("%s: %.2f requests a second", name, rate)
			}
			if !c.watched {
				return
			}
			if len(lists) < 5 {
				t.Errorf("%s: only %d lists in %v", name, len(lists), took)
			}
			for i := 1; i < len(lists); i++ {
				if gap := lists[i].Sub(lists[i-1]); gap > 5*time.Second {
					t.Errorf("%s: no list for %v", name, gap)
				}
			}
		})
	}
}

// One table of an account is made at a time; one whose reader leaves, or that
// fails, makes room for the next. Other accounts are not concerned.
func TestOneExportOfAnAccountAtATime(t *testing.T) {
	s := &scriptedSipgate{entries: 10_000, fail: 2}
	exportFixture(t, s, func(t *testing.T, h *History, m team.Member, _ *switchboard.Board) {
		all := func(sipgate.HistoryEntry) bool { return true }
		other := m
		other.Account = "2"
		n := 0
		_, err := h.Export(t.Context(), m, Filter{}, func(sipgate.HistoryEntry) bool {
			if n++; n == 1 {
				if _, err := h.Export(t.Context(), m, Filter{}, all); !errors.Is(err, ErrExporting) {
					t.Errorf("a second one: %v", err)
				}
				if _, err := h.Export(t.Context(), other, Filter{}, func(sipgate.HistoryEntry) bool { return false }); err == nil {
					t.Error("the request of the other account did not fail as scripted")
				}
			}
			return n < 3
		})
		if err != nil || n != 3 {
			t.Errorf("%d entries, %v", n, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err = h.Export(ctx, m, Filter{}, func(sipgate.HistoryEntry) bool {
			cancel()
			return true
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("of a reader who left: %v", err)
		}
		s.mu.Lock()
		s.fail = len(s.history) + 1
		s.mu.Unlock()
		if _, err := h.Export(t.Context(), m, Filter{}, all); sipgate.KindOf(err) != sipgate.Unavailable {
			t.Errorf("of a sipgate that fails: %v", err)
		}
		if _, err := h.Export(t.Context(), m, Filter{}, all); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
