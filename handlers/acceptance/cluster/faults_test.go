package cluster

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"
	"callboard/web"
	"callboard/web/database/databasetest"
)

// A scene is a team with a call, seen by two members on pages that are open.
type scene struct {
	*rig
	anna, bob *harness.Client
	pages     []*viewer
	call      string // the call id at sipgate
	row       string
	team      string
	rung      int
}

func newScene(t *testing.T, nodes int) *scene {
	t.Helper()
	return newSceneWith(t, databasetest.Postgres(t), nodes)
}

// newSceneWith makes a scene of nodes with a database and a simulated sipgate.
func newSceneWith(t *testing.T, database string, nodes int, simulatorArgs ...string) *scene {
	t.Helper()
	s := &scene{rig: newRig(t, database, nodes, simulatorArgs...)}
	s.team = s.AccountID()
	s.PushEvents()
	s.anna, s.bob = s.SignIn(t, 0), s.SignIn(t, 1)
	s.pages = []*viewer{view(t, s.anna), view(t, s.bob)}
	s.call = s.Ring("+4930555001", "w0", "established")
	s.see("+49 30 555001")
	s.Eventually("the row with its buttons", func() bool {
		rows := s.anna.Rows()
		if len(rows) == 1 {
			s.row = rows[0]
		}
		return len(rows) == 1
	})
	s.Eventually("the call in the journal", func() bool {
		var known bool
		err := s.db.QueryRow(`select exists (select from journal_calls where call_id = $1)`, s.call).Scan(&known)
		return err == nil && known
	})
	return s
}

// see waits until all pages have shown a text, and returns how long that took.
func (s *scene) see(text string) time.Duration {
	s.t.Helper()
	begun := time.Now()
	for i, p := range s.pages {
		s.Eventually(fmt.Sprintf("%q on page %d", text, i), func() bool { return p.has(text) })
	}
	return time.Since(begun)
}

// live waits until all pages show a call that begins now.
func (s *scene) live() time.Duration {
	s.t.Helper()
	s.rung++
	begun := time.Now()
	s.Ring(fmt.Sprintf("+493055590%02d", s.rung), "w0", "established")
	s.see(fmt.Sprintf("+49 30 55590%02d", s.rung))
	return time.Since(begun)
}

// hold presses the button of the call at a node, and returns what the answer was.
func (s *scene) hold(at *harness.Client, on bool) int {
	s.t.Helper()
	status, _, _ := at.Command("/calls/"+s.row+"/hold", fmt.Sprintf(`{"value":%v,%s}`, on, harness.ActionID()))
	return status
}

// holds counts the commands to hold or resume that reached sipgate.
func (s *scene) holds() int { return s.Requests("PUT", "/v2/calls/*/hold") }

// Every node shows every team, and a click at any of them is one command.
func TestEveryNodeServesEveryTeam(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	for i, n := range s.nodes {
		anna := at(s.anna, n)
		if page := anna.Page("/"); !strings.Contains(page, "+49 30 555001") {
			t.Errorf("the page of %s has no call: %.2000s", n.name, page)
		}
		if status := s.hold(anna, i%2 == 0); status != http.StatusOK {
			t.Errorf("hold at %s: %d", n.name, status)
		}
		if s.holds() != i+1 {
			t.Errorf("%d commands after %d clicks", s.holds(), i+1)
		}
	}
	s.Eventually("the call is held", func() bool { return s.Call(s.call).Hold })
	if home := s.home(s.team); home == nil {
		t.Error("the team has no home")
	}
	s.live()
	s.acted()
}

// When a team's home is killed, the pages show the truth again, sessions go on,
// and commands go on.
func TestHomeIsKilled(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	if status := s.hold(s.anna, true); status != http.StatusOK {
		t.Fatalf("hold: %d", status)
	}
	home := s.home(s.team)
	home.process.End(os.Kill)
	t.Logf("live again after %v", s.live())
	if now := s.home(s.team); now == nil || now == home {
		t.Errorf("the home is %+v", now)
	}
	if page := s.bob.Page("/"); !strings.Contains(page, `data-state="held"`) {
		t.Errorf("the call is not shown on hold: %.3000s", page)
	}
	if status := s.hold(s.anna, false); status != http.StatusOK || s.holds() != 2 {
		t.Errorf("resume: %d, %d commands", status, s.holds())
	}
	s.acted()
}

// A node that was stopped for half a minute and goes on does nothing for the teams that
// it lost.
func TestHomeIsStoppedAndGoesOn(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	home := s.home(s.team)
	if err := home.process.Suspend(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { home.process.Send(syscall.SIGCONT) })
	t.Logf("live again after %v", s.live())
	s.Elapse(20)
	home.process.Send(syscall.SIGCONT)
	s.Eventually(home.name+" serves again", func() bool { return harness.Answers("http://" + home.addr + "/readyz") })
	if status := s.hold(at(s.anna, home), true); status != http.StatusOK || s.holds() != 1 {
		t.Errorf("hold at the node that goes on: %d, %d commands", status, s.holds())
	}
	s.live()
	s.acted()
}

// When a team's home is stopped, it says nothing more, and nor does the connection to it.
// The nodes through which pages are connected tell them when it is known to be dead.
func TestPagesAreToldThatTheHomeIsStopped(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	var home *node
	for home == nil || home != s.home(s.team) { // a busy machine may cost a node its lease
		home, s.pages = s.home(s.team), nil
		for _, n := range s.others(home) {
			p := view(t, at(s.anna, n))
			s.Eventually("the page is open", func() bool { return p.has(s.row) })
			s.pages = append(s.pages, p)
		}
	}
	if err := home.process.Suspend(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { home.process.Send(syscall.SIGCONT) })
	t.Logf("live again after %v", s.live())
	for i, p := range s.pages {
		if !p.wasClosed(web.CloseRestart) {
			t.Errorf("page %d was not told, and found out by itself: %v", i, p.closed)
		}
	}
	s.acted()
}

// A node that does not reach the database gives up its teams, and others take them.
func TestHomeLosesTheDatabase(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	home := s.home(s.team)
	begun := time.Now()
	home.store.Cut()
	s.Eventually("another home", func() bool { now := s.home(s.team); return now != nil && now != home })
	s.live()
	t.Logf("live at another home after %v", time.Since(begun))
	home.store.Mend()
	s.Eventually(home.name+" serves again", func() bool { return harness.Answers("http://" + home.addr + "/readyz") })
	if status := s.hold(at(s.anna, home), true); status != http.StatusOK || s.holds() != 1 {
		t.Errorf("hold at the node that is back: %d, %d commands", status, s.holds())
	}
	s.acted()
}

// A node that ends in order hands its teams over: pages are closed with 1012, and show
// the truth at once.
func TestHomeEndsInOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	home := s.home(s.team)
	ended := make(chan error, 1)
	go func() { ended <- home.process.End(syscall.SIGTERM) }()
	s.Eventually("another home", func() bool { now := s.home(s.team); return now != nil && now != home })
	t.Logf("live again after %v", s.live())
	if err := <-ended; err != nil {
		t.Errorf("%s ended: %v", home.name, err)
	}
	for i, p := range s.pages {
		p.mu.Lock()
		for _, code := range p.closed {
			if code != 1012 {
				t.Errorf("page %d was closed with %d", i, code)
			}
		}
		p.mu.Unlock()
	}
	if status := s.hold(s.anna, true); status != http.StatusOK || s.holds() != 1 {
		t.Errorf("hold: %d, %d commands", status, s.holds())
	}
	s.acted()
}

// A node that is drained cancels the hang-ups that wait in their grace period. The new home
// says so on every page, also on one that comes back later than others.
func TestDrainedHomeSaysWhatItCancelled(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	home := s.home(s.team)
	if status, page := s.anna.Post("/settings/calls", "grace=8"); status != http.StatusSeeOther {
		t.Fatalf("grace period: %d %.500s", status, page)
	}
	if status, code, _ := s.anna.Command("/calls/"+s.row+"/hangup", `{"at_once":false,`+harness.ActionID()+"}"); status != http.StatusOK {
		t.Fatalf("hang up: %d %s", status, code)
	}
	s.drain(home)
	s.Eventually("another home", func() bool { now := s.home(s.team); return now != nil && now != home })
	s.pages = append(s.pages, view(t, s.bob))
	for i, p := range s.pages {
		s.Eventually(fmt.Sprint("word of it on page ", i), func() bool {
			return p.has(`data-error=\"interrupted\"`) && p.has("Er wurde nicht aufgelegt.")
		})
	}
	if _, table := s.anna.Get("/audit.csv?deed=hangup"); !strings.Contains(table, "cancelled") {
		t.Errorf("the audit does not say that it was cancelled:\n%s", table)
	}
	if n := s.Requests("DELETE", "/v2/calls/*"); n != 0 {
		t.Errorf("%d hang-ups reached sipgate", n)
	}
	s.acted()
}
