package acceptance

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// After kill -9 at any moment of a command, and after an end in order, the audit records
// what is known of it, nothing is sent again, the pages say so, and the board shows the
// true state.
func TestKilledDuringCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		fault   map[string]any // of sipgate, while the command is under way
		first   string         // a command before it, for which it has to wait
		action  string
		body    string
		waiting func(s *harness.Stack) bool // the moment of the crash
		outcome string
		held    bool
		inOrder bool // it is not killed
	}{
		{name: "in the grace of a hang-up", action: "hangup", body: "",
			waiting: func(s *harness.Stack) bool { return true }, outcome: "cancelled"},
		{name: "in the grace of a hang-up, in order", action: "hangup", body: "",
			waiting: func(s *harness.Stack) bool { return true }, outcome: "cancelled", inOrder: true},
		// It waits for its turn behind one that sipgate is slow with. (The
		// simulator carries that one out when its client is gone.)
		{name: "between the audit and the request", first: "hold", action: "muted", body: "value=true",
			fault:   map[string]any{"do": "delay", "delay": 20000, "path": "/v2/calls/*/hold"},
			waiting: func(s *harness.Stack) bool { return true }, outcome: "unknown", held: true},
		{name: "between the request and its answer", action: "hold", body: "value=true",
			fault:   map[string]any{"do": "delay", "delay": 20000, "after": true, "path": "/v2/calls/*/hold"},
			waiting: func(s *harness.Stack) bool { return anyHeld(s) }, outcome: "unknown", held: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := harness.NewPlain(t)
			v := s.SignIn(t, 0)
			id := s.Ring("+4930555002", "w0", "established")
			s.Eventually("row", func() bool { return len(v.Rows()) == 1 })
			s.Elapse(1) // what the journal knows for a moment survives
			row := v.Rows()[0]
			if c.fault != nil {
				s.Control("POST", "faults", c.fault, nil)
			}
			var answers sync.WaitGroup
			post := func(action, body string) { // the answer never comes
				answers.Go(func() {
					req, _ := http.NewRequest("POST", s.URL+"/calls/"+row+"/"+action, strings.NewReader(body))
					req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					req.Header.Set("Origin", s.URL)
					if resp, err := v.HTTP.Do(req); err == nil {
						resp.Body.Close()
					}
				})
			}
			if c.first != "" {
				post(c.first, "value=true")
				s.Eventually("the first command", func() bool { return audited(s, v, c.first) })
				s.Elapse(1)
			}
			post(c.action, c.body)
			s.Eventually("the moment", func() bool { return c.waiting(s) && audited(s, v, auditAction[c.action]) })
			if c.inOrder {
				s.Stop()
			} else {
				s.Kill()
			}
			answers.Wait()
			s.Control("DELETE", "faults", nil, nil)
			count := func() int {
				return s.Requests("PUT", "/v2/calls/*/hold") + s.Requests("PUT", "/v2/calls/*/muted") + s.Requests("DELETE", "/v2/calls/*")
			}
			before := count()
			s.Start()
			s.Eventually("the call on the board", func() bool { return len(v.Rows()) == 1 })
			if _, table := v.Get("/audit.csv?deed=" + auditAction[c.action]); !strings.Contains(table, c.outcome) {
				t.Errorf("the audit does not say %q:\n%s", c.outcome, table)
			}
			text := v.Listen(t)
			s.Eventually("word of it on the board", func() bool {
				return strings.Contains(text(), `data-error=\"interrupted\"`) && strings.Contains(text(), "+4930555002")
			})
			s.Elapse(5) // longer than any grace
			if n := count() - before; n != 0 {
				t.Errorf("%d requests after the restart: something was sent again", n)
			}
			if call := s.Call(id); call.Phase != "established" || call.Hold != c.held || call.Muted {
				t.Errorf("the call: %+v", call)
			}
			_, page := v.Get("/")
			if shown := strings.Contains(page, `data-state="held"`); shown != c.held {
				t.Errorf("shown on hold: %v, is: %v", shown, c.held)
			}
			if v.Rows()[0] != row {
				t.Errorf("the call's address was %s and is %s now", row, v.Rows()[0])
			}
		})
	}
}

// auditAction maps the last part of a command's address to its name in the
// audit.
var auditAction = map[string]string{"hangup": "hangup", "hold": "hold", "muted": "mute"}

// anyHeld reports whether any call is on hold.
func anyHeld(s *harness.Stack) bool {
	s.T.Helper()
	return slices.ContainsFunc(s.Calls(), func(c harness.Call) bool { return c.Hold })
}

// audited reports whether the audit has an entry of an action.
func audited(s *harness.Stack, v *harness.Client, action string) bool {
	status, table := v.Get("/audit.csv?deed=" + action)
	return status == http.StatusOK && strings.Count(table, "\n") > 1
}
