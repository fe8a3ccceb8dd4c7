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
	// What moves with each state of the connection, and with the missed calls.
	const moves = `(() => {
		const places = () => JSON.stringify([...document.querySelectorAll(".top > *, .tools > *, #own-calls")].map(e => [e.className || e.id, ...["x", "y", "width", "height"].map(k => Math.round(e.getBoundingClientRect()[k]))]));
		const status = document.querySelector("#status"), word = status.querySelector("b"), missed = document.querySelector("#missed"), found = [], before = places();
		const compare = what => { const after = places(); if (after !== before) found.push(what + " moves the header: " + before + " → " + after); };
		for (const state of ["catching", "connecting", "offline", "polling", "paused", "live"]) {
			status.dataset.state = state;
			word.textContent = document.querySelector("#words").dataset[state];
			compare(state);
			const badge = word.parentElement;
			if (badge.scrollWidth > badge.clientWidth + 1 && document.documentElement.lang !== "en-XA") found.push(word.textContent + " is cut off");
		}
		missed.hidden = true;
		compare("the last missed call");
		missed.hidden = false;
		return found;
	})()`
	for _, lang := range slices.Concat(views.Langs, []views.Lang{views.Pseudo}) {
		p.openPreview("board-missed", lang, "light")
		for _, width := range []int64{360, 768, 1280, 1920} {
			where := fmt.Sprintf("%s at %d", lang, width)
			p.do(chromedp.EmulateViewport(width, 800))
			for _, what := range eval[[]string](p, strings.ReplaceAll(clipped, `"body *"`, `".top, .top *"`)) {
				t.Errorf("%s: %s", where, what)
			}
			if edge := eval[float64](p, `innerWidth - document.querySelector(".top").getBoundingClientRect().right`); edge != 0 {
				t.Errorf("%s: the header ends %v before the edge", where, edge)
			}
			for _, what := range eval[[]string](p, moves) {
				t.Errorf("%s: %s", where, what)
			}
		}
	}
}

// The search field of an admin, who has the longest menu, says which key leads to it,
// and its own words are whole.
func TestBrowserSearchFieldShowsItsKey(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	p := newBrowser(t, s).newStillTab(t)
	p.signIn("Anna")
	member := s.SignIn(t, 0)
	const shown = `(input => {
		const {paddingLeft, paddingRight} = getComputedStyle(input), {font} = getComputedStyle(input, "::placeholder"), pen = document.createElement("canvas").getContext("2d");
		pen.font = font;
		const room = input.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight), words = pen.measureText(input.placeholder).width;
		return getComputedStyle(document.querySelector(".find kbd")).display === "none" ? "no key" : words > room ? words + " px of words in " + room : "";
	})(document.querySelector("#search"))`
	for _, lang := range []string{"de", "en"} {
		// The open page takes over the language by itself.
		if status, page := member.Post("/settings/toggle", "lang="+lang); status >= 400 {
			t.Fatalf("%d %.300s", status, page)
		}
		p.until(`document.documentElement.lang === %q && document.readyState === "complete"`, lang)
		for _, width := range []int64{1280, 1440, 1920} {
			p.do(chromedp.EmulateViewport(width, 800))
			p.until(`innerWidth === %d && %s !== undefined`, width, shown)
			if got := eval[string](p, shown); got != "" {
				t.Errorf("%s at %d: %s", lang, width, got)
			}
		}
	}
}

// Each menu shows what opens it, in every window: three dots, or a word.
func TestBrowserMenusCanBeSeen(t *testing.T) {
	t.Parallel()
	p := newBrowser(t, harness.NewDemo(t)).newStillTab(t)
	for _, name := range []string{"team", "history"} {
		p.openPreview(name, views.English, "light")
		for _, width := range []int64{360, 768, 1280, 1920} {
			p.do(chromedp.EmulateViewport(width, 800))
			if got := eval[int](p, `[...document.querySelectorAll("summary")].filter(s => s.checkVisibility() && ![...s.childNodes].some(n => n.nodeType === 3 ? n.nodeValue.trim() : n.checkVisibility() && n.getBoundingClientRect().width > 1)).length`); got != 0 {
				t.Errorf("%s at %d: %d menus are not to be seen", name, width, got)
			}
		}
	}
}
