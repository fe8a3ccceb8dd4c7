package main

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
)

// A crash leaves the board honest: after kill -9 at any moment of a command the
// audit says what is known of it, nothing is sent again, and the list tells
// what is true (F25, I1, I12).
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		fault   map[string]any // of sipgate, while the command is under way
		first   string         // a command before it, for which it has to wait
		action  string
		body    string
		waiting func(s *stack) bool // the moment of the crash
		outcome string
		held    bool
	}{
		{name: "in the grace of a hang-up", action: "hangup", body: "",
			waiting: func(s *stack) bool { return true }, outcome: "cancelled"},
		// It waits for its turn behind one that sipgate is slow with. (The
		// simulator carries that one out when its client is gone.)
		{name: "between the audit and the request", first: "hold", action: "muted", body: "value=true",
			fault:   map[string]any{"do": "delay", "delay": 20000, "path": "/v2/calls/*/hold"},
			waiting: func(s *stack) bool { return true }, outcome: "unknown", held: true},
		{name: "between the request and its answer", action: "hold", body: "value=true",
			fault:   map[string]any{"do": "delay", "delay": 20000, "after": true, "path": "/v2/calls/*/hold"},
			waiting: func(s *stack) bool { return s.heldAny() }, outcome: "unknown", held: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.stop()
			p := launch(t, s.data, s.args...)
			s.await(s.url + "/healthz")
			v := s.visitor(t, 0)
			id := s.ring("+4930555002", "w0", "established")
			s.eventually("row", func() bool { return len(v.rows()) == 1 })
			s.passes(1) // what the journal knows for a moment survives
			row := v.rows()[0]
			if c.fault != nil {
				s.control("POST", "faults", c.fault, nil)
			}
			var answers sync.WaitGroup
			post := func(action, body string) { // the answer never comes
				answers.Go(func() {
					req, _ := http.NewRequest("POST", s.url+"/calls/"+row+"/"+action, strings.NewReader(body))
					req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					req.Header.Set("Origin", s.url)
					if resp, err := v.http.Do(req); err == nil {
						resp.Body.Close()
					}
				})
			}
			if c.first != "" {
				post(c.first, "value=true")
				s.eventually("the first command", func() bool { return s.begun(v, c.first) })
				s.passes(1)
			}
			post(c.action, c.body)
			s.eventually("the moment", func() bool { return c.waiting(s) && s.begun(v, deedOf[c.action]) })
			p.end(os.Kill)
			answers.Wait()
			s.control("DELETE", "faults", nil, nil)
			count := func() int {
				return s.requests("PUT", "/v2/calls/*/hold") + s.requests("PUT", "/v2/calls/*/muted") + s.requests("DELETE", "/v2/calls/*")
			}
			before := count()
			s.start()
			s.eventually("the call on the board", func() bool { return len(v.rows()) == 1 })
			if _, table := v.get("/audit.csv?deed=" + deedOf[c.action]); !strings.Contains(table, c.outcome) {
				t.Errorf("the audit does not say %q:\n%s", c.outcome, table)
			}
			text := v.listen(t)
			s.eventually("word of it on the board", func() bool {
				return strings.Contains(text(), `data-error=\"interrupted\"`) && strings.Contains(text(), "+4930555002")
			})
			s.passes(5) // longer than any grace
			if n := count() - before; n != 0 {
				t.Errorf("%d requests after the restart: something was sent again", n)
			}
			if call := s.call(id); call.Phase != "established" || call.Hold != c.held || call.Muted {
				t.Errorf("the call: %+v", call)
			}
			_, page := v.get("/")
			if shown := strings.Contains(page, `data-state="held"`); shown != c.held {
				t.Errorf("shown on hold: %v, is: %v", shown, c.held)
			}
			if v.rows()[0] != row {
				t.Errorf("the call's address was %s and is %s now", row, v.rows()[0])
			}
		})
	}
}

// deedOf is what the audit calls an action.
var deedOf = map[string]string{"hangup": "hangup", "hold": "hold", "muted": "mute"}
