package browser

import (
	"fmt"

	"github.com/chromedp/chromedp"
)

// the returns the expression of the first element that a selector names.
func the(selector string) string { return fmt.Sprintf(`document.querySelector(%q)`, selector) }

// at returns the middle of an element.
func (p *tab) at(element string) (x, y float64) {
	p.t.Helper()
	r := eval[[]float64](p, `(r => [r.x + r.width / 2, r.y + r.height / 2])(`+element+`.getBoundingClientRect())`)
	return r[0], r[1]
}

// click clicks the middle of an element with the mouse once that exists, can be
// clicked, rests and is not covered. It looks the element up again each time, since
// a row that changes may bring another.
func (p *tab) click(element string) {
	p.t.Helper()
	p.until(`(e => {
		if (!e?.checkVisibility() || e.disabled) return false;
		const r = e.getBoundingClientRect(), place = [r.left, r.top].join(), rests = place === window.lastPlace;
		window.lastPlace = place;
		if (r.top < 0 || r.bottom > innerHeight) e.scrollIntoView({block: "center", behavior: "instant"});
		return rests && e.contains(document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2));
	})(%s)`, element)
	x, y := p.at(element)
	p.do(chromedp.MouseClickXY(x, y))
}

// A hand is a member's: it counts what is clicked and what is pressed.
type hand struct {
	*tab
	clicks, keys int
}

// click clicks an element and counts it.
func (h *hand) click(element string) {
	h.t.Helper()
	h.tab.click(element)
	h.clicks++
}

// press presses keys one after the other; a word is as many keys as it has letters.
func (h *hand) press(words ...string) {
	h.t.Helper()
	for _, w := range words {
		h.do(chromedp.KeyEvent(w))
		h.keys += len([]rune(w))
	}
}

// pressWithCtrl presses a key together with Ctrl.
func (h *hand) pressWithCtrl(key string) {
	h.t.Helper()
	h.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	h.keys++
}

// done reports what a job took, and resets the counts.
func (h *hand) done(job string, clicks, keys int) {
	h.t.Helper()
	h.t.Logf("%s: %d clicks, %d keys", job, h.clicks, h.keys)
	if h.clicks > clicks || h.keys > keys {
		h.t.Errorf("%s takes %d clicks and %d keys, want at most %d and %d", job, h.clicks, h.keys, clicks, keys)
	}
	h.clicks, h.keys = 0, 0
}
