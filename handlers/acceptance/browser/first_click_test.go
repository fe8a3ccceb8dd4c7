package browser

import (
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// What a member clicks and presses while the files for it are still on their way is
// done when they are there, each thing once, and the dialog has its style.
func TestBrowserFirstClicksWaitForTheirFiles(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	s.Ring("+4930555107", "w0", "established")
	p := newBrowser(t, s).newTab(t)
	p.signIn("Anna")
	p.reloadWithoutCache()
	if eval[bool](p, `"htmx" in window`) {
		t.Error("a page that nobody uses loads htmx")
	}
	hold := fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*htmx*.js"}, {URLPattern: "*in_use*.js"}, {URLPattern: "*dialogs*.css"}}}
	if _, err := chromedp.Call(p.ctx, fetch.Enable, hold); err != nil {
		t.Fatal(err)
	}
	p.run(`window.stays = true`)
	p.click(the(`#own-calls button`))
	p.click(the(`#board .act.hold`))
	p.key("n")
	p.until(`!!document.querySelector("script[src*=htmx]")`)
	if eval[bool](p, `!!document.querySelector("#modal[open], #board .row[data-state=held], #own-calls [aria-pressed=true]")`) {
		t.Error("something happens before the files are there")
	}
	if _, err := chromedp.Call(p.ctx, fetch.Disable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	p.until(`document.activeElement?.matches("#modal[open] input[name=callee]")`)
	p.until(`document.querySelector("#own-calls [aria-pressed=true]") && document.querySelector("#board .row").dataset.state === "held"`)
	if display := eval[string](p, `getComputedStyle(document.querySelector("#modal .recipient")).display`); display != "grid" {
		t.Errorf("the dialog has no style: display %s", display)
	}
	if !eval[bool](p, `window.stays`) {
		t.Error("a form left the page")
	}
}

// If htmx cannot be loaded, the page says that Callboard could not be reached, and the
// next click tries again.
func TestBrowserScriptThatDidNotComeIsLoadedAgain(t *testing.T) {
	t.Parallel()
	p := newBrowser(t, harness.New(t)).newTab(t)
	p.signIn("Anna")
	p.reloadWithoutCache()
	block := func(yes bool) {
		t.Helper()
		patterns := []*network.BlockPattern{{URLPattern: "*://*:*/*htmx*", Block: yes}}
		if _, err := chromedp.Call(p.ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: patterns}); err != nil {
			t.Fatal(err)
		}
	}
	block(true)
	p.click(the(`.tools [data-key=n]`))
	p.until(`document.querySelector("#notices")?.innerText.includes("could not be reached")`)
	block(false)
	p.click(the(`.tools [data-key=n]`))
	p.until(`document.activeElement?.matches("#modal[open] input[name=callee]")`)
}

// reloadWithoutCache loads the page again, and everything that it needs from then on.
func (p *tab) reloadWithoutCache() {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.Reload())
	p.until(`document.readyState === "complete" && document.querySelector("#status")?.dataset.state === "live"`)
}
