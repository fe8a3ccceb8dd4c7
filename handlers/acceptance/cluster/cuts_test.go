package cluster

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"
	"callboard/web/database/databasetest"
)

// fence returns how many homes the team has had.
func (s *scene) fence() (n int) {
	s.t.Helper()
	if err := s.db.QueryRow(`select fence from cluster_homes where team = $1`, s.team).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// others returns the nodes at which the team is not at home.
func (s *scene) others(home *node) (all []*node) {
	for _, n := range s.nodes {
		if n != home {
			all = append(all, n)
		}
	}
	return all
}

// When PostgreSQL restarts, teams stay where they are, and sessions go on.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	server := databasetest.OwnPostgres(t)
	s := newSceneWith(t, server.URL.String(), 3)
	home, fence := s.home(s.team), s.fence()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, n := range s.nodes {
		if status := s.hold(at(s.anna, n), true); status != http.StatusServiceUnavailable {
			t.Errorf("hold at %s without a database: %d", n.name, status)
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Logf("live again after %v", s.live())
	if now := s.home(s.team); now != home || s.fence() != fence {
		t.Errorf("the home was %s and is %+v, with fence %d after %d", home.name, now, s.fence(), fence)
	}
	if s.holds() != 0 {
		t.Errorf("%d commands reached sipgate without a database", s.holds())
	}
	for i, n := range s.nodes {
		if status := s.hold(at(s.anna, n), i%2 == 0); status != http.StatusOK || s.holds() != i+1 {
			t.Errorf("hold at %s: %d, %d commands", n.name, status, s.holds())
		}
	}
	s.acted()
}

// When PostgreSQL is away for longer than a lease lasts, no node acts any more. When it is
// back, pages show the truth, and sessions go on.
func TestDatabaseIsAwayForLong(t *testing.T) {
	t.Parallel()
	server := databasetest.OwnPostgres(t)
	s := newSceneWith(t, server.URL.String(), 3)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	s.Elapse(15)
	commands := s.holds()
	lists := s.Requests("GET", "/v2/calls")
	for _, n := range s.nodes {
		if status := s.hold(at(s.anna, n), true); status != http.StatusServiceUnavailable {
			t.Errorf("hold at %s without a database: %d", n.name, status)
		}
	}
	s.Elapse(3)
	if s.holds() != commands || s.Requests("GET", "/v2/calls") != lists {
		t.Error("a node without a lease sends requests to sipgate")
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Logf("live again after %v", s.live())
	if status := s.hold(s.anna, true); status != http.StatusOK || s.holds() != commands+1 {
		t.Errorf("hold: %d, %d commands", status, s.holds())
	}
	s.acted()
}

// While the other nodes do not reach a team's home, they do nothing for the team and say
// when to come again. Pages find the home.
func TestOthersDoNotReachTheHome(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	home, fence := s.home(s.team), s.fence()
	home.peer.Cut()
	for _, n := range s.others(home) {
		anna := at(s.anna, n)
		resp := anna.Send("GET", s.URL+"/", "", nil)
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("the page of %s: %s, Retry-After %q", n.name, resp.Status, resp.Header.Get("Retry-After"))
		}
		if status := s.hold(anna, true); status != http.StatusServiceUnavailable || s.holds() != 0 {
			t.Errorf("hold at %s: %d, %d commands", n.name, status, s.holds())
		}
	}
	t.Logf("live again after %v", s.live())
	if now := s.home(s.team); now != home || s.fence() != fence {
		t.Errorf("the home was %s and is %+v, with fence %d after %d", home.name, now, s.fence(), fence)
	}
	home.peer.Mend()
	for i, n := range s.others(home) {
		if status := s.hold(at(s.anna, n), i == 0); status != http.StatusOK || s.holds() != i+1 {
			t.Errorf("hold at %s: %d, %d commands", n.name, status, s.holds())
		}
	}
	s.acted()
}

// slowHold clicks at a node while sipgate is slow to answer, waits until sipgate has
// carried the command out, and returns what will be the answer to the click.
func (s *scene) slowHold(n *node) (answer <-chan string) {
	s.t.Helper()
	s.Control("POST", "faults", map[string]any{"do": "delay", "delay": 20000, "after": true, "path": "/v2/calls/*/hold"}, nil)
	clicked := make(chan string, 1)
	go func() {
		_, code, _ := at(s.anna, n).Command("/calls/"+s.row+"/hold", `{"value":true,`+harness.ActionID()+`}`)
		clicked <- code
	}()
	s.Eventually("the call is held", func() bool { return s.Call(s.call).Hold })
	return clicked
}

// heldOnce checks that the command reached sipgate once, and that the page shows so.
func (s *scene) heldOnce() {
	s.t.Helper()
	if s.holds() != 1 {
		s.t.Errorf("%d commands reached sipgate", s.holds())
	}
	if page := s.bob.Page("/"); !strings.Contains(page, `data-state="held"`) {
		s.t.Errorf("the call is not shown on hold: %.3000s", page)
	}
}

// When the way to the home is cut in the middle of a command, the answer says that
// the outcome is unknown, and nothing is sent again.
func TestWayIsCutDuringCommand(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	home := s.home(s.team)
	answer := s.slowHold(s.others(home)[0])
	home.peer.Cut()
	if code := <-answer; code != "outcome_unknown" {
		t.Errorf("the answer is %q", code)
	}
	home.peer.Mend()
	s.Control("DELETE", "faults", nil, nil)
	s.live()
	s.heldOnce()
	s.acted()
}

// When the home is killed in the middle of a command, the answer says that the
// outcome is unknown, so does the audit at the new home, and nothing is sent again.
func TestHomeIsKilledDuringCommand(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	home := s.home(s.team)
	answer := s.slowHold(s.others(home)[0])
	home.process.End(os.Kill)
	if code := <-answer; code != "outcome_unknown" {
		t.Errorf("the answer is %q", code)
	}
	s.Control("DELETE", "faults", nil, nil)
	begun := time.Now()
	s.live()
	t.Logf("live again after %v", time.Since(begun))
	s.Eventually("the audit says unknown", func() bool {
		status, table := s.anna.Get("/audit.csv?deed=hold")
		return status == http.StatusOK && strings.Contains(table, "unknown")
	})
	s.heldOnce()
	s.acted()
}
