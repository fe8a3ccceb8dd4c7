package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/views"

	"github.com/chromedp/chromedp"
)

// The line at the top fits into every window, whatever the language, and reaches its
// right edge. Another state of the connection, and missed calls that come and go,
// move nothing in it.
func TestBrowserHeaderFitsAndStays(t *testing.T) {
	t.Parallel()
	p := newBrowser(t, harness.NewDemo(t)).newStillTab(t)
	const places = `JSON.stringify([...document.querySelectorAll(".top > *, .tools > *, #own-calls, #missed summary")].map(e => e.getBoundingClientRect()).filter(r => r.width))`
	for _, lang := range slices.Concat(views.Langs, []views.Lang{views.Pseudo}) {
		p.openPreview("board-missed", lang, "light")
		for _, width := range []int64{360, 768, 1024, 1280, 1920} {
			where := fmt.Sprintf("%s at %d", lang, width)
			p.do(chromedp.EmulateViewport(width, 800))
			for _, what := range eval[[]string](p, strings.ReplaceAll(clipped, `"body *"`, `".top, .top *"`)) {
				t.Errorf("%s: %s", where, what)
			}
			if edge := eval[float64](p, `innerWidth - document.querySelector(".top").getBoundingClientRect().right`); edge != 0 {
				t.Errorf("%s: the header ends %v before the edge", where, edge)
			}
			before := eval[string](p, places)
			for _, state := range []string{"catching", "connecting", "offline", "polling", "paused", "live"} {
				p.run(`document.querySelector("#status").dataset.state = %q; document.querySelector("#status b").textContent = document.querySelector("#words").dataset[%q]`, state, state)
				if after := eval[string](p, places); after != before {
					t.Errorf("%s: %s moves the header:\n%s\n%s", where, state, before, after)
				}
				if cut := eval[bool](p, `(b => b.scrollWidth > b.clientWidth + 1)(document.querySelector("#status .badge"))`); cut && lang != views.Pseudo {
					t.Errorf("%s: %s is cut off", where, state)
				}
			}
			p.run(`document.querySelector("#missed").hidden = true`)
			const others = `JSON.stringify([...document.querySelectorAll(".top > *, .tools > *, #own-calls")].map(e => e.getBoundingClientRect()).filter(r => r.width))`
			without := eval[string](p, others)
			p.run(`document.querySelector("#missed").hidden = false`)
			if with := eval[string](p, others); with != without {
				t.Errorf("%s: missed calls move the header:\n%s\n%s", where, without, with)
			}
		}
	}
}
