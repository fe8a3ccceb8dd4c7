package cluster

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"
	"callboard/web/database/databasetest"
)

var (
	historySteps = flag.Int("history-steps", 4, "faults of the random history")
	historySeed  = flag.Uint64("history-seed", 1, "seed of the random history")
)

// A history is a random sequence of faults, and of commands meanwhile.
type history struct {
	*rig
	rng     *rand.Rand
	offices []*office
	clicks  sync.WaitGroup
}

// An office is a team with calls, one of its members, and an open page.
type office struct {
	account, user string
	member        *harness.Client
	page          *viewer
	calls         []*command
}

// A command is one click that puts a call on hold.
type command struct {
	call, row string
	status    int // of the answer, 0 if there was none
}

// A fault is something that a node suffers for some time.
type fault struct {
	name       string
	begin, end func(h *history, n *node)
}

var faults = []fault{
	{"is killed", func(h *history, n *node) { n.process.End(os.Kill) }, (*history).start},
	{"is told to end", func(h *history, n *node) { n.process.End(syscall.SIGTERM) }, (*history).start},
	{"is stopped", func(h *history, n *node) { n.process.Suspend() }, func(h *history, n *node) { n.process.Send(syscall.SIGCONT) }},
	{"does not reach the database", func(h *history, n *node) { n.store.Cut() }, func(h *history, n *node) { n.store.Mend() }},
	{"is drained", func(h *history, n *node) { h.drain(n) }, func(h *history, n *node) { h.drain(n, "-end") }},
	{"is not reached by the others", func(h *history, n *node) { n.peer.Cut() }, func(h *history, n *node) { n.peer.Mend() }},
}

// start starts the node again.
func (h *history) start(n *node) { h.rig.start(n) }

// longestFault is longer than a lease, in seconds.
const longestFault = 12

// Whatever happens to the nodes, each command reaches sipgate at most once, no two nodes
// act for a team at the same time, members stay signed in, and all pages show the
// truth in the end.
func TestRandomHistory(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 3, 3)
	for i := range *historySteps {
		n, f := h.nodes[h.rng.IntN(len(h.nodes))], faults[h.rng.IntN(len(faults))]
		seconds := h.rng.IntN(longestFault + 1)
		t.Logf("%d: %s %s for %d s", i, n.name, f.name, seconds)
		f.begin(h, n)
		h.click(2 * i)
		h.Elapse(seconds)
		h.click(2*i + 1)
		f.end(h, n)
		h.Eventually(n.name+" is ready again", func() bool { return harness.Answers("http://" + n.addr + "/readyz") })
	}
	h.clicks.Wait()
	for i, o := range h.offices {
		number := fmt.Sprintf("+4930555800%02d", i)
		h.ring(o, number)
		h.Eventually("the call on the page of "+o.account, func() bool { return o.page.has("+49 30 555800" + number[len(number)-2:]) })
		if status, page := o.member.Get("/"); status != http.StatusOK {
			t.Errorf("the page of %s: %d %.300s", o.account, status, page)
		}
	}
	h.check()
}

// newHistory starts nodes for some teams, with calls for all commands.
func newHistory(t *testing.T, nodes, teams int) *history {
	t.Helper()
	h := &history{rig: newRig(t, databasetest.Postgres(t), nodes, "-accounts", fmt.Sprint(teams+1)), rng: rand.New(rand.NewPCG(*historySeed, 0))}
	var state struct {
		Accounts []struct {
			ID, Platform string
			Users        []struct{ ID string }
		}
	}
	h.Control("GET", "state", nil, &state)
	for i, a := range state.Accounts {
		if a.Platform == "neo" { // of which there is one
			continue
		}
		o := &office{account: a.ID, user: a.Users[0].ID, member: h.SignInTo(t, i, 0, "/")}
		h.offices = append(h.offices, o)
		o.page = view(t, o.member)
	}
	for i := range 2 * *historySteps {
		o := h.offices[i%teams]
		o.calls = append(o.calls, &command{call: h.ring(o, fmt.Sprintf("+49305556%04d", i))})
	}
	for _, o := range h.offices {
		for _, c := range o.calls {
			h.Eventually("the call in the journal", func() bool {
				return h.db.QueryRow(`select row_id from journal_calls where account = $1 and call_id = $2`, o.account, c.call).Scan(&c.row) == nil
			})
		}
	}
	return h
}

// ring begins a call of an office.
func (h *history) ring(o *office, from string) string {
	h.t.Helper()
	var made struct{ CallID string }
	h.Control("POST", "calls", map[string]any{"account": o.account, "direction": "in", "from": from, "users": []string{o.user}, "state": "established"}, &made)
	return made.CallID
}

// click puts the ith call on hold, at any node, and waits for nothing.
func (h *history) click(i int) {
	o := h.offices[i%len(h.offices)]
	c, n := o.calls[i/len(h.offices)], h.nodes[h.rng.IntN(len(h.nodes))]
	client := at(o.member, n).HTTP
	client.Timeout = time.Minute
	req, err := http.NewRequest("POST", h.URL+"/calls/"+c.row+"/hold", strings.NewReader(`{"value":true,`+harness.ActionID()+`}`))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", h.URL)
	h.clicks.Go(func() {
		if resp, err := client.Do(req); err == nil {
			resp.Body.Close()
			c.status = resp.StatusCode
		}
	})
}

// check compares what the members were told with what reached sipgate.
func (h *history) check() {
	h.t.Helper()
	requests := map[string]int{}
	for _, r := range h.RequestLog() {
		if r.Method == "PUT" {
			requests[r.Path]++
		}
	}
	statuses := map[int]int{}
	for _, o := range h.offices {
		for _, c := range o.calls {
			n := requests["/v2/calls/"+c.call+"/hold"]
			statuses[c.status]++
			if n > 1 || n == 0 && c.status == http.StatusOK || n == 1 && c.status == http.StatusServiceUnavailable {
				h.t.Errorf("%d commands for a click that was answered with %d", n, c.status)
			}
		}
	}
	h.t.Logf("answers: %v", statuses)
	var state struct{ RefreshReuse int }
	h.Control("GET", "state", nil, &state)
	if state.RefreshReuse != 0 {
		h.t.Errorf("%d refresh tokens were used twice", state.RefreshReuse)
	}
	h.acted()
}
