package stats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// A scripted is a source with one answer for each request, and then an empty one.
type scripted struct {
	answers []func() (sipgate.HistoryPage, error)
	asked   int
}

func (s *scripted) History(_ context.Context, q sipgate.HistoryQuery) (sipgate.HistoryPage, error) {
	s.asked++
	if s.asked > len(s.answers) {
		return sipgate.HistoryPage{}, nil
	}
	return s.answers[s.asked-1]()
}

func (s *scripted) sources() []Source { return []Source{s} }

// answer returns an answer with entries of some ids.
func answer(total int, ids ...string) func() (sipgate.HistoryPage, error) {
	return func() (sipgate.HistoryPage, error) {
		page := sipgate.HistoryPage{Total: total}
		for _, id := range ids {
			page.Items = append(page.Items, sipgate.HistoryEntry{ID: id, Type: "CALL", Direction: "INCOMING", Created: time.Now()})
		}
		return page, nil
	}
}

// Entries that move from one page to the next are counted once, and a page without
// entries ends a list that should have more: the report says that some are missing.
func TestMissingEntriesAreReported(t *testing.T) {
	for name, test := range map[string]struct {
		answers                   []func() (sipgate.HistoryPage, error)
		asked, fetched, available int
		complete                  bool
	}{
		"all":                 {[]func() (sipgate.HistoryPage, error){answer(2, "1", "2")}, 2, 2, 2, true},
		"two pages":           {[]func() (sipgate.HistoryPage, error){answer(3, "1", "2"), answer(3, "3")}, 3, 3, 3, true},
		"one moved":           {[]func() (sipgate.HistoryPage, error){answer(3, "1", "2"), answer(3, "2")}, 3, 2, 3, false},
		"without ids":         {[]func() (sipgate.HistoryPage, error){answer(3, "", ""), answer(3, "")}, 3, 3, 3, true},
		"the second is empty": {[]func() (sipgate.HistoryPage, error){answer(3, "1", "2"), answer(3)}, 3, 2, 3, false},
		"also archived":       {[]func() (sipgate.HistoryPage, error){answer(1, "1"), answer(2, "2", "3")}, 2, 3, 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, s := NewReader(everyTwoSeconds(), nil), &scripted{answers: test.answers}
				defer r.Close()
				got := r.Read(t.Context(), "1", Day(time.Now()), s.sources)
				if s.asked != test.asked || got.Fetched != test.fetched || got.Available != test.available || got.Complete() != test.complete || got.Total.Sum() != test.fetched {
					t.Errorf("%d requests: %d of %d, complete %v, counted %d", s.asked, got.Fetched, got.Available, got.Complete(), got.Total.Sum())
				}
			})
		})
	}
	for _, r := range []Report{{}, {Fetched: 1, Available: 1}, {Known: true, Partial: true, Fetched: 1, Available: 1}, {Known: true, Available: 1}} {
		if r.Complete() {
			t.Errorf("%+v is complete", r)
		}
	}
	if !(Report{Known: true, Fetched: 2, Available: 1}).Complete() {
		t.Error("more than there should be is not complete")
	}
}

// A source is followed by the next one only if sipgate refuses it: what fails for all
// is not tried with each.
func TestOnlyRefusalsGoToTheNextSource(t *testing.T) {
	for kind, want := range map[sipgate.Kind]int{
		sipgate.Unauthorized: 2, sipgate.Forbidden: 2, sipgate.Throttled: 0, sipgate.Unavailable: 0, sipgate.Other: 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			r, next := NewReader(everyTwoSeconds(), nil), &fakeSource{calls: 1}
			defer r.Close()
			failing := &fakeSource{fail: &sipgate.Error{Kind: kind}}
			got := r.Read(t.Context(), "1", Day(time.Now()), func() []Source { return []Source{failing, next} })
			if next.count() != want || (got.Err == nil) != (want > 0) || got.Known != (want > 0) {
				t.Errorf("%v: %d requests of the next one, %v", kind, next.count(), got.Err)
			}
		})
	}
}

// A failure is logged each time that it happens, but not that nobody is signed in, nor
// the end of the program.
func TestFailedReadsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := NewReader(everyTwoSeconds(), slog.New(slog.NewTextHandler(&log, nil)))
		span := Day(time.Now())
		s := &fakeSource{}
		r.Read(t.Context(), "1", span, s.sources)
		r.Read(t.Context(), "2", span, func() []Source { return nil })
		if log.Len() > 0 {
			t.Errorf("logged:\n%s", log.String())
		}
		failing := &fakeSource{fail: errors.New("no route")}
		r.Read(t.Context(), "3", span, failing.sources)
		if n := strings.Count(log.String(), "no route"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, log.String())
		}
		log.Reset()
		endless := &fakeSource{slow: time.Hour}
		done, cancel := context.WithCancel(t.Context())
		cancel()
		begun := time.Now()
		if got := r.Read(done, "4", span, endless.sources); !got.Loading || got.Known {
			t.Errorf("without waiting: %+v", got)
		}
		synctest.Wait()
		r.Close()
		if time.Since(begun) != 0 || log.Len() > 0 {
			t.Errorf("closed after %v, logged:\n%s", time.Since(begun), log.String())
		}
	})
}

// A read that takes too long is given up, and the next one is not held up by it.
func TestSlowReadsAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, slow := NewReader(everyTwoSeconds(), nil), &fakeSource{slow: 10 * time.Minute}
		defer r.Close()
		begun := time.Now()
		got := r.Read(t.Context(), "1", Day(time.Now()), slow.sources)
		if took := time.Since(begun); took != readTimeout || !errors.Is(got.Err, context.DeadlineExceeded) || got.Loading {
			t.Errorf("after %v: %+v", took, got)
		}
		// Two spans of an account take turns: the second is given up while it waits.
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		time.Sleep(retryDelay)
		r.Read(short, "1", Day(time.Now()), slow.sources)
		got = r.Read(t.Context(), "1", Days(time.Now(), 7), slow.sources)
		if most := slow.maxAtOnce(); !errors.Is(got.Err, context.DeadlineExceeded) || most > 1 {
			t.Errorf("%v, %d requests at the same time", got.Err, most)
		}
	})
}

// A report of today is read again after a minute, one of a day that has ended after ten,
// unless it was read before or just after that day's end, when calls may be missing.
func TestReportsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(12 * time.Hour)
		r, s := NewReader(everyTwoSeconds(), nil), &fakeSource{}
		defer r.Close()
		today := Day(time.Now())
		midnight := today.To()
		for _, step := range []struct {
			at   time.Time
			read bool
		}{
			{midnight.Add(-2 * time.Minute), true},
			{midnight.Add(-61 * time.Second), false},
			{midnight.Add(-30 * time.Second), true},
			{midnight.Add(20 * time.Second), false},
			{midnight.Add(40 * time.Second), true},
			{midnight.Add(110 * time.Second), true}, // now it is a day that has ended
			{midnight.Add(11 * time.Minute), false},
			{midnight.Add(12 * time.Minute), true},
			{midnight.Add(21 * time.Minute), false},
		} {
			time.Sleep(time.Until(step.at))
			before := s.count()
			r.Read(t.Context(), "1", today, s.sources)
			if read := s.count() > before; read != step.read {
				t.Errorf("%v after midnight: read %v", step.at.Sub(midnight), read)
			}
		}
	})
}

// Whose call it was depends on who answered or, if nobody did, on whom it rang.
func TestWhoseCallsTheyWere(t *testing.T) {
	type entry = sipgate.HistoryEntry
	owners := map[string]sipgate.UserID{"e0": "w0", "e1": "w1", "p0": "w0", "p9": ""}
	for name, test := range map[string]struct {
		e       entry
		want    string // user ids and kinds
		unowned int
	}{
		"answered by one of two":      {entry{Direction: "INCOMING", Endpoints: []string{"w0", "w1"}, AnsweredBy: []string{"e1"}}, "w1:0", 0},
		"by two devices of one":       {entry{Direction: "INCOMING", AnsweredBy: []string{"e0", "p0", "w0"}}, "w0:0", 0},
		"by two":                      {entry{Direction: "INCOMING", AnsweredBy: []string{"w0", "w1"}}, "w0:0", 0},
		"by somebody of two":          {entry{Direction: "INCOMING", Endpoints: []string{"w0", "w1"}}, "", 1},
		"at the only one":             {entry{Direction: "INCOMING", Endpoints: []string{"g0", "w1"}}, "w1:0", 0},
		"by a group":                  {entry{Direction: "INCOMING", AnsweredBy: []string{"g0"}}, "", 1},
		"at a shared telephone":       {entry{Direction: "INCOMING", AnsweredBy: []string{"p9"}}, "", 1},
		"at an unknown telephone":     {entry{Direction: "INCOMING", AnsweredBy: []string{"e7"}}, "", 1},
		"by an unknown user":          {entry{Direction: "INCOMING", AnsweredBy: []string{"w7"}}, "w7:0", 0},
		"missed by two":               {entry{Direction: "MISSED_INCOMING", Endpoints: []string{"w0", "e0", "w1"}}, "w0:2 w1:2", 0},
		"missed, but a voicemail":     {entry{Direction: "MISSED_INCOMING", Endpoints: []string{"w0"}, AnsweredBy: []string{"w1"}}, "w0:2", 0},
		"missed by nobody":            {entry{Direction: "MISSED_INCOMING"}, "", 0},
		"made":                        {entry{Direction: "OUTGOING", ConnectionIDs: []string{"p0"}}, "w0:1", 0},
		"made, endpoints say more":    {entry{Direction: "OUTGOING", ConnectionIDs: []string{"p0"}, Endpoints: []string{"w1"}}, "w1:1", 0},
		"not reached":                 {entry{Direction: "OUTGOING", Status: "NOPICKUP", Endpoints: []string{"e1"}}, "w1:3", 0},
		"engaged":                     {entry{Direction: "INCOMING", Status: "BUSY", Endpoints: []string{"e1"}}, "w1:2", 0},
		"of unknown direction":        {entry{Direction: "x", Endpoints: []string{"w0"}, AnsweredBy: []string{"w0"}}, "", 0},
		"an extension without a name": {entry{Direction: "INCOMING", AnsweredBy: []string{""}}, "", 1},
	} {
		test.e.Type, test.e.Created, test.e.Duration = "CALL", noon, time.Minute
		members, unowned := Count(Day(noon), []entry{test.e}).ByMember(owners)
		var got []string
		for _, u := range []sipgate.UserID{"w0", "w1", "w7"} {
			for k, n := range members[u].Counts {
				if n > 0 {
					got = append(got, fmt.Sprint(u, ":", k))
				}
			}
			if talked := members[u].Talk > 0; talked != (members[u].Counts[In]+members[u].Counts[Out] > 0) {
				t.Errorf("%s: %s talked %v", name, u, members[u].Talk)
			}
		}
		if strings.Join(got, " ") != test.want || unowned != test.unowned {
			t.Errorf("%s: %q, %d unowned; want %q, %d", name, got, unowned, test.want, test.unowned)
		}
	}
}

// The zero span is empty and has no steps.
func TestEmptySpan(t *testing.T) {
	var s Span
	if _, ok := s.Step(noon); ok || s.Len() != 0 || !s.From().IsZero() || !s.To().IsZero() || !s.Start(3).IsZero() || s.Daily() {
		t.Errorf("%+v", s)
	}
	if f := Count(s, []sipgate.HistoryEntry{{ID: "1", Type: "CALL", Created: noon}}); f.Excluded != 1 || f.Total.Sum() != 0 {
		t.Errorf("%+v", f)
	}
	if n := (Counts{In: 1, Out: 2, Missed: 3, Unreached: 4, Unknown: 5}); n.Sum() != 15 || n.Offered() != 4 {
		t.Errorf("%d calls, %d offered", n.Sum(), n.Offered())
	}
}

// Close waits for a request that is under way.
func TestCloseWaitsForRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewReader(everyTwoSeconds(), nil)
		ended := false
		s := &scripted{answers: []func() (sipgate.HistoryPage, error){func() (sipgate.HistoryPage, error) {
			time.Sleep(5 * time.Second)
			ended = true
			return sipgate.HistoryPage{}, errors.New("too late")
		}}}
		done, cancel := context.WithCancel(t.Context())
		cancel()
		r.Read(done, "1", Day(time.Now()), s.sources)
		time.Sleep(time.Second)
		if r.Close(); !ended {
			t.Error("a request is still under way")
		}
	})
}
