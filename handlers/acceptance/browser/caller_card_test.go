package browser

import (
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The card of the caller opens beside the board at a click on the name or with
// Enter, follows the selected row, keeps a note that was begun, and covers no call
// on a large screen.
func TestBrowserCallerCard(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	anna := newBrowser(t, s).newTab(t)
	anna.signIn("Anna")
	s.Ring("+4930555701", "w0", "established")
	s.Ring("+4930555702", "w0", "established")
	anna.until(`document.querySelectorAll("#board .row[data-state=talking]").length === 2`)
	anna.do(chromedp.EmulateViewport(1280, 800))
	card := func(who string) {
		t.Helper()
		anna.until(`!document.querySelector("#card").hidden && document.querySelector("#card h2")?.textContent.includes(%q)`, who)
	}
	anna.run(`%s.querySelector(".who a").click()`, row("+49 30 555701"))
	card("+49 30 555701")
	if eval[bool](anna, `location.pathname !== "/" || document.querySelector("#board").getBoundingClientRect().right > document.querySelector("#card").getBoundingClientRect().left`) {
		t.Error("the card is another page, or covers the calls")
	}
	anna.screenshot("caller-card")
	anna.run(`document.querySelector("#card textarea").value = "half a no"`)
	anna.run(`%s.focus()`, row("+49 30 555702"))
	card("+49 30 555702")
	if eval[string](anna, `document.querySelector("#card textarea").value`) != "" {
		t.Error("the note of one call is on another one's card")
	}
	anna.run(`%s.focus()`, row("+49 30 555701"))
	card("+49 30 555701")
	anna.until(`document.querySelector("#card textarea").value === "half a no"`)
	// Enter goes on writing, the button saves, Escape closes.
	anna.keys(kb.Enter)
	anna.until(`document.activeElement === document.querySelector("#card textarea")`)
	anna.keys("t", "e")
	anna.run(`document.querySelector("#card form").requestSubmit()`)
	anna.until(`/half a no\s*te/.test(document.querySelector("#card .written")?.textContent) && document.querySelector("#card textarea").value === ""`)
	anna.keys(kb.Escape)
	anna.until(`document.querySelector("#card").hidden && document.activeElement === %s`, row("+49 30 555701"))
	anna.keys(kb.Enter)
	card("+49 30 555701")
}
