package acceptance

import (
	"net/http"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// An account that sipgate moves to neo while its team works: the list of calls answers
// in another way, and from then on the pages are those of neo. Nobody signs in again.
func TestMigrationWhileRunning(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	anna := s.SignIn(t, 0)
	account := s.AccountID()
	id := s.Ring("+4930555600", "w0", "established")
	d := neoDay{s, anna, nil}
	d.shows("the call", anna, "555600", `data-state="talking"`)
	if page := anna.Page("/status"); !strings.Contains(page, `data-platform="classic"`) {
		t.Fatal("the account is not classic")
	}
	s.Control("POST", "platforms/"+account, map[string]any{"platform": "neo", "calls": http.StatusNotImplemented, "history": "migrated"}, nil)
	d.shows("the board has no list", anna, "data-unlisted", "555600", "Vielleicht beendet")
	s.Eventually("the platform is known", func() bool { return strings.Contains(anna.Page("/status"), `data-platform="neo"`) })
	if page := spaced(anna.Page("/status")); !strings.Contains(page, "app.sipgate.com") || !strings.Contains(page, "sipgate neo hat keine Anschlüsse und Gruppen") {
		t.Error("the status page does not say how it is on neo")
	}
	s.HangUp(id)
	s.Eventually("the history has the call once", func() bool { return len(historyIDs(anna, "")) == 1 })
	d.command(t, anna, "/calls", `"device":"e0","callee":"+4930555601"`)
	if body := s.LastBody("/v2/calls"); !strings.Contains(body, s.Channel(account, "p0")) {
		t.Errorf("called in another channel: %s", body)
	}
}
