package acceptance

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"callboard/handlers/acceptance/harness"
)

var tag = regexp.MustCompile(`<[^>]*>`)

// spaced returns the text of a page with single spaces.
func spaced(page string) string {
	return strings.Join(strings.Fields(tag.ReplaceAllString(page, " ")), " ")
}

// The counts of today fit the simulated history. Members see those of the team,
// leads those of each member, and sipgate is asked once for all.
func TestStatsPage(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	end := func(id, cause string) {
		s.Control("POST", "calls/"+id+"/hangup", map[string]any{"cause": cause}, nil)
	}
	for i := range 3 {
		end(s.Ring(fmt.Sprintf("+49307776%d", i), "w1", "established"), "normalClearing")
	}
	end(s.Ring("+4930777701", "w1", "ringing"), "cancel")
	end(s.Ring("+4930777702", "w0", "established"), "normalClearing")
	var made struct{ CallID string }
	s.Control("POST", "calls", map[string]any{"direction": "out", "to": "+4930777703", "users": []string{"w0"}, "state": "ringing"}, &made)
	end(made.CallID, "busy")
	running := s.Ring("+4930777704", "w0", "established")

	var looks sync.WaitGroup
	for range 20 {
		looks.Go(func() {
			for _, v := range []*harness.Client{anna, jonas} {
				if status, page := v.Get("/figures"); status != http.StatusOK || !strings.Contains(spaced(page), "Anrufe 6 Angenommen 80 % der eingehenden Verpasst 1") {
					t.Errorf("the figures: %d %s", status, spaced(page))
				}
			}
		})
	}
	looks.Wait()
	asked := 0
	var all []struct{ Path, Query string }
	s.Control("GET", "requests", nil, &all)
	for _, r := range all {
		if r.Path == "/v2/history" && strings.Contains(r.Query, "limit=1000") {
			asked++
		}
	}
	if asked != 2 { // those in the archive, too
		t.Errorf("40 looks became %d requests", asked)
	}
	_, page := anna.Get("/figures")
	text := spaced(page)
	for _, want := range []string{"Jetzt 1 0 klingeln, 1 im Gespräch", "Jonas Keller 75 %", "Anna Bergmann 100 %", "Angenommen 4", "Nicht erreicht 1", "Gesamt 4 0 1 1 6", `role="img"`} {
		if !strings.Contains(text, want) && !strings.Contains(page, want) {
			t.Errorf("no %q in the page of an admin: %s", want, text)
		}
	}
	if _, page := jonas.Get("/figures"); strings.Contains(page, "Anna Bergmann") || strings.Contains(page, "fig-who") {
		t.Error("an agent sees what each member did")
	}
	for path, want := range map[string]int{"/figures?span=week": 200, "/figures?span=yesterday": 200, "/figures?span=year": 422} {
		if status, _ := jonas.Get(path); status != want && !(want == 422 && status == 400) {
			t.Errorf("%s: %d", path, status)
		}
	}
	stranger := s.Anonymous(t)
	if status, _ := stranger.Get("/figures"); status != http.StatusSeeOther {
		t.Errorf("a stranger: %d", status)
	}
	end(running, "normalClearing")
}

// If sipgate does not return the history, the page says so and shows no counts.
func TestStatsWithoutHistory(t *testing.T) {
	s := harness.New(t)
	v := s.SignIn(t, 1)
	s.Control("POST", "faults", map[string]any{"path": "/v2/history", "status": 503}, nil)
	_, page := v.Get("/figures")
	if text := spaced(page); !strings.Contains(text, "Der Verlauf von sipgate ist nicht lesbar") || !strings.Contains(text, "Anrufe – Angenommen –") {
		t.Errorf("without a history: %s", text)
	}
}
