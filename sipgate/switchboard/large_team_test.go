package switchboard

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// largeTeam is a board of 200 members who each see their own calls only; with
// sharesAll, another member sees all calls.
type largeTeam struct {
	t         *testing.T
	u         *fakeSipgate
	b         *Board
	sharesAll bool
	callCount int // number of members with a call
}

const largeTeamSize = 200

// measuringTime is how long requests are counted. The race detector makes this
// ten times slower.
func measuringTime() time.Duration {
	if raceDetector {
		return 4 * time.Minute
	}
	return 20 * time.Minute
}

// newLargeTeam runs the board of a team with busy calls and waits for it to
// settle: 300 ms for the first list of each member, and a minute.
func newLargeTeam(t *testing.T, busy int, wide bool) *largeTeam {
	t.Helper()
	l := &largeTeam{t: t, u: newFakeSipgate(), sharesAll: wide}
	for i := range busy {
		l.addCall(i)
	}
	ms := memberIDs(largeTeamSize)
	if wide {
		ms = append(ms, "service")
	}
	l.b = runningBoard(t, l.u, ms...)
	_, sub := l.b.Subscribe()
	t.Cleanup(sub.Close)
	go func() {
		for range sub.Changes() {
		}
	}()
	time.Sleep(time.Duration(len(ms))*minPollInterval + time.Minute)
	if n := connectedCount(l.b); n != busy {
		t.Fatalf("%d calls of %d on the board", n, busy)
	}
	return l
}

// addCall adds a call of a member.
func (l *largeTeam) addCall(member int) sipgate.CallID {
	id := sipgate.CallID(fmt.Sprint("A", member))
	by := []MemberID{MemberID(fmt.Sprintf("w%d", member))}
	if l.sharesAll {
		by = append(by, "service")
	}
	l.u.add(id, jennifer, doc, by...)
	l.callCount++
	return id
}

// maxDelay is how long a call without events may remain unknown. If no member
// sees all calls, members are polled in turn, those with exclusive calls twice
// as often, with 2 s between lists: about 7 minutes for 200 idle members, 13
// if all have a call. A member who sees all calls has four turns of five.
func (l *largeTeam) maxDelay() time.Duration {
	if l.sharesAll {
		return 3 * watchedInterval
	}
	return time.Duration(largeTeamSize+l.callCount)*watchedInterval + 10*time.Second
}

// waitForAll waits until all calls are on the board, at most maxDelay.
func (l *largeTeam) waitForAll(what string) {
	l.t.Helper()
	begun := time.Now()
	for synctest.Wait(); connectedCount(l.b) < l.callCount; synctest.Wait() {
		if time.Since(begun) > l.maxDelay() {
			l.t.Fatalf("%s: %d calls of %d after %v", what, connectedCount(l.b), l.callCount, l.maxDelay())
		}
		time.Sleep(time.Second)
	}
}

// TestLargeTeam checks that 200 members cause no more requests than one, 0.5
// per second, and that each of their calls is found.
func TestLargeTeam(t *testing.T) {
	for name, tt := range map[string]struct {
		busy int
		wide bool
	}{
		"own, no calls":   {0, false},
		"own, one of ten": {largeTeamSize / 10, false},
		"own, half":       {largeTeamSize / 2, false},
		"one sees all":    {largeTeamSize / 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLargeTeam(t, tt.busy, tt.wide)
				before := l.u.listCount()
				time.Sleep(measuringTime())
				if n, most := l.u.listCount()-before, int(measuringTime()/watchedInterval)+1; n > most || n < most*9/10 {
					t.Errorf("%d requests in %v, want %d", n, measuringTime(), most)
				}
				for i := largeTeamSize - 1; i >= tt.busy; i-- {
					l.addCall(i)
					if i >= largeTeamSize-6 && !raceDetector { // the last ones one by one, the others together
						l.waitForAll(fmt.Sprintf("the call of w%d", i))
					}
				}
				l.waitForAll("all members")
			})
		})
	}
}

// After an event that names a user, that user's list is requested first.
func TestEventPollsItsUserFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLargeTeam(t, 0, false)
		for _, i := range []int{7, 150, 199} {
			e := newCall(l.addCall(i), sipgate.Incoming, jennifer, doc)
			e.UserIDs = []sipgate.UserID{sipgate.UserID(fmt.Sprintf("w%d", i))}
			l.b.Observe(e)
			l.b.Observe(answer(e, ""))
			seen := func() bool {
				return slices.ContainsFunc(l.b.Snapshot().Calls, func(c Call) bool {
					return c.CallID == e.CallID && slices.Contains(c.VisibleTo, MemberID(fmt.Sprintf("w%d", i)))
				})
			}
			eventually(t, fmt.Sprintf("w%d's list", i), time.Second, seen)
		}
	})
}
