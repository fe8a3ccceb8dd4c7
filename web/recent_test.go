package web_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"callboard/web"
)

// What was done lately is counted once for each client, and only for its group;
// when it was done last is known for ever.
func TestRecentCountsEachClientOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := web.NewRecent(time.Minute)
		check := func(group string, want int, last time.Time) {
			t.Helper()
			if n, at := s.Count(group); n != want || !at.Equal(last) {
				t.Errorf("%s: %d clients, last %v; want %d, %v", group, n, at, want, last)
			}
		}
		check("a", 0, time.Time{})
		began := time.Now()
		s.Note("a", "x")
		s.Note("a", "x")
		s.Note("b", "x")
		check("a", 1, began)
		time.Sleep(30 * time.Second)
		s.Note("a", "y")
		check("a", 2, began.Add(30*time.Second))
		time.Sleep(30 * time.Second)
		check("a", 1, began.Add(30*time.Second))
		check("b", 0, began)
		time.Sleep(time.Hour)
		check("a", 0, began.Add(30*time.Second))
	})
}

// However many clients come, what is remembered is bounded, and those of long ago
// make room.
func TestRecentIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := web.NewRecent(time.Hour)
		for i := range 10_050 {
			s.Note("a", strconv.Itoa(i))
		}
		if n, _ := s.Count("a"); n != 10_000 {
			t.Errorf("%d clients are remembered", n)
		}
		time.Sleep(time.Hour)
		s.Note("a", "late")
		if n, _ := s.Count("a"); n != 1 {
			t.Errorf("%d clients an hour later", n)
		}
	})
}
