package browser

import (
	"fmt"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/views"

	"github.com/chromedp/chromedp"
)

// The row under the pointer does not move when rows above it go. Rows of ended calls
// stay until the pointer leaves the board, which avoids a hole above it. A call that
// the member may no longer see disappears at once.
func TestBrowserNoHoleAboveTheBoard(t *testing.T) {
	t.Parallel()
	mouse := chromedp.Flag("blink-settings", "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4")
	p := newBrowser(t, harness.NewDemo(t), mouse).newStillTab(t)
	p.do(chromedp.EmulateViewport(1280, 800))
	p.openPreview("board", views.English, "light")
	const rows = `document.querySelectorAll("#board .row")`
	p.until(rows + `.length > 8 && matchMedia("(hover: hover)").matches`)
	p.run(`window.all = [...` + rows + `]; for (const row of all.slice(0, 2)) row.dataset.state = "ended"`)
	before := eval[int](p, rows+`.length`)
	top := eval[float64](p, `all[5].getBoundingClientRect().top`)
	p.do(chromedp.MouseEvent(chromedp.MouseMoved, 300, top+10))
	p.until(`all[5].matches(":hover")`)
	drop := func(numbers string) {
		p.run(`document.dispatchEvent(new CustomEvent("gallery:message", {detail: {drop: [%s].map(n => all[n].id)}}))`, numbers)
	}
	const seen = `[Math.round(all[5].getBoundingClientRect().top), document.querySelector("#live").style.paddingTop, ` + rows + `.length].join()`
	drop("0, 1, 8")
	if got, want := eval[string](p, seen), fmt.Sprintf("%.0f,,%d", top, before-1); got != want {
		t.Errorf("under the pointer: %s, want %s", got, want)
	}
	drop("2")
	if eval[bool](p, fmt.Sprintf(`all[2].isConnected || Math.abs(all[5].getBoundingClientRect().top - %f) > 1`, top)) {
		t.Error("a row that nobody may see is shown, or the row under the pointer moved")
	}
	p.do(chromedp.MouseEvent(chromedp.MouseMoved, 5, 5))
	p.until(rows+`.length === %d && !document.querySelector("#live").style.paddingTop`, before-4)
}
