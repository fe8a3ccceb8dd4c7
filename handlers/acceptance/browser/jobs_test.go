package browser

import (
	"math"
	"slices"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What a receptionist does all day takes as few clicks as it can: to hold a call and
// to resume it, to hang up and to think better of it, to see who is free, to call
// back whom the team missed, and to write a note.
func TestBrowserEverydayJobs(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account", "-pickup=-1s")
	s.PushEvents()
	missed := s.Ring("+4930555741", "w0", "ringing")
	anna := &hand{tab: newBrowser(t, s).newTab(t)}
	anna.do(chromedp.EmulateViewport(1280, 800))
	anna.signIn("Anna")
	anna.until(`%s?.dataset.state === "ringing"`, row("+49 30 555741"))
	s.HangUp(missed)
	const who = "+49 30 555740"
	id := s.Ring("+4930555740", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	act := func(name string) string { return row(who) + `.querySelector(".act.` + name + `")` }

	anna.click(act("hold"))
	s.Eventually("held", func() bool { return s.Call(id).Hold })
	anna.until(`%s.dataset.state === "held" && %s.ariaPressed === "true"`, row(who), act("hold"))
	anna.done("hold", 1, 0)
	anna.click(act("hold"))
	s.Eventually("resumed", func() bool { return !s.Call(id).Hold })
	anna.until(`%s.dataset.state === "talking"`, row(who))
	anna.done("resume", 1, 0)

	x, y := anna.at(act("hangup"))
	anna.click(act("hangup"))
	undo := row(who) + `.querySelector(".undo button")`
	anna.until(`!!%s?.offsetParent`, undo)
	if ux, uy := anna.at(undo); math.Hypot(ux-x, uy-y) > 120 {
		t.Errorf("undo is at %.0f, %.0f, and the click was at %.0f, %.0f", ux, uy, x, y)
	}
	anna.screenshot("undo")
	anna.click(undo)
	anna.until(`!%s`, undo)
	anna.done("hang up and undo", 2, 0)

	free := `[...document.querySelectorAll("#team li")].find(e => e.innerText.includes("Mira"))`
	anna.until(`/free/.test(%s?.innerText ?? "")`, free)
	anna.done("is Mira free", 0, 0)

	anna.run(`%s.dispatchEvent(new PointerEvent("pointerover", {bubbles: true}))`, row(who))
	anna.click(row(who) + `.querySelector(".who .write")`)
	anna.press("new address", kb.Enter) // the card need not be there yet
	noted := func(text string) {
		t.Helper()
		anna.until(`document.querySelector("#card .written")?.textContent.includes(%q) && document.activeElement === %s`, text, row(who))
	}
	noted("new address")
	if got := eval[string](anna.tab, `document.querySelector("#card textarea").value`); got != "" {
		t.Errorf("the note is still in the field: %q", got)
	}
	anna.screenshot("note-button")
	anna.done("a note", 1, 12)
	anna.press("w")
	anna.until(`document.activeElement?.matches("#card textarea")`)
	anna.press("at 2")
	anna.run(`%s.focus()`, row(who)) // the note is saved when the focus leaves it
	noted("at 2")
	anna.done("a note by keys", 0, 5)
	anna.press(kb.Escape)
	anna.clicks, anna.keys = 0, 0

	anna.until(`!document.querySelector("#missed").hidden`)
	mx, my := anna.at(`document.querySelector("#missed summary")`)
	anna.do(chromedp.MouseEvent(chromedp.MouseMoved, mx, my))
	call := `[...document.querySelectorAll("#missed .tray li")].find(e => e.innerText.includes("+49 30 555741"))?.querySelector("button")`
	anna.until(`!!%s?.offsetParent`, call)
	anna.screenshot("missed-tray")
	anna.click(call)
	s.Eventually("called back", func() bool { return s.Requests("POST", "/v2/sessions/calls") == 1 })
	anna.done("call back a missed call", 1, 0)

	anna.until(`document.querySelector("#modal").open`)
	anna.run(`document.querySelector("#modal").close()`)
	anna.do(chromedp.MouseEvent(chromedp.MouseMoved, 5, 600)) // the tray closes
	anna.until(`!document.querySelector("#missed details").open`)
	anna.click(act("hangup"))
	s.Eventually("hung up", func() bool {
		return !slices.ContainsFunc(s.Live(), func(c harness.Call) bool { return c.CallID == id })
	})
	anna.done("hang up", 1, 0)
}
