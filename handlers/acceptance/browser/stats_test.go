package browser

import (
	"fmt"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
)

// The page of counts fits three widths, and its charts are styled.
func TestBrowserStats(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account", "-script", "office")
	s.Restart("-timezone", harness.Afternoon(time.Now())) // the past calls of the script belong to today
	s.PushEvents()
	b := newBrowser(t, s)
	anna := b.newTab(t)
	anna.signIn("Anna")
	for i := range 5 {
		id := s.Ring(fmt.Sprintf("+49307776%d", i), "w0", "established")
		s.Control("POST", "calls/"+id+"/hangup", map[string]any{"cause": "normalClearing"}, nil)
	}
	for _, width := range []int64{360, 768, 1280} {
		anna.do(chromedp.EmulateViewport(width, 1000), chromedp.Navigate(s.URL+"/figures"))
		anna.until(`document.querySelectorAll(".part").length > 1`)
		if over := eval[int](anna, `document.querySelector("main").scrollWidth - document.querySelector("main").clientWidth`); over > 0 {
			t.Errorf("at %d px, %d are cut off", width, over)
		}
		shown := eval[int](anna, `[...document.querySelectorAll(".chart")].filter(c => c.getBoundingClientRect().height > 0).length`)
		if shown != 1 {
			t.Errorf("at %d px, %d charts are shown", width, shown)
		}
		anna.screenshot(fmt.Sprintf("figures-%d", width))
	}
	if fill := eval[string](anna, `getComputedStyle(document.querySelector(".part.k-in")).fill`); fill == "none" || fill == "rgb(0, 0, 0)" {
		t.Errorf("the bars are %s", fill)
	}

	// The board has today's in one line, which moves nothing and covers nothing.
	anna.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(s.URL+"/"))
	anna.until(`/^Today \d+ calls? · \d+ missed/.test(document.querySelector("#today")?.innerText)`)
	if over := eval[string](anna, `[...document.querySelectorAll("h2 > *, #board .row, .tile")].filter(e => {
		const a = e.getBoundingClientRect(), b = document.querySelector("#today").getBoundingClientRect();
		return a.width && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
	}).map(e => e.className).join()`); over != "" {
		t.Errorf("the line of today covers %s", over)
	}
	if h := eval[float64](anna, `document.querySelector(".today").getBoundingClientRect().height`); h != 0 {
		t.Errorf("the line of today takes %v px", h)
	}
	anna.screenshot("board-today")
}
