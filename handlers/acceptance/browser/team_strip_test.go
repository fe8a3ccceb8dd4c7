package browser

import (
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Of a team of 200, those who are on calls stay in the line of the strip. The others are
// behind "+192", where each has a tile that calls them, and can be searched for; so
// can they in the field for everything.
func TestBrowserALargeTeamIsInSight(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account", "-users", "200", "-pickup=-1s")
	s.PushEvents()
	p := &hand{tab: newBrowser(t, s).newStillTab(t)}
	p.do(chromedp.EmulateViewport(1280, 800))
	p.beforeScripts(`window.WebSocket = class extends WebSocket { constructor(...args) { super(...args); window.feedSocket = this; } }`)
	p.signIn("Anna")
	p.until(`document.querySelectorAll("#team li").length === 199`)
	const seen = `[...document.querySelectorAll("#team li")].filter(e => e.checkVisibility())`
	const others = `[...document.querySelectorAll("#team li:nth-child(n+9) a b")]` // whose numbers are known so far
	p.until(others + `.length > 9`)
	name := eval[string](p.tab, others+`.at(-1).textContent`)
	if got := eval[int](p.tab, seen+`.length`); got != 7 {
		t.Errorf("%d tiles are in the line", got)
	}
	if got := eval[string](p.tab, `document.querySelector("#team summary b").textContent`); got != "+192" {
		t.Errorf("the others are behind %s", got)
	}
	s.Ring("+4930555901", "w150", "established")
	p.until(seen + `.some(e => e.querySelector(".talking"))`)

	p.click(`document.querySelector("#team summary")`)
	p.until(`document.activeElement?.id === "team-search"`)
	if got := eval[int](p.tab, seen+`.length`); got != 199 {
		t.Errorf("%d tiles are in the panel", got)
	}
	if got := eval[string](p.tab, `[...document.querySelectorAll("#team li")].filter(e => { e.scrollIntoView({block: "nearest"}); const r = e.getBoundingClientRect(); return !e.contains(document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2)); }).map(e => e.innerText).join()`); got != "" {
		t.Errorf("out of reach: %s", got)
	}
	p.screenshot("team-panel")
	p.press(strings.ToLower(name))
	p.until(seen + `.length >= 1 && ` + seen + `.every(e => e.innerText.toLowerCase().includes(` + "`" + strings.ToLower(name) + "`" + `))`)
	p.screenshot("team-search")

	// Telephones that become known meanwhile change neither the panel nor the search.
	const panel = `[document.activeElement.id, document.activeElement.value, document.activeElement.selectionStart, ` + seen + `.length].join()`
	before := eval[string](p.tab, panel)
	p.run(`fetch("/").then(r => r.text()).then(page => {
		const strip = new DOMParser().parseFromString(page, "text/html").querySelector("#team");
		strip.querySelector("li:nth-child(8)").title = "known now";
		feedSocket.dispatchEvent(new MessageEvent("message", {data: JSON.stringify({parts: [strip.outerHTML]})}));
	})`)
	p.until(`!!document.querySelector("#team li[title='known now']")`)
	if after := eval[string](p.tab, panel); after != before {
		t.Errorf("the panel was %s and is %s", before, after)
	}
	p.press("zzz")
	p.until(seen + `.length === 0 && document.querySelector("#team [data-filtered-out]").checkVisibility()`)
	p.press(kb.Escape)
	p.until(seen + `.length === 7 && document.querySelector("#team-search").value === ""`)

	p.click(`document.querySelector("#search")`)
	p.press(strings.ToLower(name))
	p.until(`[...document.querySelectorAll(".find [role=option]")].some(e => e.innerText.includes(%q))`, name)
	p.press(kb.Escape)
	p.click(`document.querySelector("#team summary")`)
	p.until(`document.activeElement?.id === "team-search"`)
	p.press(strings.ToLower(name))
	p.until(seen + `.length < 199`)
	p.click(seen + `[0].querySelector("a")`)
	p.until(`document.querySelector("#modal").open && document.querySelector("#modal").innerText.includes(%q)`, name)
}
