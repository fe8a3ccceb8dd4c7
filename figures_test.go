package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

var tag = regexp.MustCompile(`<[^>]*>`)

// spaced is the text of a page, each part after one space.
func spaced(page string) string {
	return strings.Join(strings.Fields(tag.ReplaceAllString(page, " ")), " ")
}

// The figures of today are those of the simulated history: everybody sees the
// team's, leads each member's; and however many look, sipgate is asked once.
func TestFiguresPage(t *testing.T) {
	t.Parallel()
	s := newStack(t, "-visibility", "account")
	s.pushEvents()
	anna, jonas := s.visitor(t, 0), s.visitor(t, 1)
	end := func(id, cause string) {
		s.control("POST", "calls/"+id+"/hangup", map[string]any{"cause": cause}, nil)
	}
	for i := range 3 {
		end(s.ring(fmt.Sprintf("+49307776%d", i), "w1", "established"), "normalClearing")
	}
	end(s.ring("+4930777701", "w1", "ringing"), "cancel")
	end(s.ring("+4930777702", "w0", "established"), "normalClearing")
	var made struct{ CallID string }
	s.control("POST", "calls", map[string]any{"direction": "out", "to": "+4930777703", "users": []string{"w0"}, "state": "ringing"}, &made)
	end(made.CallID, "busy")
	running := s.ring("+4930777704", "w0", "established")

	var looks sync.WaitGroup
	for range 20 {
		looks.Go(func() {
			for _, v := range []*visitor{anna, jonas} {
				if status, page := v.get("/figures"); status != http.StatusOK || !strings.Contains(spaced(page), "Anrufe 6 Angenommen 80 % der eingegangenen Verpasst 1") {
					t.Errorf("the figures: %d %s", status, spaced(page))
				}
			}
		})
	}
	looks.Wait()
	asked := 0
	var all []struct{ Path, Query string }
	s.control("GET", "requests", nil, &all)
	for _, r := range all {
		if r.Path == "/v2/history" && strings.Contains(r.Query, "limit=1000") {
			asked++
		}
	}
	if asked != 2 { // those in the archive, too
		t.Errorf("40 looks became %d requests", asked)
	}
	_, page := anna.get("/figures")
	text := spaced(page)
	for _, want := range []string{"Gerade jetzt 1 0 klingeln, 1 im Gespräch", "Jonas Keller 75 %", "Anna Bergmann 100 %", "Eingehend 4", "Niemanden erreicht 1", "Alle 4 0 1 1 6", `role="img"`} {
		if !strings.Contains(text, want) && !strings.Contains(page, want) {
			t.Errorf("no %q in the page of an admin: %s", want, text)
		}
	}
	if _, page := jonas.get("/figures"); strings.Contains(page, "Anna Bergmann") || strings.Contains(page, "fig-who") {
		t.Error("an agent sees what each member did")
	}
	for path, want := range map[string]int{"/figures?span=week": 200, "/figures?span=yesterday": 200, "/figures?span=year": 422} {
		if status, _ := jonas.get(path); status != want && !(want == 422 && status == 400) {
			t.Errorf("%s: %d", path, status)
		}
	}
	stranger := &visitor{t: t, s: s, http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if status, _ := stranger.get("/figures"); status != http.StatusSeeOther {
		t.Errorf("a stranger: %d", status)
	}
	end(running, "normalClearing")
}

// That sipgate does not give the history is said, and is no figure.
func TestFiguresFailing(t *testing.T) {
	s := newStack(t)
	v := s.visitor(t, 1)
	s.control("POST", "faults", map[string]any{"path": "/v2/history", "status": 503}, nil)
	_, page := v.get("/figures")
	if text := spaced(page); !strings.Contains(text, "Die Historie von sipgate war nicht zu lesen") || !strings.Contains(text, "Anrufe – Angenommen –") {
		t.Errorf("without a history: %s", text)
	}
}

// The page of figures in a browser, at three widths, light and dark, with
// nothing that the Content-Security-Policy refuses.
func TestBrowserFigures(t *testing.T) {
	t.Parallel()
	s := newStack(t, "-visibility", "account", "-script", "office")
	s.pushEvents()
	b := newBrowser(t, s)
	anna := b.person(t)
	anna.signIn("Anna")
	for i := range 5 {
		id := s.ring(fmt.Sprintf("+49307776%d", i), "w0", "established")
		s.control("POST", "calls/"+id+"/hangup", map[string]any{"cause": "normalClearing"}, nil)
	}
	for _, width := range []int64{360, 768, 1280} {
		anna.do(chromedp.EmulateViewport(width, 1000), chromedp.Navigate(s.url+"/figures"))
		anna.until(`document.querySelectorAll(".part").length > 1`)
		if over := eval[int](anna, `document.querySelector("main").scrollWidth - document.querySelector("main").clientWidth`); over > 0 {
			t.Errorf("at %d px, %d are cut off", width, over)
		}
		shown := eval[int](anna, `[...document.querySelectorAll(".chart")].filter(c => c.getBoundingClientRect().height > 0).length`)
		if shown != 1 {
			t.Errorf("at %d px, %d charts are shown", width, shown)
		}
		anna.picture(fmt.Sprintf("figures-%d", width))
	}
	if fill := eval[string](anna, `getComputedStyle(document.querySelector(".part.k-in")).fill`); fill == "none" || fill == "rgb(0, 0, 0)" {
		t.Errorf("the bars are %s", fill)
	}
}
