package browser

import (
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A recipient is found with the keyboard alone, and the resulting number is
// shown before anything is sent.
func TestBrowserSearch(t *testing.T) {
	s := harness.New(t, "-visibility", "account")
	s.AddContacts([3]string{"Jörg Müller", "(0221) 4710 777", ""}, [3]string{"Jutta Müller", "0221 4710 778", ""}, [3]string{"Canary Aunt", "0221 4710 779", "w1"})
	s.Control("POST", "contacts", map[string]any{"count": 5000}, nil)
	b := newBrowser(t, s)
	anna := b.newTab(t)
	anna.signIn("Anna")
	s.Eventually("contacts", func() bool {
		return eval[bool](anna, `fetch("/search?q=mueller").then(r => r.text()).then(t => t.includes("Jutta"))`)
	})
	id := s.Ring("+4930555002", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row("+49 30 555002"))
	anna.do(chromedp.Focus(`#board .row`), chromedp.KeyEvent("t"))
	anna.until(`document.activeElement?.role === "combobox"`)
	anna.until(`!document.querySelector("#modal .found").hidden`)
	anna.until(`document.querySelector("#modal .found").innerText.includes("Jonas Keller")`)
	anna.screenshot("search-empty")

	options := `[...document.querySelectorAll("#recipient-list [role=option]")]`
	selected := `document.querySelector('#recipient-list [aria-selected="true"]')`
	verdict := `document.querySelector("#recipient-verdict").innerText`
	anna.run(`document.activeElement.select()`) // the driver may have sent the letter late
	anna.do(chromedp.KeyEvent("mueller"))
	anna.until(`%s.length === 2 && %[1]s.every(o => o.innerText.includes("Müller"))`, options)
	anna.until(`%s === %s[0]`, selected, options) // what Enter means
	anna.do(chromedp.KeyEvent(kb.ArrowDown))
	anna.until(`%s === %s[1] && document.activeElement.getAttribute("aria-activedescendant") === "recipient-1"`, selected, options)
	anna.do(chromedp.KeyEvent(kb.ArrowDown))
	anna.until(`%s === %s[0]`, selected, options)
	anna.do(chromedp.KeyEvent(kb.End))
	anna.until(`%s === %s[1]`, selected, options)
	anna.do(chromedp.KeyEvent(kb.Home))
	anna.until(`%s === %s[0]`, selected, options)
	anna.screenshot("search-list")
	anna.do(chromedp.KeyEvent(kb.Escape)) // the list first
	anna.until(`document.querySelector("#modal .found").hidden && document.querySelector("#modal").open && document.activeElement.getAttribute("aria-expanded") === "false"`)
	anna.do(chromedp.KeyEvent(kb.ArrowUp))
	anna.until(`%s === %s[1]`, selected, options)
	anna.do(chromedp.KeyEvent(kb.Tab)) // chosen, and to the buttons
	anna.until(`document.querySelector(".chosen").innerText.includes("Jutta Müller") && document.querySelector(".chosen").innerText.includes("+49 221 4710778")`)
	anna.until(`document.activeElement.value === "false" && document.querySelector("#modal .found").hidden && !document.querySelector("#recipient").offsetParent`)
	anna.until(`document.querySelector("[data-recipient-name]").innerText === "Jutta Müller" && document.querySelector("#recipient").value === "+49 221 4710778"`)
	anna.screenshot("search-chosen")
	anna.run(`document.querySelector(".chosen button").click()`) // somebody else
	anna.until(`document.activeElement.id === "recipient" && document.activeElement.value === "" && document.querySelector(".chosen").hidden`)

	typed := func(text, says string) {
		t.Helper()
		anna.run(`document.activeElement.select()`)
		anna.do(chromedp.KeyEvent(text))
		anna.until(`%s.includes(%q)`, verdict, says)
	}
	s.ExpectNoCommands(t, func() {
		typed("0221 / 4710-555", "+49 221 4710555") // normalised
		typed("0221", "not complete")
		typed("0900 1234567", "blocked")
		anna.screenshot("search-blocked")
		typed("112", "Emergency: dial 112 directly on your phone.")
		typed("030 555002", "already in the call")
		typed("zzzz", "No match")
		anna.screenshot("search-nobody")
		typed("canary", "No match")
	})

	// A search that fails says so, and a number can be typed all the same.
	s.Stop()
	anna.run(`document.activeElement.select()`)
	anna.do(chromedp.KeyEvent("0221 471"))
	anna.until(`%s.includes("Search is not available at the moment")`, verdict)
	anna.screenshot("search-failed")
	s.Start()
	anna.until(`document.querySelector("#status").dataset.state === "live"`)
	typed("0221 4710555", "+49 221 4710555")
	anna.key(kb.Enter) // directly
	s.Eventually("transfer", func() bool {
		sent := s.Call(id).Transfers
		return len(sent) == 1 && sent[0].To == "+492214710555" && !sent[0].Attended
	})
	anna.until(`!document.querySelector("#modal").open`)
	testSearchByMouse(s, anna)
}

// testSearchByMouse finds a recipient of a new call with the mouse.
func testSearchByMouse(s *harness.Stack, anna *tab) {
	s.Eventually("contacts after the restart", func() bool {
		return eval[bool](anna, `fetch("/search?q=jörg").then(r => r.text()).then(t => t.includes("Jörg"))`)
	})
	anna.do(chromedp.KeyEvent("n"))
	anna.until(`document.activeElement?.role === "combobox"`)
	anna.run(`document.activeElement.select()`)
	anna.do(chromedp.KeyEvent("jörg"))
	anna.until(`document.querySelectorAll("#recipient-list [role=option]").length === 1`)
	anna.click(the(`#recipient-list [role=option]`))
	anna.until(`document.querySelector("#recipient").value === "+49 221 4710777" && document.activeElement.matches("[data-enter]")`)
	anna.do(chromedp.KeyEvent(kb.Enter))
	s.Eventually("new call", func() bool { return strings.Contains(s.LastBody("/v2/sessions/calls"), "+492214710777") })
}
