package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"callboard/views"
)

// newStillTab opens a tab without animations, which would make measurements
// depend on the moment.
func (b *browser) newStillTab(t *testing.T) *tab {
	t.Helper()
	p := b.newTab(t)
	reduce := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, reduce); err != nil {
		t.Fatal(err)
	}
	return p
}

// openPreview opens an example of the gallery.
func (p *tab) openPreview(name string, lang views.Lang, theme string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.s.URL + "/gallery/" + name + "?lang=" + string(lang) + "&theme=" + theme))
}

// clipped returns what does not fit: text that is cut off, controls that reach
// over the edge of the window, words that do not wrap or are broken. Areas that scroll and
// text for screen readers only are ignored.
const clipped = `(() => {
	const found = [], seen = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true});
	const width = document.documentElement.clientWidth;
	const scrolls = e => { for (let p = e; p && p !== document.body; p = p.parentElement) if (/auto|scroll/.test(getComputedStyle(p).overflowX)) return true; return false; };
	const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + [...e.classList].map(c => "." + c).join("") + " " + JSON.stringify((e.innerText ?? "").slice(0, 60));
	if (document.documentElement.scrollWidth > width) found.push("the page is " + document.documentElement.scrollWidth + " wide, the window " + width);
	for (const e of document.querySelectorAll("body *")) {
		if (!seen(e) || e.closest("svg, option, datalist, .vh, .skip, noscript")) continue;
		const box = e.getBoundingClientRect(), style = getComputedStyle(e);
		if (!box.width || !box.height || style.clipPath !== "none" || e.closest("[style*=clip-path]")) continue;
		if ((box.right > width + 1 || box.left < -1) && !scrolls(e)) found.push(name(e) + " reaches from " + Math.round(box.left) + " to " + Math.round(box.right));
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
		if (!own) continue;
		const wide = e.scrollWidth > e.clientWidth + 1 && style.display !== "inline" && !/auto|scroll/.test(style.overflowX);
		const high = e.scrollHeight > e.clientHeight + 3 && /hidden|clip/.test(style.overflowY);
		if (e.title && (wide && style.textOverflow === "ellipsis" || high && style.webkitLineClamp !== "none")) continue; // the title has the whole text
		if (wide || high) found.push(name(e) + " is " + e.clientWidth + " wide, its text " + e.scrollWidth);
		const r = document.createRange();
		for (const n of e.childNodes) {
			if (n.nodeType !== 3 || !n.data.trim()) continue;
			r.selectNodeContents(n);
			const t = r.getBoundingClientRect(), c = e.closest("button, .btn, .act, .pill, .chip, .badge, .quiet, .menu a, td, th, summary")?.getBoundingClientRect();
			if (c && (t.left < c.left - 1 || t.right > c.right + 1)) found.push(name(e) + ": its text goes beyond its frame");
			const lines = new Set([...r.getClientRects()].map(l => Math.round(l.top))).size;
			if (e.closest("button, .btn, .act, .pill, .badge, summary") && lines > n.data.trim().split(/[\s-]+/).length) found.push(name(e) + ": its words are broken into " + lines + " lines");
		}
	}
	return found;
})()`

// addClipped adds what is clipped on the page at a width.
func (f findings) addClipped(p *tab, name string, width int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, 900))
	for _, what := range eval[[]string](p, clipped) {
		f[what] = append(f[what], fmt.Sprintf("%s at %d", name, width))
	}
}
