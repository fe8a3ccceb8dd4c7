package browser

import (
	"fmt"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp/kb"
)

// beside returns a button beside a result.
func beside(name, button string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#modal[open] .found li")].find(l => l.innerText.includes(%q))?.querySelector("[data-press=%s]")`, name, button)
}

// A call is given to a colleague with two clicks, or with their name and one key;
// with consultation, too. A call that comes in meanwhile changes nothing.
func TestBrowserTransferTakesTwoClicks(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	anna := &hand{tab: newBrowser(t, s).newTab(t)}
	anna.signIn("Anna")
	s.Eventually("the team", func() bool {
		return eval[bool](anna.tab, `fetch("/search?q=jonas").then(r => r.text()).then(t => t.includes("Jonas"))`)
	})
	transferred := func(number int, attended bool, act func(who string)) {
		t.Helper()
		who := fmt.Sprintf("+49 30 5557%02d", number)
		id := s.Ring(strings.ReplaceAll(who, " ", ""), "w0", "established")
		anna.until(`%s?.dataset.state === "talking"`, row(who))
		act(who)
		s.Eventually("the transfer", func() bool {
			sent := s.Call(id).Transfers
			return len(sent) == 1 && sent[0].To == jonasNumber && sent[0].Attended == attended
		})
		anna.until(`!document.querySelector("#modal").open`)
	}
	button := func(who string) string { return row(who) + `.querySelector(".act.transfer")` }

	transferred(1, false, func(who string) {
		anna.click(button(who))
		anna.until(`document.querySelector("#modal .found [role=group]")?.ariaLabel === "Team"`) // nobody had to be searched for
		anna.screenshot("transfer-offered")
		anna.click(beside("Jonas Keller", "enter"))
	})
	anna.done("transfer to a colleague", 2, 0)
	transferred(2, true, func(who string) {
		anna.click(button(who))
		anna.click(beside("Jonas Keller", "ctrlEnter"))
	})
	anna.done("with consultation", 2, 0)
	transferred(3, false, func(who string) {
		anna.run(`%s.focus()`, row(who))
		anna.press("t")
		anna.until(`document.activeElement?.role === "combobox" && document.activeElement.value === ""`)
		anna.press("jonas", kb.Enter) // the list need not be there yet
	})
	anna.done("transfer to a colleague by keys", 0, 7)

	transferred(4, true, func(who string) {
		anna.run(`%s.focus()`, row(who))
		anna.press("t")
		anna.until(`document.activeElement?.role === "combobox"`)
		anna.press("jon")
		anna.until(`document.querySelector('#modal .found [aria-selected="true"]')?.innerText.includes("Jonas Keller")`)
		s.Ring("+4930555799", "w0", "ringing")
		anna.until(`!!%s`, row("+49 30 555799"))
		if got := eval[string](anna.tab, `[document.activeElement.id, document.activeElement.value, document.querySelector('#modal .found [aria-selected="true"]')?.querySelector("b").innerText, document.querySelector("#modal").open].join()`); got != "recipient,jon,Jonas Keller,true" {
			t.Errorf("after a call came in: %s", got)
		}
		anna.pressWithCtrl(kb.Enter)
	})
	anna.done("with consultation by keys", 0, 5)
}

// Whoever is to be called is typed into the one field, on any page, and Enter calls
// them. With a call of one's own Enter leads to the transfer. Escape gives the focus
// back.
func TestBrowserFieldForEverything(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account", "-pickup=-1s")
	s.PushEvents()
	anna := &hand{tab: newBrowser(t, s).newTab(t)}
	anna.signIn("Anna")
	s.Eventually("the team", func() bool {
		return eval[bool](anna.tab, `fetch("/search?q=jonas").then(r => r.text()).then(t => t.includes("Jonas"))`)
	})
	means := func(text string) {
		anna.t.Helper()
		anna.until(`document.querySelector('.find [aria-selected="true"] .means')?.innerText.includes(%q)`, text)
	}
	anna.press("/")
	anna.until(`document.activeElement?.id === "search"`)
	anna.press("jonas")
	means("Call Jonas Keller")
	anna.screenshot("field-call")
	anna.press(kb.Enter)
	s.Eventually("the call", func() bool { return strings.Contains(s.LastBody("/v2/sessions/calls"), jonasNumber) })
	anna.until(`document.querySelector("#modal").open && !!document.querySelector("#modal #originate")`)
	anna.done("new call by name", 0, 7)
	anna.run(`document.querySelector("#modal").close()`)

	const who = "+49 30 555791"
	id := s.Ring("+4930555791", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	anna.run(`%s.focus()`, row(who))
	anna.pressWithCtrl("k")
	anna.until(`document.activeElement?.id === "search"`)
	anna.press("mira")
	means("to Mira Hoffmann")
	anna.screenshot("field-transfer")
	anna.press(kb.Enter)
	anna.until(`document.querySelector("#modal").open && document.activeElement?.matches("[data-enter]") && document.querySelector(".chosen").innerText.includes("Mira Hoffmann")`)
	anna.press(kb.Enter)
	s.Eventually("the transfer", func() bool { sent := s.Call(id).Transfers; return len(sent) == 1 && sent[0].To == miraNumber })
	anna.until(`!document.querySelector("dialog[open]")`)

	anna.run(`document.querySelector(".menu a[href='/history']").focus()`)
	anna.press("/")
	anna.press("sett")
	means("Open")
	anna.press(kb.Escape)
	anna.until(`document.activeElement?.getAttribute("href") === "/history" && document.querySelector("#search").value === ""`)
	anna.press("/")
	anna.press("sett")
	means("Open")
	anna.press(kb.Enter)
	anna.until(`location.pathname === "/settings" && !!document.querySelector("#search")`)
}
