package switchboard

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// TestTeamsAreIsolated runs three teams at random, with a marker of the team
// in every text of sipgate: no board shows or sends a marker of another team.
func TestTeamsAreIsolated(t *testing.T) {
	steps := 6_000
	if testing.Short() || raceDetector {
		steps = 1_500
	}
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		x := NewBoards(func(string) *Board { return New(Options{}) })
		defer x.Close()
		var teams []*canaryTeam
		for i := range 3 {
			teams = append(teams, newCanaryTeam(x, i))
		}
		for n := range steps {
			teams[r.IntN(len(teams))].step(t, r, n)
			if n%50 == 0 {
				time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond)
				synctest.Wait()
			}
			if n%500 == 0 {
				for _, c := range teams {
					c.check(t, teams)
				}
			}
		}
		seen := 0
		for _, c := range teams {
			c.check(t, teams)
			seen += c.changes
			c.sub.Close()
		}
		if seen < steps/10 {
			t.Errorf("only %d changes were looked at", seen)
		}
	})
}

// canaryTeam is a team whose numbers and names all begin with its marker.
type canaryTeam struct {
	canary  string
	board   *Board
	u       *fakeSipgate
	sub     *Subscription
	calls   []sipgate.CallID
	output  strings.Builder
	changes int
}

func newCanaryTeam(x *Boards, i int) *canaryTeam {
	c := &canaryTeam{canary: fmt.Sprintf("CANARY%d", i), board: x.Board(fmt.Sprint("team", i)), u: newFakeSipgate()}
	for _, id := range []MemberID{"w0", "w1"} { // the same ids in every account
		m := c.u.member(id)
		m.Name = c.canary + " member"
		c.board.Join(m)
	}
	_, c.sub = c.board.Subscribe()
	return c
}

func (c *canaryTeam) step(t *testing.T, r *rand.Rand, n int) {
	fresh := func() sipgate.CallID {
		id := sipgate.CallID(fmt.Sprintf("%s%d", c.canary, n))
		c.calls = append(c.calls, id)
		return id
	}
	some := func() sipgate.CallID {
		if len(c.calls) == 0 {
			return fresh()
		}
		return c.calls[max(0, len(c.calls)-1-r.IntN(5))]
	}
	switch r.IntN(7) {
	case 0:
		c.board.Observe(newCall(fresh(), "in", c.canary+" outside", c.canary+" inside", c.canary+" user"))
	case 1:
		c.board.Observe(answer(newCall(some(), "in", c.canary+" outside", c.canary+" inside"), c.canary+" user"))
	case 2:
		c.board.Observe(hangup(newCall(some(), "in", c.canary+" outside", c.canary+" inside"), "busy"))
	case 3:
		c.u.add(fresh(), c.canary+" outside", c.canary+" inside", "w0")
	case 4:
		c.u.remove(some())
	case 5:
		if calls := c.board.Snapshot().Calls; len(calls) > 0 {
			call := calls[r.IntN(len(calls))]
			c.board.Execute(context.Background(), Command{By: "w0", Call: call.ID, Action: Hold{On: r.IntN(2) == 0}})
		}
	case 6:
		c.board.Poll(t.Context())
	}
}

// check searches everything that the team's board shows, published and sent.
func (c *canaryTeam) check(t *testing.T, teams []*canaryTeam) {
	t.Helper()
	synctest.Wait()
	for more := true; more; {
		select {
		case change, ok := <-c.sub.Changes():
			if !ok {
				_, c.sub = c.board.Subscribe() // dropped as too slow
				continue
			}
			c.changes++
			if change.Call != nil {
				fmt.Fprintf(&c.output, "%+v\n", *change.Call)
			}
		default:
			more = false
		}
	}
	fmt.Fprintf(&c.output, "%+v %v", c.board.Snapshot().Calls, c.u.sent())
	text := c.output.String()
	c.output.Reset()
	for _, other := range teams {
		if other != c && strings.Contains(text, other.canary) {
			t.Fatalf("%s sees %s", c.canary, other.canary)
		}
	}
}
