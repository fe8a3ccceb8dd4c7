package browser

import (
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
)

// While a command is pending, the row says so in a place that makes it no higher,
// in all widths and densities. Names and buttons stay in sight.
func TestBrowserPendingCommandKeepsTheHeightOfItsRow(t *testing.T) {
	t.Parallel()
	p := newBrowser(t, harness.NewDemo(t)).newStillTab(t)
	const mistakes = `(() => {
		const row = document.querySelector("#row-pending"), chip = row.querySelector("[data-tone=busy]"), found = [];
		row.focus(); // on a telephone, its buttons are seen then
		const place = chip.getBoundingClientRect(), around = row.getBoundingClientRect();
		if (!chip.innerText.includes("Putting on hold")) found.push("says " + chip.innerText);
		if (!place.width || place.left < around.left || place.right > around.right || place.top < around.top || place.bottom > around.bottom) found.push("is not within the row");
		for (const e of row.querySelectorAll(".act, .dir, h3")) {
			const {left, right, top, bottom, width} = e.getBoundingClientRect();
			if (width && left < place.right && right > place.left && top < place.bottom - 1 && bottom > place.top + 1) found.push("covers " + e.outerHTML);
		}
		chip.hidden = true;
		const {height} = row.getBoundingClientRect();
		if (around.height !== height) found.push("makes it " + (around.height - height) + " px higher");
		return found.join(", ");
	})()`
	p.openPreview("board", "en", "light")
	for _, width := range []int64{1920, 1280, 1100, 900, 700, 360} {
		for _, compact := range []bool{false, true} {
			p.do(chromedp.EmulateViewport(width, 900))
			p.run(`document.querySelector("#live").toggleAttribute("data-compact", %t); document.querySelector("#live").toggleAttribute("data-roomy", %t)`, compact, !compact)
			p.run(`document.querySelector("#row-pending [data-tone=busy]").hidden = false`)
			if got := eval[string](p, mistakes); got != "" {
				t.Errorf("%d px, compact %t: what is pending %s", width, compact, got)
			}
		}
	}
}
