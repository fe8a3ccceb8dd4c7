package main

import (
	"strings"
	"testing"
)

// An admin of a new installation is led to what is left to do, on the board
// and on a page, until sipgate reports calls, or the admin wants no leading;
// nobody else is.
func TestSetup(t *testing.T) {
	s := newStack(t)
	anna, jonas := s.visitor(t, 0), s.visitor(t, 1)
	hinted := func(v *visitor) bool {
		_, board := v.get("/")
		return strings.Contains(board, `href="/setup"`)
	}
	if !hinted(anna) || hinted(jonas) {
		t.Errorf("led: an admin %v, an agent %v", hinted(anna), hinted(jonas))
	}
	if status, _ := jonas.get("/setup"); status != 403 {
		t.Errorf("an agent sets up: %d", status)
	}
	step := func(name string) bool {
		_, page := anna.get("/setup")
		_, rest, found := strings.Cut(page, `id="step-`+name+`"`)
		if !found {
			t.Fatalf("no step %s: %.2000s", name, page)
		}
		return strings.HasPrefix(rest, ` data-done`)
	}
	for name, done := range map[string]bool{"signin": true, "address": false, "webhooks": false, "roles": false} {
		if step(name) != done {
			t.Errorf("at first: %s done is %v", name, !done)
		}
	}
	if _, page := anna.get("/setup"); !strings.Contains(page, s.url) || !strings.Contains(page, "-public-url") {
		t.Error("it is not said why the address is no good")
	}
	anna.submit("/team", "/team/w1/role", "role=lead")
	s.pushEvents()
	if !step("roles") || !step("webhooks") || !hinted(anna) {
		t.Error("done and not seen, or too early thought to be finished")
	}
	s.ring("+4930555002", "w0", "ringing")
	s.eventually("sipgate has reached us", func() bool { return step("address") })
	if hinted(anna) {
		t.Error("still led when all is done")
	}
}

// Who wants no leading gets none.
func TestSetupPutAside(t *testing.T) {
	s := newStack(t)
	anna := s.visitor(t, 0)
	anna.submit("/", "/setup/done", "")
	if _, board := anna.get("/"); strings.Contains(board, `href="/setup"`) {
		t.Error("still led")
	}
	if _, page := anna.get("/status"); !strings.Contains(page, `href="/setup"`) {
		t.Error("the status page does not lead there")
	}
}
