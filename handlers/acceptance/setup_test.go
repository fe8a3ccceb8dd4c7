package acceptance

import (
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// The board and a page lead an admin, and no other member, through the steps of
// the setup until sipgate reports calls.
func TestSetupLeadsAdmin(t *testing.T) {
	s := harness.New(t)
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	hinted := func(v *harness.Client) bool {
		_, board := v.Get("/")
		return strings.Contains(board, `href="/setup"`)
	}
	if !hinted(anna) || hinted(jonas) {
		t.Errorf("led: an admin %v, an agent %v", hinted(anna), hinted(jonas))
	}
	if status, _ := jonas.Get("/setup"); status != 403 {
		t.Errorf("an agent sets up: %d", status)
	}
	step := func(name string) bool {
		_, page := anna.Get("/setup")
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
	if _, page := anna.Get("/setup"); !strings.Contains(page, s.URL) || !strings.Contains(page, "-public-url") {
		t.Error("it is not said why the address is no good")
	}
	anna.Submit("/team", "/team/w1/role", "role=lead")
	s.PushEvents()
	if !step("roles") || !step("webhooks") || !hinted(anna) {
		t.Error("done and not seen, or too early thought to be finished")
	}
	s.Ring("+4930555002", "w0", "ringing")
	s.Eventually("sipgate has reached us", func() bool { return step("address") })
	if hinted(anna) {
		t.Error("still led when all is done")
	}
}

// An admin who dismisses the setup is not led any more.
func TestSetupDismissed(t *testing.T) {
	s := harness.New(t)
	anna := s.SignIn(t, 0)
	anna.Submit("/", "/setup/done", "")
	if _, board := anna.Get("/"); strings.Contains(board, `href="/setup"`) {
		t.Error("still led")
	}
	if _, page := anna.Get("/status"); !strings.Contains(page, `href="/setup"`) {
		t.Error("the status page does not lead there")
	}
}
